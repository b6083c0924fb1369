"""What an operator's monitoring asks at `/metrics`, in Prometheus' text format.

The one idea: what happens is counted when it happens (a request, an event of a market, a commit); how
things stand (queues, sockets, alarms, the ledger) is read when somebody asks (`gauges.py`). Labels are addresses'
templates, codes, areas and phases, all of them lists that end; never a person, a unit or an order.

Names and units follow the conventions of Prometheus: base units, `_total` for what only grows.
"""

from collections import Counter as Counts
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from market.model.clock import Clock
from market.model.interval import MICROSECONDS
from market.model.messages import (
    IntervalCleared,
    OrdersAccepted,
    OrdersCancelled,
    OrdersRejected,
    PhaseChanged,
    TogetherAccepted,
    TradesMade,
)
from market.model.order import Side
from market.sequencer import Published, Sequencer

REQUEST_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
COMMIT_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
CLEARING_S: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 120.0)
LATE_S: Final = (0.01, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0)
GAP: Final = (0.0, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2, 1e-1)
"""Upper bounds of what a histogram tells apart."""
# When each series began: as many lines again, and nothing a dashboard asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library lacks this one

MS: Final = 1_000
MARKET: Final = "market"
"""The label that says which one."""


class Metrics:
    """All that is measured of one server."""

    def __init__(self) -> None:
        # Not the library's global one: a process may hold more than one server, in tests it does.
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "wattmarket_requests",
            "Requests answered, by the address's template and status.",
            ("method", "address", "status"),
            registry=self.registry,
        )
        self._request_s = Histogram(
            "wattmarket_request_seconds",
            "Time from a request's head to its answer's.",
            ("method", "address"),
            buckets=REQUEST_S,
            registry=self.registry,
        )
        self._refusals = Counter(
            "wattmarket_refusals",
            "Requests refused, by code.",
            ("code",),
            registry=self.registry,
        )
        self._of_markets = _MarketInstruments(self.registry)
        # A dictionary of our own is quicker than the library's look-up by labels and its lock.
        self._seen: dict[tuple[str, str, int], tuple[Callable[[], None], Callable[[float], None]]]
        self._seen = {}
        ProcessCollector(namespace="wattmarket", registry=self.registry)

    def watch_market(self, market_id: str, sequencer: Sequencer, clock: Clock) -> None:
        """Follow a market from now on."""
        told = _Told(self._of_markets, market_id, clock)
        sequencer.subscribe(told.published)
        sequencer.watch_commits(told.committed)

    def answered(self, method: str, address: str, status: int, seconds: float) -> None:
        """A request was answered; `address` is a template, never what the client wrote."""
        key = (method, address, status)
        seen = self._seen.get(key)
        if seen is None:
            counted = self._requests.labels(method, address, str(status))
            timed = self._request_s.labels(method, address)
            seen = self._seen[key] = (counted.inc, timed.observe)
        seen[0]()
        seen[1](seconds)

    def refused(self, code: str) -> None:
        """A request was refused with a code."""
        self._refusals.labels(code).inc()

    def exposition(self, accept: str, standing: Sequence[Metric]) -> tuple[bytes, str]:
        """Everything as text, and its media type, in the form that is asked for.

        May be called in another thread: the text of thousands of lines takes its time.

        Args:
            accept: the request's header.
            standing: how things stand, as `gauges.py` read it.
        """
        encode, media_type = choose_encoder(accept)
        return encode(_Together(standing, self.registry)), media_type


@dataclass(frozen=True, slots=True)
class _Together(Collector):
    """What was read already, and what a registry holds."""

    standing: Sequence[Metric]
    registry: CollectorRegistry

    def collect(self) -> Iterator[Metric]:
        yield from self.standing
        yield from self.registry.collect()


class _MarketInstruments:
    """What markets count, one series of each for a market."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"wattmarket_{name}", about, (MARKET, *labels), registry=registry)

        def histogram(name: str, about: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(
                f"wattmarket_{name}", about, (MARKET, *labels), buckets=buckets, registry=registry
            )

        self.accepted = counter("orders_accepted", "Orders taken into a book.")
        self.rejected = counter("orders_rejected", "Orders refused by the market.", "code")
        self.cancelled = counter("orders_cancelled", "Orders that left unfilled.", "reason")
        self.trades = counter("trades", "Trades made; each has two.", "side")
        self.traded_wh = counter("traded_energy_watthours", "Energy bought.")
        self.clearing_s = histogram(
            "clearing_seconds", "Time from a gate to its audited result.", CLEARING_S, "rung"
        )
        self.gap = histogram(
            "clearing_gap_ratio", "Upper bound above welfare, as part of the bound.", GAP, "rung"
        )
        self.faults = counter("clearing_audit_faults", "What the auditor refused.")
        self.late_s = histogram(
            "phase_lateness_seconds",
            "Market time from when a phase was due to when it was durable.",
            LATE_S,
            "phase",
        )
        self.commit_s = histogram(
            "journal_commit_seconds", "Time a batch takes to the disk and back.", COMMIT_S
        )
        self.commands = counter("journal_commands", "Commands that are durable.")


class _Told:
    """What one market's events and commits add up to."""

    def __init__(self, on: _MarketInstruments, market_id: str, clock: Clock) -> None:
        self._on, self._market_id, self._clock = on, market_id, clock
        self._accepted = on.accepted.labels(market_id)
        self._bought = on.trades.labels(market_id, "buy")
        self._sold = on.trades.labels(market_id, "sell")
        self._traded_wh = on.traded_wh.labels(market_id)
        self._commit_s = on.commit_s.labels(market_id)
        self._commands = on.commands.labels(market_id)

    def committed(self, seconds: float, commands: int) -> None:
        """A batch is on disk."""
        self._commit_s.observe(seconds)
        self._commands.inc(commands)

    def published(self, published: Published) -> None:
        """An event is on disk."""
        event, market_id = published.event, self._market_id
        match event:
            case OrdersAccepted():
                self._accepted.inc(len(event.orders))
            case TogetherAccepted():
                self._accepted.inc()
            case OrdersRejected():
                for code, count in Counts(item.code.value for item in event.rejections).items():
                    self._on.rejected.labels(market_id, code).inc(count)
            case OrdersCancelled():
                self._on.cancelled.labels(market_id, event.reason).inc(len(event.order_ids))
            case TradesMade():
                self._traded(event)
            case IntervalCleared():
                self._cleared(event)
            case PhaseChanged() if event.step is not None:
                late_s = (self._clock.now_us() - published.now_us) / MICROSECONDS
                self._on.late_s.labels(market_id, event.phase.value).observe(max(0.0, late_s))
            case _:
                pass  # of accounts, devices and bills: nobody is woken at night by their number

    def _traded(self, event: TradesMade) -> None:
        bought = [trade.energy_wh for trade in event.trades if trade.side is Side.BUY]
        self._bought.inc(len(bought))
        self._sold.inc(len(event.trades) - len(bought))
        self._traded_wh.inc(sum(bought))

    def _cleared(self, event: IntervalCleared) -> None:
        outcome, market_id = event.outcome, self._market_id
        self._on.clearing_s.labels(market_id, outcome.rung).observe(outcome.solve_ms / MS)
        self._on.faults.labels(market_id).inc(len(outcome.audit_faults))
        bound, welfare = outcome.upper_bound_quanta, outcome.welfare_quanta
        # Of a call of many intervals the first one tells it; a call without a trade has none.
        if bound > 0:
            self._on.gap.labels(market_id, outcome.rung).observe((bound - welfare) / bound)
