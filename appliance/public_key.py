"""Whether a text is the public half of an SSH key, and never the private one.

Only the type and the key itself are taken over; what a line of authorized_keys could carry
besides (options, commands) is refused, and the comment is dropped.
"""

from __future__ import annotations

import base64
import binascii

KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "sk-ssh-ed25519@openssh.com")
"""Kinds of keys that are taken.  RSA is left out: its shortest keys are too weak, and every
program that makes keys can make these."""
LONGEST = 600
"""Characters.  The longest of these kinds has fewer than 200, and a comment may follow."""


def bare_key(text: str) -> str:
    """Return kind and key without the comment; raise ValueError if it is no public key."""
    parts = text.split(" ", 2)
    if not text.isprintable() or len(text) > LONGEST or len(parts) < 2 or parts[0] not in KINDS:
        raise ValueError("no public key")
    kind, key = parts[:2]
    try:
        content = base64.b64decode(key, validate=True)
    except binascii.Error as error:
        raise ValueError("no public key") from error
    # The key repeats its kind: length in four bytes, then the name (RFC 4253, 6.6).
    name = kind.encode("ascii")
    if not content.startswith(len(name).to_bytes(4, "big") + name) or len(content) < 51:
        raise ValueError("no public key")
    return f"{kind} {key}"


def is_public_key(value: object) -> bool:
    """Whether this may stand as a public key; an empty text means that there is none."""
    if not isinstance(value, str):
        return False
    try:
        return value == "" or bool(bare_key(value))
    except ValueError:
        return False
