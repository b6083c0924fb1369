"""One window of an area's lending: the schedules in it, the leases, and when each was said last."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from market.control.leases import Lease, Leases
from market.model.power import PowerLimits, Setpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """A lease as it outlives a restart, so that the next start counts it."""

    start_s: int
    member_id: str
    sequence: int
    withdrawal_max_w: int
    injection_max_w: int
    until_s: int


@dataclass(slots=True)
class Window:
    """Leases and schedule of one window."""

    leases: Leases
    setpoints: dict[str, Setpoint] = field(default_factory=dict)
    """The newest of each unit, at any depth."""
    sent_ms: dict[str, int] = field(default_factory=dict)
    """By member, when this start said its lease last; real time."""
    sent_s: dict[str, int] = field(default_factory=dict)
    """The same in market time."""
    told_ms: dict[str, int] = field(default_factory=dict)
    """By unit, when its set-point was said last; real time."""
    known: set[str] = field(default_factory=set)
    """Units whose set-point was taken."""

    def schedule(self, setpoint: Setpoint) -> None:
        """A unit has a schedule, in place of an older one."""
        self.setpoints[setpoint.unit_id] = setpoint
        self.untold([setpoint.unit_id])

    def untold(self, unit_ids: Iterable[str]) -> None:
        """Whoever held these units' set-points may have lost them."""
        for unit_id in unit_ids:
            self.known.discard(unit_id)
            self.told_ms.pop(unit_id, None)

    def setpoint_taken(self, unit_id: str, epoch: int, sequence: int) -> None:
        """A unit, or the area it is in, has taken a set-point."""
        kept = self.setpoints.get(unit_id)
        if kept is not None and (kept.epoch, kept.sequence) == (epoch, sequence):
            self.known.add(unit_id)

    def put(self, member_id: str, lease: Lease, now_s: int, real_ms: int) -> None:
        """A lease goes out."""
        self.leases.put(member_id, lease)
        self.sent_ms[member_id], self.sent_s[member_id] = real_ms, now_s

    def newest(self, member_id: str) -> Lease | None:
        """The lease that this start of the level said last; None: none was."""
        return self.leases.newest(member_id) if member_id in self.sent_ms else None

    def lent(self, start_s: int) -> Iterator[Lent]:
        """What the next start has to count."""
        for member_id, lease in self.leases.sent():
            yield Lent(
                start_s=start_s,
                member_id=member_id,
                sequence=lease.sequence,
                withdrawal_max_w=lease.limits.withdrawal_max_w,
                injection_max_w=lease.limits.injection_max_w,
                until_s=lease.until_s,
            )


def windows_of(lent: Iterable[Lent], floors: Mapping[str, PowerLimits]) -> dict[int, Window]:
    """Windows with what an earlier start has lent in them."""
    windows: dict[int, Window] = {}
    for item in lent:
        if item.member_id not in floors:
            continue
        window = windows.setdefault(item.start_s, Window(Leases(floors)))
        limits = PowerLimits(
            withdrawal_max_w=item.withdrawal_max_w, injection_max_w=item.injection_max_w
        )
        lease = Lease(sequence=item.sequence, limits=limits, until_s=item.until_s)
        window.leases.put(item.member_id, lease)
    return windows
