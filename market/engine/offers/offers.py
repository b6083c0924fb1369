"""Where the offers outside the books meet the interval's road: gate, clearing, deadlines, kills.

The one idea: each of these is asked once here, so a gate or a timer does not have to know how many
kinds of offers there are.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from market.engine.offers import contracts, inquiries, listings
from market.engine.state import MarketState
from market.model.contract import ContractState
from market.model.listing import ListingState, QuoteState
from market.model.messages import Event
from market.model.trade import ClearingOutcome
from market.trading.deadlines import DeadlineKind


def at_gate(state: MarketState, start_s: int, now_us: int) -> tuple[Event, ...]:
    """What has to happen just before an interval's gate closes.

    Quotes and contracts that still wait are over; what is listed joins the closing call.
    """
    return (
        *inquiries.end_at_gate(state, start_s),
        *contracts.end_at_gate(state, start_s),
        *listings.join_call(state, start_s, now_us),
    )


def listing_wedges(state: MarketState, outcome: ClearingOutcome) -> tuple[Event, ...]:
    """What matches over lines owe once the interval's closing call is known."""
    return tuple(contracts.settle_ways(state, outcome))


def expire(state: MarketState, kind: DeadlineKind, key: str) -> tuple[Event, ...]:
    """What ends at a deadline of these kinds; nothing for a kind that is not an offer's."""
    match kind:
        case DeadlineKind.LISTING:
            return tuple(listings.expire_listing(state, key))
        case DeadlineKind.QUOTE:
            return tuple(inquiries.expire_quote(state, key))
        case DeadlineKind.CONTRACT:
            return tuple(contracts.expire_contract(state, key))
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class Held:
    """Whom, where and when an offer binds."""

    participant_id: str
    unit_id: str
    area_id: str
    start_s: int


def killed(state: MarketState, concerns: Callable[[Held], bool]) -> Iterator[Event]:
    """Take back every offer of which a kill concerns some interval."""

    def concerned(participant_id: str, unit_id: str, area_id: str, starts: Iterable[int]) -> bool:
        return any(concerns(Held(participant_id, unit_id, area_id, start_s)) for start_s in starts)

    for found in state.listings.open.values():
        item = found.listing
        if concerned(item.participant_id, item.terms.unit_id, item.area_id, found.left_wh):
            yield listings.closed(found, ListingState.WITHDRAWN)
    for quote in state.inquiries.quotes.values():
        if concerned(quote.participant_id, quote.terms.unit_id, quote.area_id, [quote.start_s]):
            yield inquiries.quote_closed(state, quote.quote_id, QuoteState.WITHDRAWN)
    for contract in state.contracts.open.values():
        starts = [start_s for start_s, _ in contract.terms.legs]
        if concerned(contract.participant_id, contract.terms.unit_id, contract.area_id, starts):
            yield contracts.closed(contract, ContractState.WITHDRAWN)
