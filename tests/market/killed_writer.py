"""A writer to be killed: places orders as fast as it may, and says which were acknowledged.

Run as `python -m tests.market.killed_writer FILE ROUND`. A line is written only once the order's
commit has returned; whoever kills this process compares the lines with what is in the file.
"""

import asyncio
import os
import sys
from pathlib import Path

from market.sequencer import Sequencer
from tests.market.written import SETUP, StillClock, place

AT_ONCE = 20
"""Orders under way at the same time: batches of several commands, as in life."""


async def write(path: Path, round_name: str) -> None:
    """Place orders until killed; one line `client_order_id order_id` each."""
    sequencer = Sequencer.open(path, clock=StillClock())
    await sequencer.start()
    for command in SETUP[sequencer.committed_seq :]:
        await sequencer.submit(command)
    os.write(1, b"ready\n")

    async def keep_placing(number: int) -> None:
        for count in range(1_000_000):
            client_order_id = f"{round_name}-{number}-{count}"
            committed = await sequencer.submit(
                place("ann", f"{client_order_id} ann-load buy 100 1")
            )
            (answer,) = committed.answer.orders
            line = f"{client_order_id} {answer.order_id}\n"
            # One write, unbuffered: either the whole line is out or the order counts as unknown.
            os.write(1, line.encode())

    await asyncio.gather(*(keep_placing(number) for number in range(AT_ONCE)))


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), sys.argv[2]))
