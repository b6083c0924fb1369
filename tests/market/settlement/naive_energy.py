"""Money of calls and matches a second time: see `naive_settlement.py`."""

from collections.abc import Sequence

from market.model.grid import Line
from tests.market.settlement.naive_lines import arrives, ends, fee
from tests.market.settlement.naive_settlement import Books, Call, Deal, Market


def call_money(market: Market, call: Call, deals: Sequence[Deal]) -> Books:
    """What a call books: trades, and the price difference over lines and limits in its parts."""
    books = match_money(market, deals)
    beyond = {area: call.price[area] if out is None else out for area, out in call.outside.items()}
    for line, forward in ((line, each) for line in market.grid.lines for each in (True, False)):
        sent = call.sent.get((line.line_id, forward), 0)
        here, there = (beyond[area] for area in ends(line, forward))
        ticks, lost = there or 0, sent - arrives(line, sent)
        books.pay("central", "grid_operator", fee(line, forward) * sent, "line_fee")
        books.pay("central", f"loss:{line.line_id}", ticks * lost, "line_loss")
        books.pay(f"loss:{line.line_id}", "central", ticks * lost, "line_loss_purchase")
        rest = (ticks - (here or 0) - fee(line, forward)) * sent - ticks * lost
        full = sent == call.room[line.line_id, forward] and None not in (here, there)
        kind, word = ("line_rent", "rent") if full and rest > 0 else ("rounding", "rounding")
        books.pay("central", f"{word}:{line.line_id}", rest, kind)
    for area, price in call.price.items():
        bought = -sum(d.injection_wh for d in deals if market.units[d.unit].area_id == area)
        if price is not None:
            rest = (price - (beyond[area] or 0)) * bought
            kind, word = ("limit_rent",) * 2 if rest > 0 else ("rounding", "rounding:limit")
            books.pay("central", f"{word}:{area}", rest, kind)
    return books


def match_money(
    market: Market,
    deals: Sequence[Deal],
    line: Line | None = None,
    *,
    forward: bool = True,
    sent: int = 0,
) -> Books:
    """What a match books: each leg at its price; over a line its fee, and what whole ticks leave."""
    books, left = Books(), 0
    for deal in deals:
        account = f"participant:{market.units[deal.unit].participant_id}"
        books.pay("central", account, deal.price * deal.injection_wh, "trade")
        left -= deal.price * deal.injection_wh
    if line is not None:
        books.pay("central", "grid_operator", fee(line, forward) * sent, "line_fee")
        rest = left - fee(line, forward) * sent
        books.pay("central", f"rounding:{line.line_id}", rest, "rounding")
    return books
