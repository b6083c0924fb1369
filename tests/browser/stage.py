"""A server in a process of its own whose clock is moved by the test, on a folder that can be copied.

The one idea: a stage is set once and then only copied. What a market needs to look lively takes some
seconds to live through; a copy of its folder is up in less than one, and what a test does there is
nobody else's.

Processes are forked from one that has read all modules before: reading them takes longer than
everything else that a server does until it answers. The number of a second on the process's pipe
moves its clock, a number back says that all that was due is done; None ends it.
"""

import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from api.house import logs
from tests.api.hosting import HandClock, LazySolver, Server
from tests.patience import PATIENCE_S
from wattmarket.client import trusted

HEARTBEAT_S: Final = 5.0
"""As a server has it: what the pages make of silence is measured by it."""
ROOT: Final = Path(__file__).parents[2]
_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


class Stage:
    """A running server as the builders of markets know one (`tests/api/village.py`)."""

    def __init__(self, folder: Path, now_s: int) -> None:
        self.var = folder
        self.clock = _Clock(self, now_s)
        self._log = folder.with_name(folder.name + ".log")
        self._pipe, others = _FORKS.Pipe()
        self._process = _FORKS.Process(target=_serve, args=(folder, now_s, self._log, others))
        self._process.start()
        others.close()
        self.port = self._hear()
        # Browsers call only `localhost` a secure place without TLS.
        self.url = self.origin = f"http://localhost:{self.port}"
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", timeout=PATIENCE_S, verify=trusted()
        )

    def real_time_s(self) -> float:
        """The time of day, by which people's sessions and codes go."""
        return time.time()

    def token(self, credential: dict[str, Any]) -> str:
        """An access token for a client's credential."""
        form = {"grant_type": "client_credentials"}
        form |= {name: credential[name] for name in ("client_id", "client_secret")}
        answer = self.http.post("/v1/token", data=form)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    def operator_credential(self) -> dict[str, Any]:
        """Of the first operator."""
        file = self.var / "credentials" / "operator.json"
        credential: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return credential

    def go_to(self, now_s: int) -> None:
        self._pipe.send(now_s)
        self._hear()

    def stop(self) -> None:
        """End it in good order: its folder can be copied then."""
        self.http.close()
        self._pipe.send(None)
        self._process.join(PATIENCE_S)
        assert self._process.exitcode == 0, self._last_words()
        self._pipe.close()

    def _hear(self) -> int:
        try:
            number: int = self._pipe.recv()
        except EOFError:
            pytest.fail(self._last_words())
        return number

    def _last_words(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-4_000:]


class _Clock:
    """Moves the clock of the other process; it goes only forward."""

    def __init__(self, stage: Stage, now_s: int) -> None:
        self._stage, self._now_s = stage, now_s

    def now_us(self) -> int:
        return self._now_s * 1_000_000

    def go_to(self, now_s: int) -> None:
        self._now_s = max(self._now_s, now_s)
        self._stage.go_to(self._now_s)


@contextmanager
def staged(folder: Path, now_s: int) -> Iterator[Stage]:
    """A server on the folder, ended with the block."""
    stage = Stage(folder, now_s)
    try:
        yield stage
    finally:
        stage.stop()


def _serve(folder: Path, now_s: int, log: Path, pipe: Connection) -> None:
    """The process."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
    # What pytest was told in the environment is not for the server.
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    logs.configure("WARNING", as_json=False)
    clock, solver = HandClock(now_s), LazySolver()
    server = Server(folder, clock, solver, heartbeat_s=HEARTBEAT_S).start()
    try:
        pipe.send(server.port)
        while (until_s := pipe.recv()) is not None:
            clock.go_to(until_s)
            pipe.send(until_s)
    finally:
        server.stop()
        solver.close()
    assert server.faults == []
