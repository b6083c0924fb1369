"""Balance groups (平衡组): units whose deviations are settled together, with somebody who answers for them.

The one idea: who belongs together is a fact of a day, known before the day begins; so nobody is put beside
somebody else because of what their meters have shown.
"""

from dataclasses import dataclass
from typing import Final

ALONE: Final = ""
"""In the place of a group's id: the unit is in none, and its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceGroup:
    """Who is in a group from a local day on, until the same group's next such word."""

    group_id: str
    name: str
    participant_id: str
    """Who answers for it, and sees what its units deviate."""
    unit_ids: tuple[str, ...]
    """Empty: from that day on there is no such group."""
    from_day: str
    """ISO 8601."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBalanceGroup:
    """An operator says who is in a group from a day on."""

    now_us: int
    actor: str
    group: BalanceGroup
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceGroupSet:
    """So it is, from that day on."""

    group: BalanceGroup
    reason: str
    actor: str
    now_us: int
