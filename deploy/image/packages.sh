#!/usr/bin/env bash
# Installs what the card's image is built with, where it is missing, and lets this machine run
# arm64 programs.  For Debian and Ubuntu, as root.
set -euo pipefail

packages=(mmdebstrap arch-test debian-archive-keyring qemu-user-static binfmt-support kmod
    device-tree-compiler dosfstools mtools e2fsprogs fdisk xz-utils bmap-tools git)
missing=()
for package in "${packages[@]}"; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null |
        grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

# In a container nobody may have mounted this or told the kernel about the emulator.
if ! arch-test -n arm64 >/dev/null 2>&1 && ! arch-test arm64 >/dev/null 2>&1; then
    [ -e /proc/sys/fs/binfmt_misc/register ] ||
        mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
    update-binfmts --import qemu-aarch64 || true
    update-binfmts --enable qemu-aarch64
    arch-test arm64 >/dev/null || {
        echo "This machine cannot run arm64 programs: binfmt_misc or qemu-user-static is missing." >&2
        exit 2
    }
fi
