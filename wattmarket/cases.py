"""Verbs of cases: a bill is disputed, somebody looks into it, and it is decided.

The one idea: a participant opens a case and may withdraw it; operators take it, talk about it and close
it with an answer.
"""

from collections.abc import Iterable, Mapping

from wattmarket.asking import Number, Verbs
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.tables import Format, Json, Record, Table

Claim = Mapping[str, Json]
"""`line`, the place on the bill from 0, and `amount`."""


class Cases(Verbs[S_co]):
    """Dispute bills, see cases, deal with them."""

    @verb
    def dispute(
        self,
        bill_id: str,
        *,
        reason: str,
        lines: Iterable[Claim] | None = None,
        amount: Number | None = None,
    ) -> Exchange[Record]:
        """Dispute one's own bill (participants); the very same again while it is open changes nothing.

        Args:
            bill_id: of the bill that stands.
            reason: why, for the operators to read.
            lines: which lines are wrong, and by how much each: {"line": 0, "amount": "1.20"}.
            amount: instead of lines: of the bill as a whole, tax included.

        Returns:
            The case.

        Raises:
            ConflictError: DISPUTE_TOO_LATE, ALREADY_DISPUTED, DISPUTE_ABOVE_LINE, BILL_REPLACED.
            NotFoundError: no bill of one's own.
        """
        body = _said({"reason": reason}, lines, amount)
        record: Record = yield from self._post(f"bills/{bill_id}/disputes", body, act=True)
        return record

    @verb
    def list(
        self,
        *,
        state: str | None = None,
        outcome: str | None = None,
        kind: str | None = None,
        participant_id: str | None = None,
        owner: str | None = None,
        bill_id: str | None = None,
        month: str | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """Cases of one's own (operators: all), closed ones too, oldest first, as a table.

        Args:
            state: "open", "in_work" or "closed".
            outcome: "upheld", "rejected" or "withdrawn".
            kind: "bill_dispute".
            participant_id: only of one participant.
            owner: only those one operator has taken.
            bill_id: only about one bill.
            month: only about bills of one month, "2016-06".
            as_: "records" or a frame.
        """
        wanted = {"state": state, "outcome": outcome, "kind": kind, "owner": owner}
        about = {"participant_id": participant_id, "bill_id": bill_id, "month": month}
        return (yield from self._frame("cases", as_, **wanted, **about))

    @verb
    def get(self, case_id: str) -> Exchange[Record]:
        """One case with its history."""
        record: Record = yield from self._get(f"cases/{case_id}")
        return record

    @verb
    def take(self, case_id: str) -> Exchange[Record]:
        """Look after a case from now on (operators), and return it; harmless again."""
        return (yield from self._do(case_id, "take", {}))

    @verb
    def comment(self, case_id: str, text: str) -> Exchange[Record]:
        """Say something in a case that is not closed, for both sides to read, and return it."""
        return (yield from self._do(case_id, "comment", {"text": text}))

    @verb
    def withdraw(self, case_id: str) -> Exchange[Record]:
        """No longer want it looked into (participants), and return it."""
        return (yield from self._do(case_id, "withdraw", {}))

    @verb
    def reject(self, case_id: str, answer: str) -> Exchange[Record]:
        """Close it: the bill is right (operators); return it."""
        return (yield from self._do(case_id, "decide", {"outcome": "rejected", "answer": answer}))

    @verb
    def corrected(self, case_id: str, answer: str) -> Exchange[Record]:
        """Close it: a later bill that was issued says it right (operators); return it.

        Raises:
            ConflictError: BILL_NOT_CORRECTED: there is no later bill.
        """
        body = {"outcome": "upheld", "remedy": "corrected", "answer": answer}
        return (yield from self._do(case_id, "decide", body))

    @verb
    def credit(
        self,
        case_id: str,
        answer: str,
        *,
        lines: Iterable[Claim] | None = None,
        amount: Number | None = None,
    ) -> Exchange[Record]:
        """Propose a credit (operators); a second operator gives it by saying the same.

        Args:
            case_id: which case.
            answer: to the participant.
            lines: how much of which lines; None: all that is in dispute.
            amount: the same where the bill as a whole is in dispute.

        Returns:
            The case; with a `proposal` while a second operator has to agree.

        Raises:
            ConflictError: SECOND_PERSON_REQUIRED: the same operator said it again.
        """
        body = {"outcome": "upheld", "remedy": "credit", "answer": answer}
        return (yield from self._do(case_id, "decide", _said(body, lines, amount)))

    def _do(self, case_id: str, what: str, body: Record) -> Exchange[Record]:
        record: Record = yield from self._post(f"cases/{case_id}:{what}", body)
        return record


def _said(body: Record, lines: Iterable[Claim] | None, amount: Number | None) -> Record:
    """The body with what it says of lines, or of the whole."""
    said = dict(body)
    if lines is not None:
        said["lines"] = [{"line": item["line"], "amount": str(item["amount"])} for item in lines]
    if amount is not None:
        said["amount"] = str(amount)
    return said
