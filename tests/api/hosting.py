"""A real server in a thread of the test run, with a clock that is moved by hand.

The one idea: the clock only goes forward and never passes what a market still has to do, so moving
it is also waiting for it.
"""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
import uvicorn
from numpy.typing import NDArray

from api.app import create_app
from api.house.house import House
from api.serve import MarketServer
from api.settings import Settings
from api.stream.frames import FrameProtocol
from clearing.network import NetworkArrays, PowerFlow
from clearing.problem import ClearingProblem, ClearingResult
from clearing.redispatch_problem import RedispatchProblem, RedispatchResult
from clearing.service import ClearingService
from tests.api.described import check_answer
from tests.patience import PATIENCE_S
from wattmarket.client import trusted

US: Final = 1_000_000
"""How long a test waits for what must come; far beyond what it takes."""


class HandClock:
    """Market time moved by the test; thread-safe where the test touches it."""

    simulated = True
    speed = 1.0

    def __init__(self, now_s: int) -> None:
        self.running = False
        self._target_us = now_s * US
        self._reached_us = self._target_us
        self._holds: dict[str, int] = {}
        self.loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()

    def now_us(self) -> int:
        allowed_us = min([self._target_us, *self._holds.values()])
        self._reached_us = max(self._reached_us, allowed_us)
        return self._reached_us

    def hold_at(self, holder: str, due_us: int | None) -> None:
        self.loop = asyncio.get_running_loop()
        if due_us is None:
            self._holds.pop(holder, None)
        else:
            self._holds[holder] = due_us
        self._tell()

    async def wait_until(self, due_us: int) -> None:
        while self.now_us() < due_us:
            await self._changed.wait()

    def start(self) -> None:
        self.running = True

    def resume_from(self, now_us: int) -> None:
        self._target_us = max(self._target_us, now_us)

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def go_to(self, now_s: int) -> None:
        """Move on and wait until all that was due before is done. Called by the test."""

        def move() -> None:
            self._target_us = max(self._target_us, now_s * US)
            self._tell()

        if self.loop is None:
            move()
        else:
            self.loop.call_soon_threadsafe(move)
        give_up = time.monotonic() + PATIENCE_S
        while self.now_us() < now_s * US:
            assert time.monotonic() < give_up, "market time does not get there"
            time.sleep(0.002)


class LazySolver:
    """The real clearing process, started when the first auction needs it."""

    def __init__(self) -> None:
        self._service: ClearingService | None = None
        self._lock = threading.Lock()

    def solve(self, problem: ClearingProblem, deadline_s: float) -> ClearingResult:
        with self._lock:
            return self._started().solve(problem, deadline_s)

    def power_flow(
        self,
        network: NetworkArrays,
        power_w: NDArray[np.float64],
        reactive_var: NDArray[np.float64] | None = None,
        *,
        deadline_s: float = 10.0,
    ) -> PowerFlow:
        with self._lock:
            return self._started().power_flow(network, power_w, reactive_var, deadline_s=deadline_s)

    def redispatch(self, problem: RedispatchProblem, deadline_s: float) -> RedispatchResult:
        with self._lock:
            return self._started().redispatch(problem, deadline_s)

    def _started(self) -> ClearingService:
        if self._service is None:
            self._service = ClearingService()
            self._service.start()
        return self._service

    def close(self) -> None:
        if self._service is not None:
            self._service.close()


class RealTime:
    """The real clock of tokens, which a test may push forward, and stop to look at an edge of it."""

    def __init__(self) -> None:
        self.ahead_s = 0.0
        self._stands_at_s: float | None = None

    def __call__(self) -> float:
        return (time.time() if self._stands_at_s is None else self._stands_at_s) + self.ahead_s

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Within the block only the test moves it: no second, and no time code, ends by itself."""
        self._stands_at_s = time.time()
        try:
            yield
        finally:
            self._stands_at_s = None


TOKEN_LIFETIME_S: Final = 3_600
"""Tokens live in real time: a slow machine must not be signed out in the middle of a test."""


SIGN_INS: Final = "6000/minute; 6000/minute; 6000/minute"
"""All tests sign in from one address."""


RUNNING: Final[list["Server"]] = []
"""All that were started and are not stopped."""


class Server:
    """A server on a free port of this machine."""

    def __init__(
        self,
        var: Path,
        clock: HandClock,
        solver: LazySolver,
        *,
        heartbeat_s: float = 0.3,
        **settings: str | int,
    ) -> None:
        self.var, self.clock = var, clock
        self.real_time_s = RealTime()
        self.kept: set[str] = set()
        """Markets that are there for tests of other files as well."""
        self.faults: list[BaseException] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        # People's pages come from here: their browser says so, whatever the client's address.
        self.origin = f"http://localhost:{self.port}"
        given = {
            "var": var,
            "port": self.port,
            "token_lifetime_s": TOKEN_LIFETIME_S,
            "limit_sign_in": SIGN_INS,
            **settings,
        }
        self.settings = Settings.model_validate(given)
        self.app = create_app(
            self.settings,
            on_fault=self.faults.append,
            clock=clock,
            solver=solver,
            real_time_s=self.real_time_s,
            heartbeat_s=heartbeat_s,
        )
        config = uvicorn.Config(
            self.app,
            log_config=None,
            access_log=False,
            http="httptools",
            ws=FrameProtocol,
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,
            lifespan="on",
            timeout_graceful_shutdown=2,
        )
        self._server = MarketServer(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    def start(self) -> "Server":
        self._thread.start()
        give_up = time.monotonic() + PATIENCE_S
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            assert time.monotonic() < give_up
            time.sleep(0.005)
        self.http = httpx.Client(
            base_url=self.url,
            timeout=PATIENCE_S,
            event_hooks={"response": [check_answer]},
            verify=trusted(),
        )
        RUNNING.append(self)
        return self

    @property
    def house(self) -> House:
        house: House = self.app.state.house
        return house

    def let_go(self) -> None:
        """Close the markets that no test looks at any more: with the clock they would live on.

        The clock stands still meanwhile, and then no longer waits for them.
        """

        async def close() -> None:
            gone = [name for name in self.house.markets if name not in self.kept]
            await self.house.let_go({name: self.house.markets.pop(name) for name in gone})
            for name in gone:
                self.clock.hold_at(f"timetable {name}", None)

        if self.clock.loop is not None:
            asyncio.run_coroutine_threadsafe(close(), self.clock.loop).result(PATIENCE_S)

    def stop(self) -> None:
        RUNNING.remove(self)
        self.http.close()
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        self._socket.close()

    def token(self, credential: dict[str, Any]) -> str:
        form = {"grant_type": "client_credentials"}
        form |= {name: credential[name] for name in ("client_id", "client_secret")}
        answer = self.http.post("/v1/token", data=form)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    def operator_credential(self) -> dict[str, Any]:
        credential: dict[str, Any] = json.loads(
            (self.var / "credentials" / "operator.json").read_text()
        )
        return credential
