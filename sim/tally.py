"""What a simulation counted, for the report."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Tally:
    """What the simulation counted, for the report."""

    sent: int = 0
    acknowledged: int = 0
    repeated: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    ack_ms: list[float] = field(default_factory=list)
    """Real time from sending a participant's batch to its answer, one value per batch."""
    requests_refused: Counter[str] = field(default_factory=Counter)
    setpoints_refused: Counter[str] = field(default_factory=Counter)
    readings_refused: Counter[str] = field(default_factory=Counter)
    devices: list[dict[str, Any]] = field(default_factory=list)
    """What happened to devices to which something happened, as records."""
    cuts: list[dict[str, Any]] = field(default_factory=list)
    """What gateways noted of their cuts, as records."""

    def summary(self) -> dict[str, Any]:
        """As a record."""
        ordered = sorted(self.ack_ms)
        return {
            "sent": self.sent,
            "acknowledged": self.acknowledged,
            "repeated": self.repeated,
            "refused": dict(self.refused),
            "ack_ms": {"p50": _percentile(ordered, 50), "p99": _percentile(ordered, 99)},
            "batches": len(ordered),
            "requests_refused": dict(self.requests_refused),
            "setpoints_refused": dict(self.setpoints_refused),
            "readings_refused": dict(self.readings_refused),
            "devices": self.devices,
            "cuts": self.cuts,
        }


def _percentile(ordered: list[float], percent: int) -> float | None:
    """The nearest-rank percentile of values in rising order; None without values."""
    if not ordered:
        return None
    rank = -(-len(ordered) * percent // 100)
    return round(ordered[rank - 1], 3)
