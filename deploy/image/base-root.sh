#!/usr/bin/env bash
# Makes the card's base root (Debian 12 arm64 with kernel and initrd, nothing of ours) and
# prints its path.  Usage: deploy/image/base-root.sh [MIRROR].  Needs root.
# Kept under a name that is the hash of what it is made of, so that it is made once.
# Debian comes from the mirror that this machine's own apt uses, where that serves the release.
set -euo pipefail
cd "$(dirname "$0")/../.."
say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 2; }

release=bookworm
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bedside
base=deploy/image/base
# What is newer gets this time: the root is the same whenever it is made from the same packages.
# 2026-01-01.
export SOURCE_DATE_EPOCH=1767225600

mirror_of() {
    apt-get indextargets --format '$(ORIGIN)|$(CODENAME)|$(REPO_URI)' 'Identifier: Packages' |
        sed -n "s/^Debian|$1|//p" | head -n 1
}
mirror=${1:-$(mirror_of $release)}
security=$(mirror_of $release-security)
updates=$(mirror_of $release-updates)
[ -n "$mirror" ] || fail "This machine's apt names no mirror of Debian 12. Give one: build.sh --mirror URL"

made_of=$(cat deploy/image/base-root.sh "$base"/*)
root=$cache/card-root-$(sha256sum <<<"$made_of" | cut -c1-16)
if [ -d "$root" ]; then
    echo "$root"
    exit 0
fi
[ "$(id -u)" = 0 ] || fail "Making the card's root file system needs root."

sources() {
    local components="main non-free-firmware" signed="[signed-by=$keyring]"
    echo "deb $signed $mirror $release $components"
    [ -z "$updates" ] || echo "deb $signed $updates $release-updates $components"
    [ -z "$security" ] || echo "deb $signed $security $release-security $components"
}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# Python's own installation compiles what it brings, file by file under emulation: the build
# does it later, all at once.
compilers="/usr/bin/py3compile /usr/lib/python3.11/py_compile.py"
before_packages() {
    cat <<'HOOK'
set -e
root=$1
install -D -m 644 "$BASE/initramfs.conf" "$root/etc/initramfs-tools/conf.d/bedside"
install -D -m 644 "$BASE/initramfs.modules" "$root/usr/share/initramfs-tools/modules.d/bedside"
for each in $COMPILERS; do
    chroot "$root" dpkg-divert --quiet --local --rename --add "$each"
    mkdir -p "$root$(dirname "$each")"
    case $each in *.py) : >"$root$each" ;; *) ln -s /bin/true "$root$each" ;; esac
done
HOOK
}
after_packages() {
    cat <<'HOOK'
set -e
root=$1
for each in $COMPILERS; do
    rm -f "$root$each"
    chroot "$root" dpkg-divert --quiet --local --rename --remove "$each"
done
HOOK
}

say "Making $root (once; some minutes, more on a slow line, under emulation)"
mkdir -p "$cache"
part=$(mktemp -d "$cache/part.XXXXXX")
trap 'rm -rf --one-file-system "$part"' EXIT
before_packages >"$part/before"
after_packages >"$part/after"
chmod +x "$part/before" "$part/after"
options=()
while read -r line; do options+=("--dpkgopt=$line"); done < <(grep -v '^#' "$base/exclude")
packages=$(grep -v '^#' "$base/packages" | xargs | tr ' ' ',')
sources | BASE=$PWD/$base COMPILERS=$compilers mmdebstrap --quiet --mode=root \
    --architectures=arm64 --variant=essential --include="$packages" "${options[@]}" \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --essential-hook="sh '$part/before' \"\$1\"" --customize-hook="sh '$part/after' \"\$1\"" \
    "$release" "$part/root" - >&2
find "$part/root" -xdev -newermt "@$SOURCE_DATE_EPOCH" \
    -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
mv -T "$part/root" "$root"
echo "$root"
