#!/usr/bin/env bash
# usage: bash deploy/endure.sh [--hours N] [--seed N] [--speed N] [--out DIR] [--no-deaths] [--replugs]
# A day at the bedside, with random troubles, a judge who looks at every frame, and a report.
#   --hours N   simulated hours (24)         --seed N   chooses all that happens (1)
#   --speed N   simulated seconds for a real one (10: a day takes 2 h 24 min)
#   --out DIR   where report and evidence go (out/endure-SEED)
#   --no-deaths the daemon is never killed, so that the slope of its memory is that of all hours
#   --replugs   ten thousand replugs instead
# It ends with 0 when the judge found nothing, with 1 and the faults when it did.  On a machine
# that is busy with other work screens come late: the judge allows for what it notices of that.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh

arguments=("$@")
seed=1
out=
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) sed -n '2,11s/^# //p' "$0"; exit 0 ;;
        --replugs)
            prepare .venv test
            exec "$py" -m pytest -m endurance -s tests/contract/test_replugs.py ;;
        --seed) seed=${2:?--seed needs a number}; shift 2 ;;
        --out) out=${2:?--out needs a folder}; shift 2 ;;
        --hours | --speed) : "${2:?$1 needs a number}"; shift 2 ;;
        --no-deaths) shift ;;
        *) fail "unknown: $1 (see --help)" ;;
    esac
done
prepare .venv ""
[ -n "$out" ] || arguments+=(--out "out/endure-$seed")
exec "$py" -m hw_mocks endure ${arguments[@]+"${arguments[@]}"}
