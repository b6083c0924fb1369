"""Clearing runs and sessions over the wire: what was solved together, what bound, why blocks got what."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clearing.service import ClearingService
from market.model.call import CallKind
from market.model.messages import ApplyClearing
from market.store import restore
from market.store.database import Readers
from market.verifying import run_before, verdict
from tests.api.hosting import Server
from tests.api.village import Village, make_village, market_body
from tests.market.written import write_life

OPENING = {"day_ahead": {"opens_minutes": 14_400, "gate_minutes": 60}, "call_opens_minutes": 30}
DAY_S = 86_400


@pytest.fixture(scope="module")
def cleared(server: Server) -> Village:
    """An opening call with two blocks, cleared; the last resort sells through a line that is full."""
    line = market_body("", 0, 0)["lines"][0] | {"capacity_forward_kw": "12.000"}
    village = make_village(server, days_ahead=2, lines=[line], **OPENING)
    for name, price, energy in (("dear", "300.00", "1.000"), ("cheap", "90.00", "0.500")):
        body = {
            "kind": "block", "client_order_id": name, "unit_id": "ada-load", "side": "buy",
            "price_per_mwh": price,
            "legs": [{"start": village.start(n), "energy_kwh": energy} for n in (0, 1)],
        }  # fmt: skip
        assert village.post("/orders", "ada", body).status_code == 201
    for number, energy in enumerate(("5.000", "0.500", "0.500", "0.500")):
        bids = village.order(start=village.start(number), energy_kwh=energy, price_per_mwh="250.00")
        assert village.post("/orders", "ada", bids).status_code == 201
        offer = village.order(
            unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="40.000",
            start=village.start(number),
        )  # fmt: skip
        assert village.post("/orders", "retailer", offer).status_code == 201
    midnight_s = (village.first_s + 3_600) // DAY_S * DAY_S - 3_600
    village.go_to(midnight_s - 3_600 - village.first_s)
    village.wait_for_phase("scheduled")
    return village


def one(village: Village) -> dict[str, Any]:
    found = village.get("/clearing-runs")["items"]
    assert len(found) == 1
    return dict(found[0])


def test_an_opening_call_is_one_run_over_its_intervals(cleared: Village) -> None:
    run = one(cleared)
    assert (run["call"], run["intervals"], run["start"], run["end"]) == (
        "day_ahead",
        4,
        cleared.start(0),
        cleared.start(4),
    )
    assert run["run_id"] == f"day_ahead-{cleared.first_s}"
    assert (run["rung"], run["audit_faults"]) == ("optimal", [])
    assert float(run["upper_bound"]) - float(run["welfare"]) == pytest.approx(float(run["gap"]))
    assert (run["gap"].startswith("-"), run["gap_ppm"] >= 0) == (False, True)
    assert run["binding"] == [
        {
            "start": cleared.start(0),
            "line_id": "GRID-RUR",
            "area_id": None,
            "direction": "forward",
        }
    ]
    interval = cleared.get("/intervals")["items"][0]
    assert run["receipt_hash"] == interval["receipt_hash"]
    assert cleared.get(f"/clearing-runs/{run['run_id']}") == run


def test_runs_are_found_by_time_and_call_page_by_page(cleared: Village) -> None:
    assert cleared.get("/clearing-runs", None, call="closing")["items"] == []
    assert cleared.get("/clearing-runs", None, **{"from": cleared.start(1)})["items"] == []
    page = cleared.get("/clearing-runs", None, call="day_ahead", limit=1)
    assert (len(page["items"]), page["next_cursor"]) == (1, None)
    csv = cleared.send("GET", "/clearing-runs", headers={"Accept": "text/csv"})
    assert csv.text.splitlines()[0].startswith("run_id,call,start")


@pytest.mark.parametrize("name", ["closing-0", "day_ahead-x", "reopening-1", "set-1", "day_ahead-"])
def test_a_run_that_never_was_is_not_found(cleared: Village, name: str) -> None:
    answer = cleared.send("GET", f"/clearing-runs/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_a_run_is_solved_again_from_the_journal_and_comes_out_the_same(cleared: Village) -> None:
    run = one(cleared)
    told = cleared.post(f"/clearing-runs/{run['run_id']}:verify", "operator", {}).json()
    assert (told["verified"], told["faults"]) == (True, [])
    assert told["receipt_hash"] == told["receipt_hash_stated"] == run["receipt_hash"]
    assert len(told["input_hash"]) == 64
    for name in ("closing-0", "nothing"):
        missing = cleared.post(f"/clearing-runs/{name}:verify", "operator", {})
        assert (missing.status_code, missing.json()["code"]) == (404, "NOT_FOUND")
    assert cleared.post(f"/clearing-runs/{run['run_id']}:verify", "ada", {}).status_code == 403


def test_a_run_is_laid_beside_itself_without_somebodys_orders(cleared: Village) -> None:
    run, state = one(cleared), cleared.state()
    path = f"/clearing-runs/{run['run_id']}:what-if"

    def without(**more: Any) -> dict[str, Any]:  # noqa: ANN401
        answer = cleared.post(path, "operator", more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    told = without(participant_id="ada", start=cleared.start(1))
    assert (told["start"], told["faults"]) == (cleared.start(1), [])
    prices = cleared.get("/prices", None, **{"from": cleared.start(1), "to": cleared.start(2)})
    before = {area["area_id"]: area for area in told["before"]["areas"]}
    for item in prices["items"]:
        shown = before[item["area_id"]]
        assert {name: shown[name] for name in ("price_per_mwh", "sold_kwh", "bought_kwh")} == {
            name: item[name] for name in ("price_per_mwh", "sold_kwh", "bought_kwh")
        }
    hers = [order for order in cleared.get("/orders", "ada")["items"] if order["filled_kwh"]]
    assert 0 < told["removed"] <= len(hers)
    assert (told["before"]["rung"], told["before"]["welfare"]) == (run["rung"], run["welfare"])
    assert float(told["after"]["welfare"]) < float(told["before"]["welfare"])

    same = without(order_ids=["ord-999999"])
    assert (same["removed"], same["after"]) == (0, same["before"])
    assert cleared.state() == state
    assert one(cleared) == run
    for who, body, code in (
        ("ada", {"participant_id": "ada"}, "NOT_PERMITTED"),
        ("operator", {}, "FIELD_MISSING"),
        ("operator", {"participant_id": "ada", "start": cleared.start(40)}, "NOT_FOUND"),
    ):
        assert cleared.post(path, who, body).json()["code"] == code


def test_blocks_say_what_they_got_and_why(cleared: Village) -> None:
    path, query = "/blocks", {"start": cleared.start(0), "call": "day_ahead"}
    found = cleared.get(path, "operator", **query)["items"]
    assert [(item["status"], item["reason"], item["ratio_ppm"]) for item in found] == [
        ("accepted", "accepted", 1_000_000),
        ("rejected", "out_of_the_money", 0),
    ]
    dear, cheap = found
    assert (dear["participant_id"], dear["kind"], dear["traded_kwh"]) == ("ada", "block", "2.000")
    assert float(cheap["missed_by_per_mwh"]) > 0
    first = cleared.get(path, "operator", limit=1, **query)
    second = cleared.get(path, "operator", limit=1, cursor=first["next_cursor"], **query)
    assert [*first["items"], *second["items"]] == found
    assert cleared.get(path, "operator", start=cleared.start(0))["items"] == []
    assert cleared.send("GET", path, "ada", params=query).status_code == 403


def test_the_calendar_says_when_each_session_opens_closes_and_is_settled(cleared: Village) -> None:
    sessions = cleared.get("/sessions", None, day=cleared.local_day())["items"]
    assert [item["start"] for item in sessions] == [cleared.start(n) for n in range(4)]
    first = sessions[0]
    assert first["ends_at"][:19] == cleared.start(1)[:19]
    assert first["opens_at"] < first["gate_at"] < first["ends_at"] < first["settles_at"]
    assert (first["session"], first["rung"]) == ("closing", "optimal")
    page = cleared.get("/sessions", None, limit=3)
    rest = cleared.get("/sessions", None, limit=3, cursor=page["next_cursor"])
    assert [*page["items"], *rest["items"]] == sessions
    assert rest["next_cursor"] is None


def test_a_timeline_holds_what_happened_against_what_was_due(cleared: Village) -> None:
    told = cleared.get("/sessions/timeline", "operator", start=cleared.start(1), call="day_ahead")
    due = [item["what"] for item in told["deadlines"]]
    assert due[:3] == ["open_day_ahead", "close_day_ahead", "clear_day_ahead"]
    assert "grid_check" in due
    steps = [step for step in told["steps"] if step["what"] != "decouple"]
    assert [step["what"] for step in steps] == due[:3]
    at = {item["what"]: item["at"] for item in told["deadlines"]}
    assert all(step["at"] == at[step["what"]] for step in steps[1:])
    assert told["gate_at"] == at["close_day_ahead"]
    assert told["clearing"] == one(cleared)
    closing = cleared.get("/sessions/timeline", "operator", start=cleared.start(1))
    assert closing["clearing"] is None
    assert closing["gate_at"] == at["close_gate"]


def test_a_timeline_of_what_is_no_interval_is_not_found(cleared: Village, village: Village) -> None:
    for market, query in (
        (cleared, {"start": "2001-01-01T00:00:00Z"}),
        (village, {"start": village.start(0), "call": "day_ahead"}),
    ):
        answer = market.send("GET", "/sessions/timeline", "operator", params=query)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_areas_that_were_decoupled_stand_in_the_timeline(cleared: Village) -> None:
    act = {"kind": "decouple", "level": "area", "member_id": "RUR", "reason": "line is out"}
    assert cleared.post("/acts", "operator", act).status_code == 200
    told = cleared.get("/sessions/timeline", "operator", start=cleared.start(3))
    (step,) = [step for step in told["steps"] if step["what"] == "decouple"]
    assert (step["area_id"], step["reason"]) == ("RUR", "line is out")


def test_what_was_published_otherwise_than_it_comes_out_is_named(tmp_path: Path) -> None:
    store = tmp_path / "village.sqlite"
    write_life(store)
    with Readers(store).connect() as connection:
        starts_s = [
            entry.command.outcomes[0].start_s
            for proven in restore.batches(connection)
            for entry in proven.batch.entries
            if isinstance(entry.command, ApplyClearing) and entry.command.call is CallKind.CLOSING
        ]
        found = run_before(connection, CallKind.CLOSING, starts_s[0])
        assert found is not None
        assert run_before(connection, CallKind.CLOSING, 0) is None
    engine, command = found
    first = replace(command.outcomes[0], receipt_hash="0" * 64, welfare_quanta=1)
    forged = replace(command, outcomes=(first, *command.outcomes[1:]))
    with ClearingService() as service:
        assert verdict(engine, command, service, 60.0).verified
        told = verdict(engine, forged, service, 60.0)
    assert (told.verified, told.faults) == (False, ("welfare_quanta", "receipt_hash"))
