"""What is still to be paid of bills, worked out from what came in.

The one idea: all charges move on the account when they arise, so a bill is not charged a second time; to
pay it is to bring money to the account. What has come in covers the bills of the payer: first what names
a bill covers that bill, then what others gave for bills that were not paid, the rest covers the oldest month
first. Nobody owes more on bills than the account is below zero.

    account = what came in − bills that stand − what is not billed yet
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from market.model.demand import Demand, Owed
from market.model.interval import MICROSECONDS, day_of, second_of
from market.model.rules import USUAL_TERMS, MarketRules, PaymentTerms


def terms_on(rules: MarketRules, day: str) -> PaymentTerms:
    """The terms of bills that are issued on a local day."""
    begun = [terms for terms in rules.payment_terms if terms.from_day <= day]
    return max(begun, key=lambda terms: terms.from_day, default=USUAL_TERMS)


def demand_of(
    rules: MarketRules,
    *,
    bill_id: str,
    participant_id: str,
    month: str,
    total_quanta: int,
    issued_us: int,
) -> Demand:
    """What a bill asks for that was issued at that moment."""
    issued = day_of(issued_us // MICROSECONDS, rules.time_zone)
    terms = terms_on(rules, issued.isoformat())
    after_due = issued + timedelta(days=terms.due_days + 1)
    return Demand(
        bill_id=bill_id,
        participant_id=participant_id,
        month=month,
        total_quanta=total_quanta,
        due_day=(after_due - timedelta(days=1)).isoformat(),
        due_us=_begin_us(after_due, rules.time_zone),
        grace_us=_begin_us(after_due + timedelta(days=terms.grace_days), rules.time_zone),
    )


def _begin_us(day: date, zone: str) -> int:
    return second_of(datetime.combine(day, time(0), ZoneInfo(zone))) * MICROSECONDS


def payable_quanta(demand: Demand, aside_quanta: int = 0) -> int:
    """What of a bill is payable now: its total less what disputes have set apart, never below zero."""
    return max(0, demand.total_quanta - aside_quanta)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """What of a month's bill need not be paid: whole cents, tax included."""

    disputed_quanta: int = 0
    """It is in dispute: nothing was booked for it."""
    credited_quanta: int = 0
    """It was credited to the account and stands on no bill yet."""


def owed(
    demands: Sequence[Demand],
    *,
    paid_in_quanta: int,
    balance_quanta: int,
    named_quanta: Mapping[str, int],
    covered_quanta: int = 0,
    aside: Mapping[str, Aside] | None = None,
) -> tuple[Owed, ...]:
    """How far each bill of one participant is paid.

    Args:
        demands: the bills that stand, oldest month first.
        paid_in_quanta: what came to the account by payments, less what left it.
        balance_quanta: of the account.
        named_quanta: by month, what came with its bill as reference.
        covered_quanta: of what came, what others gave for bills and have not got back.
        aside: by month, what of its bill need not be paid; None: nothing.
    """
    apart = [(aside or {}).get(item.month, Aside()) for item in demands]
    payable = [
        payable_quanta(item, less.disputed_quanta + less.credited_quanta)
        for item, less in zip(demands, apart, strict=True)
    ]
    # A credit is on the account, and the next version of its bill will be less by it: it pays nothing else.
    # Only what is above its bill is there for others.
    billed_quanta = sum(item.total_quanta for item in demands)
    billed_quanta -= sum(
        payable_quanta(item, less.disputed_quanta) - asked
        for item, less, asked in zip(demands, apart, payable, strict=True)
    )
    # What is not billed yet counts where it is in favour of the payer: it is on the account.
    came_quanta = max(paid_in_quanta, balance_quanta + billed_quanta)
    credited_quanta = sum(max(0, -item.total_quanta) for item in demands)
    named = [
        min(asked, max(0, named_quanta.get(item.month, 0)))
        for item, asked in zip(demands, payable, strict=True)
    ]
    # What others gave was for bills, whatever else the account owes: no bill is covered twice.
    given = _oldest_first(
        covered_quanta, (all_ - own for all_, own in zip(payable, named, strict=True))
    )
    paid = [own + other for own, other in zip(named, given, strict=True)]
    free_quanta = came_quanta + credited_quanta - sum(paid)
    rest = _oldest_first(
        free_quanta, (all_ - part for all_, part in zip(payable, paid, strict=True))
    )
    return tuple(
        Owed(demand=item, payable_quanta=asked, paid_quanta=part + more)
        for item, asked, part, more in zip(demands, payable, paid, rest, strict=True)
    )


def _oldest_first(quanta: int, open_quanta: Iterable[int]) -> list[int]:
    """How far an amount goes, one after the other; one below zero goes nowhere."""
    found = []
    for asked in open_quanta:
        found.append(min(asked, max(0, quanta)))
        quanta -= found[-1]
    return found


def overdue_quanta(found: Sequence[Owed], now_us: int) -> int:
    """What of these is open beyond grace."""
    return sum(item.open_quanta for item in found if now_us >= item.demand.grace_us)
