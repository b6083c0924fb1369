"""Contracts that wait for the other party, and the ways that matches have taken over lines.

The one idea: only what waits is kept whole; of what is closed its parties and how it ended.
"""

from dataclasses import dataclass, field

from market.model.contract import Contract, ContractState, ContractTerms, Way


@dataclass(slots=True)
class Contracts:
    """Every contract of one market."""

    next_number: int = 1
    open: dict[str, Contract] = field(default_factory=dict)
    """Those that wait, in the order registered."""
    parties: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Who registered and who is to confirm, of every contract ever registered."""
    state: dict[str, ContractState] = field(default_factory=dict)
    """How each closed contract ended."""
    known: dict[tuple[str, str], tuple[str, ContractTerms]] = field(default_factory=dict)
    """(participant, its own id) to contract and terms, for ever."""
    ways: dict[int, list[Way]] = field(default_factory=dict)
    """By interval, until its closing call has ended."""
    _at: dict[int, dict[str, None]] = field(default_factory=dict)

    def register(self, contract: Contract) -> None:
        """A contract waits."""
        contract_id, terms = contract.contract_id, contract.terms
        self.open[contract_id] = contract
        self.parties[contract_id] = (contract.participant_id, contract.counterparty_id)
        self.known[contract.participant_id, contract.client_contract_id] = (contract_id, terms)
        for start_s, _ in terms.legs:
            self._at.setdefault(start_s, {})[contract_id] = None
        self.next_number += 1

    def close(self, contract_id: str, state: ContractState) -> Contract:
        """A contract waits no longer."""
        contract = self.open.pop(contract_id)
        self.state[contract_id] = state
        for start_s, _ in contract.terms.legs:
            at = self._at[start_s]
            del at[contract_id]
            if not at:
                del self._at[start_s]
        return contract

    def at(self, start_s: int) -> tuple[Contract, ...]:
        """Contracts that wait and have a leg in an interval, in the order registered."""
        return tuple(self.open[contract_id] for contract_id in self._at.get(start_s, ()))
