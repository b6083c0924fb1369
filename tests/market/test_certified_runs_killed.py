"""A canary for certificates issued twice: runs killed, repeated, started again, lived again."""

import contextlib
from typing import Any

import pytest

from market.certificates.registry import Registry
from market.day_runs import DayRuns
from market.engine.engine import Engine
from market.model.certificate import (
    MoveCertificates,
    RetireCertificates,
)
from market.replay import replay
from market.sequencer import Sequencer
from market.store.database import Readers, Store
from tests.market.certified import (
    NOW_US,
    SUNNY,
    acts,
    certified_story,
    codes,
    corrected,
    do_all,
    late,
    read_late,
    registry_of,
)
from tests.market.written import (
    StillClock,
    every_mode,
    projected,
    with_sequencer,
    write_life,
)


class _Killed(Exception):
    """The process is gone."""


@pytest.mark.parametrize("after", range(5))
def test_canary_a_run_that_is_killed_and_goes_on_issues_once(store: Store, after: int) -> None:
    """Wherever it is interrupted, and however often it is begun: the same certificates."""
    write_life(store, every_mode())
    certified_story(store, do_all)

    async def killed(sequencer: Sequencer, runs: DayRuns) -> None:
        await late(sequencer, **SUNNY)
        submit, left = sequencer.submit, after

        async def until(command: Any) -> Any:  # noqa: ANN401
            nonlocal left
            if not left:
                raise _Killed
            left -= 1
            return await submit(command)

        sequencer.submit = until  # type: ignore[method-assign]
        with contextlib.suppress(_Killed):
            await runs.step()
        sequencer.submit = submit  # type: ignore[method-assign]

    async def goes_on(sequencer: Sequencer, runs: DayRuns) -> Registry:
        await do_all(sequencer, runs)
        await sequencer.submit(corrected())
        await do_all(sequencer, runs)
        return registry_of(sequencer)

    certified_story(store, killed)
    registry = certified_story(store, goes_on)
    assert registry.issued_wh == 1_400 + 2_400
    _lived_again(store)


def _lived_again(store: Store) -> None:
    """By commands and by facts alone the same state; projections made again are the same."""
    readers = Readers(store)
    with readers.connect() as connection:
        for events_only in (False, True):
            replay(connection, events_only=events_only)
    readers.close()

    async def rebuilt(sequencer: Sequencer) -> None:
        with sequencer.readers.connect() as connection:
            before = projected(connection)
        await sequencer.rebuild_projections()
        with sequencer.readers.connect() as connection:
            assert projected(connection) == before

    with_sequencer(store, rebuilt)


def test_acts_and_corrections_live_again(store: Store) -> None:
    write_life(store)

    async def story(sequencer: Sequencer, runs: DayRuns) -> Engine:
        await do_all(sequencer, runs)
        await read_late(sequencer, runs, **SUNNY)
        for committed in (
            await acts(sequencer, MoveCertificates, 5, receiver_id="ben"),
            await acts(sequencer, MoveCertificates, 2, holder="ben", receiver_id="ann"),
            await acts(sequencer, RetireCertificates, 3, holder="ben"),
        ):
            assert codes(committed) == []
        await read_late(sequencer, runs, ann_solar=0)
        return sequencer.engine

    engine = certified_story(store, story)
    written = engine.snapshot()

    async def again(sequencer: Sequencer) -> None:
        assert sequencer.engine.snapshot() == written

    with_sequencer(store, again, clock=StillClock(NOW_US))
    _lived_again(store)
