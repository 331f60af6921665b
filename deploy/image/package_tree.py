"""Lays out what the Debian package `bedside` installs: program, wheels, models, units, rules.

Only files that git tracks get in, so that nothing left lying about does.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from deploy.image.errors import BuildError

PREFIX = PurePosixPath("opt/bedside")
PACKAGES = PREFIX / "lib/python3.11/site-packages"
UNITS = PurePosixPath("usr/lib/systemd/system")
_UNIT_KINDS = (".service", ".socket", ".timer", ".path", ".mount", ".target")
_CONFIG_FOLDERS = {
    ".sysusers": "usr/lib/sysusers.d",
    ".tmpfiles": "usr/lib/tmpfiles.d",
    ".modules-load": "usr/lib/modules-load.d",
}
_NEVER = ("models/training/", "hw_mocks/", "tests/")
"""What must never be on the device, whatever else changes."""


def tracked(root: Path, *folders: str) -> tuple[PurePosixPath, ...]:
    """Return the files that git tracks in some folders of the source, in order."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--", *folders],
        stdout=subprocess.PIPE,
        check=True,
    )
    return tuple(sorted(PurePosixPath(n) for n in listed.stdout.decode().split("\0") if n))


def place_of(source: PurePosixPath) -> PurePosixPath | None:
    """Return where the package puts a file of the source, None where it leaves it out.

    Places are relative to the root of the machine.
    """
    text, name = str(source), source.name
    if text.startswith(_NEVER):
        return None
    if text.startswith("appliance/"):
        return PACKAGES / source
    if text.startswith("models/"):
        return PREFIX / source
    if source.parent == PurePosixPath("systemd"):
        return _place_of_unit(source)
    if source.parent == PurePosixPath("deploy/image/udev"):
        return PurePosixPath("usr/lib/udev/rules.d") / name
    if text in ("LICENSE", "NOTICE"):
        return PurePosixPath("usr/share/doc/bedside") / name
    return None


def _place_of_unit(source: PurePosixPath) -> PurePosixPath | None:
    if source.suffix in _UNIT_KINDS:
        return UNITS / source.name
    if source.suffix == ".network":
        return PurePosixPath("usr/lib/systemd/network") / source.name
    folder = _CONFIG_FOLDERS.get(source.suffix)
    return None if folder is None else PurePosixPath(folder) / f"{source.stem}.conf"


def lay_out(root: Path, wheels: Path, tree: Path) -> None:
    """Fill a folder with what the package installs.

    wheels: the folder that pip has unpacked the wheels into.
    Raises BuildError when a file of the source is missing.
    """
    shutil.copytree(wheels, tree / PACKAGES, ignore=_not_needed)
    for source in tracked(
        root, "appliance", "models", "systemd", "deploy/image", "LICENSE", "NOTICE"
    ):
        place = place_of(source)
        if place is not None:
            _copy(root / source, tree / place)
    _make_environment(tree)


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise BuildError(
            f"{source} is tracked by git and is not there. Restore it and build again."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o644)


def _not_needed(_: str, names: Iterable[str]) -> set[str]:
    """Name what a wheel brings and nobody needs on the card: tests, headers, pip's notes."""
    return {
        name
        for name in names
        if name in ("tests", "__pycache__", "bin", "f2py", "include", "RECORD", "INSTALLER")
        or name in ("REQUESTED", "direct_url.json")
        or name.endswith((".pyi", ".pxd", ".pyx", ".h", ".a"))
    }


def _make_environment(tree: Path) -> None:
    """Make the virtual environment by hand: no pip in it, Debian's own packages in reach."""
    home = tree / PREFIX
    (home / "pyvenv.cfg").write_text(
        "home = /usr/bin\ninclude-system-site-packages = true\nversion = 3.11\n", "ascii"
    )
    programs = home / "bin"
    programs.mkdir()
    (programs / "python3.11").symlink_to("/usr/bin/python3.11")
    for name in ("python", "python3"):
        (programs / name).symlink_to("python3.11")
    command = programs / "appliance"
    command.write_text(
        f"#!/{PREFIX}/bin/python -I\n"
        "import sys\n\nfrom appliance.cli import main\n\nsys.exit(main())\n",
        "ascii",
    )
    command.chmod(0o755)
