"""The last good settings, kept on the data partition with a seal of their own.

A file that was cut short may still be TOML and mean something else, so the first line holds
the hash of the rest: what does not match it is damaged and is not used.  Pure.
"""

from __future__ import annotations

import hashlib

_HEAD = b"# The last good settings of this card. Written by the appliance. SHA-256 "


def seal(text: str) -> bytes:
    """Return the text as it is kept."""
    content = text.encode("utf-8")
    return _HEAD + hashlib.sha256(content).hexdigest().encode("ascii") + b"\n" + content


def unseal(kept: bytes) -> str | None:
    """Return the text that was kept, or None if it is not whole."""
    head, newline, content = kept.partition(b"\n")
    digest = hashlib.sha256(content).hexdigest().encode("ascii")
    if not newline or head != _HEAD + digest:
        return None
    return content.decode("utf-8")
