"""What the host may say to a Contec CMS50 of the V7 generation, in bytes.

Only what a live stream needs: nothing that deletes, and no setting of clocks.

Source: sheet protocols/contec_cms50, commands to the device.
"""

from __future__ import annotations

COMMAND = 0x7D
NAMES = {
    0xA1: "start live",
    0xA2: "stop live",
    0xA3: "segment count",
    0xA4: "store length",
    0xA5: "store start time",
    0xA6: "read store",
    0xA7: "stop store",
    0xAA: "device id",
    0xAC: "PI support",
    0xAE: "delete",
    0xAF: "keep-alive",
    0xB1: "set time",
    0xB2: "set date",
}


def encode(command: int) -> bytes:
    """Return the command: nine bytes, the unused ones 0x80.

    The second byte says that the first of the data has bit 7: every command code has it.
    """
    return bytes((COMMAND, 0x81, command)) + b"\x80" * 6


START_LIVE = encode(0xA1)
STOP_LIVE = encode(0xA2)
STOP_STORE = encode(0xA7)
KEEP_ALIVE = encode(0xAF)
KEEP_ALIVE_EVERY_S = 4.0
"""The sheet: at least every 5 s, or the stream stops."""
ANSWER_WITHIN_S = 1.0
"""The vendor's program gives up after 1 s without an answer."""
