"""Verbs of payments: statements and payment files of the bank, withdrawals, debts others cover.

The one idea: whatever moves money by hand is said by two operators; the second one says the same as the first.
"""

from pathlib import Path

from wattmarket.asking import Number, Verbs, new_own_id
from wattmarket.errors import UsageError
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.session import read_answer
from wattmarket.tables import CSV, Format, Record, Table, table


class Payments(Verbs[S_co]):
    """Bring a statement, send what is approved, withdraw money, see what came and went."""

    @verb
    def list(
        self, *, day: str | None = None, state: str | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """Movements on the market's bank account: one's own; for operators all.

        Args:
            day: only of one day of the bank, "2016-07-05".
            state: only matched, unmatched, assigned or returned.
            as_: the form of the table.
        """
        return (yield from self._rows("payments", as_, day=day, state=state))

    @verb
    def bring_statement(self, path: str | Path) -> Exchange[Record]:
        """Take a bank's statement (operators); with one fault in it nothing is taken.

        Args:
            path: a CSV file with columns date, amount, currency, reference, counterparty, bank_id;
                at most 64 MB. The same file again changes nothing.

        Raises:
            RefusedError: with every fault and its line.
        """
        file = Path(path)
        try:
            body = file.read_bytes()
        except OSError as fault:
            raise UsageError(f"{file}: {fault.strerror}") from fault
        address = self._asking.in_market("payments:file")
        response = yield from self._asking.fetch("POST", address, body=body, media=CSV)
        told: Record = read_answer(response)
        return told

    @verb
    def assign(
        self,
        bank_id: str,
        *,
        reason: str,
        participant_id: str | None = None,
        bill_id: str | None = None,
        withdrawal_id: str | None = None,
        bank_fee: bool = False,
    ) -> Exchange[Record]:
        """Say what an unmatched movement was for (operators, two of them).

        Args:
            bank_id: of the movement.
            reason: kept with it.
            participant_id: whose it is.
            bill_id: which of that participant's bills it pays.
            withdrawal_id: which withdrawal it carried out.
            bank_fee: it is what the bank charged.

        Returns:
            A record with the payment, or with second_person_until.
        """
        named = {
            "participant_id": participant_id,
            "bill_id": bill_id,
            "withdrawal_id": withdrawal_id,
            "bank_fee": bank_fee or None,
        }
        body = {"reason": reason} | {name: item for name, item in named.items() if item is not None}
        record: Record = yield from self._post(f"payments/{bank_id}:assign", body)
        return record

    @verb
    def send_back(self, bank_id: str, *, payee_account: str, reason: str) -> Exchange[Record]:
        """Send an unmatched movement back (operators, two of them)."""
        body = {"payee_account": payee_account, "reason": reason}
        record: Record = yield from self._post(f"payments/{bank_id}:return", body)
        return record

    @verb
    def send(self) -> Exchange[Record]:
        """Let all approved withdrawals go to the bank (operators); file_id is null where none was."""
        record: Record = yield from self._post("payments:send", {}, act=True)
        return record

    @verb
    def file(self, file_id: str) -> Exchange[bytes]:
        """The CSV file for the bank with what went with one sending (operators)."""
        address = self._asking.in_market(f"payment-files/{file_id}")
        response = yield from self._asking.fetch("GET", address, accept=CSV)
        return response.content

    @verb
    def collect(self) -> Exchange[Record]:
        """Ask the bank's channel what it has to say, and have it booked (operators)."""
        record: Record = yield from self._post("payments:collect", {})
        return record

    @verb
    def reconcile(self, day: str) -> Exchange[Record]:
        """What the bank says of a local day and what the ledger booked, with all that is open (operators)."""
        record: Record = yield from self._get("payments/reconciliation", day=day)
        return record

    @verb
    def withdraw(
        self,
        amount: Number,
        *,
        payee_name: str,
        payee_account: str,
        client_withdrawal_id: str | None = None,
    ) -> Exchange[Record]:
        """Ask that money be paid out; it is held at once.

        Args:
            amount: whole cents.
            payee_name: as the bank knows the payee.
            payee_account: where to.
            client_withdrawal_id: one's own name for it; made before the first sending where None.

        Raises:
            ConflictError: INSUFFICIENT_FUNDS.
        """
        body = {
            "client_withdrawal_id": client_withdrawal_id or new_own_id(),
            "amount": amount,
            "payee_name": payee_name,
            "payee_account": payee_account,
        }
        record: Record = yield from self._post("account/withdrawals", body)
        return record

    @verb
    def put_down_collateral(self, amount: Number) -> Exchange[Record]:
        """Set money of one's own apart as collateral.

        Returns:
            How the account stands.

        Raises:
            ConflictError: INSUFFICIENT_FUNDS.
        """
        record: Record = yield from self._post("account/collateral:put-down", {"amount": amount})
        return record

    @verb
    def take_back_collateral(self, amount: Number) -> Exchange[Record]:
        """Take collateral back, as far as no debt needs it.

        Returns:
            How the account stands.

        Raises:
            ConflictError: INSUFFICIENT_FUNDS.
        """
        record: Record = yield from self._post("account/collateral:take-back", {"amount": amount})
        return record

    @verb
    def withdrawals(self, *, state: str | None = None, as_: Format = "records") -> Exchange[Table]:
        """Withdrawals of one's own; for operators all, and what is sent back."""
        return (yield from self._rows("withdrawals", as_, state=state))

    @verb
    def cancel_withdrawal(self, withdrawal_id: str) -> Exchange[Record]:
        """Take a request back that is not sent."""
        record: Record = yield from self._post(f"withdrawals/{withdrawal_id}:cancel", {})
        return record

    @verb
    def decide_withdrawal(
        self, withdrawal_id: str, decision: str, *, reason: str
    ) -> Exchange[Record]:
        """Say what becomes of a withdrawal (operators).

        Args:
            withdrawal_id: which.
            decision: "approve" (takes two), "refuse", or "reject": the bank did not carry it out
                (takes two).
            reason: kept with it.

        Returns:
            A record with the withdrawal, and second_person_until.
        """
        path = f"withdrawals/{withdrawal_id}:{decision}"
        record: Record = yield from self._post(path, {"reason": reason})
        return record

    @verb
    def pay_into_fund(self, deposit_id: str, amount: Number) -> Exchange[Record]:
        """Note money that was paid into the guarantee fund (operators); the same again is harmless."""
        body = {"deposit_id": deposit_id, "amount": amount}
        record: Record = yield from self._post("guarantee-fund:deposit", body)
        return record

    @verb
    def cover_default(self, participant_id: str, *, reason: str) -> Exchange[Record]:
        """Cover a debt that is overdue beyond grace, in the published order (operators, two of them)."""
        body = {"participant_id": participant_id, "reason": reason}
        record: Record = yield from self._post("defaults", body, act=True)
        return record

    @verb
    def defaults(self, *, as_: Format = "records") -> Exchange[Table]:
        """Debts that were covered (operators)."""
        return (yield from self._rows("defaults", as_))

    @verb
    def claims(self, *, as_: Format = "records") -> Exchange[Table]:
        """What others have covered and was not paid back (operators)."""
        answer = yield from self._get("defaults/claims")
        return table(answer["items"], as_)
