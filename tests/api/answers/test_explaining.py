"""What kept better prices away: a limit of the area, a full line, or nothing."""

from dataclasses import replace

import pytest

from api.answers.explaining import binding
from market.model.call import sent_header
from market.model.grid import Grid
from market.model.order import LimitOrder, Side
from market.model.trade import AreaOutcome, LineOutcome
from tests.builders import GRID, MIDNIGHT_S

AREA = AreaOutcome(
    area_id="RUR",
    price_ticks=20_000,
    connection_price_ticks=20_000,
    best_bid_ticks=None,
    best_offer_ticks=None,
    bought_wh=1,
    sold_wh=1,
    net_export_wh=0,
    rounding_wh=0,
)
FLOW = LineOutcome(
    line_id="GRID-RUR",
    sent_forward_wh=3_000,
    received_forward_wh=2_940,
    sent_backward_wh=0,
    received_backward_wh=0,
    capacity_forward_wh=3_000,
    capacity_backward_wh=3_000,
)


def _order(side: Side) -> LimitOrder:
    header = sent_header(client_order_id="o", unit_id="u", start_s=MIDNIGHT_S, side=side)
    return LimitOrder(header=replace(header, area_id="RUR"), price_ticks=0, energy_wh=1)


def _found(side: Side, area: AreaOutcome, flow: LineOutcome, upper_ticks: int | None) -> object:
    grid: Grid = GRID
    upper = replace(area, area_id="GRID", price_ticks=upper_ticks, connection_price_ticks=None)
    return binding(_order(side), (area, upper), (flow,), grid)


def test_a_full_line_keeps_a_buyer_from_the_cheaper_area() -> None:
    assert _found(Side.BUY, AREA, FLOW, 16_000) == {"line": "GRID-RUR"}
    assert _found(Side.SELL, AREA, FLOW, 16_000) == {}


def test_a_line_that_is_not_full_keeps_nobody() -> None:
    assert _found(Side.BUY, AREA, replace(FLOW, sent_forward_wh=2_999), 16_000) == {}


def test_a_full_line_out_keeps_a_seller_from_the_dearer_area() -> None:
    out = replace(FLOW, sent_forward_wh=0, sent_backward_wh=3_000)
    assert _found(Side.SELL, AREA, out, 30_000) == {"line": "GRID-RUR"}
    assert _found(Side.BUY, AREA, out, 30_000) == {}


@pytest.mark.parametrize(
    ("side", "outside_ticks", "limit"),
    [
        (Side.BUY, 18_000, {"limit": "import:RUR"}),
        (Side.SELL, 22_000, {"limit": "export:RUR"}),
        (Side.BUY, 22_000, {}),
        (Side.SELL, 18_000, {}),
    ],
)
def test_a_limit_of_the_area_comes_before_its_lines(
    side: Side, outside_ticks: int, limit: dict[str, str]
) -> None:
    area = replace(AREA, connection_price_ticks=outside_ticks)
    assert _found(side, area, FLOW, 16_000) == limit


def test_without_a_price_nothing_binds() -> None:
    assert _found(Side.BUY, replace(AREA, price_ticks=None), FLOW, 16_000) == {}
    assert _found(Side.BUY, AREA, FLOW, None) == {}
