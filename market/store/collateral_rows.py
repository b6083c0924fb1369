"""Credit limits and margin calls as rows."""

from typing import Final

from sqlalchemy import Connection, insert, update

from market.model.collateral import (
    CreditLimitSet,
    MarginCalled,
    MarginCallMet,
    MarginCallMissed,
    MarginCallState,
)
from market.store.tables import credit_limits, margin_calls

CollateralEvent = CreditLimitSet | MarginCalled | MarginCallMissed | MarginCallMet
COLLATERAL_EVENTS: Final = (CreditLimitSet, MarginCalled, MarginCallMissed, MarginCallMet)


def take_collateral(
    connection: Connection, market_id: str, event: CollateralEvent, event_seq: int
) -> None:
    """Write what an event says into its table."""
    match event:
        case CreditLimitSet():
            limit = event.limit
            row = {name: getattr(limit, name) for name in limit.__dataclass_fields__}
            row |= {"market_id": market_id, "number": event_seq}
            connection.execute(insert(credit_limits), row)
        case MarginCalled():
            call = event.call
            row = {name: getattr(call, name) for name in call.__dataclass_fields__}
            row |= {
                "market_id": market_id,
                "number": event_seq,
                "state": MarginCallState.OPEN.value,
                "missed_us": None,
                "missing_quanta": None,
                "met_us": None,
            }
            connection.execute(insert(margin_calls), row)
        case MarginCallMissed():
            _change(
                connection,
                market_id,
                event.call_id,
                state=MarginCallState.MISSED.value,
                missed_us=event.now_us,
                missing_quanta=event.missing_quanta,
            )
        case MarginCallMet():
            met = MarginCallState.MET.value
            _change(connection, market_id, event.call_id, state=met, met_us=event.now_us)


def _change(connection: Connection, market_id: str, call_id: str, **values: object) -> None:
    c = margin_calls.c
    key = (c.market_id == market_id) & (c.call_id == call_id)
    connection.execute(update(margin_calls).where(key).values(**values))
