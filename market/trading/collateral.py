"""How accounts stand: who is warned, called, held to reducing; which credit limits are proposed.

The one idea: only what the next decision needs. Balances and limits are the ledger's, exposures are
`exposure.py`'s; here is who has been told what.
"""

from typing import Final

from market.model.collateral import CollateralState, CreditLimit, MarginCall


class Collateral:
    """The standing of every account that is not simply covered."""

    # Emptied before and after every decision; see `state_form.py`.
    __snapshot_skip__: Final = ("touched",)

    def __init__(self) -> None:
        self.limits: dict[str, CreditLimit] = {}
        """The credit limit of each participant that was given one."""
        self._proposals: dict[str, tuple[str, int, int, str]] = {}
        self._warned: dict[str, None] = {}
        self._calls: dict[str, MarginCall] = {}
        self._missed: dict[str, None] = {}
        self._next_number = 1
        self.rebuilt()

    def rebuilt(self) -> None:
        """Nothing has moved since the last look."""
        self.touched: set[str] = set()
        """Accounts on which money has moved, or whose limit is another."""

    def propose(
        self, participant_id: str, actor: str, limit_quanta: int, until_us: int, reason: str
    ) -> None:
        """Note who wants which limit and why, and until when a second person may agree."""
        self._proposals[participant_id] = (actor, limit_quanta, until_us, reason)

    def proposals(self) -> dict[str, tuple[str, int, int, str]]:
        """By participant: who wants which limit, until when somebody may agree, and why."""
        return dict(self._proposals)

    def proposer(self, participant_id: str, limit_quanta: int, now_us: int) -> str | None:
        """Who has proposed exactly this limit and still may be agreed with; None: nobody."""
        found = self._proposals.get(participant_id)
        if found is None or found[1] != limit_quanta or now_us > found[2]:
            return None
        return found[0]

    def set_limit(self, limit: CreditLimit) -> None:
        """A limit holds; what was proposed about it is over."""
        self.limits[limit.participant_id] = limit
        self._proposals.pop(limit.participant_id, None)
        self.touched.add(limit.participant_id)

    def warn(self, participant_id: str, *, warned: bool) -> None:
        """An account was told that its exposure is large, or that it no longer is."""
        if warned:
            self._warned[participant_id] = None
        else:
            self._warned.pop(participant_id, None)

    def is_warned(self, participant_id: str) -> bool:
        """True between the two."""
        return participant_id in self._warned

    def call_id(self, after: int) -> str:
        """Id of the margin call that comes so many after the next one."""
        return f"mar-{self._next_number + after}"

    def call(self, made: MarginCall) -> None:
        """A margin call waits to be met."""
        self._calls[made.participant_id] = made
        self._next_number += 1

    def call_of(self, participant_id: str) -> MarginCall | None:
        """The margin call of an account that is not met; None: there is none."""
        return self._calls.get(participant_id)

    def miss(self, participant_id: str) -> None:
        """The call was not met in time."""
        self._missed[participant_id] = None

    def meet(self, participant_id: str) -> None:
        """Nothing is missing any more."""
        self._calls.pop(participant_id, None)
        self._missed.pop(participant_id, None)

    def reduces_only(self, participant_id: str) -> bool:
        """True when the account may only make its positions smaller."""
        return bool(self._missed) and participant_id in self._missed

    def state_of(self, participant_id: str) -> CollateralState:
        """How an account stands."""
        if self.reduces_only(participant_id):
            return CollateralState.REDUCE_ONLY
        if participant_id in self._calls:
            return CollateralState.CALLED
        if participant_id in self._warned:
            return CollateralState.WARNED
        return CollateralState.COVERED
