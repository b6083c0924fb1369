"""What settlement made of a day's certificates, as columns: who has which of them, and who used how much.

The one idea: each interval is one set of columns in which the participants of an area stand together, as
their numbers follow each other; so what concerns an area is cut out of every interval, and nothing is searched.
"""

from collections.abc import Sequence
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
class IntervalSheet:
    """One version of one interval."""

    shares: Shares
    """In order of holder, unit and purpose."""
    use: UseColumns
    retired_wh: Integers
    """(p,) what of it certificates came with; no more than was used."""

    @classmethod
    def of(cls, shares: Shares, use: UseColumns) -> "IntervalSheet":
        """That of an interval.

        Raises:
            CertificateError: more is retired than was used, or a share comes twice.
        """
        return cls(shares=shares, use=use, retired_wh=retired_of(shares, use))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShareColumns:
    """Certificates, in order of interval, holder, unit and purpose."""

    holder: Integers
    """(k,) number of the participant."""
    interval: Integers
    unit: Integers
    purpose: Integers
    """(k,) a `Purpose`."""
    energy_wh: Integers
    """(k,) > 0."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GreenColumns:
    """What participants used, in order of interval and participant."""

    participant: Integers
    interval: Integers
    used_wh: Integers
    """(p,) > 0."""
    retired_wh: Integers
    """(p,) what of it certificates came with; no more than was used."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DaySheet:
    """One version of one day."""

    intervals: Sequence[IntervalSheet]

    def shares(self, people: range) -> ShareColumns:
        """Certificates of some participants whose numbers follow each other."""
        of = [item.shares for item in self.intervals]
        some = [_within(item.holder, people) for item in of]
        return ShareColumns(
            holder=_joined([item.holder for item in of], some),
            interval=_numbered(some),
            unit=_joined([item.unit for item in of], some),
            purpose=_joined([item.purpose for item in of], some),
            energy_wh=_joined([item.energy_wh for item in of], some),
        )

    def green(self, people: range) -> GreenColumns:
        """What some participants used whose numbers follow each other."""
        some = [_within(item.use.participant, people) for item in self.intervals]
        return GreenColumns(
            participant=_joined([item.use.participant for item in self.intervals], some),
            interval=_numbered(some),
            used_wh=_joined([item.use.energy_wh for item in self.intervals], some),
            retired_wh=_joined([item.retired_wh for item in self.intervals], some),
        )

    def issued(self, names: Sequence[str]) -> IssuedCertificates:
        """What the day issues in sum; `names` are those of the participants by their numbers."""
        of_purpose = {
            purpose: sum(item.shares.total_wh(purpose) for item in self.intervals)
            for purpose in Purpose
        }
        held_wh = np.zeros(len(names), dtype=np.int64)
        for item in self.intervals:
            held = item.shares.purpose == Purpose.HELD
            held_wh += sums(item.shares.energy_wh[held], item.shares.holder[held], len(names))
        return IssuedCertificates(
            issued_wh=sum(of_purpose.values()),
            own_use_wh=of_purpose[Purpose.OWN_USE],
            used_wh=of_purpose[Purpose.USED],
            held_wh=tuple(
                (name, energy_wh)
                for name, energy_wh in zip(names, held_wh.tolist(), strict=True)
                if energy_wh
            ),
        )


def _within(numbers: Integers, people: range) -> slice:
    """Where numbers, which rise, are some that follow each other."""
    return slice(*np.searchsorted(numbers, (people.start, people.stop)).tolist())


def _joined(columns: Sequence[Integers], some: Sequence[slice]) -> Integers:
    """Parts of columns, one after the other."""
    return np.concatenate([column[part] for column, part in zip(columns, some, strict=True)])


def _numbered(some: Sequence[slice]) -> Integers:
    """The number of each part, as often as it is long."""
    return np.repeat(np.arange(len(some)), [part.stop - part.start for part in some])


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
