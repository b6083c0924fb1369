"""Lines of a CSV file that comes in pieces: bytes to lines, a line to text, text to cells.

The one idea: whatever is no such file is refused with the number of its line, before any cell is read.
"""

import csv
from collections.abc import Sequence
from typing import Final

from api.bulk.csv_rows import BOM
from api.errors import RefusedError, refuse
from market.model.rejection import Code

LINE_BYTES_MAX: Final = 4_096
"""No row is as long; a file without ends of lines is none."""


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
