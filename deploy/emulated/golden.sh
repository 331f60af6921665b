#!/usr/bin/env bash
# Golden vectors of a bundle for aarch64 (Raspberry Pi), made here under qemu's user emulation.
#
#     bash deploy/emulated/golden.sh TASK [COMMAND ...]
#
# Runs the product's own engines, from a Debian 12 arm64 Python, as each processor of a Pi 3,
# 4 and 5 in turn.  They must agree, and the bundle must then be admitted; else nothing is
# written.  With a COMMAND it writes nothing and runs `python COMMAND ...` in there instead:
#
#     bash deploy/emulated/golden.sh maternal-risk -m pytest tests/unit/instruments
#
# Needs no root, and changes nothing in the host's apt or dpkg.  Packages come from wherever
# the user's own apt (sources of Debian 12) and pip configuration says.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/setup.sh

processors="cortex-a53 cortex-a72 cortex-a76"
suite=bookworm
debs="python3.11 libstdc++6"
wheels="numpy|tflite-runtime|ai-edge-litert|pillow|font-source-sans-pro|pyserial|gpiozero|colorzero"
wheels+="|pytest|pytest-timeout|hypothesis"
qemu=qemu-aarch64-static
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bedside/emulated

pinned() { grep -oE "^($1)==[^; ]+" deploy/constraints.txt | sort -u; }

needs() {
    local tool
    for tool in $qemu apt-get dpkg-deb; do
        command -v "$tool" >/dev/null ||
            fail "$tool is missing. Install it with: sudo apt install qemu-user-static apt dpkg"
    done
}

# An apt of its own: arm64 only, nothing installed, so that it finds every dependency.
fetch_debs() {
    local apt=$1
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
    : >"$apt/status"
    cat >"$apt/apt.conf" <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Default-Release "$suite";
APT::Sandbox::User "$(id -un)";
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
CONF
    export APT_CONFIG=$apt/apt.conf
    apt-get update -qq || fail "apt could not read its sources for arm64. What it said stands above."
    # shellcheck disable=SC2086 # a list of names
    apt-get install -qq --yes --download-only --no-install-recommends $debs >/dev/null ||
        fail "apt could not fetch Debian 12's Python for arm64: its sources must be Debian 12's."
}

fetch_wheels() {
    local names=$1 site=$2 glibc platforms=()
    for glibc in 17 27 28 34; do platforms+=(--platform "manylinux_2_${glibc}_aarch64"); done
    # shellcheck disable=SC2086 # a list of names
    "$py" -m pip install --quiet --disable-pip-version-check --target "$site" \
        --python-version 3.11 --only-binary=:all: "${platforms[@]}" $names ||
        fail "The aarch64 packages could not be fetched. What pip said stands above."
}

# A Python whose sys.executable is this wrapper, so that the children it starts run emulated too.
write_wrapper() {
    local root=$1 final=$2 processor
    for processor in $processors; do
        cat >"$root/usr/bin/python-$processor" <<WRAPPER
#!/bin/sh
exec $qemu -cpu $processor -0 "$final/usr/bin/python-$processor" -L "$final" "$final/usr/bin/python3.11" "\$@"
WRAPPER
        chmod +x "$root/usr/bin/python-$processor"
    done
}

prepare_root() {
    local wanted names making deb
    names=$(pinned "$wheels" | grep -v '^numpy==2' | tr '\n' ' ')
    wanted=$({ echo "$suite $debs $names"; cat "$0"; } | sha256sum | cut -c1-16)
    root=$cache/$wanted
    [ -e "$root/complete" ] && return
    say "Preparing an arm64 Python in $root (once; about 250 MB)"
    rm -rf "$root"
    making=$root.making
    rm -rf "$making"
    mkdir -p "$making/site"
    fetch_debs "$making/apt"
    for deb in "$making"/apt/cache/archives/*.deb; do dpkg-deb -x "$deb" "$making"; done
    rm -rf "$making/apt"
    fetch_wheels "$names" "$making/site"
    write_wrapper "$making" "$root"
    : >"$making/complete"
    mv "$making" "$root"
}

emulated() {
    local processor=$1
    shift
    PYTHONPATH=$PWD:$root/site PYTHONNOUSERSITE=1 PYTHONDONTWRITEBYTECODE=1 \
        "$root/usr/bin/python-$processor" "$@"
}

# As `appliance bundle verify`, but with time for an emulator.
admission='
import sys
from pathlib import Path
from appliance.inference.showing import verify_bundle
sys.exit(verify_bundle(Path(sys.argv[1]), sys.argv[2], timeout_s=120)["fault"] or 0)
'

task=${1:-}
[ -n "$task" ] && [ -f "models/$task/bundle.toml" ] ||
    fail "usage: bash deploy/emulated/golden.sh TASK [COMMAND ...]   (TASK: a folder of models/)"
shift
needs
prepare .venv ""
prepare_root

if [ $# -gt 0 ]; then
    emulated "${PROCESSOR:-cortex-a72}" "$@"
    exit
fi

trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT
cp -r "models/$task" "$trial/"
version=$($qemu --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p')
by="qemu-aarch64 $version as $(echo "$processors" | sed 's/ /, /g')"
for processor in $processors; do
    say "as $processor:"
    emulated "$processor" -m models.training golden "$task" --bundle "$trial/$task" --emulated "$by" ||
        fail "No golden vectors for $task: as $processor they could not be made. Nothing was changed."
done
for processor in $processors; do
    for runtime in tflite-runtime ai-edge-litert; do
        emulated "$processor" -c "$admission" "$trial/$task" "$runtime" ||
            fail "$task is not admitted as $processor with $runtime. Nothing was changed."
        say "admitted as $processor with $runtime"
    done
done
cp "$trial/$task/golden.json" "$trial/$task/bundle.toml" "models/$task/"
say "models/$task has them now. Look at the difference before you commit it."
