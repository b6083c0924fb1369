"""A participant's certificates (绿证) with source, place and time, and how green its use was.

The one idea: whoever says "green" can show of which unit, where and when; a share is what certificates were
retired for against what was used in the same interval, so nobody is green by night with noon's sun.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from market.certificates.issuing import Purpose
from market.model.certificate import CertificateAct, Lot
from market.model.units import PPM

OWNERS_MIN: Final = 10
"""The share of fewer participants is nobody else's business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotAct:
    """What an act did to one lot."""

    kind: CertificateAct
    participant_id: str
    """Who gave it away."""
    receiver_id: str
    """Who has it now; empty: nobody."""
    lot: Lot
    energy_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """Certificates of one unit and interval in one participant's hands, Wh.

    held - owed = kept + received - given - retired - exported
    """

    lot: Lot
    own_use_wh: int
    """Generated and used behind the participant's own metering point."""
    used_wh: int
    """Came with energy it bought and used."""
    kept_wh: int
    """What settlement put into its account."""
    received_wh: int
    """Moved to it."""
    given_wh: int
    """Moved to others."""
    retired_wh: int
    """Retired by an act of its own, for use in the same interval."""
    exported_wh: int

    @property
    def balance_wh(self) -> int:
        """Held less owed: one of the two is zero."""
        gone_wh = self.given_wh + self.retired_wh + self.exported_wh
        return self.kept_wh + self.received_wh - gone_wh

    @property
    def held_wh(self) -> int:
        """In its account still."""
        return max(0, self.balance_wh)

    @property
    def owed_wh(self) -> int:
        """Given away, and taken back by a correction."""
        return max(0, -self.balance_wh)


@dataclass(slots=True)
class _Lot:
    """A lot on its way to a line."""

    settled_wh: dict[Purpose, int] = field(default_factory=dict)
    received_wh: int = 0
    gone_wh: dict[CertificateAct, int] = field(default_factory=dict)


def statement(
    participant_id: str,
    settled: Iterable[tuple[Lot, Purpose, int]],
    acts: Iterable[LotAct],
) -> list[StatementLine]:
    """Everything a participant has or had of some lots, oldest first.

    Args:
        participant_id: whose.
        settled: lot, purpose and energy of what settlement gave it.
        acts: those it gave something away by, or received something.
    """
    lots: dict[Lot, _Lot] = {}
    for lot, purpose, energy_wh in settled:
        of = lots.setdefault(lot, _Lot()).settled_wh
        of[purpose] = of.get(purpose, 0) + energy_wh
    for act in acts:
        found = lots.setdefault(act.lot, _Lot())
        if act.receiver_id == participant_id:
            found.received_wh += act.energy_wh
        if act.participant_id == participant_id:
            found.gone_wh[act.kind] = found.gone_wh.get(act.kind, 0) + act.energy_wh
    return [_line(lot, lots[lot]) for lot in sorted(lots)]


def _line(lot: Lot, found: _Lot) -> StatementLine:
    return StatementLine(
        lot=lot,
        own_use_wh=found.settled_wh.get(Purpose.OWN_USE, 0),
        used_wh=found.settled_wh.get(Purpose.USED, 0),
        kept_wh=found.settled_wh.get(Purpose.HELD, 0),
        received_wh=found.received_wh,
        given_wh=found.gone_wh.get(CertificateAct.MOVE, 0),
        retired_wh=found.gone_wh.get(CertificateAct.RETIRE, 0),
        exported_wh=found.gone_wh.get(CertificateAct.EXPORT, 0),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GreenShare:
    """How much of what was used in an interval certificates are retired for."""

    used_wh: int
    green_wh: int
    """Never more than was used."""

    @property
    def share_ppm(self) -> int | None:
        """Rounded down, so that all is said only of all; None: nothing was used."""
        return self.green_wh * PPM // self.used_wh if self.used_wh else None

    def plus(self, other: "GreenShare") -> "GreenShare":
        """Both together."""
        return GreenShare(
            used_wh=self.used_wh + other.used_wh, green_wh=self.green_wh + other.green_wh
        )


NOTHING_USED: Final = GreenShare(used_wh=0, green_wh=0)


def merged_areas(users: Mapping[str, int]) -> frozenset[str]:
    """Areas whose share is shown as one sum, smallest first, until enough are in it or no area is left.

    As with public depth (docs/decisions/0027-depth-of-small-areas-is-merged.md), so that no difference of
    what is shown is about fewer than ten.

    Args:
        users: by area, how many participants used something.
    """
    merged: set[str] = set()
    together = 0
    for area_id in sorted(users, key=lambda name: (users[name], name)):
        if users[area_id] >= OWNERS_MIN and (not together or together >= OWNERS_MIN):
            break
        merged.add(area_id)
        together += users[area_id]
    return frozenset(merged)
