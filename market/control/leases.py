"""What a level has lent to its members: nothing is free again before it has run out or was returned.

The one idea: a narrower limit counts only when its holder has confirmed it, a wider one from the moment
it is written. So whatever is lost on the way, what all members may do together is never more than what
there is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from market.model.power import PowerLimits

NOTHING = PowerLimits(withdrawal_max_w=0, injection_max_w=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A limit that was sent for a window."""

    sequence: int
    limits: PowerLimits
    until_s: int


class Leases:
    """Leases of one window by member."""

    def __init__(self, floors: Mapping[str, PowerLimits]) -> None:
        """`floors`: what a member may do without any lease."""
        self._floors = dict(floors)
        self._sent: dict[str, list[Lease]] = {}
        self._taken: dict[str, int] = {}
        """Sequence of the newest lease that its holder has confirmed."""

    def floor(self, member_id: str, limits: PowerLimits) -> None:
        """What a member may do without any lease is another now."""
        self._floors[member_id] = limits

    def newest(self, member_id: str) -> Lease | None:
        """The lease sent last; None: none was."""
        sent = self._sent.get(member_id)
        return sent[-1] if sent else None

    def is_taken(self, member_id: str) -> bool:
        """True when the newest lease was confirmed."""
        newest = self.newest(member_id)
        return newest is not None and self._taken.get(member_id) == newest.sequence

    def held(self, member_id: str) -> PowerLimits:
        """The most the member may do, whichever of its leases it follows."""
        return widest([self._floors[member_id], *self._limits(member_id)])

    def sum(self) -> PowerLimits:
        """The most all members may do together."""
        return added(self.held(member_id) for member_id in self._floors)

    def put(self, member_id: str, lease: Lease) -> None:
        """A lease is on its way; those before it count until it is confirmed."""
        sent = self._sent.setdefault(member_id, [])
        # The same limits once more are not more than once; who never confirms must not fill memory.
        sent[:] = [item for item in sent if item.limits != lease.limits]
        sent.append(lease)

    def sent(self) -> Iterable[tuple[str, Lease]]:
        """All that counts, by member, oldest first."""
        return ((name, lease) for name, sent in self._sent.items() for lease in sent)

    def taken(self, member_id: str, sequence: int) -> None:
        """The member holds this lease: older ones are of no more use to it."""
        sent = self._sent.get(member_id, [])
        if any(lease.sequence == sequence for lease in sent):
            self._sent[member_id] = [lease for lease in sent if lease.sequence >= sequence]
            self._taken[member_id] = sequence

    def over(self, now_s: int) -> None:
        """What has run out is nobody's any more."""
        for member_id, sent in self._sent.items():
            if any(lease.until_s <= now_s for lease in sent):
                self._sent[member_id] = [lease for lease in sent if lease.until_s > now_s]

    def _limits(self, member_id: str) -> Iterable[PowerLimits]:
        return (lease.limits for lease in self._sent.get(member_id, ()))


def widest(limits: Iterable[PowerLimits]) -> PowerLimits:
    """The larger bound of each direction."""
    every = list(limits)
    return PowerLimits(
        withdrawal_max_w=max(item.withdrawal_max_w for item in every),
        injection_max_w=max(item.injection_max_w for item in every),
    )


def narrowest(one: PowerLimits, other: PowerLimits) -> PowerLimits:
    """The smaller bound of each direction."""
    return PowerLimits(
        withdrawal_max_w=min(one.withdrawal_max_w, other.withdrawal_max_w),
        injection_max_w=min(one.injection_max_w, other.injection_max_w),
    )


def added(limits: Iterable[PowerLimits]) -> PowerLimits:
    """The bounds in sum."""
    every = list(limits)
    return PowerLimits(
        withdrawal_max_w=sum(item.withdrawal_max_w for item in every),
        injection_max_w=sum(item.injection_max_w for item in every),
    )
