"""The portal's first look: what happens now, what energy costs next, one sentence of advice as a code.

The one idea: advice is the first rule that applies, in the order of what costs most to overlook.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.answers.values import Answer
from market.model.interval import instant_text, moment_text
from market.model.units import money_text, price_text

CHEAP_PPM: Final = 850_000
"""A time is worth waiting for when it costs at most this part of now."""
PPM: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """An interval to come, with what energy costs in it."""

    start_s: int
    price_ticks: int | None
    """The market's, where it is known."""
    ask_ticks: int | None
    """The last resort's delivered price; None: there is none."""
    bid_ticks: int | None

    @property
    def cost_ticks(self) -> int | None:
        """What a Wh more would cost as far as is known."""
        return self.ask_ticks if self.price_ticks is None else self.price_ticks


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What of a participant decides what it should do next."""

    call_due_us: int | None
    """Of a margin call that is not met."""
    call_quanta: int
    reduces_only: bool
    silent_units: int
    sells: bool
    """It has units that produce."""
    has_rule: bool
    """A standing order works for it."""
    uses: bool


def advice(of: Standing, slots: Sequence[Slot]) -> Answer:
    """One sentence, as a code with its parameters."""
    if of.reduces_only:
        return _said("PAY_IN_TO_TRADE", amount=money_text(of.call_quanta))
    if of.call_due_us is not None:
        return _said(
            "PAY_IN", amount=money_text(of.call_quanta), due_at=moment_text(of.call_due_us)
        )
    if of.silent_units:
        return _said("CHECK_METER", units=str(of.silent_units))
    if not of.has_rule and (of.sells or of.uses):
        return _said("SET_SELL_PRICE" if of.sells else "SET_BUY_PRICE")
    return _said("ALL_WELL") if not of.uses else _timing(slots)


def _timing(slots: Sequence[Slot]) -> Answer:
    """Whether to wait with what can wait."""
    known = [(slot, slot.cost_ticks) for slot in slots]
    if not known or known[0][1] is None:
        return _said("ALL_WELL")
    now_ticks = known[0][1]
    later = [(ticks, slot.start_s) for slot, ticks in known[1:] if ticks is not None]
    if not later:
        return _said("ALL_WELL")
    ticks, start_s = min(later)
    parameters = {
        "price_per_mwh": price_text(ticks),
        "now_per_mwh": price_text(now_ticks),
        "start": instant_text(start_s),
    }
    if ticks * PPM <= now_ticks * CHEAP_PPM and now_ticks > 0:
        return _said("USE_LATER", **parameters)
    if now_ticks <= ticks:
        return _said("USE_NOW", **parameters)
    return _said("ALL_WELL")


def _said(code: str, **parameters: str) -> Answer:
    return {"code": code, "parameters": parameters}
