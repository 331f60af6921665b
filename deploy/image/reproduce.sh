#!/usr/bin/env bash
# Proves that the same source gives the same bytes: builds the last commit a second time, from
# a fresh clone in another folder with an empty cache, and compares all that is published.
# Usage: bash deploy/image/reproduce.sh [ARGUMENTS OF build.sh]   (as root; dist/ must be built)
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/setup.sh

[ -f dist/SHA256SUMS ] || fail "There is nothing to compare with: bash deploy/image/build.sh first."
[ -z "$(git status --porcelain --untracked-files=no)" ] ||
    fail "The source has changes that are not committed: a clone would be another source."

other=$(mktemp -d "${TMPDIR:-/tmp}/bedside-again.XXXXXX")
trap 'rm -rf --one-file-system "$other"' EXIT
git clone --quiet . "$other/source"
XDG_CACHE_HOME=$other/cache bash "$other/source/deploy/image/build.sh" "$@"
if diff dist/SHA256SUMS "$other/source/dist/SHA256SUMS"; then
    say "The same bytes: $(wc -l <dist/SHA256SUMS) files."
else
    trap - EXIT
    say "These files differ. The second build is kept in $other/source/dist: look, then remove it."
    exit 1
fi
