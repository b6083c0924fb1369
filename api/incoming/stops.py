"""Bodies of stops and recalls: what is not to go on, and what is to be undone."""

from typing import Literal

from pydantic import Field

from api.incoming.body import Body, Id, InstantS, Name


class StopKeyIn(Body):
    """Which stop."""

    kind: Literal["kill", "halt"]
    scope: Literal["client", "participant", "unit", "area", "interval", "market"]
    key: Id | Literal[""] = ""


class StopIn(StopKeyIn):
    """A stop to make; the reason is kept."""

    reason: Name


class OwnStopIn(Body):
    """Which of one's own trading to stop."""

    scope: Literal["client", "participant", "unit"] = "participant"
    key: Id | Literal[""] = ""
    reason: Name


class RecallIn(Body):
    """Which match is to be undone, and why."""

    match_id: Id
    start_s: InstantS = Field(alias="start")
    reason: Name


class RecallDecisionIn(Body):
    """What becomes of a disputed match."""

    match_id: Id
    start_s: InstantS = Field(alias="start")
    decision: Literal["cancel", "deny"]
