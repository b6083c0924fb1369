"""Body of a question to a clearing run."""

from typing import Annotated, Final

from pydantic import Field

from api.incoming.body import Body, Id, InstantS

ORDERS_MAX: Final = 1_000


class WhatIfIn(Body):
    """What is taken out, and which of the run's intervals is to be shown."""

    start_s: InstantS | None = Field(default=None, alias="start")
    """None: the first."""
    participant_id: Id | None = None
    """All orders of it."""
    order_ids: Annotated[list[Id], Field(max_length=ORDERS_MAX)] = Field(default_factory=list)
    """And these."""
