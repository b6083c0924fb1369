"""What the wire says of certificates: balances, lots, acts, and how green a day was."""

from collections.abc import Iterator
from typing import Final

from api.answers.values import Answer
from market.model.certificate import CertificateAct
from market.model.interval import instant_text, moment_text
from market.model.units import energy_text
from market.store.queries import (
    CertificateActRow,
    CertificateBalance,
    GreenInterval,
    GreenShare,
    LotLine,
)

_ENERGIES: Final = ("own_use", "used", "kept", "received", "given", "retired", "exported")
_HANDS: Final = (*_ENERGIES, "held", "owed")
BALANCE: Final = (
    *("participant_id", "day", "unit_id", "source", "area_id"),
    *(f"{name}_kwh" for name in _HANDS),
)
"""The columns of a file of balances."""
LOT: Final = ("unit_id", "source", "area_id", "start", *(f"{name}_kwh" for name in _HANDS))
"""The columns of a statement."""
ACT: Final = (
    *("kind", "participant_id", "reference", "receiver_id", "unit_id", "start"),
    *("energy_kwh", "bundle", "by", "at"),
)
"""The columns of a file of acts, a row for each lot."""
GREEN: Final = ("start", "scope", "area_id", "used_kwh", "green_kwh", "share_ppm")
"""The columns of a file of green shares."""


def balance(item: CertificateBalance) -> Answer:
    """A participant's certificates of one unit and day."""
    return {
        "participant_id": item.participant_id,
        "day": item.day,
        "unit_id": item.unit_id,
        "source": item.source,
        "area_id": item.area_id,
        **{f"{name}_kwh": energy_text(getattr(item, f"{name}_wh")) for name in _HANDS},
    }


def lot(item: LotLine) -> Answer:
    """A lot in somebody's hands: source, place, time, and what became of it."""
    line = item.line
    return {
        "unit_id": line.lot.unit_id,
        "source": item.source,
        "area_id": item.area_id,
        "start": instant_text(line.lot.start_s),
        **{f"{name}_kwh": energy_text(getattr(line, f"{name}_wh")) for name in _HANDS},
    }


def act_row(item: CertificateActRow) -> Answer:
    """What an act did to one lot; an export without a bundle has none."""
    return {
        "kind": item.kind.value,
        "participant_id": item.participant_id,
        "reference": item.reference,
        "receiver_id": item.receiver_id or None,
        "unit_id": item.unit_id or None,
        "start": instant_text(item.start_s) if item.unit_id else None,
        "energy_kwh": energy_text(item.energy_wh),
        "bundle": item.bundle,
        "by": item.actor,
        "at": moment_text(item.acted_us),
    }


def act(rows: tuple[CertificateActRow, ...], free_wh: int) -> Answer:
    """An act as a whole, and what its participant may still give away."""
    first = rows[0]
    lots = [row for row in rows if row.unit_id]
    numbers = dict.fromkeys(row.bundle for row in lots if row.bundle is not None)
    return {
        "kind": first.kind.value,
        "participant_id": first.participant_id,
        "reference": first.reference,
        "receiver_id": first.receiver_id or None,
        "energy_kwh": energy_text(sum(row.energy_wh for row in lots)),
        "bundles": list(numbers) if first.kind is CertificateAct.EXPORT else None,
        "lots": len(lots),
        "at": moment_text(first.acted_us),
        "free_kwh": energy_text(free_wh),
    }


def green_rows(item: GreenInterval) -> Iterator[Answer]:
    """An interval: the market, areas with enough participants, the others together, one's own."""
    scopes: list[tuple[str, str | None, GreenShare]] = [("market", None, item.market)]
    scopes += [("area", area_id, share) for area_id, share in item.areas.items()]
    if item.merged is not None:
        scopes.append(("others", None, item.merged))
    if item.own is not None:
        scopes.append(("own", None, item.own))
    for scope, area_id, share in scopes:
        yield {
            "start": instant_text(item.start_s),
            "scope": scope,
            "area_id": area_id,
            "used_kwh": energy_text(share.used_wh),
            "green_kwh": energy_text(share.green_wh),
            "share_ppm": share.share_ppm,
        }
