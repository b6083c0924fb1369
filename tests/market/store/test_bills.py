"""Bills from a market's own file: what they are made of, and what stands behind each line."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from market.day_runs import DayRuns
from market.model.bill import (
    BillSource,
    BillState,
    ChargeKind,
    Correction,
    DraftBills,
    IssueBills,
    TaxRule,
)
from market.model.messages import Command, RecordMeasurements
from market.model.money import TransferKind
from market.model.power import Measurement
from market.model.rejection import Code
from market.model.settlement_run import BeginSettlement, RunKind
from market.sequencer import Sequencer
from market.store import queries
from market.store.database import Readers, Store
from market.store.queries import CursorFault, StoredBill
from market.store.tables import deviation_prices, deviations
from tests.builders import MIDNIGHT_S, STEP_S
from tests.market.stores import NewStore, opened
from tests.market.written import (
    MARKET_ID,
    SETUP,
    TRADING,
    TWO_INTERVALS,
    StillClock,
    bill,
    every_mode,
    with_sequencer,
    write_life,
)

MONTH = "2016-06"
PAID = (ChargeKind.ENERGY_BOUGHT, ChargeKind.NETWORK_FEE, ChargeKind.LEVIES)
VAT = TaxRule(tax_id="vat", name="VAT", from_day="2016-01-01", rate_ppm=190_000, on=PAID)
TAXED = replace(TWO_INTERVALS, taxes=(VAT,))
LATER_US = 1_467_400_000_000_000
DAY = "2016-06-15"
AFTER_US = (MIDNIGHT_S + 3 * STEP_S) * 1_000_000


def taxed() -> tuple[Command, ...]:
    return (replace(SETUP[0], rules=TAXED), *SETUP[1:], *TRADING)  # type: ignore[call-arg]


@pytest.fixture(scope="module")
def life(new_store_for_all: NewStore) -> Store:
    store = new_store_for_all()
    write_life(store, taxed(), billed=True)
    return store


def read(store: Store, question: Any, **wanted: Any) -> Any:  # noqa: ANN401 - any query and its answer
    readers = Readers(store)
    try:
        with readers.connect() as connection:
            return question(connection, MARKET_ID, **wanted)
    finally:
        readers.close()


def bills_of(store: Store, **wanted: Any) -> dict[str, StoredBill]:  # noqa: ANN401 - as the query takes it
    return {item.bill.participant_id: item for item in read(store, queries.bills, **wanted).items}


def test_everybody_has_a_bill_that_stands(life: Store) -> None:
    found = bills_of(life)

    assert set(found) == {"ann", "ben", "retailer"}
    assert {item.state for item in found.values()} == {BillState.ISSUED}
    assert all(item.issued_us for item in found.values())
    assert read(life, queries.bill, bill_id=found["ben"].bill.bill_id) == found["ben"]
    assert read(life, queries.bill, bill_id="bil-99") is None


def test_a_bill_is_what_the_participants_account_paid(life: Store) -> None:
    """Its total is the whole month's change of the account but for what was paid in."""
    for name, item in bills_of(life).items():
        account = read(life, queries.account, participant_id=name)
        assert account.balance_quanta == item.bill.paid_in_quanta - item.bill.total_quanta
    assert read(life, queries.ledger).sum_quanta == 0


def test_tax_and_rounding_lie_on_their_accounts(life: Store) -> None:
    found = [item.bill for item in bills_of(life).values()]
    accounts = {item.account: item.balance_quanta for item in read(life, queries.ledger).accounts}

    assert accounts["taxes"] == sum(item.tax_quanta for item in found) > 0
    assert accounts["bill_rounding"] == sum(item.rounding_quanta for item in found) != 0


def test_ben_is_billed_for_what_he_bought_deviated_and_withdrew(life: Store) -> None:
    lines = {item.kind: item for item in bills_of(life)["ben"].bill.lines}

    assert set(lines) >= {
        ChargeKind.ENERGY_BOUGHT,
        ChargeKind.DEVIATION_SHORT,
        ChargeKind.NETWORK_FEE,
        ChargeKind.LEVIES,
    }
    assert lines[ChargeKind.NETWORK_FEE].energy_wh == 2 * 2_450
    assert lines[ChargeKind.NETWORK_FEE].price_ticks == TAXED.tariff.network_ticks
    assert lines[ChargeKind.NETWORK_FEE].amount_quanta == 2 * 2_450 * TAXED.tariff.network_ticks


def test_every_line_is_the_sum_of_its_details(life: Store) -> None:
    lines_are_their_details(life)


def lines_are_their_details(store: Store) -> None:
    for item in bills_of(store, state=BillState.ISSUED).values():
        of = item.bill
        amounts: defaultdict[ChargeKind, int] = defaultdict(int)
        energies: defaultdict[ChargeKind, int] = defaultdict(int)
        counts: defaultdict[ChargeKind, int] = defaultdict(int)
        cursor: str | None = None
        while True:
            page = read(store, queries.bill_details, of=of, cursor=cursor, limit=2)
            for detail in page.items:
                amounts[detail.kind] += detail.amount_quanta
                energies[detail.kind] += detail.energy_wh or 0
                counts[detail.kind] += 1
                if detail.energy_wh is not None:
                    assert detail.price_ticks is not None
                    assert abs(detail.amount_quanta) == detail.energy_wh * abs(detail.price_ticks)
            cursor = page.next_cursor
            if cursor is None:
                break
        lines: defaultdict[ChargeKind, int] = defaultdict(int)
        energy: defaultdict[ChargeKind, int] = defaultdict(int)
        for line in of.lines:
            lines[line.kind] += line.amount_quanta
            energy[line.kind] += line.energy_wh or 0
        assert amounts == lines
        assert energies == energy
        assert sum(counts.values()) > 0


@pytest.mark.parametrize("cursor", ["x~1~2", "t~1", "p~a~b", "t", "~"])
def test_a_cursor_no_list_has_given_out_is_refused(cursor: str, life: Store) -> None:
    of = bills_of(life)["ann"].bill
    with pytest.raises(CursorFault):
        read(life, queries.bill_details, of=of, cursor=cursor)
    with pytest.raises(CursorFault):
        read(life, queries.bills, cursor=cursor)


def test_lists_are_narrowed_and_read_page_by_page(life: Store) -> None:
    assert bills_of(life, participant_id="ann").keys() == {"ann"}
    assert bills_of(life, month="2016-07") == {}
    assert bills_of(life, state=BillState.DRAFT) == {}
    assert len(bills_of(life, month=MONTH, state=BillState.ISSUED, issued=True)) == 3
    first = read(life, queries.bills, limit=2)
    second = read(life, queries.bills, limit=2, cursor=first.next_cursor)
    assert [len(page.items) for page in (first, second)] == [2, 1]
    assert second.next_cursor is None


def sources_of(connection: Connection) -> tuple[BillSource, ...]:
    return queries.bill_sources(connection, MARKET_ID, TAXED, MONTH)[1]


def test_fed_in_and_withdrawn_are_the_metering_points(life: Store) -> None:
    """Ann's roof, load and battery are behind one meter: added up interval by interval, then taken apart."""
    net_wh: defaultdict[tuple[str, int], int] = defaultdict(int)
    for found in read(life, queries.measurements).items:
        reading = found.reading
        net_wh[reading.unit_id[:3], reading.start_s] += reading.injection_wh
    for source in read(life, lambda connection, _: sources_of(connection))[:2]:
        own = [wh for (name, _), wh in net_wh.items() if name == source.participant_id]
        (metered,) = source.metered
        assert metered.count == len(own) == 2
        assert metered.withdrawn_wh == sum(max(0, -wh) for wh in own)
        assert metered.fed_in_wh == sum(max(0, wh) for wh in own)


@pytest.mark.parametrize("table", [deviation_prices, deviations])
def test_a_deviation_whose_price_is_gone_is_not_billed(table: Any, store: Store) -> None:  # noqa: ANN401 - a table
    """A price that is missing is no price of zero."""
    write_life(store, taxed())
    with opened(store) as connection:
        connection.execute(table.delete())

    async def draft(sequencer: Sequencer) -> tuple[Code, ...]:
        with sequencer.readers.connect() as connection:
            sources = sources_of(connection)
        committed = await sequencer.submit(
            DraftBills(now_us=LATER_US, actor="op", month=MONTH, as_of_event_seq=1, sources=sources)
        )
        assert committed.events == ()
        return tuple(fault.code for fault in committed.answer.rejections)

    codes = with_sequencer(store, draft, clock=StillClock(LATER_US))
    assert set(codes) == {Code.BILL_UNPROVEN}


def test_bills_of_a_market_with_every_mode_are_proven(store: Store) -> None:
    """Contracts, listings and quotes, a stop and a limit: the ledger still says what energy costs."""
    write_life(store, every_mode(), billed=True)

    kinds = {line.kind for item in bills_of(store).values() for line in item.bill.lines}
    venues = {line.detail for item in bills_of(store).values() for line in item.bill.lines}
    assert {"listing", "call"} <= venues
    assert ChargeKind.LAST_RESORT in kinds


def test_a_month_is_billed_again_only_where_something_changed(store: Store) -> None:
    write_life(store, taxed(), billed=True)
    before = bills_of(store)

    async def again(sequencer: Sequencer) -> None:
        drafted, issued = await bill(sequencer, StillClock(LATER_US))
        assert (drafted.events, issued.events) == ((), ())

    with_sequencer(store, again, clock=StillClock(LATER_US))
    assert bills_of(store) == before


def test_a_corrected_bill_takes_the_place_of_the_one_before(store: Store) -> None:
    """Ben's source changes, as a correction would change it; the ledger sums up and nothing is lost."""
    write_life(store, taxed(), billed=True)
    before = bills_of(store)["ben"].bill

    async def correct(sequencer: Sequencer) -> None:
        with sequencer.readers.connect() as connection:
            (ben,) = [item for item in sources_of(connection) if item.participant_id == "ben"]
        extra = next(item for item in ben.posted if item.kind is TransferKind.LEVIES)
        returned = replace(extra, kind=TransferKind.RENT_RETURN, amount_quanta=-12_345_678, count=1)
        changed = replace(ben, posted=(*ben.posted, returned))
        for command in (
            DraftBills(
                now_us=LATER_US, actor="op", month=MONTH, as_of_event_seq=9, sources=(changed,)
            ),
            IssueBills(now_us=LATER_US, actor="op", month=MONTH, bill_ids=()),
        ):
            assert (await sequencer.submit(command)).answer.rejections == ()

    with_sequencer(store, correct, clock=StillClock(LATER_US))
    page = read(store, queries.bills, participant_id="ben").items
    assert [(item.bill.version, item.state) for item in page] == [
        (1, BillState.REPLACED),
        (2, BillState.ISSUED),
    ]
    after = page[1].bill
    assert (after.corrects, after.before_quanta) == (before.bill_id, before.total_quanta)
    assert page[0].bill == before
    accounts = {item.account: item.balance_quanta for item in read(store, queries.ledger).accounts}
    others = [item.bill for name, item in bills_of(store).items() if name != "ben"]
    assert accounts["taxes"] == after.tax_quanta + sum(item.tax_quanta for item in others)
    rounded = after.rounding_quanta + sum(item.rounding_quanta for item in others)
    assert accounts["bill_rounding"] == rounded
    assert sum(accounts.values()) == 0


# --- days that were settled again -------------------------------------------------------


async def read_late(sequencer: Sequencer, injection_wh: int) -> None:
    """Ben's meter is read once more, and the day is settled again because of it."""
    clock = StillClock(AFTER_US)
    runs = DayRuns(sequencer, clock, market_id=MARKET_ID)
    while await runs.step():
        pass
    reading = Measurement(unit_id="ben-load", start_s=MIDNIGHT_S, injection_wh=injection_wh)
    for command in (
        RecordMeasurements(
            now_us=AFTER_US, actor="gateway", area_id="RUR", measurements=(reading,)
        ),
        BeginSettlement(
            now_us=AFTER_US, actor="op", day=DAY, kind=RunKind.CORRECTED, reason="read late"
        ),
    ):
        assert (await sequencer.submit(command)).answer.rejections == ()
    while await runs.step():
        pass


def test_a_month_that_was_settled_again_is_billed_with_its_corrections(store: Store) -> None:
    """1,450 Wh less than was read at first: the fees on them come back, with the tax on them."""
    write_life(store, taxed())

    async def correct(sequencer: Sequencer) -> None:
        await read_late(sequencer, -1_000)
        await bill(sequencer, StillClock(AFTER_US))

    with_sequencer(store, correct, clock=StillClock(AFTER_US))
    found = bills_of(store)
    for name, item in found.items():
        account = read(store, queries.account, participant_id=name)
        assert account.balance_quanta == item.bill.paid_in_quanta - item.bill.total_quanta
    corrected = {line.kind: line for line in found["ben"].bill.lines if line.correction}
    assert {line.correction for line in corrected.values()} == {
        Correction(day=DAY, version=2, run_id="set-2")
    }
    fee = corrected[ChargeKind.NETWORK_FEE]
    assert fee.amount_quanta == -1_450 * TAXED.tariff.network_ticks
    assert (fee.energy_wh, fee.price_ticks) == (None, None)
    assert corrected[ChargeKind.LEVIES].amount_quanta == -1_450 * TAXED.tariff.levies_ticks
    assert ChargeKind.DEVIATION in corrected
    (first,) = [
        line
        for line in found["ben"].bill.lines
        if line.kind is ChargeKind.NETWORK_FEE and not line.correction
    ]
    assert first.energy_wh == 2 * 2_450
    (tax,) = found["ben"].bill.taxes
    assert tax.base_quanta == sum(
        line.amount_quanta for line in found["ben"].bill.lines if line.kind in PAID
    )
    assert found["ben"].bill.plain is None
    lines_are_their_details(store)


def test_a_day_settled_again_after_its_bills_corrects_them(store: Store) -> None:
    write_life(store, taxed(), billed=True)
    before = bills_of(store)["ben"].bill

    async def correct(sequencer: Sequencer) -> None:
        await read_late(sequencer, -1_000)
        await bill(sequencer, StillClock(AFTER_US))
        await read_late(sequencer, -1_500)
        await bill(sequencer, StillClock(AFTER_US))

    with_sequencer(store, correct, clock=StillClock(AFTER_US))
    page = [item.bill for item in read(store, queries.bills, participant_id="ben").items]
    assert [item.version for item in page] == [1, 2, 3]
    assert page[0] == before
    last = page[2]
    assert {line.correction.version for line in last.lines if line.correction} == {2, 3}
    fees = [line for line in last.lines if line.kind is ChargeKind.NETWORK_FEE]
    assert sum(line.amount_quanta for line in fees) == 3_950 * TAXED.tariff.network_ticks
    account = read(store, queries.account, participant_id="ben")
    assert account.balance_quanta == last.paid_in_quanta - last.total_quanta
    lines_are_their_details(store)
    assert read(store, queries.ledger).sum_quanta == 0


def test_a_run_that_is_not_kept_proves_nothing(store: Store) -> None:
    """Without its run the ledger says something no reading and no run accounts for."""
    write_life(store, taxed())

    async def draft(sequencer: Sequencer) -> set[Code]:
        await read_late(sequencer, -1_000)
        await sequencer.projected(sequencer.committed_seq)
        with sequencer.readers.connect() as connection:
            sources = sources_of(connection)
        assert [item for source in sources for item in source.corrected]
        command = DraftBills(
            now_us=LATER_US,
            actor="op",
            month=MONTH,
            as_of_event_seq=1,
            sources=tuple(replace(source, corrected=()) for source in sources),
        )
        return {fault.code for fault in (await sequencer.submit(command)).answer.rejections}

    assert with_sequencer(store, draft, clock=StillClock(LATER_US)) == {Code.BILL_UNPROVEN}


def test_bills_are_made_again_with_the_other_lists(store: Store) -> None:
    write_life(store, taxed(), billed=True)
    before = bills_of(store)
    with_sequencer(store, lambda sequencer: sequencer.rebuild_projections())

    assert bills_of(store) == before
