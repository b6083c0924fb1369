"""What makes an order the same order, and what a repeat is answered.

The one idea: an owner's id is unique for ever. The same order again gives the same answer, another
order under that id is refused.
"""

from collections.abc import Iterable, Iterator
from itertools import repeat

from market.engine.state import OrderTerms
from market.model.messages import OrderAnswer, PlaceTogether
from market.model.order import (
    PLAIN,
    AcceptedColumns,
    BlockOrder,
    CurveOrder,
    OrderColumns,
    OrderOptions,
    StorageOrder,
)
from market.model.rejection import Code, Rejection


def order_id_of(number: int) -> str:
    """The market's id of its n-th order."""
    return f"ord-{number}"


def terms_of(orders: OrderColumns | AcceptedColumns, row: int) -> OrderTerms:
    """What makes a row the same order."""
    return (
        orders.unit_id[row],
        orders.start_s[row],
        orders.side[row],
        orders.price_ticks[row],
        orders.energy_wh[row],
        orders.options_of(row),
    )


def terms_by_row(orders: OrderColumns | AcceptedColumns) -> Iterator[OrderTerms]:
    """The same of every row, in order."""
    options: Iterable[OrderOptions] = repeat(PLAIN, len(orders))
    if orders.options:
        options = map(orders.options.__getitem__, orders.option_of)
    return zip(
        orders.unit_id,
        orders.start_s,
        orders.side,
        orders.price_ticks,
        orders.energy_wh,
        options,
        strict=True,
    )


def flexible_terms(order: CurveOrder | BlockOrder | StorageOrder) -> OrderTerms:
    """What makes a curve, block or storage order the same: all but what the market added."""
    header = order.header
    what = (header.unit_id, header.start_s, header.side)
    match order:
        case CurveOrder():
            return ("curve", *what, order.steps)
        case BlockOrder():
            links = (order.ratio_min_ppm, order.parent, order.group)
            return ("block", *what, order.price_ticks, order.legs, *links, order.options)
        case StorageOrder():
            limits = (order.charge_max_wh, order.discharge_max_wh)
            return (
                "storage",
                *what,
                order.end_s,
                *limits,
                order.spread_ticks,
                order.end_value_ticks,
            )


def together_terms(rows: OrderColumns, is_block: bool) -> OrderTerms:
    """What makes a basket or block the same."""
    return ("block" if is_block else "basket", rows)


def together_answer(known: tuple[str, OrderTerms], command: PlaceTogether) -> OrderAnswer:
    """The answer to a basket or block whose id was used before."""
    return repeat_answer(known, together_terms(command.rows, command.is_block))


def repeat_answer(known: tuple[str, OrderTerms], terms: OrderTerms) -> OrderAnswer:
    """The answer to an order whose id was used before."""
    order_id, known_terms = known
    if known_terms == terms:
        return OrderAnswer(order_id=order_id, repeated=True)
    different = Rejection(code=Code.EXISTS_WITH_DIFFERENT_FIELDS, pointer="client_order_id")
    return OrderAnswer(order_id=None, rejection=different)
