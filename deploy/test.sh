#!/usr/bin/env bash
# Sets up and runs the tests.  Without arguments: the everyday tiers.
#   --train     the training tier (TensorFlow, in an environment of its own)
#   --systemd   the units under a real systemd (as root; bash deploy/ci-packages.sh first)
#   anything else goes to pytest
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh

case ${1:-} in
    -h | --help) echo "usage: bash deploy/test.sh [--train | --systemd] [ARGUMENTS OF PYTEST]"; exit 0 ;;
esac
if [ "${1:-}" = --train ]; then
    shift
    prepare .venv-train train,test
    exec "$py" -m pytest -m train "$@"
fi
if [ "${1:-}" = --systemd ]; then
    shift
    prepare .venv test,pi
    exec "$py" -m pytest -m systemd "$@"
fi
prepare .venv test
# Most tests wait for real time to pass, so four at once fit on two cores.  Not for measuring,
# nor where somebody wants to see the output or says how many.
workers=(-n 4)
case " $* " in *bench* | *" -s "* | *" -n"* | *" --pdb "*) workers=() ;; esac
exec "$py" -m pytest -m "not train and not bench and not systemd and not endurance" "${workers[@]}" "$@"
