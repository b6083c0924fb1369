"""Bills in the engine: when a month may be billed, what issuing books, what is refused."""

from dataclasses import replace

import pytest

from clearing.clear import clear
from market.engine.engine import Engine
from market.model.bill import (
    BillsDrafted,
    BillsIssued,
    BillSource,
    ChargeKind,
    DraftBills,
    IssueBills,
    Posted,
    TaxRule,
)
from market.model.messages import Answer, CloseDay, CreateMarket, TransfersBooked
from market.model.money import TransferKind
from market.model.participant import VoltageLevel
from market.model.rejection import Code
from market.model.rules import DayKind, NetworkBand, NetworkTariff
from tests.builders import DAY_BEFORE_US, GRID, MIDNIGHT_S, RULES, STEP_S, Story
from tests.market.written import due_command

ONE_INTERVAL = replace(RULES, trading_until_s=MIDNIGHT_S + STEP_S)
TAX = TaxRule(
    tax_id="vat",
    name="VAT",
    from_day="2016-01-01",
    rate_ppm=190_000,
    on=(ChargeKind.RENT_RETURN,),
)


def source(name: str, amount_quanta: int = 1_234_567) -> BillSource:
    posted = Posted(kind=TransferKind.RENT_RETURN, period=0, count=1, amount_quanta=amount_quanta)
    return BillSource(participant_id=name, posted=(posted,))


@pytest.fixture
def over() -> Story:
    """A market whose one interval is settled and whose day is closed."""
    story = Story(rules=replace(ONE_INTERVAL, taxes=(TAX,)))
    while (timer := story.engine.next_timer()) is not None:
        assert story.does(due_command(story.engine, timer, clear)).rejections == ()
    return story


def drafts(story: Story, *sources: BillSource, month: str = "2016-06") -> Answer:
    return story.does(
        DraftBills(
            now_us=DAY_BEFORE_US, actor="op", month=month, as_of_event_seq=7, sources=sources
        )
    )


def issues(story: Story, *bill_ids: str, month: str = "2016-06") -> Answer:
    return story.does(IssueBills(now_us=DAY_BEFORE_US, actor="op", month=month, bill_ids=bill_ids))


def codes(answer: Answer) -> list[Code]:
    return [fault.code for fault in answer.rejections]


def test_a_month_is_billed_once_its_last_day_is_closed() -> None:
    story = Story(rules=ONE_INTERVAL)
    while (timer := story.engine.next_timer()) is not None:
        assert codes(drafts(story, source("ann"))) == [Code.BILL_MONTH_OPEN]
        command = due_command(story.engine, timer, clear)
        story.does(command)
    assert isinstance(command, CloseDay)
    assert codes(drafts(story, source("ann"))) == []


@pytest.mark.parametrize("month", ["2016-05", "2016-07"])
def test_a_month_the_market_did_not_trade_has_no_bills(month: str, over: Story) -> None:
    assert codes(drafts(over, source("ann"), month=month)) == [Code.PRODUCT_UNKNOWN]


def test_drafting_books_nothing_and_issuing_books_tax_and_rounding(over: Story) -> None:
    before = dict(over.engine.state.ledger.accounts())
    drafts(over, source("ann"), source("ben"))
    assert dict(over.engine.state.ledger.accounts()) == before
    assert codes(issues(over)) == []

    after = over.engine.state.ledger
    assert after.balance_quanta("taxes") == 2 * 234_568  # 19 % of 1,234,567, half to even
    paid = before["participant:ann"] - after.balance_quanta("participant:ann")
    assert (1_234_567 + paid) % 1_000_000 == 0
    assert after.sum_quanta() == 0
    assert over.engine.state.bills.drafts("2016-06") == ()


def test_only_the_named_drafts_are_issued(over: Story) -> None:
    drafts(over, source("ann"), source("ben"))
    assert codes(issues(over, "bil-2", "bil-9")) == [Code.BILL_NO_DRAFT]
    assert codes(issues(over, "bil-2", "bil-2")) == []

    (event,) = [item for item in over.events if isinstance(item, BillsIssued)]
    assert [due.participant_id for due in event.bills] == ["ben"]
    assert [due.participant_id for due in over.engine.state.bills.drafts("2016-06")] == ["ann"]
    assert codes(issues(over, "bil-2")) == [Code.BILL_NO_DRAFT]


def test_issuing_without_a_draft_does_nothing(over: Story) -> None:
    count = len(over.events)
    assert codes(issues(over)) == []
    assert len(over.events) == count


def test_an_unproven_bill_refuses_them_all(over: Story) -> None:
    posted = source("ann").posted
    wrong = replace(source("ann"), posted=(*posted, replace(posted[0], kind=TransferKind.TRADE)))
    answer = drafts(over, source("ben"), wrong, source("eve"))

    assert codes(answer) == [Code.BILL_UNPROVEN, Code.PARTICIPANT_UNKNOWN]
    assert answer.rejections[0].parameters["participant_id"] == "ann"
    assert not [item for item in over.events if isinstance(item, BillsDrafted)]


def test_a_draft_is_made_again_only_when_it_says_something_else(over: Story) -> None:
    drafts(over, source("ann"))
    count = len(over.events)
    drafts(over, source("ann"))
    assert len(over.events) == count
    drafts(over, source("ann", 5))
    issues(over)
    count = len(over.events)
    drafts(over, source("ann", 5))
    assert len(over.events) == count

    (issued,) = [item for item in over.events if isinstance(item, BillsIssued)]
    assert [(due.bill_id, due.version) for due in issued.bills] == [("bil-2", 2)]


def test_a_correction_reverses_and_books_anew(over: Story) -> None:
    drafts(over, source("ann", 1_234_567))
    issues(over)
    drafts(over, source("ann", 7_654_321))
    issues(over)

    last = [item for item in over.events if isinstance(item, TransfersBooked)][-1]
    assert [move.reference for move in last.transfers] == ["bil-1", "bil-1", "bil-2", "bil-2"]
    ledger = over.engine.state.ledger
    assert ledger.balance_quanta("taxes") == 1_454_321  # 19 % of 7,654,321, half to even
    bills = [bill for item in over.events if isinstance(item, BillsDrafted) for bill in item.bills]
    assert (bills[1].corrects, bills[1].before_quanta) == ("bil-1", bills[0].total_quanta)
    assert ledger.sum_quanta() == 0


# --- the rules behind it --------------------------------------------------------------


def band(days: DayKind, from_hour: int, to_hour: int) -> NetworkBand:
    return NetworkBand(days=days, from_hour=from_hour, to_hour=to_hour, ticks=5_000)


def faults(**changes: object) -> list[str | None]:
    rules = replace(RULES, **changes)  # type: ignore[arg-type]
    command = CreateMarket(now_us=DAY_BEFORE_US, actor="op", rules=rules, grid=GRID)
    return [fault.pointer for fault in Engine().execute(command).answer.rejections]


@pytest.mark.parametrize(
    ("bands", "wrong"),
    [
        ((band(DayKind.ALL, 0, 24),), 0),
        ((band(DayKind.WORKING, 0, 24), band(DayKind.WEEKEND, 0, 24)), 0),
        ((band(DayKind.WORKING, 0, 24),), 1),
        ((band(DayKind.ALL, 0, 23),), 2),
        ((band(DayKind.ALL, 0, 24), band(DayKind.WEEKEND, 7, 8)), 1),
        ((band(DayKind.ALL, 22, 6), band(DayKind.ALL, 6, 22)), 0),
        ((band(DayKind.WORKING, 22, 6), band(DayKind.ALL, 6, 22)), 1),
        ((band(DayKind.ALL, 22, 6), band(DayKind.ALL, 5, 22)), 2),
        ((band(DayKind.ALL, 6, 6),), 2),
    ],
)
def test_every_hour_has_one_network_fee(bands: tuple[NetworkBand, ...], wrong: int) -> None:
    tariff = NetworkTariff(voltage_level=VoltageLevel.LOW, from_day="2016-06-01", bands=bands)
    found = faults(tariff=replace(RULES.tariff, by_level=(tariff,)))

    assert found == ["tariff/by_level/0/bands"] * wrong


def test_a_charge_for_the_day_is_not_below_zero() -> None:
    tariff = NetworkTariff(
        voltage_level=VoltageLevel.LOW,
        from_day="2016-06-01",
        bands=(band(DayKind.ALL, 0, 24),),
        day_charge_quanta=-1,
    )
    found = faults(tariff=replace(RULES.tariff, by_level=(tariff,)))

    assert found == ["tariff/by_level/0/charge_per_day"]


def test_two_rules_never_begin_on_one_day() -> None:
    tariff = NetworkTariff(
        voltage_level=VoltageLevel.LOW, from_day="2016-06-01", bands=(band(DayKind.ALL, 0, 24),)
    )
    medium = replace(tariff, voltage_level=VoltageLevel.MEDIUM)
    found = faults(
        tariff=replace(RULES.tariff, by_level=(tariff, medium, tariff)), taxes=(TAX, TAX)
    )

    assert found == [
        "tariff/by_level/0/from_day",
        "tariff/by_level/2/from_day",
        "taxes/0/from_day",
        "taxes/1/from_day",
    ]
