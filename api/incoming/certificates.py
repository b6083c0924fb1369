"""Bodies of what people do with certificates."""

from typing import Annotated, Final

from pydantic import Field

from api.incoming.body import Body, Id, InstantS, OrderEnergyWh, rows
from market.model.certificate import Lot, LotPart

LOTS_MAX: Final = 500
BUNDLES_MAX: Final = 1_000_000


class LotIn(Body):
    """So many certificates of a unit and interval."""

    unit_id: Id
    start_s: InstantS = Field(alias="start")
    energy_wh: OrderEnergyWh = Field(alias="energy_kwh")

    def part(self) -> LotPart:
        """As the market knows it."""
        return LotPart(
            lot=Lot(start_s=self.start_s, unit_id=self.unit_id), energy_wh=self.energy_wh
        )


class ActIn(Body):
    """Whose act, and its own id: the same again changes nothing."""

    reference: Id
    participant_id: Id | None = None
    """For operators: whose certificates; participants act for themselves."""


class RetireIn(ActIn):
    """Which lots are used up."""

    lots: Annotated[tuple[LotIn, ...], *rows(1, LOTS_MAX)]

    def parts(self) -> tuple[LotPart, ...]:
        """The lots, as the market knows them."""
        return tuple(lot.part() for lot in self.lots)


class MoveIn(RetireIn):
    """Which lots go to whom."""

    receiver_id: Id


class ExportIn(ActIn):
    """How many bundles leave, at most."""

    bundles: Annotated[int, Field(strict=True, ge=1, le=BUNDLES_MAX)] | None = None
