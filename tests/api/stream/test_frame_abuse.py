"""Frames nobody should send: the socket ends with the right code, the server and the others go on."""

import os
import random
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from api.stream.frames import FRAGMENTS_MAX
from tests.api.village import Village
from tests.patience import PATIENCE_S

TEXT, BINARY, CONTINUED, CLOSE, PING = 1, 2, 0, 8, 9
FINAL = 0x80


def frame(
    opcode: int, payload: bytes = b"", *, final: bool = True, masked: bool = True, reserved: int = 0
) -> bytes:
    head = bytes([(FINAL if final else 0) | reserved | opcode])
    mask = 0x80 if masked else 0
    size = len(payload)
    if size < 126:
        head += bytes([mask | size])
    elif size < 65_536:
        head += bytes([mask | 126]) + struct.pack("!H", size)
    else:
        head += bytes([mask | 127]) + struct.pack("!Q", size)
    return head + (bytes(4) if masked else b"") + payload  # a mask of zeros is a mask


@contextmanager
def raw(village: Village) -> Iterator[socket.socket]:
    """A socket on the stream after the upgrade, below the protocol."""
    with socket.create_connection(("127.0.0.1", village.server.port), timeout=PATIENCE_S) as made:
        made.sendall(
            f"GET {village.path}/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += made.recv(1)
        assert answer.startswith(b"HTTP/1.1 101")
        made.sendall(frame(TEXT, b'{"type": "authenticate", "token": null}'))
        yield made


def frames_of(made: socket.socket) -> Iterator[tuple[int, bytes]]:
    """Opcode and payload of what the server sends, until it ends."""
    data = b""

    def more(count: int) -> bool:
        nonlocal data
        while len(data) < count:
            try:
                chunk = made.recv(65_536)
            except ConnectionError:
                return False
            if not chunk:
                return False
            data += chunk
        return True

    while more(2):
        size, head = data[1], 2
        if size > 125:
            head = 4 if size == 126 else 10
            if not more(head):
                return
            size = int.from_bytes(data[2:head])
        if not more(head + size):
            return
        yield data[0] & 0x0F, data[head : head + size]
        data = data[head + size :]


def closed_with(made: socket.socket) -> int | None:
    """The code with which the server closes; None: it cuts the line."""
    for opcode, payload in frames_of(made):
        if opcode == CLOSE:
            return int.from_bytes(payload[:2])
    return None


def still_well(village: Village) -> bool:
    with village.stream() as reader:
        reader.hear("hello")
        reader.subscribe("trades", "RUR")
        return reader.hear("snapshot")["type"] == "snapshot"


ABUSES = {
    "oversize": (frame(TEXT, b"x" * 65_537), 1009),
    "oversize by length alone": (frame(TEXT, b"x" * 65_537)[:14], 1009),
    "oversize in parts": (
        frame(TEXT, b"x" * 40_000, final=False) + frame(CONTINUED, b"x" * 40_000),
        1009,
    ),
    "parts without end": (
        frame(TEXT, b"", final=False) + frame(CONTINUED, b"", final=False) * (FRAGMENTS_MAX + 9),
        1009,
    ),
    "no UTF-8": (frame(TEXT, b'{"type": "\xff\xfe"}'), 1007),
    "half a character": (frame(TEXT, "ä".encode()[:1]), 1007),
    "bytes": (frame(BINARY, b'{"type": "heartbeat"}'), 4003),
    "unmasked": (frame(TEXT, b'{"type": "heartbeat"}', masked=False), 1002),
    "reserved bit": (frame(TEXT, b"{}", reserved=0x40), 1002),
    "unknown opcode": (frame(3, b"{}"), 1002),
    "a part of nothing": (frame(CONTINUED, b"{}"), 1002),
    "text inside a text": (frame(TEXT, b"{", final=False) + frame(TEXT, b"}"), 1002),
    "a ping in parts": (frame(PING, b"x", final=False), 1002),
    "a long ping": (frame(PING, b"x" * 126), 1002),
    "a close with half a code": (frame(CLOSE, b"\x03"), 1002),
    "a close with a code nobody may send": (frame(CLOSE, struct.pack("!H", 1005)), 1002),
}


@pytest.mark.parametrize("name", ABUSES)
def test_abuse_ends_the_socket_with_its_code(still_village: Village, name: str) -> None:
    sent, code = ABUSES[name]
    with raw(still_village) as made:
        made.sendall(sent)
        assert closed_with(made) == code
    assert still_well(still_village)


def test_pings_are_answered_and_pongs_nobody_asked_for_passed_over(still_village: Village) -> None:
    with raw(still_village) as made:
        made.sendall(frame(10, b"nobody asked") + frame(PING, b"well?") * 100)
        pongs = (payload for opcode, payload in frames_of(made) if opcode == 10)
        assert [next(pongs) for _ in range(100)] == [b"well?"] * 100


def test_who_pings_without_reading_the_answers_is_cut_off(
    still_village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.stream.frames.UNREAD_BYTES_MAX", 100_000)
    with raw(still_village) as made, pytest.raises(ConnectionError):
        flood(made)
    assert still_well(still_village)


def flood(made: socket.socket) -> None:
    """Pings and pings, and nothing read: 250 MB if nobody stops it."""
    pings = frame(PING, b"x" * 125) * 2_000
    for _ in range(1_000):
        made.sendall(pings)


def test_random_bytes_do_not_end_the_server(still_village: Village) -> None:
    chance = random.Random(7)
    before = memory_kb()
    for _ in range(300):
        with raw(still_village) as made:
            made.sendall(chance.randbytes(chance.choice([1, 2, 5, 14, 100, 4_000])))
            made.shutdown(socket.SHUT_WR)
            closed_with(made)
    assert memory_kb() - before < 50_000
    assert still_well(still_village)


def test_half_a_handshake_harms_nobody(still_village: Village) -> None:
    address = ("127.0.0.1", still_village.server.port)
    halves = [socket.create_connection(address) for _ in range(50)]
    for number, half in enumerate(halves):
        half.sendall(f"GET {still_village.path}/stream HTTP/1.1\r\nUpgr".encode()[: number + 1])
    assert still_well(still_village)
    for half in halves:
        half.close()
    assert still_well(still_village)


def memory_kb() -> int:
    """Memory of this process, where the server of the tests lives too."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
