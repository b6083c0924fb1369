"""A day or a month in numbers, for the operator: every part of the report, at one moment.

The one idea: a report is asked of projections alone and makes no fact; each part can be asked by itself, and
all of them see the same moment when they are asked through one connection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from market.model.demand import Owed
from market.model.interval import MarketMonth
from market.model.rules import MarketRules
from market.store.period_views import (
    BillSum,
    CertificateSum,
    Debt,
    LineMoney,
    PeriodDay,
    PeriodMeters,
    PeriodMoney,
    PeriodSpan,
    PeriodTrades,
)
from market.store.queries.market import MarketDefinition
from market.store.queries.period_certificates import certificate_sums
from market.store.queries.period_lines import line_money
from market.store.queries.period_meters import period_days, period_meters
from market.store.queries.period_money import bill_sums, debts, open_bills, period_money
from market.store.queries.period_trades import period_trades


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodReport:
    """Everything a report says."""

    span: PeriodSpan
    days: tuple[PeriodDay, ...]
    """Empty: the market has no interval on any of them."""
    money: PeriodMoney
    trades: PeriodTrades
    meters: PeriodMeters
    debts: tuple[Debt, ...]
    bills: tuple[BillSum, ...]
    open_bills: tuple[Owed, ...]
    """Those of its months and earlier ones of which something is still to be paid at `as_of_us`."""
    as_of_us: int
    certificates: tuple[CertificateSum, ...]
    lines: tuple[LineMoney, ...]
    lines_fault_quanta: int
    """What fees of lines by tariff exceed those that were booked: zero, always."""

    @property
    def is_proven(self) -> bool:
        """True when everything that two sources know is the same in both."""
        return (
            not self.money.faults
            and not self.trades.fault_wh
            and not self.lines_fault_quanta
            and not any(row.fault_wh for row in self.meters.meters)
        )


def span_of(days: Sequence[date], rules: MarketRules) -> PeriodSpan:
    """Local days, one after the other, with the seconds they begin and end at in the market's zone."""
    of = MarketMonth(first=days[0].replace(day=1), zone=rules.time_zone)
    return PeriodSpan(
        days=days,
        from_s=of.day_start_s(days[0]),
        until_s=of.day_start_s(days[-1] + timedelta(days=1)),
    )


def period_report(
    connection: Connection,
    market_id: str,
    definition: MarketDefinition,
    span: PeriodSpan,
    *,
    now_us: int,
) -> PeriodReport:
    """All parts of the report on some days; `now_us`: market time, it decides what is overdue."""
    trades = period_trades(connection, market_id, definition, span)
    lines, lines_fault_quanta = line_money(connection, market_id, definition, span, trades.flows)
    return PeriodReport(
        span=span,
        days=period_days(connection, market_id, definition.rules, span),
        money=period_money(connection, market_id, span),
        trades=trades,
        meters=period_meters(connection, market_id, definition, span),
        debts=debts(connection, market_id, span),
        bills=bill_sums(connection, market_id, span),
        open_bills=open_bills(connection, market_id, definition.rules, span),
        as_of_us=now_us,
        certificates=certificate_sums(connection, market_id, span),
        lines=lines,
        lines_fault_quanta=lines_fault_quanta,
    )
