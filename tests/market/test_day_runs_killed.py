"""A run is killed anywhere, by SIGKILL: whoever goes on comes to the same, and books it once.

A market that is never killed lives beside: after each kill and what follows it both have the same state, the
same postings, the same lines of every version.
"""

import random
import subprocess
from collections import Counter
from itertools import count
from typing import Any

import pytest

from market.day_runs import DayRuns
from market.model.messages import RecordMeasurements
from market.model.power import Measurement
from market.sequencer import Sequencer
from market.store.database import PostgresStore, Store
from tests.builders import MIDNIGHT_S
from tests.market.killable import killable
from tests.market.killed_run import AGAIN, LATE_US
from tests.market.stores import NewStore
from tests.market.written import (
    MARKET_ID,
    StillClock,
    every_mode,
    projected,
    with_sequencer,
    write_life,
)

KILLS_PER_STORE = 25
"""After these a new market begins: every version of a day is kept, so each run is a little longer."""
STEPS_MANY = 10**9


def killed_after(process: subprocess.Popen[str], store: Store, steps: int) -> int | None:
    """Let a run make so many calls; gives how many it took if it was through before."""
    assert process.stdin is not None
    assert process.stdout is not None
    where = f"{store.url} {store.market_id}" if isinstance(store, PostgresStore) else str(store)
    process.stdin.write(f"{where} {steps}\n")
    took: int | None = None
    while (line := process.stdout.readline().split()) != ["ended"]:
        assert line, "the process of the runs has ended"
        if line[0] == "done":  # what else comes is the market's log
            took = int(line[1])
    return took


def read_late(store: Store, number: int) -> None:
    """Ben's meter is read once more."""
    reading = Measurement(
        unit_id="ben-load", start_s=MIDNIGHT_S, injection_wh=-1_000 - number, sequence=number
    )
    command = RecordMeasurements(
        now_us=LATE_US, actor="gateway", area_id="RUR", measurements=(reading,)
    )

    async def submit(sequencer: Sequencer) -> None:
        assert (await sequencer.submit(command)).answer.rejections == ()

    with_sequencer(store, submit, clock=StillClock(LATE_US))


def gone_on(store: Store, found: Counter[bool]) -> tuple[bytes, Any]:
    """Ask once more, do what is left; the state and everything that can be read of it.

    `found`: counts whether a run was under way.
    """
    clock = StillClock(LATE_US)

    async def go_on(sequencer: Sequencer) -> tuple[bytes, Any]:
        found[sequencer.engine.state.settlements.run is not None] += 1
        await sequencer.submit(AGAIN)
        while await DayRuns(sequencer, clock, market_id=MARKET_ID).step():
            pass
        assert sequencer.engine.state.ledger.sum_quanta() == 0
        await sequencer.projected(sequencer.committed_seq)
        with sequencer.readers.connect() as connection:
            return sequencer.engine.snapshot(), projected(connection)

    return with_sequencer(store, go_on, clock=clock)


@pytest.mark.parametrize(
    "kills",
    [pytest.param(10, id="10"), pytest.param(100, id="100", marks=pytest.mark.long)],
)
def test_killed_at_any_point_a_run_comes_to_the_same(kills: int, new_store: NewStore) -> None:
    moments, numbers = random.Random(5), count(1)
    killed, found, other = 0, Counter[bool](), Counter[bool]()
    with killable("tests.market.killed_run") as process:
        while killed < kills:
            store, untouched = new_store(), new_store()
            for each in (store, untouched):
                write_life(each, every_mode(), billed=True)
                read_late(each, 0)
            whole = killed_after(process, store, STEPS_MANY)
            assert whole is not None, "a run takes fewer calls than that"
            gone_on(untouched, other)
            for _ in range(min(KILLS_PER_STORE, kills - killed)):
                number = next(numbers)
                for each in (store, untouched):
                    read_late(each, number)
                killed += killed_after(process, store, moments.randrange(whole)) is None
                assert gone_on(store, found) == gone_on(untouched, other)
    assert killed == kills
    assert found[True] > kills // 3, "most kills came in the middle of a run"
    assert not other[True]
