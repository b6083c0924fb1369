"""Bodies about the bills of a month."""

from typing import Annotated

from api.incoming.body import Body, Id, Month, rows


class BillsMonthIn(Body):
    """Of which month bills are to be made."""

    month: Month


class BillsIssueIn(Body):
    """Which drafts are to stand."""

    month: Month
    bill_ids: Annotated[tuple[Id, ...], *rows(0, 10_000)] = ()
    """Empty: all drafts of the month."""
