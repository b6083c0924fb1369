"""A day settled again in part is the day settled anew, to the quantum and in every column."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from market.settlement.again import cells_to_settle, day_parts, settle_again
from market.settlement.day_facts import DayDetail, DayFacts, MeterUse
from market.settlement.run import settle_day
from tests.builders import MIDNIGHT_S, STEP_S
from tests.market.settlement.days import days

HOURS = tuple(range(MIDNIGHT_S, MIDNIGHT_S + 6 * STEP_S, STEP_S))


def reread(facts: DayFacts, seed: int, share: float) -> DayFacts:
    """The same day with other readings in a share of its cells; some come to the same."""
    chance = np.random.default_rng(seed)
    anew = chance.random(facts.metered_wh.shape) < share
    other_wh = chance.integers(-2_500, 2_500, anew.shape)
    return replace(facts, metered_wh=np.where(anew, other_wh, facts.metered_wh))


@settings(max_examples=150)
@given(
    before=days(starts_s=HOURS),
    seed=st.integers(0, 2**32),
    share=st.sampled_from([0, 0.02, 0.2, 1]),
)
def test_in_part_is_as_a_whole(before: DayFacts, seed: int, share: float) -> None:
    after = reread(before, seed, share)
    whole, stood = settle_day(after), settle_day(before)
    changed = before.metered_wh != after.metered_wh
    told = before.instructed_wh != 0
    cells = cells_to_settle(list(after.units.values()), changed, told, after.activations)
    use = copied(MeterUse.of(stood.detail))
    parts = day_parts(after, before.metered_wh, cells)
    again = settle_again(after, use, parts)
    assert again is not None
    assert again.added_up(stood.dues) == (whole.dues, whole.withdrawal_wh)
    for name in (*MeterUse.names(), "origin"):
        assert np.array_equal(getattr(use, name), getattr(whole.detail, name)), name
    for settled, detail in again.details():
        place = np.ix_(settled.rows, settled.columns)
        for name in (*DayDetail.names(), "origin"):
            assert np.array_equal(getattr(detail, name), getattr(whole.detail, name)[place]), name
    covered = np.zeros(changed.shape, dtype=np.bool_)
    for settled in cells:
        covered[np.ix_(settled.rows, settled.columns)] = True
    for name in DayDetail.names():
        same = getattr(stood.detail, name) == getattr(whole.detail, name)
        assert (same | covered).all(), f"{name} of what was not settled anew is what it was"


def copied(use: MeterUse) -> MeterUse:
    return MeterUse(**{name: getattr(use, name).copy() for name in (*MeterUse.names(), "origin")})


@given(before=days(starts_s=HOURS), seed=st.integers(0, 2**32))
def test_nothing_stands_on_a_version_that_is_not_what_its_facts_come_to(
    before: DayFacts, seed: int
) -> None:
    after = reread(before, seed, 0.2)
    changed = before.metered_wh != after.metered_wh
    if not changed.any():
        return
    stood = settle_day(before)
    use = copied(MeterUse.of(stood.detail))
    row, column = (int(places[0]) for places in np.nonzero(changed))
    use.retail_wh[row, column] += 1
    cells = cells_to_settle(
        list(after.units.values()), changed, before.instructed_wh != 0, after.activations
    )
    parts = day_parts(after, before.metered_wh, cells)
    assert settle_again(after, use, parts) is None


@given(facts=days(starts_s=HOURS, told=False), row=st.integers(0, 7), column=st.integers(0, 5))
def test_one_reading_leads_to_its_metering_point_and_interval_alone(
    facts: DayFacts, row: int, column: int
) -> None:
    units = list(facts.units.values())
    changed = np.zeros(facts.metered_wh.shape, dtype=np.bool_)
    changed[row, column] = True
    (found,) = cells_to_settle(units, changed, np.zeros_like(changed), {})
    owner = units[row].participant_id
    assert [units[number].participant_id for number in found.rows] == [owner] * len(found.rows)
    assert len(found.rows) == sum(unit.participant_id == owner for unit in units)
    assert found.columns.tolist() == [column]
    assert found.count == len(found.rows)


def test_where_nothing_has_changed_nothing_is_settled() -> None:
    nothing = np.zeros((0, 6), dtype=np.bool_)
    assert cells_to_settle([], nothing, nothing, {}) == []
