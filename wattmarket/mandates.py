"""Verbs of mandates, by which one trades for another, and of the limits one sets oneself.

The one idea: an owner says who may act for it, on which units, when and how much; the agent then says
`on_behalf_of` with its orders. Revoking ends it at once.
"""

from collections.abc import Iterable

from wattmarket.asking import Number, Time, Verbs, new_own_id
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.tables import Format, Record, Table, table


class Mandates(Verbs[S_co]):
    """Let others trade one's units: grant, revoke, list."""

    @verb
    def grant(
        self,
        agent: str,
        *,
        from_: Time,
        until: Time,
        unit_ids: Iterable[str] = (),
        energy_kwh_max: Number | None = None,
        value_max: Number | None = None,
        client_mandate_id: str | None = None,
    ) -> Exchange[Record]:
        """Let another participant trade one's units, and return the mandate.

        Args:
            agent: its participant id.
            from_: for intervals that start then or later ...
            until: ... and before this.
            unit_ids: these units; none named: all of one's own.
            energy_kwh_max: most energy of one order; None: no limit but the unit's.
            value_max: most money of one order; None: no limit but the account's.
            client_mandate_id: your own name for it; None: one is made.
        """
        said = {
            "client_mandate_id": client_mandate_id or new_own_id(),
            "agent": agent,
            "unit_ids": list(unit_ids),
            "from": from_,
            "until": until,
            "energy_kwh_max": energy_kwh_max,
            "value_max": value_max,
        }
        body = {name: value for name, value in said.items() if value is not None}
        record: Record = yield from self._post("mandates", body)
        return record

    @verb
    def revoke(self, mandate_id: str) -> Exchange[Record]:
        """End a mandate at once and cancel what rests of it; harmless again."""
        path = self._asking.in_market(f"mandates/{mandate_id}:revoke")
        record: Record = yield from self._asking.ask("POST", path)
        return record

    @verb
    def list(self, *, as_: Format = "records") -> Exchange[Table]:
        """The mandates one gave or got (operators: all), as a table."""
        answer = yield from self._get("mandates")
        return table(answer["items"], as_)


class Limits(Verbs[S_co]):
    """Limits a participant sets itself, below the market's."""

    @verb
    def get(self) -> Exchange[Record]:
        """The limits one has set oneself: order_value_max, exposure_max; None: none."""
        record: Record = yield from self._get("me/trading-limits")
        return record

    @verb
    def set(
        self, *, order_value_max: Number | None = None, exposure_max: Number | None = None
    ) -> Exchange[Record]:
        """Bind oneself, and return the limits as they are now.

        Args:
            order_value_max: most money of one order; None: no limit.
            exposure_max: most money held for all open orders together; None: no limit.
        """
        said = {"order_value_max": order_value_max, "exposure_max": exposure_max}
        body = {name: value for name, value in said.items() if value is not None}
        path = self._asking.in_market("me/trading-limits")
        record: Record = yield from self._asking.ask("PUT", path, json=body)
        return record
