"""A clearing run without some of its orders: what the auction would have come to, and nothing else.

The one idea: it is the run itself, brought back from the journal as for verifying, some orders taken out of the
scratch book, solved and audited by the same engine: lines, limits, blocks and links are all in it. That others
would have ordered otherwise is not, nor what came of it afterwards. Nothing is written anywhere. It runs in a
process of its own (`python -m market.what_if`).
"""

import sys
from collections.abc import Iterator

import msgspec

from clearing.service import ClearingService
from market.engine.engine import Engine
from market.model.messages import ApplyClearing
from market.model.trade import ClearingOutcome
from market.model.verifying import Unverified
from market.trading.call_book import CallBook
from market.trading.order_numbers import ORDER_PREFIX
from market.trading.public_curves import WHOLE_MARKET, Curve, whole_curves
from market.verifying import Wanted, brought_back


class WantedWithout(Wanted, frozen=True, kw_only=True):
    """Which run, and what is taken out of it."""

    shown_s: int
    """The interval that is shown, one of the run's."""
    participant_id: str | None = None
    """All orders of it."""
    order_ids: tuple[str, ...] = ()
    """And these."""


class AreaShown(msgspec.Struct, frozen=True, kw_only=True):
    """What an area, or the whole market, comes to in the interval that is shown."""

    area_id: str
    price_ticks: int | None
    """None: nothing trades, or several areas together."""
    sold_wh: int
    bought_wh: int
    supply: Curve
    demand: Curve


class CallShown(msgspec.Struct, frozen=True, kw_only=True):
    """The run as it was, or without the orders."""

    rung: str
    welfare_quanta: int
    areas: tuple[AreaShown, ...]


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Both beside each other."""

    removed: int
    """Orders that were in the run and are taken out."""
    before: CallShown
    after: CallShown
    faults: tuple[str, ...]
    """What the auditor finds in the second one; empty: nothing."""


def compared(
    engine: Engine, command: ApplyClearing, service: ClearingService, wanted: WantedWithout
) -> Compared | None:
    """The run with and without the orders; None: it has no such interval.

    The engine is used up: its book lacks the orders afterwards.
    """
    stated = next((o for o in command.outcomes if o.start_s == wanted.shown_s), None)
    if stated is None:
        return None
    before = _shown(engine, command, stated, command.outcomes[0].welfare_quanta)
    start_s, book = command.outcomes[0].start_s, engine.state.book
    left = sorted(set(_numbers(engine, book.call(command.call, start_s), wanted)))
    for number in left:
        book.cancel(f"{ORDER_PREFIX}{number}")
    auction = engine.clearing_problem(start_s, command.call)
    result = service.solve(auction.problem, wanted.solve_s)
    made = engine.clearing_outcomes(auction, result, 0)
    outcome = next(o for o in made if o.start_s == wanted.shown_s)
    return Compared(
        removed=len(left),
        before=before,
        after=_shown(engine, command, outcome, made[0].welfare_quanta),
        faults=tuple(made[0].audit_faults),
    )


def _numbers(engine: Engine, call: CallBook, wanted: WantedWithout) -> Iterator[int]:
    """Of the orders that are to be taken out, as far as they stand in the call."""
    owner = wanted.participant_id
    named = frozenset(wanted.order_ids)
    if owner is not None:
        code = engine.state.book.participants.known(owner)
        mine = (call.column("participant") == code) & (call.column("energy_wh") > 0)
        yield from call.column("number")[mine].tolist()
    for header in call.headers():
        if header.participant_id == owner or header.order_id in named:
            yield int(header.order_id.removeprefix(ORDER_PREFIX))
    for order_id in named:
        text = order_id.removeprefix(ORDER_PREFIX)
        if text.isdecimal() and call.has_rows(int(text)):
            yield int(text)


def _shown(
    engine: Engine, command: ApplyClearing, outcome: ClearingOutcome, welfare_quanta: int
) -> CallShown:
    state = engine.state
    supply, demand = whole_curves(
        call=state.book.call(command.call, command.outcomes[0].start_s),
        book=state.book,
        start_s=outcome.start_s,
        grid=state.grid,
    )
    shown: list[AreaShown] = []
    for (name, sells), (_, buys) in zip(supply, demand, strict=True):
        areas = [area for area in outcome.areas if name in (area.area_id, WHOLE_MARKET)]
        shown.append(
            AreaShown(
                area_id=name,
                price_ticks=None if name == WHOLE_MARKET else areas[0].price_ticks,
                sold_wh=sum(area.sold_wh for area in areas),
                bought_wh=sum(area.bought_wh for area in areas),
                supply=sells,
                demand=buys,
            )
        )
    return CallShown(rung=outcome.rung, welfare_quanta=welfare_quanta, areas=tuple(shown))


def main() -> int:
    """From standard input to standard output."""
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=WantedWithout)
    found = brought_back(wanted)
    if isinstance(found, Unverified):
        return found
    with ClearingService() as service:
        told = compared(*found, service, wanted)
    if told is None:
        return Unverified.NOT_FOUND
    sys.stdout.buffer.write(msgspec.json.encode(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
