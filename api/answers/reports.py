"""Reports as they stand on the wire: one document, and each of its tables by itself.

The one idea: a table is a name, its columns and how its records are made from a report; the document, files and
the page are made from these records, so none of them can say something else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from api.answers.values import Answer, optional_price
from market.model.demand import Owed
from market.model.interval import day_of, instant_text
from market.model.rules import MarketRules
from market.model.units import energy_text, money_text, price_text, round_half_even
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
    PeriodReport,
    PriceRow,
    VolumeRow,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """One table of a report."""

    columns: tuple[str, ...]
    rows: Callable[[PeriodReport, MarketRules], list[Answer]]


def _day(item: PeriodDay) -> Answer:
    return {
        "day": item.day,
        "state": item.state.value,
        "intervals": item.intervals,
        "settled_intervals": item.settled,
        "version": item.version,
        "run_kind": None if item.kind is None else item.kind.value,
    }


def _completeness(item: PeriodDay) -> list[Answer]:
    counts = {
        "measured": item.completeness.measured,
        "late": item.completeness.late,
        "linear": item.completeness.linear,
        "like_day": item.completeness.like_day,
        "schedule": item.completeness.schedule,
    }
    return [
        {"day": item.day, "reading": source, "unit_intervals": count}
        for source, count in counts.items()
    ]


def _revenue(item: KindSum) -> Answer:
    return {
        "account": item.account,
        "kind": item.kind.value,
        "received_amount": money_text(item.received_quanta),
        "given_amount": money_text(item.given_quanta),
        "net_amount": money_text(item.net_quanta),
        "postings": item.postings,
    }


def _delivered(item: NetSum) -> Answer:
    return {
        "account": item.account,
        "kind": item.kind.value,
        "net_amount": money_text(item.net_quanta),
        "postings": item.postings,
    }


def _account(item: AccountPeriod) -> Answer:
    return {
        "account": item.account,
        "opening_amount": money_text(item.opening_quanta),
        "received_amount": money_text(item.received_quanta),
        "given_amount": money_text(item.given_quanta),
        "closing_amount": money_text(item.closing_quanta),
    }


def _prices(report: PeriodReport, rules: MarketRules) -> list[Answer]:
    one_day = len(report.span.days) == 1
    return [_price(item, rules, one_day=one_day) for item in report.trades.prices]


def _price(item: PriceRow, rules: MarketRules, *, one_day: bool) -> Answer:
    mean = round_half_even(item.value_quanta, item.energy_wh) if item.energy_wh else None
    return {
        "area_id": item.area_id,
        "day": day_of(item.start_s, rules.time_zone).isoformat(),
        "start": instant_text(item.start_s) if one_day else None,
        "price_per_mwh": optional_price(item.price_ticks),
        "mean_per_mwh": None if mean is None else price_text(mean),
        "min_per_mwh": optional_price(item.least_ticks),
        "max_per_mwh": optional_price(item.most_ticks),
        "energy_kwh": energy_text(item.energy_wh),
        "amount": money_text(item.value_quanta),
    }


def _volume(item: VolumeRow) -> Answer:
    return {
        "venue": item.venue.value,
        "side": item.side.value,
        "unit_kind": item.source.value,
        "trades": item.trades,
        "energy_kwh": energy_text(item.energy_wh),
        "amount": money_text(item.value_quanta),
    }


def _flow(item: FlowRow) -> Answer:
    return {
        "line_id": item.line_id,
        "from_area": item.from_area,
        "to_area": item.to_area,
        "calls_kwh": energy_text(item.call_wh),
        "other_modes_kwh": energy_text(item.match_wh),
        "received_kwh": energy_text(item.received_wh),
        "lost_kwh": energy_text(item.sent_wh - item.received_wh),
        "full_intervals": item.full_intervals,
    }


def _line(item: LineMoney) -> Answer:
    return {
        "line_id": item.line_id,
        "fee_amount": money_text(item.fee_quanta),
        "loss_amount": money_text(item.loss_quanta),
        "rent_amount": money_text(item.rent_quanta),
        "rounding_amount": money_text(item.rounding_quanta),
        "given_back_amount": money_text(item.returned_quanta),
    }


def _imbalance(item: ImbalanceRow) -> Answer:
    return {
        "area_id": item.area_id,
        "long_kwh": energy_text(item.long_wh),
        "short_kwh": energy_text(item.short_wh),
        "net_kwh": energy_text(item.net_wh),
        "long_received_amount": money_text(item.long_quanta),
        "short_paid_amount": money_text(item.short_quanta),
        "cost_amount": money_text(item.short_quanta - item.long_quanta),
    }


def _meter(item: MeterRow) -> Answer:
    return {
        "area_id": item.area_id,
        "direction": "injection" if item.is_injection else "withdrawal",
        "metered_kwh": energy_text(item.metered_wh),
        "traded_kwh": energy_text(item.traded_wh),
        "own_use_kwh": energy_text(item.own_use_wh),
        "own_storage_kwh": energy_text(item.own_storage_wh),
        "retail_kwh": energy_text(item.retail_wh),
    }


def _debt(item: Debt) -> Answer:
    return {
        "participant_id": item.participant_id,
        "name": item.name,
        "balance": money_text(item.balance_quanta),
    }


def _bills(item: BillSum) -> Answer:
    return {
        "month": item.month,
        "state": item.state.value,
        "bills": item.bills,
        "total_amount": money_text(item.total_quanta),
    }


def _open_bill(item: Owed, now_us: int) -> Answer:
    demand = item.demand
    return {
        "participant_id": demand.participant_id,
        "bill_id": demand.bill_id,
        "month": demand.month,
        "due_day": demand.due_day,
        "payment_state": item.state(now_us).value,
        "payable_amount": money_text(item.payable_quanta),
        "paid_amount": money_text(item.paid_quanta),
        "open_amount": money_text(item.open_quanta),
    }


def _certificates(item: CertificateSum) -> Answer:
    return {
        "unit_kind": item.source.value,
        "issued_kwh": energy_text(item.issued_wh),
        "own_use_kwh": energy_text(item.own_use_wh),
        "used_kwh": energy_text(item.used_wh),
        "kept_kwh": energy_text(item.kept_wh),
        "carried_kwh": energy_text(item.carried_wh),
        "moved_kwh": energy_text(item.moved_wh),
        "retired_kwh": energy_text(item.retired_wh),
        "exported_kwh": energy_text(item.exported_wh),
        "left_kwh": energy_text(item.left_wh),
    }


REPORT_TABLES: Final[Mapping[str, ReportTable]] = {
    "days": ReportTable(
        columns=("day", "state", "intervals", "settled_intervals", "version", "run_kind"),
        rows=lambda report, _: [_day(item) for item in report.days],
    ),
    "completeness": ReportTable(
        columns=("day", "reading", "unit_intervals"),
        rows=lambda report, _: [row for item in report.days for row in _completeness(item)],
    ),
    "revenue": ReportTable(
        columns=("account", "kind", "received_amount", "given_amount", "net_amount", "postings"),
        rows=lambda report, _: [_revenue(item) for item in report.money.booked],
    ),
    "delivered": ReportTable(
        columns=("account", "kind", "net_amount", "postings"),
        rows=lambda report, _: [_delivered(item) for item in report.money.delivered],
    ),
    "accounts": ReportTable(
        columns=("account", "opening_amount", "received_amount", "given_amount", "closing_amount"),
        rows=lambda report, _: [_account(item) for item in report.money.accounts],
    ),
    "prices": ReportTable(
        columns=(
            *("area_id", "day", "start", "price_per_mwh", "mean_per_mwh"),
            *("min_per_mwh", "max_per_mwh", "energy_kwh", "amount"),
        ),
        rows=_prices,
    ),
    "volumes": ReportTable(
        columns=("venue", "side", "unit_kind", "trades", "energy_kwh", "amount"),
        rows=lambda report, _: [_volume(item) for item in report.trades.volumes],
    ),
    "flows": ReportTable(
        columns=(
            *("line_id", "from_area", "to_area", "calls_kwh", "other_modes_kwh"),
            *("received_kwh", "lost_kwh", "full_intervals"),
        ),
        rows=lambda report, _: [_flow(item) for item in report.trades.flows],
    ),
    "lines": ReportTable(
        columns=(
            *("line_id", "fee_amount", "loss_amount", "rent_amount"),
            *("rounding_amount", "given_back_amount"),
        ),
        rows=lambda report, _: [_line(item) for item in report.lines],
    ),
    "imbalance": ReportTable(
        columns=(
            *("area_id", "long_kwh", "short_kwh", "net_kwh"),
            *("long_received_amount", "short_paid_amount", "cost_amount"),
        ),
        rows=lambda report, _: [_imbalance(item) for item in report.meters.imbalance],
    ),
    "meters": ReportTable(
        columns=(
            *("area_id", "direction", "metered_kwh", "traded_kwh"),
            *("own_use_kwh", "own_storage_kwh", "retail_kwh"),
        ),
        rows=lambda report, _: [_meter(item) for item in report.meters.meters],
    ),
    "unpaid": ReportTable(
        columns=("participant_id", "name", "balance"),
        rows=lambda report, _: [_debt(item) for item in report.debts],
    ),
    "bills": ReportTable(
        columns=("month", "state", "bills", "total_amount"),
        rows=lambda report, _: [_bills(item) for item in report.bills],
    ),
    "open_bills": ReportTable(
        columns=(
            *("participant_id", "bill_id", "month", "due_day", "payment_state"),
            *("payable_amount", "paid_amount", "open_amount"),
        ),
        rows=lambda report, _: [_open_bill(item, report.as_of_us) for item in report.open_bills],
    ),
    "certificates": ReportTable(
        columns=(
            *("unit_kind", "issued_kwh", "own_use_kwh", "used_kwh", "kept_kwh"),
            *("carried_kwh", "moved_kwh", "retired_kwh", "exported_kwh", "left_kwh"),
        ),
        rows=lambda report, _: [_certificates(item) for item in report.certificates],
    ),
}
"""The tables of a report by name, in the order of the document."""


def is_closed(report: PeriodReport, today: date) -> bool:
    """Whether nothing more can come: every day is closed, and nothing is booked on them any more."""
    return today > report.span.days[-1] and all(
        item.state is not DayState.OPEN for item in report.days
    )


def report_document(
    report: PeriodReport, rules: MarketRules, *, name: str, today: date
) -> dict[str, Any]:
    """The whole report.

    Args:
        report: its figures.
        rules: of the market.
        name: of the day or month.
        today: the market's local day now.
    """
    trades = report.trades
    return {
        "period": name,
        "currency": rules.currency,
        "start": instant_text(report.span.from_s),
        "end": instant_text(report.span.until_s),
        "closed": is_closed(report, today),
        "proven": report.is_proven,
        "faults": [_fault(item) for item in report.money.faults],
        "lines_difference_amount": money_text(report.lines_fault_quanta),
        "energy": {
            "sold_kwh": energy_text(trades.sold_wh),
            "bought_kwh": energy_text(trades.bought_wh),
            "lost_kwh": energy_text(trades.lost_wh),
            "difference_kwh": energy_text(trades.fault_wh),
        },
        **{table: of.rows(report, rules) for table, of in REPORT_TABLES.items()},
    }


def _fault(item: MoneyFault) -> Answer:
    return {
        "account": item.account,
        "by_kind_amount": money_text(item.by_kind_quanta),
        "by_account_amount": money_text(item.by_account_quanta),
    }
