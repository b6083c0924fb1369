"""Runs that issue certificates, beside the law that every Wh is somewhere and only once."""

from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from sqlalchemy import Connection, select

from market.certificates.registry import Registry
from market.day_runs import DayRuns
from market.model.certificate import (
    CertificateAct,
    Lot,
    LotPart,
    MoveCertificates,
    RetireCertificates,
)
from market.model.messages import RecordMeasurements
from market.model.power import Measurement
from market.model.settlement_run import BeginSettlement, RunKind
from market.sequencer import Committed, Sequencer
from market.store import queries, tables
from market.store.database import Store
from tests.builders import MIDNIGHT_S, PARTICIPANTS, STEP_S
from tests.market.written import (
    MARKET_ID,
    StillClock,
    with_sequencer,
)

DAY = "2016-06-15"
ZONE = "Etc/GMT-1"
NOW_US = (MIDNIGHT_S + 3 * STEP_S) * 1_000_000
SUNNY = {"ann_solar": 2_400, "ann_load": -400, "ann_battery": 0}
"""More sun than was sold, and little use at home: something stays with Ann."""
ROOF = Lot(start_s=MIDNIGHT_S, unit_id="ann-solar")


def certified_story(
    store: Store, act: Callable[[Sequencer, DayRuns], Coroutine[Any, Any, Any]]
) -> Any:  # noqa: ANN401 - whatever the act gives
    clock = StillClock(NOW_US)

    async def run(sequencer: Sequencer) -> Any:  # noqa: ANN401
        found = await act(sequencer, DayRuns(sequencer, clock, market_id=MARKET_ID))
        await law(sequencer)
        return found

    return with_sequencer(store, run, clock=clock)


def registry_of(sequencer: Sequencer) -> Registry:
    return sequencer.engine.state.certificates


async def law(sequencer: Sequencer) -> None:
    """What the engine keeps is what the lists say, and every Wh is somewhere once."""
    await sequencer.projected(sequencer.committed_seq)
    registry = registry_of(sequencer)
    with sequencer.readers.connect() as connection:
        settled = _settled(connection)
        gone = _gone(connection)
        held: dict[str, int] = {}
        owed_wh = 0
        for participant in PARTICIPANTS:
            name = participant.participant_id
            lines = [
                item.line
                for item in queries.certificate_statement(
                    connection, MARKET_ID, participant_id=name, zone=ZONE
                ).items
            ]
            held[name] = sum(line.held_wh - line.owed_wh for line in lines)
            owed_wh += sum(line.owed_wh for line in lines)
            balances = queries.certificate_balances(
                connection, MARKET_ID, participant_id=name
            ).items
            for what in ("own_use", "used", "kept", "held", "owed", "retired", "exported"):
                column = f"{what}_wh"
                assert sum(getattr(line, column) for line in lines) == sum(
                    getattr(item, column) for item in balances
                )
    issued_wh = sum(settled.values())
    assert settled["own_use_wh"] == registry.own_use_wh
    assert settled["used_wh"] == registry.used_wh
    assert issued_wh == registry.issued_wh
    assert gone[CertificateAct.RETIRE] == registry.retired_wh
    assert gone[CertificateAct.EXPORT] == registry.exported_wh
    held_wh = sum(held.values()) + owed_wh
    gone_wh = registry.retired_wh + registry.exported_wh
    assert issued_wh == registry.own_use_wh + registry.used_wh + held_wh - owed_wh + gone_wh
    for name, balance_wh in held.items():
        assert registry.balances_wh.get(name, 0) == balance_wh


def _settled(connection: Connection) -> Counter[str]:
    c = tables.certificate_days.c
    names = ("own_use_wh", "used_wh", "kept_wh")
    found: Counter[str] = Counter()
    for row in connection.execute(select(*(c[name] for name in names))):
        for name in names:
            found[name] += getattr(row, name)
    return found


def _gone(connection: Connection) -> Counter[CertificateAct]:
    found: Counter[CertificateAct] = Counter()
    for item in queries.certificate_acts(connection, MARKET_ID, limit=10_000).items:
        found[item.kind] += item.energy_wh
    return found


async def do_all(sequencer: Sequencer, runs: DayRuns) -> None:
    """Do what is due."""
    while await runs.step():
        await law(sequencer)


async def read_late(sequencer: Sequencer, runs: DayRuns, **injections_wh: int) -> None:
    """Readings of the first interval come late, and the day is settled again."""
    await late(sequencer, **injections_wh)
    await do_all(sequencer, runs)


async def late(sequencer: Sequencer, **injections_wh: int) -> None:
    readings = tuple(
        Measurement(unit_id=name.replace("_", "-"), start_s=MIDNIGHT_S, injection_wh=energy_wh)
        for name, energy_wh in injections_wh.items()
    )
    await sequencer.submit(
        RecordMeasurements(now_us=NOW_US, actor="gw", area_id="RUR", measurements=readings)
    )
    await sequencer.submit(corrected())


def corrected() -> BeginSettlement:
    return BeginSettlement(
        now_us=NOW_US, actor="op", day=DAY, kind=RunKind.CORRECTED, reason="read late"
    )


async def acts(
    sequencer: Sequencer,
    kind: type[MoveCertificates | RetireCertificates],
    energy_wh: int,
    holder: str = "ann",
    **what: str,
) -> Committed:
    """An act about the roof's first lot, on what is read of it now."""
    await sequencer.projected(sequencer.committed_seq)
    with sequencer.readers.connect() as connection:
        read = queries.lots_read(
            connection, MARKET_ID, participant_id=holder, lots=(ROOF,), zone=ZONE
        )
    command = kind(
        now_us=NOW_US,
        actor=holder,
        participant_id=holder,
        reference=f"{kind.__name__}-{energy_wh}",
        parts=(LotPart(lot=ROOF, energy_wh=energy_wh),),
        read=read,
        **what,  # type: ignore[arg-type]
    )
    committed = await sequencer.submit(command)
    await law(sequencer)
    return committed


def codes(committed: Committed) -> list[str]:
    return [fault.code.value for fault in committed.answer.rejections]
