"""What is no redispatch problem is refused, every fault at once."""

from dataclasses import replace

import numpy as np
import pytest

from clearing.redispatch.decide import redispatch
from clearing.redispatch_problem import RedispatchFaultyError
from tests.clearing.grids import feeder, problem_of


def test_every_fault_of_a_problem_is_told_at_once() -> None:
    problem = replace(
        problem_of(feeder(), [1_000], lowest_w=[2_000], highest_w=[500], up=-10, down=5),
        replacement_ask_ticks=1,
        replacement_bid_ticks=2,
        minutes=0,
        network=replace(feeder(), source_v_pu=-1.0),
    )

    with pytest.raises(RedispatchFaultyError) as told:
        redispatch(problem)

    assert told.value.faults == (
        "network.source_v_pu: -1.0 is not above zero",
        "lowest_w: above scheduled_w: units [0]",
        "highest_w: below scheduled_w: units [0]",
        "cost_up_ticks + cost_down_ticks: below zero, moving to and fro would pay: units [0]",
        "replacement_ask_ticks: below replacement_bid_ticks",
        "minutes: 0 is no length of an interval",
    )


def test_columns_have_to_fit_the_units() -> None:
    problem = replace(
        problem_of(feeder(), [1_000]),
        cost_up_ticks=np.zeros(2, dtype=np.int64),
        lowest_w=np.zeros(1),
    )

    with pytest.raises(RedispatchFaultyError) as told:
        redispatch(problem)

    assert told.value.faults == (
        "lowest_w: float64 (1,), expected int64 (1,)",
        "cost_up_ticks: int64 (2,), expected int64 (1,)",
    )
