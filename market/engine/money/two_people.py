"""Acts on money that take two operators: the first one's word waits for the second one's.

The one idea: what is agreed with is the whole act as it was proposed, and the state it was proposed on.
Where either has changed meanwhile, the second word is a new proposal.
"""

from collections.abc import Mapping
from hashlib import sha256

from market.engine.decisions import applied, refused
from market.engine.state import MarketState
from market.model.interval import MICROSECONDS
from market.model.messages import Decision
from market.model.payment import PaymentActProposed
from market.model.recall import AGREE_WITHIN_S
from market.model.rejection import Code, Rejection
from market.settlement.payments import Word


def agreed(
    state: MarketState,
    *,
    actor: str,
    now_us: int,
    what: str,
    target: str,
    content: object,
    said: Mapping[str, str | None],
) -> tuple[str, str] | Decision:
    """Both operators; or the decision, where the act is only proposed or the same one says it again.

    Args:
        state: with the words that wait.
        actor: who says it now.
        now_us: when.
        what: the kind of act.
        target: what it is about.
        content: everything that is agreed to, as values whose text says all of them.
        said: of that what the command said, for the second one to read and to say again.
    """
    digest = sha256(repr((what, target, content)).encode()).hexdigest()
    word = state.payments.words.get(digest)
    if word is None or now_us > word.until_us:
        until_us = now_us + AGREE_WITHIN_S * MICROSECONDS
        return applied(
            PaymentActProposed(
                digest=digest,
                what=what,
                target=target,
                actor=actor,
                until_us=until_us,
                said=tuple((name, text) for name, text in said.items() if text is not None),
            )
        )
    if word.actor == actor:
        return refused([Rejection(code=Code.SECOND_PERSON_REQUIRED)])
    return word.actor, actor


def proposed(state: MarketState, event: PaymentActProposed) -> None:
    """A word waits for a second one."""
    word = Word(
        actor=event.actor,
        until_us=event.until_us,
        what=event.what,
        target=event.target,
        said=event.said,
    )
    now_us = event.until_us - AGREE_WITHIN_S * MICROSECONDS
    state.payments.propose(event.digest, word, now_us)
