#!/usr/bin/env bash
# Sets up and runs the tests.  Without arguments: the everyday tiers.
#   --train     the training tier (TensorFlow, in an environment of its own)
#   anything else goes to pytest
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh

if [ "${1:-}" = --train ]; then
    shift
    prepare .venv-train train,test
    exec "$py" -m pytest -m train "$@"
fi
prepare .venv test
exec "$py" -m pytest -m "not train and not bench and not systemd" "$@"
