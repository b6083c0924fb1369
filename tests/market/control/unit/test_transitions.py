"""The table of states: complete, connected, and with no short cut back to the grid."""

import pytest

from market.control.unit.transitions import TRANSITIONS, Cause, after
from market.model.power import UnitState

# Rows: state; columns: cause. A dot: it stays.
TABLE = """
            ready      doubt in_touch market_lost grid_lost grid_back trip    stop    start lock   release
init        connecting .     .        .           .         .         tripped stopped .     locked .
connecting  .          init  normal   stale       failsafe  .         tripped stopped .     locked .
normal      .          init  .        stale       failsafe  .         tripped stopped .     locked .
stale       .          init  normal   .           failsafe  .         tripped stopped .     locked .
failsafe    .          init  .        .           .         recovery  tripped stopped .     locked .
recovery    .          init  normal   stale       failsafe  .         tripped stopped .     locked .
tripped     connecting .     .        .           .         .         .       stopped .     locked .
locked      .          .     .        .           .         .         .       .       .     .      init
stopped     .          .     .        .           .         .         .       .       init  locked .
"""


def cells() -> list[tuple[UnitState, Cause, UnitState]]:
    head, *rows = TABLE.strip().splitlines()
    causes = [Cause(word) for word in head.split()]
    found = []
    for row in rows:
        name, *words = row.split()
        state = UnitState(name)
        found += [
            (state, cause, state if word == "." else UnitState(word))
            for cause, word in zip(causes, words, strict=True)
        ]
    return found


@pytest.mark.parametrize(("state", "cause", "then"), cells())
def test_every_cause_in_every_state(state: UnitState, cause: Cause, then: UnitState) -> None:
    assert after(state, cause) is then


def test_the_table_above_leaves_nothing_out() -> None:
    assert {(state, cause) for state, cause, _ in cells()} == {
        (state, cause) for state in UnitState for cause in Cause
    }
    assert TRANSITIONS.keys() == set(UnitState)


def test_every_state_is_reached_from_power_up() -> None:
    reached, ahead = set(), {UnitState.INIT}
    while ahead:
        reached |= ahead
        ahead = {then for state in ahead for then in TRANSITIONS[state].values()} - reached
    assert reached == set(UnitState)


def test_from_off_the_grid_there_is_no_way_but_through_connecting() -> None:
    for state in (UnitState.TRIPPED, UnitState.STOPPED, UnitState.LOCKED, UnitState.INIT):
        ways = set(TRANSITIONS[state].values())
        assert ways.isdisjoint(
            {UnitState.NORMAL, UnitState.STALE, UnitState.FAILSAFE, UnitState.RECOVERY}
        )


def test_only_a_release_leads_out_of_locked() -> None:
    assert set(TRANSITIONS[UnitState.LOCKED]) == {Cause.RELEASE}
