"""Certificates as rows: sums of the version of a day that stands, and every lot of every act."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from market.certificates.issuing import Purpose
from market.model.certificate import (
    CertificateAct,
    CertificatesExported,
    CertificatesMoved,
    CertificatesRetired,
    LotPart,
)
from market.model.interval import MICROSECONDS, day_of
from market.store import tables
from market.store.certificate_sheets import share_sums

CertificateEvent = CertificatesMoved | CertificatesRetired | CertificatesExported
CERTIFICATE_EVENTS: Final = (CertificatesMoved, CertificatesRetired, CertificatesExported)
_KINDS: Final = {
    CertificatesMoved: CertificateAct.MOVE,
    CertificatesRetired: CertificateAct.RETIRE,
    CertificatesExported: CertificateAct.EXPORT,
}


def keep_certificates(connection: Connection, market_id: str, run_id: str, day: str) -> None:
    """A run's version of a day stands: its sums take the place of those before."""
    areas, days = tables.settled_areas.c, tables.certificate_days
    sheets = connection.execute(
        select(areas.area_id, areas.certificates)
        .where(areas.market_id == market_id, areas.run_id == run_id)
        .order_by(areas.area_id)
    ).all()
    if not any(row.certificates for row in sheets):
        return  # as an older program ran it
    connection.execute(delete(days).where(days.c.market_id == market_id, days.c.day == day))
    rows = [
        {
            "market_id": market_id,
            "participant_id": participant_id,
            "day": day,
            "unit_id": unit_id,
            "run_id": run_id,
            "area_id": sheet.area_id,
            "own_use_wh": sums.get(Purpose.OWN_USE, 0),
            "used_wh": sums.get(Purpose.USED, 0),
            "kept_wh": sums.get(Purpose.HELD, 0),
        }
        for sheet in sheets
        for participant_id, unit_id, sums in share_sums(sheet.certificates)
    ]
    if rows:
        connection.execute(insert(days), rows)


def take_certificates(
    connection: Connection, market_id: str, event: CertificateEvent, event_seq: int, zone: str
) -> None:
    """Write an act lot by lot. `zone`: of the market, for local days."""
    common = {
        "market_id": market_id,
        "event_seq": event_seq,
        "kind": _KINDS[type(event)].value,
        "participant_id": event.participant_id,
        "reference": event.reference,
        "receiver_id": event.receiver_id if isinstance(event, CertificatesMoved) else "",
        "actor": event.actor,
        "acted_us": event.now_us,
    }
    rows = [
        {
            **common,
            "row": row,
            "unit_id": part.lot.unit_id,
            "start_s": part.lot.start_s,
            "day": day_of(part.lot.start_s, zone).isoformat(),
            "energy_wh": part.energy_wh,
            "bundle": bundle,
        }
        for row, (part, bundle) in enumerate(_parts(event))
    ]
    if not rows:
        acted_s = event.now_us // MICROSECONDS
        nothing = {"unit_id": "", "start_s": acted_s, "energy_wh": 0, "bundle": None, "row": 0}
        rows = [{**common, **nothing, "day": day_of(acted_s, zone).isoformat()}]
    connection.execute(insert(tables.certificate_acts), rows)


def _parts(event: CertificateEvent) -> Iterator[tuple[LotPart, int | None]]:
    """Each lot, and the bundle it leaves in."""
    if isinstance(event, CertificatesExported):
        for bundle in event.bundles:
            for part in bundle.parts:
                yield part, bundle.number
    else:
        for part in event.parts:
            yield part, None
