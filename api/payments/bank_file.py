"""A bank by files: a statement comes in as CSV, payouts go out as CSV, a person carries both.

The one idea: a statement is one document. It is read row by row while it comes in, every fault is told with
its line, and with a single fault nothing of it is taken: half a statement would not agree with the bank.
Separators and decimal signs as for orders (`api/bulk/csv_rows.py`).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from api.bulk.csv_lines import CsvFile, missing
from api.payments.port import Heard
from api.wire import fields
from api.wire.errors import FAULTS_MAX, RefusedError, refuse
from api.wire.fields import FieldError
from api.wire.formats import Form, encoded
from market.model.demand import Demand
from market.model.payment import (
    BankRow,
    Payout,
)
from market.model.rejection import Code, Rejection
from market.model.rules import MarketRules
from market.model.units import cents_text

STATEMENT_ROWS_MAX: Final = 250_000
"""Most rows of a file: they are kept until the last one is known to be right."""
DATE, AMOUNT, CURRENCY, REFERENCE = "date", "amount", "currency", "reference"
COUNTERPARTY, BANK_ID = "counterparty", "bank_id"
COLUMNS: Final = (DATE, AMOUNT, CURRENCY, REFERENCE, COUNTERPARTY, BANK_ID)
_MAY_BE_EMPTY: Final = frozenset({REFERENCE, COUNTERPARTY})
PAYMENT_FILE: Final = (
    *("payout_id", "amount", "currency", "payee_name", "payee_account", "reference"),
)
"""The columns of the file that goes to the bank."""


class BankFilePort:
    """Nothing is sent and nothing heard by itself: people fetch the one file and bring the other."""

    async def send(self, rules: MarketRules, payouts: Sequence[Payout]) -> None:
        """The file is there to be fetched."""

    async def heard(
        self,
        rules: MarketRules,  # noqa: ARG002 - as the port has it
        *,
        sent: Sequence[Payout],  # noqa: ARG002
        demands: Sequence[Demand],  # noqa: ARG002
        now_us: int,  # noqa: ARG002
    ) -> Heard:
        """Nothing: statements are brought."""
        return Heard()


def payment_file(payouts: Sequence[Payout], currency: str) -> bytes:
    """The file for the bank: a line for each payout, under whose id it is to be carried out."""
    records = [
        {
            "payout_id": item.payout_id,
            "amount": cents_text(item.amount_quanta),
            "currency": currency,
            "payee_name": item.payee_name,
            "payee_account": item.payee_account,
            "reference": item.payout_id,
        }
        for item in payouts
    ]
    return encoded(Form.CSV, PAYMENT_FILE, records)


class StatementFile:
    """Reads a statement piece by piece."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._file = CsvFile(
            COLUMNS, lambda names: missing(*(name for name in COLUMNS if name not in names))
        )
        self._rows: list[BankRow] = []
        self._lines: list[int] = []
        self._faults: list[Rejection] = []

    def feed(self, piece: bytes) -> None:
        """Read on.

        Raises:
            RefusedError: it is no such file (its header is wrong, a line has no end), or too long.
        """
        for cells in self._file.rows(piece):
            self._read(cells)

    def finished(self) -> tuple[tuple[BankRow, ...], tuple[int, ...]]:
        """The rows, and the line of each.

        Raises:
            RefusedError: there is not one row, some are wrong, or what `feed` refuses.
        """
        for cells in self._file.last_row():
            self._read(cells)
        if self._faults:
            raise RefusedError(self._faults)
        if not self._rows:
            raise refuse(Code.FIELD_RANGE, "lines")
        return tuple(self._rows), tuple(self._lines)

    def _read(self, cells: Sequence[str]) -> None:
        if len(self._lines) >= STATEMENT_ROWS_MAX:
            raise refuse(Code.FIELD_RANGE, "lines", lines_max=str(STATEMENT_ROWS_MAX))
        faults, values = [], dict[str, Any]()
        if len(cells) > len(self._file.names):
            faults.append(self._file.fault(Code.FIELD_UNKNOWN, str(len(self._file.names) + 1)))
        for place, name in enumerate(self._file.names):
            cell = cells[place] if place < len(cells) else ""
            if not cell and name not in _MAY_BE_EMPTY:
                faults.append(self._file.fault(Code.FIELD_MISSING, name))
                continue
            try:
                values[name] = self._value(name, cell)
            except FieldError as fault:
                faults.append(self._file.fault(fault.code, name))
        if faults:
            self._faults += faults[: FAULTS_MAX - len(self._faults)]
            return
        self._lines.append(self._file.line)
        self._rows.append(
            BankRow(
                bank_id=values[BANK_ID],
                day=values[DATE],
                amount_quanta=values[AMOUNT],
                reference=values[REFERENCE],
                counterparty=values[COUNTERPARTY],
            )
        )

    def _value(self, name: str, cell: str) -> object:
        """A cell's value.

        Raises:
            FieldError: it is none.
        """
        if name == AMOUNT:
            return fields.movement_quanta(self._file.plain(cell))
        if name == CURRENCY:
            if cell != self._currency:
                raise FieldError(Code.FIELD_RANGE)
            return cell
        return _READ[name](cell)


def _text(cell: str) -> str:
    return fields.plain_text(cell) if cell else ""


_READ: Final[dict[str, Callable[[str], object]]] = {
    DATE: fields.local_day_text,
    REFERENCE: _text,
    COUNTERPARTY: _text,
    BANK_ID: fields.identifier,
}
