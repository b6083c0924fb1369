"""How green the use of a day was: of everybody together, of areas with enough participants, of one.

The one idea: green is what certificates are retired for in the very interval, with the energy or by an act since;
of nobody more than it used.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, func, select

from market.certificates.statement import NOTHING_USED, GreenShare, merged_areas
from market.model.certificate import CertificateAct
from market.model.splitting import Integers, sums
from market.store import tables
from market.store.certificate_sheets import GreenRows, green_rows
from market.store.queries.certificate_lots import standing_run


@dataclass(frozen=True, slots=True, kw_only=True)
class GreenInterval:
    """How green an interval was."""

    start_s: int
    market: GreenShare
    areas: Mapping[str, GreenShare]
    """Of areas in which enough participants used something."""
    merged: GreenShare | None
    """Of all others together; None: there are none."""
    own: GreenShare | None
    """Of the one who asks; None: it used nothing."""


def green_shares(
    connection: Connection, market_id: str, *, day: str, participant_id: str | None = None
) -> tuple[GreenInterval, ...]:
    """Each interval of a local day in which anybody used anything; none before it is settled as a whole.

    Args:
        connection: of a reader.
        market_id: the market.
        day: as in 2016-06-15.
        participant_id: whose own share is wanted too.
    """
    retired = _retired(connection, market_id, day)
    areas: defaultdict[int, dict[str, GreenShare]] = defaultdict(dict)
    users: defaultdict[int, dict[str, int]] = defaultdict(dict)
    own: dict[int, GreenShare] = {}
    c = tables.settled_areas.c
    sheets = connection.execute(
        select(c.area_id, c.green)
        .where(
            c.market_id == market_id,
            c.run_id == standing_run(market_id, day),
            func.length(c.green) > 0,
        )
        .order_by(c.area_id)
    )
    for area_id, content in sheets:
        read = green_rows(content)
        green_wh = _green_wh(read, retired)
        starts, at = np.unique(read.start_s, return_inverse=True)
        columns = (
            starts,
            sums(read.used_wh, at, len(starts)),
            sums(green_wh, at, len(starts)),
            np.bincount(at, minlength=len(starts)),
        )
        for start_s, used_wh, green, count in zip(*(x.tolist() for x in columns), strict=True):
            areas[start_s][area_id] = GreenShare(used_wh=used_wh, green_wh=green)
            users[start_s][area_id] = count
        for row in read.rows_of(participant_id or "").tolist():
            own[int(read.start_s[row])] = GreenShare(
                used_wh=int(read.used_wh[row]), green_wh=int(green_wh[row])
            )
    return tuple(
        _interval(start_s, areas[start_s], users[start_s], own.get(start_s))
        for start_s in sorted(areas)
    )


def _green_wh(read: GreenRows, retired: Mapping[tuple[str, int], int]) -> Integers:
    """(p,) what certificates are retired for, with the energy or since; of nobody more than it used."""
    green_wh = read.retired_wh.copy()
    for (name, start_s), energy_wh in retired.items():
        rows = read.rows_of(name)
        green_wh[rows[read.start_s[rows] == start_s]] += energy_wh
    return np.minimum(green_wh, read.used_wh)


def _retired(connection: Connection, market_id: str, day: str) -> dict[tuple[str, int], int]:
    """What acts have retired, by participant and interval."""
    c = tables.certificate_acts.c
    found: defaultdict[tuple[str, int], int] = defaultdict(int)
    for name, start_s, energy_wh in connection.execute(
        select(c.participant_id, c.start_s, c.energy_wh).where(
            c.market_id == market_id, c.day == day, c.kind == CertificateAct.RETIRE.value
        )
    ):
        found[name, start_s] += energy_wh
    return found


def _interval(
    start_s: int,
    areas: Mapping[str, GreenShare],
    users: Mapping[str, int],
    own: GreenShare | None,
) -> GreenInterval:
    merged = merged_areas(users)
    market, rest = NOTHING_USED, NOTHING_USED
    for area_id, share in areas.items():
        market = market.plus(share)
        if area_id in merged:
            rest = rest.plus(share)
    return GreenInterval(
        start_s=start_s,
        market=market,
        areas={area_id: share for area_id, share in areas.items() if area_id not in merged},
        merged=rest if merged else None,
        own=own,
    )
