#!/usr/bin/env bash
# Sets up and runs the tests.  Without arguments: the everyday tiers.
#   --train     the training tier (TensorFlow, in an environment of its own)
#   --export    ONNX, Core ML and the comparison of runtimes (an environment of its own)
#   --systemd   the units under a real systemd (as root; bash deploy/ci-packages.sh first)
#   --browser   clicks through the bench in a real Chromium (installs it from apt, as root)
#   --image     builds the card's image and looks into it (as root)
#   anything else goes to pytest
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh

case ${1:-} in
    -h | --help)
        echo "usage: bash deploy/test.sh [--train | --export | --systemd | --browser | --image]" \
            "[ARGUMENTS OF PYTEST]"
        exit 0
        ;;
esac
if [ "${1:-}" = --train ]; then
    shift
    prepare .venv-train train,test
    exec "$py" -m pytest -m train "$@"
fi
if [ "${1:-}" = --export ]; then
    shift
    prepare .venv-export export,test
    exec "$py" -m pytest -m export "$@"
fi
if [ "${1:-}" = --systemd ]; then
    shift
    prepare .venv test,pi
    exec "$py" -m pytest -m systemd "$@"
fi
if [ "${1:-}" = --browser ]; then
    shift
    if ! command -v chromium >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2
    fi
    prepare .venv test
    exec "$py" -m pytest -m browser "$@"
fi
if [ "${1:-}" = --image ]; then
    shift
    bash deploy/image/build.sh >&2
    prepare .venv test
    exec "$py" -m pytest -m image "$@"
fi
prepare .venv test
# Most tests wait for real time to pass, so four at once fit on two cores, and who is done takes
# from the others: the slow ones stand together.  Not for measuring,
# nor where somebody wants to see the output or says how many.
workers=(-n 4 --dist worksteal)
case " $* " in *bench* | *" -s "* | *" -n"* | *" --pdb "*) workers=() ;; esac
slow="train or export or bench or systemd or image or card or endurance or browser"
exec "$py" -m pytest -m "not ($slow)" "${workers[@]}" "$@"
