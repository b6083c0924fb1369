"""Listings are posted, taken, withdrawn; what is left of them at the gate joins the call.

The one idea: a listing is held like an order from the moment it stands; a take gives that hold back
for what it takes and makes the match in the same decision.
"""

from collections import defaultdict
from collections.abc import Iterator

from market.engine.decisions import refused
from market.engine.offers.pairs import (
    acceptor_refusal,
    grid_refusal,
    matched,
    no,
    party,
    repeat,
    stop_refusal,
    too_much,
    yes,
)
from market.engine.state import MarketState
from market.model.interval import instant_text
from market.model.listing import (
    Listing,
    ListingClosed,
    ListingPosted,
    ListingState,
    ListingTaken,
    ListingTerms,
    PostListing,
    Take,
    TakeListing,
    TakenLeg,
    WithdrawListing,
)
from market.model.messages import Decision, Event, OrdersAccepted
from market.model.order import AcceptedColumns, Side, Venue
from market.model.participant import Unit
from market.model.rejection import Code, Rejection
from market.trading.holds import hold_quanta
from market.trading.listing import OpenListing, fits, share_refusal, terms_refusal
from market.trading.offers import OfferLeg, curve_refusal, side_refusal
from market.trading.pairs import Pair, passage_between, received_wh


def post_listing(state: MarketState, command: PostListing) -> Decision:
    """Check it like orders, hold its energy and money, and list it."""
    listings, terms = state.listings, command.terms
    known = listings.known.get((command.participant_id, command.client_listing_id))
    if known is not None:
        return repeat(known[0], same=known[1] == terms, pointer="client_listing_id")
    refusal = _post_refusal(state, command)
    if refusal is not None:
        return refused([refusal])
    unit, owner = state.units[terms.unit_id], state.participants[command.participant_id]
    listing = Listing(
        listing_id=f"lst-{listings.next_number}",
        client_listing_id=command.client_listing_id,
        participant_id=command.participant_id,
        area_id=unit.area_id,
        source=unit.kind,
        shown_as=owner.name if terms.shows_name else listings.pseudonym(command.participant_id),
        posted_us=command.now_us,
        terms=terms,
    )
    held_quanta = sum(hold_quanta(terms.side, terms.price_ticks, wh) for _, wh in terms.legs)
    return yes(listing.listing_id, ListingPosted(listing=listing, held_quanta=held_quanta))


def _post_refusal(state: MarketState, command: PostListing) -> Rejection | None:
    terms = command.terms
    unit = state.units.get(terms.unit_id)
    if unit is None or unit.participant_id != command.participant_id:
        return Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")
    if not state.rules.listing:
        return Rejection(code=Code.MODE_NOT_OFFERED)
    return (
        stop_refusal(state, command.actor, unit, terms.legs)
        or curve_refusal(state.phases, terms.legs, (unit.area_id,))
        or terms_refusal(terms, command.now_us)
        or side_refusal(
            state.checks,
            unit,
            terms.side,
            tuple(
                OfferLeg(start_s=start_s, price_ticks=terms.price_ticks, energy_wh=energy_wh)
                for start_s, energy_wh in terms.legs
            ),
            state.draft(command.participant_id),
            stands=True,
        )
    )


def take_listing(state: MarketState, command: TakeListing) -> Decision:
    """Match all or part of what is left with the taker, in every interval asked for or in none."""
    listings = state.listings
    known = listings.takes.get((command.participant_id, command.client_take_id))
    if known is not None:
        terms = (command.listing_id, command.unit_id, command.legs)
        return repeat(known[0], same=known[1] == terms, pointer="client_take_id")
    found = listings.open.get(command.listing_id)
    if found is None or not _may_see(found.listing, command.participant_id):
        closed = found is None and command.listing_id in listings.owner
        return no(Code.LISTING_CLOSED if closed else Code.LISTING_UNKNOWN, "listing_id")
    unit = state.units.get(command.unit_id)
    if unit is None or unit.participant_id != command.participant_id:
        return no(Code.UNIT_UNKNOWN, "unit_id")
    refusal = _take_refusal(state, command, found.listing, unit)
    if refusal is not None:
        return refused([refusal])
    pairs = _pairs(state, command, found, unit)
    if isinstance(pairs, Rejection):
        return refused([pairs])
    taker_side = Side.BUY if found.listing.terms.side is Side.SELL else Side.SELL
    refusal = acceptor_refusal(state, unit, taker_side, pairs)
    if refusal is not None:
        return refused([refusal])
    take = _take(state, command, found.listing, pairs)
    taken = ListingTaken(owner_id=found.listing.participant_id, take=take)
    return yes(take.take_id, taken, *matched(state, pairs, Venue.LISTING, command.now_us))


def _may_see(listing: Listing, participant_id: str) -> bool:
    """A listing for partners exists for nobody else."""
    partners = listing.terms.partners
    return not partners or participant_id in (*partners, listing.participant_id)


def _take_refusal(
    state: MarketState, command: TakeListing, listing: Listing, unit: Unit
) -> Rejection | None:
    owner_unit = state.units[listing.terms.unit_id]
    refusal = (
        stop_refusal(state, command.actor, unit, command.legs)
        or stop_refusal(state, "", owner_unit, command.legs)
        or curve_refusal(state.phases, command.legs, (listing.area_id, unit.area_id))
    )
    if refusal is not None:
        return refusal
    if listing.participant_id == command.participant_id:
        return Rejection(code=Code.SELF_TRADE_PREVENTED, pointer="listing_id")
    if not fits(listing.terms, listing.area_id, command.participant_id, unit):
        return Rejection(code=Code.ATTRIBUTES_DIFFER, pointer="unit_id")
    return None


def _pairs(
    state: MarketState, command: TakeListing, found: OpenListing, unit: Unit
) -> list[Pair] | Rejection:
    """A pair for each interval; the first reason instead why one of them cannot be made."""
    listing, terms = found.listing, found.listing.terms
    owner, taker = party(state.units[terms.unit_id]), party(unit)
    sells = terms.side is Side.SELL
    seller, buyer = (owner, taker) if sells else (taker, owner)
    pairs: list[Pair] = []
    blocked: list[str] = []
    for row, (start_s, energy_wh) in enumerate(command.legs):
        left_wh = found.left_wh.get(start_s, 0)
        most_wh = _most_wh(state, left_wh, seller.area_id, buyer.area_id) if sells else left_wh
        if not 0 < energy_wh <= most_wh:
            return too_much(most_wh, f"legs/{row}/energy_kwh")
        passage = passage_between(
            state.grid,
            state.capacity,
            seller_area=seller.area_id,
            buyer_area=buyer.area_id,
            start_s=start_s,
            energy_wh=energy_wh,
            price_ticks=terms.price_ticks,
            sent_max_wh=left_wh if sells else None,
        )
        if passage is None:
            blocked.append(instant_text(start_s))
            continue
        listed_wh = passage.sent_wh if sells else energy_wh
        refusal = share_refusal(terms, left_wh, listed_wh)
        if refusal is not None:
            return refusal
        pairs.append(
            Pair(
                start_s=start_s,
                seller=seller,
                buyer=buyer,
                price_ticks=terms.price_ticks,
                named_by=terms.side,
                passage=passage,
                origin_id=listing.listing_id,
            )
        )
    return grid_refusal(seller.area_id, buyer.area_id, blocked) if blocked else pairs


def _most_wh(state: MarketState, left_wh: int, seller_area: str, buyer_area: str) -> int:
    """What can arrive at best of what is left at the seller."""
    if seller_area == buyer_area:
        return left_wh
    ends = {seller_area, buyer_area}
    losses = [line.loss_ppm for line in state.grid.lines if {line.from_area, line.to_area} == ends]
    # Without a line the way is refused, not the energy.
    return received_wh(min(losses), left_wh) if losses else left_wh


def _take(state: MarketState, command: TakeListing, listing: Listing, pairs: list[Pair]) -> Take:
    sells = listing.terms.side is Side.SELL
    return Take(
        take_id=f"tak-{state.listings.next_take_number}",
        client_take_id=command.client_take_id,
        listing_id=listing.listing_id,
        participant_id=command.participant_id,
        unit_id=command.unit_id,
        legs=tuple(
            TakenLeg(
                start_s=pair.start_s,
                energy_wh=pair.passage.received_wh,
                listed_wh=pair.passage.sent_wh if sells else pair.passage.received_wh,
            )
            for pair in pairs
        ),
    )


def withdraw_listing(state: MarketState, command: WithdrawListing) -> Decision:
    """What is left is no longer listed."""
    if state.listings.owner.get(command.listing_id) != command.participant_id:
        return no(Code.LISTING_UNKNOWN, "listing_id")
    found = state.listings.open.get(command.listing_id)
    if found is None:
        return no(Code.LISTING_CLOSED, "listing_id")
    return yes(command.listing_id, closed(found, ListingState.WITHDRAWN))


def closed(found: OpenListing, state: ListingState) -> ListingClosed:
    """The fact that nothing of a listing is listed any more."""
    return ListingClosed(
        listing_id=found.listing.listing_id,
        participant_id=found.listing.participant_id,
        starts_s=tuple(found.left_wh),
        state=state,
    )


def expire_listing(state: MarketState, listing_id: str) -> Iterator[Event]:
    """Its owner's time limit is reached."""
    found = state.listings.open.get(listing_id)
    if found is not None:
        yield closed(found, ListingState.EXPIRED)


def join_call(state: MarketState, start_s: int, now_us: int) -> Iterator[Event]:
    """At the gate: what is left of the interval becomes orders of its closing call, or lapses.

    The holds are given back and taken again for the same energy at the same price, so an order of
    the call is never refused here. An area that is still halted takes no part in the call.
    """
    joining: defaultdict[str, list[tuple[Listing, int]]] = defaultdict(list)
    for found in state.listings.at(start_s):
        listing = found.listing
        yield ListingClosed(
            listing_id=listing.listing_id,
            participant_id=listing.participant_id,
            starts_s=(start_s,),
            state=ListingState.CALLED,
        )
        lapses = listing.terms.lapses_at_call and _wishes(listing.terms)
        if not lapses and not state.phases.is_halted(start_s, listing.area_id):
            joining[listing.participant_id].append((listing, found.left_wh[start_s]))
    number = state.next_order_number
    for participant_id, left in joining.items():
        orders = _call_orders(state, participant_id, left, start_s, number)
        number += len(orders)
        yield OrdersAccepted(participant_id=participant_id, now_us=now_us, orders=orders)


def _wishes(terms: ListingTerms) -> bool:
    """True when the listing asks for something a call cannot honour."""
    return terms.green_only or terms.neighbours_only or bool(terms.partners)


def _call_orders(
    state: MarketState,
    participant_id: str,
    left: list[tuple[Listing, int]],
    start_s: int,
    number: int,
) -> AcceptedColumns:
    return AcceptedColumns(
        order_id=tuple(f"ord-{number + row}" for row in range(len(left))),
        client_order_id=tuple(
            _free_id(state, participant_id, f"{listing.listing_id}-{start_s}")
            for listing, _ in left
        ),
        unit_id=tuple(listing.terms.unit_id for listing, _ in left),
        area_id=tuple(listing.area_id for listing, _ in left),
        start_s=(start_s,) * len(left),
        side=tuple(listing.terms.side for listing, _ in left),
        price_ticks=tuple(listing.terms.price_ticks for listing, _ in left),
        energy_wh=tuple(left_wh for _, left_wh in left),
        held_quanta=tuple(
            hold_quanta(listing.terms.side, listing.terms.price_ticks, left_wh)
            for listing, left_wh in left
        ),
    )


def _free_id(state: MarketState, participant_id: str, wanted: str) -> str:
    """An own id its owner has not used: the wanted one, or with as many dashes as it takes."""
    while (participant_id, wanted) in state.client_orders:
        wanted += "-"
    return wanted
