"""A run without some orders is the run that would have been had they never been placed."""

import pytest

from clearing.clear import clear
from clearing.problem import ClearingProblem, ClearingResult
from market.engine.engine import Engine
from market.model.call import CallKind
from market.model.messages import ApplyClearing, CloseGate, IntervalCleared
from market.trading.public_curves import WHOLE_MARKET
from market.what_if import CallShown, WantedWithout, compared
from tests.builders import MIDNIGHT_S, Story

TABLES = {
    "ann": """
        a1 ann-load  buy  15000  900
        a2 ann-solar sell  6000  500
        a3 ann-solar sell  9500  700
    """,
    "ben": """
        b1 ben-load buy 11000 1400
        b2 ben-load buy  9000  800
    """,
    "retailer": """
        r1 retailer-sells sell 12000 40000
        r2 retailer-sells buy   7000 40000
    """,
}


class Solving:
    """The engine of the auction, in this process."""

    def solve(self, problem: ClearingProblem, deadline_s: float) -> ClearingResult:
        assert deadline_s > 0
        return clear(problem)


def story(*owners: str) -> Story:
    made = Story()
    made.opens()
    for owner in owners:
        assert all(row.rejection is None for row in made.places(owner, TABLES[owner]))
    return made


def lived(*owners: str) -> tuple[ApplyClearing, IntervalCleared]:
    made = story(*owners)
    made.clears(clear)
    (command,) = [item for item in made.commands if isinstance(item, ApplyClearing)]
    (cleared,) = [event for event in made.events if isinstance(event, IntervalCleared)]
    return command, cleared


def before_the_run(*owners: str) -> Engine:
    made = story(*owners)
    made.does(CloseGate(now_us=made.now_us, start_s=MIDNIGHT_S))
    return made.engine


def without(**taken: object) -> WantedWithout:
    place = {"market_id": "village", "path": None, "url": None, "call": CallKind.CLOSING}
    return WantedWithout(**place, start_s=MIDNIGHT_S, shown_s=MIDNIGHT_S, **taken)  # type: ignore[arg-type]


def figures(shown: CallShown) -> dict[str, tuple[int | None, int, int]]:
    return {
        area.area_id: (area.price_ticks, area.sold_wh, area.bought_wh)
        for area in shown.areas
        if area.area_id != WHOLE_MARKET
    }


@pytest.mark.parametrize("gone", ["ann", "ben", "retailer"])
def test_without_somebody_it_is_the_run_in_which_nobody_knew_of_him(gone: str) -> None:
    everybody = tuple(TABLES)
    command, stated = lived(*everybody)
    rest = tuple(owner for owner in everybody if owner != gone)
    _, expected = lived(*rest)

    found = compared(before_the_run(*everybody), command, Solving(), without(participant_id=gone))  # type: ignore[arg-type]

    assert found is not None
    assert found.removed == len(TABLES[gone].strip().splitlines())
    for shown, cleared in ((found.before, stated), (found.after, expected)):
        assert figures(shown) == {
            area.area_id: (area.price_ticks, area.sold_wh, area.bought_wh)
            for area in cleared.outcome.areas
        }
        assert shown.welfare_quanta == cleared.outcome.welfare_quanta
    assert found.faults == ()


def test_curves_lose_exactly_what_is_taken_out() -> None:
    command, _ = lived(*TABLES)
    engine = before_the_run(*TABLES)
    found = compared(engine, command, Solving(), without(order_ids=("ord-2", "ord-4")))  # type: ignore[arg-type]
    assert found is not None
    assert found.removed == 2
    rur = next(area for area in found.after.areas if area.area_id == "RUR")
    was = next(area for area in found.before.areas if area.area_id == "RUR")
    assert was.supply == ((6_000, 500), (9_500, 1_200))
    assert rur.supply == ((9_500, 700),)
    assert [price for price, _ in was.demand] == [15_000, 11_000, 9_000]
    assert rur.demand == ((15_000, 900), (9_000, 1_700))


def test_an_interval_that_is_not_of_the_run_is_none() -> None:
    command, _ = lived("ann")
    place = {"market_id": "village", "path": None, "url": None, "call": CallKind.CLOSING}
    wanted = WantedWithout(**place, start_s=MIDNIGHT_S, shown_s=MIDNIGHT_S + 900)  # type: ignore[arg-type]
    assert compared(before_the_run("ann"), command, Solving(), wanted) is None  # type: ignore[arg-type]
