"""Listings and contracts from the command line."""

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from wattmarket import cli
from wattmarket import client as client_module

START = "2016-06-15T12:00:00Z"


class Run:
    """A command line with a server that is played."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.monkeypatch = monkeypatch
        self.asked: list[httpx.Request] = []
        self.credentials = folder / "who.json"
        who = {"client_id": "c", "client_secret": "s", "market_id": "v"}
        self.credentials.write_text(json.dumps(who), encoding="utf-8")
        made = httpx.Client

        def played(**settings: Any) -> httpx.Client:  # noqa: ANN401 - whatever the client sets
            return made(**settings, transport=httpx.MockTransport(self.answer))

        monkeypatch.setattr(client_module.httpx, "Client", played)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 600})
        self.asked.append(request)
        if request.method == "GET":
            return httpx.Response(200, json={"items": [{"n": 1}, {"n": 2}], "next_cursor": None})
        return httpx.Response(200, json={"done": True})

    def __call__(self, *words: str) -> int:
        named = [*words, "--credentials", str(self.credentials), "--market", "v"]
        self.monkeypatch.setattr(sys, "argv", ["wattmarket", *named])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    return Run(monkeypatch, tmp_path)


def test_listings_are_printed_a_line_each(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("listings", "list", "--near", "RUR", "--green") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in lines] == [{"n": 1}, {"n": 2}]
    assert run.asked[0].url.params["near_area_id"] == "RUR"
    assert run.asked[0].url.params["green"] == "true"


def test_a_listing_is_posted_taken_and_withdrawn(run: Run) -> None:
    what = ("--unit", "u", "--start", START, "--energy", "0.250")
    assert run("listings", "post", "sell", *what, "--price", "90.00", "--own-id", "mine") == 0
    assert run("listings", "take", "lst-1", *what, "--own-id", "some") == 0
    assert run("listings", "withdraw", "lst-1") == 0
    posted, taken, withdrawn = run.asked
    assert json.loads(posted.content) == {
        "client_listing_id": "mine",
        "unit_id": "u",
        "side": "sell",
        "price_per_mwh": "90.00",
        "legs": [{"start": START, "energy_kwh": "0.250"}],
    }
    assert json.loads(taken.content)["client_take_id"] == "some"
    assert (withdrawn.method, withdrawn.url.path) == ("DELETE", "/v1/markets/v/listings/lst-1")


def test_contracts_are_seen_and_answered(run: Run) -> None:
    assert run("contracts", "list", "--state", "proposed") == 0
    assert run("contracts", "confirm", "con-1") == 0
    assert run("contracts", "decline", "con-2") == 0
    assert run.asked[0].url.params["state"] == "proposed"
    assert [request.url.path for request in run.asked[1:]] == [
        "/v1/markets/v/contracts/con-1:confirm",
        "/v1/markets/v/contracts/con-2:decline",
    ]
