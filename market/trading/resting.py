"""The nouns of continuous matching: orders that rest, and what a plan says.

The one idea: an order on its way in and an order in the book are the same small mutable object, as a
million of them come and go; what few orders ask beyond price and energy stands in `Terms`, shared. A
plan only names what would happen: it is read by the engine and written down as facts.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec import Struct

from market.model.order import PLAIN, OrderOptions
from market.model.rejection import Code

TermsValues = tuple[int, bool, bool, frozenset[str] | None]
"""What an iceberg shows, green, green only, partners."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an order asks of whom it meets; None in its place means nothing at all."""

    display_wh: int = 0
    """Iceberg: energy shown at a time; 0: all of it."""
    green: bool = False
    """A sell of renewable energy."""
    green_only: bool = False
    """A buy that meets green sells only."""
    partners: frozenset[str] | None = None
    """Owners it may meet; None: all."""
    binds: bool = field(init=False)
    """Whether it cannot be matched by price and time alone."""

    def __post_init__(self) -> None:
        """Say once what every match would ask."""
        binds = self.display_wh > 0 or self.green_only or self.partners is not None
        object.__setattr__(self, "binds", binds)

    def values(self) -> TermsValues:
        """What makes them again, by value: a snapshot must not tell who shared them."""
        return (self.display_wh, self.green, self.green_only, self.partners)


GREEN: Final = Terms(green=True)
"""An ordinary sell of renewable energy."""


def terms_of(options: OrderOptions, green: bool = False) -> Terms | None:
    """What a book needs of an order's options; `green` says the unit's energy is renewable.

    `neighbours_first` needs nothing: at one price the own area comes first for everybody.
    """
    if options is PLAIN:  # nearly all; the options' hash would be made of a dozen values
        return GREEN if green else None
    return _special_terms(options, green)


@lru_cache(maxsize=4_096)
def _special_terms(options: OrderOptions, green: bool) -> Terms | None:
    terms = Terms(
        display_wh=options.display_wh,
        green=green,
        green_only=options.green_only,
        partners=frozenset(options.partners) or None,
    )
    return terms if terms.binds or green else None


def terms_again(values: TermsValues | None) -> Terms | None:
    """Terms as a snapshot keeps them."""
    return None if values is None else _same_terms(values)


@lru_cache(maxsize=4_096)
def _same_terms(values: TermsValues) -> Terms:
    display_wh, green, green_only, partners = values
    return Terms(display_wh=display_wh, green=green, green_only=green_only, partners=partners)


class Level(deque["Resting"]):
    """The queue of one price, in order of priority.

    An order that leaves stays in it, dead (`Resting.dead` is None), until it reaches the front or the
    dead outnumber the living: leaving costs no search.
    """

    __slots__ = ("dead",)

    dead: list[int]
    """One number: how many of the dead it still carries. Whoever makes a queue sets it."""


class Resting(Struct, eq=False, gc=False):
    """A limit order of one interval, on its way in or in the book.

    The collector of cycles does not look at it, as a million rest and nothing an order holds leads
    back to it: so it holds what its queue counts, not the queue.
    """

    order_id: str
    owner: str
    """The beneficial owner."""
    unit_id: str
    area_id: str
    start_s: int
    is_sell: bool
    price_ticks: int
    remaining_wh: int
    terms: Terms | None = None
    hidden_wh: int = 0
    dead: list[int] | None = None
    """The count of the dead of the queue it stands in; None: it does not rest."""
    sequence: int = 0
    """Priority among equal prices, smaller first; set by the book when it rests or is shown anew.
    0: it never rested. It rests once: whatever comes back is a new object."""

    def fields(self) -> tuple[object, ...]:
        """What makes it again, in the order in which it is made; its terms by value."""
        return (
            self.order_id,
            self.owner,
            self.unit_id,
            self.area_id,
            self.start_s,
            self.is_sell,
            self.price_ticks,
            self.remaining_wh,
            None if self.terms is None else self.terms.values(),
        )

    @property
    def display_wh(self) -> int:
        """Energy an iceberg shows at a time; 0: no iceberg."""
        return 0 if self.terms is None else self.terms.display_wh

    @property
    def shown_wh(self) -> int:
        """What others see of it."""
        return self.remaining_wh - self.hidden_wh


class RestingBlock:
    """All intervals in full at one limit, or nothing; on its way in or in the list of blocks."""

    __slots__ = (
        "area_id",
        "is_sell",
        "legs",
        "order_id",
        "owner",
        "price_ticks",
        "sequence",
        "terms",
        "unit_id",
    )

    sequence: int
    """Priority among equal prices; set by the book."""

    def __init__(
        self,
        order_id: str,
        owner: str,
        unit_id: str,
        area_id: str,
        is_sell: bool,
        price_ticks: int,
        legs: tuple[tuple[int, int], ...],
        terms: Terms | None = None,
    ) -> None:
        """`legs` are (start_s, energy_wh) in time order; `price_ticks` limits their average."""
        self.order_id = order_id
        self.owner = owner
        self.unit_id = unit_id
        self.area_id = area_id
        self.is_sell = is_sell
        self.price_ticks = price_ticks
        self.legs = legs
        self.terms = terms

    def fields(self) -> tuple[object, ...]:
        """What makes it again, in the order in which it is made; its terms by value."""
        return (
            self.order_id,
            self.owner,
            self.unit_id,
            self.area_id,
            self.is_sell,
            self.price_ticks,
            self.legs,
            None if self.terms is None else self.terms.values(),
        )


class Path(NamedTuple):
    """The line over which a match goes."""

    line_id: str
    forward: bool
    sent_wh: int
    received_wh: int
    fee_quanta: int
    """To the grid operator."""


class Fill(NamedTuple):
    """One match with a resting order, each side's energy counted in its own area."""

    resting: Resting
    sold_wh: int
    bought_wh: int
    sell_price_ticks: int
    buy_price_ticks: int
    path: Path | None
    """None: both are in one area."""

    @property
    def resting_wh(self) -> int:
        """What the resting order gives up."""
        return self.sold_wh if self.resting.is_sell else self.bought_wh

    @property
    def incoming_wh(self) -> int:
        """What the incoming order gets."""
        return self.bought_wh if self.resting.is_sell else self.sold_wh

    @property
    def buyer_pays_quanta(self) -> int:
        """Negative when a buyer is paid."""
        return self.buy_price_ticks * self.bought_wh

    @property
    def seller_gets_quanta(self) -> int:
        """Negative when a seller pays."""
        return self.sell_price_ticks * self.sold_wh

    @property
    def rounding_quanta(self) -> int:
        """What whole ticks leave over, >= 0, for the line's rounding account."""
        fee_quanta = 0 if self.path is None else self.path.fee_quanta
        return self.buyer_pays_quanta - self.seller_gets_quanta - fee_quanta


class Prevented(NamedTuple):
    """A match of one owner with itself that does not take place."""

    resting: "Resting | RestingBlock"
    prevented_wh: int
    """What would have been matched, counted at the resting order; of a block all its legs."""
    taken_wh: int
    """By how much the incoming order shrinks without trading (decrement both)."""
    left_wh: int
    """What stays of the resting order; 0: it is cancelled."""


class Ending(StrEnum):
    """What becomes of what is left of an incoming order."""

    FILLED = "filled"
    """Nothing is left."""
    RESTS = "rests"
    CANCELLED = "cancelled"
    """The rest is cancelled, what traded stands."""
    REFUSED = "refused"
    """Nothing happens at all, to the order or to others."""


class Plan:
    """What an incoming order would do. Read only: plans without fills are shared."""

    __slots__ = ("code", "ending", "fills", "prevented", "rest_wh")

    def __init__(
        self,
        ending: Ending,
        fills: tuple[Fill, ...] | list[Fill] = (),
        rest_wh: int | None = None,
        prevented: tuple[Prevented, ...] = (),
        code: Code | None = None,
    ) -> None:
        self.ending = ending
        self.fills = fills
        """In the order in which they happen."""
        self.rest_wh = rest_wh
        """What rests or is cancelled; None: all of the order."""
        self.prevented = prevented
        self.code = code
        """Why something is cancelled or refused."""


RESTS = Plan(Ending.RESTS)
"""Meets nothing: all of it rests."""


class RowsPlan(NamedTuple):
    """What several rows would do together: all of them in full, or nothing."""

    ending: Ending
    """FILLED, REFUSED, or for a block RESTS or CANCELLED."""
    rows: tuple[tuple[Fill, ...], ...] = ()
    """The fills of each row, or of each leg of a block; empty where nothing trades."""
    counterpart: RestingBlock | None = None
    """The identical block that is met as a whole, at its price; then `rows` is empty."""
    prevented: tuple[Prevented, ...] = ()
    code: Code | None = None
    failed_row: int | None = None
    """The first row that cannot be filled in full."""
