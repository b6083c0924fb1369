"""Everything one market knows, in one place.

The one idea: state changes only in `apply.py`, by events; what decides reads it and changes nothing.
"""

from dataclasses import dataclass, field

from market.control.market import MarketControl
from market.ledger import Ledger
from market.model.grid import Grid
from market.model.interval import day_of
from market.model.messages import Phase
from market.model.order import Side
from market.model.participant import Participant, StorageData, Unit
from market.model.rules import MarketRules
from market.model.trade import ClearingOutcome
from market.trading.book import Book
from market.trading.phases import Phases
from market.trading.positions import Positions

OrderTerms = tuple[str, int, Side, int, int]
"""What makes an order the same order: unit, interval, side, price_ticks, energy_wh."""


@dataclass(slots=True, kw_only=True)
class MarketState:
    """The state of a market that exists."""

    rules: MarketRules
    grid: Grid
    phases: Phases
    control: MarketControl
    participants: dict[str, Participant] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    storages: dict[str, StorageData] = field(default_factory=dict)
    """What of `units` stores energy."""
    book: Book = field(default_factory=Book)
    positions: Positions = field(default_factory=Positions)
    ledger: Ledger = field(default_factory=Ledger)
    next_order_number: int = 1
    next_trade_number: int = 1
    client_orders: dict[tuple[str, str], tuple[str, OrderTerms]] = field(default_factory=dict)
    """(participant, client_order_id) to (order id, its content), for ever."""
    order_owner: dict[str, str] = field(default_factory=dict)
    """Owner of every order ever accepted."""
    deposits: dict[str, tuple[str, int]] = field(default_factory=dict)
    """deposit_id to (participant, quanta), for ever."""
    outcomes: dict[int, ClearingOutcome] = field(default_factory=dict)
    """Auction results of intervals that are not settled yet."""
    measured_wh: dict[int, dict[str, int]] = field(default_factory=dict)
    """Readings by interval and unit, until settled."""
    day_withdrawal_wh: dict[str, dict[str, int]] = field(default_factory=dict)
    """Metered withdrawal by local day and participant, until the day is closed."""
    day_rent_quanta: dict[str, dict[str, int]] = field(default_factory=dict)
    """Congestion rent by local day and rent account, until the day is closed."""
    setpoint_sequence: int = 0

    @property
    def last_resort_id(self) -> str | None:
        """The participant who is the retailer of last resort; None: none registered yet."""
        for participant in self.participants.values():
            if participant.is_last_resort:
                return participant.participant_id
        return None

    def is_phase(self, start_s: int, phase: Phase) -> bool:
        """True when the interval is in the phase now."""
        return self.phases.of(start_s) is phase

    def local_day(self, start_s: int) -> str:
        """The market day an interval belongs to, ISO 8601."""
        return day_of(start_s, self.rules.time_zone).isoformat()
