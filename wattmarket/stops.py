"""Verbs of stops: kills and halts, and their release.

The one idea: one person stops, two release; whoever stopped only itself releases itself.
"""

from wattmarket.asking import Verbs
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.tables import Format, Record, Table, table


class Stops(Verbs[S_co]):
    """Stop trading at once, release it, see what holds."""

    @verb
    def list(self, *, as_: Format = "records") -> Exchange[Table]:
        """The stops that hold and concern everybody or oneself (operators: all), as a table."""
        answer = yield from self._get("stops")
        return table(answer["items"], as_)

    @verb
    def make(self, kind: str, scope: str, key: str = "", *, reason: str) -> Exchange[Record]:
        """Stop trading at once (operators); the answer says how many orders were cancelled.

        Args:
            kind: "kill" (nothing new, and what is open is cancelled) or "halt" (cancels only).
            scope: "client", "participant", "unit", "area", "interval" or "market".
            key: which; an interval by the UTC second of its start; empty for the market.
            reason: kept with the stop, and seen by whom it concerns.
        """
        body = {"kind": kind, "scope": scope, "key": key, "reason": reason}
        record: Record = yield from self._post("stops", body)
        return record

    @verb
    def release(self, kind: str, scope: str, key: str = "") -> Exchange[Record]:
        """End a stop: the first operator proposes, a second one agrees by saying the same.

        Args:
            kind: of the stop.
            scope: of the stop.
            key: of the stop.

        Returns:
            A record with released, and second_person_until: how long the second one has.

        Raises:
            ConflictError: SECOND_PERSON_REQUIRED: the same operator said it again.
        """
        body = {"kind": kind, "scope": scope, "key": key}
        record: Record = yield from self._post("stops:release", body)
        return record
