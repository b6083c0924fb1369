"""The two words every command is answered with: refused as a whole, or taken."""

from collections.abc import Iterable

from market.model.messages import Answer, Decision, Event
from market.model.rejection import Rejection

DONE_BEFORE = Decision(events=(), answer=Answer())
"""A harmless repeat."""


def refused(rejections: Iterable[Rejection]) -> Decision:
    """A command that is refused as a whole."""
    return Decision(events=(), answer=Answer(rejections=tuple(rejections)))


def applied(*events: Event) -> Decision:
    """A command that is taken."""
    return Decision(events=events, answer=Answer())
