"""What lines and limits earned in a report, and where it went.

The one idea: fee, loss, rent and rounding are what a price difference over a line comes to; the last three have an
account for each line, and the fee is its tariff times what was sent, which has to be what the grid operator was paid.
"""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, select

from market.model.money import (
    CENTRAL,
    GRID_OPERATOR,
    TransferKind,
    limit_rent_account,
    loss_account,
    rent_account,
    rounding_account,
)
from market.store import tables
from market.store.period_views import FlowRow, LineMoney, PeriodSpan
from market.store.queries.market import MarketDefinition
from market.store.queries.money import joined, whole_sum

_OF_LINES = (
    TransferKind.LINE_FEE,
    TransferKind.LINE_LOSS,
    TransferKind.LINE_RENT,
    TransferKind.LIMIT_RENT,
    TransferKind.ROUNDING,
    TransferKind.RENT_RETURN,
)


def line_money(
    connection: Connection,
    market_id: str,
    definition: MarketDefinition,
    span: PeriodSpan,
    flows: Sequence[FlowRow],
) -> tuple[tuple[LineMoney, ...], int]:
    """Every line and every limit, and what fees by tariff exceed those that were booked: zero, always.

    Fees of what deviates pass through the balancing account and are not among these.
    """
    received = _received(connection, market_id, span)
    fees: defaultdict[str, int] = defaultdict(int)
    tariff = {line.line_id: line for line in definition.grid.lines}
    for flow in flows:
        line = tariff[flow.line_id]
        forward = flow.from_area == line.from_area
        ticks = line.fee_forward_ticks if forward else line.fee_backward_ticks
        fees[flow.line_id] += ticks * flow.sent_wh

    def money(name: str, rent: str, loss: str) -> LineMoney:
        rents = received[rent]
        return LineMoney(
            line_id=name,
            fee_quanta=fees[name],
            loss_quanta=received[loss][TransferKind.LINE_LOSS],
            rent_quanta=rents[TransferKind.LINE_RENT] + rents[TransferKind.LIMIT_RENT],
            rounding_quanta=received[rounding_account(name)][TransferKind.ROUNDING],
            returned_quanta=-rents[TransferKind.RENT_RETURN],
        )

    lines = [
        money(line.line_id, rent_account(line.line_id), loss_account(line.line_id))
        for line in definition.grid.lines
    ]
    limits = [
        money(f"limit:{area.area_id}", limit_rent_account(area.area_id), "")
        for area in definition.grid.areas
        if area.import_limit_w is not None or area.export_limit_w is not None
    ]
    booked_quanta = _between(connection, market_id, span)
    return (*lines, *limits), sum(fees.values()) - booked_quanta


def _received(
    connection: Connection, market_id: str, span: PeriodSpan
) -> defaultdict[str, defaultdict[TransferKind, int]]:
    """Received less given by account and kind, of the kinds that lines have."""
    c = tables.posting_days.c
    found: defaultdict[str, defaultdict[TransferKind, int]] = defaultdict(lambda: defaultdict(int))
    for side, sign in ((c.first_account, -1), (c.second_account, 1)):
        rows = connection.execute(
            select(side, c.kind, whole_sum(c.high_quanta), whole_sum(c.low_quanta))
            .where(
                c.market_id == market_id,
                c.day >= span.names[0],
                c.day <= span.names[-1],
                c.kind.in_([kind.value for kind in _OF_LINES]),
            )
            .group_by(side, c.kind)
        )
        for account, kind, high, low in rows:
            found[account][TransferKind(kind)] += sign * joined(high, low)
    return found


def _between(connection: Connection, market_id: str, span: PeriodSpan) -> int:
    """Line fees that trades paid to the grid operator."""
    c = tables.posting_days.c
    high, low = connection.execute(
        select(whole_sum(c.high_quanta), whole_sum(c.low_quanta)).where(
            c.market_id == market_id,
            c.day >= span.names[0],
            c.day <= span.names[-1],
            c.first_account == CENTRAL,
            c.second_account == GRID_OPERATOR,
            c.kind == TransferKind.LINE_FEE.value,
        )
    ).one()
    return joined(high, low)
