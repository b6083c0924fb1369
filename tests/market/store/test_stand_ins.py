"""What stands in for missing readings is found in what is stored: neighbours in time, then like days."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np
import pytest
from sqlalchemy import Connection, insert, select

from market.model.interval import MarketDay
from market.model.participant import Unit
from market.model.rules import MarketRules
from market.settlement.meter_series import MeterSeries, Origin
from market.store import tables
from market.store.queries.stand_ins import Asked, stand_ins
from tests.builders import MIDNIGHT_S, RULES, STEP_S, UNITS
from tests.market.stores import NewStore, opened
from tests.market.written import MARKET_ID, SETUP, StillClock, with_sequencer

DAY_S: Final = 86_400
SOLAR, LOAD, BATTERY = UNITS[:3]
TRADED: Final = replace(RULES, trading_from_s=MIDNIGHT_S - 40 * DAY_S)
TODAY: Final = range(MIDNIGHT_S, MIDNIGHT_S + DAY_S, STEP_S)
"""A Wednesday."""
AS_OF: Final = 100


@pytest.fixture
def connection(new_store: NewStore) -> Iterator[Connection]:
    """A market nobody has traded in; what a test writes down is its own."""
    store = new_store()

    async def begins(sequencer: object) -> None:
        await sequencer.submit(SETUP[0])  # type: ignore[attr-defined]

    with_sequencer(store, begins, clock=StillClock())
    with opened(store) as found:
        yield found


def reads(
    connection: Connection,
    unit: Unit,
    values_wh: Mapping[int, int],
    *,
    day: int = 0,
    event_seq: int = 1,
    late: bool = False,
) -> None:
    """The unit's meter says these at places of a day, counted from today."""
    connection.execute(
        insert(tables.measurements),
        [
            {
                "market_id": MARKET_ID,
                "start_s": MIDNIGHT_S + day * DAY_S + place * STEP_S,
                "unit_id": unit.unit_id,
                "event_seq": event_seq,
                "row": place + 200,
                "area_id": "RUR",
                "recorded_us": 0,
                "injection_wh": energy_wh,
                "substituted": False,
                "signature": "",
                "older": False,
                "late": late,
            }
            for place, energy_wh in values_wh.items()
        ],
    )


def told(connection: Connection, unit: Unit, place: int, *, day: int = 0) -> None:
    """The unit was told something else than it had traded."""
    connection.execute(
        insert(tables.deviations),
        {
            "market_id": MARKET_ID,
            "start_s": MIDNIGHT_S + day * DAY_S + place * STEP_S,
            "level": "unit",
            "member_id": unit.unit_id,
            "position": 0,
            "scheduled_wh": 0,
            "measured_wh": 0,
            "curtailed_wh": -50,
            "reason": "grid_voltage",
        },
    )


def found(
    connection: Connection,
    gaps: Mapping[str, range],
    *,
    starts_s: range = TODAY,
    rules: MarketRules = TRADED,
) -> MeterSeries:
    units = (SOLAR, LOAD, BATTERY)
    missing = np.zeros((len(units), len(starts_s)), dtype=np.bool_)
    for row, unit in enumerate(units):
        missing[row, list(gaps.get(unit.unit_id, ()))] = True
    asked = Asked(
        connection=connection, market_id=MARKET_ID, event_seq=AS_OF, told_until_s=starts_s.stop
    )
    metered_wh, measured = np.zeros(missing.shape, dtype=np.int64), np.zeros_like(missing)
    c = tables.measurements.c
    rows = connection.execute(
        select(c.unit_id, c.start_s, c.injection_wh)
        .where(c.event_seq <= AS_OF, c.start_s >= starts_s.start, c.start_s < starts_s.stop)
        .order_by(c.event_seq)
    )
    row_of = {unit.unit_id: row for row, unit in enumerate(units)}
    for unit_id, start_s, energy_wh in rows:
        place = row_of[unit_id], (start_s - starts_s.start) // STEP_S
        metered_wh[place], measured[place] = energy_wh, True
    return stand_ins(
        asked,
        rules=rules,
        starts_s=starts_s,
        units=units,
        metered_wh=metered_wh,
        measured=measured,
        gaps=missing,
    )


def shown(series: MeterSeries, unit: Unit) -> dict[int, tuple[int, str]]:
    """What stands in for a unit, by place."""
    row = (SOLAR, LOAD, BATTERY).index(unit)
    places = np.flatnonzero(series.origin[row] != Origin.MISSING).tolist()
    return {
        place: (int(series.injection_wh[row, place]), Origin(series.origin[row, place]).name)
        for place in places
    }


def test_nothing_is_filled_where_nothing_is_missing(connection: Connection) -> None:
    reads(connection, LOAD, {3: -100, 5: -300})
    assert (found(connection, {}).origin == Origin.MISSING).all()


def test_a_short_gap_lies_on_the_line(connection: Connection) -> None:
    reads(connection, LOAD, {3: -100, 6: -400})
    series = found(connection, {"ann-load": range(4, 6)})
    assert shown(series, LOAD) == {4: (-200, "LINEAR"), 5: (-300, "LINEAR")}
    assert shown(series, SOLAR) == {}


def test_the_line_reaches_over_midnight_both_ways(connection: Connection) -> None:
    reads(connection, LOAD, {95: -100}, day=-1)
    reads(connection, LOAD, {1: -300, 94: -500})
    reads(connection, LOAD, {0: -700}, day=1)
    series = found(connection, {"ann-load": range(1)})
    assert shown(series, LOAD) == {0: (-200, "LINEAR")}
    series = found(connection, {"ann-load": range(95, 96)})
    assert shown(series, LOAD) == {95: (-600, "LINEAR")}


def test_a_gap_over_midnight_is_as_long_as_it_is(connection: Connection) -> None:
    """Two hours and a quarter, only one of them today: no line."""
    reads(connection, LOAD, {87: -100}, day=-1)
    reads(connection, LOAD, {1: -100})
    assert shown(found(connection, {"ann-load": range(1)}), LOAD) == {}
    reads(connection, LOAD, {88: -100}, day=-1)
    assert shown(found(connection, {"ann-load": range(1)}), LOAD) == {0: (-100, "LINEAR")}


def test_a_long_gap_is_like_the_nearest_like_day(connection: Connection) -> None:
    reads(connection, LOAD, {20: -210}, day=-1)
    reads(connection, LOAD, {20: -220, 21: -221}, day=-2)
    reads(connection, LOAD, {22: -999}, day=-3)  # a Sunday
    reads(connection, LOAD, {22: -622}, day=-28)
    reads(connection, LOAD, {23: -623}, day=-29)
    series = found(connection, {"ann-load": range(20, 30)})
    assert shown(series, LOAD) == {
        20: (-210, "LIKE_DAY"),
        21: (-221, "LIKE_DAY"),
        22: (-622, "LIKE_DAY"),
    }


def test_a_day_before_the_market_began_is_none(connection: Connection) -> None:
    reads(connection, LOAD, {20: -210}, day=-1)
    assert shown(found(connection, {"ann-load": range(20, 30)}, rules=RULES), LOAD) == {}


def test_no_day_of_a_storage_is_like_another(connection: Connection) -> None:
    reads(connection, BATTERY, {20: 900, 40: 900}, day=-1)
    reads(connection, BATTERY, {39: 100, 41: 300})
    series = found(connection, {"ann-battery": range(20, 21)})
    assert shown(series, BATTERY) == {}
    series = found(connection, {"ann-battery": range(40, 41)})
    assert shown(series, BATTERY) == {40: (200, "LINEAR")}


def test_what_was_told_is_no_model_for_what_was_not(connection: Connection) -> None:
    reads(connection, SOLAR, {48: 0, 49: 900}, day=-1)
    told(connection, SOLAR, 48, day=-1)
    reads(connection, SOLAR, {48: 800, 49: 801}, day=-2)
    series = found(connection, {"ann-solar": range(48, 50)})
    assert shown(series, SOLAR) == {48: (800, "LIKE_DAY"), 49: (900, "LIKE_DAY")}
    # Nor is it the end of a line.
    reads(connection, SOLAR, {30: 0, 32: 500})
    told(connection, SOLAR, 30)
    assert shown(found(connection, {"ann-solar": range(31, 32)}), SOLAR) == {}


def test_later_words_count_when_they_have_come(connection: Connection) -> None:
    reads(connection, LOAD, {3: -100, 5: -300})
    reads(connection, LOAD, {5: -500}, event_seq=AS_OF, late=True)
    reads(connection, LOAD, {3: -9_000}, event_seq=AS_OF + 1, late=True)
    series = found(connection, {"ann-load": range(4, 5)})
    assert shown(series, LOAD) == {4: (-300, "LINEAR")}
    reads(connection, LOAD, {94: -100})
    reads(connection, LOAD, {0: -300}, day=1)
    reads(connection, LOAD, {0: -500}, day=1, event_seq=AS_OF, late=True)
    reads(connection, LOAD, {0: -9_000}, day=1, event_seq=AS_OF + 1, late=True)
    series = found(connection, {"ann-load": range(95, 96)})
    assert shown(series, LOAD) == {95: (-300, "LINEAR")}


def test_a_day_without_an_hour_looks_like_a_whole_one(connection: Connection) -> None:
    """03:00 local is the ninth quarter-hour of a day that leaves 02:00 out, the thirteenth of others."""
    rules = replace(TRADED, time_zone="Europe/Berlin", trading_from_s=0)
    day, before = (
        MarketDay(day=date(2016, 3, number), zone="Europe/Berlin", minutes=15).starts_s()
        for number in (27, 20)
    )
    first = (before.start - MIDNIGHT_S) // STEP_S
    reads(connection, LOAD, {first + 12: -120, first + 8: -80})
    series = found(connection, {"ann-load": range(92)}, starts_s=day, rules=rules)
    assert len(series.origin[0]) == 92
    assert shown(series, LOAD) == {8: (-120, "LIKE_DAY")}
    assert shown(
        found(connection, {"ann-load": range(4)}, starts_s=day[8:12], rules=rules), LOAD
    ) == {0: (-120, "LIKE_DAY")}
