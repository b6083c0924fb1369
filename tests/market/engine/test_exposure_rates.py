"""What a Wh of a position may come to cost follows the dated rules and nothing else."""

from dataclasses import replace

from market.engine.exposure_rates import ExposureRates, rule_on
from market.model.collateral import CollateralRule
from market.model.participant import Participant, UnitKind, VoltageLevel
from market.model.rules import (
    DayKind,
    LastResortBand,
    MarketRules,
    NetworkBand,
    NetworkTariff,
    Tariff,
)
from tests.builders import GRID, MIDNIGHT_S, PARTICIPANTS, RULES, STEP_S, UNITS, unit

DAY = "2016-06-15"


def rates(
    rule: CollateralRule | None = None, *, unit_id: str = "ann-solar", **other: object
) -> tuple[int, int]:
    """The rates of a unit in the first interval of the day."""
    rules: MarketRules = replace(
        RULES,
        collateral=() if rule is None else (rule,),
        **other,  # type: ignore[arg-type]
    )
    found = ExposureRates(
        rules,
        GRID,
        {item.unit_id: item for item in UNITS},
        {item.participant_id: item for item in PARTICIPANTS},
    )
    return found.ticks(unit_id, MIDNIGHT_S)


def test_without_a_rule_nothing_costs() -> None:
    assert rates() == (0, 0)


def test_who_sells_may_owe_the_delivered_ask_and_the_adder_on_it() -> None:
    sold, _ = rates(CollateralRule(from_day=DAY))

    ask_ticks = 20_408  # (16,000 + 4,000) / 0.98 at the rural end of the line
    assert sold == ask_ticks + 1_020


def test_the_rule_may_name_the_price_and_the_part_that_is_missing() -> None:
    sold, _ = rates(CollateralRule(from_day=DAY, short_price_ticks=10_001, shortfall_ppm=250_000))

    assert sold == 2_501  # rounded up


def test_who_buys_may_owe_fee_and_levies() -> None:
    assert rates(CollateralRule(from_day=DAY))[1] == 12_000
    assert rates(CollateralRule(from_day=DAY, counts_fees=False))[1] == 0


def test_the_fee_is_that_of_the_voltage_level_and_hour() -> None:
    night = NetworkBand(days=DayKind.ALL, from_hour=0, to_hour=6, ticks=1_000)
    rest = NetworkBand(days=DayKind.ALL, from_hour=6, to_hour=24, ticks=9_000)
    level = NetworkTariff(voltage_level=VoltageLevel.LOW, from_day=DAY, bands=(night, rest))
    tariff = Tariff(network_ticks=7_000, levies_ticks=5_000, by_level=(level,))

    assert rates(CollateralRule(from_day=DAY), tariff=tariff)[1] == 6_000


def test_a_surplus_without_worth_is_counted_where_it_costs_more_than_the_fees() -> None:
    cheap = (LastResortBand(from_hour=0, to_hour=24, ask_ticks=16_000, bid_ticks=-20_000),)

    _, bought = rates(CollateralRule(from_day=DAY), last_resort=cheap)

    assert bought == 19_600 + 980  # 2 % never arrive; the adder on top


def test_the_last_resort_covers_nothing() -> None:
    assert rates(CollateralRule(from_day=DAY), unit_id="retailer-sells") == (0, 0)


def test_the_newest_rule_that_has_begun_holds_for_a_day_of_delivery() -> None:
    first = CollateralRule(from_day="2016-06-01", short_price_ticks=1)
    second = CollateralRule(from_day="2016-06-15", short_price_ticks=2)
    rules = replace(RULES, collateral=(second, first))

    assert rule_on(rules, "2016-05-31") is None
    assert rule_on(rules, "2016-06-14") is first
    assert rule_on(rules, "2016-06-15") is second
    assert rule_on(rules, "2017-01-01") is second


def test_intervals_before_the_first_rule_cost_nothing() -> None:
    found = ExposureRates(
        replace(RULES, collateral=(CollateralRule(from_day="2016-06-16"),)),
        GRID,
        {"a": unit("a", "ann", UnitKind.SOLAR)},
        {"ann": Participant(participant_id="ann", name="Ann", area_id="RUR")},
    )

    assert found.ticks("a", MIDNIGHT_S) == (0, 0)
    assert found.ticks("a", MIDNIGHT_S + 96 * STEP_S) != (0, 0)
