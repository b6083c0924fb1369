"""A step of an interval's road as a fact."""

from market.model.messages import PhaseChanged, Step
from market.trading.phases import PHASE_AFTER


def step_taken(start_s: int, step: Step, now_us: int) -> PhaseChanged:
    """The fact that an interval took a step of its road."""
    return PhaseChanged(start_s=start_s, phase=PHASE_AFTER[step], now_us=now_us, step=step)
