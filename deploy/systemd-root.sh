#!/usr/bin/env bash
# Makes the small Debian root file system that the tests boot systemd in, and prints its path.
# Usage: deploy/systemd-root.sh PYTHON.  Needs root and mmdebstrap.  Kept under a name that is
# the hash of what it is made of, so that it is made once.
# Debian comes from the mirror that this machine's own apt uses, where that serves the release.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf '%s\n' "$*" >&2; }

python=$1
release=bookworm
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bedside
made_of=$(cat deploy/systemd-root.sh deploy/constraints.txt; uname -m)
root=$cache/systemd-root-$(sha256sum <<<"$made_of" | cut -c1-16)
if [ -d "$root" ]; then
    echo "$root"
    exit 0
fi
[ "$(id -u)" = 0 ] || { say "Making the test's root file system needs root."; exit 2; }
command -v mmdebstrap >/dev/null || { say "mmdebstrap is missing: bash deploy/ci-packages.sh"; exit 2; }

mirror=$(apt-get indextargets --format '$(ORIGIN)|$(CODENAME)|$(REPO_URI)' 'Identifier: Packages' |
    sed -n "s/^Debian|$release|//p" | head -n 1)
say "Making $root (once; a few minutes on a slow line)"
mkdir -p "$cache"
part=$(mktemp -d "$cache/part.XXXXXX")
trap 'rm -rf "$part"' EXIT
mmdebstrap --quiet --variant=minbase \
    --include=systemd,systemd-sysv,python3,python3-venv,python3-systemd,openssh-server \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    "$release" "$part/root" ${mirror:+"$mirror"} >&2

# As on the card: the program in /opt/bedside, with Debian's own python3-systemd within reach.
chroot "$part/root" /usr/bin/python3 -m venv --system-site-packages --without-pip /opt/bedside
platforms=()
for platform in manylinux_2_34 manylinux_2_28 manylinux_2_17 manylinux2014; do
    platforms+=(--platform "${platform}_$(uname -m)")
done
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --python-version 3.11 --implementation cp --abi cp311 "${platforms[@]}" \
    --constraint deploy/constraints.txt \
    --target "$part/root/opt/bedside/lib/python3.11/site-packages" \
    numpy pillow tflite-runtime pyserial gpiozero colorzero font-source-sans-pro polib >&2
mv -T "$part/root" "$root"
echo "$root"
