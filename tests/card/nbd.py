"""Serves a card to QEMU over a local socket: the Network Block Device protocol, newstyle fixed.

Source: https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md (handshake, option
haggling, transmission).  Only what QEMU asks for is answered.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from enum import IntEnum
from pathlib import Path

from tests.card.torn_card import PowerIsOff, TornCard

_GREETING = b"NBDMAGIC"
_OPTION = b"IHAVEOPT"
_FIXED_NEWSTYLE = 1
_REPLY_MAGIC = 0x3E889045565A9
_ACK, _INFO, _UNSUPPORTED = 1, 3, 0x80000001
_EXPORT = struct.Struct(">QH")
_HAS_FLAGS, _SEND_FLUSH, _SEND_FUA = 1, 4, 8
_FLAGS = _HAS_FLAGS | _SEND_FLUSH | _SEND_FUA
_FUA = 1
_REQUEST = struct.Struct(">IHHQQI")
_REQUEST_MAGIC, _ANSWER_MAGIC = 0x25609513, 0x67446698
_EINVAL = 22


class Option(IntEnum):
    """What QEMU may ask for before it uses the card."""

    EXPORT_NAME = 1
    ABORT = 2
    INFO = 6
    GO = 7


class Command(IntEnum):
    """What QEMU may do with the card."""

    READ = 0
    WRITE = 1
    DISCONNECT = 2
    FLUSH = 3


class CardReader:
    """Listens on a socket and serves one card.  fault: what went wrong here, if anything."""

    def __init__(self, card: TornCard, path: Path) -> None:
        self.fault: BaseException | None = None
        self._card = card
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(4)
        self._connections: list[socket.socket] = []
        self._closing = False
        threading.Thread(target=self._accept, name="card reader", daemon=True).start()

    def close(self) -> None:
        """Pull the card out."""
        self._closing = True
        for each in (self._listener, *self._connections):
            with contextlib.suppress(OSError):  # it is not connected any more
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            serve = threading.Thread(target=self._serve, args=(connection,), name="card")
            serve.daemon = True
            serve.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if _shake_hands(connection, self._card.size_bytes):
                while _answer(connection, self._card):
                    pass
        except (ConnectionError, PowerIsOff):
            return  # the machine is gone, or its power is: nobody is answered
        except Exception as error:  # noqa: BLE001 - top of a thread: whoever waits is told
            if not self._closing:
                self.fault = error


def _shake_hands(connection: socket.socket, size_bytes: int) -> bool:
    """Agree on the export; return whether the machine wants it."""
    connection.sendall(_GREETING + _OPTION + struct.pack(">H", _FIXED_NEWSTYLE))
    _take(connection, 4)
    while True:
        if _take(connection, 8) != _OPTION:
            raise ConnectionError("no NBD option")
        option, length = struct.unpack(">II", _take(connection, 8))
        _take(connection, length)
        if option == Option.EXPORT_NAME:
            connection.sendall(_EXPORT.pack(size_bytes, _FLAGS) + bytes(124))
            return True
        if option in (Option.INFO, Option.GO):
            _reply(
                connection, option, _INFO, struct.pack(">H", 0) + _EXPORT.pack(size_bytes, _FLAGS)
            )
            _reply(connection, option, _ACK)
            if option == Option.GO:
                return True
        elif option == Option.ABORT:
            _reply(connection, option, _ACK)
            return False
        else:
            _reply(connection, option, _UNSUPPORTED)


def _reply(connection: socket.socket, option: int, kind: int, data: bytes = b"") -> None:
    connection.sendall(struct.pack(">QIII", _REPLY_MAGIC, option, kind, len(data)) + data)


def _answer(connection: socket.socket, card: TornCard) -> bool:
    """Carry out one request; return False when the machine lets the card go."""
    magic, flags, kind, handle, offset, length = _REQUEST.unpack(_take(connection, _REQUEST.size))
    if magic != _REQUEST_MAGIC:
        raise ConnectionError("no NBD request")
    fault, data = 0, b""
    if kind == Command.READ:
        data = card.read(offset, length)
    elif kind == Command.WRITE:
        card.write(offset, _take(connection, length), durable=bool(flags & _FUA))
    elif kind == Command.FLUSH:
        card.flush()
    elif kind == Command.DISCONNECT:
        return False
    else:
        fault = _EINVAL
    connection.sendall(struct.pack(">IIQ", _ANSWER_MAGIC, fault, handle) + data)
    return True


def _take(connection: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        more = connection.recv(min(length - len(data), 1 << 20))
        if not more:
            raise ConnectionError("the machine hung up")
        data += more
    return bytes(data)
