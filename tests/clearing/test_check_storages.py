"""The auditor on storage orders: window, power, what is stored, what it is worth."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clearing.check import audit
from clearing.check.storage_orders import gained_wh, storage_refusals, window
from clearing.problem import PPM, ClearingProblem, ClearingResult, Rung
from tests.clearing.books import market, orders_of, storages
from tests.clearing.by_hand import by_hand, changed

#: Cheap in the first interval, dear in the second: 0 sells 100 @ 100, bids 20 @ 300 there;
#: 5 @ 500 and bids 13 @ 600 here.
ORDERS = [
    (0, 0, True, 100, 100, 1),
    (0, 0, False, 300, 20, 2),
    (0, 1, True, 500, 5, 3),
    (0, 1, False, 600, 13, 4),
]
BATTERY = "charge 10 discharge 30 capacity 20 from 0 in 0-1 of area 0, keeps 90% 90%, spread 50"


def day(table: str = BATTERY, n_intervals: int = 2) -> ClearingProblem:
    return market(orders_of(ORDERS), n_intervals=n_intervals, storages=storages(table))


def cleared(problem: ClearingProblem, **given: object) -> ClearingResult:
    """10 Wh charged, of which 9 are stored; 8 given back, for which 9 are taken."""
    right: dict[str, Any] = {
        "accepted": [30, 20, 5, 13],
        # The dear interval's price is the middle of 500 .. 600; a Wh stored is worth 0.9 (550 - 50).
        "exact": [[100, 550]],
        "charge": [[10, 0]],
        "discharge": [[0, 8]],
        "value": [[450, 450]],
    }
    return by_hand(problem, **(right | given))


def test_a_storage_that_charges_cheap_and_discharges_dear_passes() -> None:
    problem = day()
    right = cleared(problem)

    assert right.stored_wh.tolist() == [[9, 0]]
    assert right.welfare_quanta == 20 * 300 + 13 * 600 - 30 * 100 - 5 * 500 - 8 * 50
    assert audit(problem, right) == []


@pytest.mark.parametrize(
    ("name", "place", "by"),
    [
        ("stored_wh", (0, 0), 1),
        ("stored_wh", (0, 1), 1),
        ("charge_wh", (0, 0), -1),
        ("discharge_wh", (0, 1), 1),
        ("discharge_wh", (0, 0), 1),
        ("stored_value_microticks", (0, 0), 4),
        ("stored_value_microticks", (0, 1), -4),
        ("price_microticks", (0, 1), 4),
    ],
)
def test_whatever_is_changed_about_it_is_refused(
    name: str, place: tuple[int, int], by: int
) -> None:
    problem = day()

    assert audit(problem, changed(cleared(problem), name, place, by))


def test_the_gain_is_rounded_down_and_the_drain_up() -> None:
    rng = np.random.default_rng(1)
    table = BATTERY.replace("90% 90%", "91% 77%")
    problem = market(
        orders_of([]), n_intervals=400, storages=storages(table.replace("0-1", "0-399"))
    )
    charge, discharge = rng.integers(0, 10**9, (2, 1, 400))

    gained = gained_wh(problem, charge, discharge)

    exact = [
        int(c) * 910_000 // PPM + -int(d) * PPM // 770_000
        for c, d in zip(charge[0], discharge[0], strict=True)
    ]
    assert gained.tolist() == [exact]


def test_more_than_the_limits_allow_is_refused() -> None:
    for table in (
        BATTERY.replace("charge 10", "charge 9"),
        BATTERY.replace("discharge 30", "discharge 7"),
        BATTERY.replace("capacity 20", "capacity 8"),
    ):
        problem = day(table)
        assert any("outside what it may" in refusal for refusal in audit(problem, cleared(problem)))


def test_a_storage_stays_in_its_window() -> None:
    problem = day(BATTERY.replace("0-1", "1-1"))

    refused = audit(problem, cleared(problem))

    assert any("outside its window" in refusal for refusal in refused)


def test_outside_its_window_it_holds_what_it_holds_and_is_worth_nothing() -> None:
    table = "charge 0 discharge 30 capacity 20 from 9 in 1-1 of area 0, keeps 90% 90%, spread 50"
    problem = day(table)
    right = cleared(
        problem, accepted=[20, 20, 5, 13], charge=0, discharge=[[0, 8]], value=[[0, 450]]
    )

    assert right.stored_wh.tolist() == [[9, 0]]
    assert audit(problem, right) == []
    assert audit(problem, changed(right, "stored_wh", (0, 0), -9))
    assert audit(problem, changed(right, "stored_value_microticks", (0, 0), 1))


def test_both_directions_at_once_are_refused() -> None:
    problem = day()
    both = cleared(problem, charge=[[10, 1]])

    refused = audit(problem, both)

    assert any("charges and discharges at once" in refusal for refusal in refused)


def test_a_storage_that_would_lose_is_refused() -> None:
    # Bids of 120 in the second interval: what is given back earns less than it costs.
    poor = [row if row[3] != 600 else (*row[:3], 120, *row[4:]) for row in ORDERS]
    poor = [row if row[3] != 500 else (*row[:3], 60, *row[4:]) for row in poor]
    problem = market(orders_of(poor), n_intervals=2, storages=storages(BATTERY))

    for exact, value in (([[100, 90]], 100 / 0.9), ([[100, 120]], 0.9 * 70)):
        assert audit(problem, cleared(problem, exact=exact, value=value))


def test_a_storage_left_idle_though_it_would_gain_is_refused() -> None:
    problem = day()
    idle = cleared(
        problem,
        accepted=[20, 20, 5, 5],
        exact=[[100, 600]],
        charge=0,
        discharge=0,
        value=[[0.9 * 550, 0.9 * 550]],
    )

    assert any("no prices" in refusal for refusal in audit(problem, idle))


def test_what_is_left_at_the_end_is_valued() -> None:
    table = "charge 10 discharge 30 capacity 20 from 0 in 0-0 of area 0, end 150"
    problem = day(table)
    right = cleared(
        problem,
        accepted=[30, 20, 5, 5],
        exact=[[100, 600]],
        charge=[[10, 0]],
        discharge=0,
        value=[[150, 0]],
    )

    assert audit(problem, right) == []
    assert right.welfare_quanta == 20 * 300 - 30 * 100 + 5 * 600 - 5 * 500 + 10 * 150
    assert audit(problem, replace(right, welfare_quanta=right.welfare_quanta - 1500))
    # Worth less than the price in the end, nothing would be charged.
    cheap = day(table.replace("150", "90"))
    assert audit(cheap, replace(right, welfare_quanta=right.welfare_quanta - 600))


def test_a_full_storage_is_worth_less_now_than_later() -> None:
    # 10 stored fill it, so a Wh more could not be kept for the end, where it is worth 5000.
    table = "charge 40 discharge 30 capacity 10 from 0 in 0-0 of area 0, end 5000"
    problem = day(table)
    right = cleared(
        problem,
        accepted=[30, 20, 5, 5],
        exact=[[100, 600]],
        charge=[[10, 0]],
        discharge=0,
        value=[[100, 0]],
    )

    assert audit(problem, right) == []
    assert audit(problem, changed(right, "stored_value_microticks", (0, 0), 4_900_000_000))


def test_storages_may_round_in_their_window_and_with_one_number() -> None:
    problem = day(n_intervals=3)
    right = cleared(
        problem,
        exact=[[100, 550, 0]],
        charge=[[10, 0, 0]],
        discharge=[[0, 8, 0]],
        value=[[450, 450, 0]],
    )

    assert audit(problem, right) == []
    for rounding in ([[1, 1, 0]], [[0, 0, 1]], [[1, 0, 0]], [[2, 2, 0]]):
        assert audit(problem, replace(right, rounding_wh=np.array(rounding)))


# ── finding by finding ──────────────────────────────────────────────────────────────────────────


def pair() -> tuple[ClearingProblem, ClearingResult]:
    """Two storages: the first is used in 1 and 2 of four intervals, the second in all of them."""
    table = """
        charge 10 discharge 30 capacity 20 from 4 in 1-2 of area 0, keeps 90% 90%
        charge 10 discharge 30 capacity 20 from 0 in 0-3 of area 0
    """
    problem = market(orders_of([]), n_intervals=4, storages=storages(table))
    result = by_hand(
        problem,
        accepted=[],
        exact=0,
        charge=[[0, 10, 0, 0], [5, 0, 0, 0]],
        discharge=[[0, 0, 9, 0], [0, 0, 0, 5]],
        value=[[0, 7, 7, 0], [7, 7, 7, 7]],
    )
    return problem, result


def test_what_stands_in_the_window_and_holds_what_it_moved_passes() -> None:
    problem, result = pair()

    assert window(problem).astype(int).tolist() == [[0, 1, 1, 0], [1, 1, 1, 1]]
    assert result.stored_wh.tolist() == [[4, 13, 3, 3], [5, 5, 5, 0]]
    assert storage_refusals(problem, result) == []


@pytest.mark.parametrize("name", ["charge_wh", "discharge_wh"])
@pytest.mark.parametrize("t", [0, 3])
def test_energy_moved_next_to_the_window_is_refused(name: str, t: int) -> None:
    problem, result = pair()

    damaged = changed(result, name, (0, t), 1)
    assert storage_refusals(problem, damaged)[0] == (
        f"storage 0, interval {t}: moves energy outside its window"
    )


@pytest.mark.parametrize("t", [0, 3])
def test_a_value_next_to_the_window_is_refused(t: int) -> None:
    problem, result = pair()

    for by in (1, -1):
        damaged = changed(result, "stored_value_microticks", (0, t), by)
        assert storage_refusals(problem, damaged) == [
            f"storage 0, interval {t}: is worth something outside its window"
        ]


@pytest.mark.parametrize(("storage", "t"), [(0, 0), (0, 2), (1, 0), (1, 3)])
@pytest.mark.parametrize("by", [-1, 1])
def test_a_wh_more_or_less_than_was_moved_is_refused(storage: int, t: int, by: int) -> None:
    problem, result = pair()

    damaged = changed(result, "stored_wh", (storage, t), by)
    assert storage_refusals(problem, damaged) == [
        f"storage {storage}, interval {t}: does not hold what it moved"
    ]


def test_a_wh_in_and_a_wh_out_at_once_is_refused_even_where_nothing_is_lost() -> None:
    problem, result = pair()

    damaged = changed(changed(result, "charge_wh", (1, 1), 1), "discharge_wh", (1, 1), 1)
    assert storage_refusals(problem, damaged) == [
        "storage 1, interval 1: charges and discharges at once"
    ]


@pytest.mark.parametrize("rung", [Rung.MERIT_ORDER, Rung.CANCELLED])
def test_on_a_rung_without_storages_none_is_used_and_none_is_worth_anything(rung: Rung) -> None:
    problem, result = pair()
    idle = by_hand(problem, accepted=[], exact=0, rung=rung)
    assert storage_refusals(problem, idle) == []

    assert storage_refusals(problem, replace(result, rung=rung)) == [
        "storage 0, interval 1: is used on a rung without storages",
        "storage 0, interval 1: has a value without storages",
    ]
    moved = replace(result, rung=rung, stored_value_microticks=idle.stored_value_microticks)
    assert storage_refusals(problem, moved) == [
        "storage 0, interval 1: is used on a rung without storages"
    ]
    for name in ("charge_wh", "discharge_wh"):
        one_way = replace(idle, **{name: getattr(result, name)})
        *_, last = storage_refusals(problem, one_way)
        assert last.endswith("is used on a rung without storages")


def test_the_gain_of_any_amount_is_exact() -> None:
    problem = market(orders_of([]), n_intervals=3, storages=storages(BATTERY))
    charge = np.array([[0, 10**15 + 1, 0]])
    discharge = np.array([[9 * 10**14 + 1, 0, 10**12]])

    assert gained_wh(problem, charge, discharge).tolist() == [
        [-(10**15) - 2, 9 * 10**14, -1_111_111_111_112]
    ]
