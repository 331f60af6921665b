#!/usr/bin/env bash
# The whole appliance on a laptop without hardware: plays one encounter on simulated
# instruments and prints the answer.  --setup-only prepares and ends.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh

usage="usage: bash deploy/desktop.sh [--setup-only] [SCENARIO]"
scenario=high-risk
setup_only=
for argument in "$@"; do
    case $argument in
        --setup-only) setup_only=yes ;;
        -h | --help) echo "$usage"; exit 0 ;;
        -*) fail "$usage" ;;
        *) scenario=$argument ;;
    esac
done

prepare .venv ""
if [ -n "$setup_only" ]; then
    say "Ready: .venv is prepared."
    exit 0
fi
exec "$py" -m hw_mocks play "$scenario" --out "out/$(basename "$scenario" .toml)" --show
