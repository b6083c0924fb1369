"""Powers inside limits, and how fast they may move: pure functions on integers."""

from market.model.participant import Unit
from market.model.power import PowerLimits
from market.model.units import PPM, SECONDS_PER_MINUTE, round_up


def clipped(power_w: int, limits: PowerLimits) -> int:
    """The power inside the limits that is nearest; W, injection positive."""
    return max(-limits.withdrawal_max_w, min(limits.injection_max_w, power_w))


def narrowed(first: PowerLimits, second: PowerLimits) -> PowerLimits:
    """What both allow."""
    return PowerLimits(
        withdrawal_max_w=min(first.withdrawal_max_w, second.withdrawal_max_w),
        injection_max_w=min(first.injection_max_w, second.injection_max_w),
    )


def widened(limits: PowerLimits, by_w: int) -> PowerLimits:
    """Both directions, by as much."""
    return PowerLimits(
        withdrawal_max_w=limits.withdrawal_max_w + by_w,
        injection_max_w=limits.injection_max_w + by_w,
    )


def nameplate_w(unit: Unit) -> int:
    """The larger of its two powers: what ramps and tolerances are parts of."""
    return max(unit.withdrawal_max_w, unit.injection_max_w)


def ramp_per_minute_w(unit: Unit, ppm: int, seconds: int) -> int:
    """How far a ramp leads in so many seconds. Rounded up: a small unit must not stand still."""
    return round_up(nameplate_w(unit) * ppm * seconds, PPM * SECONDS_PER_MINUTE)


def ramp_per_second_w(unit: Unit, ppm: int, seconds: int) -> int:
    """The same for a ramp that is given per second."""
    return round_up(nameplate_w(unit) * ppm * seconds, PPM)


def toward(power_w: int, target_w: int, most_w: int) -> int:
    """The power after a move to the target by at most so much."""
    return power_w + max(-most_w, min(most_w, target_w - power_w))
