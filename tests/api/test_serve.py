"""Starting and ending the server: settings, checks, busy port, signals."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from api import checks
from api.__main__ import main
from api.serve import OPEN_FILES, StartRefusedError, check, listen, open_as_many_as_allowed
from api.settings import Settings
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]


@contextmanager
def running(var: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`python -m api` on a free port; the port is the one it says it listens on."""
    environment = {
        **os.environ,
        "WATTMARKET_VAR": str(var),
        "WATTMARKET_PORT": "0",
        **{f"WATTMARKET_{name.upper()}": value for name, value in settings.items()},
    }
    with subprocess.Popen(
        [sys.executable, "-m", "api"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            port = 0
            for line in process.stderr:
                said = json.loads(line)
                port = said.get("port", port)
                if said["event"] == "server ready":
                    break
            yield process, port
        finally:
            process.kill()


def test_it_serves_and_ends_when_told(tmp_path: Path) -> None:
    start = {"start": "2016-06-14T22:00:00+01:00", "paused": "true", "speed": "720"}
    with running(tmp_path, **start) as (process, port):
        clock = httpx.get(f"http://127.0.0.1:{port}/v1/clock", timeout=PATIENCE_S).json()
        assert clock == {
            "now": "2016-06-14T21:00:00.000Z",
            "speed": 720,
            "simulated": True,
            "running": False,
        }
        answer = httpx.get(f"http://127.0.0.1:{port}/v1/health", timeout=PATIENCE_S)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers
        process.send_signal(signal.SIGTERM)
        give_up = time.monotonic() + PATIENCE_S
        while process.poll() is None:
            assert time.monotonic() < give_up
            time.sleep(0.01)
    assert (tmp_path / "credentials" / "operator.json").exists()


def test_whoever_starts_it_is_told_the_first_code_and_no_log_is(tmp_path: Path) -> None:
    with running(tmp_path) as (process, port):
        assert process.stdout is not None
        told = process.stdout.readline()
        address, code = told.split()[-1].split("?code=")
        assert address == f"http://localhost:{port}/console/enrol"
        body = {"code": code, "login": "first", "name": "First"}
        address = f"http://127.0.0.1:{port}/v1/people:enrol-options"
        page = {"Origin": f"http://localhost:{port}"}
        answer = httpx.post(address, json=body, headers=page, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert code not in process.stderr.read()


def test_a_busy_port_is_told_with_the_way_round_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(StartRefusedError, match=f"PORT={port + 10}"):
            listen(Settings(var=tmp_path, port=port))


def test_bad_settings_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WATTMARKET_PORT", "many")
    monkeypatch.setenv("WATTMARKET_SPEED", "0")
    assert main() == 2
    told = capsys.readouterr().err
    assert "WATTMARKET_PORT: " in told
    assert "WATTMARKET_SPEED: " in told


@pytest.mark.parametrize(
    "wrong",
    [
        {"paused": True},
        {"speed": 720},
        {"speed": 0, "start": datetime(2016, 6, 14, tzinfo=UTC)},
        {"start": datetime(2016, 6, 14)},  # noqa: DTZ001 - no zone, on purpose
        {"port": 70_000},
        {"token_lifetime_s": 0},
        {"colour": "green"},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("127.0.0.1", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),  # noqa: S104 - what is to be noticed
        ("192.168.1.5", True),
        ("example.org", True),
    ],
)
def test_a_public_address_is_known(host: str, public: bool) -> None:
    assert Settings(host=host).is_public is public


def test_a_public_address_is_refused_without_security(tmp_path: Path) -> None:
    with pytest.raises(StartRefusedError, match="WATTMARKET_BEHIND_TLS"):
        check(Settings(var=tmp_path, host="0.0.0.0"))  # noqa: S104 - what is refused
    check(Settings(var=tmp_path))  # on the loopback address the same is a warning


def test_checks_notice_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SQLITE_MIN", (3, 0, 0))
    monkeypatch.setattr(checks, "DISK_FREE_MIN", 0.0)
    settings = Settings(var=tmp_path, behind_tls=True, origin="https://market.example")
    assert checks.start_faults(settings) == []
    nameless = Settings(var=tmp_path, behind_tls=True)
    assert "WATTMARKET_ORIGIN" in checks.start_faults(nameless)[0]
    assert len(checks.start_faults(Settings(var=tmp_path))) == 1
    settings.identity_path.write_text("")
    settings.identity_path.chmod(0o644)
    assert "read by others" in checks.start_faults(settings)[0]
    settings.identity_path.chmod(0o600)
    monkeypatch.setattr(checks, "SQLITE_MIN", (99, 0, 0))
    assert "SQLite" in checks.start_faults(settings)[0]
    monkeypatch.setattr(checks, "SQLITE_MIN", (3, 0, 0))
    monkeypatch.setattr(checks, "DISK_FREE_MIN", 1.1)
    assert "disk" in checks.start_faults(settings)[0]


def test_it_may_open_as_many_files_as_the_machine_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    try:
        open_as_many_as_allowed()

        raised, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert raised == (OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
