"""What of a sealed call becomes public after the result."""

import pytest

from market.trading.auction import CURVE_STEPS_MAX, published_curves
from market.trading.book import CallBook
from tests.builders import GRID


def _call(rural_owners: int, upper_owners: int, prices: int = 1) -> CallBook:
    """A call with one buy order an owner and price; the retailer sells in the upper grid."""
    rows = [
        (f"{area}-{owner}", area, False, 10_000 + price, 100)
        for area, owners in (("RUR", rural_owners), ("GRID", upper_owners))
        for owner in range(owners)
        for price in range(prices)
    ]
    rows.append(("retailer", "GRID", True, 16_000, 5_000))
    return CallBook(
        order_id=[f"ord-{number}" for number in range(len(rows))],
        participant_id=[row[0] for row in rows],
        unit_id=[row[0] for row in rows],
        area_id=[row[1] for row in rows],
        is_sell=[row[2] for row in rows],
        price_ticks=[row[3] for row in rows],
        energy_wh=[row[4] for row in rows],
        held_quanta=[0] * len(rows),
        sequence=list(range(len(rows))),
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
    supply, demand = published_curves(
        call=_call(rural, upper), grid=GRID, last_resort_id="retailer"
    )
    assert [name for name, _ in supply] == [name for name, _ in demand] == public


def test_a_curve_adds_up_and_is_thinned_to_its_ends() -> None:
    _, demand = published_curves(call=_call(10, 0, 200), grid=GRID, last_resort_id="retailer")
    curve = dict(demand)["RUR"]
    assert len(curve) == CURVE_STEPS_MAX
    assert (curve[0], curve[-1]) == ((10_199, 1_000), (10_000, 200_000))
    assert list(curve) == sorted(curve, key=lambda step: step[1])
