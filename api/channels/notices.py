"""The `alarms` and `messages` channels: what somebody should know who does not look.

The one idea: a notice is a code with parameters, made from an event; the reader's language is the
reader's business. What concerns everybody goes out as a message, what an operator must look at as
an alarm, with its details.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from api.access.permissions import Channel
from api.answers.values import Answer
from api.channels.deltas import Delta, delta
from market.model.call import CallImplausible
from market.model.interval import instant_text, moment_text
from market.model.messages import Event, IntervalCleared, IntervalSettled, Phase, PhaseChanged
from market.model.order import Side
from market.model.stop import StopKind, StopScope, TradingReleased, TradingStopped
from market.model.units import energy_text, money_text

NOTICES_SHOWN: Final = 100
"""Notices a snapshot repeats."""
_OPTIMAL: Final = "optimal"
_PLACES: Final = frozenset({StopScope.AREA, StopScope.INTERVAL, StopScope.MARKET})


class Notices:
    """Notices of one market since the server started."""

    def __init__(self, market_id: str) -> None:
        self._market_id = market_id
        self._shown: dict[Channel, deque[Answer]] = {
            channel: deque(maxlen=NOTICES_SHOWN) for channel in (Channel.ALARMS, Channel.MESSAGES)
        }

    def snapshot(self, channel: Channel) -> Answer:
        """The latest notices, oldest first."""
        return {"items": list(self._shown[channel])}

    def changes(self, event: Event, now_us: int) -> Iterator[Delta]:
        """What an event gives cause to tell."""
        for channel, code, place, details in _causes(event):
            item = {"code": code, "at": moment_text(now_us), **place, "details": details}
            self._shown[channel].append(item)
            yield delta(channel, self._market_id, {"event": "notice", **item})


_Cause = tuple[Channel, str, Answer, Answer]


def _causes(event: Event) -> Iterable[_Cause]:
    match event:
        case PhaseChanged() if event.step is None:
            return _interruption(event)
        case TradingStopped():
            return _stop(event.stop.kind, event.stop.scope, event.stop.key, stops=True)
        case TradingReleased():
            return _stop(event.kind, event.scope, event.key, stops=False)
        case IntervalCleared():
            return _clearing(event)
        case CallImplausible():
            details = {
                "call": event.call.value,
                "side": (Side.SELL if event.sells else Side.BUY).value,
                "ordered_kwh": energy_text(event.ordered_wh),
                "registered_kwh": energy_text(event.registered_wh),
            }
            place = _place(event.start_s, event.area_id)
            return [(Channel.ALARMS, "CALL_IMPLAUSIBLE", place, details)]
        case IntervalSettled() if event.ledger_sum_quanta:
            details = {"ledger_sum": money_text(event.ledger_sum_quanta)}
            return [(Channel.ALARMS, "LEDGER_NOT_ZERO", _place(event.start_s), details)]
        case _:
            return ()


def _interruption(event: PhaseChanged) -> Iterator[_Cause]:
    code = {
        Phase.VOLATILITY_CALL: "VOLATILITY_CALL",
        Phase.CONTINUOUS: "TRADING_RESUMED",
    }.get(event.phase)
    if code is not None:
        place = _place(event.start_s, event.area_id)
        yield Channel.MESSAGES, code, place, {}
        yield Channel.ALARMS, code, place, {}


def _stop(kind: StopKind, scope: StopScope, key: str, *, stops: bool) -> Iterator[_Cause]:
    """Halts and kills of places concern everybody; whose kill it is otherwise, operators only."""
    words = {StopKind.HALT: "HALTED", StopKind.KILL: "KILLED"}
    code = f"TRADING_{words[kind] if stops else 'RELEASED'}"
    start_s = int(key) if scope is StopScope.INTERVAL else None
    place = _place(start_s, key if scope is StopScope.AREA else None)
    if scope in _PLACES:
        yield Channel.MESSAGES, code, place, {}
    yield Channel.ALARMS, code, place, {"scope": scope.value, "key": key}


def _clearing(event: IntervalCleared) -> Iterator[_Cause]:
    outcome = event.outcome
    place = _place(outcome.start_s)
    if outcome.rung != _OPTIMAL:
        yield Channel.MESSAGES, "AUCTION_FALLBACK", place, {"rung": outcome.rung}
        yield Channel.ALARMS, "AUCTION_FALLBACK", place, {"rung": outcome.rung}
    if outcome.audit_faults:
        faults = {"faults": list(outcome.audit_faults)}
        yield Channel.ALARMS, "AUDIT_FAULTS", place, faults


def _place(start_s: int | None, area_id: str | None = None) -> Answer:
    return {"start": None if start_s is None else instant_text(start_s), "area": area_id}
