"""`wattmarket area`: puts an area's level together and ends it in good order."""

import asyncio
import logging
import signal
import sys
import time
from pathlib import Path

import stamina.instrumentation

from sim.area_agent import AreaAgent
from sim.area_server import AreaServer
from wattmarket import AsyncClient

PATIENCE_S = 2.0
"""A request is not repeated for long: what is to be sent waits in the agent, not in a request."""


def control(
    *,
    url: str,
    market_id: str,
    area_id: str,
    credentials: Path,
    name: str | None,
    host: str,
    port: int,
    folder: Path,
) -> None:
    """Be the level of an area until Ctrl-C or a termination.

    Raises:
        UsageError: credentials or area are not what they should be.
        RefusedError: the market takes no credentials of ours.
    """
    stamina.instrumentation.set_on_retry_hooks([])
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    asyncio.run(_run(url, market_id, area_id, credentials, name, host, port, folder))


async def _run(
    url: str,
    market_id: str,
    area_id: str,
    credentials: Path,
    name: str | None,
    host: str,
    port: int,
    folder: Path,
) -> None:
    client = AsyncClient(
        url,
        market=market_id,
        credentials=credentials,
        name=name or area_id,
        patience_s=PATIENCE_S,
    )
    async with client:
        agent = AreaAgent(
            client=client,
            area_id=area_id,
            server=AreaServer(market_url=url, market_id=market_id, host=host, port=port),
            path=folder / f"{area_id}.json",
            wall_s=time.time,
            real_ms=lambda: time.monotonic_ns() // 1_000_000,
            say=say,
        )
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signal_number, agent.stop)
        await agent.run()


def say(words: str) -> None:
    """Something that has happened."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
