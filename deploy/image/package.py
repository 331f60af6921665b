"""Builds `bedside_<version>_arm64.deb` from the source and the wheels.

    python -m deploy.image.package --wheels FOLDER --out FOLDER

Prints the package's path.  The same source gives the same bytes: times come from
SOURCE_DATE_EPOCH, byte code is compiled in order with checks off, and owners are root.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path, PurePosixPath

from appliance import __version__
from deploy.image.errors import BuildError
from deploy.image.package_tree import PREFIX, is_executable, lay_out
from deploy.image.tools import run
from deploy.image.wheels import unpack

ROOT = Path(__file__).resolve().parents[2]
CARD_PYTHON = (3, 11)
"""Debian 12's; byte code of another is not read there."""

_CONTROL = """\
Package: bedside
Version: {version}
Architecture: arm64
Maintainer: Bedside appliance <bedside@localhost>
Installed-Size: {installed_kib}
Depends: python3 (>= 3.11), python3 (<< 3.12), python3-systemd, python3-evdev, python3-spidev,
 libc6 (>= 2.34), libstdc++6, systemd (>= 252), udev
Section: misc
Priority: optional
Description: bedside appliance: instruments in, one plain answer out
 Reads serial instruments and a keypad at a clinic's bedside, computes red flags and a plain
 rule, runs a small model, and shows one explained answer on a screen. Without a network.
"""


def control_text(version: str, installed_kib: int) -> str:
    """Return the package's control file."""
    return _CONTROL.format(version=version, installed_kib=installed_kib)


def build(wheels: Path, out: Path, epoch_s: int) -> Path:
    """Build the package into a folder; return its path.  Raises BuildError."""
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"bedside_{__version__}_arm64.deb"
    with tempfile.TemporaryDirectory(prefix="bedside-package-") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir(mode=0o755)
        unpack(wheels, Path(folder) / "wheels")
        lay_out(ROOT, Path(folder) / "wheels", tree)
        compile_python(tree, PREFIX.as_posix())
        _set_modes(tree)
        _write_control(tree)
        run(
            ["dpkg-deb", "--root-owner-group", "--threads-max=1", "-Zxz", "--build"]
            + [str(tree), str(target)],
            {"SOURCE_DATE_EPOCH": str(epoch_s)},
        )
    return target


def compile_python(tree: Path, folder: str) -> None:
    """Compile every module below tree/folder as the card will know it.

    Unchecked: nothing on a read-only card changes its source, and no look at it is needed.
    Raises BuildError when this Python's byte code is not the card's, or a module has an error.
    """
    if sys.version_info[:2] != CARD_PYTHON:
        raise BuildError(
            "The card's Python is 3.11, and byte code is compiled with that one here."
            " Install Python 3.11 and build again with PYTHON=python3.11."
        )
    run(
        [sys.executable, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
        + ["-s", str(tree), "-p", "/", str(tree / folder)],
        {"PYTHONHASHSEED": "0"},
    )


def _set_modes(tree: Path) -> None:
    for path in [tree, *tree.rglob("*")]:
        if path.is_symlink():
            continue
        place = PurePosixPath(path.relative_to(tree))
        path.chmod(0o755 if path.is_dir() or is_executable(place) else 0o644)


def _write_control(tree: Path) -> None:
    size = sum(p.stat().st_size for p in tree.rglob("*") if p.is_file() and not p.is_symlink())
    control = tree / "DEBIAN"
    control.mkdir(mode=0o755)
    (control / "control").write_text(control_text(__version__, size // 1024 + 1), "ascii")
    for script in sorted((ROOT / "deploy/image/debian").glob("*.sh")):
        installed = control / script.stem
        installed.write_bytes(script.read_bytes())
        installed.chmod(0o755)


def main() -> int:
    """Build the package from the command line."""
    parser = argparse.ArgumentParser(description="Build the Debian package.")
    parser.add_argument("--wheels", type=Path, required=True, help="folder of wheels")
    parser.add_argument("--out", type=Path, required=True, help="where the package goes")
    arguments = parser.parse_args()
    try:
        target = build(arguments.wheels, arguments.out, int(os.environ["SOURCE_DATE_EPOCH"]))
    except BuildError as error:
        print(error, file=sys.stderr)
        return 2
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
