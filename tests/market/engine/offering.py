"""A market for offers outside the books: two villages, a line between them, and short ways to trade.

The one idea: a test says who offers what to whom; ids, times and actors have plain values here.
"""

from dataclasses import replace
from typing import Final

from market.engine.engine import Engine
from market.model.contract import ConfirmContract, ContractTerms, RegisterContract
from market.model.grid import Area, Grid, Line
from market.model.listing import (
    AcceptQuote,
    AskQuotes,
    GiveQuote,
    InquiryTerms,
    ListingTerms,
    PostListing,
    QuoteTerms,
    TakeListing,
    WithdrawListing,
)
from market.model.messages import (
    Answer,
    CloseGate,
    Command,
    CreateMarket,
    Deposit,
    Event,
    ExpireDue,
    MakeDeposits,
    OpenCall,
    RegisterParticipants,
    RegisterUnits,
    TradesMade,
)
from market.model.order import Side
from market.model.participant import Participant, Unit, UnitKind
from market.model.rejection import Code
from market.model.trade import Trade
from tests.builders import DAY_BEFORE_US, MIDNIGHT_S, RULES, STEP_S, unit

OFFERING: Final = replace(RULES, listing=True, bilateral=True, standing=True)
HOUR_US: Final = 3_600_000_000
LINE: Final = Line(
    line_id="RUR-SEM",
    from_area="RUR",
    to_area="SEM",
    capacity_forward_w=8_000,
    capacity_backward_w=8_000,
    loss_ppm=20_000,
    fee_forward_ticks=400,
    fee_backward_ticks=0,
)
"""2,000 Wh an interval each way."""
VILLAGES: Final = Grid(
    areas=(
        Area(area_id="RUR", name="Rural"),
        Area(area_id="SEM", name="Semi-urban"),
        Area(area_id="GRID", name="Upper grid", holds_last_resort=True),
    ),
    lines=(
        LINE,
        Line(
            line_id="GRID-SEM",
            from_area="GRID",
            to_area="SEM",
            capacity_forward_w=80_000,
            capacity_backward_w=80_000,
            loss_ppm=0,
            fee_forward_ticks=4_000,
            fee_backward_ticks=0,
        ),
    ),
)
PARTIES: Final = (
    Participant(participant_id="ann", name="Ann", area_id="RUR"),
    Participant(participant_id="ben", name="Ben", area_id="RUR"),
    Participant(participant_id="sue", name="Sue", area_id="SEM"),
    Participant(participant_id="retailer", name="Retailer", area_id="GRID", is_last_resort=True),
)
UNITS: Final[tuple[Unit, ...]] = (
    unit("ann-solar", "ann", UnitKind.SOLAR, injection_max_w=10_000),
    unit("ann-load", "ann", UnitKind.LOAD, withdrawal_max_w=10_000),
    unit("ben-load", "ben", UnitKind.LOAD, withdrawal_max_w=10_000),
    unit("ben-chp", "ben", UnitKind.GENERATOR, injection_max_w=10_000),
    unit("sue-load", "sue", UnitKind.LOAD, withdrawal_max_w=20_000, area_id="SEM"),
    unit("sue-wind", "sue", UnitKind.WIND, injection_max_w=20_000, area_id="SEM"),
)
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}


def at(number: int) -> int:
    """Start of the n-th interval of the day."""
    return MIDNIGHT_S + number * STEP_S


def curve(energies: str, first: int = 0) -> tuple[tuple[int, int], ...]:
    """A curve from `400 500`: Wh of one interval after the other."""
    return tuple((at(first + row), int(text)) for row, text in enumerate(energies.split()))


class Offering:
    """The market under test: wishes in, events kept."""

    def __init__(self, *, funds: int = 10**10, rules: object = OFFERING) -> None:
        self.engine = Engine()
        self.events: list[Event] = []
        self.now_us = DAY_BEFORE_US
        self.names = 0
        self._does(CreateMarket, rules=rules, grid=VILLAGES)
        self._does(RegisterParticipants, participants=PARTIES)
        self._does(RegisterUnits, units=UNITS)
        deposits = tuple(
            Deposit(deposit_id=f"dep-{who}", participant_id=who, amount_quanta=funds)
            for who in ("ann", "ben", "sue")
        )
        self._does(MakeDeposits, deposits=deposits)

    def _does(self, kind: type, **fields: object) -> Answer:
        answer = self.does(kind(now_us=self.now_us, actor="op", **fields))
        assert answer.rejections == ()
        return answer

    def does(self, command: Command) -> Answer:
        """Decide and apply one command."""
        decision = self.engine.execute(command)
        self.events.extend(decision.events)
        return decision.answer

    def tells(self, kind: type, who: str, **fields: object) -> Answer:
        """A wish of a participant."""
        return self.does(kind(now_us=self.now_us, actor=who, participant_id=who, **fields))

    def name(self, wanted: str | None) -> str:
        """The wanted own id, or a new one."""
        self.names += 1
        return wanted or f"own-{self.names}"

    # --- wishes ---------------------------------------------------------------------

    def lists(
        self, unit_id: str, side: str, price_ticks: int, energies: str, **fields: object
    ) -> Answer:
        """Post a listing; `name` is its own id, other fields are the terms'."""
        name = self.name(fields.pop("name", None))  # type: ignore[arg-type]
        legs = fields.pop("legs", curve(energies))
        terms = ListingTerms(
            unit_id=unit_id,
            side=_SIDES[side],
            price_ticks=price_ticks,
            legs=legs,  # type: ignore[arg-type]
            **fields,  # type: ignore[arg-type]
        )
        return self.tells(PostListing, _owner(unit_id), client_listing_id=name, terms=terms)

    def takes(
        self, unit_id: str, energies: str, *, of: str = "lst-1", first: int = 0, name: str = ""
    ) -> Answer:
        """Take of a listing."""
        return self.tells(
            TakeListing,
            _owner(unit_id),
            client_take_id=self.name(name),
            listing_id=of,
            unit_id=unit_id,
            legs=curve(energies, first),
        )

    def withdraws(self, who: str, listing_id: str = "lst-1") -> Answer:
        """Take a listing back."""
        return self.tells(WithdrawListing, who, listing_id=listing_id)

    def asks(self, unit_id: str, energy_wh: int, **fields: object) -> Answer:
        """Ask for quotes of the first interval."""
        name = self.name(fields.pop("name", None))  # type: ignore[arg-type]
        known: dict[str, object] = {"answer_by_us": self.now_us + HOUR_US, **fields}
        terms = InquiryTerms(unit_id=unit_id, start_s=at(0), energy_wh=energy_wh, **known)  # type: ignore[arg-type]
        return self.tells(AskQuotes, _owner(unit_id), client_inquiry_id=name, terms=terms)

    def quotes(
        self,
        unit_id: str,
        price_ticks: int,
        energy_wh: int,
        *,
        of: str = "inq-1",
        name: str = "",
        minutes: int = 30,
    ) -> Answer:
        """Answer an inquiry."""
        terms = QuoteTerms(
            inquiry_id=of,
            unit_id=unit_id,
            price_ticks=price_ticks,
            energy_wh=energy_wh,
            valid_until_us=self.now_us + minutes * 60_000_000,
        )
        return self.tells(GiveQuote, _owner(unit_id), client_quote_id=self.name(name), terms=terms)

    def accepts(self, who: str, quote_id: str = "quo-1") -> Answer:
        """Accept a quote."""
        return self.tells(AcceptQuote, who, quote_id=quote_id)

    def proposes(
        self, unit_id: str, side: str, other: str, price_ticks: int, energies: str, **fields: object
    ) -> Answer:
        """Register a contract with the owner of another unit."""
        name = self.name(fields.pop("name", None))  # type: ignore[arg-type]
        known: dict[str, object] = {"answer_by_us": self.now_us + HOUR_US, **fields}
        terms = ContractTerms(
            unit_id=unit_id,
            side=_SIDES[side],
            counterparty_unit_id=other,
            price_ticks=price_ticks,
            legs=curve(energies),
            **known,  # type: ignore[arg-type]
        )
        return self.tells(RegisterContract, _owner(unit_id), client_contract_id=name, terms=terms)

    def confirms(self, who: str, contract_id: str = "con-1") -> Answer:
        """Confirm a contract."""
        return self.tells(ConfirmContract, who, contract_id=contract_id)

    # --- the road ---------------------------------------------------------------------

    def opens(self, number: int = 0) -> None:
        """Open the closing call of an interval."""
        assert self.does(OpenCall(now_us=self.now_us, start_s=at(number))).rejections == ()

    def closes(self, number: int = 0) -> None:
        """Close the gate of an interval."""
        assert self.does(CloseGate(now_us=self.now_us, start_s=at(number))).rejections == ()

    def waits(self, minutes: int) -> None:
        """Time passes; what is due ends."""
        self.now_us += minutes * 60_000_000
        self.does(ExpireDue(now_us=self.now_us))

    # --- what is seen -------------------------------------------------------------------

    def trades(self) -> list[Trade]:
        """Every trade so far."""
        made = [event for event in self.events if isinstance(event, TradesMade)]
        return [trade for event in made for trade in event.trades]

    def available(self, who: str) -> int:
        """Money of a participant that is not held."""
        return self.engine.state.ledger.available_quanta(who)

    def balance(self, account: str) -> int:
        """What is on an account."""
        return self.engine.state.ledger.balance_quanta(account)


def _owner(unit_id: str) -> str:
    return unit_id.partition("-")[0]


def code(answer: Answer) -> Code:
    """Why a wish was refused."""
    return answer.rejections[0].code


def made(answer: Answer) -> str:
    """The id of what was made."""
    assert answer.rejections == (), answer.rejections
    (row,) = answer.orders
    assert row.order_id is not None
    return row.order_id
