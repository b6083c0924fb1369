"""The register of certificates (绿证): how much everybody may still give away, and what was done already.

The one idea: lots are columns that stand with the runs of their days, and acts are few rows beside them;
neither is kept here. What is kept is one number a participant: all its lots together. A correction is a
difference to it, so of whoever has given away more than there is now, the rest is owed.

    balance of a lot and holder = settled share + received - given - retired - exported
    held = max(0, balance)      owed = max(0, -balance)      free of a holder = held - owed, over all lots

What a holder owes is blocked in its other certificates: it may give away only what is free. So no balance
anybody may use is below zero, and nothing goes out twice. Always, over everything,

    issued = own use + used + held - owed + retired + exported
"""

from dataclasses import dataclass, field

from market.certificates.errors import CertificateError
from market.model.certificate import (
    BUNDLE_WH,
    CertificatesExported,
    CertificatesMoved,
    CertificatesRetired,
    IssuedCertificates,
    LotPart,
)


@dataclass(slots=True)
class Registry:
    """Certificates of one market."""

    issued_wh: int = 0
    """Like own_use_wh and used_wh of all days, each by its version that stands."""
    own_use_wh: int = 0
    used_wh: int = 0
    retired_wh: int = 0
    """By acts."""
    bundles: int = 0
    """Exported so far; they are numbered through."""
    balances_wh: dict[str, int] = field(default_factory=dict)
    """By participant, held less owed."""
    acts: dict[str, int] = field(default_factory=dict)
    """By participant, how many acts have changed its account: what was read before is told by it."""
    said: dict[tuple[str, str], str] = field(default_factory=dict)
    """(participant, reference) to the digest of its act, for ever."""

    def issue(self, issued: IssuedCertificates) -> None:
        """Book what a version of a day issues or takes back.

        Raises:
            CertificateError: certificates do not add up.
        """
        self.issued_wh += issued.issued_wh
        self.own_use_wh += issued.own_use_wh
        self.used_wh += issued.used_wh
        for participant_id, energy_wh in issued.held_wh:
            self._add(participant_id, energy_wh)
        if not self.holds():
            raise CertificateError("certificates of a day do not add up")

    def moved(self, event: CertificatesMoved) -> None:
        """Certificates are another participant's now."""
        energy_wh = total_wh(event.parts)
        self._add(event.participant_id, -energy_wh)
        self._add(event.receiver_id, energy_wh)
        self._changed(event.participant_id)
        self._changed(event.receiver_id)

    def retired(self, event: CertificatesRetired) -> None:
        """Certificates are used up."""
        energy_wh = total_wh(event.parts)
        self._add(event.participant_id, -energy_wh)
        self.retired_wh += energy_wh
        self._changed(event.participant_id)

    def exported(self, event: CertificatesExported) -> None:
        """Certificates have left."""
        self._add(event.participant_id, -BUNDLE_WH * len(event.bundles))
        self.bundles += len(event.bundles)
        self._changed(event.participant_id)

    def _add(self, participant_id: str, energy_wh: int) -> None:
        self.balances_wh[participant_id] = self.balances_wh.get(participant_id, 0) + energy_wh

    def _changed(self, participant_id: str) -> None:
        self.acts[participant_id] = self.acts.get(participant_id, 0) + 1

    # --- what is there ---------------------------------------------------------------------

    def free_wh(self, participant_id: str) -> int:
        """What a holder may give away over all lots, >= 0."""
        return max(0, self.balances_wh.get(participant_id, 0))

    @property
    def exported_wh(self) -> int:
        """What has left."""
        return BUNDLE_WH * self.bundles

    def holds(self) -> bool:
        """Whether everything adds up."""
        gone_wh = self.own_use_wh + self.used_wh + self.retired_wh + self.exported_wh
        return self.issued_wh == gone_wh + sum(self.balances_wh.values())


def total_wh(parts: tuple[LotPart, ...]) -> int:
    """All parts together."""
    return sum(part.energy_wh for part in parts)
