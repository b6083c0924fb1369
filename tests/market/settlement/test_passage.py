"""What of a purchase is for the lines: all that was booked for them, and for nobody who used none."""

from collections import Counter

import pytest

from market.model.grid import Grid
from market.model.money import CENTRAL
from market.model.order import Side
from market.model.trade import ClearingOutcome, Trade
from market.settlement.energy import auction_transfers
from market.settlement.passage import PARTS, parts_of
from tests.market.settlement.test_energy import Flow, auction
from tests.market.settlement.test_energy_cleared import book, cleared, trades_of, village

UP, OVER = 0, 2
"""The lines GRID-RUR and RUR-SEM."""


def booked(outcome: ClearingOutcome, trades: tuple[Trade, ...], grid: Grid) -> list[int]:
    """What the central account gave of each part."""
    found: Counter[int] = Counter()
    for move in auction_transfers(outcome=outcome, trades=trades, grid=grid):
        for place, kinds in enumerate(PARTS):
            if move.kind in kinds:
                sign = 1 if move.debit_account == CENTRAL else -1
                found[place] += sign * move.amount_quanta
    return [found[place] for place in range(len(PARTS))]


@pytest.mark.parametrize("seed", range(24))
def test_all_purchases_of_a_call_together_carry_what_the_lines_were_booked(seed: int) -> None:
    """Meshed villages with a limit, lines that are full, prices below zero; whoever bought."""
    grid, rows = village((None, 20_000, 60_000)[seed % 3]), book(seed)
    outcome = cleared(grid, rows)
    trades = tuple(trades_of(outcome, rows))
    parts = parts_of(outcome, trades, grid)
    assert parts.sum(axis=0).tolist() == booked(outcome, trades, grid)
    imports = {area.area_id for area in outcome.areas if area.bought_wh > area.sold_wh}
    for trade, own in zip(trades, parts.tolist(), strict=True):
        if trade.side is Side.SELL or trade.area_id not in imports:
            assert not any(own), "no line was used for it"
    # The same per Wh in an area, but for a quantum of each split.
    for area_id in imports:
        same = [row for row, trade in enumerate(trades) if trade.area_id == area_id]
        bought = [row for row in same if trades[row].side is Side.BUY]
        whole_wh = sum(trades[row].energy_wh for row in bought)
        for place in range(len(PARTS)):
            whole = int(parts[bought, place].sum())
            for row in bought:
                exact = whole * trades[row].energy_wh
                assert abs(int(parts[row, place]) * whole_wh - exact) < whole_wh


def test_what_passes_through_a_village_is_carried_by_those_behind_it() -> None:
    """GRID sends 1,000 Wh to RUR, of which 400 stay and 580 go on to SEM; both lines have losses."""
    outcome, trades, grid = auction(
        prices=(16_327, 17_000, 10_000),
        flows=[
            Flow(line=UP, forward=True, sent_wh=1_000, lost_wh=20, full=False),
            Flow(line=OVER, forward=True, sent_wh=580, lost_wh=12, full=True),
        ],
        fees=((4_000, 0), (4_000, 0), (500, 700)),
    )
    (rural,) = [row for row, item in enumerate(trades) if item.area_id == "RUR"]
    (semi,) = [row for row, item in enumerate(trades) if item.area_id == "SEM"]
    parts = parts_of(outcome, trades, grid).tolist()
    fee, lost = 4_000 * 1_000, 16_327 * 20
    rest = (16_327 - 10_000) * 1_000 - fee - lost
    # 980 Wh leave the connection of RUR: 400 to its own, 580 over the line.
    assert parts[rural][:2] == [round(fee * 400 / 980), round(lost * 400 / 980)]
    own_lost = 17_000 * 12
    own_rent = (17_000 - 16_327) * 580 - 500 * 580 - own_lost
    assert (own_rent > 0, parts[rural][2]) == (False, 0)
    assert parts[semi][:2] == [
        fee - parts[rural][0] + 500 * 580,
        lost - parts[rural][1] + own_lost,
    ]
    assert parts[rural][3] + parts[semi][3] == rest + own_rent
    assert [sum(column) for column in zip(*parts, strict=True)] == booked(outcome, trades, grid)


def test_an_area_that_buys_from_its_own_pays_for_no_line() -> None:
    outcome, trades, grid = auction(
        prices=(14_000, 14_000, 10_000),
        flows=[Flow(line=UP, forward=True, sent_wh=100, lost_wh=0, full=True)],
        inside_wh=(50, 900, 0),
    )
    parts = parts_of(outcome, trades, grid)
    with_parts = [trades[row] for row in range(len(trades)) if parts[row].any()]
    assert [(item.area_id, item.side) for item in with_parts] == [("RUR", Side.BUY)]
    assert len(trades) == 5
    assert parts.sum(axis=0).tolist() == booked(outcome, trades, grid)


def test_energy_that_goes_round_is_carried_by_those_who_take_some_out() -> None:
    """GRID to RUR to SEM and back to GRID, and SEM buys: nobody in the circle is before another one."""
    flows = [
        Flow(line=UP, forward=True, sent_wh=300, lost_wh=6, full=False),
        Flow(line=OVER, forward=True, sent_wh=294, lost_wh=6, full=False),
        Flow(line=1, forward=False, sent_wh=100, lost_wh=2, full=False),
    ]
    outcome, trades, grid = auction(prices=(12_000, 13_000, 10_000), flows=flows)
    parts = parts_of(outcome, trades, grid)
    assert parts.sum(axis=0).tolist() == booked(outcome, trades, grid)
    assert any(parts.sum(axis=0).tolist())


def test_what_nobody_bought_stands_on_no_purchase() -> None:
    """At a price below zero a line may take in what it loses as a whole."""
    outcome, trades, grid = auction(
        prices=(0, 0, -500),
        flows=[Flow(line=UP, forward=True, sent_wh=10, lost_wh=10, full=False)],
        inside_wh=(0, 0, 30),
    )
    assert not parts_of(outcome, trades, grid).any()
    assert any(booked(outcome, trades, grid))


def test_what_an_export_limit_holds_back_is_carried_by_those_who_are_sent_the_rest() -> None:
    """RUR sends 10,000 Wh to GRID at 30.00 inside and 78.40 at its connection: its limit is full."""
    outcome, trades, grid = auction(
        prices=(3_000, 8_000, 8_000),
        connections=(7_840, 8_000, 8_000),
        flows=[Flow(line=UP, forward=False, sent_wh=10_000, lost_wh=200, full=False)],
        fees=((0, 0), (0, 0), (0, 0)),
    )
    parts = parts_of(outcome, trades, grid)
    assert parts.sum(axis=0).tolist() == booked(outcome, trades, grid)
    assert parts.sum(axis=0).tolist()[2] == (7_840 - 3_000) * 10_000
    assert {trades[row].area_id for row in range(len(trades)) if parts[row].any()} == {"GRID"}


def test_a_single_wh_that_came_over_a_line_carries_all_of_it() -> None:
    outcome, trades, grid = auction(
        prices=(14_000, 14_000, 10_000),
        flows=[Flow(line=UP, forward=True, sent_wh=1, lost_wh=0, full=True)],
    )
    parts = parts_of(outcome, trades, grid)
    assert parts.sum(axis=0).tolist() == booked(outcome, trades, grid)
    assert [trades[row].area_id for row in range(len(trades)) if parts[row].any()] == ["RUR"]
