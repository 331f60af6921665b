#!/bin/sh
# Users, folders and rules first, then the units: a group that is missing would stop them.
set -e
[ "$1" = configure ] || exit 0

units=
for path in /usr/lib/systemd/system/bedside*; do
    ! grep -q '^WantedBy=' "$path" || units="$units ${path##*/}"
done
systemd-sysusers bedside.conf
# shellcheck disable=SC2086 # a list of names
systemctl --quiet enable $units
# Where there is no system running, an image is being made.
if [ -d /run/systemd/system ]; then
    systemd-tmpfiles --create bedside.conf || true
    udevadm control --reload || true
    systemctl daemon-reload
    if [ -d /boot/firmware ] && [ ! -e /boot/firmware/bedside.toml ]; then
        cp /usr/share/bedside/bedside.toml /boot/firmware/bedside.toml
    fi
    echo "bedside: edit /boot/firmware/bedside.toml, then restart this machine."
fi
