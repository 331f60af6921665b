#!/usr/bin/env bash
# Sets up and runs the tests.  Without arguments: the everyday tiers.
#   --train     the training tier (TensorFlow, in an environment of its own)
#   anything else goes to pytest
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh

case ${1:-} in
    -h | --help) echo "usage: bash deploy/test.sh [--train] [ARGUMENTS OF PYTEST]"; exit 0 ;;
esac
if [ "${1:-}" = --train ]; then
    shift
    prepare .venv-train train,test
    exec "$py" -m pytest -m train "$@"
fi
prepare .venv test
exec "$py" -m pytest -m "not train and not bench and not systemd" "$@"
