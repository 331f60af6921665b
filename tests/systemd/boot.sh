#!/usr/bin/env bash
# Boots systemd as PID 1 of its own namespaces, in a root of its own.
# Usage: boot.sh ROOT TREE WORK STATE CARD
#   ROOT  the root file system; never written to (an overlay in memory takes the writes)
#   TREE  files laid over it
#   WORK  an empty folder on this machine, for mount points
#   STATE a folder that survives the boot, as /var/lib/bedside
#   CARD  firmware/: copied into a file system of its own at /boot/firmware, mounted read-only;
#         settings/, maintenance/: survive the boot, as /var/lib/bedside-*
#         locked/: if there is such a folder (empty), the boot partition takes no write
#
# Nothing else reaches the machine it runs on: its own mounts (root, /tmp, /run, /var, /dev are in
# memory), processes, network, host name, message queues and control groups.  The kernel has
# one clock and one set of modules for all: those powers, and others not needed, are dropped.
# Whoever starts this ends it with SIGKILL by a deadline: then every process in it is gone.
set -euo pipefail

if [ "${1:-}" != --inside ]; then
    root=$1 tree=$2 work=$3 state=$4 card=$5
    # First our own mounts and a control group of our own, then everything else.
    exec unshare --mount --propagation private bash -c '
        set -euo pipefail
        self=$1 root=$2 tree=$3 work=$4 state=$5 card=$6
        mount -t tmpfs -o mode=0755 tmpfs "$work"
        mkdir "$work"/{upper,change,root,groups}
        mount -t overlay -o "lowerdir=$tree:$root,upperdir=$work/upper,workdir=$work/change" \
            overlay "$work/root"
        mkdir -p "$work/root/var/lib"/bedside{,-settings,-maintenance} "$work/root/boot/firmware"
        mount --bind "$state" "$work/root/var/lib/bedside"
        for each in settings maintenance; do
            mount --bind "$card/$each" "$work/root/var/lib/bedside-$each"
        done
        # Not a bind: to remount that would remount the file system of this machine.
        if [ -d "$card/locked" ]; then
            # A file system that cannot be made writable, as on a card with its lock set.
            mount -t overlay -o "lowerdir=$card/firmware:$card/locked" overlay \
                "$work/root/boot/firmware"
        else
            mount -t tmpfs -o mode=0755,size=1m tmpfs "$work/root/boot/firmware"
            cp -r "$card/firmware/." "$work/root/boot/firmware/"
            mount -o remount,ro "$work/root/boot/firmware"
        fi
        mount -t cgroup2 cgroup2 "$work/groups"
        mkdir "$work/groups/bedside-test-$$"
        echo $$ >"$work/groups/bedside-test-$$/cgroup.procs"
        exec unshare --fork --kill-child=SIGKILL --mount --pid --uts --ipc --net --cgroup \
            bash "$self" --inside "$work/root" "$(readlink /proc/self/ns/pid)"
    ' bash "$0" "$root" "$tree" "$work" "$state" "$card"
fi

root=$2
[ $$ = 1 ] && mountpoint -q "$root" || { echo "not in namespaces of our own" >&2; exit 1; }
hostname bedside-test
mount -t proc -o nosuid,noexec,nodev proc "$root/proc"
[ "$(readlink "$root/proc/self/ns/pid")" != "$3" ] || { echo "still the old processes" >&2; exit 1; }
# Kernel settings are the whole machine's.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
if [ -e "$root/proc/sysrq-trigger" ]; then
    mount --bind /dev/null "$root/proc/sysrq-trigger"
fi
mount -t sysfs -o ro,nosuid,noexec,nodev sysfs "$root/sys"
mount -t cgroup2 -o nosuid,noexec,nodev cgroup2 "$root/sys/fs/cgroup"
for each in run tmp var/tmp; do
    mkdir -p "$root/$each"
    mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$root/$each"
done
chmod 0755 "$root/run"
mount -t tmpfs -o nosuid,noexec,mode=0755 tmpfs "$root/dev"
mkdir "$root"/dev/{pts,shm,input}
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$root/dev/shm"
# The captured screens once more, at a place that systemd never unmounts: what is shown last of
# all, when everything else is unmounted, can be seen as well.
mkdir -m 0777 -p "$root/var/lib/bedside/screens" "$root/dev/screens"
mount --bind "$root/var/lib/bedside/screens" "$root/dev/screens"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
while read -r name type major minor; do
    mknod -m 0666 "$root/dev/$name" "$type" "$major" "$minor"
done <<'NODES'
null c 1 3
zero c 1 5
full c 1 7
random c 1 8
urandom c 1 9
tty c 5 0
NODES
mkdir -p "$root/old"
cd "$root"
pivot_root . old
umount -l /old

kept=-all,+chown,+dac_override,+dac_read_search,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap
kept+=,+net_admin,+net_bind_service,+net_broadcast,+net_raw,+sys_admin,+sys_chroot,+sys_ptrace,+sys_boot,+setfcap,+sys_nice,+mknod,+bpf
exec setpriv --bounding-set="$kept" --inh-caps=-all \
    env -i container=bedside-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --log-target=journal --show-status=false
