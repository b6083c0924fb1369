"""Readings beside their neighbours': kept in order one by one, and judged as if all had come at once."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from market.control.plausible import LikeUnits
from market.model.participant import Unit, UnitKind
from market.model.power import Doubt, Measurement
from tests.builders import MIDNIGHT_S, unit

UNITS: dict[str, Unit] = {
    f"u{number}": unit(f"u{number}", "ann", kind, injection_max_w=10_000)
    for number, kind in enumerate([UnitKind.SOLAR] * 6 + [UnitKind.WIND] * 4 + [UnitKind.STORAGE])
}
READING = Measurement(unit_id="u0", start_s=MIDNIGHT_S, injection_wh=0)
readings = st.builds(
    lambda unit_id, injection_wh, frequency_mhz: replace(
        READING, unit_id=unit_id, injection_wh=injection_wh, frequency_mhz=frequency_mhz
    ),
    st.sampled_from(sorted(UNITS)),
    st.integers(-50, 2_500),
    st.none() | st.integers(49_500, 50_500),
)


def at_once(all_of: dict[str, Measurement], reading: Measurement) -> Doubt | None:
    """The rule as it is written down."""
    kind = UNITS[reading.unit_id].kind
    used = sorted(
        item.injection_wh * 400 for item in all_of.values() if UNITS[item.unit_id].kind is kind
    )
    is_weather = kind in {UnitKind.SOLAR, UnitKind.WIND}
    if is_weather and len(used) >= 4:
        quartile = used[len(used) * 3 // 4 - 1]
        if reading.injection_wh * 400 > max(2 * quartile, 0) + 100_000:
            return Doubt.NEIGHBOURS
    heard = sorted(item.frequency_mhz for item in all_of.values() if item.frequency_mhz is not None)
    if reading.frequency_mhz is None or len(heard) < 4:
        return None
    is_apart = abs(reading.frequency_mhz - heard[len(heard) // 2]) > 200
    return Doubt.FREQUENCY if is_apart else None


@given(st.lists(st.tuples(readings, st.booleans()), max_size=40))
def test_one_by_one_is_judged_as_all_at_once(steps: list[tuple[Measurement, bool]]) -> None:
    like_units = LikeUnits(UNITS, 15)
    there: dict[str, Measurement] = {}
    for reading, stays in steps:
        like_units.put(reading)
        there[reading.unit_id] = reading
        if not stays:
            like_units.take_out(reading.unit_id)
            del there[reading.unit_id]
        assert [like_units.doubt(item) for item in there.values()] == [
            at_once(there, item) for item in there.values()
        ]
