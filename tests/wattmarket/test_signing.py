"""A reading signed at the device is what the market checks."""

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.model.power import Measurement
from market.model.signing import is_signed_by, signed_form
from market.model.units import decimal_text
from wattmarket import signing

START_S = 1_465_945_200
FULL = Measurement(
    unit_id="ada-solar",
    start_s=START_S,
    injection_wh=-1_250,
    state_of_charge_wh=4_000,
    power_w=-5_000,
    reactive_var=120,
    voltage_ppm=1_012_500,
    frequency_mhz=50_012,
    sequence=41,
    measured_us=START_S * 1_000_000 + 900_250_000,
)


def _sent(reading: Measurement) -> dict[str, object]:
    """The reading as it goes over the wire."""

    def text(value: int | None, places: int) -> str | None:
        return None if value is None else decimal_text(value, places)

    measured = reading.measured_us
    return {
        "unit_id": reading.unit_id,
        "start": datetime.fromtimestamp(reading.start_s, UTC).isoformat(),
        "consumption_kwh": decimal_text(max(0, -reading.injection_wh), 3),
        "generation_kwh": decimal_text(max(0, reading.injection_wh), 3),
        "state_of_charge_kwh": text(reading.state_of_charge_wh, 3),
        "power_kw": text(reading.power_w, 3),
        "reactive_kvar": text(reading.reactive_var, 3),
        "voltage_pu": text(reading.voltage_ppm, 6),
        "frequency_hz": text(reading.frequency_mhz, 3),
        "sequence": reading.sequence,
        "measured_at": None
        if measured is None
        else datetime.fromtimestamp(measured // 1_000_000, UTC)
        .replace(microsecond=measured % 1_000_000)
        .isoformat(),
    }


def test_the_form_is_as_the_page_says() -> None:
    lines = signed_form("village", FULL).decode().split("\n")
    assert lines == [
        "wattmarket-measurement-1", "village", "ada-solar", "1465945200", "-1250", "4000", "-5000",
        "120", "1012500", "50012", "41", "1465946100250000",
    ]  # fmt: skip


_numbers = st.none() | st.integers(-2_000_000, 2_000_000)
_counts = st.none() | st.integers(0, 2_000_000)


@given(
    injection_wh=st.integers(-(10**9), 10**9),
    power_w=_numbers,
    reactive_var=_numbers,
    charge_wh=_counts,
    voltage_ppm=_counts,
    frequency_mhz=_counts,
    sequence=_counts,
    measured_ms=_counts,
)
def test_the_devices_form_is_the_markets(
    injection_wh: int,
    power_w: int | None,
    reactive_var: int | None,
    charge_wh: int | None,
    voltage_ppm: int | None,
    frequency_mhz: int | None,
    sequence: int | None,
    measured_ms: int | None,
) -> None:
    reading = Measurement(
        unit_id="u",
        start_s=START_S,
        injection_wh=injection_wh,
        power_w=power_w,
        reactive_var=reactive_var,
        state_of_charge_wh=charge_wh,
        voltage_ppm=voltage_ppm,
        frequency_mhz=frequency_mhz,
        sequence=sequence,
        measured_us=None if measured_ms is None else START_S * 1_000_000 + measured_ms * 1_000,
    )
    assert signing.signed_form("village", _sent(reading)) == signed_form("village", reading)


def test_ways_of_writing_a_decimal_are_one_signature() -> None:
    sent = _sent(FULL)
    short = {**sent, "power_kw": "-5", "consumption_kwh": "1.25"}
    one, other = (signing.signed("village", "secret", item) for item in (sent, short))
    assert one["signature"] == other["signature"]


@pytest.mark.parametrize(
    ("market_id", "secret", "good"),
    [("village", "secret", True), ("village", "other", False), ("town", "secret", False)],
)
def test_only_the_device_can_have_signed(market_id: str, secret: str, good: bool) -> None:
    signature = signing.signed(market_id, secret, _sent(FULL))["signature"]
    key = hashlib.sha256(b"secret").digest()
    told = Measurement(**{**{n: getattr(FULL, n) for n in FULL.__slots__}, "signature": signature})
    assert is_signed_by(key, "village", told) is good


def test_a_time_without_an_offset_is_not_signed() -> None:
    with pytest.raises(ValueError, match="offset"):
        signing.signed("village", "secret", {**_sent(FULL), "start": "2016-06-15T00:00:00"})
