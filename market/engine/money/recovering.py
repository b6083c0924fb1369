"""Who pays late pays back: what others covered for a debtor goes back to them out of what comes in.

The one idea: every payment is looked at where it is booked, whichever way it came, so nobody has to
remember to collect.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from market.engine.state import MarketState
from market.model.messages import Event
from market.model.money import Transfer
from market.model.payment import Cover, DefaultRecovered
from market.settlement.waterfall import added, back_of, back_transfers


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """Money that came to a participant's account."""

    participant_id: str
    amount_quanta: int
    reference: str


def recovered(
    state: MarketState, came: Iterable[Came], now_us: int
) -> tuple[tuple[Transfer, ...], tuple[Event, ...]]:
    """The transfers to those who had covered, and the facts that say so."""
    if not state.payments.claims:
        return (), ()
    claims = dict(state.payments.claims)
    transfers: list[Transfer] = []
    events: list[Event] = []
    for item in came:
        back = back_of(item.amount_quanta, claims.get(item.participant_id, Cover()))
        if not back.total_quanta:
            continue
        claims[item.participant_id] = added(claims[item.participant_id], back, -1)
        transfers += back_transfers(item.participant_id, back, item.reference)
        events.append(
            DefaultRecovered(participant_id=item.participant_id, back=back, now_us=now_us)
        )
    return tuple(transfers), tuple(events)
