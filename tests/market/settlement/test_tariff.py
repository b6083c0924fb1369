"""Dated prices: by voltage level, kind of day and hour, in the market's own zone."""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from market.model.bill import ChargeKind, TaxRule
from market.model.interval import MarketMonth
from market.model.participant import VoltageLevel
from market.model.rules import DayKind, NetworkBand, NetworkTariff
from market.settlement.tariff import network_ticks, periods, spans, taxes_on
from tests.builders import RULES

LOW, MEDIUM, HIGH = VoltageLevel


def band(days: DayKind, from_hour: int, to_hour: int, ticks: int) -> NetworkBand:
    return NetworkBand(days=days, from_hour=from_hour, to_hour=to_hour, ticks=ticks)


BY_HOUR = (
    band(DayKind.WORKING, 0, 7, 4_000),
    band(DayKind.WORKING, 7, 17, 9_000),
    band(DayKind.WORKING, 17, 20, 10_000),
    band(DayKind.WORKING, 20, 24, 4_000),
    band(DayKind.WEEKEND, 0, 24, 4_000),
)
TARIFFED = replace(
    RULES,
    time_zone="Europe/Berlin",
    tariff=replace(
        RULES.tariff,
        by_level=(
            NetworkTariff(voltage_level=LOW, from_day="2016-03-01", bands=BY_HOUR),
            NetworkTariff(
                voltage_level=LOW, from_day="2016-06-20", bands=(band(DayKind.ALL, 0, 24, 5_500),)
            ),
            NetworkTariff(
                voltage_level=MEDIUM,
                from_day="2016-03-01",
                bands=(band(DayKind.ALL, 0, 24, 2_000),),
            ),
        ),
    ),
)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp())


@pytest.mark.parametrize(
    ("when", "level", "ticks"),
    [
        ("2016-06-15T06:45", LOW, 4_000),
        ("2016-06-15T07:00", LOW, 9_000),
        ("2016-06-15T16:45", LOW, 9_000),
        ("2016-06-15T17:00", LOW, 10_000),
        ("2016-06-15T20:00", LOW, 4_000),
        ("2016-06-18T18:00", LOW, 4_000),  # a Saturday
        ("2016-06-20T18:00", LOW, 5_500),  # the next tariff
        ("2016-06-15T18:00", MEDIUM, 2_000),
        ("2016-06-15T18:00", HIGH, 7_000),  # no tariff of its own
        ("2016-02-29T18:00", LOW, 7_000),  # before the first one
    ],
)
def test_the_network_fee_goes_by_level_day_and_hour(
    when: str, level: VoltageLevel, ticks: int
) -> None:
    assert network_ticks(TARIFFED, at(when), level) == ticks


@pytest.mark.parametrize(
    ("month", "intervals"),
    [
        ("2016-02", 29 * 96),
        ("2016-03", 31 * 96 - 4),
        ("2016-10", 31 * 96 + 4),
        ("2016-06", 30 * 96),
    ],
)
def test_the_spans_of_a_month_are_its_intervals(month: str, intervals: int) -> None:
    """The leap day, the hour that is not there, the hour that comes twice."""
    its = MarketMonth.of(month, "Europe/Berlin")
    cut, prices = spans(TARIFFED, its)

    assert (cut[0].from_s, cut[-1].until_s) == (its.from_s, its.until_s)
    assert all(one.until_s == next_.from_s for one, next_ in pairwise(cut))
    assert sum(span.until_s - span.from_s for span in cut) == intervals * 900
    for span in cut:
        for start_s in range(span.from_s, span.until_s, 900):
            assert prices[span.number].network_of(LOW) == network_ticks(TARIFFED, start_s, LOW)
    assert len(set(prices)) == len(prices)


def tax(from_day: str, rate_ppm: int, tax_id: str = "vat") -> TaxRule:
    return TaxRule(
        tax_id=tax_id,
        name="VAT",
        from_day=from_day,
        rate_ppm=rate_ppm,
        on=(ChargeKind.ENERGY_BOUGHT,),
    )


def test_of_one_tax_the_latest_rule_that_has_begun_holds() -> None:
    rules = replace(
        RULES,
        taxes=(
            tax("2016-06-16", 160_000),
            tax("2016-01-01", 190_000),
            tax("2016-06-10", 5, "levy"),
            tax("2016-06-20", 0, "levy"),
        ),
    )

    def on(day: str) -> list[int]:
        return [item.rate_ppm for item in taxes_on(rules, day)]

    assert on("2015-12-31") == []
    assert on("2016-06-09") == [190_000]
    assert on("2016-06-15") == [190_000, 5]
    assert on("2016-06-16") == [160_000, 5]
    assert on("2016-06-20") == [160_000]
    parts = periods(rules, MarketMonth.of("2016-06", RULES.time_zone))
    assert [len(part.taxes) for part in parts] == [1, 2, 2, 1]
    assert all(one.until_s == next_.from_s for one, next_ in pairwise(parts))
