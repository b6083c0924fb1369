"""Single values of the wire."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.wire import fields
from api.wire.fields import FieldError


def code_of(read: object, text: str) -> str:
    assert callable(read)
    with pytest.raises(FieldError) as fault:
        read(text)
    return fault.value.code.value


@given(st.decimals(min_value=0, max_value=999_999, places=3))
def test_energy_is_exact(number: Decimal) -> None:
    assert fields.energy_wh(f"{number:.3f}") == number * 1000


@given(st.decimals(min_value=-9_999, max_value=9_999, places=2))
def test_prices_are_exact(number: Decimal) -> None:
    assert fields.price_ticks(f"{number:.2f}") == number * 100


@given(st.integers(min_value=1, max_value=10**17))
def test_money_is_exact(quanta: int) -> None:
    assert fields.deposit_quanta(f"{Decimal(quanta).scaleb(-8):.8f}") == quanta


@given(st.text(max_size=12))
def test_a_decimal_is_read_or_refused(text: str) -> None:
    for read in (fields.order_energy_wh, fields.price_ticks, fields.power_w, fields.deposit_quanta):
        try:
            value = read(text)
        except FieldError:
            continue
        assert Decimal(text).is_finite()
        assert isinstance(value, int)


@pytest.mark.parametrize(
    ("read", "text", "code"),
    [
        (fields.price_ticks, "1.234", "PRICE_TICK"),
        (fields.price_ticks, "1.000", "PRICE_TICK"),
        (fields.order_energy_wh, "1.0000", "VOLUME_STEP"),
        (fields.order_energy_wh, "0", "VOLUME_MIN"),
        (fields.order_energy_wh, "-1", "FIELD_RANGE"),
        (fields.energy_wh, "1.0000", "FIELD_RANGE"),
        (fields.power_w, "-0.001", "FIELD_RANGE"),
        (fields.power_w, "2000000.001", "FIELD_RANGE"),
        (fields.deposit_quanta, "0.00000000", "FIELD_RANGE"),
        (fields.deposit_quanta, "1000000000.00000001", "FIELD_RANGE"),
        (fields.price_ticks, "+1", "FIELD_FORMAT"),
        (fields.price_ticks, "01", "FIELD_FORMAT"),
        (fields.price_ticks, "1.", "FIELD_FORMAT"),
        (fields.price_ticks, ".5", "FIELD_FORMAT"),
        (fields.price_ticks, " 1", "FIELD_FORMAT"),
        (fields.price_ticks, "1\n", "FIELD_FORMAT"),
        (fields.price_ticks, "1_0", "FIELD_FORMAT"),
        (fields.price_ticks, "1e2", "FIELD_FORMAT"),
        (fields.price_ticks, "Infinity", "FIELD_FORMAT"),
        (fields.price_ticks, "", "FIELD_FORMAT"),
    ],
)
def test_decimals_that_are_not_taken(read: object, text: str, code: str) -> None:
    assert code_of(read, text) == code


@given(
    st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(2199, 12, 30)),  # noqa: DTZ001
    st.integers(min_value=-14 * 60, max_value=14 * 60),
)
def test_an_instant_is_the_same_in_every_zone(local: datetime, offset_minutes: int) -> None:
    zone = timezone(timedelta(minutes=offset_minutes))
    moment = local.replace(microsecond=0, tzinfo=zone)
    in_utc = moment.astimezone(UTC)
    expected = int(moment.timestamp())
    assert fields.instant_s(moment.isoformat()) == expected
    assert fields.instant_s(in_utc.strftime("%Y-%m-%dT%H:%M:%SZ")) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2016-06-15T12:00:00", "TIMEZONE_REQUIRED"),
        ("2016-06-15 12:00:00", "TIMEZONE_REQUIRED"),
        ("2016-06-15", "FIELD_FORMAT"),
        ("2016-06-15T12:00Z", "FIELD_FORMAT"),
        ("20160615T120000Z", "FIELD_FORMAT"),
        ("2016-02-30T12:00:00Z", "FIELD_FORMAT"),
        ("2016-06-15T24:00:00Z", "FIELD_FORMAT"),
        ("2016-06-15T12:00:60Z", "FIELD_FORMAT"),
        ("2016-06-15T12:00:00+25:00", "FIELD_FORMAT"),
        ("2016-06-15T12:00:00 Europe/Berlin", "FIELD_FORMAT"),
        ("2016-06-15T12:00:00.001Z", "FIELD_RANGE"),
        ("2016-06-15T12:00:00.0000001Z", "FIELD_RANGE"),
        ("1999-12-31T23:59:59Z", "FIELD_RANGE"),
        ("2200-01-01T00:00:00Z", "FIELD_RANGE"),
        ("1465984800", "FIELD_FORMAT"),
        ("now", "FIELD_FORMAT"),
    ],
)
def test_times_that_are_not_taken(text: str, code: str) -> None:
    assert code_of(fields.instant_s, text) == code


def test_zeros_after_the_second_are_no_fraction() -> None:
    assert fields.instant_s("2016-06-15T12:00:00.000Z") == fields.instant_s("2016-06-15T12:00:00Z")


@given(st.text(max_size=70))
def test_an_id_is_plain(text: str) -> None:
    try:
        assert fields.identifier(text) == text
    except FieldError:
        return
    assert text.isascii()
    assert text.isprintable()
    assert 1 <= len(text) <= 64
    assert not set(text) & set("/\\?#% \"'<>")


@pytest.mark.parametrize("text", ["Village", "village.1", "../up", "-v", "", "v" * 64, "v/1", "é"])
def test_a_market_id_can_be_a_file_name(text: str) -> None:
    assert code_of(fields.market_identifier, text) == "FIELD_FORMAT"


@pytest.mark.parametrize("text", ["a\nb", "a\0", "\ud800", "\x85"])
def test_a_name_is_text_for_people(text: str) -> None:
    assert code_of(fields.plain_text, text) == "FIELD_FORMAT"


def test_a_name_may_be_in_any_language() -> None:
    assert fields.plain_text("Größe 村 🌞") == "Größe 村 🌞"
    assert code_of(fields.plain_text, "") == "FIELD_RANGE"
    assert code_of(fields.plain_text, "x" * 201) == "FIELD_RANGE"
