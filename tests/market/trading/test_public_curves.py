"""What of a sealed call becomes public after the result."""

import numpy as np
import pytest

from market.model.call import CallKind
from market.model.order import AcceptedColumns, Side
from market.trading.book import Book
from market.trading.public_curves import CURVE_STEPS_MAX, Curves, published_curves
from tests.builders import GRID, MIDNIGHT_S


def _public(rural_owners: int, upper_owners: int, prices: int = 1) -> tuple[Curves, Curves]:
    """Of a call with one buy order an owner and price; the retailer sells in the upper grid."""
    rows = [
        (f"{area}-{owner}", area, Side.BUY, 10_000 + price, 100)
        for area, owners in (("RUR", rural_owners), ("GRID", upper_owners))
        for owner in range(owners)
        for price in range(prices)
    ]
    rows.append(("retailer", "GRID", Side.SELL, 16_000, 5_000))
    book = Book()
    for number, (owner, area, side, price_ticks, energy_wh) in enumerate(rows):
        book.add(
            owner,
            AcceptedColumns(
                order_id=(f"ord-{number}",),
                client_order_id=("x",),
                unit_id=(owner,),
                area_id=(area,),
                start_s=(MIDNIGHT_S,),
                side=(side,),
                price_ticks=(price_ticks,),
                energy_wh=(energy_wh,),
                held_quanta=(0,),
            ),
            lambda start_s: (CallKind.CLOSING, start_s),
        )
    return published_curves(
        call=book.call(CallKind.CLOSING, MIDNIGHT_S),
        book=book,
        start_s=MIDNIGHT_S,
        grid=GRID,
        last_resort_id="retailer",
    )


@pytest.mark.parametrize(
    ("rural", "upper", "public"),
    [
        (10, 0, ["RUR", "market"]),
        (9, 0, []),  # nine in the sum are nine too few
        (10, 1, ["RUR"]),  # the sum less RUR would be the one
        (10, 9, ["RUR"]),
        (10, 10, ["RUR", "GRID", "market"]),
        (6, 6, ["market"]),  # neither can be told from the other
        (0, 0, ["market"]),  # only the retailer, whose prices are public
    ],
)
def test_nobodys_orders_can_be_read_off_the_public_curves(
    rural: int, upper: int, public: list[str]
) -> None:
    supply, demand = _public(rural, upper)
    assert [name for name, _ in supply] == [name for name, _ in demand] == public


def test_a_curve_adds_up_and_is_thinned_to_its_ends() -> None:
    _, demand = _public(10, 0, 200)
    curve = dict(demand)["RUR"]
    assert len(curve) == CURVE_STEPS_MAX
    assert (curve[0], curve[-1]) == ((10_199, 1_000), (10_000, 200_000))
    assert list(curve) == sorted(curve, key=lambda step: step[1])
    assert not any(isinstance(value, np.integer) for step in curve for value in step)
