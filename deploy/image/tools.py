"""Runs the programs that a build is made with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from deploy.image.errors import BuildError


def run(
    command: Sequence[str], extra: Mapping[str, str] | None = None, text: str | None = None
) -> None:
    """Run a program, its output on standard error; give it a text to read, if any.

    extra: beside the environment.

    Raises BuildError when it fails.
    """
    done = subprocess.run(
        command,
        env={**os.environ, "LC_ALL": "C.UTF-8", **(extra or {})},
        input=text,
        stdin=None if text is not None else subprocess.DEVNULL,
        stdout=sys.stderr,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"{command[0]} failed ({done.returncode}). What it said stands above.")


def output_of(
    command: Sequence[str], text: str = "", environment: Mapping[str, str] | None = None
) -> str:
    """Run a program, give it a text to read, and return what it prints.

    Raises BuildError when it fails.
    """
    env = {**os.environ, **(environment or {})}
    done = subprocess.run(
        command, input=text, stdout=subprocess.PIPE, text=True, check=False, env=env
    )
    if done.returncode:
        raise BuildError(f"{command[0]} failed ({done.returncode}). What it said stands above.")
    return done.stdout
