"""Frames and an independent check of them, written from the sheets alone."""

OXIMETERS = ("nonin_oem3:2", "nonin_oem3:7")
NIBP = "suntech_nibp"


def nonin_packet(data_format, rate, spo2):
    carried = [rate // 128, rate % 128, spo2] + [0] * 22
    frames = []
    for number, byte in enumerate(carried):
        status = 129 if number == 0 else 128
        head = [1, status, 90] if data_format == "2" else [status, 90, 90]
        frames += [*head, byte, (sum(head) + byte) % 256]
    return bytes(frames)


def nonin_packets_in(stream, data_format):
    """Every (rate, spo2) of 25 frames in a row, at whatever byte they begin."""
    found = set()
    at = 1 if data_format == "2" else 0
    for start in range(len(stream) - 124):
        if (
            stream[start + at] < 128
            or not stream[start + at] % 2
            or not stream[start + 5 + at] > 127
        ):
            continue  # quickly: no packet begins here
        frames = [stream[i : i + 5] for i in range(start, start + 125, 5)]
        states = [f[1 if data_format == "2" else 0] for f in frames]
        if (
            all((f[0] + f[1] + f[2] + f[3]) % 256 == f[4] for f in frames)
            and all(s >= 128 for s in states)
            and [s % 2 for s in states] == [1] + [0] * 24
            and (data_format == "7" or all(f[0] == 1 for f in frames))
        ):
            found.add((frames[0][3] % 4 * 128 + frames[1][3] % 128, frames[2][3] % 128))
    return found


def nibp_result(systolic, diastolic, mean, rate):
    body = [0x3E, 24, systolic % 256, systolic // 256, diastolic % 256, diastolic // 256, 9, 1]
    body += [0] * 8 + [rate, 0, mean % 256, mean // 256, 0, 0, 0]
    return bytes([*body, (256 - sum(body) % 256) % 256])


def nibp_frames_in(stream):
    """Every frame that sums to zero, at whatever byte it begins."""
    return [
        stream[start : start + stream[start + 1]]
        for start in range(len(stream) - 1)
        if stream[start] == 0x3E
        and start + stream[start + 1] <= len(stream)
        and stream[start + 1] in (4, 5, 6, 24, 67)
        and sum(stream[start : start + stream[start + 1]]) % 256 == 0
    ]
