"""Answers made from what is decided: nobody hears them before it is durable, and never when it is not."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from market.sequencer import Sequencer
from market.store.journal import Batch
from tests.api.hosting import HandClock, LazySolver, Server
from tests.api.house.test_house import EVENING_S
from tests.api.routes.test_unit_states import REPORT
from tests.api.village import Json, Village, bearer, make_village
from tests.patience import PATIENCE_S
from wattmarket.client import trusted

STOP = {"kind": "halt", "scope": "area", "key": "RUR", "reason": "fog"}


def wait_until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.002)


class HeldDisk:
    """The flush of one market's batches, held back until it is let go or told to fail."""

    def __init__(self, sequencer: Sequencer) -> None:
        self.sequencer = sequencer
        self._append = sequencer._append  # noqa: SLF001 - the flush itself
        self._free = threading.Event()
        self._fault: Exception | None = None
        self.reached = threading.Event()
        sequencer._append = self._held  # type: ignore[method-assign]  # noqa: SLF001

    def _held(self, batch: Batch) -> bytes:
        self.reached.set()
        assert self._free.wait(PATIENCE_S)
        if self._fault is not None:
            raise self._fault
        return self._append(batch)

    def let_go(self, fault: Exception | None = None) -> None:
        self._fault = fault
        self._free.set()

    def wait_for_readers(self, *reads: "Future[httpx.Response]") -> None:
        """Until all of these have read what is decided and wait for the disk; none is answered before."""
        waiting = self.sequencer._tellers_waiting  # noqa: SLF001 - nothing else shows it
        wait_until(lambda: len(waiting) == len(reads) or any(item.done() for item in reads))
        assert [item.result().text for item in reads if item.done()] == []


@pytest.fixture
def hall(tmp_path: Path, solver: LazySolver) -> Iterator[Village]:
    """A village on a server of its own, since its disk is going to fail."""
    server = Server(tmp_path, HandClock(EVENING_S), solver, metrics="loopback").start()
    yield make_village(server)
    server.stop()


@pytest.fixture
def people() -> Iterator[ThreadPoolExecutor]:
    """Who asks at the same time."""
    with ThreadPoolExecutor(max_workers=12) as made:
        yield made


@pytest.fixture
def disk(hall: Village, people: ThreadPoolExecutor) -> Iterator[HeldDisk]:
    """Let go before its waiters are waited for."""
    assert people is not None
    hall.get("/orders", "ada")  # lists show all there is: the writing thread is at nothing else
    held = HeldDisk(hall.server.house.markets[hall.market_id].sequencer)
    yield held
    held.let_go()


def asked(
    hall: Village, people: ThreadPoolExecutor, method: str, path: str, who: str, **more: Json
) -> "Future[httpx.Response]":
    """A request on its way, by somebody with a connection of their own."""

    def ask() -> httpx.Response:
        with httpx.Client(base_url=hall.server.url, timeout=PATIENCE_S, verify=trusted()) as client:
            path_whole = path if path.startswith(("/v1/", "/metrics")) else hall.path + path
            headers = bearer(hall.tokens[who]) | more.pop("headers", {})
            return client.request(method, path_whole, headers=headers, **more)

    return people.submit(ask)


READS = (
    ("/stops", "operator"),
    ("/stops", "ada"),
    ("/approvals", "operator"),
    ("/acts:standing", "operator"),
    ("/mandates", "ada"),
    ("/recalls", "operator"),
    ("/sessions", "ada"),
    ("/v1/system", "operator"),
    ("/metrics", "operator"),
)


def test_a_list_waits_until_what_it_shows_is_durable(
    hall: Village, disk: HeldDisk, people: ThreadPoolExecutor
) -> None:
    act = asked(hall, people, "POST", "/stops", "operator", json=STOP)
    assert disk.reached.wait(PATIENCE_S)
    reads = [asked(hall, people, "GET", path, who) for path, who in READS]
    disk.wait_for_readers(*reads)
    assert not act.done()

    disk.let_go()
    assert act.result().status_code == 200
    answers = [item.result() for item in reads]
    assert [item.status_code for item in answers] == [200] * len(READS)
    assert answers[0].json()["items"][0]["key"] == "RUR"


def test_what_needs_no_such_reading_does_not_wait(
    hall: Village, disk: HeldDisk, people: ThreadPoolExecutor
) -> None:
    act = asked(hall, people, "POST", "/stops", "operator", json=STOP)
    assert disk.reached.wait(PATIENCE_S)
    for path in ("/v1/health", "/v1/clock", "/v1/markets", f"{hall.path}/orders"):
        assert asked(hall, people, "GET", path, "ada").result().status_code == 200
    assert not act.done()


def test_a_refusal_decided_from_it_waits_too(
    hall: Village, disk: HeldDisk, people: ThreadPoolExecutor
) -> None:
    act = asked(hall, people, "POST", "/stops", "operator", json=STOP)
    assert disk.reached.wait(PATIENCE_S)
    refused = asked(hall, people, "GET", "/messages/msg-9/readers", "operator")
    disk.wait_for_readers(refused)

    disk.let_go()
    assert refused.result().status_code == 404
    assert act.result().status_code == 200


def test_the_stream_hears_a_state_again_only_once_it_is_durable(
    hall: Village, disk: HeldDisk, people: ThreadPoolExecutor
) -> None:
    """What is no other state than before is told at once; here what was before is on no disk."""
    path, reports = "/units/ada-load:state", hall.server.house.markets[hall.market_id].live
    first = asked(hall, people, "POST", path, "meter", json=REPORT)
    assert disk.reached.wait(PATIENCE_S)
    again = asked(hall, people, "POST", path, "meter", json=REPORT)
    disk.wait_for_readers(again)
    assert reports.unit_reports.of_unit("ada-load") is None

    disk.let_go()
    assert first.result().status_code == again.result().status_code == 200
    assert reports.unit_reports.of_unit("ada-load") == again.result().json()


def test_when_the_disk_fails_nobody_is_told_ever(
    hall: Village, disk: HeldDisk, people: ThreadPoolExecutor
) -> None:
    act = asked(hall, people, "POST", "/stops", "operator", json=STOP)
    assert disk.reached.wait(PATIENCE_S)
    reads = [asked(hall, people, "GET", path, who) for path, who in READS]
    disk.wait_for_readers(*reads)

    disk.let_go(OSError("no disk"))
    for item in (act, *reads):
        answer = item.result()
        assert (answer.status_code, answer.json()["code"]) == (503, "SYSTEM_UNAVAILABLE")
        assert "RUR" not in answer.text
    later = asked(hall, people, "GET", "/stops", "operator").result()
    assert (later.status_code, later.json()["code"]) == (503, "SYSTEM_UNAVAILABLE")
    told = asked(hall, people, "GET", "/metrics", "operator").result().text
    assert f'wattmarket_up{{market="{hall.market_id}"}} 0.0' in told
    assert "wattmarket_alarms_open{" not in told
    wait_until(lambda: hall.server.faults != [])
    assert isinstance(hall.server.faults[0], OSError)
