"""A participant's certificates (绿证) with source, place and time, and how green its use was.

The one idea: whoever says "green" can show of which unit, where and when; a share is what certificates were
retired for against what was used in the same interval, so nobody is green by night with noon's sun.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from market.certificates.acts import Lot
from market.certificates.issuing import Purpose
from market.certificates.registry import Registry
from market.model.units import PPM


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where certificates come from."""

    unit_id: str
    kind: str
    """What it is made of: solar, wind, hydro."""
    area_id: str
    """Where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """Certificates of one unit and interval in one participant's hands, Wh."""

    source: Source
    start_s: int
    own_use_wh: int
    """Generated and used behind the participant's own metering point."""
    used_wh: int
    """Came with energy it bought and used."""
    retired_wh: int
    """Retired by an act of its own, for use in the same interval."""
    exported_wh: int
    held_wh: int
    """In its account still."""
    owed_wh: int
    """Given away, and taken back by a correction."""

    def says_something(self) -> bool:
        """Whether anything is left in it."""
        return any(
            (self.own_use_wh, self.used_wh, self.retired_wh, self.exported_wh, self.held_wh)
        ) or bool(self.owed_wh)


def statement(
    registry: Registry, holder: int, sources: Sequence[Source], *, from_s: int, until_s: int
) -> Iterator[StatementLine]:
    """Everything a participant has or had of intervals in [from_s, until_s), oldest first.

    Args:
        registry: the register.
        holder: number of the participant.
        sources: of every unit, by its number.
        from_s: start of the first interval.
        until_s: end of the last one.
    """
    exported: dict[Lot, int] = {}
    for bundle in registry.bundles():
        if bundle.holder == holder:
            for lot, energy_wh in bundle.parts:
                exported[lot] = exported.get(lot, 0) + energy_wh
    settled: dict[tuple[Lot, Purpose], int] = {}
    for start_s in registry.starts_s():
        if from_s <= start_s < until_s:
            for unit, purpose, energy_wh in registry.sheet(start_s).of_holder(holder):
                settled[Lot(start_s, unit), purpose] = energy_wh
    touched = {lot for lot, _ in settled} | registry.touched(holder)
    for lot in sorted(touched):
        if from_s <= lot.start_s < until_s:
            balance_wh = registry.balance_wh(lot, holder)
            line = StatementLine(
                source=sources[lot.unit],
                start_s=lot.start_s,
                own_use_wh=settled.get((lot, Purpose.OWN_USE), 0),
                used_wh=settled.get((lot, Purpose.USED), 0),
                retired_wh=registry.retired_later_wh(lot, holder),
                exported_wh=exported.get(lot, 0),
                held_wh=max(0, balance_wh),
                owed_wh=max(0, -balance_wh),
            )
            if line.says_something():
                yield line


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


def green_shares(registry: Registry, start_s: int) -> dict[int, GreenShare]:
    """The share of each participant that used something in an interval."""
    return {
        participant: GreenShare(used_wh=used_wh, green_wh=registry.green_wh(start_s, participant))
        for participant, used_wh in registry.sheet(start_s).users()
    }


def market_share(registry: Registry, start_s: int) -> GreenShare:
    """The share of the market as a whole in an interval."""
    shares = green_shares(registry, start_s).values()
    return GreenShare(
        used_wh=sum(share.used_wh for share in shares),
        green_wh=sum(share.green_wh for share in shares),
    )
