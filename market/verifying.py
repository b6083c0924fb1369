"""A clearing run verified: its book brought back from the journal, solved and audited again, and compared.

The one idea: nobody's word is taken. The state before the run follows from the journal, every row of it proven
on the way; what the engine makes of it now has to be what was published then. It runs in a process of its
own (`python -m market.verifying`), since it may read all of a journal, and the market must not wait for it.
"""

import sys
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection

from clearing.service import ClearingService, input_hash
from market.engine.engine import Engine
from market.engine.state_reading import gc_paused
from market.model.call import CallKind
from market.model.messages import ApplyClearing
from market.model.trade import ClearingOutcome
from market.model.verifying import Unverified
from market.store import restore
from market.store.database import PostgresStore, Readers

SOLVE_S: Final = 120
"""Real time the auction may take; what comes from a lower rung then says so."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be verified, and where it is kept."""

    market_id: str
    path: str | None
    """Of the market's file; None: a database server keeps it."""
    url: str | None
    """Of that server, with its password."""
    call: CallKind
    start_s: int
    """The run's first interval."""
    solve_s: int = SOLVE_S


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    verified: bool
    faults: tuple[str, ...]
    """What differs, by name, and what the auditor finds; empty: nothing."""
    input_hash: str
    """Of the book, the grid and the rules, in canonical order."""
    receipt_hash_stated: str
    receipt_hash: str
    rung_stated: str
    rung: str
    reproducible: bool
    """False: the result came when time was up, and need not come out the same."""


def run_before(
    connection: Connection, call: CallKind, start_s: int
) -> tuple[Engine, ApplyClearing] | None:
    """The market as it was when a run was to be applied, and the run; None: the journal has none.

    Raises:
        JournalBroken: a row on the way does not prove itself.
    """
    engine = Engine()
    with gc_paused():
        for proven in restore.batches(connection):
            for entry in proven.batch.entries:
                command = entry.command
                if (
                    isinstance(command, ApplyClearing)
                    and command.call is call
                    and command.outcomes[0].start_s == start_s
                ):
                    return engine, command
                for event in entry.events:
                    engine.apply(event)
    return None


def verdict(
    engine: Engine, command: ApplyClearing, service: ClearingService, solve_s: int
) -> Verdict:
    """Solve and audit the run once more, and hold it against what was stated."""
    stated = command.outcomes
    auction = engine.clearing_problem(stated[0].start_s, command.call)
    result = service.solve(auction.problem, solve_s)
    made = engine.clearing_outcomes(auction, result, stated[0].solve_ms)
    faults = [*stated[0].audit_faults, *made[0].audit_faults, *_differences(stated, made)]
    return Verdict(
        verified=not faults,
        faults=tuple(faults),
        input_hash=input_hash(auction.problem),
        receipt_hash_stated=stated[0].receipt_hash,
        receipt_hash=made[0].receipt_hash,
        rung_stated=stated[0].rung,
        rung=made[0].rung,
        reproducible=stated[0].reproducible and made[0].reproducible,
    )


def _differences(
    stated: tuple[ClearingOutcome, ...], made: tuple[ClearingOutcome, ...]
) -> list[str]:
    """Names of what is not the same; each once."""
    if len(stated) != len(made):
        return ["intervals"]
    names = [name for name in ClearingOutcome.__dataclass_fields__ if name != "audit_faults"]
    return [
        name
        for name in names
        if any(
            getattr(one, name) != getattr(other, name)
            for one, other in zip(stated, made, strict=True)
        )
    ]


def brought_back(wanted: Wanted) -> tuple[Engine, ApplyClearing] | Unverified:
    """The market before the run and the run, from where they are kept; else why not."""
    if wanted.path is not None:
        readers = Readers(Path(wanted.path))
    else:
        readers = Readers(PostgresStore(url=wanted.url or "", market_id=wanted.market_id))
    try:
        with readers.connect() as connection:
            found = run_before(connection, wanted.call, wanted.start_s)
    except restore.JournalBroken as fault:
        sys.stderr.write(f"{fault}\n")
        return Unverified.UNPROVEN
    finally:
        readers.close()
    return Unverified.NOT_FOUND if found is None else found


def main() -> int:
    """From standard input to standard output."""
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=Wanted)
    found = brought_back(wanted)
    if isinstance(found, Unverified):
        return found
    with ClearingService() as service:
        told = verdict(*found, service, wanted.solve_s)
    sys.stdout.buffer.write(msgspec.json.encode(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
