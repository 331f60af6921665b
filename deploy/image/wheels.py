"""Fetches the wheels that the package brings, by exact digest, and unpacks them.

    python -m deploy.image.wheels --fetch CACHE   prints the folder that they are in
    python -m deploy.image.wheels --tests CACHE   those that the tests need on the card's Python
    python -m deploy.image.wheels --pin           writes debian/wheels.txt anew

Names come from debian/wheels, versions from deploy/constraints.txt, digests from
debian/wheels.txt.  Wheels come from wherever the user's own pip configuration says.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from deploy.image.errors import BuildError
from deploy.image.listing import listed

HERE = Path(__file__).resolve().parent
NAMES = HERE / "debian/wheels"
PINS = HERE / "debian/wheels.txt"
CONSTRAINTS = HERE.parent / "constraints.txt"
_FOR_TESTS = ("pytest", "pytest-timeout", "hypothesis")
_THEY_NEED = ("iniconfig", "packaging", "pluggy", "pygments", "sortedcontainers")
_PLATFORMS = tuple(f"manylinux_2_{minor}_aarch64" for minor in (34, 28, 27, 17))
_TARGET = ("--python-version", "3.11", "--implementation", "cp", "--only-binary=:all:")


def fetch(cache: Path) -> Path:
    """Return a folder with the wheels, fetched once for each state of the pins.

    Raises BuildError when one cannot be had, or is not the one that was pinned.
    """
    folder = cache / f"wheels-{digest_of(PINS)[:16]}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="part.") as part:
        _download(Path(part) / "wheels", "--require-hashes", "--requirement", str(PINS))
        (Path(part) / "wheels").rename(folder)
    return folder


def fetch_for_tests(cache: Path) -> Path:
    """Return a folder with what the tests need beside the package's own wheels.

    They never enter a card, so that the constraints say enough.  Raises BuildError.
    """
    folder = cache / f"test-wheels-{digest_of(CONSTRAINTS)[:16]}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="part.") as part:
        names = (*_FOR_TESTS, *_THEY_NEED)
        _download(Path(part) / "wheels", "--constraint", str(CONSTRAINTS), *names)
        (Path(part) / "wheels").rename(folder)
    return folder


def unpack(wheels: Path, target: Path) -> None:
    """Unpack all wheels of a folder into one."""
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)


def pin() -> str:
    """Return the text of the pins for what the constraints say now.  Raises BuildError."""
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder) / "wheels"
        _download(wheels, "--constraint", str(CONSTRAINTS), *listed(NAMES))
        lines = [
            f"{name}=={version} --hash=sha256:{digest_of(path)}"
            for path in sorted(wheels.glob("*.whl"))
            for name, version in [name_and_version(path.name)]
        ]
    head = "# Written by `python -m deploy.image.wheels --pin`.\n"
    return head + "\n".join(lines) + "\n"


def name_and_version(wheel: str) -> tuple[str, str]:
    """Return a distribution's name and version from the file name of its wheel."""
    name, version, *_ = wheel.split("-")
    return name.replace("_", "-").lower(), version


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(target: Path, *what: str) -> None:
    platforms = [word for name in _PLATFORMS for word in ("--platform", name)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-cache-dir", *_TARGET, *platforms, "--dest", str(target), *what]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        shutil.rmtree(target, ignore_errors=True)
        raise BuildError(
            "The wheels could not be fetched. What pip said stands above; build"
            " again when it is mended."
        )


def main() -> int:
    """Fetch the wheels, or write the pins anew."""
    parser = argparse.ArgumentParser(description="Fetch or pin the package's wheels.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--pin", action="store_true", help="pin what the constraints say")
    what.add_argument("--fetch", type=Path, metavar="CACHE", help="fetch what is pinned")
    what.add_argument("--tests", type=Path, metavar="CACHE", help="fetch what tests need")
    arguments = parser.parse_args()
    try:
        if arguments.pin:
            PINS.write_text(pin(), "ascii")
        elif arguments.tests is not None:
            print(fetch_for_tests(arguments.tests))
        else:
            print(fetch(arguments.fetch))
    except BuildError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
