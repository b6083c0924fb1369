"""The page of a report: charts with a table behind each, in one file without scripts, in English or 中文.

The one idea: tables are the records of the wire, charts are drawn from the same report; colours are the reader's
own by day and night, and the page's header lets nothing in but its own style.
"""

from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from api.answers.reports import REPORT_TABLES
from api.pages.bill_words import Language
from api.pages.charts import PATTERNS, Bar, BarChart, Line, LineChart, bar_chart, line_chart
from api.pages.report_words import ACCOUNTS, COLUMNS, VALUES, WORDS
from api.wire.formats import WHOLE, places_of
from market.model.interval import MarketDay
from market.model.order import Side
from market.model.rules import MarketRules
from market.model.units import (
    QUANTA_PER_CENT,
    decimal_text,
    energy_text,
    price_text,
    round_half_even,
)
from market.store.queries import PeriodReport, PriceRow

__all__ = ["PAGE_HEADERS", "Language", "report_page"]

_HERE: Final = Path(__file__).parent
_STYLE: Final = (_HERE / "report.css").read_text(encoding="utf-8")
_STYLE_HASH: Final = b64encode(sha256(_STYLE.encode()).digest()).decode()
PAGE_HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_NOT_OF_THE_MARKET: Final = frozenset({"participant", "bank", "central"})
"""Accounts of others, and one that ends at zero: what is on them is no revenue."""
_CENT_DECIMALS: Final = 2
_PER_MILLE: Final = 1_000
_DEBTS_DRAWN: Final = 12
"""Those who owe most; the table has all."""
_HOURS_APART: Final = 3
_DAYS_APART: Final = 3


def report_page(
    report: PeriodReport,
    *,
    rules: MarketRules,
    name: str,
    closed: bool,
    language: Language = Language.EN,
) -> str:
    """The page. Whatever a participant can have chosen in it is escaped.

    Args:
        report: its figures.
        rules: of its market.
        name: of the day or month.
        closed: whether nothing more can come.
        language: of the words; figures and ids are the same in all.
    """
    words = WORDS[language]
    said = _sayer(language, rules.time_zone)
    return _template().render(
        tables={table: of.rows(report, rules) for table, of in REPORT_TABLES.items()},
        columns={table: of.columns for table, of in REPORT_TABLES.items()},
        numbers=_NUMBERS,
        said=said,
        charts=_charts(report, rules, words, said),
        tiles=_tiles(report, words),
        proven=report.is_proven,
        closed=closed,
        noun="day" if len(report.span.days) == 1 else "month",
        name_of=name,
        market=rules.name,
        market_id=rules.market_id,
        currency=rules.currency,
        style=_STYLE,
        lang={Language.EN: "en", Language.ZH: "zh-CN"}[language],
        w=words,
        c=COLUMNS[language],
    )


_NUMBERS: Final = frozenset(
    column
    for table in REPORT_TABLES.values()
    for column in table.columns
    if column in WHOLE or places_of(column) is not None
)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("report.html.j2")


Sayer = Callable[[object, str], str]


def _sayer(language: Language, zone: str) -> Sayer:
    """How a value of a column reads in a language."""
    values, accounts = VALUES[language], ACCOUNTS[language]
    local = ZoneInfo(zone)

    def said(value: object, column: str) -> str:
        if value is None:
            return ""
        text = str(value)
        if column == "account":
            sort, colon, of = text.partition(":")
            return f"{accounts.get(sort, sort)}{colon and ' '}{of}"
        if column == "start":
            return datetime.fromisoformat(text).astimezone(local).strftime("%H:%M")
        if column.endswith("amount") or column == "balance":
            return _shortened(text)
        return values.get(column, {}).get(text, text)

    return said


def _shortened(text: str) -> str:
    """Money without zeros at the end, but for its cents."""
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(_CENT_DECIMALS, '0')}"


def _cents(quanta: int) -> str:
    return decimal_text(round_half_even(quanta, QUANTA_PER_CENT), _CENT_DECIMALS)


def _kwh(energy_wh: int) -> str:
    return f"{energy_text(energy_wh)}\N{NO-BREAK SPACE}kWh"


def _tiles(report: PeriodReport, w: Mapping[str, str]) -> list[tuple[str, str]]:
    trades = report.trades
    counts = [item.completeness for item in report.days]
    whole = sum(item.measured + item.late + item.substituted for item in counts)
    measured = sum(item.measured for item in counts)
    share = round_half_even(_PER_MILLE * measured, whole) if whole else 0
    return [
        (w["sold"], _kwh(trades.sold_wh)),
        (w["bought"], _kwh(trades.bought_wh)),
        (w["lost"], _kwh(trades.lost_wh)),
        (w["unpaid_sum"], _cents(-sum(item.balance_quanta for item in report.debts))),
        (w["measured_share"], f"{decimal_text(share, 1)} %" if whole else "–"),
    ]


def _charts(
    report: PeriodReport, rules: MarketRules, w: Mapping[str, str], said: Sayer
) -> dict[str, BarChart | LineChart | None]:
    trades = report.trades
    return {
        "revenue": bar_chart(
            [
                Bar(
                    label=said(item.kind.value, "kind"),
                    note=said(item.account, "account"),
                    value=item.net_quanta,
                    text=_cents(item.net_quanta),
                    pattern=int(item.net_quanta < 0),
                )
                for item in report.money.booked
                if item.account not in _NOT_OF_THE_MARKET
            ]
        ),
        "prices": _price_chart(report, rules),
        "by_mode": _energies(
            (said(row.venue.value, "venue"), row.energy_wh)
            for row in trades.volumes
            if row.side is Side.BUY
        ),
        "by_unit": _energies(
            (said(row.source.value, "unit_kind"), row.energy_wh)
            for row in trades.volumes
            if row.side is Side.SELL
        ),
        "flows": _energies(
            (f"{row.line_id}: {row.from_area} → {row.to_area}", row.sent_wh) for row in trades.flows
        ),
        "imbalance": bar_chart(
            [
                Bar(label=row.area_id, note=note, value=energy_wh, text=_kwh(energy_wh), pattern=of)
                for row in report.meters.imbalance
                for of, (note, energy_wh) in enumerate(
                    ((w["long"], row.long_wh), (w["short"], -row.short_wh))
                )
            ]
        ),
        "completeness": _readings(report, said),
        "certificates": _energies(
            (w[name], energy_wh)
            for item in report.certificates
            for name, energy_wh in (
                ("own_use", item.own_use_wh),
                ("used", item.used_wh),
                ("retired", item.retired_wh),
                ("exported", item.exported_wh),
                ("left", item.left_wh),
            )
        ),
        "unpaid": bar_chart(
            [
                Bar(
                    label=item.name,
                    note=item.participant_id,
                    value=item.balance_quanta,
                    text=_cents(item.balance_quanta),
                    pattern=1,
                )
                for item in report.debts[:_DEBTS_DRAWN]
            ]
        ),
    }


def _energies(parts: Iterable[tuple[str, int]]) -> BarChart:
    """A bar for each label, largest first."""
    sums: defaultdict[str, int] = defaultdict(int)
    for label, energy_wh in parts:
        sums[label] += energy_wh
    ordered = sorted(sums.items(), key=lambda item: -item[1])
    return bar_chart([Bar(label=label, value=wh, text=_kwh(wh)) for label, wh in ordered])


def _readings(report: PeriodReport, said: Sayer) -> BarChart:
    counts = [item.completeness for item in report.days]
    sums = {
        "measured": sum(item.measured for item in counts),
        "late": sum(item.late for item in counts),
        "linear": sum(item.linear for item in counts),
        "like_day": sum(item.like_day for item in counts),
        "schedule": sum(item.schedule for item in counts),
    }
    if not any(sums.values()):
        return bar_chart([])
    return bar_chart(
        [
            Bar(
                label=said(source, "reading"),
                value=count,
                text=str(count),
                pattern=number % PATTERNS,
            )
            for number, (source, count) in enumerate(sums.items())
        ]
    )


def _price_chart(report: PeriodReport, rules: MarketRules) -> LineChart | None:
    """Means by area: over the intervals of a day, or the days of a month."""
    days = report.span.days
    zone = ZoneInfo(rules.time_zone)

    def starts_s(day: date) -> range:
        return MarketDay(day=day, zone=rules.time_zone, minutes=rules.interval_minutes).starts_s()

    if len(days) == 1:
        places = list(starts_s(days[0]))
        local = [datetime.fromtimestamp(start_s, zone) for start_s in places]
        times = [
            f"{moment:%H:%M}" if moment.minute == 0 and moment.hour % _HOURS_APART == 0 else ""
            for moment in local
        ]
    else:
        places = [starts_s(day)[0] for day in days]
        times = [
            f"{day:%m-%d}" if number % _DAYS_APART == 0 else "" for number, day in enumerate(days)
        ]
    place = {start_s: number for number, start_s in enumerate(places)}
    means: dict[str, list[int | None]] = {}
    for row in report.trades.prices:
        line = means.setdefault(row.area_id, [None] * len(places))
        line[place[row.start_s]] = _mean(row)
    drawn = [Line(label=area_id, values=values) for area_id, values in means.items()]
    return line_chart(drawn, times, price_text)


def _mean(row: PriceRow) -> int | None:
    """Of what was traded; the call's price where nothing was."""
    if row.energy_wh:
        return round_half_even(row.value_quanta, row.energy_wh)
    return row.price_ticks
