"""What settlement made of a day's certificates, as columns: who has which of them, and who used how much.

The one idea: a whole day is one set of columns, so that a large one costs little; a number of a unit or a
participant in an interval is its own number times the intervals of the day, plus the interval's.
"""

from dataclasses import dataclass

import numpy as np

from market.certificates.errors import CertificateError
from market.certificates.issuing import Purpose, Shares
from market.model.certificate import IssuedCertificates
from market.model.splitting import Integers, sums


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UseColumns:
    """What participants used; each participant, or participant and interval, once, rising."""

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


def retired_of(shares: Shares, use: UseColumns) -> Integers:
    """What of everybody's use certificates came with, own use included; (p,) as `use`.

    Raises:
        CertificateError: certificates would be retired for more than somebody used, or come twice.
    """
    again = (
        (np.diff(shares.unit) == 0) & (np.diff(shares.holder) == 0) & (np.diff(shares.purpose) == 0)
    )
    if again.any() or (shares.energy_wh <= 0).any():
        raise CertificateError("a share comes twice, or is none")
    spent = shares.purpose != Purpose.HELD
    holder = shares.holder[spent]
    count = max(int(of.max(initial=-1)) + 1 for of in (holder, use.participant))
    retired_wh, used_wh = sums(shares.energy_wh[spent], holder, count), np.zeros(count, np.int64)
    used_wh[use.participant] = use.energy_wh
    beyond = retired_wh > used_wh
    if beyond.any():
        nothing = not used_wh[beyond].all()
        why = "for somebody who used nothing" if nothing else "for more than was used"
        raise CertificateError(f"certificates are retired {why}")
    return retired_wh[use.participant]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShareColumns:
    """Certificates of a day, in order of holder, interval, unit and purpose."""

    holder: Integers
    """(k,) number of the participant."""
    interval: Integers
    unit: Integers
    purpose: Integers
    """(k,) a `Purpose`."""
    energy_wh: Integers
    """(k,) > 0."""

    def rows(self, rows: Integers) -> "ShareColumns":
        """Some of them."""
        return ShareColumns(
            holder=self.holder[rows],
            interval=self.interval[rows],
            unit=self.unit[rows],
            purpose=self.purpose[rows],
            energy_wh=self.energy_wh[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GreenColumns:
    """What participants used in a day, in order of participant and interval."""

    participant: Integers
    interval: Integers
    used_wh: Integers
    """(p,) > 0."""
    retired_wh: Integers
    """(p,) what of it certificates came with; no more than was used."""

    def rows(self, rows: Integers) -> "GreenColumns":
        """Some of them."""
        return GreenColumns(
            participant=self.participant[rows],
            interval=self.interval[rows],
            used_wh=self.used_wh[rows],
            retired_wh=self.retired_wh[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DaySheet:
    """One version of one day."""

    shares: ShareColumns
    green: GreenColumns

    @classmethod
    def of(cls, shares: Shares, use: UseColumns, intervals: int) -> "DaySheet":
        """The sheet of a day whose units and participants are numbered with their intervals.

        Raises:
            CertificateError: more is retired than was used, or a share comes twice.
        """
        retired_wh = retired_of(shares, use)
        # In order of holder and interval, and there of unit and purpose, as shares are.
        holder, interval = np.divmod(shares.holder, intervals)
        participant, at = np.divmod(use.participant, intervals)
        return cls(
            shares=ShareColumns(
                holder=holder,
                interval=interval,
                unit=shares.unit // intervals,
                purpose=shares.purpose,
                energy_wh=shares.energy_wh,
            ),
            green=GreenColumns(
                participant=participant,
                interval=at,
                used_wh=use.energy_wh,
                retired_wh=retired_wh,
            ),
        )

    def issued(self, names: list[str]) -> IssuedCertificates:
        """What the day issues in sum; `names` are those of the participants by their numbers."""
        of = self.shares
        held = of.purpose == Purpose.HELD
        held_wh = sums(of.energy_wh[held], of.holder[held], len(names)).tolist()
        return IssuedCertificates(
            issued_wh=int(of.energy_wh.sum()),
            own_use_wh=int(of.energy_wh[of.purpose == Purpose.OWN_USE].sum()),
            used_wh=int(of.energy_wh[of.purpose == Purpose.USED].sum()),
            held_wh=tuple(
                (name, energy_wh)
                for name, energy_wh in zip(names, held_wh, strict=True)
                if energy_wh
            ),
        )


def difference(before: IssuedCertificates, after: IssuedCertificates) -> IssuedCertificates:
    """What one version issues (positive) or takes back (negative) beside the one before it."""
    held_wh = dict(after.held_wh)
    for name, energy_wh in before.held_wh:
        held_wh[name] = held_wh.get(name, 0) - energy_wh
    return IssuedCertificates(
        issued_wh=after.issued_wh - before.issued_wh,
        own_use_wh=after.own_use_wh - before.own_use_wh,
        used_wh=after.used_wh - before.used_wh,
        held_wh=tuple((name, energy_wh) for name, energy_wh in held_wh.items() if energy_wh),
    )
