"""Verbs of real grids: how an area's grid is built, and what its schedules mean to it.

The one idea: the market holds every schedule against the grid before it stands; here one sees what it found.
"""

from collections.abc import Mapping
from typing import Any

from wattmarket.asking import Time, Verbs
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.tables import Format, Record, Table, table


class Networks(Verbs[S_co]):
    """Register grids, see them, see their checks."""

    @verb
    def register(self, network: Mapping[str, Any]) -> Exchange[Record]:
        """Say how an area's grid is built (operators); the same again is harmless.

        Args:
            network: area_id, version, source_bus, source_voltage_ppm, buses, lines, transformers,
                placements, with the fields of docs/wire.md. A grid that has changed comes with the
                next version.

        Raises:
            RefusedError: with every fault of it.
        """
        record: Record = yield from self._post("networks", dict(network))
        return record

    @verb
    def list(self) -> Exchange["list[Record]"]:
        """The grids one may see: operators all, an area its own."""
        answer = yield from self._get("networks")
        items: list[Record] = answer["items"]
        return items

    @verb
    def checks(
        self,
        *,
        from_: Time | None = None,
        to: Time | None = None,
        area_id: str | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """Schedules held against their grids, by interval and area, as a table.

        Args:
            from_: only of intervals that start then or later.
            to: only of intervals that start before.
            area_id: only of this area.
            as_: the form of the table.
        """
        asked = {"from": from_, "to": to, "area_id": area_id}
        return (yield from self._rows("grid-checks", as_, **asked))

    @verb
    def activations(
        self,
        *,
        from_: Time | None = None,
        to: Time | None = None,
        area_id: str | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """Units that helped an area, where that was cheaper than the retailer of last resort, as a table.

        Args:
            from_: only of intervals that start then or later.
            to: only of intervals that start before.
            area_id: only of units there, or for that area.
            as_: the form of the table.
        """
        asked = {"from": from_, "to": to, "area_id": area_id}
        return (yield from self._rows("activations", as_, **asked))

    @verb
    def burdens(self, *, as_: Format = "records") -> Exchange[Table]:
        """What units have given up for limits in the last market days, of what they could have.

        Only units that could have given something: one's own, an area's, or (operators) all.

        Args:
            as_: the form of the table.
        """
        answer = yield from self._get("burdens")
        return table(answer["items"], as_)

    @verb
    def explain(self, unit_id: str, start: Time) -> Exchange[Record]:
        """Why a unit's target in an interval is what it is.

        Returns:
            A record with traded_kwh, target_kw and reasons: each a code with parameters;
            `wattmarket.reasons.sentence` says them in English or Chinese.
        """
        record: Record = yield from self._get(f"units/{unit_id}/explanation", start=start)
        return record
