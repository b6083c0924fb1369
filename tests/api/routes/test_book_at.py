"""Books looked back at over the wire: by step, fact and time, a part at a time, and by operators only."""

from itertools import count
from typing import Any

import pytest

from api.channels import book_film
from api.channels.depth import MERGED
from tests.api.channels.test_live_trading import hall, trade_a_little
from tests.api.village import Village

__all__ = ["hall"]


def at(hall: Village, **query: Any) -> Any:  # noqa: ANN401
    return hall.get("/book:at", "operator", **{"area_id": MERGED, "start": hall.start(), **query})


def whole(hall: Village, **query: Any) -> dict[str, Any]:  # noqa: ANN401
    for _ in range(1_000):
        found: dict[str, Any] = at(hall, **query)
        if found["complete"]:
            return found
    raise AssertionError("it is read to its end")


def test_every_step_is_what_the_stream_told(hall: Village) -> None:
    """Changes heard one after another are the steps, and end at the book that stands."""
    with hall.stream() as reader:
        reader.hear("hello")
        reader.subscribe("book", MERGED)
        reader.hear("snapshot")
        trade_a_little(hall, 0, count())
        standing = hall.get("/depth", area_id=MERGED, start=hall.start())
        last = whole(hall)
        heard: dict[tuple[str, str], str] = {}
        while True:
            told = reader.hear_event("depth")["data"]
            for interval in told["intervals"]:
                for level in interval["levels"]:
                    heard[level["side"], level["price_per_mwh"]] = level["energy_kwh"]
            levels = {place: kwh for place, kwh in heard.items() if kwh != "0.000"}
            then = at(hall, event_seq=told["revision"])
            assert then["reached"]
            assert levels == {
                (level["side"], level["price_per_mwh"]): level["energy_kwh"]
                for level in then["levels"]
            }
            if then["step"] == last["step"]:
                break
    assert last["levels"] == standing["intervals"][0]["levels"]
    assert last["checksum"] == standing["checksum"]
    assert (last["phase"], last["closed_at"], last["next_at"]) == ("continuous", None, None)
    assert last["steps"] > 5


def test_a_step_says_what_did_it_and_when(hall: Village) -> None:
    trade_a_little(hall, 0, count())
    last = whole(hall)
    steps = [at(hall, step=number) for number in range(last["steps"] + 1)]
    nothing, opened, *more = steps
    assert (nothing["event_seq"], nothing["levels"], nothing["next_at"]) == (None, [], opened["at"])
    assert (opened["facts"], opened["levels"]) == (["PhaseChanged"], [])
    assert {name for step in more for name in step["facts"]} >= {
        *("OrdersAccepted", "TradesMade", "OrderReplaced", "OrdersHibernated", "OrdersCancelled")
    }
    for step in steps[1:]:
        assert at(hall, event_seq=step["event_seq"]) == step
        assert at(hall, event_seq=step["event_seq"] - 1)["step"] < step["step"]
        (entry,) = hall.get(
            "/audit", "operator", from_seq=step["command_seq"], to_seq=step["command_seq"]
        )["items"]
        assert entry["first_event_seq"] <= step["event_seq"]
    assert at(hall, at=last["at"]) == last
    assert at(hall, at=hall.start(-240))["step"] == 0


def test_it_is_read_a_part_at_a_time(hall: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    trade_a_little(hall, 0, count())
    expected = whole(hall)
    market = hall.server.house.markets[hall.market_id]
    market.films.drop(hall.first_s)
    parts = []
    read_on = book_film.BookFilm.read_on

    def a_little(film: book_film.BookFilm, connection: Any) -> bool:  # noqa: ANN401
        return read_on(film, connection, batches=2)

    monkeypatch.setattr(book_film.BookFilm, "read_on", a_little)
    while not (part := at(hall, event_seq=expected["event_seq"]))["complete"]:
        parts.append(part)
    assert len(parts) > 3
    assert [part["reached"] for part in parts[:3]] == [False] * 3
    assert parts[0]["levels"] is None
    assert part == expected


def test_what_is_not_there_is_refused(hall: Village) -> None:
    good = {"area_id": MERGED, "start": hall.start()}

    def refused(who: str | None = "operator", **changes: str) -> tuple[int, str]:
        found = hall.send("GET", "/book:at", who, params={**good, **changes})
        return found.status_code, found.json()["code"]

    assert refused(None) == (401, "AUTH_REQUIRED")
    assert refused("ada") == (403, "NOT_PERMITTED")
    assert refused(area_id="nowhere") == (404, "AREA_UNKNOWN")
    assert refused(start=hall.start(400)) == (404, "NOT_FOUND")
    assert refused(step="many") == (422, "FIELD_FORMAT")
    assert refused(step="1000000") == (422, "FIELD_RANGE")
    assert refused(step="1", event_seq="3") == (422, "FIELD_UNKNOWN")
