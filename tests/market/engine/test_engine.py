"""The engine's table of contents is complete: whatever may be asked is decided, whatever is true is applied."""

from typing import get_args

from market.engine.engine import _APPLIES, _DECIDES
from market.model.messages import Command, CreateMarket, Event, MarketCreated

# A market is made before there is a state; these two stand outside the tables.
BEGINNING = {CreateMarket, MarketCreated}


def names(kinds: set[type]) -> list[str]:
    return sorted(kind.__name__ for kind in kinds)


def test_every_command_has_its_line() -> None:
    assert names(set(get_args(Command)) - BEGINNING ^ set(_DECIDES)) == []


def test_every_fact_has_its_line() -> None:
    assert names(set(get_args(Event)) - BEGINNING ^ set(_APPLIES)) == []


def test_a_fact_that_changes_nothing_is_for_the_record_only() -> None:
    silent = {kind for kind, act in _APPLIES.items() if act is None}

    assert names(silent) == [
        "AlertsRead",
        "AreasSummed",
        "CallImplausible",
        "DeviationsSeen",
        "GridChecked",
        "OrdersExplained",
        "OrdersRejected",
    ]
