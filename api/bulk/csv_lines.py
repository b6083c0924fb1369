"""A CSV file that comes in pieces: bytes to lines, a line to text, text to cells; a header, then rows.

The one idea: whatever is no such file is refused with the number of its line, before any cell is read.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from api.bulk.csv_rows import BOM, COLUMNS_MAX, SWAPPED, separator_of
from api.wire.errors import RefusedError, refuse
from market.model.rejection import Code, Rejection

LINE_BYTES_MAX: Final = 4_096
"""No row is as long; a file without ends of lines is none."""


class CsvFile:
    """Reads a file piece by piece; separator and decimal sign are those of its header."""

    def __init__(
        self, known: Sequence[str], begin: Callable[[Sequence[str]], list[Rejection]]
    ) -> None:
        """Nothing is read yet.

        Args:
            known: the columns a file may have.
            begin: is told the columns a file has; gives what is wrong with them.
        """
        self._known, self._begin = known, begin
        self._rest = b""
        self._separator = ","
        self.line = 0
        """The number of the row that was given last."""
        self.names: Sequence[str] = ()
        """The columns of the file, in its order."""

    def rows(self, piece: bytes) -> Iterator[Sequence[str]]:
        """Read on: the cells of each whole row.

        Raises:
            RefusedError: it is no such file (its header is wrong, a line has no end).
        """
        *lines, self._rest = lines_of(self._rest, piece, self.line)
        yield from self._rows(lines)

    def last_row(self) -> Iterator[Sequence[str]]:
        """The cells of the last row, where its line has no end.

        Raises:
            RefusedError: what `rows` refuses, or there is not even a header.
        """
        if self._rest:
            yield from self._rows([self._rest])
        if not self.names:
            raise RefusedError(self._begin(()))

    def plain(self, cell: str) -> str:
        """A number's cell with the decimal sign of ours."""
        return cell.translate(SWAPPED) if self._separator == ";" else cell

    def fault(self, code: Code, column: str) -> Rejection:
        """What is wrong with a cell of the row that was given last."""
        return at_line(Rejection(code=code), self.line, column)

    def _rows(self, lines: Iterable[bytes]) -> Iterator[Sequence[str]]:
        for line in lines:
            self.line += 1
            text = text_of(line, self.line)
            if not self.names:
                self._read_header(text)
            elif text.strip(self._separator):
                yield cells_of(text, self._separator, self.line)

    def _read_header(self, header: str) -> None:
        self._separator = separator_of(header)
        names = cells_of(header, self._separator, self.line)
        faults = [
            self.fault(
                Code.FIELD_FORMAT if name in self._known else Code.FIELD_UNKNOWN,
                name if name in self._known else str(column),
            )
            for column, name in enumerate(names[:COLUMNS_MAX], start=1)
            if name not in self._known or name in names[: column - 1]
        ]
        faults += self._begin(names)
        if faults:
            raise RefusedError(faults)
        self.names = names


def at_line(fault: Rejection, line: int, column: str) -> Rejection:
    """A fault with its place in the file, for a person who has to find it."""
    where = f"lines/{line}" if column.isdecimal() else f"lines/{line}/{column}"
    parameters = {**fault.parameters, "line": str(line), "column": column}
    return Rejection(code=fault.code, pointer=where, parameters=parameters)


def missing(*names: str) -> list[Rejection]:
    """Columns that a header lacks."""
    return [at_line(Rejection(code=Code.FIELD_MISSING), 1, name) for name in names]


def lines_of(rest: bytes, piece: bytes, number: int) -> list[bytes]:
    """The whole lines of what has come, and last what has no end yet.

    Args:
        rest: what had no end before.
        piece: what has come since.
        number: of the last line that was taken.

    Raises:
        RefusedError: a line has no end.
    """
    lines = (rest + piece).split(b"\n")
    if len(lines[-1]) > LINE_BYTES_MAX:
        raise _no_file(number + len(lines))
    return lines


def text_of(line: bytes, number: int) -> str:
    """A line as text.

    Raises:
        RefusedError: it is too long, or not UTF-8.
    """
    if len(line) > LINE_BYTES_MAX:
        raise _no_file(number)
    if number == 1:
        line = line.removeprefix(BOM)
    try:
        return line.decode("utf-8").removesuffix("\r")
    except UnicodeDecodeError:
        raise _no_file(number) from None


def cells_of(text: str, separator: str, number: int) -> Sequence[str]:
    """The cells of a line.

    Raises:
        RefusedError: its quotes do not fit.
    """
    if '"' not in text:
        return text.split(separator)
    try:
        (cells,) = csv.reader([text], delimiter=separator, strict=True)
    except (csv.Error, ValueError):
        raise _no_file(number) from None
    return cells


def _no_file(number: int) -> RefusedError:
    return refuse(Code.BODY_FORMAT, f"lines/{number}", line=str(number))
