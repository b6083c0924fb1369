"""The lists of a day: what was traded, scheduled and read in each interval, and prices of areas."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection

from benchmarks.settling.large_market import (
    DAY,
    MARKET_ID,
    UNITS_TO_A_POINT,
    Size,
    area_of,
    definition,
    point_name,
    unit_name,
)
from market.model.grid import Grid
from market.model.money import CENTRAL, TransferKind, participant_account
from market.model.order import Side
from market.model.splitting import Integers
from market.store import tables
from market.store.rows import Column, Same, insert_columns, insert_rows

PRICE_TICKS: Final = 10_000
_MISSING: Final = 0.01
"""The share of readings that did not come; the schedule stands in for them."""


def fill(connection: Connection, size: Size, chance: np.random.Generator) -> None:
    """What was traded, scheduled and read in each interval, and the price of every area."""
    _, grid = definition(size)
    names = [unit_name(number) for number in range(size.units)]
    owners = [point_name(number // UNITS_TO_A_POINT) for number in range(size.units)]
    areas = [area_of(number // UNITS_TO_A_POINT, size) for number in range(size.units)]
    trades = np.flatnonzero(np.arange(size.units) % 2 == 0)
    paid: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for interval, start_s in enumerate(size.starts_s):
        traded_wh = np.zeros(size.units, dtype=np.int64)
        traded_wh[trades] = chance.integers(1, 1_500, len(trades)) * np.where(
            trades % UNITS_TO_A_POINT == 1, 1, -1
        )
        metered_wh = chance.integers(-2_000, 2_000, size.units)
        missing = chance.random(size.units) < _MISSING
        metered_wh[missing] = traded_wh[missing]
        _fill_prices(connection, grid, start_s, interval)
        _fill_trades(connection, (names, owners, areas), trades, traded_wh, start_s)
        _fill_meters(connection, (names, areas), traded_wh, metered_wh, missing, start_s)
        for row, energy_wh in zip(trades.tolist(), traded_wh[trades].tolist(), strict=True):
            kept = paid[owners[row]]
            kept[0] += PRICE_TICKS * energy_wh
            kept[1] += 1
    _insert(
        connection,
        tables.posting_days,
        day=Same(DAY),
        first_account=Same(CENTRAL),
        second_account=[participant_account(name) for name in paid],
        kind=Same(TransferKind.TRADE.value),
        high_quanta=[quanta >> 32 for quanta, _ in paid.values()],
        low_quanta=[quanta & 0xFFFFFFFF for quanta, _ in paid.values()],
        postings=[postings for _, postings in paid.values()],
    )


def _fill_prices(connection: Connection, grid: Grid, start_s: int, interval: int) -> None:
    price_ticks = PRICE_TICKS + 10 * interval
    key = (MARKET_ID, start_s, "closing")
    insert_rows(
        connection,
        tables.area_outcomes,
        [
            (*key, area.area_id, place, price_ticks, price_ticks, None, None, 0, 0, 0, 0)
            for place, area in enumerate(grid.areas)
        ],
    )
    insert_rows(
        connection,
        tables.line_outcomes,
        [
            (*key, line.line_id, place, 0, 0, 0, 0, 10**8, 10**8)
            for place, line in enumerate(grid.lines)
        ],
    )


def _fill_trades(
    connection: Connection,
    known: tuple[Sequence[str], Sequence[str], Sequence[str]],
    rows: Integers,
    traded_wh: Integers,
    start_s: int,
) -> None:
    """One trade of every other unit, all in the closing call; and what was paid for it."""
    names, owners, areas = ([of[row] for row in rows.tolist()] for of in known)
    energies_wh = np.abs(traded_wh[rows])
    sold = (traded_wh[rows] > 0).tolist()
    # Facts of the day stand before everything the journal says after it was closed.
    numbers = list(range(len(rows)))
    trade_ids = [f"trd-{start_s}-{number}" for number in numbers]
    _insert(
        connection,
        tables.trades,
        event_seq=Same(0),
        row=[start_s * 10**6 + number for number in numbers],
        trade_id=trade_ids,
        match_id=Same(f"mat-{start_s}"),
        order_id=Same("ord-1"),
        participant_id=owners,
        unit_id=names,
        area_id=areas,
        start_s=Same(start_s),
        side=[(Side.SELL if sells else Side.BUY).value for sells in sold],
        price_ticks=Same(PRICE_TICKS),
        energy_wh=energies_wh.tolist(),
        venue=Same("call"),
        state=Same("completed"),
        # As from sellers next door over a line with a fee of 1,000 ticks, a loss of 2 %, and rounding.
        fee_quanta=_of_purchases(sold, 1_000 * energies_wh),
        loss_quanta=_of_purchases(sold, PRICE_TICKS * (energies_wh // 50)),
        rent_quanta=Same(0),
        rounding_quanta=_of_purchases(sold, energies_wh % 7),
    )
    accounts = [participant_account(name) for name in owners]
    _insert(
        connection,
        tables.transfers,
        event_seq=Same(0),
        row=[start_s * 10**6 + number for number in numbers],
        debit_account=[
            CENTRAL if sells else account for sells, account in zip(sold, accounts, strict=True)
        ],
        credit_account=[
            account if sells else CENTRAL for sells, account in zip(sold, accounts, strict=True)
        ],
        amount_quanta=(PRICE_TICKS * energies_wh).tolist(),
        kind=Same(TransferKind.TRADE.value),
        reference=trade_ids,
        start_s=Same(start_s),
        counts_s=Same(start_s),
    )


def _of_purchases(sold: Sequence[bool], quanta: Integers) -> list[int]:
    return [0 if sells else own for sells, own in zip(sold, quanta.tolist(), strict=True)]


def _fill_meters(
    connection: Connection,
    known: tuple[Sequence[str], Sequence[str]],
    traded_wh: Integers,
    metered_wh: Integers,
    missing: np.ndarray[Any, np.dtype[np.bool_]],
    start_s: int,
) -> None:
    names, areas = known
    nothing = Same(None)
    _insert(
        connection,
        tables.measurements,
        start_s=Same(start_s),
        unit_id=names,
        event_seq=Same(0),
        row=list(range(len(names))),
        area_id=areas,
        recorded_us=Same(start_s * 1_000_000),
        injection_wh=metered_wh.tolist(),
        state_of_charge_wh=nothing,
        substituted=missing.tolist(),
        power_w=nothing,
        reactive_var=nothing,
        voltage_ppm=nothing,
        frequency_mhz=nothing,
        sequence=nothing,
        measured_us=nothing,
        signature=Same(""),
        doubt=nothing,
        older=Same(False),
        late=Same(False),
    )
    _insert(
        connection,
        tables.deviations,
        start_s=Same(start_s),
        level=Same("unit"),
        member_id=names,
        position=list(range(len(names))),
        scheduled_wh=traded_wh.tolist(),
        measured_wh=metered_wh.tolist(),
        curtailed_wh=Same(0),
        reason=Same("none"),
    )


def _insert(connection: Connection, table: Any, **columns: Column) -> None:  # noqa: ANN401 - a table
    wanted = {"market_id": Same(MARKET_ID), **columns}
    insert_columns(connection, table, [wanted[column.name] for column in table.columns])
