"""Every reason for a no, in order of precedence.

The one idea: a business "no" is a value of this enumeration with parameters, never an exception and
never a sentence; the first fault in this order is the one reported where only one can be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Code(StrEnum):
    """Codes as they stand on the wire. Order here is order of precedence."""

    # Form
    FIELD_MISSING = "FIELD_MISSING"
    FIELD_UNKNOWN = "FIELD_UNKNOWN"
    FIELD_FORMAT = "FIELD_FORMAT"
    FIELD_RANGE = "FIELD_RANGE"
    BODY_NOT_JSON = "BODY_NOT_JSON"
    BODY_TOO_LARGE = "BODY_TOO_LARGE"
    TIMEZONE_REQUIRED = "TIMEZONE_REQUIRED"
    METHOD_UNKNOWN = "METHOD_UNKNOWN"
    # Identity
    AUTH_REQUIRED = "AUTH_REQUIRED"
    TOKEN_INVALID = "TOKEN_INVALID"  # noqa: S105 - a code, no secret
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - a code, no secret
    CREDENTIALS_WRONG = "CREDENTIALS_WRONG"
    NOT_PERMITTED = "NOT_PERMITTED"
    # Identity of objects
    NOT_FOUND = "NOT_FOUND"
    EXISTS_WITH_DIFFERENT_FIELDS = "EXISTS_WITH_DIFFERENT_FIELDS"
    ORDER_UNKNOWN = "ORDER_UNKNOWN"
    ORDER_ALREADY_CLOSED = "ORDER_ALREADY_CLOSED"
    UNIT_UNKNOWN = "UNIT_UNKNOWN"
    AREA_UNKNOWN = "AREA_UNKNOWN"
    PARTICIPANT_UNKNOWN = "PARTICIPANT_UNKNOWN"
    # Phase
    PRODUCT_UNKNOWN = "PRODUCT_UNKNOWN"
    NOT_OPEN = "NOT_OPEN"
    GATE_CLOSED = "GATE_CLOSED"
    PHASE_CONFLICT = "PHASE_CONFLICT"
    # Product
    PRICE_TICK = "PRICE_TICK"
    VOLUME_STEP = "VOLUME_STEP"
    VOLUME_MIN = "VOLUME_MIN"
    DEFINITION_INVALID = "DEFINITION_INVALID"
    # Price
    PRICE_ABOVE_MAX = "PRICE_ABOVE_MAX"
    PRICE_BELOW_MIN = "PRICE_BELOW_MIN"
    # Physics
    EXCEEDS_CAPABILITY = "EXCEEDS_CAPABILITY"
    EXCEEDS_STORED_ENERGY = "EXCEEDS_STORED_ENERGY"
    # Money
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    # Load
    OPEN_ORDERS_MAX = "OPEN_ORDERS_MAX"
    SYSTEM_BUSY = "SYSTEM_BUSY"
    # Measurements
    MEASUREMENT_TOO_EARLY = "MEASUREMENT_TOO_EARLY"
    MEASUREMENT_TOO_LATE = "MEASUREMENT_TOO_LATE"
    MEASUREMENT_IMPLAUSIBLE = "MEASUREMENT_IMPLAUSIBLE"
    # System
    BATCH_NOT_APPLIED = "BATCH_NOT_APPLIED"
    SYSTEM_UNAVAILABLE = "SYSTEM_UNAVAILABLE"


TRANSIENT: Final = frozenset({Code.NOT_OPEN, Code.SYSTEM_BUSY, Code.SYSTEM_UNAVAILABLE})
"""Refusals that may pass if the same request is sent again later."""

PRECEDENCE: Final = {code: rank for rank, code in enumerate(Code)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A coded no, with the numbers that explain it."""

    code: Code
    pointer: str | None = None
    """The field at fault; None: the request as a whole."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Values for the text, already in wire units."""
