"""Runs that settle a market day as a whole: preliminary, final, and corrected as often as facts change.

The one idea: a run fixes the facts it is made of when it begins, so it comes to the same however often it
is interrupted; it is carried out area by area and booked once, as the difference to what was booked before.
"""

from dataclasses import dataclass
from enum import StrEnum

from market.model.certificate import IssuedCertificates
from market.model.money import Transfer
from market.model.rules import Tariff


class RunKind(StrEnum):
    """Why a day is settled."""

    PRELIMINARY = "preliminary"
    """The day is closed."""
    FINAL = "final"
    """No reading of it may come any more."""
    CORRECTED = "corrected"
    """Somebody asked for it, as facts have changed."""


class RunPhase(StrEnum):
    """What a run is at."""

    SETTLING = "settling"
    """Facts are read and settled; nothing is recorded yet."""
    RECORDING = "recording"
    """Its areas are recorded, one after the other."""
    BOOKING = "booking"
    """All areas are recorded: what is different is booked next."""
    DONE = "done"


def phase_of(state: "RunState", areas_done: int, areas: int) -> RunPhase:
    """What a run is at, by how many of its areas are recorded."""
    if state is RunState.FINISHED:
        return RunPhase.DONE
    if areas_done == areas:
        return RunPhase.BOOKING
    return RunPhase.RECORDING if areas_done else RunPhase.SETTLING


class RunState(StrEnum):
    """How far a run is."""

    RUNNING = "running"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """Of how many unit-intervals of a day the meter is known, and how."""

    measured: int = 0
    """Readings that came in time."""
    late: int = 0
    """Readings that came after their interval was settled and count now."""
    substituted: int = 0
    """No reading: something stands in, of these ..."""
    linear: int = 0
    """... the line between the neighbours of a short gap ..."""
    like_day: int = 0
    """... the same local time of an earlier day of the same kind."""

    @property
    def schedule(self) -> int:
        """What is left: what the unit was to do stands in."""
        return self.substituted - self.linear - self.like_day


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRun:
    """A run as it is kept."""

    run_id: str
    number: int
    day: str
    """Local date, ISO 8601."""
    version: int
    """Of the day, from 1."""
    kind: RunKind
    state: RunState
    actor: str
    reason: str
    tariff: Tariff
    """Network fee and levies of the day."""
    areas: tuple[str, ...]
    """It is done in this order."""
    begun_us: int
    finished_us: int | None
    """None: not yet."""
    completeness: Completeness


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledArea:
    """What a run found in one area; in the event its bytes are left out: they stand in the command."""

    run_id: str
    area_id: str
    detail: bytes
    """Units by intervals, as an Arrow stream."""
    rows: int
    certificates: bytes = b""
    """Of the area's participants, lot by lot, as an Arrow stream; empty: the run made none."""
    green: bytes = b""
    """What they used in each interval, and what of it certificates came with; an Arrow stream."""
    trades: bytes = b""
    """Of the area's units, as they were read, as an Arrow stream; empty: they are with the run below."""
    base_run_id: str | None = None
    """The run whose version holds where these rows say nothing; None: they are the whole area."""


# --- commands -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginSettlement:
    """Settle a day as a whole, on the facts of now."""

    now_us: int
    actor: str
    day: str
    kind: RunKind
    reason: str = ""
    tariff: Tariff | None = None
    """Fees that hold for the day from now on; None: as before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSettledArea:
    """An area of a run is done."""

    now_us: int
    actor: str
    area: SettledArea


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishSettlement:
    """All areas of a run are done: book what is different."""

    now_us: int
    actor: str
    run_id: str
    transfers: tuple[Transfer, ...]
    """From what was booked to what is due; the run's id is their reference."""
    completeness: Completeness
    certificates: IssuedCertificates | None = None
    """From what was issued for the day to what its meters say; None: the run made none."""


# --- events ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementBegun:
    """A run has begun; nothing that comes after it counts for it."""

    run_id: str
    number: int
    day: str
    version: int
    kind: RunKind
    actor: str
    reason: str
    tariff: Tariff
    areas: tuple[str, ...]
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaSettled:
    """An area of a run is done."""

    area: SettledArea
    areas_done: int = 0
    """How many are done with it ..."""
    areas: int = 0
    """... of how many; 0 of 0 in journals from before this was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementFinished:
    """A run is booked: its version of the day stands."""

    run_id: str
    day: str
    version: int
    kind: RunKind
    completeness: Completeness
    differences: int
    """Transfers that were booked for it."""
    ledger_sum_quanta: int
    now_us: int
