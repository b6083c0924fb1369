"""What bills of a month are made from: trades, deviations, readings and postings, added up.

The one idea: the database adds up, one question for each kind and each part of the month in which
prices and taxes stay the same, for the participants who are asked for and nobody else; amounts by
halves, as everywhere a sum may pass 64 bits.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    func,
    or_,
    select,
)

from market.model.alarm import ControlLevel
from market.model.bill import (
    BillSource,
    Charged,
    ChargeKind,
    Corrected,
    Credited,
    LineParts,
    Metered,
    Posted,
)
from market.model.interval import MarketMonth, day_of
from market.model.money import TransferKind
from market.model.order import Side
from market.model.recall import TradeState
from market.model.rules import MarketRules
from market.settlement.tariff import Period, Span, periods, spans
from market.store import tables
from market.store.database import read_meta
from market.store.queries.asked import ACCOUNT, Asked
from market.store.queries.bill_corrections import corrections
from market.store.queries.cases import credits_of
from market.store.queries.deviations import deviation_columns, priced_deviations
from market.store.queries.green_of_month import GreenByOwner, green_of_month
from market.store.queries.money import joined, split_sum, whole_sum

_BY_SIDE: Final = {Side.BUY: ChargeKind.ENERGY_BOUGHT, Side.SELL: ChargeKind.ENERGY_SOLD}


class _Gathered:
    """Sources in the making, by participant."""

    def __init__(self, participant_ids: Iterable[str]) -> None:
        self.charged: dict[str, list[Charged]] = {name: [] for name in participant_ids}
        self.metered: defaultdict[str, list[Metered]] = defaultdict(list)
        self.posted: defaultdict[str, list[Posted]] = defaultdict(list)
        self.corrected: defaultdict[str, list[Corrected]] = defaultdict(list)
        self.credited: defaultdict[str, list[Credited]] = defaultdict(list)
        self.substituted: dict[str, int] = {}

    def sources(self, green: GreenByOwner) -> tuple[BillSource, ...]:
        """All of them, in the order of the participants."""
        return tuple(
            BillSource(
                participant_id=name,
                charged=tuple(charged),
                metered=tuple(self.metered[name]),
                posted=tuple(self.posted[name]),
                corrected=tuple(self.corrected[name]),
                credited=tuple(self.credited[name]),
                substituted=self.substituted.get(name, 0),
                green=green.get(name, ()),
            )
            for name, charged in self.charged.items()
        )


def billed_participants(connection: Connection, market_id: str) -> tuple[str, ...]:
    """Everybody who gets a bill, in order of their ids."""
    c = tables.participants.c
    names = select(c.participant_id).where(c.market_id == market_id).order_by(c.participant_id)
    return tuple(connection.execute(names).scalars())


def bill_sources(
    connection: Connection,
    market_id: str,
    rules: MarketRules,
    month: str,
    participant_ids: Collection[str] | None = None,
) -> tuple[int, tuple[BillSource, ...]]:
    """The newest event that is seen, and a source for every participant in order of their ids.

    Each call reads the month's rows once, whoever is asked for, and keeps what it says of those alone.

    Args:
        connection: where to read; all questions see one moment.
        market_id: whose month.
        rules: tariff and taxes.
        month: as in 2016-06.
        participant_ids: of these alone; None: of everybody.

    Raises:
        ValueError: no such month.
    """
    its = MarketMonth.of(month, rules.time_zone)
    asked = Asked(connection, market_id, participant_ids)
    found = _Gathered(
        billed_participants(connection, market_id)
        if participant_ids is None
        else sorted(set(participant_ids))
    )
    parts = periods(rules, its)
    for name, credit in credits_of(connection, market_id, month, parts):
        if name in found.charged:
            found.credited[name].append(credit)
    for number, period in enumerate(parts):
        _add_trades(asked, period, number, found)
        _add_deviations(asked, period, number, found)
        for name, item in postings_of(asked, rules.time_zone, period, number):
            found.posted[name].append(item)
        of_runs = corrections(asked, rules.time_zone, period, number, found.charged)
        for name, items in of_runs.items():
            found.corrected[name] += items
    cut, prices = spans(rules, its)
    for number in range(len(prices)):
        _add_readings(asked, [x for x in cut if x.number == number], found)
    _add_substituted(asked, its, found)
    green = green_of_month(connection, market_id, its, rules.time_zone, participant_ids)
    return read_meta(connection, "projected_event_seq", 0), found.sources(green)


def _add_trades(asked: Asked, period: Period, number: int, found: _Gathered) -> None:
    c = tables.trades.c
    query = (
        select(
            c.participant_id,
            c.side,
            c.venue,
            func.count(),
            whole_sum(c.energy_wh),
            *split_sum(c.price_ticks * c.energy_wh),
            func.min(c.price_ticks),
            func.max(c.price_ticks),
            *[half for name in tables.LINE_PARTS for half in split_sum(c[name])],
        )
        .where(
            c.market_id == asked.market_id,
            c.start_s >= period.from_s,
            c.start_s < period.until_s,
            c.state != TradeState.CANCELLED.value,
            *asked.owned(c.participant_id),
        )
        .group_by(c.participant_id, c.side, c.venue)
        .order_by(c.participant_id, c.side, c.venue)
    )
    for (
        name,
        side,
        venue,
        count,
        energy_wh,
        high,
        low,
        least,
        most,
        *halves,
    ) in asked.connection.execute(query):
        kind = _BY_SIDE[Side(side)]
        value_quanta = joined(high, low)
        found.charged[name].append(
            Charged(
                kind=kind,
                period=number,
                detail=venue,
                count=count,
                energy_wh=energy_wh,
                amount_quanta=value_quanta if kind is ChargeKind.ENERGY_BOUGHT else -value_quanta,
                price_min_ticks=least,
                price_max_ticks=most,
                parts=_parts(halves),
            )
        )


def _parts(halves: Sequence[int]) -> LineParts | None:
    """Each part by its two halves; None: nothing is for lines."""
    sums = map(joined, halves[::2], halves[1::2])
    found = LineParts(**dict(zip(tables.LINE_PARTS, sums, strict=True)))
    return None if found == LineParts() else found


def _add_deviations(asked: Asked, period: Period, number: int, found: _Gathered) -> None:
    c, owner = tables.transfers.c, tables.units.c.participant_id
    is_short, price_ticks, energy_wh = deviation_columns()
    pays = case((c.debit_account == ACCOUNT + owner, c.amount_quanta), else_=-c.amount_quanta)
    query = (
        priced_deviations(
            select(
                owner,
                is_short.label("short"),
                func.count(),
                whole_sum(energy_wh),
                *split_sum(pays),
                func.min(price_ticks),
                func.max(price_ticks),
                func.count(price_ticks),
            )
        )
        .where(
            c.market_id == asked.market_id,
            c.kind == TransferKind.DEVIATION.value,
            c.start_s.is_not(None),  # what a run books is of a day, not of an interval
            c.counts_s >= period.from_s,
            c.counts_s < period.until_s,
            *asked.owned(owner),
        )
        .group_by(owner, is_short)
        .order_by(owner, is_short)
    )
    for name, short, count, wh, high, low, least, most, priced in asked.connection.execute(query):
        if name is None:
            continue  # of a unit nobody knows: the postings will not be proven
        whole = priced == count
        found.charged[name].append(
            Charged(
                kind=ChargeKind.DEVIATION_SHORT if short else ChargeKind.DEVIATION_LONG,
                period=number,
                count=count,
                energy_wh=wh,
                amount_quanta=joined(high, low),
                price_min_ticks=least if whole else None,
                price_max_ticks=most if whole else None,
            )
        )


def postings_of(
    asked: Asked, zone: str, period: Period, number: int
) -> Iterator[tuple[str, Posted]]:
    """What was booked to each participant, from the sums of days: parts of a month are whole days.

    Args:
        asked: where to read, and of whom.
        zone: of the market.
        period: the part of the month.
        number: its number among those of the month.
    """
    c = tables.posting_days.c
    sums: dict[tuple[str, TransferKind], list[int]] = {}
    for side, sign in ((c.first_account, 1), (c.second_account, -1)):
        totals = [whole_sum(item) for item in (c.postings, c.high_quanta, c.low_quanta)]
        query = (
            select(side, c.kind, *totals)
            .where(
                c.market_id == asked.market_id,
                c.day >= day_of(period.from_s, zone).isoformat(),
                c.day < day_of(period.until_s, zone).isoformat(),
                *asked.booked(side),
            )
            .group_by(side, c.kind)
        )
        for account, kind, count, high, low in asked.connection.execute(query):
            kept = sums.setdefault((account.removeprefix(ACCOUNT), TransferKind(kind)), [0, 0])
            kept[0] += count
            kept[1] += sign * joined(high, low)
    for name, kind in sorted(sums):
        count, amount_quanta = sums[name, kind]
        yield name, Posted(kind=kind, period=number, count=count, amount_quanta=amount_quanta)


def _add_readings(asked: Asked, cut: Sequence[Span], found: _Gathered) -> None:
    """Withdrawal at the metering point, and what it fed in: max(0, net) = net + withdrawal."""
    c, seen, units = tables.withdrawals.c, tables.deviations.c, tables.units.c
    metered = asked.connection.execute(
        select(units.participant_id, whole_sum(seen.measured_wh).label("net_wh"))
        .select_from(
            tables.deviations.join(
                tables.units,
                and_(units.market_id == seen.market_id, units.unit_id == seen.member_id),
            )
        )
        .where(
            seen.market_id == asked.market_id,
            seen.level == ControlLevel.UNIT.value,
            _inside(seen.start_s, cut),
            *asked.metered(seen.member_id),
        )
        .group_by(units.participant_id)
    )
    net_wh: dict[str, int] = {row.participant_id: row.net_wh for row in metered}
    rows = asked.connection.execute(
        select(c.participant_id, func.count(), whole_sum(c.withdrawal_wh))
        .where(
            c.market_id == asked.market_id,
            _inside(c.start_s, cut),
            *asked.owned(c.participant_id),
        )
        .group_by(c.participant_id)
    )
    for name, count, withdrawn_wh in rows:
        found.metered[name].append(
            Metered(
                tariff=cut[0].number,
                count=count,
                withdrawn_wh=withdrawn_wh,
                fed_in_wh=net_wh.get(name, 0) + withdrawn_wh,
            )
        )


def _inside(start_s: ColumnElement[int], cut: Sequence[Span]) -> ColumnElement[bool]:
    return or_(*[and_(start_s >= span.from_s, start_s < span.until_s) for span in cut])


def _add_substituted(asked: Asked, month: MarketMonth, found: _Gathered) -> None:
    c, units = tables.measurements.c, tables.units.c
    rows = asked.connection.execute(
        select(units.participant_id, func.count().label("readings"))
        .select_from(
            tables.measurements.join(
                tables.units, and_(units.market_id == c.market_id, units.unit_id == c.unit_id)
            )
        )
        .where(
            c.market_id == asked.market_id,
            c.start_s >= month.from_s,
            c.start_s < month.until_s,
            c.substituted,
            *asked.metered(c.unit_id),
        )
        .group_by(units.participant_id)
    )
    found.substituted.update({row.participant_id: row.readings for row in rows})
