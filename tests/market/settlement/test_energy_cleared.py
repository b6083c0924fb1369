"""Money of auctions the engine really cleared: what is left by rounding stays within its bound."""

import random
from dataclasses import replace

import numpy as np
import pytest

from clearing.clear import clear
from clearing.problem import StepOrders
from market.ledger import Ledger
from market.model.call import CallKind
from market.model.grid import Area, Grid, Line
from market.model.money import CENTRAL
from market.model.order import Side
from market.model.trade import ClearingOutcome, Trade
from market.settlement.energy import auction_transfers
from market.trading.auction import auction_input
from market.trading.book import Book
from market.trading.capacity import Capacity
from market.trading.outcomes import clearing_outcomes
from tests.builders import MIDNIGHT_S, RULES

AREAS = ("RUR", "SEM", "GRID")


def village(import_limit_w: int | None) -> Grid:
    def line(start: str, end: str, power_w: int, fee: int) -> Line:
        return Line(
            line_id=f"{start}-{end}",
            from_area=start,
            to_area=end,
            capacity_forward_w=power_w,
            capacity_backward_w=power_w,
            loss_ppm=20_000,
            fee_forward_ticks=fee,
            fee_backward_ticks=fee // 10,
        )

    return Grid(
        areas=(
            Area(area_id="RUR", name="Rural", import_limit_w=import_limit_w),
            Area(area_id="SEM", name="Semi-urban"),
            Area(area_id="GRID", name="Upper grid", holds_last_resort=True),
        ),
        lines=(
            line("GRID", "RUR", 80_000, 4_000),
            line("GRID", "SEM", 80_000, 4_000),
            line("RUR", "SEM", 40_000, 500),
        ),
    )


def book(seed: int) -> list[tuple[int, bool, int, int]]:
    """A random book of two villages and a retailer: area, sells, price_ticks, energy_wh."""
    dice = random.Random(seed)
    most_wh, solar = dice.choice((100, 1_000, 3_000)), dice.choice((0.1, 0.5, 0.9))
    lowest = dice.choice((0, 0, -3_000))
    rows = []
    for _ in range(60):
        sells = dice.random() < solar
        flexible = sells or dice.random() < 0.5
        price_ticks = dice.randrange(lowest, 25_000) if flexible else RULES.price_max_ticks
        rows.append((dice.randrange(2), sells, price_ticks, dice.randrange(1, most_wh)))
    retailer_bids = 8_000 if lowest == 0 else -2_000
    return [*rows, (2, True, 16_000, 250_000), (2, False, retailer_bids, 250_000)]


def cleared(grid: Grid, rows: list[tuple[int, bool, int, int]]) -> ClearingOutcome:
    empty = auction_input(
        kind=CallKind.CLOSING,
        starts_s=(MIDNIGHT_S,),
        book=Book(),
        grid=grid,
        rules=RULES,
        capacity=Capacity(grid, RULES.interval_minutes),
        storages={},
        stored_wh={},
        last_resort_id=None,
    )
    problem = replace(
        empty.problem,
        orders=StepOrders(
            area=np.array([row[0] for row in rows], dtype=np.int32),
            interval=np.zeros(len(rows), dtype=np.int32),
            is_sell=np.array([row[1] for row in rows], dtype=np.bool_),
            price_ticks=np.array([row[2] for row in rows], dtype=np.int64),
            energy_wh=np.array([row[3] for row in rows], dtype=np.int64),
            sequence=np.arange(len(rows), dtype=np.int64),
        ),
    )
    auction = replace(empty, problem=problem, numbers=np.arange(len(rows)))
    result = clear(problem)
    (outcome,) = clearing_outcomes(auction=auction, result=result, grid=grid, solve_ms=1)
    return outcome


def trades_of(outcome: ClearingOutcome, rows: list[tuple[int, bool, int, int]]) -> list[Trade]:
    price_of = {area.area_id: area.price_ticks for area in outcome.areas}
    trades = []
    for order_id, energy_wh in zip(outcome.filled_order_ids, outcome.filled_wh, strict=True):
        number = int(order_id.removeprefix("ord-"))
        area_id = AREAS[rows[number][0]]
        price_ticks = price_of[area_id]
        assert price_ticks is not None
        trades.append(
            Trade(
                trade_id=f"trd-{number}",
                match_id="mat",
                order_id=order_id,
                participant_id=f"p{number}",
                unit_id=f"p{number}-unit",
                area_id=area_id,
                start_s=outcome.start_s,
                side=Side.SELL if rows[number][1] else Side.BUY,
                price_ticks=price_ticks,
                energy_wh=energy_wh,
            )
        )
    return trades


@pytest.mark.parametrize("seed", range(24))
def test_rounding_of_a_cleared_auction_is_half_a_tick_and_one_wh_of_loss(seed: int) -> None:
    """|rounding| <= (sent + received) / 2 ticks + the price of the one Wh a loss is rounded up."""
    grid = village((None, 20_000, 60_000)[seed % 3])
    rows = book(seed)
    outcome = cleared(grid, rows)
    ledger = Ledger()
    transfers = auction_transfers(outcome=outcome, trades=trades_of(outcome, rows), grid=grid)
    ledger.book(transfers)
    assert ledger.sum_quanta() == ledger.balance_quanta(CENTRAL) == 0
    price = {area.area_id: area.connection_price_ticks or 0 for area in outcome.areas}
    for flow, line in zip(outcome.lines, grid.lines, strict=True):
        rounding = ledger.balance_quanta(f"rounding:{line.line_id}")
        moved_wh = flow.sent_forward_wh + flow.received_forward_wh
        moved_wh += flow.sent_backward_wh + flow.received_backward_wh
        one_wh = max(abs(price[line.from_area]), abs(price[line.to_area]))
        assert abs(rounding) <= moved_wh / 2 + one_wh


def test_the_trial_books_meet_full_lines_limits_and_rounding() -> None:
    """The law above is shown on something: every kind of account is used by some seed."""
    seen = set()
    for seed in range(24):
        grid, rows = village((None, 20_000, 60_000)[seed % 3]), book(seed)
        outcome = cleared(grid, rows)
        transfers = auction_transfers(outcome=outcome, trades=trades_of(outcome, rows), grid=grid)
        seen |= {move.kind.value for move in transfers}
    assert seen >= {"line_rent", "limit_rent", "rounding", "line_fee", "line_loss"}
