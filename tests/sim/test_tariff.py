"""What the market's definition says a household pays without its neighbours."""

from typing import Any

import pytest

from benchmarks.village_trial import definition
from sim.tariff import tariff_of, ticks

MIDNIGHT_S = 1_465_945_200  # 2016-06-15T00:00:00+01:00
HOUR_S = 3_600


@pytest.fixture
def market() -> dict[str, Any]:
    return definition(80.0, 40.0, 10.0)


@pytest.mark.parametrize(
    ("hour", "ask"),
    [(0, 16_327), (5, 16_327), (6, 20_408), (17, 26_531), (21, 20_408), (22, 16_327)],
)
def test_the_delivered_ask_has_fee_and_loss_in_it(
    market: dict[str, Any], hour: int, ask: int
) -> None:
    assert tariff_of(market, "RUR").delivered_ask_ticks(MIDNIGHT_S + hour * HOUR_S) == ask


def test_the_delivered_bid_has_the_loss_in_it(market: dict[str, Any]) -> None:
    assert tariff_of(market, "SEM").delivered_bid_ticks(MIDNIGHT_S) == 7_840


def test_at_the_retailer_nothing_is_added(market: dict[str, Any]) -> None:
    tariff = tariff_of(market, "GRID")
    assert tariff.delivered_ask_ticks(MIDNIGHT_S) == 12_000
    assert tariff.delivered_bid_ticks(MIDNIGHT_S) == 8_000


def test_a_line_written_the_other_way_round_is_the_same_line(market: dict[str, Any]) -> None:
    line = market["lines"][0]
    line["from_area"], line["to_area"] = line["to_area"], line["from_area"]
    line["fee_forward_per_mwh"], line["fee_backward_per_mwh"] = "0.00", "40.00"
    assert tariff_of(market, "RUR").delivered_ask_ticks(MIDNIGHT_S) == 16_327


def test_an_area_that_nobody_delivers_to_is_refused(market: dict[str, Any]) -> None:
    market["lines"] = market["lines"][1:]
    with pytest.raises(ValueError, match="no line"):
        tariff_of(market, "RUR")


def test_the_adder_is_a_part_of_the_price_but_at_least_the_least(market: dict[str, Any]) -> None:
    tariff = tariff_of(market, "RUR")
    assert tariff.adder_ticks(20_000) == 1_000
    assert tariff.adder_ticks(-20_000) == 1_000
    assert tariff.adder_ticks(100) == 50


def test_withdrawal_charges_are_network_fee_and_levies(market: dict[str, Any]) -> None:
    assert tariff_of(market, "RUR").withdrawal_ticks == 12_000


def test_prices_are_read_exactly() -> None:
    assert ticks("-0.07") == -7
    assert ticks("163.27") == 16_327
