"""Two controllers, a cut and its healing: a unit has one schedule for an interval, ever."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from market.control.unit import UnitControl
from market.model.power import ControlChannel, Setpoint
from tests.market.control.unit.stand import MARKET, SENDERS, START_S, Stand

BOTH = replace(SENDERS, market=frozenset({MARKET, "second"}))
WRITERS = {1: MARKET, 2: "second"}
messages = st.lists(
    st.tuples(
        st.integers(1, 2),  # the writer, by its epoch
        st.integers(1, 30),  # sequence
        st.integers(0, 3),  # which interval from now
        st.integers(0, 9),  # target, kW
        st.booleans(),  # or only a heartbeat
    ),
    max_size=25,
)


@given(messages)
def test_whatever_comes_in_whatever_order_the_newest_writer_leads(
    sent: list[tuple[int, int, int, int, bool]],
) -> None:
    stand = Stand(senders=BOTH)
    newest_epoch, led_by = 0, dict[int, tuple[int, int]]()
    for epoch, sequence, interval, power_kw, is_beat in sent:
        if is_beat:
            beat = stand.machine.heartbeat(
                ControlChannel.MARKET, WRITERS[epoch], stand.now, epoch=epoch
            )
            assert (beat is None) == (epoch >= newest_epoch)
            newest_epoch = max(newest_epoch, epoch)
            continue
        start_s = START_S + 900 * interval
        setpoint = Setpoint(
            unit_id="u",
            start_s=start_s,
            until_s=start_s + 900,
            target_w=1_000 * power_kw,
            fallback_w=0,
            sequence=sequence,
            epoch=epoch,
        )
        before = stand.machine.memory().setpoints
        if stand.machine.accept(setpoint, WRITERS[epoch], stand.now) is None:
            assert epoch >= newest_epoch
            newest_epoch = epoch
            if setpoint not in before:
                # What leads an interval is only ever replaced by something newer.
                assert (epoch, sequence) > led_by.get(interval, (0, 0))
                led_by[interval] = (epoch, sequence)
        else:
            assert stand.machine.memory().setpoints == before
    control = UnitControl(stand.unit, stand.machine.memory().setpoints)
    for interval, mark in led_by.items():
        holding = control.holding(START_S + 900 * interval)
        assert holding is not None
        assert (holding.epoch, holding.sequence) == mark
