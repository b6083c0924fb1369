"""The server itself: is it well, what time is it."""

from importlib.metadata import version
from typing import Final

from starlette.responses import Response

from api.call import Address, Call, answer
from api.house import House
from market.model.interval import moment_text
from market.sequencer import Sequencer

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


ADDRESSES: Final = (
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
