"""The server itself: is it well, what time is it."""

from importlib.metadata import version
from typing import Final

from starlette.responses import Response

from api.call import Address, Call, answer
from api.house import House
from market.model.interval import moment_text

VERSION: Final = version("wattmarket")


async def health(_: Call) -> Response:
    """That the server answers. A market whose writer fails ends the process, so this is enough."""
    return answer({"status": "ok", "version": VERSION})


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
    Address(method="GET", path="/v1/health", handler=health, about="Whether the server is well"),
    Address(method="GET", path="/v1/clock", handler=clock, about="The market's clock"),
    Address(
        method="POST",
        path="/v1/clock:start",
        handler=start_clock,
        about="Start a simulated clock that waits",
    ),
)
