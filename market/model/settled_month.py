"""What a local month comes to once all its days are settled: adders given back to balance groups.

The one idea: a month is a pure function of the versions of its days, so it is booked again, as a difference, whenever one
of them has a new version, and never twice for the same ones.
"""

from dataclasses import dataclass
from typing import TypeAlias

from market.model.money import Transfer

Basis: TypeAlias = tuple[tuple[str, int], ...]
"""Days of a month, in order, and the version of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledMonth:
    """A month as it was settled."""

    month: str
    """As in 2016-06, local."""
    version: int
    """From 1."""
    basis: Basis
    """The versions of its days it rests on."""
    detail: bytes
    """Units by groups, as an Arrow stream."""
    rows: int
    differences: int
    """Transfers that were booked for it."""
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleMonth:
    """Book what a month comes to, as the difference to what was booked for it before."""

    now_us: int
    actor: str
    month: str
    basis: Basis
    detail: bytes
    rows: int
    transfers: tuple[Transfer, ...]
    """The name of the month and version is their reference (`month_reference`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSettled:
    """A version of a month stands."""

    settled: SettledMonth
    ledger_sum_quanta: int


def month_reference(month: str, version: int) -> str:
    """What transfers of a version of a month refer to."""
    return f"{month}-v{version}"
