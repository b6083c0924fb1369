"""What all groups of verbs need: asking in the session's market, page by page.

The one idea: a group says what to ask; here is how it is asked, once.
"""

import datetime as dt
import uuid
from decimal import Decimal
from typing import cast

import httpx

from wattmarket.exchange import Exchange, Group, S_co
from wattmarket.session import Session
from wattmarket.tables import ARROW, Format, Json, Record, Table, frame_of, table

Time = str | dt.datetime
Number = str | Decimal | int

ROWS_PER_PAGE = 1_000


def new_own_id() -> str:
    """A name for an act that nobody else has."""
    return uuid.uuid4().hex


class Verbs(Group[S_co]):
    """What all groups of verbs need: asking, in the session's market, page by page."""

    @property
    def _asking(self) -> Session:
        return cast("Session", self._session)  # both kinds of session are

    def _get(self, path: str, **params: Json) -> Exchange[Json]:
        return (yield from self._asking.ask("GET", self._asking.in_market(path), params=params))

    def _post(self, path: str, json: Json, *, act: bool = False) -> Exchange[Json]:
        address = self._asking.in_market(path)
        return (yield from self._asking.ask("POST", address, json=json, act=act))

    def _rows(self, path: str, as_: Format, **params: Json) -> Exchange[Table]:
        """All pages of a list as one table."""
        rows: list[Record] = []
        cursor: str | None = None
        while True:
            page = yield from self._get(path, limit=ROWS_PER_PAGE, cursor=cursor, **params)
            rows += page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return table(rows, as_)

    def _frame(self, path: str, as_: Format, **params: Json) -> Exchange[Table]:
        """A list the server gives as Arrow too: typed columns for a frame, records as they are."""
        if as_ == "records":
            return (yield from self._rows(path, as_, **params))
        pieces: list[bytes] = []
        cursor: str | None = None
        while True:
            response = yield from self._asking.fetch(
                "GET",
                self._asking.in_market(path),
                params={"cursor": cursor, **params},
                accept=ARROW,
            )
            pieces.append(response.content)
            after = response.links.get("next", {}).get("url")
            cursor = None if after is None else httpx.URL(after).params["cursor"]
            if cursor is None:
                return frame_of(pieces, as_)
