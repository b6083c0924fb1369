"""Signing a reading at the device, so that whoever relays it can prove whose it is.

The one idea: the key is the SHA-256 of the device's own client secret, which is all the market keeps of
it. What is signed are whole numbers in a fixed order, one a line, so a decimal has one form only.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

FORM: Final = "wattmarket-measurement-1"
"""First line of what is signed."""
_SCALED: Final = (
    ("state_of_charge_kwh", 3),
    ("power_kw", 3),
    ("reactive_kvar", 3),
    ("voltage_pu", 6),
    ("frequency_hz", 3),
)
"""Decimals, in the order in which they are signed, and their places."""


def signed(market_id: str, secret: str, reading: Mapping[str, Any]) -> dict[str, Any]:
    """The reading with its signature, ready to be reported by anybody.

    Args:
        market_id: the market it is for.
        secret: the device's client secret.
        reading: as `report_measurements` takes it.
    """
    key = hashlib.sha256(secret.encode()).digest()
    signature = hmac.new(key, signed_form(market_id, reading), hashlib.sha256).hexdigest()
    return {**reading, "signature": signature}


def signed_form(market_id: str, reading: Mapping[str, Any]) -> bytes:
    """What a signature covers: a line for each value, empty where there is none."""
    generation = _whole(reading["generation_kwh"], 3)
    consumption = _whole(reading["consumption_kwh"], 3)
    measured_at = reading.get("measured_at")
    sequence = reading.get("sequence")
    lines = [
        FORM,
        market_id,
        str(reading["unit_id"]),
        str(_microseconds(reading["start"]) // 1_000_000),
        str(int(generation) - int(consumption)),
        *(_whole(reading.get(name), places) for name, places in _SCALED),
        "" if sequence is None else str(sequence),
        "" if measured_at is None else str(_microseconds(measured_at)),
    ]
    return "\n".join(lines).encode()


def _whole(value: object, places: int) -> str:
    return "" if value is None else str(int(Decimal(str(value)).scaleb(places)))


def _microseconds(value: str | datetime) -> int:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value.upper())
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no offset")
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * 1_000_000 + moment.microsecond
