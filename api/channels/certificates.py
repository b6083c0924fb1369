"""What the account stream says of certificates: a version of a day, and acts of one's own or to one."""

from collections.abc import Iterator
from typing import Any

from market.model.certificate import (
    BUNDLE_WH,
    CertificateAct,
    CertificatesExported,
    CertificatesIssued,
    CertificatesMoved,
    CertificatesRetired,
    LotPart,
)
from market.model.units import energy_text

CertificateNews = (
    CertificatesIssued | CertificatesMoved | CertificatesRetired | CertificatesExported
)


def certificate_news(event: CertificateNews) -> Iterator[tuple[str, dict[str, Any]]]:
    """Whose certificates changed, and what is told; `energy_kwh` is what came, negative: what went."""
    if isinstance(event, CertificatesIssued):
        for participant_id, energy_wh in event.issued.held_wh:
            yield participant_id, _told("settled", energy_wh, event.run_id)
    elif isinstance(event, CertificatesMoved):
        energy_wh = _total_wh(event.parts)
        yield event.participant_id, _told(CertificateAct.MOVE, -energy_wh, event.reference)
        yield event.receiver_id, _told("received", energy_wh, event.reference)
    elif isinstance(event, CertificatesRetired):
        energy_wh = _total_wh(event.parts)
        yield event.participant_id, _told(CertificateAct.RETIRE, -energy_wh, event.reference)
    else:
        energy_wh = BUNDLE_WH * len(event.bundles)
        yield event.participant_id, _told(CertificateAct.EXPORT, -energy_wh, event.reference)


def _total_wh(parts: tuple[LotPart, ...]) -> int:
    return sum(part.energy_wh for part in parts)


def _told(what: str, energy_wh: int, reference: str) -> dict[str, Any]:
    return {"what": what, "energy_kwh": energy_text(energy_wh), "reference": reference}
