"""A charge for the day: booked when the day is closed, a line of the bill, and changed by a run."""

from dataclasses import replace
from typing import Any

from market.day_runs import DayRuns
from market.model.bill import ChargeKind
from market.model.messages import Command, RegisterParticipants, RegisterUnits
from market.model.money import GRID_OPERATOR, TransferKind, participant_account
from market.model.participant import Participant, UnitKind, VoltageLevel
from market.model.rules import DayKind, NetworkBand, NetworkTariff, Tariff
from market.model.settlement_run import BeginSettlement, RunKind
from market.sequencer import Sequencer
from market.store import queries
from market.store.database import Store
from tests.builders import MIDNIGHT_S, RULES, STEP_S, unit
from tests.market.store.test_bills import PAID, TAXED, VAT, bills_of, lines_are_their_details
from tests.market.written import MARKET_ID, SETUP, TRADING, StillClock, with_sequencer, write_life

LATE_US = (MIDNIGHT_S + 3 * STEP_S) * 1_000_000


def charging(quanta: int, *bands: NetworkBand) -> Tariff:
    """The usual fees, or these, and so much for each day."""
    plain = NetworkBand(days=DayKind.ALL, from_hour=0, to_hour=24, ticks=7_000)
    tariff = NetworkTariff(
        voltage_level=VoltageLevel.LOW,
        from_day="2016-01-01",
        bands=bands or (plain,),
        day_charge_quanta=quanta,
    )
    return replace(RULES.tariff, by_level=(tariff,))


def life(**rules: Any) -> tuple[Command, ...]:  # noqa: ANN401 - fields of the rules
    created = replace(SETUP[0], rules=replace(TAXED, **rules))  # type: ignore[call-arg]
    return (created, *SETUP[1:], *TRADING)


def test_it_is_a_line_of_its_own_on_the_bill(store: Store) -> None:
    vat = replace(VAT, on=(*PAID, ChargeKind.DAY_CHARGE))
    night = NetworkBand(days=DayKind.ALL, from_hour=21, to_hour=20, ticks=1)
    evening = NetworkBand(days=DayKind.ALL, from_hour=20, to_hour=21, ticks=2)
    tariff = charging(61_644_000, night, evening)
    write_life(store, life(taxes=(vat,), tariff=tariff), billed=True)

    for name, item in bills_of(store).items():
        lines = [line for line in item.bill.lines if line.kind is ChargeKind.DAY_CHARGE]
        if name == "retailer":
            assert lines == []
            continue
        (line,) = lines
        assert (line.count, line.amount_quanta, line.energy_wh) == (1, 61_644_000, None)
        (tax,) = item.bill.taxes
        taxed = [line for line in item.bill.lines if line.kind in vat.on]
        assert tax.base_quanta == sum(line.amount_quanta for line in taxed)
        assert item.bill.plain is not None
        assert item.bill.plain.network_quanta == item.bill.withdrawn_wh + 61_644_000
    lines_are_their_details(store)


def test_another_charge_is_a_difference_for_each_metering_point(store: Store) -> None:
    write_life(store, life(tariff=charging(50_000_000)))
    clock = StillClock(LATE_US)
    eve = Participant(participant_id="eve", name="Eve", area_id="RUR")
    load = unit("eve-load", "eve", UnitKind.LOAD, withdrawal_max_w=1)
    after: dict[str, Any] = {"now_us": LATE_US, "actor": "op"}
    again = BeginSettlement(
        **after,
        day="2016-06-15",
        kind=RunKind.CORRECTED,
        reason="the charge was wrong",
        tariff=charging(80_000_000),
    )

    async def check(sequencer: Sequencer) -> None:
        runs = DayRuns(sequencer, clock, market_id=MARKET_ID)
        for command in (
            RegisterParticipants(**after, participants=(eve,)),
            RegisterUnits(**after, units=(load,)),
        ):
            assert (await sequencer.submit(command)).answer.rejections == ()
        while await runs.step():
            pass
        await sequencer.submit(again)
        while await runs.step():
            pass
        await sequencer.projected(sequencer.committed_seq)
        with sequencer.readers.connect() as connection:
            first, second = queries.settlement_runs(connection, MARKET_ID).items
            moved = queries.run_differences(connection, MARKET_ID, second.run.run_id)
        assert first.differences == 0
        # Not to the retailer of last resort, and not to who came when the day was over.
        assert {(x.kind, x.debit_account, x.credit_account, x.amount_quanta) for x in moved} == {
            (TransferKind.DAY_CHARGE, participant_account(name), GRID_OPERATOR, 30_000_000)
            for name in ("ann", "ben")
        }
        assert sequencer.engine.state.ledger.sum_quanta() == 0

    with_sequencer(store, check, clock=clock)
