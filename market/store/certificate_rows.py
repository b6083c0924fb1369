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
from market.store.rows import Column, Same, insert_columns

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
    for sheet in sheets:
        sums = share_sums(sheet.certificates)
        columns: dict[str, Column] = {
            "market_id": Same(market_id),
            "participant_id": sums.participant_ids,
            "day": Same(day),
            "unit_id": sums.unit_ids,
            "run_id": Same(run_id),
            "area_id": Same(sheet.area_id),
            "own_use_wh": sums.of_purpose_wh[Purpose.OWN_USE],
            "used_wh": sums.of_purpose_wh[Purpose.USED],
            "kept_wh": sums.of_purpose_wh[Purpose.HELD],
        }
        insert_columns(connection, days, [columns[item.name] for item in days.columns])


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
