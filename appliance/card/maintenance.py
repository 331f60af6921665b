"""Opens the login for maintenance, once, because a marker on the boot partition asks for it.

`python -m appliance.card.maintenance`, run by bedside-maintenance.service before the daemon
and only where there is a marker.  The marker is used up first: a login that could not be
forgotten at the next start is not opened.  Only the key of the settings may log in.  What
became of it is left as a note for the screen and the status file.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.card.boot_partition import writable
from appliance.card.notes import NOTES, leave_note
from appliance.card.provision import BOOT, EFFECTIVE_FILE, RUN
from appliance.card.whole_file import remove_whole, replace_whole
from appliance.instruments.protocols import PROTOCOLS
from appliance.public_key import bare_key
from appliance.settings import SettingsRefused, load_settings

MARKERS = ("maintenance", "maintenance.txt")
"""Names of the marker; Windows likes to add the second one's end."""
HOST_KEY = "ssh_host_ed25519_key"
NOTE = "maintenance"

OPEN = "The maintenance login is open until the next start."
NO_KEY = "Maintenance was asked for, but bedside.toml has no public_key: no login is open."
NOT_USED_UP = "Maintenance was asked for, but its marker could not be removed: no login is open."
NO_HOST_KEY = "Maintenance was asked for, but no host key could be made: no login is open."

_KEYGEN = "/usr/bin/ssh-keygen"
_START = ("/usr/bin/systemctl", "--no-block", "start", "bedside-login.service")
_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Folders:
    """boot: has the marker.  settings: as served.  state: keeps the host key.

    run: where the login finds whom to let in.  notes: for the screen.
    """

    boot: Path = BOOT
    settings: Path = RUN / EFFECTIVE_FILE
    state: Path = Path("/var/lib/bedside-maintenance")
    run: Path = Path("/run/bedside-maintenance")
    notes: Path = NOTES


def prepare_login(folders: Folders) -> str:
    """Use up the marker and lay out what the login needs; return the note that says how it is.

    Only the note OPEN means that somebody may log in.
    """
    try:
        use_up_markers(folders.boot)
    except OSError as error:
        _tell(f"MARKER_NOT_USED_UP errno={error.errno}")
        return NOT_USED_UP
    try:
        key = load_settings(folders.settings, PROTOCOLS).maintenance_key
    except SettingsRefused:
        key = ""
    if not key:
        return NO_KEY
    try:
        fingerprint = make_host_key(folders.state / HOST_KEY)
        replace_whole(folders.run / "authorized_keys", bare_key(key).encode("ascii") + b"\n", 0o600)
    except (OSError, subprocess.SubprocessError) as error:
        _tell(f"HOST_KEY_FAILED error={type(error).__name__}")
        return NO_HOST_KEY
    return f"{OPEN} Host key {fingerprint}"


def use_up_markers(boot: Path) -> None:
    """Remove every marker for good.  Raises OSError if one is left."""
    with writable(boot):
        for name in MARKERS:
            path = boot / name
            if path.exists():
                remove_whole(path)
    # Asked anew, once it is read-only again: what is not gone there comes back.
    left = [name for name in MARKERS if (boot / name).exists()]
    if left:
        raise FileExistsError(17, "the marker is still there", left[0])


def make_host_key(path: Path) -> str:
    """Make the device's host key if there is no whole one; return its fingerprint.

    Raises OSError or subprocess.SubprocessError.
    """
    if not _is_key(path):
        part = path.with_name(path.name + ".part")
        for each in (part, part.with_name(part.name + ".pub")):
            each.unlink(missing_ok=True)
        _keygen("-q", "-t", "ed25519", "-N", "", "-C", "bedside", "-f", str(part))
        replace_whole(path, part.read_bytes(), 0o600)
        for each in (part, part.with_name(part.name + ".pub")):
            each.unlink(missing_ok=True)
        _tell("HOST_KEY_MADE")
    return _keygen("-l", "-f", str(path)).split()[1]


def _is_key(path: Path) -> bool:
    try:
        return path.exists() and _keygen("-y", "-P", "", "-f", str(path)).startswith("ssh-ed25519")
    except subprocess.CalledProcessError:
        return False


def _keygen(*arguments: str) -> str:
    done = subprocess.run(
        [_KEYGEN, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=_WITHIN_S,
        check=True,
    )
    return done.stdout


def _tell(code: str) -> None:
    print(f"maintenance event={code}", file=sys.stderr)  # noqa: T201 - the unit's journal


def main(start: Sequence[str] = _START) -> int:
    """Prepare the login and have systemd open it; what came of it is told in a note."""
    folders = Folders()
    note = prepare_login(folders)
    # Told before it is open: nobody is let in unseen.
    leave_note(folders.notes, NOTE, note)
    if not note.startswith(OPEN):
        _tell("LOGIN_NOT_OPENED")
        return 0
    subprocess.run(start, check=True, timeout=_WITHIN_S, stdin=subprocess.DEVNULL)
    _tell("LOGIN_OPENED")
    return 0


if __name__ == "__main__":
    sys.exit(main())
