"""A clearing run verified on demand, by a process of its own (`market/verifying.py`).

The one idea: whoever asks waits, the market does not: one at a time, and not for ever.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Final

import msgspec

from api.wire.errors import refuse
from market.model.call import CallKind
from market.model.rejection import Code
from market.model.verifying import Unverified
from market.store.database import PostgresStore, Store

COMMAND: Final = (sys.executable, "-m", "market.verifying")
DEADLINE_S: Final = 300.0
_verifying = False


class VerifyingFailed(Exception):
    """The process ended without a verdict."""


async def verified(
    store: Store,
    market_id: str,
    call: CallKind,
    start_s: int,
    *,
    command: Sequence[str] | None = None,
    deadline_s: float = DEADLINE_S,
) -> dict[str, Any]:
    """What the process says of a run.

    Args:
        store: where the market is kept.
        market_id: its id.
        call: which call.
        start_s: the run's first interval.
        command: starts the process; None: COMMAND.
        deadline_s: real seconds it may take.

    Raises:
        RefusedError: NOT_FOUND; SYSTEM_BUSY while another one is under way, or where it takes too long.
        VerifyingFailed: a fault of ours.
    """
    return await brought_back(
        store, market_id, call, start_s, command=command or COMMAND, deadline_s=deadline_s
    )


async def brought_back(
    store: Store,
    market_id: str,
    call: CallKind,
    start_s: int,
    *,
    command: Sequence[str],
    deadline_s: float = DEADLINE_S,
    more: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """What a process says of a run that it brings back; of a journal that proves nothing, that.

    Args:
        store: where the market is kept.
        market_id: its id.
        call: which call.
        start_s: the run's first interval.
        command: starts the process.
        deadline_s: real seconds it may take.
        more: what it is told beside where and which.

    Raises:
        RefusedError: NOT_FOUND; SYSTEM_BUSY while another one is under way, or where it takes too long.
        VerifyingFailed: a fault of ours.
    """
    global _verifying
    if _verifying:
        raise refuse(Code.SYSTEM_BUSY)
    _verifying = True
    wanted = {
        "market_id": market_id,
        "path": str(store.resolve()) if isinstance(store, Path) else None,
        # By the pipe: a command line is for everybody to see.
        "url": store.url if isinstance(store, PostgresStore) else None,
        "call": call.value,
        "start_s": start_s,
        **(more or {}),
    }
    try:
        return await _asked(msgspec.json.encode(wanted), command, deadline_s)
    finally:
        _verifying = False


async def _asked(wanted: bytes, command: Sequence[str], deadline_s: float) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    began_s = monotonic()
    try:
        told, _ = await asyncio.wait_for(process.communicate(wanted), deadline_s)
    except TimeoutError:
        raise refuse(Code.SYSTEM_BUSY) from None
    finally:
        # Also where nobody waits for it any more.
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == Unverified.NOT_FOUND:
        raise refuse(Code.NOT_FOUND)
    if process.returncode == Unverified.UNPROVEN:
        return {"verified": False, "faults": ["journal"]}
    if process.returncode != 0:
        raise VerifyingFailed(f"the process ended with {process.returncode}")
    found: dict[str, Any] = msgspec.json.decode(told)
    return found | {"took_ms": round((monotonic() - began_s) * 1_000)}
