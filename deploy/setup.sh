# Sourced by the other scripts: prepares a virtual environment and leaves its Python in $py.
# Usage: prepare FOLDER EXTRAS.  Nothing is done again while what it depends on is unchanged.
# Packages come from wherever the user's own pip configuration says.

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 2; }

find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.11 python3.12 python3.13; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

prepare() {
    local folder=$1 extras=$2 base wanted
    base=$(find_python) || fail "Python 3.11 or newer is needed: sudo apt install python3 python3-venv"
    py=$folder/bin/python
    wanted=$({ "$base" -VV; pwd; cat setup.cfg deploy/constraints.txt; } | sha256sum)
    if [ ! -x "$py" ] || [ "$(cat "$folder/prepared" 2>/dev/null)" != "$wanted" ]; then
        "$base" -c 'import ensurepip, venv' 2>/dev/null ||
            fail "Python's venv module is missing. Install it with: sudo apt install $(venv_package "$base")"
        say "Preparing $folder (once; a few minutes on a slow line)"
        rm -rf "$folder"
        "$base" -m venv "$folder" || fail "The virtual environment $folder could not be made."
        install ""
        printf '%s' "$wanted" >"$folder/prepared"
    fi
    if [ -n "$extras" ] && ! grep -qxF "$extras" "$folder/extras" 2>/dev/null; then
        say "Adding to $folder: $extras (once)"
        install "[$extras]"
        echo "$extras" >>"$folder/extras"
    fi
}

install() {
    "$py" -m pip install --quiet --disable-pip-version-check \
        --constraint deploy/constraints.txt --editable ".$1" ||
        fail "The packages could not be installed. What pip said stands above; run this again when it is mended."
}

venv_package() {
    "$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
}
