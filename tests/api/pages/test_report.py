"""The page of a report: every word in every language, every figure of the tables, nothing taken for markup."""

import re
from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path

import pytest

import api
from api.answers.reports import REPORT_TABLES
from api.pages.bill import Language
from api.pages.report import report_page
from api.pages.report_words import ACCOUNTS, COLUMNS, KINDS, VALUES, WORDS
from market.model import money
from market.model.bill import BillState
from market.model.demand import Demand, DemandState, Owed
from market.model.money import TransferKind, limit_rent_account, loss_account, rent_account
from market.model.order import Side, Venue
from market.model.participant import UnitKind
from market.model.settlement_run import Completeness, RunKind
from market.store import queries
from market.store.queries import (
    AccountPeriod,
    BillSum,
    CertificateSum,
    DayState,
    Debt,
    FlowRow,
    ImbalanceRow,
    KindSum,
    LineMoney,
    MeterRow,
    MoneyFault,
    NetSum,
    PeriodDay,
    PeriodMeters,
    PeriodMoney,
    PeriodReport,
    PeriodTrades,
    PriceRow,
    VolumeRow,
)
from tests.api.pages.test_bill import Read
from tests.builders import MIDNIGHT_S, RULES

TEMPLATE = (Path(api.__file__).parent / "pages" / "report.html.j2").read_text()
PAGE = (Path(api.__file__).parent / "pages" / "report.py").read_text()


def kind(account: str, of: TransferKind, received: int, given: int) -> KindSum:
    return KindSum(
        account=account, kind=of, received_quanta=received, given_quanta=given, postings=2
    )


REPORT = PeriodReport(
    span=queries.span_of((date(2016, 6, 15),), RULES),
    days=(
        PeriodDay(
            day="2016-06-15",
            state=DayState.SETTLED,
            intervals=96,
            settled=96,
            version=2,
            kind=RunKind.CORRECTED,
            completeness=Completeness(measured=90, late=7, substituted=3, linear=2),
        ),
    ),
    money=PeriodMoney(
        booked=(
            kind("grid_operator", TransferKind.NETWORK_FEE, 1_234_500_000, 0),
            kind("grid_operator", TransferKind.REDISPATCH, 0, 67_800_000),
            kind("participant", TransferKind.NETWORK_FEE, 0, 1_234_500_000),
        ),
        delivered=(
            NetSum(account="levies", kind=TransferKind.LEVIES, net_quanta=500_000_005, postings=1),
        ),
        accounts=(
            AccountPeriod(
                account="rent:GRID-RUR",
                opening_quanta=0,
                received_quanta=12_345_678,
                given_quanta=0,
                closing_quanta=12_345_678,
            ),
        ),
        faults=(),
    ),
    trades=PeriodTrades(
        prices=tuple(
            PriceRow(
                area_id="RUR",
                start_s=MIDNIGHT_S + number * 900,
                price_ticks=ticks,
                energy_wh=2_000,
                value_quanta=2_000 * ticks,
                least_ticks=ticks,
                most_ticks=ticks,
            )
            for number, ticks in enumerate((16_327, -2_050))
        ),
        volumes=tuple(
            VolumeRow(
                venue=Venue.CALL,
                side=side,
                source=source,
                trades=3,
                energy_wh=energy_wh,
                value_quanta=10,
            )
            for side, source, energy_wh in (
                (Side.BUY, UnitKind.LOAD, 4_440),
                (Side.SELL, UnitKind.SOLAR, 4_531),
            )
        ),
        flows=(
            FlowRow(
                line_id="GRID-RUR",
                from_area="GRID",
                to_area="RUR",
                call_wh=4_531,
                match_wh=0,
                received_wh=4_440,
                full_intervals=1,
            ),
        ),
    ),
    meters=PeriodMeters(
        imbalance=(
            ImbalanceRow(
                area_id="RUR",
                long_wh=900,
                short_wh=2_560,
                long_quanta=10**7,
                short_quanta=6 * 10**7,
            ),
        ),
        meters=(
            MeterRow(
                area_id="RUR",
                is_injection=True,
                metered_wh=10,
                traded_wh=4,
                own_use_wh=3,
                own_storage_wh=2,
                retail_wh=1,
            ),
        ),
    ),
    debts=(Debt(participant_id="ben", name='<b>"Ben"</b>', balance_quanta=-712_345_678),),
    open_bills=(
        Owed(
            demand=Demand(
                bill_id="bil-7",
                participant_id="ben",
                month="2016-05",
                total_quanta=321_000_000,
                due_day="2016-06-14",
                due_us=1,
                grace_us=2,
            ),
            payable_quanta=321_000_000,
            paid_quanta=21_000_000,
        ),
    ),
    as_of_us=MIDNIGHT_S * 1_000_000,
    lines=(
        LineMoney(
            line_id="GRID-RUR",
            fee_quanta=18_124_000,
            loss_quanta=2_306_137,
            rent_quanta=40_200_000,
            rounding_quanta=-5_500,
            returned_quanta=40_200_000,
        ),
    ),
    lines_fault_quanta=0,
    certificates=(
        CertificateSum(
            source=UnitKind.SOLAR,
            own_use_wh=1_001,
            used_wh=2_002,
            kept_wh=4_004,
            carried_wh=3_003,
            moved_wh=5,
            retired_wh=300,
            exported_wh=0,
        ),
    ),
    bills=(BillSum(month="2016-06", state=BillState.ISSUED, bills=3, total_quanta=10**8),),
)


def page(
    report: PeriodReport = REPORT, language: Language = Language.EN, closed: bool = True
) -> str:
    return report_page(report, rules=RULES, name="2016-06-15", closed=closed, language=language)


def seen(text: str) -> str:
    read = Read(re.sub(r"<(rect|line|path)([^>]*)/>", r"<\1\2></\1>", text))
    assert read.open == []
    return " ".join(" ".join(read.text).split())


def values(kind_of: type[StrEnum]) -> set[str]:
    return {member.value for member in kind_of}


def test_every_language_has_every_word() -> None:
    for words in (ACCOUNTS, KINDS, COLUMNS, WORDS):
        english, chinese = (set(words[language]) for language in Language)
        assert english == chinese
    english, chinese = (VALUES[language] for language in Language)
    assert {column: set(of) for column, of in english.items()} == {
        column: set(of) for column, of in chinese.items()
    }
    for words in WORDS.values():
        used = set(re.findall(r"\bw\.([a-z_]+)", TEMPLATE)) | set(re.findall(r'w\["(\w+)"\]', PAGE))
        spoken = set(re.findall(r'\("(\w+)", item\.', PAGE))  # of certificates, by name
        assert used | spoken == set(words)


def test_words_are_there_for_all_that_may_stand_in_a_report() -> None:
    of = VALUES[Language.EN]
    assert set(KINDS[Language.EN]) == values(TransferKind)
    assert set(of["venue"]) >= values(Venue)
    assert set(of["side"]) == values(Side)
    assert set(of["unit_kind"]) == values(UnitKind)
    assert set(of["payment_state"]) == values(DemandState)
    assert set(of["run_kind"]) == values(RunKind)
    assert set(of["state"]) == values(DayState) | values(BillState)
    assert {column for table in REPORT_TABLES.values() for column in table.columns} == set(
        COLUMNS[Language.EN]
    )
    constants = {
        value for name, value in vars(money).items() if name.isupper() and isinstance(value, str)
    }
    named = {
        name.partition(":")[0]
        for name in (
            money.participant_account("x"),
            loss_account("x"),
            rent_account("x"),
            limit_rent_account("x"),
            money.rounding_account("x"),
            money.collateral_account("x"),
        )
    }
    assert set(ACCOUNTS[Language.EN]) == constants | named


@pytest.mark.parametrize("language", Language)
def test_figures_are_the_tables_own_in_every_language(language: Language) -> None:
    text = seen(page(language=language))
    for figure in (
        *("12.345", "-0.678", "0.12345678", "163.27", "-20.50", "4.531 kWh", "-2.560 kWh"),
        *(
            "5.00000005",
            "7.007",
            "3.704 kWh",
            "-7.12345678",
            "-7.12",
            "2016-06-15",
            "90.0 %",
            "RUR",
            "GRID-RUR",
        ),
    ):
        assert figure in text, figure
    assert "00:15" in text  # the second interval, by the market's clock
    for table in REPORT_TABLES:
        assert f"/reports/day/{table}?day=2016-06-15" in text


def test_a_day_that_is_not_closed_says_so() -> None:
    assert WORDS[Language.EN]["open"] in seen(page(closed=False))
    assert WORDS[Language.EN]["open"] not in seen(page())
    assert WORDS[Language.ZH]["open"] in seen(page(language=Language.ZH, closed=False))


def test_figures_that_are_not_the_ledgers_are_marked_and_praised_by_nothing() -> None:
    fault = MoneyFault(account="levies", by_kind_quanta=1, by_account_quanta=2)
    wrong = replace(REPORT, money=replace(REPORT.money, faults=(fault,)))
    lost = replace(REPORT, trades=replace(REPORT.trades, flows=()))
    words = WORDS[Language.EN]
    unpaid = replace(REPORT, lines_fault_quanta=1)
    for report in (wrong, lost, unpaid):
        text = seen(page(report))
        assert words["unproven"] in text
        assert words["proven"] not in text
    assert words["unproven"] not in seen(page())
    assert words["proven"] in seen(page())


def test_names_are_text_and_never_markup() -> None:
    text = page()
    assert "<b>" not in text
    assert "&lt;b&gt;" in text


def test_an_empty_report_is_a_page() -> None:
    empty = PeriodReport(
        span=REPORT.span,
        days=(),
        money=PeriodMoney(booked=(), delivered=(), accounts=(), faults=()),
        trades=PeriodTrades(prices=(), volumes=(), flows=()),
        meters=PeriodMeters(imbalance=(), meters=()),
        debts=(),
        bills=(),
        open_bills=(),
        as_of_us=0,
        certificates=(),
        lines=(),
        lines_fault_quanta=0,
    )
    assert WORDS[Language.EN]["none"] in seen(page(empty))


def test_a_word_that_is_not_known_yet_stands_as_the_wire_has_it() -> None:
    """A page is read even where a kind of money is newer than its words."""
    odd = KindSum(
        account="novelty:x",
        kind=TransferKind.TAX,
        received_quanta=1,
        given_quanta=0,
        postings=1,
    )
    assert "novelty x" in seen(page(replace(REPORT, money=replace(REPORT.money, booked=(odd,)))))
