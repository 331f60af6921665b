#!/bin/sh
# Stops and disables what the package brought; settings and records stay.
set -e
[ "$1" = remove ] || exit 0

units=
for path in /usr/lib/systemd/system/bedside*; do
    ! grep -q '^WantedBy=' "$path" || units="$units ${path##*/}"
done
# shellcheck disable=SC2086 # a list of names
systemctl --quiet disable $units || true
[ ! -d /run/systemd/system ] || systemctl stop bedside.service || true
