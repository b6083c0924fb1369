"""A line between browser and server that can be cut, fall silent, and be mended.

The one idea: what happens to people on trains and behind bad routers is done to real sockets, so that
nothing in page or server has to know that it is tested.
"""

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

PIECE_BYTES: Final = 64 * 1024
LOOK_S: Final = 0.02


class Wire:
    """Passes on what comes in on a port of its own; one thread does it all."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._other: dict[socket.socket, socket.socket] = {}
        self._state = "whole"
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """End every connection and let none begin."""
        with self._lock:
            self._state = "cut"
            for end in tuple(self._other):
                self._drop(end)

    def silence(self) -> None:
        """Connections stay, and nothing comes through: what was sent waits."""
        with self._lock:
            self._state = "silent"

    def mend(self) -> None:
        """Everything passes again, what waited first."""
        with self._lock:
            self._state = "whole"

    def close(self) -> None:
        """End the thread and everything it holds."""
        self._ending.set()
        self._thread.join()
        self.cut()
        self._listening.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            ready = self._selector.select(LOOK_S)
            with self._lock:
                if self._state == "silent":
                    silent = True
                else:
                    silent = False
                    for key, _ in ready:
                        self._pass_on(key.fileobj)  # type: ignore[arg-type]
            if silent:
                self._ending.wait(LOOK_S)

    def _pass_on(self, end: socket.socket) -> None:
        if end is self._listening:
            self._join(self._listening.accept()[0])
            return
        other = self._other.get(end)
        if other is None:
            return  # dropped by its other end in this round
        try:
            piece = end.recv(PIECE_BYTES)
            if piece:
                other.sendall(piece)
                return
        except OSError:
            pass
        self._drop(end)

    def _join(self, near: socket.socket) -> None:
        if self._state == "cut":
            near.close()
            return
        try:
            far = socket.create_connection(("127.0.0.1", self._to_port))
        except OSError:
            near.close()
            return
        for end, other in ((near, far), (far, near)):
            self._other[end] = other
            self._selector.register(end, selectors.EVENT_READ)

    def _drop(self, end: socket.socket) -> None:
        for each in (end, self._other.get(end)):
            if each is not None and self._other.pop(each, None) is not None:
                self._selector.unregister(each)
                each.close()


@contextmanager
def wire(to_port: int) -> Iterator[Wire]:
    """A whole line, closed with the block."""
    made = Wire(to_port)
    try:
        yield made
    finally:
        made.close()
