"""Verbs of runs that settle days as a whole: follow one, see what it changed, take its lines home.

The one idea: a run goes on by itself beside the market's work; whoever waits for it looks again now and then.
"""

from collections.abc import Callable
from pathlib import Path

import httpx

from wattmarket.asking import Verbs
from wattmarket.errors import UnreachableError, UsageError
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.session import read_answer
from wattmarket.tables import ARROW, CSV, Format, Record, Table, table

LOOK_AGAIN_S = 1.0
PATIENCE_S = 600.0
FORMS = {".csv": CSV, ".arrow": ARROW}


class Runs(Verbs[S_co]):
    """Runs that settle days (operators), and the lines of each version."""

    @verb
    def watch(
        self,
        day: str,
        *,
        version: int | None = None,
        every_s: float = LOOK_AGAIN_S,
        patience_s: float = PATIENCE_S,
        progress: Callable[[Record], None] | None = None,
    ) -> Exchange[Record]:
        """Wait until a run of a day is finished, and return it.

        Args:
            day: local, "2016-06-15".
            version: of the day; None: its newest run, which there may not be yet.
            every_s: real seconds between two looks.
            patience_s: real seconds after which it is given up.
            progress: told the run at each look: `areas_done` of `areas`.

        Raises:
            UnreachableError: it is not finished in time.
        """
        waited_s = 0.0
        while True:
            response = yield from self._asking.fetch(
                "GET",
                self._asking.in_market("settlement-runs"),
                params={"day": day, "limit": 1_000},
                wait_s=every_s if waited_s else 0.0,
            )
            runs: list[Record] = read_answer(response)["items"]
            found = [run for run in runs if version is None or run["version"] == version]
            if found:
                if progress is not None:
                    progress(found[-1])
                if found[-1]["state"] == "finished":
                    return found[-1]
            if waited_s >= patience_s:
                raise UnreachableError(f"no run of {day} is finished after {patience_s:g} s")
            waited_s += every_s

    @verb
    def differences(self, run_id: str, *, as_: Format = "records") -> Exchange[Table]:
        """What a run has moved between accounts, as a table."""
        answer = yield from self._get(f"settlement-runs/{run_id}/differences")
        return table(answer["items"], as_)

    @verb
    def lines(
        self, run_id: str, *, area_id: str | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """What a run says of every unit and interval, or of an area's (operators), as a table."""
        path = f"settlement-runs/{run_id}/lines"
        return (yield from self._frame(path, as_, area_id=area_id))

    @verb
    def own_lines(
        self, day: str, *, version: int | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """What a version of a day says of one's own units (participants), as a table."""
        return (yield from self._frame("account/settlement", as_, day=day, version=version))

    @verb
    def save_lines(
        self,
        path: str | Path,
        *,
        run_id: str | None = None,
        area_id: str | None = None,
        day: str | None = None,
        version: int | None = None,
    ) -> Exchange[int]:
        """Write lines into a file, page after page; returns how many pages there were.

        Args:
            path: one that ends in .csv or .arrow.
            run_id: every unit's lines of a run (operators) ...
            area_id: ... or only an area's;
            day: else one's own units' of a day (participants) ...
            version: ... in this version; None: the last one.

        Raises:
            UsageError: another ending, neither or both of run and day, or it cannot be written.
        """
        file = Path(path)
        form = FORMS.get(file.suffix.lower())
        if form is None:
            raise UsageError(f"{file}: end its name in .csv or .arrow")
        if (run_id is None) == (day is None):
            raise UsageError("lines are of a run or of a day")
        address = "account/settlement" if run_id is None else f"settlement-runs/{run_id}/lines"
        given = {"area_id": area_id, "day": day, "version": version}
        pieces: list[bytes] = []
        cursor: str | None = None
        while True:
            response = yield from self._asking.fetch(
                "GET",
                self._asking.in_market(address),
                params={"cursor": cursor, **given},
                accept=form,
            )
            pieces.append(response.content)
            after = response.links.get("next", {}).get("url")
            if after is None:
                break
            cursor = httpx.URL(after).params["cursor"]
        try:
            file.write_bytes(_joined(pieces, form))
        except OSError as fault:
            raise UsageError(f"{file}: {fault.strerror}") from fault
        return len(pieces)


def _joined(pieces: list[bytes], form: str) -> bytes:
    """One file of several of the same columns."""
    if len(pieces) == 1:
        return pieces[0]
    if form == CSV:
        first, *others = pieces
        return b"".join((first, *(piece.split(b"\n", 1)[1] for piece in others)))
    import pyarrow as pa

    tables = [pa.ipc.open_stream(piece).read_all() for piece in pieces]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, tables[0].schema) as out:
        for part in tables:
            out.write_table(part)
    return bytes(sink.getvalue().to_pybytes())
