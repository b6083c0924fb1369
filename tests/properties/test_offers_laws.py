"""Laws over all modes: whatever is listed, quoted, contracted and ordered, in whatever order.

After every event: money sums to zero and nothing stays on the central account; every area's traded energy
and flows balance in every interval; no unit has more open and traded than it can do; no line carries more
than it can; what is held is exactly what stands. At the end, once everything is closed, nothing is held.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from market.engine.engine import Engine
from market.engine.state import MarketState
from market.model.contract import DeclineContract, WithdrawContract, held_legs
from market.model.listing import CloseInquiry, DeclineInquiry, WithdrawQuote
from market.model.messages import CancelOrders, LinesUsed, PlaceOrders
from market.model.money import CENTRAL
from market.model.order import Side
from market.trading.holds import hold_quanta
from tests.builders import call_rows, orders
from tests.market.engine.offering import UNITS, VILLAGES, Offering, at

INTERVALS = 2
WHO = ("ann", "ben", "sue")
UNIT_IDS = [unit.unit_id for unit in UNITS]


@dataclass(frozen=True, kw_only=True)
class Step:
    """What an act is about."""

    unit_id: str
    other_unit_id: str
    side: str
    price_ticks: int
    energy_wh: int
    number: int

    @property
    def who(self) -> str:
        return self.unit_id.partition("-")[0]


STEPS = st.builds(
    Step,
    unit_id=st.sampled_from(UNIT_IDS),
    other_unit_id=st.sampled_from(UNIT_IDS),
    side=st.sampled_from(["buy", "sell"]),
    price_ticks=st.integers(-2_000, 20_000),
    energy_wh=st.integers(1, 2_700),
    number=st.integers(0, 9),
)
CAPABILITY_WH = {
    unit.unit_id: tuple(
        power_w * 900 // 3_600 * 105 // 100
        for power_w in (unit.withdrawal_max_w, unit.injection_max_w)
    )
    for unit in UNITS
}


def standing(engine: Engine) -> Iterator[tuple[str, Side, int, int, int]]:
    """Everything that stands in any mode: unit, side, price, interval, energy."""
    state = engine.state
    for found in state.listings.open.values():
        terms = found.listing.terms
        for start_s, energy_wh in found.left_wh.items():
            yield terms.unit_id, terms.side, terms.price_ticks, start_s, energy_wh
    for quote in state.inquiries.quotes.values():
        own = quote.terms
        yield own.unit_id, Side.SELL, own.price_ticks, quote.start_s, quote.sent_wh
    for contract in state.contracts.open.values():
        agreed = contract.terms
        for start_s, energy_wh in held_legs(contract):
            yield agreed.unit_id, agreed.side, agreed.price_ticks, start_s, energy_wh
    for number in range(INTERVALS):
        for row in call_rows(engine, at(number)):
            yield row.unit_id, row.side, row.price_ticks, at(number), row.energy_wh


Act = Callable[["Modes", Step], None]


class Modes:
    """Participants do as a step says; most steps are about something that is there."""

    def __init__(self) -> None:
        self.market = Offering(funds=30_000_000)
        self.opened = 0
        self.closed = 0

    @property
    def state(self) -> MarketState:
        return self.market.engine.state

    def lists(self, step: Step) -> None:
        energies = f"{step.energy_wh} {step.energy_wh // 2 + 1}"
        least_wh = 1 + step.number * step.energy_wh // 20
        self.market.lists(step.unit_id, step.side, step.price_ticks, energies, minimum_wh=least_wh)

    def takes(self, step: Step) -> None:
        found = list(self.state.listings.open.values())
        if not found:
            return
        wanted = found[step.number % len(found)]
        first = step.energy_wh % INTERVALS
        energy_wh = 1 + step.energy_wh % (wanted.left_wh.get(at(first), 0) + 1)
        listing_id = wanted.listing.listing_id
        self.market.takes(step.unit_id, str(energy_wh), of=listing_id, first=first)

    def withdraws(self, step: Step) -> None:
        self.market.withdraws(step.who, f"lst-{step.number}")

    def asks(self, step: Step) -> None:
        self.market.asks(
            step.unit_id, step.energy_wh, asked_area="RUR", asked_participants=("sue",)
        )

    def quotes(self, step: Step) -> None:
        found = list(self.state.inquiries.open.values())
        if found:
            asked = found[step.number % len(found)].inquiry
            energy_wh = 1 + step.energy_wh % asked.terms.energy_wh
            self.market.quotes(step.unit_id, step.price_ticks, energy_wh, of=asked.inquiry_id)

    def accepts(self, step: Step) -> None:
        found = list(self.state.inquiries.quotes.values())
        if found:
            quote = found[step.number % len(found)]
            self.market.accepts(self.state.inquiries.buyer[quote.terms.inquiry_id], quote.quote_id)

    def ends_inquiry(self, step: Step) -> None:
        act = CloseInquiry if step.side == "buy" else DeclineInquiry
        self.market.tells(act, step.who, inquiry_id=f"inq-{step.number}")
        self.market.tells(WithdrawQuote, step.who, quote_id=f"quo-{step.number}")

    def proposes(self, step: Step) -> None:
        energies = f"{step.energy_wh} {step.energy_wh // 3 + 1}"
        self.market.proposes(
            step.unit_id, step.side, step.other_unit_id, step.price_ticks, energies
        )

    def confirms(self, step: Step) -> None:
        found = list(self.state.contracts.open.values())
        if found:
            contract = found[step.number % len(found)]
            self.market.confirms(contract.counterparty_id, contract.contract_id)

    def ends_contract(self, step: Step) -> None:
        act = DeclineContract if step.side == "buy" else WithdrawContract
        self.market.tells(act, step.who, contract_id=f"con-{step.number}")

    def orders(self, step: Step) -> None:
        row = f"{self.market.name('')} {step.unit_id} {step.side} {step.price_ticks}"
        columns = orders(f"{row} {step.energy_wh} {step.number % INTERVALS}")
        self.market.tells(PlaceOrders, step.who, orders=columns)

    def cancels(self, step: Step) -> None:
        self.market.tells(CancelOrders, step.who, order_ids=(f"ord-{step.number}",))

    def waits(self, step: Step) -> None:
        self.market.waits(step.number)

    def goes_on(self, _step: Step | None = None) -> None:
        if self.opened < INTERVALS:
            self.market.opens(self.opened)
            self.opened += 1
        elif self.closed < INTERVALS:
            self.market.closes(self.closed)
            self.closed += 1

    # --- the laws -----------------------------------------------------------------------

    def money_is_conserved(self) -> None:
        ledger = self.market.engine.state.ledger
        assert ledger.sum_quanta() == 0
        assert ledger.balance_quanta(CENTRAL) == 0

    def energy_is_conserved(self) -> None:
        rest: defaultdict[tuple[str, int], int] = defaultdict(int)
        for trade in self.market.trades():
            rest[trade.area_id, trade.start_s] += trade.injection_wh
        lines = {line.line_id: line for line in VILLAGES.lines}
        for event in self.market.events:
            for use in event.uses if isinstance(event, LinesUsed) else ():
                line = lines[use.line_id]
                ends = (line.from_area, line.to_area)
                sender, receiver = ends if use.forward else ends[::-1]
                assert use.received_wh == use.sent_wh * (10**6 - line.loss_ppm) // 10**6
                rest[sender, event.start_s] -= use.sent_wh
                rest[receiver, event.start_s] += use.received_wh
        assert not any(rest.values())

    def lines_are_given_out_once(self) -> None:
        sent: defaultdict[tuple[str, bool, int], int] = defaultdict(int)
        for event in self.market.events:
            for use in event.uses if isinstance(event, LinesUsed) else ():
                sent[use.line_id, use.forward, event.start_s] += use.sent_wh
        lines = {line.line_id: line for line in VILLAGES.lines}
        for (line_id, forward, start_s), sent_wh in sent.items():
            line = lines[line_id]
            power_w = line.capacity_forward_w if forward else line.capacity_backward_w
            assert sent_wh <= power_w // 4
            left_wh = self.market.engine.state.capacity.left_wh(line_id, forward, start_s)
            assert left_wh == power_w // 4 - sent_wh

    def nothing_is_sold_twice(self) -> None:
        state = self.market.engine.state
        for unit_id, (buys_wh, sells_wh) in CAPABILITY_WH.items():
            for number in range(INTERVALS):
                energy = state.commitments.open_energy(unit_id, at(number))
                traded = state.positions.traded(unit_id, at(number))
                assert energy.buy_wh + traded.bought_wh <= buys_wh
                assert energy.sell_wh + traded.sold_wh <= sells_wh
                assert min(energy.buy_wh, energy.sell_wh) >= 0

    def what_is_held_is_what_stands(self) -> None:
        state = self.market.engine.state
        held: defaultdict[str, int] = defaultdict(int)
        energy: defaultdict[tuple[str, int, bool], int] = defaultdict(int)
        for unit_id, side, price_ticks, start_s, energy_wh in standing(self.market.engine):
            held[unit_id.partition("-")[0]] += hold_quanta(side, price_ticks, energy_wh)
            energy[unit_id, start_s, side is Side.SELL] += energy_wh
        for who in WHO:
            assert state.ledger.held_quanta(who) == held[who]
        for unit_id in CAPABILITY_WH:
            for number in range(INTERVALS):
                found_wh = state.commitments.open_energy(unit_id, at(number))
                assert found_wh.buy_wh == energy[unit_id, at(number), False]
                assert found_wh.sell_wh == energy[unit_id, at(number), True]

    def facts_alone_rebuild_it(self) -> None:
        """The same facts give the same state."""
        again = Engine()
        for event in self.market.events:
            again.apply(event)
        assert again.snapshot() == self.market.engine.snapshot()

    def laws(self) -> None:
        self.money_is_conserved()
        self.energy_is_conserved()
        self.lines_are_given_out_once()
        self.nothing_is_sold_twice()
        self.what_is_held_is_what_stands()


# Twice as often as the rest: what makes something to trade, and what trades it.
ACTS = (
    *(Modes.lists, Modes.takes, Modes.quotes, Modes.accepts, Modes.proposes, Modes.confirms) * 2,
    *(Modes.asks, Modes.orders, Modes.withdraws, Modes.ends_inquiry, Modes.ends_contract),
    *(Modes.cancels, Modes.waits, Modes.goes_on),
)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(ACTS), STEPS), min_size=30, max_size=60))
def test_the_laws_hold_after_every_decision(steps: list[tuple[Act, Step]]) -> None:
    modes = Modes()
    for act, step in steps:
        act(modes, step)
        modes.laws()
    modes.facts_alone_rebuild_it()
    while modes.closed < INTERVALS:
        modes.goes_on()
        modes.laws()
    assert not modes.state.listings.open
    assert not modes.state.inquiries.open
    assert not modes.state.contracts.open
