"""A market with certificates for tests: its one day settled as often as wanted, and acts beside it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from clearing.clear import clear
from market.model.certificate import (
    CertificateCommand,
    ExportCertificates,
    IssuedCertificates,
    Lot,
    LotPart,
    LotRead,
    LotsRead,
    MoveCertificates,
    RetireCertificates,
)
from market.model.messages import Answer
from market.model.rules import Tariff
from market.model.settlement_run import (
    BeginSettlement,
    Completeness,
    FinishSettlement,
    RecordSettledArea,
    RunKind,
    SettledArea,
)
from tests.builders import DAY_BEFORE_US, MIDNIGHT_S, RULES, STEP_S, Story
from tests.market.written import due_command

DAY: Final = "2016-06-15"
ROOF: Final = Lot(start_s=MIDNIGHT_S, unit_id="ann-solar")
LATER: Final = Lot(start_s=MIDNIGHT_S + STEP_S, unit_id="ann-solar")
TWO_INTERVALS: Final = replace(RULES, trading_until_s=MIDNIGHT_S + 2 * STEP_S)


def over() -> Story:
    """A market whose day is closed and not settled as a whole yet."""
    story = Story(rules=TWO_INTERVALS)
    while (timer := story.engine.next_timer()) is not None:
        assert story.does(due_command(story.engine, timer, clear)).rejections == ()
    return story


def issued(
    own_use_wh: int = 0, used_wh: int = 0, held_wh: Mapping[str, int] | None = None
) -> IssuedCertificates:
    held = {name: energy_wh for name, energy_wh in (held_wh or {}).items() if energy_wh}
    return IssuedCertificates(
        issued_wh=own_use_wh + used_wh + sum(held.values()),
        own_use_wh=own_use_wh,
        used_wh=used_wh,
        held_wh=tuple(held.items()),
    )


def settles(story: Story, certificates: IssuedCertificates | None) -> None:
    """The next version of the day stands; its fees are others, so that there is one."""
    settlements = story.engine.state.settlements
    version = settlements.days[DAY].version
    begin = BeginSettlement(
        now_us=DAY_BEFORE_US,
        actor="op",
        day=DAY,
        kind=RunKind.CORRECTED if version else RunKind.PRELIMINARY,
        tariff=Tariff(network_ticks=version, levies_ticks=0),
    )
    assert story.does(begin).rejections == ()
    run = settlements.run
    assert run is not None
    for area_id in run.left:
        area = SettledArea(run_id=run.begun.run_id, area_id=area_id, detail=b"", rows=0)
        record = RecordSettledArea(now_us=DAY_BEFORE_US, actor="market", area=area)
        assert story.does(record).rejections == ()
    finish = FinishSettlement(
        now_us=DAY_BEFORE_US,
        actor="market",
        run_id=run.begun.run_id,
        transfers=(),
        completeness=Completeness(),
        certificates=certificates,
    )
    assert story.does(finish).rejections == ()


def read(
    story: Story,
    participant_id: str,
    balances_wh: Mapping[Lot, int],
    open_wh: Mapping[int, int] | None = None,
) -> LotsRead:
    """What is read now of some lots."""
    state = story.engine.state
    version = state.settlements.days[DAY].version
    return LotsRead(
        acts=state.certificates.acts.get(participant_id, 0),
        versions=((DAY, version),) if version else (),
        lots=tuple(
            LotRead(lot=lot, balance_wh=balance_wh, open_wh=(open_wh or {}).get(lot.start_s, 0))
            for lot, balance_wh in balances_wh.items()
        ),
    )


def part(lot: Lot, energy_wh: int) -> LotPart:
    return LotPart(lot=lot, energy_wh=energy_wh)


def move(
    reference: str,
    what: LotsRead,
    *energies_wh: int,
    giver: str = "ann",
    receiver: str = "ben",
) -> MoveCertificates:
    """So much of each lot that was read."""
    return MoveCertificates(
        now_us=DAY_BEFORE_US,
        actor=giver,
        participant_id=giver,
        reference=reference,
        receiver_id=receiver,
        parts=_parts(what, energies_wh),
        read=what,
    )


def retire(
    reference: str, what: LotsRead, *energies_wh: int, holder: str = "ann"
) -> RetireCertificates:
    return RetireCertificates(
        now_us=DAY_BEFORE_US,
        actor=holder,
        participant_id=holder,
        reference=reference,
        parts=_parts(what, energies_wh),
        read=what,
    )


def export(
    reference: str, what: LotsRead, *, holder: str = "ann", bundles_max: int | None = None
) -> ExportCertificates:
    return ExportCertificates(
        now_us=DAY_BEFORE_US,
        actor=holder,
        participant_id=holder,
        reference=reference,
        bundles_max=bundles_max,
        read=what,
    )


def _parts(what: LotsRead, energies_wh: tuple[int, ...]) -> tuple[LotPart, ...]:
    return tuple(
        part(item.lot, energy_wh) for item, energy_wh in zip(what.lots, energies_wh, strict=True)
    )


def faults(answer: Answer) -> list[tuple[str, str | None]]:
    """Code and pointer of every fault."""
    return [(fault.code.value, fault.pointer) for fault in answer.rejections]


def again(command: CertificateCommand, what: LotsRead) -> CertificateCommand:
    """The same act, as it is said later."""
    return replace(command, read=what)
