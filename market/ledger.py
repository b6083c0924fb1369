"""Double entry: balances of all accounts, and money held on participants' accounts.

The one idea: money moves only by a transfer between two accounts, so the sum over all accounts is
zero whatever happens. A hold moves nothing; it says how much of a balance is spoken for.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from market.model.money import Transfer, participant_account


class LedgerError(ValueError):
    """A booking that the rules rule out before it is asked for: a fault of the caller."""


class Ledger:
    """Balances in quanta of 1e-8 currency. Accounts come into being when first named.

    A participant's account may become negative by settlement (a deviation is owed, funds or not);
    only a hold needs money that is there, or lent: a credit limit counts on top of the balance.
    """

    def __init__(self) -> None:
        self._balances: dict[str, int] = {}
        self._held: dict[str, int] = {}
        self._lent: dict[str, int] = {}

    def balance_quanta(self, account: str) -> int:
        """The balance of an account; 0 for one never named."""
        return self._balances.get(account, 0)

    def held_quanta(self, participant_id: str) -> int:
        """What open orders of a participant hold."""
        return self._held.get(participant_id, 0)

    def lend(self, participant_id: str, limit_quanta: int) -> None:
        """Let an account be used so far below zero; 0: not at all."""
        self._lent[participant_id] = limit_quanta

    def lent_quanta(self, participant_id: str) -> int:
        """How far below zero an account may be used."""
        return self._lent.get(participant_id, 0)

    def available_quanta(self, participant_id: str) -> int:
        """Balance and credit limit less what is held; below zero after a debt."""
        covers = self.balance_quanta(participant_account(participant_id))
        if self._lent:
            covers += self._lent.get(participant_id, 0)
        return covers - self.held_quanta(participant_id)

    def hold(self, participant_id: str, amount_quanta: int, spares_quanta: int = 0) -> None:
        """Reserve an amount >= 0.

        `spares_quanta`: what may be held beyond what is available, since its payment makes an exposure
        smaller by as much.

        Raises:
            LedgerError: negative, or more than is available (who asks has to look first).
        """
        if amount_quanta < 0:
            raise LedgerError(f"hold of {amount_quanta} for {participant_id}")
        if amount_quanta == 0:
            return
        held = self._held.get(participant_id, 0)
        left = self._balances.get(participant_account(participant_id), 0) - held
        if self._lent:
            left += self._lent.get(participant_id, 0)
        if amount_quanta > left and amount_quanta > max(0, left) + spares_quanta:
            raise LedgerError(
                f"hold of {amount_quanta} for {participant_id},"
                f" available {self.available_quanta(participant_id)}"
            )
        self._held[participant_id] = held + amount_quanta

    def release(self, participant_id: str, amount_quanta: int) -> None:
        """Give back an amount >= 0 that was held.

        Raises:
            LedgerError: negative, or more than is held.
        """
        if amount_quanta == 0:
            return
        held = self._held.get(participant_id, 0)
        if not 0 <= amount_quanta <= held:
            raise LedgerError(f"release of {amount_quanta} for {participant_id}, held {held}")
        self._held[participant_id] = held - amount_quanta

    def book(self, transfers: Iterable[Transfer]) -> None:
        """Move money by each transfer; all of them or, on a fault, none.

        Raises:
            LedgerError: a negative amount, or the same account on both sides.
        """
        moves = tuple(transfers)
        for move in moves:
            if move.amount_quanta < 0:
                raise LedgerError(f"negative amount: {move}")
            if move.debit_account == move.credit_account:
                raise LedgerError(f"one account on both sides: {move}")
        balances = self._balances
        for move in moves:
            giver, receiver, amount = move.debit_account, move.credit_account, move.amount_quanta
            balances[giver] = balances.get(giver, 0) - amount
            balances[receiver] = balances.get(receiver, 0) + amount

    def sum_quanta(self) -> int:
        """Sum over all accounts, added up anew: zero, always."""
        return sum(self._balances.values())

    def accounts(self) -> Mapping[str, int]:
        """Balance of every account named so far; a view that cannot be written to."""
        return MappingProxyType(self._balances)
