"""How things stand in a house, as gauges for `/metrics`: queues, sockets, phases, alarms, the ledger.

The one idea: nothing is kept for this. It is read from memory when somebody asks, in the event loop,
where nothing changes meanwhile.
"""

from collections import Counter as Counts
from collections.abc import Mapping
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from api.house.house import House, OpenMarket
from api.house.metrics import MARKET
from market.model.alarm import Severity
from market.model.interval import MICROSECONDS

GAUGES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "up": ("1 while the market's writer works, else 0.", ()),
    "queue_commands": ("Commands that wait to be decided.", ()),
    "projection_lag_commands": ("Durable commands that lists do not show yet.", ()),
    "intervals": ("Intervals of the market's day, by phase.", ("phase",)),
    "next_due_seconds": ("Market time until what is due next; below 0 it is late.", ("what",)),
    "stream_clients": ("Readers of the stream, by role; public: without a token.", ("role",)),
    "stream_clients_behind": ("Readers for whom something waits.", ()),
    "stream_waiting_messages": ("Messages that wait for readers.", ()),
    "area_silent_seconds": ("Since when an area's own level was not heard.", ("area",)),
    "alarms_open": ("Alarms that are not closed, by severity.", ("severity",)),
    "ledger_sum_quanta": ("Sum of all accounts, 1e-8 of the currency; 0 or something broke.", ()),
    "participants": ("Members of the market.", ()),
    "units": ("Units of the market.", ()),
}
"""What is read when asked: name, what it says, labels beside the market."""
_Samples = Mapping[tuple[str, ...], float]


async def standing(house: House) -> list[Metric]:
    """Every gauge, with a sample for each market, once what they show is durable.

    Raises:
        RefusedError: a market went down meanwhile.
    """
    works = [item for item in house.markets.values() if not item.sequencer.failed.is_set()]
    gauges = _read(house)
    for market in works:
        await market.settle_decided()
    return gauges


def _read(house: House) -> list[Metric]:
    throttled = CounterMetricFamily(
        "wattmarket_throttled", "Requests refused for want of budget.", labels=("budget", "scope")
    )
    for (kind, scope), count in sorted(house.throttles.refused.items()):
        throttled.add_metric((kind.value, scope.value), count)
    gauges = {
        name: GaugeMetricFamily(f"wattmarket_{name}", about, labels=(MARKET, *labels))
        for name, (about, labels) in GAUGES.items()
    }
    now_us = house.clock.now_us()
    for market_id, market in sorted(house.markets.items()):
        for name, samples in _of_market(market, now_us).items():
            for labels, value in samples.items():
                gauges[name].add_metric((market_id, *labels), value)
    return [throttled, *gauges.values()]


def _of_market(market: OpenMarket, now_us: int) -> dict[str, _Samples]:
    sequencer, live, listeners = market.sequencer, market.live, market.hub.listeners
    if sequencer.failed.is_set():
        return {"up": {(): 0}}  # what it decided last may be on no disk
    state, timer = sequencer.state, sequencer.engine.next_timer()
    roles = Counts(
        "public" if item.access is None else item.access.principal.role.value for item in listeners
    )
    severities = Counts(alarm.severity for alarm in state.alarms.open.values())
    phases = Counts(item["phase"] for item in live.calendar.snapshot(now_us)["intervals"])
    silent = {area_id: market.reach.silent_s(area_id) for area_id in state.areas_heard}
    return {
        "up": {(): 1},
        "queue_commands": {(): sequencer.waiting},
        "projection_lag_commands": {(): sequencer.committed_seq - sequencer.projected_seq},
        "intervals": {(phase,): count for phase, count in phases.items()},
        "next_due_seconds": {}
        if timer is None
        else {(timer.kind.name.lower(),): (timer.due_us - now_us) / MICROSECONDS},
        "stream_clients": {(role,): count for role, count in roles.items()},
        "stream_clients_behind": {(): sum(listener.lags for listener in listeners)},
        "stream_waiting_messages": {(): sum(listener.waiting for listener in listeners)},
        "area_silent_seconds": {
            (area_id,): silent_s for area_id, silent_s in silent.items() if silent_s is not None
        },
        "alarms_open": {(severity.value,): severities[severity] for severity in Severity},
        "ledger_sum_quanta": {(): state.ledger.sum_quanta()},
        "participants": {(): len(live.participants)},
        "units": {(): len(live.units)},
    }
