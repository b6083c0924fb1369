"""The trades of a day come back as a run read them, from the sheets of all areas together."""

import random
from dataclasses import fields

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from market.settlement.day_facts import DayFacts, DayTrades
from market.store.trade_sheets import kept_trades, trade_bytes
from tests.builders import MIDNIGHT_S, STEP_S
from tests.market.settlement.days import days

STARTS_S = tuple(range(MIDNIGHT_S, MIDNIGHT_S + 4 * STEP_S, STEP_S))
COLUMNS = {start_s: column for column, start_s in enumerate(STARTS_S)}


def sheets(facts: DayFacts) -> list[bytes]:
    """One of each area that has units."""
    areas = [unit.area_id for unit in facts.units.values()]
    inside = np.array(areas)[facts.trades.unit]
    return [
        trade_bytes(
            facts.trades, np.flatnonzero(inside == area_id), list(facts.units), facts.starts_s
        )
        for area_id in sorted(set(areas))
    ]


def rows(facts: DayFacts) -> dict[str, int]:
    return {name: row for row, name in enumerate(facts.units)}


@given(days(starts_s=STARTS_S), st.randoms())
def test_all_trades_come_back_in_their_order(facts: DayFacts, chance: random.Random) -> None:
    written = sheets(facts)
    chance.shuffle(written)
    found = kept_trades(written, rows(facts), COLUMNS)
    assert found is not None
    for field in fields(DayTrades):
        kept, read = getattr(found, field.name), getattr(facts.trades, field.name)
        assert kept.dtype == read.dtype
        assert np.array_equal(kept, read), field.name


@given(days(starts_s=STARTS_S))
def test_where_something_is_missing_there_are_none(facts: DayFacts) -> None:
    written = sheets(facts)
    assert kept_trades([*written, b""], rows(facts), COLUMNS) is None
    if len(facts.trades.unit):
        traded = list(facts.units)[int(facts.trades.unit[0])]
        others = {name: row for name, row in rows(facts).items() if name != traded}
        assert kept_trades(written, others, COLUMNS) is None
        assert kept_trades(written, rows(facts), {}) is None
