"""What the host may say to a SunTech blood-pressure module, in bytes.

Imports next to nothing: the helper that aborts after the daemon's death needs it too.  The
command for valves and pump is not here and never will be: it is for service only.

Source: sheet protocols/suntech_nibp.
"""

from __future__ import annotations

from appliance.orders import Patient

HOST = 0x3A
MODULE = 0x3E
BAUD = 9600


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

ABORTED = encode(MODULE, 0x04, ord("A"))
"""The module's answer to ABORT."""


def set_initial_inflation(mmhg: int) -> bytes:
    """Return the command; what may be ordered is in `orders`."""
    return encode(HOST, 0x17, mmhg & 0xFF, mmhg >> 8)
