"""A change on its way to the readers of one channel and key."""

from collections.abc import Callable
from typing import NamedTuple

from api.access.permissions import Channel
from api.answers.values import Answer


class Delta(NamedTuple):
    """One change for the readers of one channel and key."""

    channel: Channel
    key: str
    make: Callable[[], Answer]
    """Writes the change out; only called when somebody listens or may ask for it again."""


def delta(channel: Channel, key: str, data: Answer) -> Delta:
    """A change that is written out already."""
    return Delta(channel, key, lambda: data)
