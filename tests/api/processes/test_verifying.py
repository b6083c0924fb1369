"""Verifying a run: what the process of its own says without a verdict, and that nobody waits for ever."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from api.processes.verifying import VerifyingFailed, verified
from api.wire.errors import RefusedError
from market.model.call import CallKind
from market.model.rejection import Code
from tests.market.stores import unguarded_file
from tests.market.written import write_life


async def ask(store: Path, *command: str, deadline_s: float = 60.0) -> dict[str, Any]:
    return await verified(
        store, "village", CallKind.CLOSING, 0, command=command or None, deadline_s=deadline_s
    )


def test_a_run_that_is_not_in_the_journal_is_not_found(tmp_path: Path) -> None:
    store = tmp_path / "village.sqlite"
    write_life(store)
    with pytest.raises(RefusedError) as refused:
        asyncio.run(ask(store))
    assert refused.value.code is Code.NOT_FOUND


def test_no_run_of_a_journal_that_was_tampered_with_is_verified(tmp_path: Path) -> None:
    store = tmp_path / "village.sqlite"
    write_life(store)
    connection = unguarded_file(store)
    connection.execute("UPDATE journal SET events = x'90' WHERE batch = 2")
    connection.commit()
    connection.close()
    assert asyncio.run(ask(store)) == {"verified": False, "faults": ["journal"]}


def test_a_process_that_ends_otherwise_is_a_fault_of_ours(tmp_path: Path) -> None:
    with pytest.raises(VerifyingFailed, match="ended with 1"):
        asyncio.run(ask(tmp_path, sys.executable, "-c", "raise SystemExit(1)"))


def test_whoever_comes_meanwhile_is_refused_and_the_deadline_ends_it(tmp_path: Path) -> None:
    endless = (sys.executable, "-c", "import time; time.sleep(600)")

    async def both() -> list[Any]:
        first = asyncio.create_task(ask(tmp_path, *endless, deadline_s=1.0))
        await asyncio.sleep(0)
        second = await asyncio.gather(ask(tmp_path, *endless), return_exceptions=True)
        return [*second, *await asyncio.gather(first, return_exceptions=True)]

    for refused in asyncio.run(both()):
        assert isinstance(refused, RefusedError)
        assert refused.code is Code.SYSTEM_BUSY
    # It is free again.
    with pytest.raises(VerifyingFailed):
        asyncio.run(ask(tmp_path, sys.executable, "-c", "raise SystemExit(1)"))
