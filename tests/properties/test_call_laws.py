"""Laws of both calls of a day, whatever is ordered: energy, money, lines, units, holds, replay."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from clearing.clear import clear
from clearing.fallback import fallback
from clearing.problem import ClearingProblem, ClearingResult
from market.engine.engine import Engine
from market.model.messages import CancelOrders, LinesUsed, PlaceOrders, TradesMade
from market.model.money import CENTRAL, loss_account
from market.model.order import OrderColumns, OrderOptions, Side, TimeInForce
from tests.builders import MIDNIGHT_S, UNITS, orders
from tests.market.engine.day_ahead import DAY, Day, at, block, curve, store

OWNERS = ("ann", "ben", "retailer")
GTD = OrderOptions(tif=TimeInForce.GTD, expires_us=at(4) * 1_000_000)

Piece = tuple[str, int, int, int, int]
PIECE = st.tuples(
    st.sampled_from(["limit", "gtd", "curve", "block", "linked", "exclusive", "storage", "cancel"]),
    st.integers(0, 3),
    st.integers(1, 1_400),
    st.integers(-2_000, 40_000),
    st.integers(0, 30),
)


def _limit(name: str, number: int, energy_wh: int, price_ticks: int, unit_of: int) -> str:
    unit_id, side = [
        ("ann-load", "buy"),
        ("ben-load", "buy"),
        ("ann-solar", "sell"),
        ("ann-battery", "sell"),
        ("ann-battery", "buy"),
    ][unit_of % 5]
    return f"{name} {unit_id} {side} {price_ticks} {energy_wh} {number}"


def _with(rows: OrderColumns, options: OrderOptions) -> OrderColumns:
    return replace(rows, options=(options,), option_of=(0,) * len(rows))


def _orders(day: Day, pieces: list[Piece]) -> None:
    for place, (kind, number, energy_wh, price_ticks, drawn) in enumerate(pieces):
        name = f"o{place}"
        legs = f"{number}:{energy_wh}" + (
            f" {number + 1}:{energy_wh // 2 + 1}" if number < 3 else ""
        )
        ratio = 1_000_000 if drawn % 2 else 300_000
        match kind:
            case "limit" | "gtd":
                table = _limit(name, number, energy_wh, price_ticks, drawn)
                owner = "ben" if "ben-" in table else "ann"
                options = GTD if kind == "gtd" else OrderOptions()
                day.does(
                    PlaceOrders(
                        now_us=day.now_us,
                        actor=owner,
                        participant_id=owner,
                        orders=_with(orders(table), options),
                    )
                )
            case "curve":
                steps = f"{price_ticks} {energy_wh}, {price_ticks - 500} 100"
                day.sends("ben", curve(name, "ben-load", "buy", steps, number))
            case "storage":
                day.sends("ann", store(name, first=number, end_value_ticks=max(0, price_ticks)))
            case "cancel":
                for owner in OWNERS:
                    day.does(
                        CancelOrders(
                            now_us=day.now_us,
                            actor=owner,
                            participant_id=owner,
                            order_ids=(f"ord-{drawn}",),
                        )
                    )
            case _:
                parent = f"o{drawn}" if kind == "linked" else None
                group = "g" if kind == "exclusive" else None
                day.sends(
                    "ben",
                    block(
                        name, "ben-load", "buy", price_ticks, legs,
                        ratio_min_ppm=ratio, parent=parent, group=group,
                    ),
                )  # fmt: skip


def _down(problem: ClearingProblem) -> ClearingResult:
    return fallback(problem, "a test")


def _laws(day: Day) -> None:
    state = day.engine.state
    ledger = state.ledger
    assert ledger.sum_quanta() == 0
    assert ledger.balance_quanta(CENTRAL) == ledger.balance_quanta(loss_account("GRID-RUR")) == 0
    for unit in UNITS:
        for number in range(4):
            open_energy = state.commitments.open_energy(unit.unit_id, at(number))
            traded = state.positions.traded(unit.unit_id, at(number))
            assert min(open_energy.buy_wh, open_energy.sell_wh) >= 0
            most = state.checks.capability_wh
            assert open_energy.buy_wh + traded.bought_wh <= most(unit, Side.BUY)
            assert open_energy.sell_wh + traded.sold_wh <= most(unit, Side.SELL)
    for number in range(4):
        for forward in (True, False):
            sent = [
                line.sent_forward_wh if forward else line.sent_backward_wh
                for outcomes in (state.day_ahead_outcomes, state.outcomes)
                if (outcome := outcomes.get(at(number))) is not None
                for line in outcome.lines
            ]
            assert sum(sent) <= 3_000
            left = state.capacity.left_wh("GRID-RUR", forward, at(number))
            assert left == 3_000 - sum(sent)
    assert not any(isinstance(event, LinesUsed) for event in day.events)


def _everything_is_free(day: Day) -> bool:
    state = day.engine.state
    return not any(
        state.ledger.held_quanta(owner) or state.commitments.open_count(owner) for owner in OWNERS
    ) and not any(state.commitments.open_starts(unit.unit_id) for unit in UNITS)


@settings(max_examples=40, deadline=None)
@given(pieces=st.lists(PIECE, max_size=25), later=st.lists(PIECE, max_size=6), falls=st.booleans())
def test_both_calls_keep_the_laws(pieces: list[Piece], later: list[Piece], falls: bool) -> None:
    day = Day(DAY)
    day.opens_day()
    day.places(
        "retailer",
        "\n".join(
            f"r{n} retailer-sells sell 16000 100000 {n}\nq{n} retailer-sells buy 800 100000 {n}"
            for n in range(4)
        ),
    )
    _orders(day, pieces)
    _laws(day)
    day.clears_day(_down if falls else clear)
    _laws(day)
    for number in range(4):
        day.opens(MIDNIGHT_S + 900 * number)
    _orders(day, [(kind, n, e, p, d + 40) for kind, n, e, p, d in later])
    for number in range(4):
        day.clears(clear, at(number))
        _laws(day)
    assert _everything_is_free(day)
    sold = sum(t.injection_wh for e in day.events if isinstance(e, TradesMade) for t in e.trades)
    lost = sum(
        line.sent_forward_wh
        + line.sent_backward_wh
        - line.received_forward_wh
        - line.received_backward_wh
        for outcomes in (day.engine.state.day_ahead_outcomes, day.engine.state.outcomes)
        for outcome in outcomes.values()
        for line in outcome.lines
    )
    assert sold == lost >= 0
    follower, restored = Engine(), Engine()
    for event in day.events:
        follower.apply(event)
    restored.restore(day.engine.snapshot())
    assert follower.snapshot() == day.engine.snapshot() == restored.snapshot()
