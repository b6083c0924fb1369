"""Interruptions: a price that would leave the corridor stops an area's interval for a call.

The one idea: nothing trades at a price nobody had time to look at. The order that would have done it
rests, the phase becomes a volatility call, and when the call ends one price is found for all that
crosses; then continuous trading goes on.
"""

from collections.abc import Iterator
from hashlib import sha256

from market.engine.state import MarketState
from market.model.interval import MICROSECONDS
from market.model.messages import Event, Phase, PhaseChanged
from market.model.rules import ContinuousRules
from market.model.units import SECONDS_PER_MINUTE
from market.trading.collar import corridor
from market.trading.resting import Plan, Resting


def is_interrupting(state: MarketState, order: Resting, plan: Plan) -> bool:
    """True when one of the plan's prices lies outside the corridor of its interval."""
    terms = state.rules.continuous
    limits = None if terms is None else corridor(state.rules, terms, order.start_s)
    if limits is None:
        return False
    return not all(
        limits.contains(fill.sell_price_ticks) and limits.contains(fill.buy_price_ticks)
        for fill in plan.fills
    )


def interrupted(state: MarketState, start_s: int, area_id: str, now_us: int) -> Iterator[Event]:
    """A volatility call begins in one area and interval."""
    terms = state.rules.continuous
    assert terms is not None, "only continuous trading is interrupted"
    yield PhaseChanged(
        start_s=start_s,
        phase=Phase.VOLATILITY_CALL,
        now_us=now_us,
        area_id=area_id,
        until_us=call_ends_us(state, terms, start_s, now_us),
    )


def call_ends_us(state: MarketState, terms: ContinuousRules, start_s: int, now_us: int) -> int:
    """When a call that begins now ends: its least length and a drawn time after it.

    The draw is a hash of the command's own microsecond and of how many orders there were: nobody
    outside knows them beforehand, and a replay draws the same.
    """
    seed = f"{state.rules.market_id}/{start_s}/{now_us}/{state.next_order_number}"
    drawn = int.from_bytes(sha256(seed.encode()).digest()[:8], "big")
    random_us = drawn % (terms.volatility_random_s * MICROSECONDS + 1)
    return now_us + terms.volatility_minutes * SECONDS_PER_MINUTE * MICROSECONDS + random_us
