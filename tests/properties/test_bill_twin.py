"""Bills against a second, independent program: every line, every tax, the rounding and the total, to the quantum.

Markets drawn by chance trade over a midnight, are settled interval by interval through the engine, settled again as
late readings come, and given adders back; what the store's lists say of a month is billed, and the naive bill is
worked out from trades and meters alone.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import astuple
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection

from market.model.bill import Bill, ChargeKind
from market.model.interval import MarketMonth
from market.settlement.bill import Heading, MonthRules, drafted
from market.store import queries
from market.store.database import (
    create_schema,
    empty_projections,
    open_writer,
    recreate_projections,
)
from market.store.projections import Projector
from tests.market.settlement.drawn_months import DrawnMonths, drawn_months, lived
from tests.market.settlement.naive_band import given_back
from tests.market.settlement.naive_bill import Billing, Month, NaiveBill
from tests.market.settlement.naive_settlement import Books, Settlement
from tests.market.stores import made

HEADING = Heading(
    bill_id="bil-1", version=1, corrects=None, before_quanta=0, as_of_event_seq=1, drafted_us=1
)
ALL_KINDS = {
    *("energy_bought", "energy_sold", "deviation_short", "deviation_long", "deviation"),
    *("group_netting", "band_waiver", "network_fee", "levies", "day_charge", "rent_return"),
    "last_resort",
}


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        pytest.param("sqlite", 3_000, id="3000"),
        pytest.param("postgresql", 1_500, id="1500-postgresql"),
        pytest.param("sqlite", 1_000_000, id="1000000", marks=pytest.mark.long),
    ],
)
def test_two_programs_bill_alike(
    kind: str, wanted: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kinds, rates, done = set[str](), 0, 0
    with (
        made(kind, tmp_path, lambda: request.getfixturevalue("postgres_url")) as new_store,
        closing(open_writer(new_store())) as connection,
    ):
        with connection.begin():
            create_schema(connection)
            recreate_projections(connection)
        for seed in count(1):
            if done >= wanted:
                break
            drawn = drawn_months(seed)
            for name, its, ours, naive in both(drawn, connection):
                assert said(ours, its) == told(naive), f"market {seed}, {name}"
                kinds |= {line.kind.value for line in ours.lines}
                rates += len(ours.taxes)
            done += drawn.found.count
        connection.engine.dispose()
    assert kinds == ALL_KINDS, "every kind of line came up"
    assert rates > 0


def both(
    drawn: DrawnMonths, connection: Connection
) -> Iterator[tuple[str, MarketMonth, Bill, NaiveBill]]:
    """Each participant's bill of each month, by the market and by its twin."""
    market, batch = drawn.found.market, lived(drawn)
    with connection.begin():
        empty_projections(connection)
        Projector(connection).project([batch])
    for month in drawn.months:
        billing = Billing(naive_month(drawn, month))
        common = MonthRules.of(market.rules, market.grid, month)
        with connection.begin():
            _, sources = queries.bill_sources(
                connection, market.rules.market_id, market.rules, month
            )
        for source in sources:
            name = source.participant_id
            ours = drafted(source, market.participants[name], common, HEADING)
            assert isinstance(ours, Bill), ours
            yield f"{name} in {month}", common.month, ours, billing.of(name)


def naive_month(drawn: DrawnMonths, month: str) -> Month:
    """A month as the twin reads it: first settled, then settled again with what came late."""
    first, again, days = {}, {}, []
    for day in drawn.days:
        if not day.startswith(month):
            continue
        rents = drawn.rents(day)
        for late, into in ((False, first), (True, again)):
            market = drawn.facts(day, late=late).market
            market.rents = rents
            into[day] = Settlement(market)
        days.append(day)
    corrected = {}
    for day in days:
        books = Books(again[day].books)
        books.subtract(first[day].books)
        corrected[day, 1] = books
    return Month(
        days=[(day, first[day]) for day in days],
        all_days=[
            day.isoformat()
            for day in MarketMonth.of(month, drawn.found.market.rules.time_zone).days
        ],
        corrected=corrected,
        given_back=given_back(
            [(again[day], drawn.groups[day]) for day in days],
            drawn.found.market.rules.deviation_band_ppm,
        ),
    )


def said(bill: Bill, its: MarketMonth) -> dict[str, object]:
    """What our bill says, in the words of the twin."""
    part = {its.day_start_s(day): number for number, day in enumerate(its.days)}
    lines: dict[tuple[str, str, int], tuple[int, int, int | None]] = {}
    for line in bill.lines:
        detail = line.detail
        if line.correction is not None:
            detail = f"{line.correction.day} v{line.correction.version}"
        elif line.kind in {ChargeKind.NETWORK_FEE, ChargeKind.LEVIES}:
            detail = str(line.price_ticks)
        key = (line.kind.value, detail, part[line.from_s])
        assert key not in lines
        if line.amount_quanta or line.energy_wh:
            lines[key] = (line.amount_quanta, line.energy_wh or 0, line.price_ticks)
    taxes = {
        (tax.tax_id, tax.rate_ppm): (tax.base_quanta, tax.amount_quanta)
        for tax in bill.taxes
        if tax.base_quanta
    }
    return {
        "lines": lines,
        "taxes": taxes,
        "total": bill.total_quanta,
        "rounding": bill.rounding_quanta,
        "metered": (bill.withdrawn_wh, bill.fed_in_wh),
        "plain": bill.plain and astuple(bill.plain),
    }


def told(bill: NaiveBill) -> dict[str, object]:
    """The same of the twin's."""
    return {
        "lines": {
            key: (line.amount, line.energy, min(line.prices) if len(line.prices) == 1 else None)
            for key, line in bill.lines.items()
            if line.amount or line.energy
        },
        "taxes": bill.taxes,
        "total": bill.total,
        "rounding": bill.rounding,
        "metered": (bill.withdrawn, bill.fed_in),
        "plain": bill.plain,
    }
