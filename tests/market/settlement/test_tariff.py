"""Dated prices: by voltage level, kind of day and hour, in the market's own zone."""

import csv
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.bill import ChargeKind, TaxRule
from market.model.interval import MarketDay, MarketMonth
from market.model.money import GRID_OPERATOR, TransferKind
from market.model.participant import Participant, VoltageLevel
from market.model.rules import DayKind, MarketRules, NetworkBand, NetworkTariff
from market.settlement.network import day_charges, network_transfers
from market.settlement.tariff import day_charge_quanta, network_ticks, periods, spans, taxes_on
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


# --- the local clock ------------------------------------------------------------------------


def ruled(
    *bands: NetworkBand, zone: str = "Europe/Berlin", charge: int = 0, minutes: int = 15
) -> MarketRules:
    """A market whose low voltage has this one tariff."""
    tariff = NetworkTariff(
        voltage_level=LOW, from_day="2016-01-01", bands=bands, day_charge_quanta=charge
    )
    return replace(
        RULES,
        time_zone=zone,
        interval_minutes=minutes,
        tariff=replace(RULES.tariff, levies_ticks=0, by_level=(tariff,)),
    )


def by_hour(rules: MarketRules, day: str) -> list[int]:
    """The fee of every hour of a local day, as it comes."""
    its = MarketDay(day=date.fromisoformat(day), zone=rules.time_zone, minutes=60)
    return [network_ticks(rules, start_s, LOW) for start_s in its.starts_s()]


NIGHT = (band(DayKind.ALL, 22, 6, 5), band(DayKind.ALL, 6, 22, 10))


def test_a_band_runs_over_midnight() -> None:
    assert by_hour(ruled(*NIGHT), "2016-06-15") == [5] * 6 + [10] * 16 + [5] * 2


def test_the_hours_after_midnight_are_of_their_own_day() -> None:
    """From 22 to 6 on working days: not on Saturday before 6, but on Monday before 6."""
    nights = ruled(
        band(DayKind.WORKING, 22, 6, 5),
        band(DayKind.WORKING, 6, 22, 10),
        band(DayKind.WEEKEND, 0, 24, 7),
    )
    assert by_hour(nights, "2016-06-17") == [5] * 6 + [10] * 16 + [5] * 2  # Friday
    assert by_hour(nights, "2016-06-18") == [7] * 24
    assert by_hour(nights, "2016-06-20") == [5] * 6 + [10] * 16 + [5] * 2


def test_the_clocks_change_leaves_out_or_repeats_a_price() -> None:
    two = ruled(band(DayKind.ALL, 2, 3, 99), band(DayKind.ALL, 3, 2, 10))

    assert by_hour(two, "2016-03-27") == [10] * 23
    assert by_hour(two, "2016-10-30") == [10] * 2 + [99] * 2 + [10] * 21


@given(from_hour=st.integers(0, 23), to_hour=st.integers(1, 24), other=st.sampled_from([*DayKind]))
def test_a_band_and_the_rest_of_the_day_share_the_hours(
    from_hour: int, to_hour: int, other: DayKind
) -> None:
    one = band(other, from_hour, to_hour, 1)
    rest = band(other, to_hour % 24, from_hour or 24, 2)
    hours = Counter(hour for item in (one, rest) for hour in range(24) if item.covers(hour))
    whole = from_hour == to_hour or (from_hour, to_hour) == (0, 24)
    if not whole:
        assert hours == Counter(range(24))


def test_a_day_is_charged_by_level_and_date() -> None:
    before = NetworkTariff(
        voltage_level=LOW, from_day="2016-06-01", bands=NIGHT, day_charge_quanta=3
    )
    after = replace(before, from_day="2016-06-15", day_charge_quanta=8)
    high = replace(before, voltage_level=HIGH, day_charge_quanta=5)
    rules = replace(RULES, tariff=replace(RULES.tariff, by_level=(after, high, before)))

    def charged(day: str, level: VoltageLevel = LOW) -> int:
        return day_charge_quanta(rules, day, level)

    assert [charged(day) for day in ("2016-05-31", "2016-06-14", "2016-06-15")] == [0, 3, 8]
    assert (charged("2016-06-20", HIGH), charged("2016-06-20", MEDIUM)) == (5, 0)


def test_a_charge_is_for_who_has_a_metering_point() -> None:
    people = {
        name: Participant(participant_id=name, name=name, area_id="RUR", voltage_level=level)
        for name, level in (("ann", LOW), ("ben", MEDIUM), ("cleo", LOW))
    }
    people["last"] = replace(people["ann"], participant_id="last", is_last_resort=True)
    found = day_charges(
        points={"ann", "ben", "last"},
        rules=ruled(*NIGHT, charge=7),
        participants=people,
        day="2016-06-15",
    )
    (move,) = found
    assert (move.debit_account, move.credit_account) == ("participant:ann", GRID_OPERATOR)
    assert (move.amount_quanta, move.kind) == (7, TransferKind.DAY_CHARGE)
    assert move.start_s is None


# --- a real network -------------------------------------------------------------------------

NETWORK_DAY = MarketDay(day=date(2017, 3, 7), zone="Etc/GMT-10", minutes=30)


def low_voltage() -> MarketRules:
    """LV TOU <100MWh of the network: 0.135409, 0.123165 and 0.061697 AUD/kWh, 6.1644 AUD a day."""
    return ruled(
        band(DayKind.WORKING, 17, 20, 13_541),
        band(DayKind.WORKING, 7, 17, 12_316),  # 12,316.5 to the even tick
        band(DayKind.WORKING, 20, 22, 12_316),
        band(DayKind.WORKING, 22, 7, 6_170),  # 6,169.7 to the tick
        band(DayKind.WEEKEND, 0, 24, 6_170),
        zone="Etc/GMT-10",
        minutes=30,
        charge=616_440_000,
    )


def business_tou() -> MarketRules:
    """Business TOU of the retailer: 0.29 and 0.178 AUD/kWh, 6.55 AUD a day."""
    return ruled(
        band(DayKind.WORKING, 7, 22, 29_000),
        band(DayKind.WORKING, 22, 7, 17_800),
        band(DayKind.WEEKEND, 0, 24, 17_800),
        zone="Etc/GMT-10",
        minutes=30,
        charge=655_000_000,
    )


def load_of(business: int) -> list[int]:
    """(48,) half hours of a business; the file labels them by their ends."""
    path = Path(__file__).parent / "data" / "embedded-network-day.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [int(Decimal(row[f"load_kwh_{business}"]) * 1_000) for row in rows]


def paid(rules: MarketRules, business: int) -> Counter[int]:
    """What the business pays for the day by price, as intervals are settled; 0: for the day itself."""
    who = {"shop": Participant(participant_id="shop", name="Shop", area_id="RUR")}
    found = Counter[int]()
    for start_s, energy_wh in zip(NETWORK_DAY.starts_s(), load_of(business), strict=True):
        for move in network_transfers(
            withdrawal_wh={"shop": energy_wh}, rules=rules, participants=who, start_s=start_s
        ):
            found[network_ticks(rules, start_s, LOW)] += move.amount_quanta
    for move in day_charges(points=who, rules=rules, participants=who, day="2017-03-07"):
        found[0] += move.amount_quanta
    return found


def test_a_business_pays_the_network_by_the_hour() -> None:
    found = paid(low_voltage(), 1)

    # Of 151,007 Wh 1,322 in the peak (17 to 20), 143,736 in the shoulders, 5,949 by night.
    assert found == {
        0: 616_440_000,
        13_541: 17_901_202,
        12_316: 1_770_252_576,
        6_170: 36_705_330,
    }
    # 24.41299108 AUD.
    assert found.total() == 2_441_299_108


def test_another_business_pays_its_retailer_by_the_hour() -> None:
    found = paid(business_tou(), 3)

    # 529,776 Wh by day at 0.29, 205,756 Wh by night at 0.178, 6.55 for the day: 196.809608 AUD.
    assert found == {
        0: 655_000_000,
        29_000: 529_776 * 29_000,
        17_800: 205_756 * 17_800,
    }
    assert found.total() == 19_680_960_800
