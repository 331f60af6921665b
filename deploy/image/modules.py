"""Chooses which of the kernel's drivers stay on the card, and takes the others away.

Kept are: what `modules.list` names, what a device tree of a board asks for, and what all of
these need.  Everything else would be room on the card and code within reach of whoever plugs
something in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from deploy.image.errors import BuildError
from deploy.image.listing import listed
from deploy.image.tools import output_of, run

LIST = Path(__file__).resolve().parent / "modules.list"
_OF_ALIAS = re.compile(r"^alias of:N\*T\*C(\S+) (\S+)$", re.MULTILINE)
_QUOTED = re.compile(r'"([^"]*)"')


def trim(tree: Path, device_trees: Iterable[Path]) -> None:
    """Take the drivers away that are not needed.  Raises BuildError when a wish finds nothing."""
    folder = _only_kernel(tree)
    needs = parse_needs((folder / "modules.dep").read_text("ascii"))
    asked = asked_for(
        (folder / "modules.alias").read_text("ascii"),
        {each for path in device_trees for each in compatibles(_source_of(path))},
    )
    keep = kept(needs, listed(LIST), asked)
    for module in needs.keys() - keep:
        (folder / module).unlink()
    run(["depmod", "--basedir", str(tree), folder.name])


def kept(
    needs: Mapping[str, Collection[str]], wishes: Iterable[str], asked: Collection[str]
) -> set[str]:
    """Return the modules to keep, as paths below the kernel's folder.

    needs: of each module, what else it needs.  wishes: patterns below kernel/.  asked: names
    of modules that a device tree asks for.  Raises BuildError when a wish fits no module: then
    it is misspelt, or the kernel was changed.
    """
    keep = {module for module in needs if module_name(module) in asked}
    for wish in wishes:
        found = {module for module in needs if fnmatchcase(module, f"kernel/{wish}")}
        if not found:
            raise BuildError(f"modules.list: the kernel has no module like {wish}.")
        keep |= found
    return keep.union(*(needs[module] for module in keep))


def parse_needs(text: str) -> dict[str, tuple[str, ...]]:
    """Read modules.dep.  Source: modules.dep(5)."""
    lines = (line.partition(":") for line in text.splitlines())
    return {module: tuple(needed.split()) for module, _, needed in lines}


def asked_for(aliases: str, compatible: Collection[str]) -> set[str]:
    """Return the names of the modules whose aliases fit one of these compatible strings."""
    return {
        module
        for pattern, module in _OF_ALIAS.findall(aliases)
        if not pattern.endswith("C*") and pattern in compatible
    }


def compatibles(source: str) -> Iterator[str]:
    """Yield every compatible string of a device tree's source."""
    for line in source.splitlines():
        name, _, value = line.strip().partition(" = ")
        if name == "compatible":
            for text in _QUOTED.findall(value):
                yield from text.split("\\0")


def module_name(path: str) -> str:
    """Return a module's name as the kernel has it."""
    return Path(path).name.partition(".")[0].replace("-", "_")


def _source_of(device_tree: Path) -> str:
    return output_of(["dtc", "-q", "-I", "dtb", "-O", "dts", str(device_tree)])


def _only_kernel(tree: Path) -> Path:
    folders = sorted((tree / "usr/lib/modules").iterdir())
    if len(folders) != 1:
        raise BuildError(f"The base root has {len(folders)} kernels; one is needed.")
    return folders[0]
