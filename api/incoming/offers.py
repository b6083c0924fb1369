"""Request bodies of what stands outside the books: listings, inquiries, quotes, contracts, rules.

The one idea: as in `body.py`: a field holds integers in the market's units once it is read, and
`terms` makes the market's noun of it.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import Field
from pydantic.functional_validators import BeforeValidator
from pydantic_core import PydanticCustomError

from api.incoming.body import (
    PARTNERS_MAX,
    ROWS_MAX,
    Body,
    EnergyWh,
    Flag,
    Id,
    InstantS,
    OrderEnergyWh,
    PriceTicks,
    rows,
)
from market.model.contract import ContractTerms
from market.model.interval import MICROSECONDS
from market.model.listing import Curve, InquiryTerms, ListingTerms, QuoteTerms
from market.model.order import Side, Venue
from market.model.rejection import Code
from market.model.standing import Forecast, StandingTerms
from market.model.units import PPM

LEGS_MAX: Final = 100
ASKED_MAX: Final = 1_000


class CurveLegIn(Body):
    """One interval of a curve."""

    start_s: InstantS = Field(alias="start")
    energy_wh: OrderEnergyWh = Field(alias="energy_kwh")


def _each_once(value: object) -> object:
    """An interval stands once in a curve; in which order does not matter."""
    if isinstance(value, list):
        starts = [str(item.get("start")) for item in value if isinstance(item, dict)]
        if len(set(starts)) < len(starts):
            raise PydanticCustomError(Code.FIELD_FORMAT.value, "refused")
    return value


Legs = Annotated[tuple[CurveLegIn, ...], BeforeValidator(_each_once), *rows(1, LEGS_MAX)]
Partners = Annotated[tuple[Id, ...], *rows(0, PARTNERS_MAX)]
Asked = Annotated[tuple[Id, ...], *rows(0, ASKED_MAX)]
Share = Annotated[int, Field(strict=True, ge=1, le=PPM)]


def curve(legs: tuple[CurveLegIn, ...]) -> Curve:
    """The legs in time order."""
    return tuple(sorted((leg.start_s, leg.energy_wh) for leg in legs))


class ListingIn(Body):
    """An offer to whoever takes it."""

    client_listing_id: Id
    unit_id: Id
    side: Literal["buy", "sell"]
    price_ticks: PriceTicks = Field(alias="price_per_mwh")
    legs: Legs
    minimum_wh: OrderEnergyWh = Field(default=1, alias="minimum_kwh")
    green_only: Flag = False
    neighbours_only: Flag = False
    partners: Partners = ()
    shows_name: Flag = False
    expires_s: InstantS | None = Field(default=None, alias="expires")
    lapses_at_call: Flag = False

    def terms(self) -> ListingTerms:
        """The market's noun."""
        return ListingTerms(
            unit_id=self.unit_id,
            side=Side(self.side),
            price_ticks=self.price_ticks,
            legs=curve(self.legs),
            minimum_wh=self.minimum_wh,
            green_only=self.green_only,
            neighbours_only=self.neighbours_only,
            partners=tuple(dict.fromkeys(self.partners)),
            shows_name=self.shows_name,
            expires_us=None if self.expires_s is None else self.expires_s * MICROSECONDS,
            lapses_at_call=self.lapses_at_call,
        )


class TakeIn(Body):
    """What is taken of a listing; energies where the buyer is."""

    client_take_id: Id
    unit_id: Id
    legs: Legs


class InquiryIn(Body):
    """A question for quotes."""

    client_inquiry_id: Id
    unit_id: Id
    start_s: InstantS = Field(alias="start")
    energy_wh: OrderEnergyWh = Field(alias="energy_kwh")
    answer_by_s: InstantS = Field(alias="answer_by")
    green_only: Flag = False
    asked_units: Asked = ()
    asked_participants: Asked = ()
    asked_area: Id | None = None

    def terms(self) -> InquiryTerms:
        """The market's noun."""
        return InquiryTerms(
            unit_id=self.unit_id,
            start_s=self.start_s,
            energy_wh=self.energy_wh,
            answer_by_us=self.answer_by_s * MICROSECONDS,
            green_only=self.green_only,
            asked_units=self.asked_units,
            asked_participants=self.asked_participants,
            asked_area=self.asked_area,
        )


class QuoteIn(Body):
    """An answer to an inquiry; energy where the buyer is, price where the seller is."""

    client_quote_id: Id
    unit_id: Id
    price_ticks: PriceTicks = Field(alias="price_per_mwh")
    energy_wh: OrderEnergyWh = Field(alias="energy_kwh")
    valid_until_s: InstantS = Field(alias="valid_until")

    def terms(self, inquiry_id: str) -> QuoteTerms:
        """The market's noun."""
        return QuoteTerms(
            inquiry_id=inquiry_id,
            unit_id=self.unit_id,
            price_ticks=self.price_ticks,
            energy_wh=self.energy_wh,
            valid_until_us=self.valid_until_s * MICROSECONDS,
        )


class ContractIn(Body):
    """A contract to propose."""

    client_contract_id: Id
    unit_id: Id
    side: Literal["buy", "sell"]
    counterparty_unit_id: Id
    price_ticks: PriceTicks = Field(alias="price_per_mwh")
    legs: Legs
    answer_by_s: InstantS = Field(alias="answer_by")

    def terms(self) -> ContractTerms:
        """The market's noun."""
        return ContractTerms(
            unit_id=self.unit_id,
            side=Side(self.side),
            counterparty_unit_id=self.counterparty_unit_id,
            price_ticks=self.price_ticks,
            legs=curve(self.legs),
            answer_by_us=self.answer_by_s * MICROSECONDS,
        )


class StandingIn(Body):
    """A rule by which the market places orders."""

    client_rule_id: Id
    unit_id: Id
    sell_min_ticks: PriceTicks | None = Field(default=None, alias="sell_min_per_mwh")
    buy_max_ticks: PriceTicks | None = Field(default=None, alias="buy_max_per_mwh")
    share_ppm: Share = PPM
    green_only: Flag = False
    lapses_at_call: Flag = False
    venue: Literal["call", "continuous", "listing"] = "call"

    def terms(self) -> StandingTerms:
        """The market's noun."""
        values: dict[str, Any] = self.model_dump(exclude={"client_rule_id", "venue"})
        return StandingTerms(venue=Venue(self.venue), **values)


class ForecastIn(Body):
    """What one unit is expected to do in one interval, as its meter would show it."""

    unit_id: Id
    start_s: InstantS = Field(alias="start")
    consumption_wh: EnergyWh = Field(alias="consumption_kwh")
    generation_wh: EnergyWh = Field(alias="generation_kwh")

    def forecast(self) -> Forecast:
        """The market's noun: net energy, injection positive."""
        return Forecast(
            unit_id=self.unit_id,
            start_s=self.start_s,
            injection_wh=self.generation_wh - self.consumption_wh,
        )


class ForecastsIn(Body):
    """Forecasts of one's units, all or none."""

    items: Annotated[tuple[ForecastIn, ...], *rows(1, ROWS_MAX)]
