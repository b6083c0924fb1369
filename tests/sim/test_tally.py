"""The tally counts what it says."""

from sim.tally import Tally


def test_the_tallys_percentiles_are_nearest_rank() -> None:
    tally = Tally(ack_ms=[float(value) for value in range(1, 101)])

    assert tally.summary()["ack_ms"] == {"p50": 50.0, "p99": 99.0}
    assert Tally().summary()["ack_ms"] == {"p50": None, "p99": None}
