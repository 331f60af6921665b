"""Turns the public original into the form that the training reads.

The original is the UCI Machine Learning Repository's data set 863, "Maternal Health Risk",
DOI 10.24432/C5DP5D, licence CC BY 4.0.  Nothing is downloaded here: get the file yourself.
"""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

from models.training.data import COLUMNS, LABEL, DataRefused

ORIGINAL_SHA256 = "2b60ea74439e1e838c381ab81577feb2e01284dc4f3d78e014b7bc68fce32f16"
ORIGINAL_BYTES = 30287
WHERE = "UCI Machine Learning Repository, data set 863, DOI 10.24432/C5DP5D"


def prepare(original: Path, out: Path, *, sha256: str = ORIGINAL_SHA256) -> int:
    """Write the prepared file; return how many rows it has.

    Raises DataRefused when the file is not the original, and then writes nothing.
    """
    try:
        content = original.read_bytes()
    except OSError as error:
        words = f"{original} cannot be read: {error.strerror}. The original is: {WHERE}."
        raise DataRefused([words]) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DataRefused([_not_the_original(original, content, found, sha256)])
    text, rows = prepared(content.decode("utf-8-sig"))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="ascii")
    return rows


def prepared(original: str) -> tuple[str, int]:
    """Return the same rows with our columns in order and line feeds, and their number."""
    wanted = [*(column.name for column in COLUMNS), LABEL]
    rows = list(csv.DictReader(io.StringIO(original)))
    missing = [name for name in wanted if not rows or name not in rows[0]]
    if missing:
        raise DataRefused([f"columns are missing: {', '.join(missing)}"])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(wanted)
    writer.writerows([(row[name] or "").strip() for name in wanted] for row in rows)
    return text.getvalue(), len(rows)


def _not_the_original(path: Path, content: bytes, found: str, wanted: str) -> str:
    words = (
        f"{path} is not the original: its SHA-256 is {found}, not {wanted}. "
        f"The original is: {WHERE}."
    )
    if hashlib.sha256(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")).hexdigest() == (
        wanted
    ):
        words += " Only its line ends were changed: save it again with CRLF, or get it anew."
    return words
