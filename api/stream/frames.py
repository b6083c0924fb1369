"""Websocket frames written out once, and the door through which they reach a socket.

The one idea: a server's text frame is the same bytes for everybody (it is not masked, and nothing
is compressed), so a message is made into a frame once and each socket is only handed the bytes. The
server's own ASGI `send` would encode and frame it again for every reader, and await each.
"""

from typing import Any, Final, Protocol

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

EXTENSION: Final = "wattmarket.frames"
"""Name under which a connection's scope offers its port, as ASGI asks of a server's extras."""
FRAGMENTS_MAX: Final = 256
"""Parts of one message; ours come in one."""
UNREAD_BYTES_MAX: Final = 32 * 1024 * 1024
"""What may wait for a socket when it is pinged: more than any message of ours and what may queue
behind it in the socket's buffers."""
TOO_BIG: Final = 1009
_FINAL_TEXT: Final = b"\x81"
_SHORT_MAX: Final = 125
_MIDDLE_MAX: Final = 0xFFFF
_MIDDLE: Final = 126
_LONG: Final = 127


class Port(Protocol):
    """Where frames go: one socket's outgoing side."""

    @property
    def takes(self) -> bool:
        """True: a frame would be taken."""
        ...

    def write_frame(self, frame: bytes) -> bool:
        """Hand a frame over; False: the socket's buffers are full and nothing was taken."""
        ...

    async def drained(self) -> None:
        """Return once frames are taken again."""
        ...


def text_frame(payload: bytes) -> bytes:
    """A whole text message of a server as one frame (RFC 6455, 5.2)."""
    size = len(payload)
    if size <= _SHORT_MAX:
        return _FINAL_TEXT + bytes((size,)) + payload
    if size <= _MIDDLE_MAX:
        return _FINAL_TEXT + bytes((_MIDDLE,)) + size.to_bytes(2) + payload
    return _FINAL_TEXT + bytes((_LONG,)) + size.to_bytes(8) + payload


def payload_of(frame: bytes) -> bytes:
    """The message in a frame of `text_frame`."""
    return frame[{_MIDDLE: 4, _LONG: 10}.get(frame[1], 2) :]


class FrameProtocol(WebSocketsSansIOProtocol):
    """uvicorn's `websockets-sansio`, which also takes frames that are made already."""

    def handle_cont(self, event: Frame) -> None:
        """Take a part of a message; parts are bounded in bytes elsewhere, in number here."""
        if self.close_sent:
            return
        if len(self.frames) >= FRAGMENTS_MAX:
            self.conn.fail(TOO_BIG, "too many fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer a ping; who asks and asks and never reads the answers is cut off."""
        super().handle_ping()
        if self.transport.get_write_buffer_size() > UNREAD_BYTES_MAX:
            self.transport.abort()

    async def run_asgi(self) -> None:
        """Offer the port to the application, then run it."""
        extensions: dict[Any, Any] = self.scope["extensions"]
        extensions[EXTENSION] = {"port": self}
        await super().run_asgi()

    @property
    def takes(self) -> bool:
        """True: the socket's buffers have room, or the socket is gone."""
        return self.writable.is_set()

    def write_frame(self, frame: bytes) -> bool:
        """Hand a frame over; False: the buffers are full. To a socket that is gone: nothing."""
        if not self.writable.is_set():
            return False
        if not (self.close_sent or self.disconnected):
            self.transport.write(frame)
        return True

    async def drained(self) -> None:
        """Return once the socket's buffers have room, or the socket is gone."""
        await self.writable.wait()


def port_of(scope: Any) -> Port:  # noqa: ANN401 - an ASGI scope
    """The port of a websocket's connection.

    Raises:
        KeyError: the server was not started with `FrameProtocol`.
    """
    port: Port = scope["extensions"][EXTENSION]["port"]
    return port
