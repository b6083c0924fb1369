"""When a month is due: all its local days settled, on other versions than before, and somebody to give back to."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from market.model.balance_group import BalanceGroup, BalanceGroupSet
from market.model.interval import MarketMonth
from market.model.rules import MarketRules
from market.model.settled_month import Basis, SettledMonth
from market.settlement.balance_group import BalanceGroups
from market.settlement.months import SettledMonths, due
from market.settlement.runs import DayStanding
from tests.builders import RULES

OPEN_END = replace(RULES, deviation_band_ppm=20_000, trading_until_s=None, trading_from_s=0)
NOBODY = BalanceGroups()


def standing(versions: Mapping[str, int]) -> dict[str, DayStanding]:
    return {
        day: DayStanding(last_start_s=0, tariff=RULES.tariff, version=version)
        for day, version in versions.items()
    }


def whole(month: str, zone: str, version: int = 1) -> dict[str, int]:
    return {day.isoformat(): version for day in MarketMonth.of(month, zone).days}


def settled(month: str, basis: Basis) -> SettledMonths:
    found = SettledMonths()
    found.finish(
        SettledMonth(
            month=month, version=1, basis=basis, detail=b"", rows=0, differences=0, now_us=0
        )
    )
    return found


@pytest.mark.parametrize(
    ("month", "zone", "days"),
    [
        ("2028-02", "Europe/Berlin", 29),
        ("2016-03", "Europe/Berlin", 31),
        ("2016-06", "Asia/Shanghai", 30),
    ],
)
def test_a_month_is_over_when_its_last_local_day_is(month: str, zone: str, days: int) -> None:
    rules = replace(OPEN_END, time_zone=zone)
    its = MarketMonth.of(month, zone)
    versions = whole(month, zone)
    assert len(versions) == days
    last = its.day_start_s(its.days[-1])
    for closed_until_s, expected in (
        (last, None),
        (its.until_s - 1, None),
        (its.until_s, (month, tuple(versions.items()))),
    ):
        found = due(SettledMonths(), standing(versions), rules, NOBODY, closed_until_s)
        assert found == expected


def test_the_end_of_trading_ends_its_month() -> None:
    assert RULES.trading_until_s is not None
    rules = replace(RULES, deviation_band_ppm=20_000)
    days = standing({"2016-06-15": 1})
    assert due(SettledMonths(), days, rules, NOBODY, RULES.trading_until_s - 1) is None
    found = due(SettledMonths(), days, rules, NOBODY, RULES.trading_until_s)
    assert found == ("2016-06", (("2016-06-15", 1),))


def test_a_day_without_its_first_run_keeps_the_month_open() -> None:
    versions = whole("2016-06", OPEN_END.time_zone) | {"2016-06-30": 0}
    until_s = MarketMonth.of("2016-06", OPEN_END.time_zone).until_s
    assert due(SettledMonths(), standing(versions), OPEN_END, NOBODY, until_s) is None


def test_a_new_version_of_a_day_makes_its_month_due_again() -> None:
    versions = whole("2016-06", OPEN_END.time_zone)
    until_s = MarketMonth.of("2016-06", OPEN_END.time_zone).until_s
    before = settled("2016-06", tuple(versions.items()))
    assert before.version("2016-06") == 1
    assert before.version("2016-07") == 0
    assert due(before, standing(versions), OPEN_END, NOBODY, until_s) is None
    versions["2016-06-10"] = 2
    found = due(before, standing(versions), OPEN_END, NOBODY, until_s)
    assert found == ("2016-06", tuple(versions.items()))


def test_the_earlier_of_two_months_comes_first() -> None:
    zone = OPEN_END.time_zone
    versions = whole("2016-06", zone) | whole("2016-07", zone)
    until_s = MarketMonth.of("2016-07", zone).until_s
    found = due(SettledMonths(), standing(versions), OPEN_END, NOBODY, until_s)
    assert found is not None
    assert found[0] == "2016-06"


@pytest.mark.parametrize(
    ("from_day", "is_due"), [("2016-06-30", True), ("2016-07-01", False), ("2016-05-01", True)]
)
def test_without_a_band_somebody_has_to_be_in_a_group(from_day: str, is_due: bool) -> None:
    rules: MarketRules = replace(OPEN_END, deviation_band_ppm=0)
    versions = whole("2016-06", rules.time_zone)
    until_s = MarketMonth.of("2016-06", rules.time_zone).until_s
    assert due(SettledMonths(), standing(versions), rules, NOBODY, until_s) is None
    groups = BalanceGroups()
    group = BalanceGroup(
        group_id="one", name="One", participant_id="ann", unit_ids=("a",), from_day=from_day
    )
    groups.set(BalanceGroupSet(group=group, reason="agreed", actor="op", now_us=0))
    found = due(SettledMonths(), standing(versions), rules, groups, until_s)
    assert (found is not None) is is_due


def test_a_month_that_stands_as_it_was_settled_lets_the_next_one_come() -> None:
    zone = OPEN_END.time_zone
    june, july = whole("2016-06", zone), whole("2016-07", zone)
    until_s = MarketMonth.of("2016-07", zone).until_s
    before = settled("2016-06", tuple(june.items()))
    found = due(before, standing(june | july), OPEN_END, NOBODY, until_s)
    assert found == ("2016-07", tuple(july.items()))
