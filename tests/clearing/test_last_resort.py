"""The last resort delivers in the fallback: at its price delivered, inside every limit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearing.merit_order import Order, merit_order
from clearing.problem import (
    MICRO,
    NO_LIMIT_WH,
    PPM,
    Areas,
    ClearingProblem,
    ClearingResult,
    Ptdf,
    Rung,
    StepOrders,
    Tie,
)
from tests.clearing.books import book, lines_of, market, orders_of
from tests.clearing.test_merit_order import drawn_book


def with_last_resort(
    local: StepOrders,
    *,
    ask: int = 1_600,
    bid: int = 800,
    energy: int = 10**6,
    lines: list[tuple[int, int, int, int, int, int, int]] | None = None,
    confirmed: int = 10**6,
    **limits: int,
) -> ClearingProblem:
    """Areas 0 and 1 with their own orders; the last resort in area 2 with lines to both."""
    rows = list(
        zip(
            local.area.tolist(),
            local.interval.tolist(),
            local.is_sell.tolist(),
            local.price_ticks.tolist(),
            local.energy_wh.tolist(),
            local.sequence.tolist(),
            strict=True,
        )
    )
    rows += [(2, 0, True, ask, energy, 0), (2, 0, False, bid, energy, 0)]
    grid = lines_of(
        lines or [(2, 0, 10**6, 10**6, 20_000, 400, 100), (2, 1, 10**6, 10**6, 0, 400, 100)]
    )
    problem = market(orders_of(rows), n_areas=3, lines=grid, **limits)
    last = np.zeros(len(rows), dtype=np.bool_)
    last[-2:] = True
    return replace(
        problem,
        orders=replace(problem.orders, is_last_resort=last),
        confirmed_wh=np.full((2, len(grid), 1), confirmed),
    )


def conserved(problem: ClearingProblem, result: ClearingResult) -> None:
    """Balance to the Wh, limits with all areas below, lines, one direction, welfare."""
    lines, orders, n = problem.lines, problem.orders, problem.n_areas
    net = np.zeros((n, problem.n_intervals), dtype=np.int64)
    for row, wh in enumerate(result.accepted_wh.tolist()):
        assert 0 <= wh <= orders.energy_wh[row]
        net[orders.area[row], orders.interval[row]] += wh if orders.is_sell[row] else -wh
    assert (net == result.net_export_wh).all()
    assert problem.confirmed_wh is not None
    flows = (
        (0, lines.from_area, lines.to_area, lines.capacity_forward_wh),
        (1, lines.to_area, lines.from_area, lines.capacity_backward_wh),
    )
    sent = result.sent_forward_wh, result.sent_backward_wh
    received = result.received_forward_wh, result.received_backward_wh
    for way, start, end, capacity in flows:
        assert (sent[way] <= np.minimum(capacity, problem.confirmed_wh[way])).all()
        lost = -(-sent[way] * lines.loss_ppm[:, None] // PPM)
        assert (received[way] == sent[way] - lost).all()
        np.subtract.at(net, start, sent[way])
        np.add.at(net, end, received[way])
    assert not net.any()
    assert not ((sent[0] > 0) & (sent[1] > 0)).any()
    for top in range(n):
        below = [a for a in range(n) if top in ancestors(problem, a)]
        out = result.net_export_wh[below].sum(axis=0)
        assert (out <= problem.areas.export_limit_wh[top]).all()
        assert (-out <= problem.areas.import_limit_wh[top]).all()


def ancestors(problem: ClearingProblem, area: int) -> set[int]:
    found = set()
    while area >= 0:
        found.add(area)
        area = int(problem.parent[area])
    return found


def served_as_priced(problem: ClearingProblem, result: ClearingResult) -> None:
    """Nobody in the money is passed over and nobody out of the money is served."""
    orders = problem.orders
    end = orders.price_ticks if orders.price_end_ticks is None else orders.price_end_ticks
    for row, wh in enumerate(result.accepted_wh.tolist()):
        node = orders.area[row], orders.interval[row]
        if not result.has_price[node]:
            continue
        price = result.price_microticks[node] / MICRO
        steps = Order(
            is_sell=bool(orders.is_sell[row]),
            price_ticks=int(orders.price_ticks[row]),
            energy_wh=int(orders.energy_wh[row]),
            sequence=0,
            price_end_ticks=int(end[row]),
        ).steps()
        turn = 1 if orders.is_sell[row] else -1
        assert sum(q for p, q in steps if turn * p < turn * price) <= wh
        assert wh <= sum(q for p, q in steps if turn * p <= turn * price)


def test_the_last_resort_sells_at_its_delivered_price() -> None:
    problem = with_last_resort(book("0 buy 98 @ 3000\n0 sell 10 @ 1700\n1 buy 50 @ 2000"))

    result = merit_order(problem)

    conserved(problem, result)
    # (1600 + 400) / 0.98, up to the tick; the area's own seller is cheaper and comes first.
    assert result.price_ticks[:, 0].tolist() == [2_041, 2_000, 1_600]
    assert result.accepted_wh.tolist() == [98, 10, 50, 90 + 50, 0]
    assert result.received_forward_wh[:, 0].tolist() == [88, 50]
    assert result.rung is Rung.MERIT_ORDER
    assert result.welfare_quanta == (98 * 3_000 - 10 * 1_700 + 50 * 2_000 - 140 * (1_600 + 400))
    assert result.welfare_quanta <= result.upper_bound_quanta


def test_the_last_resort_buys_at_its_delivered_price() -> None:
    problem = with_last_resort(book("0 sell 100 @ 200\n1 sell 50 @ 750"))

    result = merit_order(problem)

    conserved(problem, result)
    # 0.98 x 800 - 100; area 1 asks more than 800 - 100.
    assert result.price_ticks[[0, 2], 0].tolist() == [684, 800]
    assert result.accepted_wh.tolist() == [100, 0, 0, 98]
    assert not result.has_price[1, 0]


def test_the_last_resort_sells_or_buys_but_never_both() -> None:
    text = "0 buy {} @ 5000\n1 sell {} @ 0"

    sells = merit_order(with_last_resort(book(text.format(100, 10))))
    buys = merit_order(with_last_resort(book(text.format(10, 100))))

    assert sells.accepted_wh.tolist() == [100, 0, 103, 0]
    assert buys.accepted_wh.tolist() == [0, 100, 0, 100]


def test_lines_carry_no_more_than_was_confirmed() -> None:
    problem = with_last_resort(book("0 buy 98 @ 3000\n1 buy 50 @ 2900"), confirmed=40)

    result = merit_order(problem)

    conserved(problem, result)
    assert result.sent_forward_wh[:, 0].tolist() == [40, 40]
    # Whoever is short pays what the next Wh would be worth.
    assert result.price_ticks[:2, 0].tolist() == [3_000, 2_900]


@pytest.mark.parametrize(
    ("limits", "due"),
    [
        ({"imports": [[30], [NO_LIMIT_WH], [NO_LIMIT_WH]]}, [30, 100]),
        ({"exports": [[NO_LIMIT_WH], [NO_LIMIT_WH], [100]]}, [49, 50]),
        ({"energy": 60}, [29, 30]),
    ],
)
def test_who_draws_on_a_limit_together_gets_the_same_part(
    limits: dict[str, int], due: list[int]
) -> None:
    problem = with_last_resort(book("0 buy 98 @ 3000\n1 buy 100 @ 3000"), **limits)

    result = merit_order(problem)

    conserved(problem, result)
    assert result.received_forward_wh[:, 0].tolist() == due


def test_a_parent_counts_what_enters_all_areas_below_it() -> None:
    problem = with_last_resort(book("0 buy 98 @ 3000\n1 buy 98 @ 3000"))
    limits = np.array([[NO_LIMIT_WH], [120], [NO_LIMIT_WH]])
    nested = replace(
        problem,
        areas=Areas(
            import_limit_wh=limits,
            export_limit_wh=problem.areas.export_limit_wh,
            parent=np.array([1, -1, -1], dtype=np.int32),
        ),
    )

    result = merit_order(nested)

    conserved(nested, result)
    assert result.received_forward_wh[:, 0].tolist() == [60, 60]


@pytest.mark.parametrize("change", ["local order", "mesh", "nothing confirmed", "crossed"])
def test_lines_stay_closed(change: str) -> None:
    """Where others trade in the last resort's area, on meshed lines, without confirmed flows."""
    problem = with_last_resort(
        book("0 buy 98 @ 3000\n1 buy 98 @ 3000" + "\n2 buy 1 @ 0" * (change == "local order")),
        bid=1_700 if change == "crossed" else 800,
    )
    if change == "mesh":
        factors = Ptdf(
            line=np.array([0, 1], dtype=np.int32), factor_ppb=np.zeros((2, 3), dtype=np.int64)
        )
        problem = replace(problem, ptdf=factors)
    if change == "nothing confirmed":
        problem = replace(problem, confirmed_wh=None)

    result = merit_order(problem)

    assert not result.sent_forward_wh.any()
    assert not result.has_price[:2].any()


def random_village(rng: np.random.Generator) -> ClearingProblem:
    """Areas in a tree around one or two of the last resort, lines, losses, fees and limits."""
    n, t = int(rng.integers(2, 6)), int(rng.integers(1, 4))
    homes = int(rng.integers(1, 3)) if n > 2 else 1
    rows = []
    for _ in range(int(rng.integers(1, 2 * n))):
        start, end = rng.choice(n, 2, replace=False).tolist()
        caps = rng.choice([0, 10, 500, NO_LIMIT_WH], 2).tolist()
        rows.append(
            (start, end, *caps, int(rng.choice([0, 20_000, 300_000])), int(rng.choice([0, 37])), 4)
        )
    local = drawn_book(rng, int(rng.integers(0, 60)), n - homes, t)
    last = []
    for area in range(n - homes, n):
        for interval in range(t):
            middle = int(rng.integers(-50, 200))
            last.append((area, interval, True, middle + 20, int(rng.integers(1, 5_000)), 1))
            last.append((area, interval, True, middle + 20, int(rng.integers(1, 5_000)), 2))
            last.append((area, interval, False, middle - 20, int(rng.integers(1, 5_000)), 3))
    resort = orders_of(last)
    assert local.price_end_ticks is not None
    assert local.is_last_resort is not None
    orders = StepOrders(
        price_end_ticks=np.concatenate([local.price_end_ticks, resort.price_ticks]),
        is_last_resort=np.concatenate([local.is_last_resort, np.ones(len(resort), np.bool_)]),
        **{
            name: np.concatenate([getattr(local, name), getattr(resort, name)])
            for name in ("area", "interval", "is_sell", "price_ticks", "energy_wh", "sequence")
        },
    )
    limits = np.array([0, 50, 3_000, NO_LIMIT_WH, NO_LIMIT_WH])
    problem = market(
        orders,
        n_areas=n,
        n_intervals=t,
        lines=lines_of(rows, t),
        imports=rng.choice(limits, (n, t)),
        exports=rng.choice(limits, (n, t)),
        tie=Tie(rng.choice(list(Tie))),
    )
    parent = np.array([rng.integers(-1, a) if a else -1 for a in range(n)], dtype=np.int32)
    return replace(
        problem,
        areas=replace(problem.areas, parent=parent if rng.random() < 0.7 else None),
        confirmed_wh=rng.choice([0, 20, 400, NO_LIMIT_WH], (2, len(rows), t)),
    )


@given(st.integers(min_value=0, max_value=2**32))
def test_whatever_is_delivered_balances_and_keeps_every_limit(seed: int) -> None:
    problem = random_village(np.random.default_rng(seed))

    result = merit_order(problem)

    conserved(problem, result)
    served_as_priced(problem, result)
    alone = merit_order(replace(problem, confirmed_wh=None))
    assert alone.welfare_quanta <= result.welfare_quanta <= result.upper_bound_quanta
    assert not alone.sent_forward_wh.any()


def test_something_is_delivered_in_the_drawn_villages() -> None:
    found = [merit_order(random_village(np.random.default_rng(seed))) for seed in range(40)]

    sold = sum(1 for result in found if result.sent_forward_wh.any())
    bought = sum(1 for result in found if result.sent_backward_wh.any())
    assert min(sold, bought) > 5


def test_the_order_of_rows_does_not_matter() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        problem = random_village(rng)
        m = len(problem.orders)
        orders = replace(problem.orders, sequence=rng.permutation(m))
        mixed = rng.permutation(m)

        one = merit_order(replace(problem, orders=orders))
        other = merit_order(replace(problem, orders=orders.rows(mixed)))

        assert (one.accepted_wh[mixed] == other.accepted_wh).all()
        assert (one.price_microticks == other.price_microticks).all()
        assert one.welfare_quanta == other.welfare_quanta
