"""A bill as a page for people: printable, in one file, in English or 中文.

The one idea: nothing is computed here but averages, which are shown as such; every amount is the bill's
own, with all its decimals where it is exact and in cents where it is to be paid.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from api.answers.cases import unpayable_quanta
from api.pages.bill_words import KINDS, OUTCOMES, PAYMENT, SOURCES, VENUES, WORDS, Language
from market.model.bill import BillLine, BillState, ChargeKind
from market.model.case import Case
from market.model.interval import MICROSECONDS
from market.model.rules import MarketRules
from market.model.units import (
    MONEY_DECIMALS,
    QUANTA_PER_CENT,
    decimal_text,
    energy_text,
    round_half_even,
)
from market.store.queries import StoredBill

__all__ = ["Language", "bill_page"]

_CENT_DECIMALS: Final = 2
_TICKS_PER_CENT_DECIMALS: Final = 3
"""1 tick = 0.01 currency/MWh = 0.001 ct/kWh."""
_RECEIVED: Final = frozenset({ChargeKind.ENERGY_SOLD, ChargeKind.DEVIATION_LONG})
"""Energy for which the participant is paid the price."""
_PERCENT_DECIMALS: Final = 4
"""1 ppm = 0.0001 %."""


def bill_page(
    found: StoredBill,
    *,
    rules: MarketRules,
    name: str,
    now_us: int,
    language: Language = Language.EN,
) -> str:
    """The page. Whatever a participant can have chosen in it is escaped.

    Args:
        found: the bill.
        rules: of its market.
        name: of its participant.
        now_us: market time: it decides what is overdue.
        language: of the words; figures and ids are the same in all.
    """
    of, owed = found.bill, found.owed
    return _template(rules.time_zone).render(
        bill=of,
        state=found.state.value,
        owed=owed,
        payment=None if owed is None else PAYMENT[language][owed.state(now_us)],
        issued=None if found.issued_us is None else _moment(found.issued_us, rules.time_zone),
        drafted=_moment(of.drafted_us, rules.time_zone),
        name=name,
        market=rules.name,
        market_id=rules.market_id,
        currency=rules.currency,
        parted=any((line.from_s, line.until_s) != (of.from_s, of.until_s) for line in of.lines),
        lang={Language.EN: "en", Language.ZH: "zh-CN"}[language],
        w=WORDS[language],
        kinds=KINDS[language],
        sources=SOURCES[language],
        details=VENUES[language] | {kind.value: name for kind, name in KINDS[language].items()},
        disputes=[_dispute(item, rules.time_zone, language) for item in found.cases],
        unpayable_quanta=unpayable_quanta(of, found.cases)
        if found.state is BillState.ISSUED
        else 0,
    )


def _dispute(item: Case, zone: str, language: Language) -> dict[str, object]:
    """A case as the page says it; what operators only consider is not on it."""
    dispute = item.dispute
    assert dispute is not None, "cases about bills are disputes"
    said = item.state if item.outcome is None else item.outcome
    return {
        "case_id": item.case_id,
        "since": _moment(item.opened_us, zone),
        "outcome": OUTCOMES[language][said],
        "reason": item.history[0].text,
        "answer": item.history[-1].text if item.outcome is not None else "",
        "lines": dispute.lines,
        "credited_quanta": sum(line.amount_quanta for line in dispute.credited),
        "corrected_by": dispute.corrected_by,
    }


@cache  # one for each zone a market is in
def _template(zone: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
    )
    filters: dict[str, Callable[..., object]] = {
        "money": _money,
        "cents": _cents,
        "cents_or_money": lambda quanta: (
            _money(quanta) if quanta % QUANTA_PER_CENT else _cents(quanta)
        ),
        "kwh": energy_text,
        "price": _price,
        "of_which": _of_which,
        "percent": lambda ppm: _shortened(decimal_text(ppm, _PERCENT_DECIMALS), 0),
        "day": lambda second: datetime.fromtimestamp(second, ZoneInfo(zone)).date().isoformat(),
    }
    environment.filters |= filters
    return environment.get_template("bill.html.j2")


def _moment(now_us: int, zone: str) -> str:
    local = datetime.fromtimestamp(now_us // MICROSECONDS, ZoneInfo(zone))
    return local.isoformat(sep=" ", timespec="minutes")


def _money(amount_quanta: int) -> str:
    """All decimals that say something, at least two."""
    return _shortened(decimal_text(amount_quanta, MONEY_DECIMALS), _CENT_DECIMALS)


def _cents(amount_quanta: int) -> str:
    return decimal_text(amount_quanta // QUANTA_PER_CENT, _CENT_DECIMALS)


def _price(line: BillLine) -> str:
    """ct/kWh: the one price, or the average of several."""
    if not line.energy_wh:
        return ""
    ticks = line.price_ticks
    if ticks is None:
        sign = -1 if line.kind in _RECEIVED else 1
        ticks = round_half_even(sign * line.amount_quanta, line.energy_wh)
    return decimal_text(ticks, _TICKS_PER_CENT_DECIMALS)


def _of_which(line: BillLine) -> list[tuple[str, int]]:
    """The energy of a purchase and what of its price is for lines, without parts of nothing; by word."""
    parts = line.parts
    if parts is None:
        return []
    found = {
        "part_energy": line.amount_quanta - parts.whole_quanta,
        "part_fee": parts.fee_quanta,
        "part_loss": parts.loss_quanta,
        "part_rent": parts.rent_quanta,
        "part_rounding": parts.rounding_quanta,
    }
    return [(word, quanta) for word, quanta in found.items() if quanta]


def _shortened(text: str, least: int) -> str:
    """Without zeros at the end, but for `least` decimals."""
    whole, _, decimals = text.partition(".")
    kept = decimals.rstrip("0").ljust(least, "0")
    return f"{whole}.{kept}" if kept else whole
