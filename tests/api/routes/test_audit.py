"""The audit trail over the wire: whole, in order, chained, and without what is sealed."""

import csv
import io
import json
import re
from typing import Any

import pytest

from market.model.interval import moment_text
from market.store import restore
from tests.api.hosting import Server
from tests.api.village import Json, Village, make_village

HASHES = re.compile("[0-9a-f]{16,}")
PRICE, ENERGY, NAME = "187.31", "1.733", "canary-audit"


@pytest.fixture
def hall(server: Server) -> Village:
    """A market whose calls are open, with one good order, one refused and one repeated."""
    made = make_village(server)
    made.wait_for_phase("call")
    order = made.order(client_order_id=NAME, price_per_mwh=PRICE, energy_kwh=ENERGY)
    assert made.post("/orders", "ada", order).status_code == 201
    assert made.post("/orders", "ada", order).status_code == 200
    body = made.order(energy_kwh="999.000")
    assert made.post("/orders", "ada", body).status_code == 422
    return made


def lines(hall: Village, **query: Json) -> list[dict[str, Any]]:
    """All pages."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        page = hall.get("/audit", "operator", limit=3, **query, **more)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def journal(hall: Village) -> list[restore.ProvenBatch]:
    """The journal itself, proven from its first row."""
    hall.get("/ledger", "operator")
    readers = hall.server.house.markets[hall.market_id].sequencer.readers
    with readers.connect() as connection:
        return list(restore.batches(connection))


def test_every_command_is_one_line_in_order(hall: Village) -> None:
    shown, written = lines(hall), journal(hall)
    assert [line["command_seq"] for line in shown] == list(range(1, len(shown) + 1))
    commands = [entry.command for item in written for entry in item.batch.entries]
    # What the timetable did meanwhile may have come after the last page.
    assert [line["kind"] for line in shown] == [
        type(command).__name__ for command in commands[: len(shown)]
    ]
    assert len(commands) - len(shown) <= 1
    events = [entry.events for item in written for entry in item.batch.entries]
    for line, facts in zip(shown, events, strict=False):
        assert sum(line["events"].values()) == len(facts)
    numbered = [line for line in shown if line["first_event_seq"] is not None]
    following = 1
    for line in numbered:
        assert line["first_event_seq"] == following
        following += sum(line["events"].values())


def test_the_chain_is_that_of_the_journal(hall: Village) -> None:
    shown = lines(hall)
    hashes = {line["batch"]: (line["previous_hash"], line["hash"]) for line in shown}
    previous = "00" * 32
    for number in sorted(hashes):
        assert hashes[number][0] == previous
        previous = hashes[number][1]
    written = {item.batch.batch: item.hash.hex() for item in journal(hall)}
    assert {number: own for number, (_, own) in hashes.items()}.items() <= written.items()


def test_what_came_of_each_is_told_with_its_codes(hall: Village) -> None:
    placed = lines(hall, kind="PlaceOrders")
    assert [line["result"] for line in placed] == ["accepted", "no_change", "refused"]
    assert [line["codes"] for line in placed] == [{}, {}, {"EXCEEDS_CAPABILITY": 1}]
    assert {line["participant_id"] for line in placed} == {"ada"}
    assert {line["rows"] for line in placed} == {1}
    (actor,) = {line["actor"] for line in placed}
    assert lines(hall, actor=actor) == placed
    timetable = [line for line in lines(hall) if line["actor"] is None]
    assert {line["kind"] for line in timetable} >= {"OpenCall"}


def test_a_piece_is_asked_for_by_its_sequences(hall: Village) -> None:
    everything = lines(hall)
    assert lines(hall, from_seq=2, to_seq=5) == everything[1:5]
    assert lines(hall, from_seq=10**9) == []


def test_sealed_orders_stay_sealed(hall: Village) -> None:
    headers = {"Accept": "application/x-ndjson"}
    texts = [json.dumps(lines(hall)), hall.send("GET", "/audit", "operator", headers=headers).text]
    for found in texts:
        text = HASHES.sub("", found)  # any digits may stand in a hash by chance
        assert "PlaceOrders" in text
        for secret in (PRICE, ENERGY, NAME, "18731", "1733", "ada-load"):
            assert secret not in text


def test_files_hold_the_same_lines(hall: Village) -> None:
    answer = hall.send("GET", "/audit", "operator", headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    shown = lines(hall)
    assert [row["kind"] for row in rows] == [line["kind"] for line in shown]
    assert [row["hash"] for row in rows] == [line["hash"] for line in shown]
    (refused,) = [row for row in rows if row["result"] == "refused"]
    assert (refused["codes"], refused["events"]) == ("EXCEEDS_CAPABILITY=1", "OrdersRejected=1")


@pytest.mark.parametrize("who", ["ada", "rural", "meter"])
def test_it_is_for_operators_only(hall: Village, who: str) -> None:
    refused = hall.send("GET", "/audit", who)
    assert (refused.status_code, refused.json()["code"]) == (403, "NOT_PERMITTED")


@pytest.mark.parametrize(
    "query", [{"kind": "Sing"}, {"from_seq": "x"}, {"cursor": "x"}, {"to_seq": "1" * 16}]
)
def test_what_cannot_be_asked_is_refused(hall: Village, query: dict[str, str]) -> None:
    refused = hall.send("GET", "/audit", "operator", params=query)
    assert (refused.status_code, refused.json()["code"]) == (422, "FIELD_FORMAT")


def test_it_is_searched_by_time_and_by_what_is_named(hall: Village) -> None:
    everything = lines(hall)
    order_id = hall.get("/orders", "ada")["items"][0]["order_id"]
    # Nothing of the command but who it is of and what it names: its own id, and the market's.
    for name in (NAME, order_id):
        assert [line["kind"] for line in lines(hall, object=name)][:1] == ["PlaceOrders"]
    assert lines(hall, object="nobody-names-this") == []
    assert lines(hall, object=NAME[:-1]) == []
    # A batch says how far the market had come, whatever was due how long ago.
    reached = {item.batch.batch: item.batch.now_us for item in journal(hall)}
    for now_us in sorted(set(reached.values())):
        at = moment_text(now_us)
        shown = {line["command_seq"] for line in lines(hall, **{"from": at})}
        before = {line["command_seq"] for line in lines(hall, to=at)}
        for line in everything:
            is_late = reached[line["batch"]] >= now_us
            assert (line["command_seq"] in shown, line["command_seq"] in before) == (
                is_late,
                not is_late,
            )


def test_the_chain_is_proven_on_demand_a_part_at_a_time(hall: Village) -> None:
    last = journal(hall)[-1]
    proof = hall.post("/audit:verify", "operator", {}).json()
    assert (proof["proven"], proof["fault"], proof["next_after_batch"]) == (True, None, None)
    assert proof["last_batch"] >= last.batch.batch
    rest = hall.post("/audit:verify", "operator", {"after_batch": last.batch.batch - 1}).json()
    assert rest["commands"] >= len(last.batch.entries)
    beyond = hall.post("/audit:verify", "operator", {"after_batch": 10**9}).json()
    assert (beyond["proven"], beyond["commands"]) == (False, 0)
    assert hall.post("/audit:verify", "ada", {}).status_code == 403
    wrong = hall.post("/audit:verify", "operator", {"after_batch": -1})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "FIELD_RANGE")
