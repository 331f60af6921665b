#!/usr/bin/env bash
# Boots the built image (deploy/image/build.sh) on emulated boards, and passes only on what is
# seen from outside: screens, the serial port, the number pad, the card.  Without arguments the
# everyday tier: one long boot of a new card on QEMU's `virt`.
#   --worlds     instead: the bad worlds, with a card that was started once
#   --cuts       instead: power cuts at writes, with controls that do lose data
#   --raspi3b    instead: an emulated Raspberry Pi 3 Model B, as far as that emulator goes
#   --raspi4b    instead: a Raspberry Pi 4 Model B, for which QEMU 9 or later is needed:
#                BEDSIDE_QEMU names the program where Debian's own is older
#   --all        everything but raspi4b, one after another
#   --out FOLDER     where the built image is, instead of dist/
#   --pictures FOLDER  leave screens and figures there, instead of out/boot-test/
# Needs no root.  The image is only read: each machine's card is in memory (tests/card).
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/setup.sh

usage="usage: bash deploy/image/boot-test.sh [--worlds | --cuts | --raspi3b | --raspi4b | --all] [--out FOLDER] [--pictures FOLDER]"
out=dist pictures=out/boot-test tiers=(virt)
while [ $# -gt 0 ]; do
    case $1 in
        --worlds | --cuts | --raspi3b | --raspi4b) tiers=("${1#--}"); shift ;;
        --all) tiers=(virt worlds cuts raspi3b); shift ;;
        --out | --pictures)
            [ $# -ge 2 ] || fail "$usage"
            printf -v "${1#--}" %s "$2"
            shift 2
            ;;
        -h | --help) echo "$usage"; exit 0 ;;
        *) fail "$usage" ;;
    esac
done

missing=()
for tool in qemu-system-aarch64:qemu-system-arm mcopy:mtools dtc:device-tree-compiler \
    setpriv:util-linux xz:xz-utils; do
    command -v "${tool%:*}" >/dev/null || missing+=("${tool#*:}")
done
[ ${#missing[@]} -eq 0 ] || fail "Missing: sudo apt install --no-install-recommends ${missing[*]}"
qemu=${BEDSIDE_QEMU:-qemu-system-aarch64}
case " ${tiers[*]} " in *" raspi4b "*)
    "$qemu" -M help | grep -q '^raspi4b ' ||
        fail "$qemu has no raspi4b: name a newer one by BEDSIDE_QEMU." ;;
esac

prepare .venv test
version=$("$py" -c 'from appliance import __version__; print(__version__)')
stem=bedside-$version-arm64
[ -f "$out/SHA256SUMS" ] || fail "There is no image in $out: sudo bash deploy/image/build.sh"
say "Checking and unpacking $stem"
(cd "$out" && sha256sum --quiet --check --ignore-missing SHA256SUMS) ||
    fail "A file in $out is not what was built. Build it again: sudo bash deploy/image/build.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/bedside-boot-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
for name in "$stem" "$stem-upgrade"; do
    xz --decompress --stdout "$out/$name.img.xz" >"$work/$name.img"
done

# Fewest tests that must have passed: one that vanishes is noticed, and a skip is no pass.
declare -A files=(
    [virt]="tests/card/test_first_boot.py"
    [worlds]="tests/card/test_bad_worlds.py"
    [cuts]="tests/card/test_cuts.py"
    [raspi3b]="tests/card/test_a_pi.py --card-board=raspi3b"
    [raspi4b]="tests/card/test_a_pi.py --card-board=raspi4b"
) floors=([virt]=14 [worlds]=8 [cuts]=9 [raspi3b]=9 [raspi4b]=9)
for tier in "${tiers[@]}"; do
    say "Booting: $tier"
    # shellcheck disable=SC2086 # a list of words
    "$py" -m pytest -m card -n 0 ${files[$tier]} --basetemp="$work/tests" \
        --card-image="$work/$stem.img" --card-upgrade="$work/$stem-upgrade.img" \
        --pictures="$pictures/$tier" --tier-report="out/tiers-card-$tier.json"
    "$py" -m tests.require_tiers --only "card=${floors[$tier]}" "out/tiers-card-$tier.json"
done
say "The image boots. Screens and figures: $pictures"
