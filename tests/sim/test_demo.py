"""The demonstration's own parts: port, folder, progress, children. The whole of it is a journey."""

import asyncio
import io
import socket
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sim import demo
from sim.demo import (
    DemoError,
    alone_in,
    end_child,
    fresh_folder,
    last_lines,
    require_free,
    run_demo,
)
from sim.progress import progress_for
from tests.api.authenticator import Browser
from tests.api.hosting import HandClock, LazySolver, Server
from wattmarket import UsageError

INTERVAL: dict[str, Any] = {
    "trades": 233,
    "areas": [
        {"area_id": "RUR", "price_per_mwh": "163.27"},
        {"area_id": "GRID", "price_per_mwh": None},
    ],
}


def test_a_busy_port_is_refused_with_the_way_round_it() -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = somebody.getsockname()[1]
        with pytest.raises(UsageError, match=f"PORT={port + 1} make demo"):
            require_free(port)
    require_free(port)


def test_each_run_begins_with_an_empty_folder_and_keeps_the_one_before(tmp_path: Path) -> None:
    var = tmp_path / "demo"
    for run in ("first", "second", "third"):
        fresh_folder(var)
        assert list(var.iterdir()) == []
        (var / "report.json").write_text(run, encoding="utf-8")

    assert (tmp_path / "demo.before" / "report.json").read_text(encoding="utf-8") == "second"


def test_two_demonstrations_do_not_share_a_folder(tmp_path: Path) -> None:
    with (
        alone_in(tmp_path / "demo"),
        pytest.raises(UsageError, match="another demonstration"),
        alone_in(tmp_path / "demo"),
    ):
        pass
    with alone_in(tmp_path / "demo"):
        pass


def test_without_a_terminal_progress_is_a_line_now_and_then() -> None:
    out = io.StringIO()
    with progress_for(out, total=96) as progress:
        progress.say("console: http://localhost:8000")
        progress.cleared(INTERVAL)
        for count in range(1, 17):
            progress.settled(count, f"2016-06-15T{count:02d}:00:00Z")

    assert out.getvalue().splitlines() == [
        "console: http://localhost:8000",
        "2016-06-15T08:00:00Z  8 intervals settled; 233 trades, RUR 163.27, GRID – per MWh",
        "2016-06-15T16:00:00Z  16 intervals settled; 233 trades, RUR 163.27, GRID – per MWh",
    ]
    assert progress.intervals_settled == 16


def test_a_child_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "ENDING_S", 0.2)
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"

    async def end_it() -> int | None:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", deaf, stdout=asyncio.subprocess.PIPE
        )
        assert child.stdout is not None
        await child.stdout.readline()
        await end_child(child)
        return child.returncode

    assert asyncio.run(end_it()) == -9


def test_the_end_of_a_log_is_what_an_error_shows(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("\n".join(f"line {number}" for number in range(100)), encoding="utf-8")

    shown = last_lines(log).splitlines()

    assert shown[-1] == "line 99"
    assert len(shown) == 16


def test_a_server_that_cannot_start_is_told_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = somebody.getsockname()[1]
        # The port was free when it was looked at, and taken when the server wanted it.
        monkeypatch.setattr(demo, "require_free", lambda _: None)
        with pytest.raises(DemoError, match="cannot listen"):
            run_demo(port=port, once=True, speed=720, var=tmp_path / "demo")
    assert "console" not in capsys.readouterr().out


def test_whoever_reads_its_first_lines_can_sign_in(tmp_path: Path) -> None:
    start = datetime.fromisoformat(demo.START)
    clock, solver = HandClock(int(start.timestamp())), LazySolver()
    server = Server(tmp_path, clock, solver).start()
    try:
        demo._create_village(server.url, tmp_path)  # noqa: SLF001 - a part of the whole, without its day
        told = demo._ways_in(server.url, tmp_path)  # noqa: SLF001
        roles = []
        for number, line in enumerate(told):
            page, code = line.split()[-1].split("?code=")
            with Browser(server) as browser:
                session = browser.enrol(code, f"person-{number}")
            home = "portal" if session["role"] == "participant" else "console"
            assert page == f"{server.url}/{home}/enrol"
            roles.append(session["role"])
        assert roles == ["operator", "operator", "participant"]
    finally:
        server.stop()
        solver.close()
