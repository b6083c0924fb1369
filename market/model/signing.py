"""The form in which a reading is signed, and its signature.

The one idea: a device signs what its meter read before anybody relays it, with the one secret that it
shares with the market; so a gateway in between can lose a reading or delay it, but not make one up. What
is signed is text with one value a line in a fixed order, in the market's own whole numbers, so that two
ways of writing a decimal cannot be two signatures.
"""

import hashlib
import hmac
from typing import Final

from market.model.power import Measurement

FORM: Final = "wattmarket-measurement-1"
"""First line of what is signed; another form will have another name."""


def signed_form(market_id: str, reading: Measurement) -> bytes:
    """What a signature covers: a line for each value, empty where the meter does not measure it."""
    values: tuple[object, ...] = (
        FORM,
        market_id,
        reading.unit_id,
        reading.start_s,
        reading.injection_wh,
        reading.state_of_charge_wh,
        reading.power_w,
        reading.reactive_var,
        reading.voltage_ppm,
        reading.frequency_mhz,
        reading.sequence,
        reading.measured_us,
    )
    return "\n".join(["" if value is None else str(value) for value in values]).encode()


def signature_of(key: bytes, market_id: str, reading: Measurement) -> str:
    """The reading's signature: HMAC-SHA256 in hexadecimal.

    Args:
        key: SHA-256 of the device's client secret, which is all the market keeps of it.
        market_id: the market it is told.
        reading: as the meter read it.
    """
    return hmac.new(key, signed_form(market_id, reading), hashlib.sha256).hexdigest()


def is_signed_by(key: bytes, market_id: str, reading: Measurement) -> bool:
    """True when the reading's signature was made with this key."""
    return hmac.compare_digest(signature_of(key, market_id, reading), reading.signature)
