"""Whole Wh: sending exactly what is needed, and giving way where it cannot be."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clearing.allocate.fills import shares
from clearing.allocate.flows import lost_wh, sent_for, whole_flows
from clearing.curves import build_curves
from clearing.problem import PPM
from clearing.refine import State
from tests.clearing.books import book, lines_of, market


def state(net_export_wh: list[float], forward_wh: list[float]) -> State:
    """One interval in which all lines carry forward and simple orders do all there is."""
    net, forward = (np.array(values).reshape(-1, 1) for values in (net_export_wh, forward_wh))
    nothing = np.zeros((0, 1))
    return State(
        simple_wh=net,
        net_export_wh=net,
        forward_wh=forward,
        backward_wh=np.zeros_like(forward),
        ratio=np.zeros(0),
        charge_wh=nothing,
        discharge_wh=nothing,
        stored_wh=nothing,
        cost=0.0,
    )


@given(st.integers(0, 10**9), st.integers(0, PPM - 1))
def test_every_whole_number_can_arrive(arrives: int, loss: int) -> None:
    sent = sent_for(arrives, loss)

    assert sent - lost_wh(sent, loss) == arrives
    assert sent == 0 or sent - 1 - lost_wh(sent - 1, loss) < arrives


@given(st.data())
def test_shares_add_up_and_stay_within_a_wh_of_their_due(data: st.DataObject) -> None:
    energy = np.array(data.draw(st.lists(st.integers(1, 2**40), min_size=1, max_size=9)))
    volume = data.draw(st.integers(0, int(energy.sum())))

    share = shares(volume, energy)

    assert share.sum() == volume
    assert (share <= energy).all()
    due = [int(wh) * volume / int(energy.sum()) for wh in energy]
    assert all(abs(got - want) < 1 + 1e-6 * want for got, want in zip(share, due, strict=True))


def test_a_chain_of_lossy_lines_balances_at_every_area() -> None:
    problem = market(
        book("0 sell 5000 @ 100\n1 buy 100 @ 900\n2 buy 333 @ 900"),
        n_areas=3,
        lines=lines_of([(0, 1, 9999, 0, 20_000, 0, 0), (1, 2, 9999, 0, 30_000, 0, 0)]),
    )
    curves = build_curves(problem)
    arriving = 333 / 0.97
    sent = (100 + arriving) / 0.98
    flows = whole_flows(
        problem,
        curves,
        state([sent, -100.0, -333.0], [sent, arriving]),
        np.zeros((3, 1), dtype=np.int64),
        np.array([[50.0], [0.0], [0.0]]),
    )

    assert flows.net_export_wh[1:].tolist() == [[-100], [-333]]
    assert flows.received_forward_wh[1].item() == 333
    assert flows.received_forward_wh[0].item() == 100 + flows.sent_forward_wh[1].item()
    assert flows.net_export_wh[0].item() == flows.sent_forward_wh[0].item()


def test_an_area_never_sells_more_than_it_has() -> None:
    # Half a Wh on each of two lines would round up to one Wh more than there is.
    problem = market(
        book("0 sell 11 @ 100\n1 buy 9 @ 900\n2 buy 9 @ 900"),
        n_areas=3,
        lines=lines_of([(0, 1, 99, 0, 0, 0, 0), (0, 2, 99, 0, 0, 0, 0)]),
    )
    flows = whole_flows(
        problem,
        build_curves(problem),
        state([11.0, -5.5, -5.5], [5.5, 5.5]),
        np.zeros((3, 1), dtype=np.int64),
        np.zeros((3, 1)),
    )

    assert flows.net_export_wh[0].item() <= 11
    assert flows.net_export_wh.sum() == 0
