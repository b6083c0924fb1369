"""`wattmarket unit`: puts the unit agent together and ends it in good order."""

import asyncio
import logging
import random
import signal
import sys
import time
from pathlib import Path
from typing import Final

import stamina.instrumentation

from market.control.unit import DEFAULT_PROFILE, Profile, profile_named, profile_names
from market.model.participant import Unit
from sim.faults import read_faults
from sim.troubles import Troubles
from sim.unit_agent import UnitAgent
from sim.unit_clock import MarketTime
from sim.unit_device import DevicePort, SimulatedDevice
from sim.unit_kept import Keeper
from wattmarket import AsyncClient, UsageError

PATIENCE_S: Final = 2.0
"""A request is not repeated for long: what is to be sent waits in the agent, not in a request."""
DEVICES: Final = ("simulated",)
LINE_EVERY_S: Final = 60
"""Without a terminal a line of how it stands at least this often."""
_CLEAR_LINE: Final = "\r\x1b[K"


def control(
    *,
    url: str,
    market_id: str,
    unit_id: str,
    credentials: Path,
    name: str | None,
    profile_name: str | None,
    device_name: str,
    scenario: Path | None,
    has_grid_channel: bool,
    seconds: float | None,
    folder: Path,
) -> None:
    """Control a unit until Ctrl-C, a termination or the time that was given.

    Raises:
        UsageError: profile, device, scenario or credentials are not what they should be.
        RefusedError: the market takes no credentials of ours.
    """
    if device_name not in DEVICES:
        raise UsageError(f"--device {device_name}: one of {', '.join(DEVICES)}")
    profile = _profile(profile_name)
    rules = read_faults(scenario)
    client = AsyncClient(
        url,
        market=market_id,
        credentials=credentials,
        name=name or unit_id,
        patience_s=PATIENCE_S,
    )
    # A market that is away makes a repeat every second; the agent says it once.
    stamina.instrumentation.set_on_retry_hooks([])
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)

    def make_device(unit: Unit, market_time: MarketTime) -> DevicePort:
        faults = [rule.fault for rule in rules if rule.hits(unit)]
        return SimulatedDevice(
            unit, Troubles(unit, faults), market_time.now_s, profile.rated_frequency_mhz
        )

    screen = Screen(is_terminal=sys.stdout.isatty())
    agent = UnitAgent(
        client=client,
        unit_id=unit_id,
        profile=profile,
        keeper=Keeper(folder, unit_id),
        make_device=make_device,
        chance=random.SystemRandom().randrange,
        wall_s=time.time,
        real_ms=lambda: time.monotonic_ns() // 1_000_000,
        say=screen.say,
        show=screen.show,
        has_grid_channel=has_grid_channel,
    )
    asyncio.run(_run(agent, client, seconds))


async def _run(agent: UnitAgent, client: AsyncClient, seconds: float | None) -> None:
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, agent.stop)
    async with client:
        await agent.run(seconds)


def _profile(name: str | None) -> Profile:
    """The named profile, or the default one."""
    if name is not None and name not in profile_names():
        raise UsageError(f"--profile {name}: one of {', '.join(profile_names())}")
    return profile_named(name or DEFAULT_PROFILE)


class Screen:
    """One line that is written over and over, or lines for a pipe."""

    def __init__(self, *, is_terminal: bool) -> None:
        self._is_terminal = is_terminal
        self._line = ""
        self._what: object = None
        self._silent = 0

    def say(self, words: str) -> None:
        """Something that has happened: a line that stays."""
        sys.stdout.write(f"{_CLEAR_LINE if self._is_terminal else ''}{words}\n")
        if self._is_terminal:
            sys.stdout.write(self._line)
        sys.stdout.flush()

    def show(self, line: str, what: object) -> None:
        """How it stands now; called once a second. Without a terminal it is written on a change."""
        self._line = line
        if self._is_terminal:
            sys.stdout.write(_CLEAR_LINE + line)
            sys.stdout.flush()
            return
        self._silent += 1
        if what != self._what or self._silent >= LINE_EVERY_S:
            self._what, self._silent = what, 0
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
