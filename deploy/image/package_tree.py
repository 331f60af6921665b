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
_NAMED = {
    "appliance/factory.toml": (
        PACKAGES / "appliance/factory.toml",
        PurePosixPath("etc/bedside/appliance.toml"),
    ),
    "deploy/card/bedside.toml": (PurePosixPath("usr/share/bedside/bedside.toml"),),
    "systemd/bedside.shutdown": (PurePosixPath("usr/lib/systemd/system-shutdown/bedside"),),
    "systemd/bedside.sshd-config": (PurePosixPath("usr/lib/bedside/maintenance-sshd.conf"),),
    "LICENSE": (PurePosixPath("usr/share/doc/bedside/copyright"),),
    "NOTICE": (PurePosixPath("usr/share/doc/bedside/NOTICE"),),
}
"""Files that have a place of their own."""
_SOURCES = ("appliance", "models", "systemd", "deploy", "LICENSE", "NOTICE")
_EXECUTABLE = ("opt/bedside/bin/", "usr/lib/systemd/system-shutdown/")
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


def places_of(source: PurePosixPath) -> tuple[PurePosixPath, ...]:
    """Return where the package puts a file of the source; nowhere if it leaves it out.

    Places are relative to the root of the machine.
    """
    text, name = str(source), source.name
    if text.startswith(_NEVER):
        return ()
    if text in _NAMED:
        return _NAMED[text]
    if text.startswith("appliance/"):
        return (PACKAGES / source,)
    if text.startswith("models/"):
        return (PREFIX / source,)
    if source.parent == PurePosixPath("systemd"):
        return _places_of_unit(source)
    if source.parent == PurePosixPath("deploy/image/udev"):
        return (PurePosixPath("usr/lib/udev/rules.d") / name,)
    return ()


def _places_of_unit(source: PurePosixPath) -> tuple[PurePosixPath, ...]:
    if source.suffix in _UNIT_KINDS:
        return (UNITS / source.name,)
    if source.suffix == ".network":
        return (PurePosixPath("usr/lib/systemd/network") / source.name,)
    folder = _CONFIG_FOLDERS.get(source.suffix)
    return () if folder is None else (PurePosixPath(folder) / f"{source.stem}.conf",)


def lay_out(root: Path, wheels: Path, tree: Path) -> None:
    """Fill a folder with what the package installs.

    wheels: the folder that pip has unpacked the wheels into.
    Raises BuildError when a file of the source is missing.
    """
    shutil.copytree(wheels, tree / PACKAGES, ignore=_not_needed)
    for source in tracked(root, *_SOURCES):
        for place in places_of(source):
            _copy(root / source, tree / place)
    _make_environment(tree)


def is_executable(place: PurePosixPath) -> bool:
    """Whether the package installs a file as a program."""
    return str(place).startswith(_EXECUTABLE)


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise BuildError(f"{source} is tracked by git but is not there. Restore it; build again.")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _not_needed(_: str, names: Iterable[str]) -> set[str]:
    """Name what a wheel brings and nobody needs on the card: tests, headers, pip's notes."""
    return {
        name
        for name in names
        if name
        in ("tests", "conftest.py", "__pycache__", "bin", "f2py", "include", "RECORD", "INSTALLER")
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
