"""Bodies that define a market: its rules, its grid."""

from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from api.incoming.body import (
    Body,
    Day,
    Flag,
    Id,
    InstantS,
    MarketId,
    Minutes,
    MoneyQuanta,
    Name,
    PowerW,
    Ppm,
    PriceTicks,
    reader,
    rows,
)
from api.wire import fields
from api.wire.fields import FieldError
from market.model.bill import ChargeKind, TaxRule
from market.model.case import DisputeWindow
from market.model.collateral import CollateralRule
from market.model.grid import Area, Grid, Line
from market.model.participant import VoltageLevel
from market.model.rejection import Code
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

AREAS_MAX: Final = 1_000
LINES_MAX: Final = 5_000


class PaymentTermsIn(Body):
    """When bills are due that are issued from a day on."""

    from_day: Day
    due_days: Annotated[int, Field(strict=True, ge=0, le=366)]
    grace_days: Annotated[int, Field(strict=True, ge=0, le=366)]

    def terms(self) -> PaymentTerms:
        """As a rule."""
        return PaymentTerms(**dict(self))


class NetworkBandIn(Body):
    """The network fee in some hours of the local day; over midnight where `to_hour` is before `from_hour`."""

    days: DayKind = DayKind.ALL
    from_hour: Annotated[int, Field(strict=True, ge=0, le=23)]
    to_hour: Annotated[int, Field(strict=True, ge=1, le=24)]
    ticks: PriceTicks = Field(alias="network_per_mwh")


class NetworkTariffIn(Body):
    """Network fees of one voltage level by time of use, from a day on."""

    voltage_level: VoltageLevel
    from_day: Day
    bands: Annotated[tuple[NetworkBandIn, ...], *rows(1, 48)]
    day_charge_quanta: MoneyQuanta | None = Field(default=None, alias="charge_per_day")

    def tariff(self) -> NetworkTariff:
        """As a rule."""
        return NetworkTariff(
            voltage_level=self.voltage_level,
            from_day=self.from_day,
            bands=tuple(NetworkBand(**dict(band)) for band in self.bands),
            day_charge_quanta=self.day_charge_quanta or 0,
        )


class TariffIn(Body):
    """What is charged on metered withdrawal."""

    network_ticks: PriceTicks = Field(alias="network_per_mwh")
    levies_ticks: PriceTicks = Field(alias="levies_per_mwh")
    by_level: Annotated[tuple[NetworkTariffIn, ...], *rows(0, 100)] = ()

    def tariff(self) -> Tariff:
        """As a rule."""
        return Tariff(
            network_ticks=self.network_ticks,
            levies_ticks=self.levies_ticks,
            by_level=tuple(item.tariff() for item in self.by_level),
        )


class TaxIn(Body):
    """A tax on some lines of a bill, from a day of delivery on."""

    tax_id: Id
    name: Name
    from_day: Day
    rate_ppm: Ppm
    on: Annotated[tuple[ChargeKind, ...], *rows(1, len(ChargeKind))]

    def tax(self) -> TaxRule:
        """As a rule."""
        return TaxRule(**dict(self))


class DisputeWindowIn(Body):
    """How long bills may be disputed that are issued from a day on."""

    from_day: Day
    within_days: Annotated[int, Field(strict=True, ge=0, le=3_660)]

    def window(self) -> DisputeWindow:
        """As a rule."""
        return DisputeWindow(**dict(self))


class CollateralIn(Body):
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


class BandIn(Body):
    """Prices of the retailer of last resort in some hours of the local day."""

    from_hour: Annotated[int, Field(strict=True, ge=0, le=23)]
    to_hour: Annotated[int, Field(strict=True, ge=1, le=24)]
    ask_ticks: PriceTicks = Field(alias="ask_per_mwh")
    bid_ticks: PriceTicks = Field(alias="bid_per_mwh")


class AreaIn(Body):
    """A part of the grid with one price per interval."""

    area_id: Id
    name: Name
    parent: Id | None = None
    import_limit_w: PowerW | None = Field(default=None, alias="import_limit_kw")
    export_limit_w: PowerW | None = Field(default=None, alias="export_limit_kw")
    holds_last_resort: Flag = False


class LineIn(Body):
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


class DayAheadIn(Body):
    """The opening call: all intervals of a market day in one sealed auction."""

    opens_minutes: Minutes
    gate_minutes: Minutes


class ContinuousIn(Body):
    """Price-time matching between the opening and the closing call."""

    opens_minutes: Minutes
    collar_ppm: Ppm = 250_000
    collar_min_ticks: PriceTicks = Field(default=5_000, alias="collar_min_per_mwh")
    corridor_ppm: Annotated[int, Field(strict=True, ge=0, le=100 * PPM)] = 1_000_000
    corridor_min_ticks: PriceTicks = Field(default=20_000, alias="corridor_min_per_mwh")
    volatility_minutes: Annotated[int, Field(strict=True, ge=1, le=60)] = 2
    volatility_random_s: Annotated[int, Field(strict=True, ge=0, le=300)] = 30


class MarketIn(Body):
    """A market with its rules and grid."""

    market_id: MarketId
    name: Name
    currency: Annotated[str, *reader(_currency, "[A-Z]{3}", "EUR")]
    time_zone: Annotated[str, *reader(_time_zone, None, "Europe/Berlin")]
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
    taxes: Annotated[tuple[TaxIn, ...], *rows(0, 100)] = ()
    dispute_windows: Annotated[tuple[DisputeWindowIn, ...], *rows(0, 100)] = ()
    payment_terms: Annotated[tuple[PaymentTermsIn, ...], *rows(0, 100)] = ()
    collateral: Annotated[tuple[CollateralIn, ...], *rows(0, 100)] = ()
    last_resort: Annotated[tuple[BandIn, ...], *rows(0, 24)] = ()
    areas: Annotated[tuple[AreaIn, ...], *rows(1, AREAS_MAX)]
    lines: Annotated[tuple[LineIn, ...], *rows(0, LINES_MAX)] = ()

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
