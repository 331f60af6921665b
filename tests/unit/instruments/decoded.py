"""How the tests of the decoders look at what came out."""

from appliance.clinical.measurement import Status
from appliance.instruments.decoding import Decoded, Rejected, Reported
from appliance.instruments.protocols import find_protocol


def decode(protocol, *chunks, decoder=None):
    decoder = decoder or find_protocol(protocol).decoder()
    outputs = [output for chunk in chunks for output in decoder.feed(chunk)]
    return outputs + decoder.finish()


def values(outputs, quantity=None):
    """(quantity, value) of every value that counts; with a quantity, the values alone."""
    valid = [o for o in outputs if isinstance(o, Decoded) and o.status is Status.VALID]
    if quantity is None:
        return [(o.quantity, o.value) for o in valid]
    return [o.value for o in valid if o.quantity == quantity]


def last(outputs, quantity):
    return [o for o in outputs if isinstance(o, Decoded) and o.quantity == quantity][-1]


def errors(outputs):
    return [(o.error, o.offset, o.raw) for o in outputs if isinstance(o, Rejected)]


def reports(outputs):
    return [o for o in outputs if isinstance(o, Reported)]
