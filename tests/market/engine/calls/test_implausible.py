"""Before an uncross, an area's orders together are held against what its units can do."""

import pytest

from api.access.permissions import Channel
from api.channels.notices import Notices
from market.model.call import CallImplausible, CallKind
from market.model.messages import CloseGate
from market.trading.risk import OrderChecks
from tests.builders import MIDNIGHT_S
from tests.market.engine.day_ahead import Day, at, block, curve, store


def _seen(day: Day) -> list[CallImplausible]:
    return [event for event in day.events if isinstance(event, CallImplausible)]


def _ordered(day: Day) -> None:
    day.opens_day()
    day.places("ann", "s ann-solar sell 9000 2000 0\nl ann-load buy 20000 1500 0")
    day.accepts("ann", curve("c", "ann-load", "buy", "900 100, 800 50", 0))
    day.accepts("ben", block("x", "ben-load", "buy", 900, "0:300 1:700", group="g"))
    day.accepts("ben", block("y", "ben-load", "buy", 900, "0:400", group="g"))
    day.accepts("ann", store("st", first=2, last=2, charge_wh=60, discharge_wh=70))


def test_what_passed_the_checks_is_plausible() -> None:
    day = Day()
    _ordered(day)
    day.clears_day()
    assert _seen(day) == []


def test_more_than_is_registered_is_told_by_area_interval_and_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    day = Day()
    _ordered(day)
    monkeypatch.setattr(OrderChecks, "capability_wh", lambda *_: 10)
    day.clears_day()
    found = {
        ((event.start_s - MIDNIGHT_S) // 900, event.sells): event.ordered_wh
        for event in _seen(day)
        if event.area_id == "RUR"
    }
    # An exclusive group counts by its largest member in each interval.
    assert found == {
        (0, True): 2_000,
        (0, False): 2_050,
        (1, False): 700,
        (2, True): 70,
        (2, False): 60,
    }
    assert {event.call for event in _seen(day)} == {CallKind.DAY_AHEAD}
    assert {event.registered_wh for event in _seen(day)} == {40}  # four units of RUR


def test_the_closing_call_looks_too_and_the_operator_is_alarmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    day = Day()
    day.opens_day()
    day.clears_day()
    day.opens()
    day.places("ann", "l ann-load buy 20000 1500 0")
    monkeypatch.setattr(OrderChecks, "capability_wh", lambda *_: 0)
    day.does(CloseGate(now_us=day.now_us, start_s=at(0)))
    (event,) = _seen(day)
    assert (event.call, event.ordered_wh) == (CallKind.CLOSING, 1_500)
    (told,) = Notices("village").changes(event, day.now_us)
    assert told.channel is Channel.ALARMS
