"""The server itself: is it well, what time is it."""

import asyncio
import platform
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.call import Address, Call, answer
from api.house.house import House, OpenMarket
from api.stream.listener import Listener
from market.model.interval import instant_text, moment_text
from market.sequencer import QUEUE_COMMANDS_MAX, Sequencer
from market.store.queries import software

VERSION: Final = version("wattmarket")


async def health(call: Call) -> Response:
    """That the server answers, and how far each market is; 503 once a market's writer has failed.

    Such a server ends by itself; whoever asks in between is told.
    """
    markets = {
        market_id: market_health(market.sequencer)
        for market_id, market in sorted(call.house.markets.items())
    }
    well = all(market["status"] == "ok" for market in markets.values())
    told = {"status": "ok" if well else "failed", "version": VERSION, "markets": markets}
    return answer(told, 200 if well else 503)


def market_health(sequencer: Sequencer) -> dict[str, object]:
    """How far a market's writer is: read from memory, nothing of what was traded."""
    return {
        "status": "failed" if sequencer.failed.is_set() else "ok",
        "epoch": sequencer.epoch,
        "committed_seq": sequencer.committed_seq,
        "projected_seq": sequencer.projected_seq,
        "snapshot_batch": sequencer.snapshot_batch,
    }


def clock_reading(house: House) -> dict[str, object]:
    """The market's clock as everybody sees it."""
    clock = house.clock
    return {
        "now": moment_text(clock.now_us()),
        "speed": clock.speed,
        "simulated": clock.simulated,
        "running": clock.running,
    }


async def clock(call: Call) -> Response:
    """The market's clock."""
    return answer(clock_reading(call.house))


async def start_clock(call: Call) -> Response:
    """Start a simulated clock that waits; a clock that runs goes on running."""
    call.house.clock.start()
    return answer(clock_reading(call.house))


async def system(call: Call) -> Response:
    """What runs here: software, clock, features, and each market's queue, database, stream and jobs."""
    house = call.house
    markets = sorted(house.markets)
    kept = await run_in_threadpool(lambda: {name: house.kept_bytes(name) for name in markets})
    settings = house.settings
    shown = {name: house.markets[name] for name in markets if name in house.markets}
    found = {
        "version": VERSION,
        "software": software(),
        "python": platform.python_version(),
        "started_at": instant_text(house.started_s),
        "clock": clock_reading(house),
        "database": "sqlite" if settings.database_address is None else "postgresql",
        "features": {
            "simulated_clock": house.clock.simulated,
            "behind_tls": settings.behind_tls,
            "verified_at_start": settings.verify,
            "payment_port": settings.payment_port,
            "pdf": find_spec("weasyprint") is not None,
        },
        "refused": [
            {"budget": kind.value, "scope": scope.value, "count": count}
            for (kind, scope), count in sorted(house.throttles.refused.items())
        ],
        "markets": [_market_system(name, market, kept[name]) for name, market in shown.items()],
    }
    for market in shown.values():
        await market.settle_decided()  # when what is due next was read from what is decided
    return answer(found)


def _market_system(market_id: str, market: OpenMarket, kept_bytes: int | None) -> dict[str, object]:
    """One market from within, read from memory."""
    sequencer, listeners = market.sequencer, market.hub.listeners
    timer = sequencer.engine.next_timer()
    rules = market.rules
    return {
        "market_id": market_id,
        **market_health(sequencer),
        "queue": sequencer.waiting,
        "queue_max": QUEUE_COMMANDS_MAX,
        "lag": sequencer.committed_seq - sequencer.projected_seq,
        "committed_event_seq": sequencer.committed_event_seq,
        "committed_at": moment_text(sequencer.now_us),
        "batches": sequencer.batch,
        "kept_bytes": kept_bytes,
        "participants": len(market.live.participants),
        "units": len(market.live.units),
        "stream": {
            "clients": len(listeners),
            "by_role": _roles(listeners),
            "subscriptions": sum(map(len, listeners.values())),
            "lagging": sum(listener.lags for listener in listeners),
            "waiting": sum(listener.waiting for listener in listeners),
        },
        "next_due": None
        if timer is None
        else {"what": timer.kind.name.lower(), "at": moment_text(timer.due_us)},
        "jobs": [
            {"job": job, "state": _state(task)}
            for job, task in (
                ("timetable", market.running),
                ("settlement", market.settling),
                ("reach", market.watching),
            )
        ],
        "features": {
            "day_ahead": rules.day_ahead is not None,
            "continuous": rules.continuous is not None,
            "listing": rules.listing,
            "bilateral": rules.bilateral,
            "standing": rules.standing,
            "collateral": bool(rules.collateral),
            "readings_signed": rules.readings_signed,
            "limits_less_forecast": rules.limits_less_forecast,
        },
    }


def _roles(listeners: Iterable[Listener]) -> dict[str, int]:
    """How many listen as what; `public` without a token."""
    counts = Counter(
        "public" if item.access is None else item.access.principal.role.value for item in listeners
    )
    return dict(sorted(counts.items()))


def _state(task: asyncio.Task[None]) -> str:
    if not task.done():
        return "running"
    return "ended" if task.cancelled() or task.exception() is None else "failed"


ADDRESSES: Final = (
    Address(
        method="GET",
        path="/v1/system",
        handler=system,
        about="What runs here: versions, features, queues, lag, stream, database, jobs",
    ),
    Address(
        method="GET",
        path="/v1/health",
        handler=health,
        about="Whether the server is well",
        free=True,
    ),
    Address(method="GET", path="/v1/clock", handler=clock, about="The market's clock"),
    Address(
        method="POST",
        path="/v1/clock:start",
        handler=start_clock,
        about="Start a simulated clock that waits",
    ),
)
