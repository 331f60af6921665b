"""Public keys: as programs make them, with nothing besides, and never a private one."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from appliance.public_key import bare_key, is_public_key

BLOB = b"\0\0\0\x0bssh-ed25519\0\0\0 " + bytes(range(32))
KEY = f"ssh-ed25519 {base64.b64encode(BLOB).decode()}"


@pytest.mark.parametrize("kind", [["ed25519"], ["ecdsa", "-b", "256"]])
def test_what_ssh_keygen_makes_is_taken_without_its_comment(
    tmp_path: Path, kind: list[str]
) -> None:
    path = tmp_path / "key"
    made = ["ssh-keygen", "-q", "-t", *kind, "-N", "", "-C", "me at home", "-f", str(path)]
    subprocess.run(made, check=True, timeout=60)
    text = path.with_suffix(".pub").read_text("ascii").rstrip("\n")
    assert is_public_key(text)
    assert bare_key(text) == text.removesuffix(" me at home")
    assert not is_public_key(path.read_text("ascii"))


def test_none_is_an_empty_text() -> None:
    assert is_public_key("")
    with pytest.raises(ValueError, match="no public key"):
        bare_key("")


@pytest.mark.parametrize(
    "text",
    [
        KEY[12:],
        f'command="x" {KEY}',
        f"{KEY}\nssh-ed25519 AAAA",
        f" {KEY}",
        KEY[:-8],
        KEY.replace("ssh-ed25519", "ecdsa-sha2-nistp256", 1),
        KEY.replace("ssh-ed25519", "ssh-dss", 1),
        "ssh-ed25519",
        "ssh-ed25519 ",
        "ssh-ed25519 not base64",
        "ssh-ed25519 " + "A" * 700,
        "ssh-rsa " + base64.b64encode(b"\0\0\0\x07ssh-rsa" + bytes(300)).decode(),
        5,
        None,
    ],
)
def test_anything_else_is_refused(text: object) -> None:
    assert not is_public_key(text)


def test_the_good_key_is_good() -> None:
    assert bare_key(f"{KEY} a b c") == KEY
