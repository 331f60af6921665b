#!/usr/bin/env bash
# Runs tests on the card's own processor, Python and wheels: in the card's base root, under
# qemu-user.  Usage: sudo bash deploy/image/aarch64-tests.sh [ARGUMENTS OF PYTEST]
# Without arguments: every decoder, golden vectors, the proof of the runtime, golden screens.
# Nothing of the root that is kept changes: what is written goes to memory.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "These tests need root: they mount and change root." >&2; exit 2; }

bash deploy/image/packages.sh >&2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bedside
root=$(bash deploy/image/base-root.sh "${BEDSIDE_MIRROR:-}")
wheels=$(python3 -m deploy.image.wheels --fetch "$cache")
test_wheels=$(python3 -m deploy.image.wheels --tests "$cache")

what=("$@")
[ $# -gt 0 ] || what=(tests/unit/instruments tests/unit/models tests/unit/inference
    tests/unit/panel/test_drawing.py tests/unit/panel/test_small_screens.py)

export ROOT_BELOW=$root WHEELS="$wheels $test_wheels" SOURCE=$PWD
# shellcheck disable=SC2016
exec unshare --mount --pid --fork sh -euc '
    over=$(mktemp -d)
    mount -t tmpfs tmpfs "$over"
    mkdir "$over/upper" "$over/work" "$over/root"
    mount -t overlay overlay -o "lowerdir=$ROOT_BELOW,upperdir=$over/upper,workdir=$over/work" "$over/root"
    cd "$over/root"
    mkdir -p site repo
    for wheel in $(find $WHEELS -name "*.whl"); do python3 -m zipfile -e "$wheel" site; done
    mount --bind -o ro "$SOURCE" repo
    mount -t tmpfs tmpfs tmp
    mount -t proc proc proc
    mount -t sysfs -o ro sysfs sys
    mount -t devtmpfs devtmpfs dev 2>/dev/null || mount --rbind /dev dev
    exec chroot . /usr/bin/env -i PATH=/usr/bin:/bin HOME=/tmp LC_ALL=C.UTF-8 \
        PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/site:/repo \
        HYPOTHESIS_STORAGE_DIRECTORY=/tmp/hypothesis \
        sh -c "cd /repo && exec python3 -m pytest -p no:cacheprovider -o timeout=900 \"\$@\"" sh "$@"
' sh "${what[@]}"
