"""What the host may say to a SunTech blood-pressure module, in bytes.

Imports next to nothing: the helper that aborts after the daemon's death needs it too.  The
command for valves and pump is not here and never will be: it is for service only.

Source: sheet protocols/suntech_nibp.
"""

from __future__ import annotations

from enum import StrEnum

HOST = 0x3A
BAUD = 9600


class Patient(StrEnum):
    """Whom the cuff is on: what the module is told before it inflates."""

    ADULT = "adult"
    CHILD = "child"
    NEONATE = "neonate"


INFLATION_LIMITS_MMHG = {
    Patient.ADULT: (80, 280),
    Patient.CHILD: (60, 240),
    Patient.NEONATE: (40, 140),
}
"""Initial inflation we are willing to order.  Ours, inside the highest cuff pressure that
IEC 80601-2-30 allows in normal use: 300 mmHg, 150 mmHg for neonates."""


def encode(*earlier: int) -> bytes:
    """Return these bytes with their check: all together sum to 0 modulo 256."""
    return bytes((*earlier, -sum(earlier) & 0xFF))


START = {
    Patient.ADULT: encode(HOST, 0x20),
    Patient.CHILD: encode(HOST, 0x87),
    Patient.NEONATE: encode(HOST, 0x28),
}
ABORT = encode(HOST, 0x79, 0x01, 0x00)
GET_RESULT = encode(HOST, 0x79, 0x03, 0x00)
GET_CUFF_PRESSURE = encode(HOST, 0x79, 0x05, 0x00)
GET_RETURN_CODE = encode(HOST, 0x79, 0x02, 0x03)

ABORTED = encode(0x3E, 0x04, ord("A"))
"""The module's answer to ABORT."""


def set_initial_inflation(patient: Patient, mmhg: int) -> bytes:
    """Return the command.  Raises ValueError outside INFLATION_LIMITS_MMHG."""
    low, high = INFLATION_LIMITS_MMHG[patient]
    if not low <= mmhg <= high:
        raise ValueError(f"initial inflation for {patient} must be {low} to {high} mmHg")
    return encode(HOST, 0x17, mmhg & 0xFF, mmhg >> 8)
