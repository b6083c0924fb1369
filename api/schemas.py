"""Request bodies: what strangers may send, checked once.

The one idea: a body is read by a pydantic model whose fields already hold integers in the market's
units; unknown names are refused, and all faults come together, each with its pointer and code. The
`command` and `columns` methods are the last place where a request is a request.
"""
# house: long because all that strangers may send stands in one place.

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from api import fields
from api.errors import FAULTS_MAX, RefusedError
from api.fields import FieldError
from market.model.grid import Area, Grid, Line
from market.model.messages import Deposit
from market.model.order import OrderColumns, Side
from market.model.participant import Participant, Role, StorageData, Unit, UnitKind
from market.model.power import Measurement
from market.model.rejection import Code, Rejection
from market.model.rules import LastResortBand, MarketRules, Tariff, TieRule
from market.model.units import MINUTES_PER_HOUR, PPM

ORDERS_MAX: Final = 10_000
ROWS_MAX: Final = 10_000
"""Most rows of one batch: what one journal entry can hold and be written in well under a second."""
AREAS_MAX: Final = 1_000
LINES_MAX: Final = 5_000

_Read = TypeVar("_Read")
_Model = TypeVar("_Model", bound=BaseModel)


def _reader(read: Callable[[str], _Read], pattern: str | None, example: str) -> tuple[Any, Any]:
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

OrderEnergyWh = Annotated[int, *_reader(fields.order_energy_wh, _POSITIVE % 3, "1.250")]
EnergyWh = Annotated[int, *_reader(fields.energy_wh, _POSITIVE % 3, "1.250")]
PriceTicks = Annotated[int, *_reader(fields.price_ticks, _SIGNED % 2, "85.20")]
PowerW = Annotated[int, *_reader(fields.power_w, _POSITIVE % 3, "80.000")]
MoneyQuanta = Annotated[int, *_reader(fields.deposit_quanta, _POSITIVE % 8, "100.00")]
InstantS = Annotated[int, *_reader(fields.instant_s, None, "2016-06-15T12:00:00+01:00")]
Id = Annotated[str, *_reader(fields.identifier, fields.ID_PATTERN, "RUR-P0001-solar")]
MarketId = Annotated[str, *_reader(fields.market_identifier, fields.MARKET_ID_PATTERN, "village")]
Name = Annotated[str, *_reader(fields.plain_text, None, "Rural")]
Ppm = Annotated[int, Field(strict=True, ge=0, le=PPM)]
Minutes = Annotated[int, Field(strict=True, ge=0, le=60 * 24 * 366)]
Flag = Annotated[bool, Field(strict=True)]


def _rows(least: int, most: int) -> tuple[Any, Any]:
    """Bounds of a list, looked at before its rows are, so that a bad row is not also a short list."""

    def validate(value: object) -> object:
        if isinstance(value, list) and not least <= len(value) <= most:
            raise PydanticCustomError(Code.FIELD_RANGE.value, "refused")
        return value

    return BeforeValidator(validate), Field(json_schema_extra={"minItems": least, "maxItems": most})


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# --- a market -----------------------------------------------------------------


class TariffIn(_Body):
    """What is charged on metered withdrawal."""

    network_ticks: PriceTicks = Field(alias="network_per_mwh")
    levies_ticks: PriceTicks = Field(alias="levies_per_mwh")


class BandIn(_Body):
    """Prices of the retailer of last resort in some hours of the local day."""

    from_hour: Annotated[int, Field(strict=True, ge=0, le=23)]
    to_hour: Annotated[int, Field(strict=True, ge=1, le=24)]
    ask_ticks: PriceTicks = Field(alias="ask_per_mwh")
    bid_ticks: PriceTicks = Field(alias="bid_per_mwh")


class AreaIn(_Body):
    """A part of the grid with one price per interval."""

    area_id: Id
    name: Name
    parent: Id | None = None
    import_limit_w: PowerW | None = Field(default=None, alias="import_limit_kw")
    export_limit_w: PowerW | None = Field(default=None, alias="export_limit_kw")
    holds_last_resort: Flag = False


class LineIn(_Body):
    """A connection between two areas."""

    line_id: Id
    from_area: Id
    to_area: Id
    capacity_forward_w: PowerW = Field(alias="capacity_forward_kw")
    capacity_backward_w: PowerW = Field(alias="capacity_backward_kw")
    loss_ppm: Ppm
    fee_forward_ticks: PriceTicks = Field(alias="fee_forward_per_mwh")
    fee_backward_ticks: PriceTicks = Field(alias="fee_backward_per_mwh")


def _interval_minutes(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        if value <= MINUTES_PER_HOUR and MINUTES_PER_HOUR % value == 0:
            return value
        raise PydanticCustomError(Code.FIELD_RANGE.value, "no part of an hour")
    return value


def _time_zone(value: str) -> str:
    """An IANA name this machine knows; the market's days are made from it."""
    fields.plain_text(value)
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise FieldError(Code.FIELD_FORMAT) from None
    return value


def _currency(value: str) -> str:
    if len(value) != 3 or not (value.isascii() and value.isalpha() and value.isupper()):
        raise FieldError(Code.FIELD_FORMAT)
    return value


class MarketIn(_Body):
    """A market with its rules and grid."""

    market_id: MarketId
    name: Name
    currency: Annotated[str, *_reader(_currency, "[A-Z]{3}", "EUR")]
    time_zone: Annotated[str, *_reader(_time_zone, None, "Europe/Berlin")]
    interval_minutes: Annotated[
        int, Field(strict=True, ge=1, le=MINUTES_PER_HOUR), BeforeValidator(_interval_minutes)
    ]
    trading_from_s: InstantS = Field(alias="trading_from")
    trading_until_s: InstantS | None = Field(default=None, alias="trading_until")
    call_opens_minutes: Minutes
    gate_minutes: Minutes
    settle_minutes: Minutes
    price_min_ticks: PriceTicks = Field(alias="price_min_per_mwh")
    price_max_ticks: PriceTicks = Field(alias="price_max_per_mwh")
    tie: Literal["time", "prorata"]
    capability_tolerance_ppm: Ppm
    deviation_adder_ppm: Ppm
    deviation_adder_min_ticks: PriceTicks = Field(alias="deviation_adder_min_per_mwh")
    open_orders_max: Annotated[int, Field(strict=True, ge=1, le=10_000_000)] = 100_000
    tariff: TariffIn
    last_resort: Annotated[tuple[BandIn, ...], *_rows(0, 24)] = ()
    areas: Annotated[tuple[AreaIn, ...], *_rows(1, AREAS_MAX)]
    lines: Annotated[tuple[LineIn, ...], *_rows(0, LINES_MAX)] = ()

    def rules(self) -> MarketRules:
        """The rules; everything but the grid."""
        return MarketRules(
            market_id=self.market_id,
            name=self.name,
            currency=self.currency,
            time_zone=self.time_zone,
            interval_minutes=self.interval_minutes,
            trading_from_s=self.trading_from_s,
            trading_until_s=self.trading_until_s,
            call_opens_minutes=self.call_opens_minutes,
            gate_minutes=self.gate_minutes,
            settle_minutes=self.settle_minutes,
            price_min_ticks=self.price_min_ticks,
            price_max_ticks=self.price_max_ticks,
            tie=TieRule(self.tie),
            capability_tolerance_ppm=self.capability_tolerance_ppm,
            deviation_adder_ppm=self.deviation_adder_ppm,
            deviation_adder_min_ticks=self.deviation_adder_min_ticks,
            open_orders_max=self.open_orders_max,
            tariff=Tariff(
                network_ticks=self.tariff.network_ticks, levies_ticks=self.tariff.levies_ticks
            ),
            last_resort=tuple(LastResortBand(**band.model_dump()) for band in self.last_resort),
        )

    def grid(self) -> Grid:
        """Areas and lines in the order sent."""
        return Grid(
            areas=tuple(Area(**area.model_dump()) for area in self.areas),
            lines=tuple(Line(**line.model_dump()) for line in self.lines),
        )


# --- who and what takes part --------------------------------------------------


class ParticipantIn(_Body):
    """A party with an account and one metering point."""

    participant_id: Id
    name: Name
    area_id: Id
    is_last_resort: Flag = False

    def participant(self) -> Participant:
        """The market's noun."""
        return Participant(**self.model_dump())


class StorageIn(_Body):
    """What storage adds to a unit."""

    capacity_wh: EnergyWh = Field(alias="capacity_kwh")
    start_wh: EnergyWh = Field(alias="start_kwh")
    efficiency_charge_ppm: Ppm
    efficiency_discharge_ppm: Ppm


class UnitIn(_Body):
    """A device or group of devices."""

    unit_id: Id
    participant_id: Id
    area_id: Id
    kind: Literal["load", "solar", "storage", "heat_pump", "ev_charger", "generator", "retailer"]
    injection_max_w: PowerW = Field(alias="injection_max_kw")
    withdrawal_max_w: PowerW = Field(alias="withdrawal_max_kw")
    controllable: Flag
    storage: StorageIn | None = None

    def unit(self) -> Unit:
        """The market's noun."""
        return Unit(
            unit_id=self.unit_id,
            participant_id=self.participant_id,
            area_id=self.area_id,
            kind=UnitKind(self.kind),
            injection_max_w=self.injection_max_w,
            withdrawal_max_w=self.withdrawal_max_w,
            controllable=self.controllable,
            storage=None if self.storage is None else StorageData(**self.storage.model_dump()),
        )


class DepositIn(_Body):
    """Money paid in from outside."""

    deposit_id: Id
    participant_id: Id
    amount_quanta: MoneyQuanta = Field(alias="amount")

    def deposit(self) -> Deposit:
        """The market's noun."""
        return Deposit(**self.model_dump())


class ClientIn(_Body):
    """Credentials to make: for whom."""

    role: Literal["participant", "device", "area", "operator"]
    participant_id: Id | None = None
    area_id: Id | None = None
    unit_id: Id | None = None

    def named_role(self) -> Role:
        """The role asked for."""
        return Role(self.role)


class ParticipantsIn(_Body):
    """Participants to register, all or none."""

    items: Annotated[tuple[ParticipantIn, ...], *_rows(1, ROWS_MAX)]


class UnitsIn(_Body):
    """Units to register, all or none."""

    items: Annotated[tuple[UnitIn, ...], *_rows(1, ROWS_MAX)]


class DepositsIn(_Body):
    """Deposits to book, all or none."""

    items: Annotated[tuple[DepositIn, ...], *_rows(1, ROWS_MAX)]


class ClientsIn(_Body):
    """Credentials to make, all or none."""

    items: Annotated[tuple[ClientIn, ...], *_rows(1, ROWS_MAX)]


# --- orders -------------------------------------------------------------------


class OrderIn(_Body):
    """One limit order."""

    kind: Literal["limit"]
    client_order_id: Id
    unit_id: Id
    start_s: InstantS = Field(alias="start")
    end_s: InstantS | None = Field(default=None, alias="end")
    side: Literal["buy", "sell"]
    price_ticks: PriceTicks = Field(alias="price_per_mwh")
    energy_wh: OrderEnergyWh = Field(alias="energy_kwh")


class OrdersIn(_Body):
    """Many orders of one participant."""

    orders: Annotated[tuple[OrderIn, ...], *_rows(1, ORDERS_MAX)]
    atomic: Flag = False


class OrderIdsIn(_Body):
    """Orders to cancel."""

    order_ids: Annotated[tuple[Id, ...], *_rows(1, ORDERS_MAX)]


def order_columns(orders: tuple[OrderIn, ...]) -> OrderColumns:
    """The rows as columns, in the order sent."""
    return OrderColumns(
        client_order_id=tuple(order.client_order_id for order in orders),
        unit_id=tuple(order.unit_id for order in orders),
        start_s=tuple(order.start_s for order in orders),
        side=tuple(Side(order.side) for order in orders),
        price_ticks=tuple(order.price_ticks for order in orders),
        energy_wh=tuple(order.energy_wh for order in orders),
    )


# --- measurements -------------------------------------------------------------


class MeasurementIn(_Body):
    """What one unit's meter read for one interval."""

    unit_id: Id
    start_s: InstantS = Field(alias="start")
    consumption_wh: EnergyWh = Field(alias="consumption_kwh")
    generation_wh: EnergyWh = Field(alias="generation_kwh")
    state_of_charge_wh: EnergyWh | None = Field(default=None, alias="state_of_charge_kwh")

    def measurement(self) -> Measurement:
        """The market's noun: net energy, injection positive."""
        return Measurement(
            unit_id=self.unit_id,
            start_s=self.start_s,
            injection_wh=self.generation_wh - self.consumption_wh,
            state_of_charge_wh=self.state_of_charge_wh,
        )


class MeasurementsIn(_Body):
    """Readings of one area's units, all or none."""

    area_id: Id
    items: Annotated[tuple[MeasurementIn, ...], *_rows(1, ROWS_MAX)]


# --- reading a body -----------------------------------------------------------

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
    raise RefusedError([_rejection(fault) for fault in faults[: 2 * FAULTS_MAX]])


def _rejection(fault: ErrorDetails) -> Rejection:
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
