"""Run the server: check, listen, serve, end.

The one idea: a market that cannot go on ends the whole process at once, without goodbye; starting
again is the same path as any start, and finds everything that was acknowledged.
"""

import gc
import os
import resource
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import Final, NoReturn

import structlog
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.checks import start_faults
from api.house import logs
from api.house.house import House
from api.settings import Settings
from api.stream.frames import FrameProtocol
from market.store.database import StoreUnreachable

WEBSOCKET_BYTES_MAX: Final = 64 * 1024
PING_S: Final = 10.0
KEEP_ALIVE_S: Final = 65
"""Longer than the pause between two requests of a client that trades once an interval."""
BACKLOG: Final = 2_048
GRACE_S: Final = 10
"""How long requests under way may take when the server ends."""
FAULT_EXIT: Final = 70
"""Exit code when a market could not go on."""

OPEN_FILES: Final = 10_240
"""Files, sockets among them, a server may want open at once; the most that macOS ever allows."""

COLLECT_AFTER: Final = (5_000, 5, 2_000)
"""Objects made before the collector looks for cycles among them; looks before one at those that were kept; and
such looks before one at everything, since a market makes few cycles and keeps much.

Nobody is served during a look. It takes as long as there are objects to be looked at, so many short looks cost
the same in sum as few long ones, and nobody waits 20 ms for one (50,000 objects), or many times that (a million)."""

THREADS_SWITCH_S: Final = 0.0005
"""How long a busy event loop may keep the writer waiting after each call to the disk: at Python's
usual 5 ms the few calls of a commit add up to more than the flush itself."""

log = structlog.get_logger("api.serve")


class StartRefusedError(Exception):
    """The server may not or cannot start; the message says what to do about it."""


def serve(settings: Settings, *, say: Callable[[str], None] | None = None) -> None:
    """Serve until the process is told to end.

    Args:
        settings: read once.
        say: prints a line for whoever starts the server, who alone may see the first operator's code;
            None: nobody looks.

    Raises:
        StartRefusedError: the address is in use, or it is public and a check failed.
    """
    logs.configure(settings.log_level, as_json=settings.log_format == "json")
    check(settings)
    listening = listen(settings)
    port = listening.getsockname()[1]
    log.info("listening", host=settings.host, port=port)
    settings = settings.model_copy(update={"port": port})  # any free one has become this one
    announce = None if say is None else partial(_announce, say, settings.page_origin)
    app = create_app(settings, on_fault=_end_process, announce=announce)
    server = MarketServer(server_config(app, settings))
    spare_the_collector()
    open_as_many_as_allowed()
    sys.setswitchinterval(THREADS_SWITCH_S)
    try:
        server.run(sockets=[listening])
    finally:
        listening.close()
    if not server.started:
        raise StartRefusedError("the server could not start; the log says why")


def _announce(say: Callable[[str], None], origin: str, code: str) -> None:
    say(f"Nobody can sign in yet. The first operator: {origin}/console/enrol?code={code}")
    say("The code is good once, for a day, and until the server starts again.")


class MarketServer(uvicorn.Server):
    """Lets go of those who only listen before it ends."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End in good order.

        An answer of server-sent events never ends by itself, and would be waited for and then cut.
        """
        state = getattr(self.config.app, "state", None)
        house: House | None = getattr(state, "house", None)
        if house is not None:
            house.end_events()
        await super().shutdown(sockets)


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How an application is served."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        headers=[("X-Content-Type-Options", "nosniff")],
        http="httptools",
        ws=FrameProtocol,
        ws_max_size=WEBSOCKET_BYTES_MAX,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        limit_concurrency=settings.connections_max,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        lifespan="on",
    )


def spare_the_collector() -> None:
    """Have the cyclic collector look more seldom, and never at what is loaded already.

    Requests and answers die by reference count; at its usual pace the collector walks through the
    whole market for nothing, which was half the time of a busy server (benchmarks/intake.py).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def open_as_many_as_allowed() -> None:
    """Raise this process's soft limit of open files to OPEN_FILES, as far as the hard one lets it.

    Every reader of a stream is an open file, and the usual soft limit is 1,024.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def check(settings: Settings) -> None:
    """Warn of what is not in order, or refuse where others could reach it.

    Raises:
        StartRefusedError: the address is public and something is not in order, or the database
            that keeps the markets cannot be reached.
    """
    try:
        faults = start_faults(settings)
    except StoreUnreachable as unreachable:
        raise StartRefusedError(str(unreachable)) from unreachable
    if faults and settings.is_public:
        raise StartRefusedError(
            f"{settings.host} can be reached by others, and: {'; '.join(faults)}"
        )
    for fault in faults:
        log.warning("start check", fault=fault)


def listen(settings: Settings) -> socket.socket:
    """A socket that listens on the address of the settings.

    Raises:
        StartRefusedError: the address is in use or not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(BACKLOG)
    except OSError as fault:
        listening.close()
        raise StartRefusedError(
            f"cannot listen on {settings.host}:{settings.port} ({fault.strerror}); "
            f"choose another port, for example PORT={settings.port + 10}"
        ) from fault
    return listening


def _end_process(fault: BaseException) -> NoReturn:
    """What is on disk is right, what is in memory may not be: stop here, not a line later."""
    log.critical("market failed, process ends", exc_info=fault)
    os._exit(FAULT_EXIT)
