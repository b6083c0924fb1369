"""Rows of the projections of certificates."""

from dataclasses import dataclass

from market.model.certificate import CertificateAct


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDay:
    """Certificates of one unit and local day that settlement gave one participant."""

    participant_id: str
    day: str
    """As in 2016-06-15."""
    unit_id: str
    run_id: str
    """The run with which the lots stand ..."""
    area_id: str
    """... and the area in it."""
    own_use_wh: int
    used_wh: int
    """Came with energy that was bought and used."""
    kept_wh: int
    """Put into the participant's account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateActRow:
    """What an act did to one lot."""

    kind: CertificateAct
    participant_id: str
    reference: str
    receiver_id: str
    """Empty: nobody has it any more."""
    unit_id: str
    """Empty: an export for which there was no bundle."""
    start_s: int
    day: str
    energy_wh: int
    bundle: int | None
    """The number of the bundle it left in."""
    actor: str
    acted_us: int
