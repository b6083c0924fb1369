"""Mandates and own limits: who may trade for whom, and how much at most.

The one idea: an aggregator trades another's units only inside an explicit mandate (units, dates,
limits), which its owner may revoke at any time. The order, its money and its position are the
owner's. A member may also bind itself: limits below the market's.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """One participant may trade units of another."""

    mandate_id: str
    """`man-` and the market's own number."""
    client_mandate_id: str
    """The owner's own id, unique for ever."""
    owner: str
    agent: str
    unit_ids: tuple[str, ...]
    """Units it covers; empty: all of the owner's, also later ones."""
    from_s: int
    """First delivery interval it covers."""
    until_s: int
    """End of the last delivery interval it covers."""
    energy_wh_max: int | None = None
    """Most energy of one order; None: no limit."""
    value_quanta_max: int | None = None
    """Most an order may be worth; None: no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLimits:
    """Limits a participant sets itself; None: none."""

    order_value_quanta_max: int | None = None
    exposure_quanta_max: int | None = None
    """Most that all its open orders may hold together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantMandate:
    """Let another participant trade one's units. Its id is given by the market."""

    now_us: int
    actor: str
    mandate: Mandate


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeMandate:
    """End a mandate at once; orders placed under it are cancelled."""

    now_us: int
    actor: str
    owner: str
    mandate_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOwnLimits:
    """Bind oneself."""

    now_us: int
    actor: str
    participant_id: str
    limits: OwnLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateGranted:
    """A mandate holds."""

    mandate: Mandate
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateRevoked:
    """A mandate holds no longer."""

    mandate_id: str
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLimitsSet:
    """A participant's own limits are these from now on."""

    participant_id: str
    limits: OwnLimits
