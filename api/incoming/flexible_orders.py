"""Request bodies of orders that only calls take: curves, blocks alone or linked or exclusive, storages.

The one idea: as in `body.py`: a field holds integers in the market's units once it is read, and
`order` makes the market's noun of it, with a header as far as its sender knows it.
"""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from api.incoming.body import Body, EnergyWh, Id, InstantS, OrderEnergyWh, PriceTicks, rows
from market.model.call import sent_header
from market.model.order import BlockOrder, CurveOrder, Side, StorageOrder
from market.model.units import PPM

STEPS_MAX: Final = 200
LEGS_MAX: Final = 100

Ratio = Annotated[int, Field(strict=True, ge=1, le=PPM)]


class StepIn(Body):
    """One step of a curve: so much at this price."""

    price_ticks: PriceTicks = Field(alias="price_per_mwh")
    energy_wh: OrderEnergyWh = Field(alias="energy_kwh")


class BlockLegIn(Body):
    """One interval of a block, at full acceptance."""

    start_s: InstantS = Field(alias="start")
    energy_wh: OrderEnergyWh = Field(alias="energy_kwh")


class CurveIn(Body):
    """Price and energy steps of one side for one interval, best price first."""

    kind: Literal["curve"]
    client_order_id: Id
    unit_id: Id
    start_s: InstantS = Field(alias="start")
    side: Literal["buy", "sell"]
    steps: Annotated[tuple[StepIn, ...], *rows(1, STEPS_MAX)]

    def order(self) -> CurveOrder:
        """The market's noun."""
        return CurveOrder(
            header=sent_header(
                client_order_id=self.client_order_id,
                unit_id=self.unit_id,
                start_s=self.start_s,
                side=Side(self.side),
            ),
            steps=tuple((step.price_ticks, step.energy_wh) for step in self.steps),
        )


class BlockIn(Body):
    """Several intervals of a day at one share and one average price; to the opening call."""

    kind: Literal["block"]
    client_order_id: Id
    unit_id: Id
    side: Literal["buy", "sell"]
    price_ticks: PriceTicks = Field(alias="price_per_mwh")
    legs: Annotated[tuple[BlockLegIn, ...], *rows(1, LEGS_MAX)]
    ratio_min_ppm: Ratio = PPM

    def order(self) -> BlockOrder:
        """The market's noun; its legs in time order."""
        legs = tuple(sorted((leg.start_s, leg.energy_wh) for leg in self.legs))
        return BlockOrder(
            header=sent_header(
                client_order_id=self.client_order_id,
                unit_id=self.unit_id,
                start_s=legs[0][0],
                side=Side(self.side),
            ),
            price_ticks=self.price_ticks,
            legs=legs,
            ratio_min_ppm=self.ratio_min_ppm,
            parent=getattr(self, "parent", None),
            group=getattr(self, "group", None),
        )


class LinkedIn(BlockIn):
    """A block that gets at most the share of the block it names."""

    kind: Literal["linked"]  # type: ignore[assignment]
    parent: Id


class ExclusiveIn(BlockIn):
    """A block of a group of which the shares add up to at most one."""

    kind: Literal["exclusive"]  # type: ignore[assignment]
    group: Id


class StorageOrderIn(Body):
    """A storage's flexibility over several intervals; the auction decides what it does when."""

    kind: Literal["storage"]
    client_order_id: Id
    unit_id: Id
    start_s: InstantS = Field(alias="start")
    end_s: InstantS = Field(alias="end")
    charge_max_wh: EnergyWh = Field(alias="charge_max_kwh")
    discharge_max_wh: EnergyWh = Field(alias="discharge_max_kwh")
    spread_ticks: PriceTicks = Field(alias="spread_per_mwh")
    end_value_ticks: PriceTicks = Field(alias="end_value_per_mwh")

    def order(self) -> StorageOrder:
        """The market's noun."""
        return StorageOrder(
            header=sent_header(
                client_order_id=self.client_order_id,
                unit_id=self.unit_id,
                start_s=self.start_s,
                side=Side.SELL,
            ),
            end_s=self.end_s,
            charge_max_wh=self.charge_max_wh,
            discharge_max_wh=self.discharge_max_wh,
            spread_ticks=self.spread_ticks,
            end_value_ticks=self.end_value_ticks,
        )


FlexibleIn: TypeAlias = CurveIn | BlockIn | LinkedIn | ExclusiveIn | StorageOrderIn
KINDS: Final[dict[str, type[FlexibleIn]]] = {
    "curve": CurveIn,
    "block": BlockIn,
    "linked": LinkedIn,
    "exclusive": ExclusiveIn,
    "storage": StorageOrderIn,
}
"""The body of each kind of order that only calls take."""
