"""Limits of the grid channel: which are taken, and which holds when."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.control.unit.grid_limits import LIMIT_WINDOW_MAX_S, GridLimits
from market.control.unit.setpoints import AHEAD_MAX_S
from market.model.power import PowerLimits, UnitLimit
from market.model.rejection import Code

NOW_S = 10_000
NAMEPLATE = PowerLimits(withdrawal_max_w=3_000, injection_max_w=5_000)
GOOD = UnitLimit(
    unit_id="u",
    from_s=NOW_S,
    until_s=NOW_S + 900,
    withdrawal_max_w=1_000,
    injection_max_w=2_000,
    sequence=7,
    epoch=2,
)
FAR_S = NOW_S + AHEAD_MAX_S

# fmt: off
TABLE = {
    "good":            (GOOD, None, None),
    "all of it":       (replace(GOOD, withdrawal_max_w=3_000, injection_max_w=5_000), None, None),
    "nothing":         (replace(GOOD, withdrawal_max_w=0, injection_max_w=0), None, None),
    "a day":           (replace(GOOD, until_s=NOW_S + LIMIT_WINDOW_MAX_S), None, None),
    "a newer epoch":   (replace(GOOD, epoch=3, sequence=1), None, None),
    "another unit":    (replace(GOOD, unit_id="v"), Code.UNIT_UNKNOWN, "unit_id"),
    "too far ahead":   (replace(GOOD, from_s=FAR_S + 1, until_s=FAR_S + 2), Code.NOT_OPEN, "from_s"),
    "over":            (replace(GOOD, from_s=NOW_S - 9, until_s=NOW_S), Code.PHASE_CONFLICT, "until_s"),
    "an older epoch":  (replace(GOOD, epoch=1, sequence=99), Code.PHASE_CONFLICT, "epoch"),
    "replayed":        (replace(GOOD, sequence=6), Code.PHASE_CONFLICT, "sequence"),
    "no window":       (replace(GOOD, from_s=NOW_S + 900), Code.DEFINITION_INVALID, "until_s"),
    "without end":     (replace(GOOD, until_s=NOW_S + LIMIT_WINDOW_MAX_S + 1),
                        Code.DEFINITION_INVALID, "until_s"),
    "below zero":      (replace(GOOD, injection_max_w=-1), Code.DEFINITION_INVALID, "injection_max_w"),
    "wrong scale":     (replace(GOOD, withdrawal_max_w=3_001), Code.EXCEEDS_CAPABILITY,
                        "withdrawal_max_w"),
}
# fmt: on


@pytest.mark.parametrize("case", TABLE)
def test_refusals(case: str) -> None:
    limit, code, pointer = TABLE[case]
    refusal = GridLimits("u", NAMEPLATE).refusal(limit, NOW_S, (2, 6))
    assert (refusal and refusal.code) == code
    assert (refusal and refusal.pointer) == pointer


def test_a_short_narrow_limit_gives_way_to_the_longer_one_it_lay_in() -> None:
    limits = GridLimits("u", NAMEPLATE)
    limits.take(GOOD, NOW_S)
    limits.take(
        replace(GOOD, from_s=NOW_S + 60, until_s=NOW_S + 120, injection_max_w=0, sequence=8), NOW_S
    )
    at = [limits.holding(NOW_S + second) for second in (59, 60, 119, 120, 900)]
    assert [limit and limit.sequence for limit in at] == [7, 8, 8, 7, None]
    assert limits.turns(NOW_S, NOW_S + 120) == [NOW_S + 60, NOW_S + 120]


def test_a_renewal_takes_the_place_of_what_it_renews() -> None:
    limits = GridLimits("u", NAMEPLATE)
    for second in range(0, 86_400, 5):
        limits.take(replace(GOOD, from_s=second, until_s=second + 600, sequence=second), second)
        assert len(limits.kept) == 1


windows = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 300)), max_size=12)


@given(windows, st.integers(0, 600))
def test_the_newest_that_holds_is_what_a_plain_search_finds(
    taken: list[tuple[int, int]], at_s: int
) -> None:
    limits = GridLimits("u", NAMEPLATE)
    sent = [
        replace(GOOD, from_s=from_s, until_s=from_s + length_s, sequence=number)
        for number, (from_s, length_s) in enumerate(taken)
    ]
    for limit in sent:
        limits.take(limit, 0)
    holding = [limit for limit in sent if limit.from_s <= at_s < limit.until_s]
    assert limits.holding(at_s) == (holding[-1] if holding else None)
