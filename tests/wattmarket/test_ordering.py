"""Orders from the command line: what became of them is told, and by the exit code."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from wattmarket import cli
from wattmarket.ordering import REFUSED_SHOWN_MAX

TAKEN = {"client_order_id": "a", "status": "accepted", "order_id": "ord-1", "code": None, "detail": None}  # fmt: skip
REFUSED = {"client_order_id": "b", "status": "rejected", "order_id": None, "code": "GATE_CLOSED", "detail": "Late."}  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the client was asked; `results` is what it answers."""
    told: dict[str, Any] = {"results": [TAKEN]}

    class Client:
        def __init__(self, url: str, **who: Any) -> None:  # noqa: ANN401 - the real one's
            told.update(who, url=url)
            self.orders = self

        def __enter__(self) -> "Client":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def submit_file(self, file: Path, **how: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - the real one's
            told.update(how, file=file)
            results: list[dict[str, Any]] = told["results"]
            return results

    monkeypatch.setattr("wattmarket.client.Client", Client)
    return told


def submit(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    argv = ["wattmarket", "orders", "submit", "orders.csv", "--credentials", "c.json", *words]
    monkeypatch.setattr(sys, "argv", argv)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_a_file_is_placed_as_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: dict[str, Any]
) -> None:
    assert submit(monkeypatch, "--name", "ada", "--atomic", "--label", "end") == 0
    assert (asked["file"], asked["name"]) == (Path("orders.csv"), "ada")
    assert (asked["atomic"], asked["label"]) == (True, "end")
    assert capsys.readouterr().out.split() == ["accepted", "1", "repeated", "0", "rejected", "0"]


def test_refused_orders_are_told_and_make_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: dict[str, Any]
) -> None:
    asked["results"] = [TAKEN, *[REFUSED] * (REFUSED_SHOWN_MAX + 3)]
    assert submit(monkeypatch) == cli.NO
    shown = capsys.readouterr().out
    assert shown.count("b: GATE_CLOSED Late.") == REFUSED_SHOWN_MAX
    assert "and 3 more" in shown


def test_json_gives_every_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: dict[str, Any]
) -> None:
    asked["results"] = [TAKEN, REFUSED]
    assert submit(monkeypatch, "--json") == cli.NO
    assert json.loads(capsys.readouterr().out) == [TAKEN, REFUSED]
