"""Verbs of recalls: a trade was a mistake, and is undone or stands.

The one idea: a party asks, two operators decide, or both parties agree by asking.
"""

from wattmarket.asking import Time, Verbs
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.tables import Format, Record, Table, table


class Recalls(Verbs[S_co]):
    """Ask for the recall of a match, decide it, see what is disputed."""

    @verb
    def list(self, *, as_: Format = "records") -> Exchange[Table]:
        """Recalls of one's own matches (operators: all) whose gate is open, as a table."""
        answer = yield from self._get("recalls")
        return table(answer["items"], as_)

    @verb
    def request(self, match_id: str, start: Time, *, reason: str) -> Exchange[Record]:
        """Ask that a match be undone, within 15 minutes of it; harmless again.

        Args:
            match_id: of one's trade.
            start: of the trade's interval.
            reason: seen by the other party and the operators.

        Returns:
            A record with state: disputed, or cancelled when both parties have asked.

        Raises:
            ConflictError: RECALL_TOO_LATE, RECALL_CLOSED, RECALL_NEEDS_REPLACEMENT, GATE_CLOSED.
            NotFoundError: no match of one's own.
        """
        body = {"match_id": match_id, "start": start, "reason": reason}
        record: Record = yield from self._post("recalls", body)
        return record

    @verb
    def decide(self, match_id: str, start: Time, decision: str) -> Exchange[Record]:
        """Say what becomes of a disputed match (operators); a second one agrees by saying the same.

        Args:
            match_id: of the match.
            start: of its interval.
            decision: "cancel" or "deny".

        Returns:
            A record with state, and second_person_until: how long the second one has.

        Raises:
            ConflictError: SECOND_PERSON_REQUIRED: the same operator said it again; what forbids it now.
        """
        body = {"match_id": match_id, "start": start, "decision": decision}
        record: Record = yield from self._post("recalls:decide", body)
        return record
