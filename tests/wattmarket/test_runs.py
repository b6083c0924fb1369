"""Runs from the client: followed until they are done, their lines taken home."""

import asyncio
import csv
from pathlib import Path

import httpx
import pyarrow as pa
import pytest

from tests.wattmarket.played import Server, ok
from tests.wattmarket.test_reports import played
from wattmarket import AsyncClient
from wattmarket.errors import UnreachableError, UsageError
from wattmarket.tables import Record

DAY = "2016-06-15"


def run(version: int, done: int, state: str = "running") -> Record:
    return {
        "run_id": f"set-{version}",
        "day": DAY,
        "version": version,
        "state": state,
        "phase": "done" if state == "finished" else "recording",
        "areas": 2,
        "areas_done": done,
    }


def page(*runs: Record) -> httpx.Response:
    return ok(items=list(runs), next_cursor=None)


FINISHED = run(2, 2, "finished")


def test_a_run_is_followed_until_it_is_finished() -> None:
    server = Server(page(run(1, 2, "finished"), run(2, 0)), page(run(2, 1)), page(FINISHED))
    seen: list[int] = []
    with server.client() as market:
        found = market.runs.watch(
            DAY, version=2, every_s=0.001, progress=lambda item: seen.append(item["areas_done"])
        )
    assert found == FINISHED
    assert seen == [0, 1, 2]
    assert {path for _, path, _ in server.sent} == {f"settlement-runs?day={DAY}&limit=1000"}


def test_a_run_that_is_not_there_yet_is_waited_for_in_the_awaiting_client_too() -> None:
    server = Server(page(), page(run(1, 2, "finished")))

    async def wait() -> Record:
        http = httpx.AsyncClient(base_url="http://m", transport=httpx.MockTransport(server))
        async with AsyncClient(
            "http://m", market="v", client_id="c", client_secret="s", http=http
        ) as market:
            return await market.runs.watch(DAY, every_s=0.001)

    assert asyncio.run(wait()) == run(1, 2, "finished")


def test_patience_ends() -> None:
    server = Server(*[page(run(1, 0)) for _ in range(9)])
    with server.client() as market, pytest.raises(UnreachableError, match="no run of 2016-06-15"):
        market.runs.watch(DAY, every_s=0.001, patience_s=0.003)
    assert len(server.asked) == 4


def next_page(response: httpx.Response, cursor: str) -> httpx.Response:
    response.headers["Link"] = f'</v1/markets/v/x?cursor={cursor}>; rel="next"'
    return response


def test_lines_are_one_file_of_csv(tmp_path: Path) -> None:
    pages = ("unit_id,metered_kwh\r\na,1.000\r\n", "unit_id,metered_kwh\r\nb,-2.000\r\n")
    server = Server(
        next_page(httpx.Response(200, text=pages[0]), "7"), httpx.Response(200, text=pages[1])
    )
    path = tmp_path / "lines.csv"
    with server.client() as market:
        assert market.runs.save_lines(path, run_id="set-1", area_id="RUR") == 2
    with path.open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["unit_id", "metered_kwh"],
            ["a", "1.000"],
            ["b", "-2.000"],
        ]
    first, second = (asked for _, asked, _ in server.sent)
    assert first == "settlement-runs/set-1/lines?area_id=RUR"
    assert "cursor=7" in second
    assert server.asked[0].headers["accept"] == "text/csv"


def stream(*units: str) -> bytes:
    table = pa.table({"unit_id": list(units)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def test_lines_are_one_file_of_arrow(tmp_path: Path) -> None:
    server = Server(
        next_page(httpx.Response(200, content=stream("a")), "1"),
        httpx.Response(200, content=stream("b", "c")),
    )
    path = tmp_path / "lines.arrow"
    with server.client() as market:
        market.runs.save_lines(path, day=DAY, version=2)
    assert pa.ipc.open_stream(path.read_bytes()).read_all()["unit_id"].to_pylist() == [
        *("a", "b", "c")
    ]
    assert server.sent[0][1] == f"account/settlement?day={DAY}&version=2"


@pytest.mark.parametrize(
    ("name", "which"),
    [
        ("lines.txt", {"day": DAY}),
        ("lines.csv", {}),
        ("lines.csv", {"day": DAY, "run_id": "set-1"}),
    ],
)
def test_lines_are_of_one_thing_in_a_known_form(
    name: str, which: dict[str, str], tmp_path: Path
) -> None:
    server = Server()
    with server.client() as market, pytest.raises(UsageError):
        market.runs.save_lines(tmp_path / name, **which)
    assert server.asked == []


def test_the_command_asks_waits_and_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(ok(**run(2, 0)), page(FINISHED))
    words = ("runs", "again", DAY, "--reason", "read late", "--watch")
    code, out, err = played(server, monkeypatch, *words)
    assert code == 0
    assert '"state": "finished"' in out
    assert err == "set-2 2016-06-15 version 2: done, 2 of 2 areas\n"
    assert server.sent[0] == ("POST", "settlement-runs", {"day": DAY, "reason": "read late"})
    assert "idempotency-key" in server.asked[0].headers


def test_differences_and_lists_are_told_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = {"from": "participant:ann", "to": "levies", "kind": "levies", "amount": "0.10000000"}
    server = Server(ok(items=[moved, moved], next_cursor=None))
    code, out, _ = played(server, monkeypatch, "runs", "differences", "set-2")
    assert (code, out.count("\n")) == (0, 2)
    server = Server(page(FINISHED))
    code, out, _ = played(server, monkeypatch, "runs", "list", "--day", DAY)
    assert (code, out.count("\n")) == (0, 1)
