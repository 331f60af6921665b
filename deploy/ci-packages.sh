#!/usr/bin/env bash
# Installs the system packages that the whole set of tests needs, where they are missing:
# systemd for the units, mmdebstrap for the root they are booted in, ssh-keygen, dtc and the
# ext4 tools for the card, and what systemd-python is built with.  For Debian and Ubuntu, as root.
set -euo pipefail

packages=(systemd mmdebstrap util-linux openssh-client gcc pkg-config libsystemd-dev python3-dev
    device-tree-compiler e2fsprogs)
missing=()
for package in "${packages[@]}"; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null |
        grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi
