"""Green certificates 绿证: what a settled day issues, and what people do with what they hold.

The one idea: a certificate is one Wh of one unit and interval, its *lot*. What a day issues stands with the
day's run as columns; who holds how many of a lot is that and what people did since. A command about lots
says what was read of them and as of when, so that it is decided without keeping them all.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

BUNDLE_WH: Final = 1_000_000
"""A certificate is exported as 1 MWh; what is left over stays and counts for the next."""


class CertificateAct(StrEnum):
    """What people do with certificates."""

    MOVE = "move"
    """To another participant."""
    RETIRE = "retire"
    """For one's own use in the same interval."""
    EXPORT = "export"
    """In whole bundles to another register."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Lot:
    """Certificates of one unit and interval. They sort by time, then unit."""

    start_s: int
    unit_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LotPart:
    """So many certificates of a lot."""

    lot: Lot
    energy_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRead:
    """What was read of a lot in one participant's hands."""

    lot: Lot
    balance_wh: int
    """What it has of it; negative: it has given away more than there is now, and owes it."""
    open_wh: int = 0
    """What it used in the interval and no certificate is retired for yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotsRead:
    """Lots as they were read, and as of when. What has changed since is not decided on."""

    acts: int
    """How many acts had changed the participant's account."""
    versions: tuple[tuple[str, int], ...]
    """Of each local day the lots are of, the version that stood; 0: none yet."""
    lots: tuple[LotRead, ...]
    """Those that are asked for, in the order asked; to export the oldest ones that it has some of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """1 MWh that left the register."""

    number: int
    """Counted from 1 over the whole register."""
    parts: tuple[LotPart, ...]
    """1 MWh in sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCertificates:
    """What a version of a day issues, less what the one before it had issued; signed."""

    issued_wh: int
    own_use_wh: int
    """Of it used behind the producer's own metering point, and retired at once."""
    used_wh: int
    """Of it used by who bought the energy, and retired at once."""
    held_wh: tuple[tuple[str, int], ...]
    """The rest, by participant into whose account it goes; those without a change are not there."""


NOTHING_ISSUED: Final = IssuedCertificates(issued_wh=0, own_use_wh=0, used_wh=0, held_wh=())


# --- commands -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCertificates:
    """Give certificates to another participant."""

    now_us: int
    actor: str
    participant_id: str
    reference: str
    """The participant's own id, unique for ever: the same act again changes nothing."""
    receiver_id: str
    parts: tuple[LotPart, ...]
    read: LotsRead


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireCertificates:
    """Use certificates up for one's own use in their intervals."""

    now_us: int
    actor: str
    participant_id: str
    reference: str
    parts: tuple[LotPart, ...]
    read: LotsRead


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportCertificates:
    """Take certificates out of the register in whole bundles, oldest first."""

    now_us: int
    actor: str
    participant_id: str
    reference: str
    bundles_max: int | None
    """None: as many as there are."""
    read: LotsRead


CertificateCommand: TypeAlias = MoveCertificates | RetireCertificates | ExportCertificates


# --- events ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesIssued:
    """A version of a day stands, and its certificates with it."""

    run_id: str
    day: str
    version: int
    issued: IssuedCertificates


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesMoved:
    """Certificates went to another participant."""

    participant_id: str
    reference: str
    receiver_id: str
    parts: tuple[LotPart, ...]
    actor: str
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesRetired:
    """A participant used certificates up for its own use."""

    participant_id: str
    reference: str
    parts: tuple[LotPart, ...]
    actor: str
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesExported:
    """Certificates left the register; without bundles: less than one could go."""

    participant_id: str
    reference: str
    bundles: tuple[Bundle, ...]
    bundles_max: int | None
    actor: str
    now_us: int
