"""What every body is, and the values it is made of: what strangers may send, checked once.

The one idea: a body is read by a pydantic model whose fields already hold integers in the market's
units; unknown names are refused, and all faults come together, each with its pointer and code. The
`command` and `columns` methods are the last place where a request is a request.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

from api.wire import fields
from api.wire.errors import FAULTS_MAX, RefusedError
from api.wire.fields import FieldError
from market.model.rejection import Code, Rejection
from market.model.units import PPM

ROWS_MAX: Final = 10_000
"""Most rows of one batch: what one journal entry can hold and be written in well under a second."""
PARTNERS_MAX: Final = 100

_Read = TypeVar("_Read")
_Model = TypeVar("_Model", bound=BaseModel)


def reader(read: Callable[[str], _Read], pattern: str | None, example: str) -> tuple[Any, Any]:
    """What makes a field's text into its value, and how the description shows it."""

    def validate(value: object) -> _Read:
        if not isinstance(value, str):
            raise PydanticCustomError(Code.FIELD_FORMAT.value, "not a string")
        try:
            return read(value)
        except FieldError as fault:
            raise PydanticCustomError(fault.code.value, "refused") from None

    schema: dict[str, Any] = {"type": "string", "examples": [example]}
    if pattern is not None:
        schema["pattern"] = f"^{pattern}$"
    return BeforeValidator(validate), WithJsonSchema(schema)


_POSITIVE = r"(0|[1-9][0-9]*)(\.[0-9]{1,%d})?"
_SIGNED = r"-?(0|[1-9][0-9]*)(\.[0-9]{1,%d})?"

OrderEnergyWh = Annotated[int, *reader(fields.order_energy_wh, _POSITIVE % 3, "1.250")]
EnergyWh = Annotated[int, *reader(fields.energy_wh, _POSITIVE % 3, "1.250")]
PriceTicks = Annotated[int, *reader(fields.price_ticks, _SIGNED % 2, "85.20")]
PowerW = Annotated[int, *reader(fields.power_w, _POSITIVE % 3, "80.000")]
SignedPowerW = Annotated[int, *reader(fields.signed_power_w, _SIGNED % 3, "-1.500")]
VoltagePpm = Annotated[int, *reader(fields.voltage_ppm, _POSITIVE % 6, "1.012500")]
FrequencyMhz = Annotated[int, *reader(fields.frequency_mhz, _POSITIVE % 3, "50.012")]
MomentUs = Annotated[int, *reader(fields.moment_us, None, "2016-06-15T12:15:00.250Z")]
Signature = Annotated[str, *reader(fields.signature, fields.SIGNATURE_PATTERN, "0" * 64)]
MoneyQuanta = Annotated[int, *reader(fields.deposit_quanta, _POSITIVE % 8, "100.00")]
LimitQuanta = Annotated[int, *reader(fields.limit_quanta, _POSITIVE % 8, "100.00")]
InstantS = Annotated[int, *reader(fields.instant_s, None, "2016-06-15T12:00:00+01:00")]
Id = Annotated[str, *reader(fields.identifier, fields.ID_PATTERN, "RUR-P0001-solar")]
MarketId = Annotated[str, *reader(fields.market_identifier, fields.MARKET_ID_PATTERN, "village")]
Day = Annotated[str, *reader(fields.local_day_text, fields.DAY_PATTERN, "2016-06-15")]
Month = Annotated[str, *reader(fields.local_month, fields.MONTH_PATTERN, "2016-06")]
Name = Annotated[str, *reader(fields.plain_text, None, "Rural")]
Words = Annotated[str, *reader(fields.words, None, "There is no power since noon.")]
Ppm = Annotated[int, Field(strict=True, ge=0, le=PPM)]
Minutes = Annotated[int, Field(strict=True, ge=0, le=60 * 24 * 366)]
Flag = Annotated[bool, Field(strict=True)]


def rows(least: int, most: int) -> tuple[Any, Any]:
    """Bounds of a list, looked at before its rows are, so that a bad row is not also a short list."""

    def validate(value: object) -> object:
        if isinstance(value, list) and not least <= len(value) <= most:
            raise PydanticCustomError(Code.FIELD_RANGE.value, "refused")
        return value

    return BeforeValidator(validate), Field(json_schema_extra={"minItems": least, "maxItems": most})


class Body(BaseModel):
    """What every body is: names that are not its own are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_RANGE_TYPES: Final = frozenset(
    {
        "greater_than",
        "greater_than_equal",
        "less_than",
        "less_than_equal",
        "too_long",
        "too_short",
        "int_parsing_size",
    }
)
_CODES: Final = frozenset(code.value for code in Code)


def validated(model: type[_Model], document: object) -> _Model:
    """The document as a body of this kind.

    Raises:
        RefusedError: with every fault, in order of precedence.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
    raise RefusedError([rejection_of(fault) for fault in faults[: 2 * FAULTS_MAX]])


def rejection_of(fault: ErrorDetails) -> Rejection:
    """A fault of form as a coded no, with its place."""
    return Rejection(code=_code(fault["type"]), pointer=_pointer(fault["loc"]))


def _code(kind: str) -> Code:
    if kind in _CODES:
        return Code(kind)
    if kind == "missing":
        return Code.FIELD_MISSING
    if kind == "extra_forbidden":
        return Code.FIELD_UNKNOWN
    return Code.FIELD_RANGE if kind in _RANGE_TYPES else Code.FIELD_FORMAT


def _pointer(place: tuple[int | str, ...]) -> str:
    """A JSON pointer; it ends above a name that is not written like one of ours."""
    parts = []
    for part in place:
        text = str(part)
        try:
            parts.append(fields.identifier(text))
        except FieldError:
            break
    return "/" + "/".join(parts) if parts else ""
