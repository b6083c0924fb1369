"""Contracts are registered by one party and confirmed by the other.

The one idea: at registration the proposer's side is held for every interval; confirming checks the
other side and the grid and makes a match in every interval, in one decision or not at all.
"""

from collections.abc import Iterator

from market.engine.decisions import refused
from market.engine.offers.inquiries import most_sent_wh
from market.engine.offers.pairs import (
    acceptor_refusal,
    grid_refusal,
    matched,
    no,
    party,
    repeat,
    stop_refusal,
    yes,
)
from market.engine.state import MarketState
from market.model.contract import (
    ConfirmContract,
    Contract,
    ContractClosed,
    ContractRegistered,
    ContractState,
    ContractTerms,
    DeclineContract,
    RegisterContract,
    WaysSettled,
    WithdrawContract,
    held_legs,
)
from market.model.interval import instant_text
from market.model.messages import Decision, Event, TransfersBooked
from market.model.order import Side, Venue
from market.model.participant import Unit
from market.model.rejection import Code, Rejection
from market.model.trade import ClearingOutcome
from market.settlement.ways import way_transfers
from market.trading.holds import hold_quanta
from market.trading.offers import OfferLeg, curve_refusal, side_refusal
from market.trading.pairs import Pair, Passage, passage_between


def register_contract(state: MarketState, command: RegisterContract) -> Decision:
    """Check and hold the proposer's side; the grid is asked already, and again at confirmation."""
    contracts, terms = state.contracts, command.terms
    known = contracts.known.get((command.participant_id, command.client_contract_id))
    if known is not None:
        return repeat(known[0], same=known[1] == terms, pointer="client_contract_id")
    own, other = state.units.get(terms.unit_id), state.units.get(terms.counterparty_unit_id)
    if own is None or own.participant_id != command.participant_id:
        return no(Code.UNIT_UNKNOWN, "unit_id")
    if other is None:
        return no(Code.UNIT_UNKNOWN, "counterparty_unit_id")
    refusal = _register_refusal(state, command, own, other)
    if refusal is not None:
        return refused([refusal])
    seller, buyer = _ends(terms, own, other)
    sent_wh = tuple(
        most_sent_wh(state, seller.area_id, buyer.area_id, energy_wh) or energy_wh
        for _, energy_wh in terms.legs
    )
    contract = Contract(
        contract_id=f"con-{contracts.next_number}",
        client_contract_id=command.client_contract_id,
        participant_id=command.participant_id,
        counterparty_id=other.participant_id,
        area_id=own.area_id,
        counterparty_area_id=other.area_id,
        sent_wh=sent_wh,
        registered_us=command.now_us,
        terms=terms,
    )
    legs = held_legs(contract)
    refusal = _proposer_refusal(state, own, contract, legs)
    if refusal is not None:
        return refused([refusal])
    held_quanta = sum(hold_quanta(terms.side, terms.price_ticks, wh) for _, wh in legs)
    registered = ContractRegistered(contract=contract, held_quanta=held_quanta)
    return yes(contract.contract_id, registered)


def _ends(terms: ContractTerms, own: Unit, other: Unit) -> tuple[Unit, Unit]:
    """Seller's unit and buyer's unit."""
    return (own, other) if terms.side is Side.SELL else (other, own)


def _register_refusal(
    state: MarketState, command: RegisterContract, own: Unit, other: Unit
) -> Rejection | None:
    terms = command.terms
    if not state.rules.bilateral:
        return Rejection(code=Code.MODE_NOT_OFFERED)
    if other.participant_id == command.participant_id:
        return Rejection(code=Code.SELF_TRADE_PREVENTED, pointer="counterparty_unit_id")
    refusal = stop_refusal(state, command.actor, own, terms.legs)
    refusal = refusal or curve_refusal(state.phases, terms.legs, (own.area_id, other.area_id))
    if refusal is not None:
        return refusal
    if terms.answer_by_us <= command.now_us:
        return Rejection(code=Code.EXPIRY_IN_PAST, pointer="answer_by")
    if any(energy_wh < 1 for _, energy_wh in terms.legs):
        return Rejection(code=Code.VOLUME_MIN, pointer="legs")
    passages = _passages(state, terms, own, other, None)
    return passages if isinstance(passages, Rejection) else None


def _proposer_refusal(
    state: MarketState, own: Unit, contract: Contract, legs: tuple[tuple[int, int], ...]
) -> Rejection | None:
    terms = contract.terms
    return side_refusal(
        state.checks,
        own,
        terms.side,
        tuple(
            OfferLeg(start_s=start_s, price_ticks=terms.price_ticks, energy_wh=energy_wh)
            for start_s, energy_wh in legs
        ),
        state.draft(own.participant_id),
        stands=True,
    )


def _passages(
    state: MarketState,
    terms: ContractTerms,
    own: Unit,
    other: Unit,
    sent_max_wh: tuple[int, ...] | None,
) -> list[Passage] | Rejection:
    """The way of each leg; a refusal that names every interval the grid cannot carry."""
    seller, buyer = _ends(terms, own, other)
    passages: list[Passage] = []
    blocked: list[str] = []
    for row, (start_s, energy_wh) in enumerate(terms.legs):
        passage = passage_between(
            state.grid,
            state.capacity,
            seller_area=seller.area_id,
            buyer_area=buyer.area_id,
            start_s=start_s,
            energy_wh=energy_wh,
            price_ticks=terms.price_ticks,
            sent_max_wh=None if sent_max_wh is None else sent_max_wh[row],
        )
        if passage is None:
            blocked.append(instant_text(start_s))
        else:
            passages.append(passage)
    return grid_refusal(seller.area_id, buyer.area_id, blocked) if blocked else passages


def confirm_contract(state: MarketState, command: ConfirmContract) -> Decision:
    """The other party agrees: every leg becomes a match, or none does."""
    contracts = state.contracts
    _, other_id = contracts.parties.get(command.contract_id, ("", ""))
    if other_id != command.participant_id:
        return no(Code.CONTRACT_UNKNOWN, "contract_id")
    if contracts.state.get(command.contract_id) is ContractState.CONFIRMED:
        return yes(command.contract_id, repeated=True)
    contract = contracts.open.get(command.contract_id)
    if contract is None or contract.terms.answer_by_us <= command.now_us:
        return no(Code.CONTRACT_CLOSED, "contract_id")
    pairs = _pairs(state, command.actor, contract)
    if isinstance(pairs, Rejection):
        return refused([pairs])
    other = state.units[contract.terms.counterparty_unit_id]
    side = Side.BUY if contract.terms.side is Side.SELL else Side.SELL
    refusal = acceptor_refusal(state, other, side, pairs)
    if refusal is not None:
        return refused([refusal])
    return yes(
        command.contract_id,
        closed(contract, ContractState.CONFIRMED),
        *matched(state, pairs, Venue.BILATERAL, command.now_us),
    )


def _pairs(state: MarketState, client_id: str, contract: Contract) -> list[Pair] | Rejection:
    terms = contract.terms
    own, other = state.units[terms.unit_id], state.units[terms.counterparty_unit_id]
    refusal = (
        stop_refusal(state, client_id, other, terms.legs)
        or stop_refusal(state, "", own, terms.legs)
        or curve_refusal(state.phases, terms.legs, (own.area_id, other.area_id))
    )
    if refusal is not None:
        return refusal
    held_wh = contract.sent_wh if terms.side is Side.SELL else None
    passages = _passages(state, terms, own, other, held_wh)
    if isinstance(passages, Rejection):
        return passages
    seller, buyer = _ends(terms, own, other)
    return [
        Pair(
            start_s=start_s,
            seller=party(seller),
            buyer=party(buyer),
            price_ticks=terms.price_ticks,
            named_by=terms.side,
            passage=passage,
            origin_id=contract.contract_id,
        )
        for (start_s, _), passage in zip(terms.legs, passages, strict=True)
    ]


def closed(contract: Contract, state: ContractState) -> ContractClosed:
    """The fact that a contract waits no longer."""
    return ContractClosed(
        contract_id=contract.contract_id,
        participant_id=contract.participant_id,
        counterparty_id=contract.counterparty_id,
        state=state,
    )


def decline_contract(state: MarketState, command: DeclineContract) -> Decision:
    """The other party says no; saying it again is harmless."""
    _, other_id = state.contracts.parties.get(command.contract_id, ("", ""))
    mine = other_id == command.participant_id
    return _ended(state, command.contract_id, ContractState.DECLINED, mine=mine)


def withdraw_contract(state: MarketState, command: WithdrawContract) -> Decision:
    """The proposer takes it back; doing it again is harmless."""
    own_id, _ = state.contracts.parties.get(command.contract_id, ("", ""))
    mine = own_id == command.participant_id
    return _ended(state, command.contract_id, ContractState.WITHDRAWN, mine=mine)


def _ended(state: MarketState, contract_id: str, ends: ContractState, *, mine: bool) -> Decision:
    if not mine:
        return no(Code.CONTRACT_UNKNOWN, "contract_id")
    contract = state.contracts.open.get(contract_id)
    if contract is not None:
        return yes(contract_id, closed(contract, ends))
    if state.contracts.state[contract_id] is ends:
        return yes(contract_id, repeated=True)
    return no(Code.CONTRACT_CLOSED, "contract_id")


def expire_contract(state: MarketState, contract_id: str) -> Iterator[Event]:
    """Nobody confirmed in time."""
    contract = state.contracts.open.get(contract_id)
    if contract is not None:
        yield closed(contract, ContractState.EXPIRED)


def end_at_gate(state: MarketState, start_s: int) -> Iterator[Event]:
    """A curve with an interval that is agreed on no more cannot be confirmed as a whole."""
    for contract in state.contracts.at(start_s):
        yield closed(contract, ContractState.EXPIRED)


def settle_ways(state: MarketState, outcome: ClearingOutcome) -> Iterator[Event]:
    """The closing call of an interval is known: what its ways are worth is paid."""
    ways = state.contracts.ways.get(outcome.start_s)
    if ways is None:
        return
    transfers = tuple(way_transfers(ways, state.lines, outcome))
    if transfers:
        yield TransfersBooked(transfers=transfers)
    yield WaysSettled(start_s=outcome.start_s)
