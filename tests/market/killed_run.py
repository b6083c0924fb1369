"""Settlement runs to be killed: each settles a day again until it has done so much, and is gone.

Run as `python -m tests.market.killed_run`. A line of standard input, `PLACE STEPS`, starts one in a process
of its own, where PLACE is a file or `URL SCHEMA`: it asks for a corrected run and carries it out, and once its
threads have made so many calls it kills itself. A call is any function's, of Python or C, so the place may be
anywhere: in reading facts, in settling, between two areas, in the middle of a commit. What comes out:

    done STEPS       the run was through before that; so many calls it took
    ended            the process is gone; no line of it comes after

One process for all, which has imported everything and starts each run by a fork.
"""

import asyncio
import os
import signal
import sys
import threading
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from market.day_runs import DayRuns
from market.model.settlement_run import BeginSettlement, RunKind
from market.sequencer import Sequencer
from market.store.database import PostgresStore, Store
from tests.builders import MIDNIGHT_S, STEP_S
from tests.market.written import MARKET_ID, StillClock

DAY = "2016-06-15"
LATE_US = (MIDNIGHT_S + 3 * STEP_S) * 1_000_000
AGAIN = BeginSettlement(
    now_us=LATE_US, actor="op", day=DAY, kind=RunKind.CORRECTED, reason="a meter was read late"
)


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


async def settles(store: Store, steps_max: int) -> None:
    """Carry out a run, up to so many calls."""
    clock, steps = StillClock(LATE_US), count(1)
    sequencer = Sequencer.open(store, clock=clock)

    def counted(_frame: FrameType, event: str, _what: Any) -> None:  # noqa: ANN401 - as Python calls it
        if event in {"call", "c_call"} and next(steps) > steps_max:
            os.kill(os.getpid(), signal.SIGKILL)

    # The writer's thread and those that settle begin after this, so theirs are counted too.
    threading.setprofile(counted)
    sys.setprofile(counted)
    await sequencer.start()
    await sequencer.submit(AGAIN)
    while await DayRuns(sequencer, clock, market_id=MARKET_ID).step():
        pass
    sys.setprofile(None)
    threading.setprofile(None)
    say(f"done {next(steps)}")


def main() -> None:
    for line in sys.stdin:
        *where, steps_max = line.split()
        store: Store = (
            Path(where[0]) if len(where) == 1 else PostgresStore(url=where[0], market_id=where[1])
        )
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(settles(store, int(steps_max)))
            finally:
                os._exit(1)  # it goes as it is, nothing is closed
        os.waitpid(child, 0)
        say("ended")


if __name__ == "__main__":
    main()
