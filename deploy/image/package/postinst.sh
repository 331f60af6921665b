#!/bin/sh
# Users, folders and rules first, then the units: a group that is missing would stop them.
set -e
[ "$1" = configure ] || exit 0

units=
for path in /usr/lib/systemd/system/bedside*; do
    grep -q '^WantedBy=' "$path" && units="$units ${path##*/}"
done
systemd-sysusers bedside.conf
# shellcheck disable=SC2086 # a list of names
systemctl --quiet enable $units
if [ -d /run/systemd/system ]; then
    systemd-tmpfiles --create bedside.conf || true
    udevadm control --reload || true
    systemctl daemon-reload
    echo "Installed. Edit /boot/firmware/bedside.toml, then restart the machine."
fi
