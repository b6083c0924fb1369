"""Verbs of reports (operators): a day or a month in numbers, as tables and as a page."""

from wattmarket.asking import Verbs
from wattmarket.errors import UsageError
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.tables import CSV, Format, Json, Record, Table

HTML = "text/html"


class Reports(Verbs[S_co]):
    """Reports of the market. `proven` is false where sums differ from the ledger: use no figure then."""

    @verb
    def day(self, day: str) -> Exchange[Record]:
        """A local day, "2016-06-15": every table, whether it is closed and whether it proves itself."""
        record: Record = yield from self._get("reports/day", day=day)
        return record

    @verb
    def month(self, month: str) -> Exchange[Record]:
        """A local month, "2016-06", as a day."""
        record: Record = yield from self._get("reports/month", month=month)
        return record

    @verb
    def table(
        self,
        name: str,
        *,
        day: str | None = None,
        month: str | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """One table of a report.

        Args:
            name: prices, volumes, revenue ... as docs/wire.md lists them.
            day: of this local day ...
            month: ... or of this month.
            as_: records, or a frame.

        Raises:
            UsageError: neither a day nor a month, or both.
        """
        path, period = _period(day, month)
        return (yield from self._frame(f"{path}/{name}", as_, **period))

    @verb
    def csv(
        self, name: str, *, day: str | None = None, month: str | None = None
    ) -> Exchange[bytes]:
        """One table of a report as a file of CSV, as the server writes it."""
        path, period = _period(day, month)
        return (yield from self._file(f"{path}/{name}", CSV, **period))

    @verb
    def page(
        self, *, day: str | None = None, month: str | None = None, language: str = "en"
    ) -> Exchange[bytes]:
        """The report as a page of HTML with charts, in English ("en") or Chinese ("zh")."""
        path, period = _period(day, month)
        return (yield from self._file(f"{path}/page", HTML, language=language, **period))

    def _file(self, path: str, media: str, **params: Json) -> Exchange[bytes]:
        response = yield from self._asking.fetch(
            "GET", self._asking.in_market(path), params=params, accept=media
        )
        return bytes(response.content)


def _period(day: str | None, month: str | None) -> tuple[str, dict[str, str]]:
    """The address of a report and what it is asked with."""
    if day is not None and month is None:
        return "reports/day", {"day": day}
    if month is not None and day is None:
        return "reports/month", {"month": month}
    raise UsageError("a report is of a day or of a month")
