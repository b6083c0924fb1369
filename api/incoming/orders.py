"""Bodies of orders: alone, many at once, together; and what becomes of open ones."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import Field

from api.incoming.body import (
    PARTNERS_MAX,
    Body,
    Flag,
    Id,
    InstantS,
    OrderEnergyWh,
    PriceTicks,
    rows,
)
from market.model.interval import MICROSECONDS
from market.model.order import (
    PLAIN,
    OrderColumns,
    OrderOptions,
    Restriction,
    SelfTrade,
    Side,
    TimeInForce,
)

ORDERS_MAX: Final = 10_000
TOGETHER_MAX: Final = 100
"""Most rows of a basket or legs of a block."""


class OptionsIn(Body):
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
    partners: Annotated[tuple[Id, ...], *rows(0, PARTNERS_MAX)] = ()
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


class OrdersIn(Body):
    """Many orders of one participant."""

    orders: Annotated[tuple[OrderIn, ...], *rows(1, ORDERS_MAX)]
    atomic: Flag = False


class OrderIdsIn(Body):
    """Orders to cancel."""

    order_ids: Annotated[tuple[Id, ...], *rows(1, ORDERS_MAX)]


class BasketRowIn(Body):
    """One limit order of a basket."""

    unit_id: Id
    start_s: InstantS = Field(alias="start")
    side: Literal["buy", "sell"]
    price_ticks: PriceTicks = Field(alias="price_per_mwh")
    energy_wh: OrderEnergyWh = Field(alias="energy_kwh")


class BasketIn(OptionsIn):
    """Limit orders that trade all in full at once, or not at all."""

    client_order_id: Id
    rows: Annotated[tuple[BasketRowIn, ...], *rows(1, TOGETHER_MAX)]

    def columns(self) -> OrderColumns:
        """The rows as columns, all with the basket's wishes."""
        return _together(self.client_order_id, self.rows, self.options())


class LegIn(Body):
    """One interval of a block."""

    start_s: InstantS = Field(alias="start")
    energy_wh: OrderEnergyWh = Field(alias="energy_kwh")


class ContinuousBlockIn(OptionsIn):
    """Consecutive intervals at one limit on the average price, all or none."""

    client_order_id: Id
    unit_id: Id
    side: Literal["buy", "sell"]
    price_ticks: PriceTicks = Field(alias="price_per_mwh")
    legs: Annotated[tuple[LegIn, ...], *rows(1, TOGETHER_MAX)]

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


class ReplaceIn(Body):
    """What of an open order changes; what is not named stays."""

    revision: Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)]
    price_ticks: PriceTicks | None = Field(default=None, alias="price_per_mwh")
    energy_wh: OrderEnergyWh | None = Field(default=None, alias="energy_kwh")


class CancelAllIn(Body):
    """Which of one's open orders; empty: all."""

    unit_id: Id | None = None


class CancelAfterIn(Body):
    """Real seconds until all orders are cancelled unless renewed; 0 disarms."""

    after_s: Annotated[int, Field(strict=True, ge=0, le=3_600)]
