"""Statements read piece by piece, and the file that goes to the bank."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bulk.csv_lines import LINE_BYTES_MAX
from api.payments.bank_file import STATEMENT_ROWS_MAX, StatementFile, payment_file
from api.wire.errors import RefusedError
from market.model.payment import BankRow
from market.model.rejection import Code
from tests.api.payments.test_seeded_gateway import payout

HEADER = "bank_id,date,amount,currency,reference,counterparty\n"
SIGNS = st.characters(min_codepoint=32, exclude_characters='\x7f"', exclude_categories=["Cc", "Cs"])
texts = st.text(SIGNS, max_size=20)
cents = st.integers(-(10**9), 10**9).filter(bool)


def read(content: bytes, step: int = 10**9) -> tuple[tuple[BankRow, ...], tuple[int, ...]]:
    file = StatementFile("EUR")
    for first in range(0, len(content), step):
        file.feed(content[first : first + step])
    return file.finished()


def refusals(content: bytes) -> list[tuple[Code, str | None]]:
    with pytest.raises(RefusedError) as refused:
        read(content)
    return [(fault.code, fault.pointer) for fault in refused.value.rejections]


@given(
    st.lists(st.tuples(cents, texts, texts), min_size=1, max_size=8),
    st.sampled_from((",", ";")),
    st.integers(1, 50),
)
def test_what_is_written_is_read_however_it_is_cut(
    drawn: list[tuple[int, str, str]], separator: str, step: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(HEADER.strip().split(","))
    for number, (amount, reference, counterparty) in enumerate(drawn):
        whole, part = divmod(abs(amount), 100)
        sign = "-" if amount < 0 else ""
        shown = f"{sign}{whole}{',' if separator == ';' else '.'}{part:02}"
        writer.writerow([f"b-{number}", "2016-07-05", shown, "EUR", reference, counterparty])
    rows, lines = read(text.getvalue().encode(), step)

    assert lines == tuple(range(2, len(drawn) + 2))
    assert [(row.amount_quanta, row.reference, row.counterparty) for row in rows] == [
        (amount * 1_000_000, reference, counterparty) for amount, reference, counterparty in drawn
    ]


def test_a_row_of_blanks_is_passed_over_and_counted_as_a_line() -> None:
    rows, lines = read(f"{HEADER}\n,,,,,\nb-1,2016-07-05,1.00,EUR,,\n".encode())
    assert (rows[0].bank_id, lines) == ("b-1", (4,))


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("b 1,2016-07-05,1.00,EUR,,", (Code.FIELD_FORMAT, "lines/2/bank_id")),
        ("b-1,05.07.2016,1.00,EUR,,", (Code.FIELD_FORMAT, "lines/2/date")),
        ("b-1,2016-07-05,1e3,EUR,,", (Code.FIELD_FORMAT, "lines/2/amount")),
        ("b-1,2016-07-05,99999999999.00,EUR,,", (Code.FIELD_RANGE, "lines/2/amount")),
        ("b-1,2016-07-05,1.00,eur,,", (Code.FIELD_RANGE, "lines/2/currency")),
        (f"b-1,2016-07-05,1.00,EUR,{'x' * 201},", (Code.FIELD_RANGE, "lines/2/reference")),
        ("b-1,2016-07-05,1.00,EUR,a\tb,", (Code.FIELD_FORMAT, "lines/2/reference")),
        ('b-1,2016-07-05,1.00,EUR,"a,', (Code.BODY_FORMAT, "lines/2")),
    ],
)
def test_what_is_wrong_with_a_row(row: str, fault: tuple[Code, str]) -> None:
    assert refusals(f"{HEADER}{row}\n".encode()) == [fault]


def test_a_decimal_comma_belongs_to_semicolons() -> None:
    header = HEADER.replace(",", ";")
    assert refusals(f"{header}b-1;2016-07-05;1.00;EUR;;\n".encode()) == [
        (Code.FIELD_FORMAT, "lines/2/amount")
    ]
    rows, _ = read(f"{header}b-1;2016-07-05;-1,5;EUR;;\n".encode())
    assert rows[0].amount_quanta == -150_000_000


def test_what_is_no_file_is_refused_before_all_of_it_is_read() -> None:
    file = StatementFile("EUR")
    with pytest.raises(RefusedError):
        file.feed(b"x" * (LINE_BYTES_MAX + 1))
    assert refusals(b"\xff\xfe") == [(Code.BODY_FORMAT, "lines/1")]
    assert refusals(HEADER.encode()) == [(Code.FIELD_RANGE, "lines")]


def test_a_statement_has_so_many_rows_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.payments.bank_file.STATEMENT_ROWS_MAX", 2)
    assert STATEMENT_ROWS_MAX > 2
    rows = "".join(f"b-{number},2016-07-05,1.00,EUR,,\n" for number in range(3))
    assert refusals(f"{HEADER}{rows}".encode()) == [(Code.FIELD_RANGE, "lines")]


def test_the_file_for_the_bank_names_each_payout_by_its_id() -> None:
    rows = list(csv.DictReader(io.StringIO(payment_file([payout(1), payout(2)], "EUR").decode())))
    assert [row["reference"] for row in rows] == ["out-1", "out-2"]
    assert rows[0] == {
        "payout_id": "out-1",
        "amount": "1.00",
        "currency": "EUR",
        "payee_name": "Ann",
        "payee_account": "DE02",
        "reference": "out-1",
    }
