"""Facts of baskets and blocks made true.

The one idea: a basket never rests, so it holds nothing; a block holds all its legs until it trades or
goes, leg by leg as its trades come.
"""

from market.engine.facts.order_terms import together_terms
from market.engine.state import MarketState
from market.model.messages import TogetherAccepted
from market.model.order import BlockOrder, OrderColumns, OrderOptions, Side
from market.model.participant import GREEN_KINDS
from market.model.trade import Trade
from market.trading.holds import hold_quanta
from market.trading.resting import RestingBlock, terms_of


def accepted(state: MarketState, event: TogetherAccepted) -> None:
    """Note the order for ever; a block comes to rest."""
    header = event.order.header
    rows = event.basket.rows if event.basket is not None else _rows_of(event.order)
    key = (header.participant_id, header.client_order_id)
    terms = together_terms(rows, event.block is not None)
    state.client_orders[key] = (header.order_id, terms)
    state.order_owner[header.order_id] = header.participant_id
    state.next_order_number = header.sequence + 1
    if event.block is not None:
        _rest(state, event.block, event.held_quanta)


def _rows_of(block: object) -> OrderColumns:
    """A block's legs as the rows it was sent as."""
    assert isinstance(block, BlockOrder), "a basket has its rows"
    header, legs = block.header, len(block.legs)
    plain = block.options == OrderOptions()
    return OrderColumns(
        client_order_id=(header.client_order_id,) * legs,
        unit_id=(header.unit_id,) * legs,
        start_s=tuple(start_s for start_s, _ in block.legs),
        side=(header.side,) * legs,
        price_ticks=(block.price_ticks,) * legs,
        energy_wh=tuple(energy_wh for _, energy_wh in block.legs),
        options=() if plain else (block.options,),
        option_of=() if plain else (0,) * legs,
    )


def _rest(state: MarketState, block: BlockOrder, held_quanta: int) -> None:
    header, options = block.header, block.options
    sells = header.side is Side.SELL
    green = sells and state.units[header.unit_id].kind in GREEN_KINDS
    state.continuous.rest_block(
        RestingBlock(
            header.order_id,
            header.participant_id,
            header.unit_id,
            header.area_id,
            sells,
            block.price_ticks,
            block.legs,
            terms_of(options, green),
        )
    )
    state.hold(header.participant_id, held_quanta)
    state.commitments.count(header.participant_id, 1)
    for start_s, energy_wh in block.legs:
        state.commitments.add(header.unit_id, start_s, sells=sells, energy_wh=energy_wh)
    state.block_open_wh[header.order_id] = sum(energy_wh for _, energy_wh in block.legs)
    if options.cancel_on_disconnect:
        state.order_options[header.order_id] = options
        state.session_orders.setdefault(options.session_id, {})[header.order_id] = None


def traded(state: MarketState, trade: Trade) -> None:
    """A leg of a resting block: what it held for this energy is free."""
    block = state.continuous.blocks.get(trade.order_id)
    if block is None:
        return  # a basket's leg: it never rested
    _give_back(state, block, trade.start_s, trade.energy_wh)
    state.block_open_wh[trade.order_id] -= trade.energy_wh
    if not state.block_open_wh[trade.order_id]:
        _end(state, block)


def leave(state: MarketState, order_id: str) -> RestingBlock | None:
    """Take a block out of the list and give back what it holds; None: it is not there."""
    block = state.continuous.blocks.get(order_id)
    if block is not None:
        for start_s, energy_wh in block.legs:
            _give_back(state, block, start_s, energy_wh)
        _end(state, block)
    return block


def _give_back(state: MarketState, block: RestingBlock, start_s: int, energy_wh: int) -> None:
    side = Side.SELL if block.is_sell else Side.BUY
    state.ledger.release(block.owner, hold_quanta(side, block.price_ticks, energy_wh))
    state.commitments.add(block.unit_id, start_s, sells=block.is_sell, energy_wh=-energy_wh)


def _end(state: MarketState, block: RestingBlock) -> None:
    state.continuous.remove_block(block.order_id)
    state.commitments.count(block.owner, -1)
    del state.block_open_wh[block.order_id]
