"""Verbs of alarms: devices and areas tell, operators acknowledge, comment and close.

The one idea: an alarm stays until a person has looked; who did what when stays with it.
"""

from collections.abc import Mapping

from wattmarket.asking import Verbs
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.tables import Format, Record, Table


class Alarms(Verbs[S_co]):
    """Raise alarms, see them, say that one has seen them, close them."""

    @verb
    def list(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        severity: str | None = None,
        level: str | None = None,
        member_id: str | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """Alarms of what one may see, closed ones too, oldest first, as a table.

        Args:
            state: "open", "acknowledged" or "closed".
            kind: one kind, "tripped".
            severity: "info", "warning", "major" or "critical".
            level: "unit", "area" or "market".
            member_id: of one unit or area.
            as_: "records" or a frame.
        """
        wanted = {"state": state, "kind": kind, "severity": severity, "level": level}
        return (yield from self._frame("alarms", as_, member_id=member_id, **wanted))

    @verb
    def tell(
        self,
        kind: str,
        level: str,
        member_id: str,
        *,
        parameters: Mapping[str, str] | None = None,
    ) -> Exchange[Record]:
        """Tell of something (devices of their unit, areas of themselves and their units).

        The same again while it is open changes nothing and answers the open alarm.

        Args:
            kind: what it is, "tripped" or "device_fault".
            level: "unit" or "area".
            member_id: which.
            parameters: values for the words, as text.

        Returns:
            The alarm.
        """
        body = {"kind": kind, "level": level, "member_id": member_id}
        said = {**body, "parameters": dict(parameters or {})}
        record: Record = yield from self._post("alarms", said)
        return record

    @verb
    def acknowledge(self, alarm_id: str) -> Exchange[Record]:
        """Say that one has seen an alarm (operators), and return it; harmless again."""
        return (yield from self._do(alarm_id, "acknowledge", {}))

    @verb
    def comment(self, alarm_id: str, text: str) -> Exchange[Record]:
        """Note something on an alarm that is not closed (operators), and return it."""
        return (yield from self._do(alarm_id, "comment", {"text": text}))

    @verb
    def close(self, alarm_id: str) -> Exchange[Record]:
        """Close an alarm (operators), and return it.

        Raises:
            ConflictError: ALARM_NOT_ACKNOWLEDGED: nobody has seen it yet.
        """
        return (yield from self._do(alarm_id, "close", {}))

    def _do(self, alarm_id: str, what: str, body: Record) -> Exchange[Record]:
        record: Record = yield from self._post(f"alarms/{alarm_id}:{what}", body)
        return record
