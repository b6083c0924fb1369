"""What the `alarms` channel tells of approvals: that there are others than before."""

from collections.abc import Iterable
from typing import Final

from api.access.permissions import Channel
from api.channels.deltas import Delta, delta
from market.model.act import ActPerformed, ActProposed
from market.model.case import CaseClosed, CaseStepped, StepKind
from market.model.collateral import CreditLimitProposed, CreditLimitSet
from market.model.messages import Event
from market.model.payment import DefaultCovered, PaymentActProposed, PaymentDecided, PayoutsChanged
from market.model.recall import RecallDecided, RecallProposed
from market.model.stop import ReleaseProposed, TradingReleased

_NEW: Final = (
    ActProposed,
    ReleaseProposed,
    RecallProposed,
    CreditLimitProposed,
    PaymentActProposed,
)
_DONE: Final = (
    ActPerformed,
    TradingReleased,
    RecallDecided,
    CreditLimitSet,
    PaymentDecided,
    PayoutsChanged,
    DefaultCovered,
)


class Waiting:
    """What the `alarms` channel tells of approvals: that there are others than before."""

    def __init__(self, market_id: str) -> None:
        self._market_id = market_id

    def changes(self, event: Event) -> Iterable[Delta]:
        """Something was proposed, or something that may have waited is done."""
        proposed = isinstance(event, CaseStepped) and event.step.kind is StepKind.PROPOSED
        decided = isinstance(event, CaseClosed) and event.dispute is not None
        if isinstance(event, _NEW) or proposed:
            what = "proposed"
        elif isinstance(event, _DONE) or decided:
            what = "done"
        else:
            return ()
        data = {"event": "approvals", "what": what}
        return (delta(Channel.ALARMS, self._market_id, data),)
