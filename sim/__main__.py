"""Run the simulated village against a market: `python -m sim --credentials FILE`.

Prints `ready` when the first orders are in and the gateways listen, so that whoever starts the
clock knows when; writes what it counted to a file at the end.
"""

import argparse
import asyncio
import json
import logging
import sys
from pathlib import Path

import msgspec
import stamina.instrumentation

from sim.cut import read_cut
from sim.faults import read_faults
from sim.profiles import STORAGE_SHARE, load_village
from sim.run import Simulation
from sim.scenario import SEED
from wattmarket import WattmarketError


async def simulate(given: argparse.Namespace) -> None:
    """Connect, order, follow the market's day to its end."""
    credentials = msgspec.json.decode(given.credentials.read_bytes())
    village = load_village(seed=given.seed, storage_share=given.storage_share)
    simulation = Simulation(
        url=given.url or credentials["url"],
        market_id=credentials["market_id"],
        clients=credentials["clients"],
        village=village,
        seed=given.seed,
        faults=read_faults(given.scenario),
        cut=read_cut(given.cut, village.day_start_s),
    )
    try:
        await simulation.prepare()
        print("ready", flush=True)
        await simulation.run()
    finally:
        await simulation.close()
        if given.out is not None:
            given.out.write_text(json.dumps(simulation.tally.summary(), indent=1))


def arguments() -> argparse.ArgumentParser:
    """What may be said on the command line."""
    parser = argparse.ArgumentParser(prog="python -m sim", description=__doc__)
    parser.add_argument("--credentials", type=Path, required=True, help="as market create wrote")
    parser.add_argument("--url", help="the server; as the credentials say unless given")
    parser.add_argument("--seed", type=int, default=SEED, help="of batteries and forecasts")
    parser.add_argument("--storage-share", type=float, default=STORAGE_SHARE)
    parser.add_argument("--scenario", type=Path, help="a file with [[devices.faults]] (TOML)")
    parser.add_argument("--cut", help="an area that loses contact: SEM@12:00+2h")
    parser.add_argument("--out", type=Path, help="where to write what was counted (JSON)")
    return parser


def main(words: list[str] | None = None) -> int:
    """Entry point; 0 when the day was followed to its end, 1 otherwise."""
    # A server that starts again makes hundreds of repeats; each as a line would be noise.
    stamina.instrumentation.set_on_retry_hooks([])
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    failures: list[str] = []
    try:
        asyncio.run(simulate(arguments().parse_args(words)))
    except* WattmarketError as failed:
        failures = [str(failure) for failure in failed.exceptions]
    for failure in failures:
        print(f"simulation: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
