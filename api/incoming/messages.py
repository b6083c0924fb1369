"""Bodies of messages, and of what a participant wants to be told."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from api.incoming.body import Body, Id, MomentUs, Name, PriceTicks, Words, rows
from market.model.alarm import Severity
from market.model.message import READ_AT_ONCE_MAX, AlertSettings, MessageScope, MessageText
from market.model.rejection import Code
from market.model.units import PPM

LANGUAGES_MAX = 8
_ALERT = r"^[A-Za-z0-9_.:-]{1,130}$"


class MessageTextIn(Body):
    """What a message says in one language."""

    language: Annotated[str, Field(strict=True, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
    title: Name
    text: Words

    def message_text(self) -> MessageText:
        """As the market knows it."""
        return MessageText(language=self.language, title=self.title, text=self.text)


class TargetIn(Body):
    """Whom a message is for."""

    scope: Literal["all", "area", "role", "participant"]
    key: Id | None = None
    """The area, the role (participant, area, operator) or the participant; not of all."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.scope == "all") is not (self.key is None):
            raise PydanticCustomError(Code.FIELD_FORMAT.value, "a key unless it is for all")
        return self


class MessageIn(Body):
    """A message to some or all."""

    client_message_id: Id
    texts: Annotated[tuple[MessageTextIn, ...], *rows(1, LANGUAGES_MAX)]
    target: TargetIn
    severity: Literal["info", "warning", "major", "critical"] = "info"
    publish_us: MomentUs | None = Field(default=None, alias="publish_at")
    """Left out: at once."""

    def message_severity(self) -> Severity:
        """As the market knows it."""
        return Severity(self.severity)

    def message_scope(self) -> MessageScope:
        """As the market knows it."""
        return MessageScope(self.target.scope)


def _as_list(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, list) and not 1 <= len(value) <= READ_AT_ONCE_MAX:
        raise PydanticCustomError(Code.FIELD_RANGE.value, "refused")
    return value


class ReadIn(Body):
    """Alerts that were read."""

    alert_ids: Annotated[
        tuple[Annotated[str, Field(strict=True, pattern=_ALERT)], ...], BeforeValidator(_as_list)
    ]


_USE_MAX = 100 * PPM


class AlertSettingsIn(Body):
    """From when on a participant wants to be told; null: not at all."""

    price_above_ticks: PriceTicks | None = Field(alias="price_above_per_mwh")
    price_below_ticks: PriceTicks | None = Field(alias="price_below_per_mwh")
    use_above_ppm: Annotated[int, Field(strict=True, ge=PPM, le=_USE_MAX)] | None
    silent_minutes: Annotated[int, Field(strict=True, ge=1, le=7 * 24 * 60)] | None
    bill_days: Annotated[int, Field(strict=True, ge=0, le=31)] | None

    def settings(self, participant_id: str) -> AlertSettings:
        """As the market knows them."""
        return AlertSettings(
            participant_id=participant_id,
            price_above_ticks=self.price_above_ticks,
            price_below_ticks=self.price_below_ticks,
            use_above_ppm=self.use_above_ppm,
            silent_minutes=self.silent_minutes,
            bill_days=self.bill_days,
        )
