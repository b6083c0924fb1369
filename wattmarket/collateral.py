"""Verbs of collateral: what accounts may use, what they may come to owe, limits, margin calls.

The one idea: an account covers its open positions; who is short is called to pay in by a time, and who
does not may only make its positions smaller until it has.
"""

from wattmarket.asking import Number, Verbs
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.tables import Format, Record, Table


class Collateral(Verbs[S_co]):
    """See how accounts stand; operators set credit limits."""

    @verb
    def get(self) -> Exchange[Record]:
        """How one's own account stands: what it may use, and what it may come to owe."""
        record: Record = yield from self._get("account/collateral")
        return record

    @verb
    def list(self, *, state: str | None = None, as_: Format = "records") -> Exchange[Table]:
        """How every account stands (operators).

        Args:
            state: "covered", "warned", "called" or "reduce_only"; None: all.
            as_: records, or a frame.
        """
        return (yield from self._rows("collateral", as_, state=state))

    @verb
    def set_limit(self, participant_id: str, limit: Number, *, reason: str) -> Exchange[Record]:
        """Set how far below zero an account may be used (operators).

        A smaller limit holds at once. A larger one waits until `second_person_until` for another
        operator to say the same; the answer's `limit` is the one that holds.

        Args:
            participant_id: whose.
            limit: money, "250.00".
            reason: kept with it.

        Raises:
            ConflictError: SECOND_PERSON_REQUIRED: one has proposed it oneself.
        """
        path = self._asking.in_market(f"participants/{participant_id}/credit-limit")
        body = {"limit": limit, "reason": reason}
        record: Record = yield from self._asking.ask("PUT", path, json=body)
        return record

    @verb
    def limits(self, *, as_: Format = "records") -> Exchange[Table]:
        """Credit limits in the order in which they were set: one's own; operators: all."""
        return (yield from self._rows("credit-limits", as_))

    @verb
    def calls(self, *, state: str | None = None, as_: Format = "records") -> Exchange[Table]:
        """Margin calls and what became of them: one's own; operators: all.

        Args:
            state: "open", "missed" or "met"; None: all.
            as_: records, or a frame.
        """
        return (yield from self._rows("margin-calls", as_, state=state))
