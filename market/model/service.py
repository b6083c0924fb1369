"""Units out of service: planned or not, for some delivery intervals.

The one idea: what cannot run may not be traded. While a unit is out, nothing new of it enters, and what
rests for those intervals leaves the books; trades stand, their deviation has its price.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Delivery intervals in which a unit cannot run: [from_s, until_s)."""

    unit_id: str
    from_s: int
    until_s: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOutage:
    """A unit is out of service; told by its owner or an operator. A later report replaces it."""

    now_us: int
    actor: str
    outage: Outage


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOutage:
    """The unit can run again."""

    now_us: int
    actor: str
    unit_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageReported:
    """A unit is out of service for these intervals."""

    outage: Outage
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageEnded:
    """A unit is in service again."""

    unit_id: str
    now_us: int
