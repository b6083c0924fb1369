"""What bills cost: a month's sums read, bills drafted from them, pages written.

Run: python -m benchmarks.bills [--participants N] [--days N]

`read`: sums of all participants from a file that holds so many days of trades, deviations, readings and
postings of each of them; the rows grow with both numbers, the bills only with the participants.
`drafted`: bills from 10,000 participants' sums, four prices of the tariff and a tax. `pages`: those bills as
HTML. Aim: bills of 10,000 participants as HTML within 60 s.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from api.pages.bill import Language, bill_page
from market.model.bill import (
    Bill,
    BillSource,
    BillState,
    Charged,
    ChargeKind,
    Metered,
    Posted,
    TaxRule,
)
from market.model.money import (
    BALANCING,
    CENTRAL,
    GRID_OPERATOR,
    LEVIES,
    TransferKind,
    participant_account,
)
from market.model.participant import Participant
from market.model.rules import LastResortBand
from market.settlement.bill import Heading, MonthRules, drafted
from market.store import queries, tables
from market.store.database import create_schema, open_writer, recreate_projections
from market.store.queries import StoredBill
from market.store.rows import insert_rows
from tests.builders import GRID, MIDNIGHT_S, RULES, STEP_S

BILLS: Final = 10_000
AIM_S: Final = 60.0
MONTH: Final = "2016-06"
PAID: Final = (ChargeKind.ENERGY_BOUGHT, ChargeKind.NETWORK_FEE, ChargeKind.LEVIES)
BANDS: Final = tuple(
    LastResortBand(from_hour=begin, to_hour=end, ask_ticks=ask, bid_ticks=8_000)
    for begin, end, ask in ((0, 6, 12_000), (6, 17, 16_000), (17, 21, 22_000), (21, 24, 12_000))
)
VAT: Final = TaxRule(tax_id="vat", name="VAT", from_day="2016-01-01", rate_ppm=190_000, on=PAID)
TAXED: Final = replace(RULES, trading_until_s=None, last_resort=BANDS, taxes=(VAT,))
PRICE: Final = 17_000
SHORT: Final = 18_000


def source(number: int, prices: int) -> BillSource:
    """A household's month: bought and sold in two ways, deviations, withdrawal at every price."""
    name = f"p-{number}"
    withdrawn_wh = [1_000 * (number % 97 + row + 1) for row in range(prices)]
    charged = tuple(
        Charged(
            kind=kind,
            period=0,
            detail=detail,
            count=2_880,
            energy_wh=100 * number + 7,
            amount_quanta=sign * (100 * number + 7) * PRICE,
            price_min_ticks=PRICE,
            price_max_ticks=PRICE + 1,
        )
        for kind, detail, sign in (
            (ChargeKind.ENERGY_BOUGHT, "call", 1),
            (ChargeKind.ENERGY_BOUGHT, "continuous", 1),
            (ChargeKind.ENERGY_SOLD, "call", -1),
            (ChargeKind.DEVIATION_SHORT, "", 1),
            (ChargeKind.DEVIATION_LONG, "", -1),
        )
    )
    withdrawn = sum(withdrawn_wh)
    sums = {
        TransferKind.TRADE: sum(item.amount_quanta for item in charged[:3]),
        TransferKind.DEVIATION: sum(item.amount_quanta for item in charged[3:]),
        TransferKind.NETWORK_FEE: withdrawn * TAXED.tariff.network_ticks,
        TransferKind.LEVIES: withdrawn * TAXED.tariff.levies_ticks,
        TransferKind.RENT_RETURN: -(number * 31 + 5),
    }
    return BillSource(
        participant_id=name,
        charged=charged,
        metered=tuple(
            Metered(tariff=row, count=960, withdrawn_wh=wh, fed_in_wh=wh // 3)
            for row, wh in enumerate(withdrawn_wh)
        ),
        posted=tuple(
            Posted(kind=kind, period=0, count=2_880, amount_quanta=quanta)
            for kind, quanta in sums.items()
        ),
    )


def drafts() -> list[Bill]:
    """Bills of everybody."""
    common = MonthRules.of(TAXED, GRID, MONTH)
    made = []
    for number in range(BILLS):
        heading = Heading(
            bill_id=f"bil-{number}",
            version=1,
            corrects=None,
            before_quanta=0,
            as_of_event_seq=1,
            drafted_us=1,
        )
        who = Participant(participant_id=f"p-{number}", name=f"P {number}", area_id="RUR")
        bill = drafted(source(number, len(common.prices)), who, common, heading)
        assert isinstance(bill, Bill), bill
        made.append(bill)
    return made


def pages(bills: list[Bill]) -> int:
    """Bytes of all pages, half of them in Chinese."""
    size = 0
    for number, bill in enumerate(bills):
        found = StoredBill(bill=bill, state=BillState.ISSUED, issued_us=1)
        language = (Language.EN, Language.ZH)[number % 2]
        page = bill_page(
            found, rules=TAXED, name=f"P {number}", language=language, now_us=MIDNIGHT_S * 1_000_000
        )
        size += len(page.encode())
    return size


# --- a file to read from --------------------------------------------------------------


def fill(connection: Connection, participants: int, days: int) -> int:
    """Days of everybody, straight into the lists; how many postings."""
    create_schema(connection)
    recreate_projections(connection)
    names = [f"p-{number}" for number in range(participants)]
    everybody = [("m", name, name, "RUR", False, "low", 0) for name in names]
    insert_rows(connection, tables.participants, everybody)
    units: list[Any] = [
        ("m", f"u-{name}", name, "RUR", "load", 0, 9, False, None, 0) for name in names
    ]
    connection.execute(
        tables.units.insert(),
        [dict(zip(tables.units.columns.keys(), row, strict=True)) for row in units],
    )
    count = 0
    for interval in range(days * 96):
        start_s = MIDNIGHT_S + interval * STEP_S
        insert_rows(connection, tables.deviation_prices, [("m", start_s, "RUR", 16_000, SHORT)])
        insert_rows(connection, tables.withdrawals, [("m", start_s, name, 250) for name in names])
        insert_rows(
            connection,
            tables.deviations,
            [("m", start_s, "unit", f"u-{name}", 0, -240, -250, 0, "none") for name in names],
        )
        insert_rows(connection, tables.trades, list(_trades(names, start_s, interval)))
        moves = list(_moves(names, start_s, interval))
        insert_rows(connection, tables.transfers, moves)
        count += len(moves)
    return count


def _trades(names: list[str], start_s: int, interval: int) -> Iterator[tuple[Any, ...]]:
    for row, name in enumerate(names):
        trade_id = f"trd-{interval}-{row}"
        what = ("buy", PRICE, 240, "call", "completed")
        whose = (trade_id, "mat", "ord", name, f"u-{name}", "RUR", start_s)
        yield ("m", interval, row, *whose, *what, 240 * 1_000, 240 * 300, 0, 7)


def _moves(names: list[str], start_s: int, interval: int) -> Iterator[tuple[Any, ...]]:
    number = 0
    for row, name in enumerate(names):
        for receiver, quanta, kind, reference in (
            (CENTRAL, 240 * PRICE, TransferKind.TRADE, f"trd-{interval}-{row}"),
            (BALANCING, 10 * SHORT, TransferKind.DEVIATION, f"u-{name}"),
            (GRID_OPERATOR, 250 * 7_000, TransferKind.NETWORK_FEE, name),
            (LEVIES, 250 * 5_000, TransferKind.LEVIES, name),
        ):
            account = participant_account(name)
            what = (account, receiver, quanta, str(kind), reference, start_s, start_s)
            yield ("m", interval, number, *what)
            number += 1


def timed(what: str, begin: float, count: int, noun: str) -> float:
    """Print how long something took."""
    took_s = time.perf_counter() - begin
    print(f"{what:<44} {took_s:8.2f} s   {count / took_s:12,.0f} {noun}/s")
    return took_s


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--participants", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        connection = open_writer(Path(folder) / "m.sqlite")
        connection.exec_driver_sql("BEGIN")
        begin = time.perf_counter()
        count = fill(connection, wanted.participants, wanted.days)
        connection.exec_driver_sql("COMMIT")
        timed("lists filled", begin, count, "postings")
        begin = time.perf_counter()
        _, sources = queries.bill_sources(connection, "m", TAXED, MONTH)
        timed(
            f"sums of {len(sources):,} participants, {wanted.days} days read",
            begin,
            count,
            "postings",
        )
        connection.close()
        connection.engine.dispose()
    begin = time.perf_counter()
    bills = drafts()
    took_s = timed(f"{BILLS:,} bills drafted", begin, BILLS, "bills")
    begin = time.perf_counter()
    size = pages(bills)
    took_s += timed(f"{BILLS:,} pages, {size / 1e6:.0f} MB", begin, BILLS, "pages")
    print(f"{BILLS:,} bills as HTML: {took_s:.1f} s, aim {AIM_S:.0f} s")


if __name__ == "__main__":
    main()
