"""Orders, stops and mandates from the command line."""

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.wattmarket.played import Server, ok
from wattmarket import cli
from wattmarket import client as client_module

ROWS = [
    {"order_id": "ord-1", "status": "cancelled", "code": None},
    {"order_id": "ord-2", "status": "rejected", "code": "ORDER_UNKNOWN"},
]


class Run:
    """A command line with a server that is played."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.monkeypatch = monkeypatch
        self.server = Server()
        self.credentials = folder / "who.json"
        who = {"client_id": "c", "client_secret": "s"}
        self.credentials.write_text(json.dumps(who), encoding="utf-8")
        made = httpx.Client

        def played(**settings: Any) -> httpx.Client:  # noqa: ANN401 - whatever the client sets
            return made(**settings, transport=httpx.MockTransport(self.server))

        monkeypatch.setattr(client_module.httpx, "Client", played)

    def __call__(self, *words: str) -> int:
        named = [*words, "--credentials", str(self.credentials), "--market", "v"]
        self.monkeypatch.setattr(sys, "argv", ["wattmarket", *named])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    return Run(monkeypatch, tmp_path)


@pytest.mark.parametrize(
    ("words", "method", "path", "body"),
    [
        (("orders", "replace", "ord-1", "--revision", "3", "--price", "9.00", "--energy", "0.1"),
         "POST", "orders/ord-1:replace", {"revision": 3, "price_per_mwh": "9.00", "energy_kwh": "0.1"}),
        (("orders", "cancel-after", "0"), "POST", "me/orders:cancel-after", {"after_s": 0}),
        (("orders", "deactivate", "--reason", "x"), "POST", "me/orders:deactivate", {"scope": "participant", "reason": "x"}),
        (("stop", "kill", "unit", "u", "--reason", "x"), "POST", "stops", {"kind": "kill", "scope": "unit", "key": "u", "reason": "x"}),
        (("mandates", "grant", "bob", "--from", "a", "--until", "b", "--unit", "u", "--own-id", "i"),
         "POST", "mandates", {"agent": "bob", "from": "a", "until": "b", "unit_ids": ["u"], "client_mandate_id": "i"}),
        (("mandates", "revoke", "man-1"), "POST", "mandates/man-1:revoke", None),
    ],
)  # fmt: skip
def test_an_act_is_one_request_and_its_answer_one_line(
    run: Run, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], method: str, path: str, body: object
) -> None:  # fmt: skip
    assert run(*words) == 0
    assert run.server.sent == [(method, path, body)]
    assert json.loads(capsys.readouterr().out) == {"done": True}


def test_cancelling_all_says_how_many(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.server.answers = [ok(cancelled=7)]
    assert run("orders", "cancel-all", "--unit", "u") == 0
    assert run.server.sent == [("POST", "me/orders:delete", {"unit_id": "u"})]
    assert json.loads(capsys.readouterr().out) == {"cancelled": 7}


@pytest.mark.parametrize("act", ["hibernate", "activate", "cancel"])
def test_orders_that_could_not_be_changed_make_the_exit_code(
    run: Run, capsys: pytest.CaptureFixture[str], act: str
) -> None:
    run.server.answers = [ok(items=ROWS[:1]), ok(items=ROWS)]
    assert run("orders", act, "ord-1") == 0
    assert run("orders", act, "ord-1", "ord-2") == cli.NO
    assert [path for _, path, _ in run.server.sent] == [f"orders:{act}"] * 2
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in lines] == [ROWS[0], *ROWS]


def test_a_stop_that_holds_until_a_second_person_agrees_is_no_yes(run: Run) -> None:
    run.server.answers = [
        ok(released=False, second_person_until="2016-06-15T12:15:00Z"),
        ok(released=True, second_person_until=None),
    ]
    assert run("release", "halt", "market") == cli.NO
    assert run("release", "halt", "market") == 0


@pytest.mark.parametrize("words", [("stops",), ("mandates", "list")])
def test_what_holds_is_printed_a_line_each(
    run: Run, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    run.server.answers = [ok(items=[{"n": 1}, {"n": 2}], next_cursor=None)]
    assert run(*words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in lines] == [{"n": 1}, {"n": 2}]
