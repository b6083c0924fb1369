"""The register of certificates (绿证): who holds how many of which unit and interval, and what left it.

The one idea: what settlement makes of an interval is columns, one sheet an interval, replaced as a whole when
readings are corrected. What people do afterwards (move, retire, export) is few, and stands beside the
sheets as differences. So a correction never has to unwrite an act: it changes the sheet, and of whoever has
already given away more than there is now, the lot owes.

    balance of a lot and holder = share in the sheet + received - given - retired - exported
    held = max(0, balance)      owed = max(0, -balance)      free of a holder = held - owed, over all lots

What a holder owes is blocked in its other certificates: it may give away only what is free. So no balance
anybody may use is below zero, and nothing goes out twice. Always, over everything,

    issued = own use + used + held - owed + retired + exported
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from market.certificates.acts import BUNDLE_WH, Act, Bundle, Export, Lot, Move, Retire
from market.certificates.issuing import Purpose, Shares
from market.certificates.sheets import Sheet, UseColumns, difference
from market.model.rejection import Code, Rejection
from market.model.splitting import Integers
from market.model.units import energy_text


class Registry:
    """Certificates of one market."""

    def __init__(self) -> None:
        self._sheets: dict[int, Sheet] = {}
        self._beside: defaultdict[int, defaultdict[Lot, int]] = defaultdict(
            lambda: defaultdict(int)
        )
        """By holder and lot, what acts changed; signed."""
        self._free = np.zeros(0, dtype=np.int64)
        """By holder, held less owed; as long as the largest number of a holder needs."""
        self._retired: defaultdict[int, defaultdict[Lot, int]] = defaultdict(
            lambda: defaultdict(int)
        )
        self._acts: dict[str, tuple[Act, tuple[Bundle, ...]]] = {}
        self._bundles: list[Bundle] = []

    # --- settlement ----------------------------------------------------------------------

    def settle(
        self, *, start_s: int, version: int, shares: Shares, use: UseColumns
    ) -> Shares | Rejection:
        """Book what settlement made of an interval, or made of it anew.

        The same version again changes nothing. A newer one is booked as the difference to what is
        there: what is more is issued, what is less is reversed.

        Args:
            start_s: start of the interval.
            version: of the settlement; rising.
            shares: all certificates of the interval.
            use: what each participant used in it.

        Returns:
            The difference; REVISION_MISMATCH for a version that is overtaken;
            EXISTS_WITH_DIFFERENT_FIELDS for one that is there and says otherwise.
        """
        sheet = Sheet.of(version, shares, use)
        before = self._sheets.get(start_s, Sheet.empty())
        change = difference(before.shares, shares)
        if version <= before.version:
            if version < before.version:
                return Rejection(code=Code.REVISION_MISMATCH, pointer="version")
            if not sheet.says_as(before):
                return Rejection(code=Code.EXISTS_WITH_DIFFERENT_FIELDS, pointer="version")
            return change
        self._sheets[start_s] = sheet
        held = change.purpose == Purpose.HELD
        self._set_free(change.holder[held], change.energy_wh[held])
        return change

    # --- acts ----------------------------------------------------------------------------

    def move(self, act: Move) -> Rejection | None:
        """Move certificates; the same act again changes nothing."""
        if (fault := self._fault(act)) or act.reference in self._acts:
            return fault
        if act.giver == act.receiver:
            return Rejection(code=Code.FIELD_RANGE, pointer="receiver")
        if fault := self._beyond(act, act.giver):
            return fault
        self._add(act.lot, act.giver, -act.energy_wh)
        self._add(act.lot, act.receiver, act.energy_wh)
        self._acts[act.reference] = act, ()
        return None

    def retire(self, act: Retire) -> Rejection | None:
        """Retire certificates for what their holder used in their interval and has not covered yet."""
        if (fault := self._fault(act)) or act.reference in self._acts:
            return fault
        if fault := self._beyond(act, act.holder):
            return fault
        start_s = act.lot.start_s
        open_wh = self.used_wh(start_s, act.holder) - self.green_wh(start_s, act.holder)
        if fault := _over(act.energy_wh, open_wh):
            return fault
        self._add(act.lot, act.holder, -act.energy_wh)
        self._retired[act.holder][act.lot] += act.energy_wh
        self._acts[act.reference] = act, ()
        return None

    def export(self, act: Export) -> tuple[Bundle, ...] | Rejection:
        """Take a holder's certificates out in whole bundles; what is less than one stays."""
        if fault := self._fault(act):
            return fault
        if act.reference in self._acts:
            return self._acts[act.reference][1]
        lots = sorted(self._held(act.holder))
        count = self.free_wh(act.holder) // BUNDLE_WH
        bundles = tuple(self._bundled(act.holder, lots, count))
        for bundle in bundles:
            for lot, energy_wh in bundle.parts:
                self._add(lot, act.holder, -energy_wh)
        self._bundles += bundles
        self._acts[act.reference] = act, bundles
        return bundles

    def _bundled(self, holder: int, lots: list[tuple[Lot, int]], count: int) -> Iterator[Bundle]:
        standing = iter(lots)
        lot, left_wh = Lot(0, 0), 0
        for number in range(len(self._bundles) + 1, len(self._bundles) + count + 1):
            parts, lacking_wh = [], BUNDLE_WH
            while lacking_wh:
                if not left_wh:
                    lot, left_wh = next(standing)
                taken_wh = min(left_wh, lacking_wh)
                parts.append((lot, taken_wh))
                left_wh, lacking_wh = left_wh - taken_wh, lacking_wh - taken_wh
            yield Bundle(number=number, holder=holder, parts=tuple(parts))

    def _fault(self, act: Act) -> Rejection | None:
        """What speaks against an act whatever is held."""
        before = self._acts.get(act.reference)
        if before is not None:
            if before[0] == act:
                return None
            return Rejection(code=Code.EXISTS_WITH_DIFFERENT_FIELDS, pointer="reference")
        if not isinstance(act, Export) and act.energy_wh <= 0:
            return Rejection(code=Code.FIELD_RANGE, pointer="energy_wh")
        return None

    def _beyond(self, act: Move | Retire, holder: int) -> Rejection | None:
        """What speaks against giving away so much."""
        most_wh = min(self.held_wh(act.lot, holder), self.free_wh(holder))
        return _over(act.energy_wh, most_wh)

    def _add(self, lot: Lot, holder: int, energy_wh: int) -> None:
        self._beside[holder][lot] += energy_wh
        self._set_free(np.array([holder]), np.array([energy_wh]))

    def _set_free(self, holders: Integers, energies_wh: Integers) -> None:
        """What is free of some holders changes."""
        lacking = int(holders.max(initial=-1)) + 1 - len(self._free)
        if lacking > 0:
            self._free = np.pad(self._free, (0, lacking))
        np.add.at(self._free, holders, energies_wh)

    # --- what is there ---------------------------------------------------------------------

    def balance_wh(self, lot: Lot, holder: int) -> int:
        """What a holder has of a lot; negative: owes."""
        sheet = self._sheets.get(lot.start_s)
        share_wh = sheet.held_wh(lot.unit, holder) if sheet else 0
        beside = self._beside.get(holder)
        return share_wh + (beside.get(lot, 0) if beside else 0)

    def held_wh(self, lot: Lot, holder: int) -> int:
        """What a holder has of a lot, >= 0."""
        return max(0, self.balance_wh(lot, holder))

    def free_wh(self, holder: int) -> int:
        """What a holder may give away over all lots, >= 0."""
        return max(0, int(self._free[holder])) if holder < len(self._free) else 0

    def owed_wh(self, holder: int) -> int:
        """What a holder has given away that a correction took back, over all lots."""
        return sum(max(0, -self.balance_wh(lot, holder)) for lot in self._beside.get(holder, ()))

    def _held(self, holder: int) -> Iterator[tuple[Lot, int]]:
        """Every lot of which the holder has some."""
        came = {
            Lot(start_s, unit)
            for start_s, sheet in self._sheets.items()
            for unit, _ in sheet.held_of(holder)
        }
        for lot in came | self.touched(holder):
            balance_wh = self.balance_wh(lot, holder)
            if balance_wh > 0:
                yield lot, balance_wh

    def holding(self, holder: int) -> dict[Lot, int]:
        """Every lot of which the holder has some, oldest first, and how many Wh."""
        return dict(sorted(self._held(holder)))

    def touched(self, holder: int) -> set[Lot]:
        """Every lot that an act of or for the holder changed."""
        return set(self._beside.get(holder, ()))

    def sheet(self, start_s: int) -> Sheet:
        """What settlement made of an interval last; empty where it has not been settled."""
        return self._sheets.get(start_s, Sheet.empty())

    def starts_s(self) -> list[int]:
        """The intervals that were settled, in order."""
        return sorted(self._sheets)

    def bundles(self) -> tuple[Bundle, ...]:
        """Everything that was exported, in order."""
        return tuple(self._bundles)

    def retired_later_wh(self, lot: Lot, holder: int) -> int:
        """What a holder retired of a lot by an act of its own."""
        return self._retired[holder].get(lot, 0) if holder in self._retired else 0

    def used_wh(self, start_s: int, participant: int) -> int:
        """What a participant used in an interval."""
        return self.sheet(start_s).used_wh(participant)

    def green_wh(self, start_s: int, participant: int) -> int:
        """What of it certificates are retired for; never more than it used."""
        retired_wh = self.sheet(start_s).retired_wh(participant) + sum(
            energy_wh
            for lot, energy_wh in self._retired.get(participant, {}).items()
            if lot.start_s == start_s
        )
        return min(retired_wh, self.used_wh(start_s, participant))

    def totals(self) -> "Totals":
        """Everything, added up anew from the lots."""
        sheets = [sheet.shares for sheet in self._sheets.values()]
        holders = {*self._beside, *range(len(self._free))}
        return Totals(
            issued_wh=sum(shares.total_wh() for shares in sheets),
            own_use_wh=sum(shares.total_wh(Purpose.OWN_USE) for shares in sheets),
            used_wh=sum(shares.total_wh(Purpose.USED) for shares in sheets),
            held_wh=sum(energy_wh for each in holders for _, energy_wh in self._held(each)),
            owed_wh=sum(map(self.owed_wh, holders)),
            retired_wh=sum(sum(lots.values()) for lots in self._retired.values()),
            exported_wh=BUNDLE_WH * len(self._bundles),
        )


def _over(energy_wh: int, most_wh: int) -> Rejection | None:
    if energy_wh <= most_wh:
        return None
    return Rejection(
        code=Code.VOLUME_MAX,
        pointer="energy_wh",
        parameters={"energy_kwh_max": energy_text(most_wh)},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """All certificates of a register by what became of them, Wh."""

    issued_wh: int
    own_use_wh: int
    used_wh: int
    held_wh: int
    owed_wh: int
    retired_wh: int
    exported_wh: int

    def holds(self) -> bool:
        """Whether they add up."""
        gone_wh = self.own_use_wh + self.used_wh + self.retired_wh + self.exported_wh
        return self.issued_wh == gone_wh + self.held_wh - self.owed_wh
