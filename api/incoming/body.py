"""Request bodies: what strangers may send, checked once.

The one idea: a body is read by a pydantic model whose fields already hold integers in the market's
units; unknown names are refused, and all faults come together, each with its pointer and code. The
`command` and `columns` methods are the last place where a request is a request.
"""
# house: long because all that strangers may send stands in one place.

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar
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

from api.access.enrolment import LIFETIME_S, LIFETIME_S_MAX
from api.access.identity import GRACE_S_MAX
from api.wire import fields
from api.wire.errors import FAULTS_MAX, RefusedError
from api.wire.fields import FieldError
from market.model.bill import ChargeKind, TaxRule
from market.model.case import DisputeWindow
from market.model.collateral import CollateralRule
from market.model.grid import Area, Grid, Line
from market.model.interval import MICROSECONDS
from market.model.mandate import Mandate
from market.model.messages import Deposit
from market.model.order import (
    PLAIN,
    OrderColumns,
    OrderOptions,
    Restriction,
    SelfTrade,
    Side,
    TimeInForce,
)
from market.model.participant import (
    Participant,
    Role,
    StorageData,
    Unit,
    UnitKind,
    VoltageLevel,
)
from market.model.power import Measurement
from market.model.rejection import Code, Rejection
from market.model.rules import (
    ContinuousRules,
    DayAheadRules,
    DayKind,
    LastResortBand,
    MarketRules,
    NetworkBand,
    NetworkTariff,
    PaymentTerms,
    Tariff,
    TieRule,
)
from market.model.units import MINUTES_PER_HOUR, PPM

ORDERS_MAX: Final = 10_000
TOGETHER_MAX: Final = 100
"""Most rows of a basket or legs of a block."""
ROWS_MAX: Final = 10_000
"""Most rows of one batch: what one journal entry can hold and be written in well under a second."""
PARTNERS_MAX: Final = 100
SEQUENCE_MAX: Final = 10**15
"""Largest count of a meter's readings: exact in every program that reads JSON."""
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
SignedPowerW = Annotated[int, *_reader(fields.signed_power_w, _SIGNED % 3, "-1.500")]
VoltagePpm = Annotated[int, *_reader(fields.voltage_ppm, _POSITIVE % 6, "1.012500")]
FrequencyMhz = Annotated[int, *_reader(fields.frequency_mhz, _POSITIVE % 3, "50.012")]
MomentUs = Annotated[int, *_reader(fields.moment_us, None, "2016-06-15T12:15:00.250Z")]
Signature = Annotated[str, *_reader(fields.signature, fields.SIGNATURE_PATTERN, "0" * 64)]
MoneyQuanta = Annotated[int, *_reader(fields.deposit_quanta, _POSITIVE % 8, "100.00")]
LimitQuanta = Annotated[int, *_reader(fields.limit_quanta, _POSITIVE % 8, "100.00")]
InstantS = Annotated[int, *_reader(fields.instant_s, None, "2016-06-15T12:00:00+01:00")]
Id = Annotated[str, *_reader(fields.identifier, fields.ID_PATTERN, "RUR-P0001-solar")]
MarketId = Annotated[str, *_reader(fields.market_identifier, fields.MARKET_ID_PATTERN, "village")]
Day = Annotated[str, *_reader(fields.local_day_text, fields.DAY_PATTERN, "2016-06-15")]
Month = Annotated[str, *_reader(fields.local_month, fields.MONTH_PATTERN, "2016-06")]
Name = Annotated[str, *_reader(fields.plain_text, None, "Rural")]
Words = Annotated[str, *_reader(fields.words, None, "There is no power since noon.")]
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


# Bodies of offers and payments stand in files of their own (`offer_schemas.py`, `payment_schemas.py`).
Body: TypeAlias = _Body
rows = _rows
reader = _reader


class PaymentTermsIn(_Body):
    """When bills are due that are issued from a day on."""

    from_day: Day
    due_days: Annotated[int, Field(strict=True, ge=0, le=366)]
    grace_days: Annotated[int, Field(strict=True, ge=0, le=366)]

    def terms(self) -> PaymentTerms:
        """As a rule."""
        return PaymentTerms(**dict(self))


# --- a market -----------------------------------------------------------------


class NetworkBandIn(_Body):
    """The network fee in some hours of the local day; over midnight where `to_hour` is before `from_hour`."""

    days: DayKind = DayKind.ALL
    from_hour: Annotated[int, Field(strict=True, ge=0, le=23)]
    to_hour: Annotated[int, Field(strict=True, ge=1, le=24)]
    ticks: PriceTicks = Field(alias="network_per_mwh")


class NetworkTariffIn(_Body):
    """Network fees of one voltage level by time of use, from a day on."""

    voltage_level: VoltageLevel
    from_day: Day
    bands: Annotated[tuple[NetworkBandIn, ...], *_rows(1, 48)]
    day_charge_quanta: MoneyQuanta | None = Field(default=None, alias="charge_per_day")

    def tariff(self) -> NetworkTariff:
        """As a rule."""
        return NetworkTariff(
            voltage_level=self.voltage_level,
            from_day=self.from_day,
            bands=tuple(NetworkBand(**dict(band)) for band in self.bands),
            day_charge_quanta=self.day_charge_quanta or 0,
        )


class TariffIn(_Body):
    """What is charged on metered withdrawal."""

    network_ticks: PriceTicks = Field(alias="network_per_mwh")
    levies_ticks: PriceTicks = Field(alias="levies_per_mwh")
    by_level: Annotated[tuple[NetworkTariffIn, ...], *_rows(0, 100)] = ()

    def tariff(self) -> Tariff:
        """As a rule."""
        return Tariff(
            network_ticks=self.network_ticks,
            levies_ticks=self.levies_ticks,
            by_level=tuple(item.tariff() for item in self.by_level),
        )


class TaxIn(_Body):
    """A tax on some lines of a bill, from a day of delivery on."""

    tax_id: Id
    name: Name
    from_day: Day
    rate_ppm: Ppm
    on: Annotated[tuple[ChargeKind, ...], *_rows(1, len(ChargeKind))]

    def tax(self) -> TaxRule:
        """As a rule."""
        return TaxRule(**dict(self))


class DisputeWindowIn(_Body):
    """How long bills may be disputed that are issued from a day on."""

    from_day: Day
    within_days: Annotated[int, Field(strict=True, ge=0, le=3_660)]

    def window(self) -> DisputeWindow:
        """As a rule."""
        return DisputeWindow(**dict(self))


class CollateralIn(_Body):
    """How open positions are covered, from a day of delivery on."""

    from_day: Day
    shortfall_ppm: Ppm = PPM
    short_price_ticks: PriceTicks | None = Field(default=None, alias="short_price_per_mwh")
    counts_fees: Flag = True
    warn_ppm: Annotated[int, Field(strict=True, ge=1, le=PPM)] = 800_000
    call_minutes: Minutes = 1_440

    def rule(self) -> CollateralRule:
        """As a rule."""
        return CollateralRule(**dict(self))


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


class DayAheadIn(_Body):
    """The opening call: all intervals of a market day in one sealed auction."""

    opens_minutes: Minutes
    gate_minutes: Minutes


class ContinuousIn(_Body):
    """Price-time matching between the opening and the closing call."""

    opens_minutes: Minutes
    collar_ppm: Ppm = 250_000
    collar_min_ticks: PriceTicks = Field(default=5_000, alias="collar_min_per_mwh")
    corridor_ppm: Annotated[int, Field(strict=True, ge=0, le=100 * PPM)] = 1_000_000
    corridor_min_ticks: PriceTicks = Field(default=20_000, alias="corridor_min_per_mwh")
    volatility_minutes: Annotated[int, Field(strict=True, ge=1, le=60)] = 2
    volatility_random_s: Annotated[int, Field(strict=True, ge=0, le=300)] = 30


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
    day_ahead: DayAheadIn | None = None
    continuous: ContinuousIn | None = None
    listing: Flag = False
    bilateral: Flag = False
    standing: Flag = False
    confirm_value_quanta: MoneyQuanta | None = Field(default=None, alias="confirm_value")
    late_readings_days: Annotated[int, Field(strict=True, ge=0, le=3_660)] = 60
    limits_less_forecast: Flag = False
    readings_signed: Flag = False
    area_move_ppm_per_minute: Annotated[int, Field(strict=True, ge=1, le=PPM)] | None = 250_000
    deviation_band_ppm: Ppm = 0
    tariff: TariffIn
    taxes: Annotated[tuple[TaxIn, ...], *_rows(0, 100)] = ()
    dispute_windows: Annotated[tuple[DisputeWindowIn, ...], *_rows(0, 100)] = ()
    payment_terms: Annotated[tuple[PaymentTermsIn, ...], *_rows(0, 100)] = ()
    collateral: Annotated[tuple[CollateralIn, ...], *_rows(0, 100)] = ()
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
            day_ahead=None if self.day_ahead is None else DayAheadRules(**dict(self.day_ahead)),
            continuous=None
            if self.continuous is None
            else ContinuousRules(**dict(self.continuous)),
            listing=self.listing,
            bilateral=self.bilateral,
            standing=self.standing,
            confirm_value_quanta=self.confirm_value_quanta,
            late_readings_days=self.late_readings_days,
            limits_less_forecast=self.limits_less_forecast,
            readings_signed=self.readings_signed,
            area_move_ppm_per_minute=self.area_move_ppm_per_minute,
            deviation_band_ppm=self.deviation_band_ppm,
            tariff=self.tariff.tariff(),
            taxes=tuple(item.tax() for item in self.taxes),
            dispute_windows=tuple(item.window() for item in self.dispute_windows),
            payment_terms=tuple(item.terms() for item in self.payment_terms),
            collateral=tuple(item.rule() for item in self.collateral),
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
    voltage_level: VoltageLevel = VoltageLevel.LOW

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
    kind: Literal[
        "load",
        "solar",
        "storage",
        "heat_pump",
        "ev_charger",
        "generator",
        "wind",
        "hydro",
        "retailer",
    ]
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


class EnrolmentIn(ClientIn):
    """A one-time code to make: for whom, and how long it is good."""

    lifetime_s: Annotated[int, Field(strict=True, ge=60, le=LIFETIME_S_MAX)] = LIFETIME_S


class EnrolIn(_Body):
    """A one-time code to use."""

    code: Annotated[str, *_reader(fields.plain_text, None, "k3Jq…")]


class RotateIn(_Body):
    """How long the secret before stays good."""

    grace_s: Annotated[int, Field(strict=True, ge=0, le=GRACE_S_MAX)] = 0


class SuspendIn(_Body):
    """Why a participant is kept out."""

    reason: Name


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


class OptionsIn(_Body):
    """What an order may ask beyond price and energy; all of it may be left out."""

    tif: Literal["gfs", "gtd", "ioc", "fok"] = "gfs"
    expires_s: InstantS | None = Field(default=None, alias="expires")
    restriction: Literal["non", "aon"] = "non"
    post_only: Flag = False
    display_wh: OrderEnergyWh | None = Field(default=None, alias="display_kwh")
    self_trade: Literal["cancel_newest", "cancel_oldest", "decrement_both"] = "cancel_newest"
    cancel_on_disconnect: Flag = False
    session_id: Id | None = None
    green_only: Flag = False
    neighbours_first: Flag = False
    partners: Annotated[tuple[Id, ...], *_rows(0, PARTNERS_MAX)] = ()
    lapses_at_call: Flag = False

    def options(self) -> OrderOptions:
        """The market's noun."""
        return OrderOptions(
            tif=TimeInForce(self.tif),
            expires_us=None if self.expires_s is None else self.expires_s * MICROSECONDS,
            restriction=Restriction(self.restriction),
            post_only=self.post_only,
            display_wh=self.display_wh or 0,
            self_trade=SelfTrade(self.self_trade),
            cancel_on_disconnect=self.cancel_on_disconnect,
            session_id=self.session_id or "",
            green_only=self.green_only,
            neighbours_first=self.neighbours_first,
            partners=self.partners,
            lapses_at_call=self.lapses_at_call,
        )


class OrderIn(OptionsIn):
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


class BasketRowIn(_Body):
    """One limit order of a basket."""

    unit_id: Id
    start_s: InstantS = Field(alias="start")
    side: Literal["buy", "sell"]
    price_ticks: PriceTicks = Field(alias="price_per_mwh")
    energy_wh: OrderEnergyWh = Field(alias="energy_kwh")


class BasketIn(OptionsIn):
    """Limit orders that trade all in full at once, or not at all."""

    client_order_id: Id
    rows: Annotated[tuple[BasketRowIn, ...], *_rows(1, TOGETHER_MAX)]

    def columns(self) -> OrderColumns:
        """The rows as columns, all with the basket's wishes."""
        return _together(self.client_order_id, self.rows, self.options())


class LegIn(_Body):
    """One interval of a block."""

    start_s: InstantS = Field(alias="start")
    energy_wh: OrderEnergyWh = Field(alias="energy_kwh")


class ContinuousBlockIn(OptionsIn):
    """Consecutive intervals at one limit on the average price, all or none."""

    client_order_id: Id
    unit_id: Id
    side: Literal["buy", "sell"]
    price_ticks: PriceTicks = Field(alias="price_per_mwh")
    legs: Annotated[tuple[LegIn, ...], *_rows(1, TOGETHER_MAX)]

    def columns(self) -> OrderColumns:
        """The legs as columns."""
        rows = tuple(
            BasketRowIn.model_construct(
                unit_id=self.unit_id,
                start_s=leg.start_s,
                side=self.side,
                price_ticks=self.price_ticks,
                energy_wh=leg.energy_wh,
            )
            for leg in self.legs
        )
        return _together(self.client_order_id, rows, self.options())


def _together(
    client_order_id: str, rows: tuple[BasketRowIn, ...], options: OrderOptions
) -> OrderColumns:
    plain = options == PLAIN
    return OrderColumns(
        client_order_id=(client_order_id,) * len(rows),
        unit_id=tuple(row.unit_id for row in rows),
        start_s=tuple(row.start_s for row in rows),
        side=tuple(Side(row.side) for row in rows),
        price_ticks=tuple(row.price_ticks for row in rows),
        energy_wh=tuple(row.energy_wh for row in rows),
        options=() if plain else (options,),
        option_of=() if plain else (0,) * len(rows),
    )


_OPTION_NAMES: Final = frozenset(OptionsIn.model_fields)


def order_columns(orders: tuple[OrderIn, ...]) -> OrderColumns:
    """The rows as columns, in the order sent."""
    plain = all(_OPTION_NAMES.isdisjoint(order.model_fields_set) for order in orders)
    options, option_of = ((), ()) if plain else named_options([order.options() for order in orders])
    return OrderColumns(
        client_order_id=tuple(order.client_order_id for order in orders),
        unit_id=tuple(order.unit_id for order in orders),
        start_s=tuple(order.start_s for order in orders),
        side=tuple(Side(order.side) for order in orders),
        price_ticks=tuple(order.price_ticks for order in orders),
        energy_wh=tuple(order.energy_wh for order in orders),
        options=options,
        option_of=option_of,
    )


def named_options(
    asked: Sequence[OrderOptions],
) -> tuple[tuple[OrderOptions, ...], tuple[int, ...]]:
    """The different options in order of their first row, and each row's place among them.

    Both are empty when no row asks for anything.
    """
    places: dict[OrderOptions, int] = {}
    option_of = tuple([places.setdefault(options, len(places)) for options in asked])
    if places.keys() <= {PLAIN}:
        return (), ()
    return tuple(places), option_of


# --- measurements -------------------------------------------------------------


class MeasurementIn(_Body):
    """What one unit's meter read for one interval."""

    unit_id: Id
    start_s: InstantS = Field(alias="start")
    consumption_wh: EnergyWh = Field(alias="consumption_kwh")
    generation_wh: EnergyWh = Field(alias="generation_kwh")
    state_of_charge_wh: EnergyWh | None = Field(default=None, alias="state_of_charge_kwh")
    power_w: SignedPowerW | None = Field(default=None, alias="power_kw")
    reactive_var: SignedPowerW | None = Field(default=None, alias="reactive_kvar")
    voltage_ppm: VoltagePpm | None = Field(default=None, alias="voltage_pu")
    frequency_mhz: FrequencyMhz | None = Field(default=None, alias="frequency_hz")
    sequence: Annotated[int, Field(strict=True, ge=0, le=SEQUENCE_MAX)] | None = None
    measured_us: MomentUs | None = Field(default=None, alias="measured_at")
    signature: Signature | None = None

    def measurement(self) -> Measurement:
        """The market's noun: net energy, injection positive."""
        return Measurement(
            unit_id=self.unit_id,
            start_s=self.start_s,
            injection_wh=self.generation_wh - self.consumption_wh,
            state_of_charge_wh=self.state_of_charge_wh,
            power_w=self.power_w,
            reactive_var=self.reactive_var,
            voltage_ppm=self.voltage_ppm,
            frequency_mhz=self.frequency_mhz,
            sequence=self.sequence,
            measured_us=self.measured_us,
            signature=self.signature or "",
        )


class MeasurementsIn(_Body):
    """Readings of one area's units, all or none."""

    area_id: Id
    items: Annotated[tuple[MeasurementIn, ...], *_rows(1, ROWS_MAX)]


# --- changes and stops ---------------------------------------------------------


class ReplaceIn(_Body):
    """What of an open order changes; what is not named stays."""

    revision: Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)]
    price_ticks: PriceTicks | None = Field(default=None, alias="price_per_mwh")
    energy_wh: OrderEnergyWh | None = Field(default=None, alias="energy_kwh")


class CancelAllIn(_Body):
    """Which of one's open orders; empty: all."""

    unit_id: Id | None = None


class CancelAfterIn(_Body):
    """Real seconds until all orders are cancelled unless renewed; 0 disarms."""

    after_s: Annotated[int, Field(strict=True, ge=0, le=3_600)]


class StopKeyIn(_Body):
    """Which stop."""

    kind: Literal["kill", "halt"]
    scope: Literal["client", "participant", "unit", "area", "interval", "market"]
    key: Id | Literal[""] = ""


class StopIn(StopKeyIn):
    """A stop to make; the reason is kept."""

    reason: Name


class OwnStopIn(_Body):
    """Which of one's own trading to stop."""

    scope: Literal["client", "participant", "unit"] = "participant"
    key: Id | Literal[""] = ""
    reason: Name


class RecallIn(_Body):
    """Which match is to be undone, and why."""

    match_id: Id
    start_s: InstantS = Field(alias="start")
    reason: Name


class BillsMonthIn(_Body):
    """Of which month bills are to be made."""

    month: Month


class BillsIssueIn(_Body):
    """Which drafts are to stand."""

    month: Month
    bill_ids: Annotated[tuple[Id, ...], *_rows(0, 10_000)] = ()
    """Empty: all drafts of the month."""


class RecallDecisionIn(_Body):
    """What becomes of a disputed match."""

    match_id: Id
    start_s: InstantS = Field(alias="start")
    decision: Literal["cancel", "deny"]


class MandateIn(_Body):
    """Who may trade which of one's units, when, and how much at most."""

    client_mandate_id: Id
    agent: Id
    unit_ids: Annotated[tuple[Id, ...], *_rows(0, 1_000)] = ()
    from_s: InstantS = Field(alias="from")
    until_s: InstantS = Field(alias="until")
    energy_wh_max: OrderEnergyWh | None = Field(default=None, alias="energy_kwh_max")
    value_quanta_max: MoneyQuanta | None = Field(default=None, alias="value_max")

    def mandate(self, owner: str) -> Mandate:
        """The market's noun; its id is given when it is taken in."""
        return Mandate(mandate_id="", owner=owner, **dict(self))


class OutageIn(_Body):
    """Delivery intervals in which a unit cannot run."""

    from_s: InstantS = Field(alias="from")
    until_s: InstantS = Field(alias="until")
    reason: Name


class OwnLimitsIn(_Body):
    """Limits one sets oneself; what is not named is unlimited."""

    order_value_quanta_max: MoneyQuanta | None = Field(default=None, alias="order_value_max")
    exposure_quanta_max: MoneyQuanta | None = Field(default=None, alias="exposure_max")


class CreditLimitIn(_Body):
    """How far below zero an account may be used; the reason is kept."""

    limit_quanta: LimitQuanta = Field(alias="limit")
    reason: Name


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
