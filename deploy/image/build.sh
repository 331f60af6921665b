#!/usr/bin/env bash
# Makes the card's image and what is published with it, in dist/.  As root, on Debian 12.
#   --mirror URL   Debian's mirror; else the one that this machine's own apt uses
#   --url URL      where the files will be published, for Raspberry Pi Imager's list
#   --out FOLDER   instead of dist/
#   --keep FOLDER  leave the unpacked parts there (root, boot partition, image)
# The base root is kept in ${XDG_CACHE_HOME:-~/.cache}/bedside and made once; a change of our
# own code alone is built in a minute or two.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/setup.sh

usage="usage: bash deploy/image/build.sh [--mirror URL] [--url URL] [--out FOLDER] [--keep FOLDER]"
mirror= url= out=dist keep=
while [ $# -gt 0 ]; do
    case $1 in
        --mirror | --url | --out | --keep)
            [ $# -ge 2 ] || fail "$usage"
            printf -v "${1#--}" %s "$2"
            shift 2
            ;;
        -h | --help) echo "$usage"; exit 0 ;;
        *) fail "$usage" ;;
    esac
done
[ "$(id -u)" = 0 ] || fail "Building the image needs root: sudo bash deploy/image/build.sh"

SECONDS=0
step() { say "$(printf '%4d s  %s' "$SECONDS" "$*")"; }

step "tools"
bash deploy/image/packages.sh
prepare .venv ""
# The same source, the same bytes: every time in the image is that of the last commit.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bedside
mkdir -p "$cache"
if [ -n "$keep" ]; then
    work=$keep
    mkdir -p "$work"
else
    work=$(mktemp -d "$cache/work.XXXXXX")
    trap 'rm -rf --one-file-system "$work"' EXIT
fi

step "base root"
base=$(bash deploy/image/base-root.sh $mirror)
step "package"
wheels=$("$py" -m deploy.image.wheels --fetch "$cache")
package=$("$py" -m deploy.image.package --wheels "$wheels" --out "$work")
step "image"
"$py" -m deploy.image.card --base "$base" --package "$package" --work "$work" >/dev/null
step "files to publish"
"$py" -m deploy.image.release --work "$work" --wheels "$wheels" --package "$package" \
    --out "$out" --url "$url"
step "done"
