#!/usr/bin/env bash
# Boots the built image on an emulated board and passes only on what is seen from outside.
# Usage: bash deploy/image/boot-test.sh [--cuts | --worlds] [ARGUMENTS OF PYTEST]   (as root)
#   (nothing)  the first boot of a new card on QEMU's virt machine: READY, an encounter,
#              watchdog, power-off; every screen compared with what the desktop draws
#   --cuts     power cuts at writes, with a control that does lose data
#   --worlds   settings files, clocks and hardware that are wrong
# The image is that of dist/, made by deploy/image/build.sh.  Pictures are left in out/card.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/setup.sh

tests=tests/card/test_first_boot.py
case ${1:-} in
    -h | --help) sed -n '2,9s/^# *//p' "$0"; exit 0 ;;
    --cuts) tests=tests/card/test_cuts.py; shift ;;
    --worlds) tests=tests/card/test_bad_worlds.py; shift ;;
esac
missing=()
for package in qemu-system-arm mtools device-tree-compiler xz-utils; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null |
        grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    [ "$(id -u)" = 0 ] || fail "Install first: sudo apt install ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi
packed=$(ls dist/bedside-*-arm64.img.xz 2>/dev/null) ||
    fail "There is no image: bash deploy/image/build.sh first."
prepare .venv test
image=$(mktemp "${TMPDIR:-/tmp}/bedside-card.XXXXXX.img")
trap 'rm -f "$image"' EXIT
xz --decompress --stdout "$packed" >"$image"
"$py" -m pytest -m card "$tests" --card-image "$image" --pictures out/card "$@"
