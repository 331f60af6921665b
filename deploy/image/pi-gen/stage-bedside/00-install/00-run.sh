#!/bin/bash -e
# pi-gen: installs the package, gives the good serial port to an instrument, keeps the screen.
install -m 644 files/bedside_*_arm64.deb "${ROOTFS_DIR}/tmp/bedside.deb"
on_chroot <<'CHROOT'
apt-get install -y /tmp/bedside.deb
rm /tmp/bedside.deb
cp /usr/share/bedside/bedside.toml /boot/firmware/bedside.toml
systemctl disable getty@tty1.service
printf '\n[all]\nenable_uart=1\ndtoverlay=disable-bt\n' >>/boot/firmware/config.txt
sed -i 's/console=serial0,[0-9]* //; s/$/ quiet vt.global_cursor_default=0/' \
    /boot/firmware/cmdline.txt
CHROOT
