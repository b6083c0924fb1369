"""What settlement made of one interval's certificates, as columns, and how one version differs from the next."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from market.certificates.errors import CertificateError
from market.certificates.issuing import Purpose, Shares, summed
from market.model.splitting import Integers, sums


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UseColumns:
    """What participants used in an interval; each participant once, rising."""

    participant: Integers
    """(p,) number of the participant."""
    energy_wh: Integers
    """(p,) > 0: what their units withdrew, charging and own use included."""


def use_of(owner: Integers, metered_wh: Integers) -> UseColumns:
    """What each participant used: the withdrawal of its units, each by its own meter.

    Args:
        owner: (n,) number of the participant of each unit.
        metered_wh: (n,) net energy of each unit, injection positive.
    """
    count = int(owner.max()) + 1 if len(owner) else 0
    used_wh = sums(np.maximum(-metered_wh, 0), owner, count)
    (participant,) = np.nonzero(used_wh)
    return UseColumns(participant=participant, energy_wh=used_wh[participant])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """One version of one interval."""

    version: int
    """0: not settled yet."""
    shares: Shares
    use: UseColumns
    retired_wh_of: Integers
    """(p,) what of their use certificates came with, own use included."""

    @classmethod
    def of(cls, version: int, shares: Shares, use: UseColumns) -> "Sheet":
        """The sheet of a version.

        Raises:
            CertificateError: certificates would be retired for more than somebody used, or come
                twice.
        """
        again = (
            (np.diff(shares.unit) == 0)
            & (np.diff(shares.holder) == 0)
            & (np.diff(shares.purpose) == 0)
        )
        if again.any() or (shares.energy_wh <= 0).any():
            raise CertificateError("a share comes twice, or is none")
        spent = shares.purpose != Purpose.HELD
        place = np.searchsorted(use.participant, shares.holder[spent])
        known = place < len(use.participant)
        if not known.all() or (use.participant[place] != shares.holder[spent]).any():
            raise CertificateError("certificates are retired for somebody who used nothing")
        retired = sums(shares.energy_wh[spent], place, len(use.participant))
        if (retired > use.energy_wh).any():
            raise CertificateError("certificates are retired for more than was used")
        return cls(version=version, shares=shares, use=use, retired_wh_of=retired)

    @classmethod
    def empty(cls) -> "Sheet":
        """The sheet of an interval that has not been settled."""
        none = np.zeros(0, dtype=np.int64)
        shares = Shares(unit=none, holder=none, purpose=none, energy_wh=none)
        return cls.of(0, shares, UseColumns(participant=none, energy_wh=none))

    def says_as(self, other: "Sheet") -> bool:
        """Whether the two say the same."""
        mine, theirs = self.shares, other.shares
        return all(
            np.array_equal(one, another)
            for one, another in (
                (mine.unit, theirs.unit),
                (mine.holder, theirs.holder),
                (mine.purpose, theirs.purpose),
                (mine.energy_wh, theirs.energy_wh),
                (self.use.participant, other.use.participant),
                (self.use.energy_wh, other.use.energy_wh),
            )
        )

    def held_wh(self, unit: int, holder: int) -> int:
        """What settlement put into a holder's account of a unit's certificates."""
        first, end = np.searchsorted(self.shares.unit, (unit, unit + 1))
        of = slice(int(first), int(end))
        hit = (self.shares.holder[of] == holder) & (self.shares.purpose[of] == Purpose.HELD)
        return int(self.shares.energy_wh[of][hit].sum())

    def held_of(self, holder: int) -> Iterator[tuple[int, int]]:
        """Units and energy of what settlement put into a holder's account."""
        for unit, purpose, energy_wh in self.of_holder(holder):
            if purpose is Purpose.HELD:
                yield unit, energy_wh

    def of_holder(self, holder: int) -> Iterator[tuple[int, Purpose, int]]:
        """Unit, purpose and energy of every share of a holder."""
        hit = self.shares.holder == holder
        for unit, purpose, energy_wh in zip(
            self.shares.unit[hit].tolist(),
            self.shares.purpose[hit].tolist(),
            self.shares.energy_wh[hit].tolist(),
            strict=True,
        ):
            yield unit, Purpose(purpose), energy_wh

    def users(self) -> Iterator[tuple[int, int]]:
        """Every participant that used something, and how much."""
        return zip(self.use.participant.tolist(), self.use.energy_wh.tolist(), strict=True)

    def used_wh(self, participant: int) -> int:
        """What a participant used."""
        return self._at(participant, self.use.energy_wh)

    def retired_wh(self, participant: int) -> int:
        """What of it certificates came with, own use included."""
        return self._at(participant, self.retired_wh_of)

    def _at(self, participant: int, values: Integers) -> int:
        place = int(np.searchsorted(self.use.participant, participant))
        if place < len(self.use.participant) and self.use.participant[place] == participant:
            return int(values[place])
        return 0


def difference(before: Shares, after: Shares) -> Shares:
    """What one version issues (positive) or reverses (negative) beside the one before it."""
    if not len(before.unit):
        return after
    return summed(
        np.concatenate((before.unit, after.unit)),
        np.concatenate((before.holder, after.holder)),
        np.concatenate((before.purpose, after.purpose)),
        np.concatenate((-before.energy_wh, after.energy_wh)),
    )
