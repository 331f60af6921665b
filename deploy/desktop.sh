#!/usr/bin/env bash
# The whole appliance on a laptop without hardware: plays one encounter on simulated
# instruments, prints the answer and, on a terminal, opens the bench in a browser until Ctrl-C.
#   --bench       opens the bench at once, terminal or not, without playing first
#   --no-bench    plays and ends, as it does without a terminal
#   --setup-only  prepares and ends
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh

usage="usage: bash deploy/desktop.sh [--setup-only | --bench | --no-bench] [SCENARIO]"
scenario=high-risk
setup_only=
play=yes
bench=
[ ! -t 0 ] || [ ! -t 1 ] || bench=yes
for argument in "$@"; do
    case $argument in
        --setup-only) setup_only=yes ;;
        --bench) bench=yes play= ;;
        --no-bench) bench= ;;
        -h | --help) echo "$usage"; sed -n '2,6s/^# *//p' "$0"; exit 0 ;;
        -*) fail "$usage" ;;
        *) scenario=$argument ;;
    esac
done

prepare .venv ""
if [ -n "$setup_only" ]; then
    say "Ready: .venv is prepared."
    exit 0
fi
if [ -n "$play" ]; then
    "$py" -m hw_mocks play "$scenario" --out "out/$(basename "$scenario" .toml)" --show
fi
if [ -n "$bench" ]; then
    prepare .venv bench
    exec "$py" -m hw_mocks bench
fi
