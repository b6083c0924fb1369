"""Bodies of acts and alarms."""

from typing import Annotated, Literal

from pydantic import Field

from api.incoming.body import Body, Id, InstantS, Name, PowerW
from market.model.act import Act, ActKind
from market.model.alarm import TOLD_BY_MEMBERS, AlarmKind, ControlLevel

PARAMETERS_MAX = 16

LevelName = Literal["unit", "area", "market"]


class ActIn(Body):
    """What is to be done to a unit, an area or everything, and why."""

    kind: Literal[
        "stop", "start", "limit", "release", "decouple", "couple", "emergency_stop", "consent"
    ]
    level: LevelName
    member_id: Id
    from_s: InstantS | None = Field(default=None, alias="from")
    until_s: InstantS | None = Field(default=None, alias="until")
    withdrawal_max_w: PowerW | None = Field(default=None, alias="withdrawal_max_kw")
    injection_max_w: PowerW | None = Field(default=None, alias="injection_max_kw")
    limit_id: Id | None = None
    reason: Name

    def act(self) -> Act:
        """The act, without the words."""
        return Act(
            kind=ActKind(self.kind),
            level=ControlLevel(self.level),
            member_id=self.member_id,
            from_s=self.from_s,
            until_s=self.until_s,
            withdrawal_max_w=self.withdrawal_max_w,
            injection_max_w=self.injection_max_w,
            limit_id=self.limit_id,
        )


class ApprovalIn(Body):
    """What a second person agrees with: the digest of exactly what was proposed."""

    digest: Annotated[str, Field(strict=True, pattern=r"^[0-9a-f]{64}$")]


class AlarmIn(Body):
    """What a device says of its unit, or an area of itself or one of its units."""

    kind: Literal[*sorted(kind.value for kind in TOLD_BY_MEMBERS)]  # type: ignore[valid-type]
    level: Literal["unit", "area"]
    member_id: Id
    parameters: Annotated[dict[Id, Name], Field(max_length=PARAMETERS_MAX)] = Field(
        default_factory=dict
    )

    def alarm_kind(self) -> AlarmKind:
        """The kind as the market knows it."""
        return AlarmKind(self.kind)


class CommentIn(Body):
    """A note on an alarm."""

    text: Name


class NothingIn(Body):
    """No fields."""
