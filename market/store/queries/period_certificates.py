"""Certificates of a report: what settled days have issued, by sort of unit, and what became of it.

The one idea: a lot is of the day it was generated on, whenever somebody does something with it.
"""

from collections import defaultdict

from sqlalchemy import Connection, Join, Table, case, select

from market.model.certificate import CertificateAct
from market.model.participant import UnitKind
from market.store import tables
from market.store.period_views import CertificateSum, PeriodSpan
from market.store.queries.money import whole_sum


def certificate_sums(
    connection: Connection, market_id: str, span: PeriodSpan
) -> tuple[CertificateSum, ...]:
    """Of lots of the days of a report, by sort of unit; nothing of days that no version stands of."""
    c, units = tables.certificate_days.c, tables.units.c
    others_wh = case((c.participant_id != units.participant_id, c.used_wh + c.kept_wh), else_=0)
    rows = connection.execute(
        select(
            units.kind,
            *(whole_sum(each) for each in (c.own_use_wh, c.used_wh, c.kept_wh, others_wh)),
        )
        .select_from(_with_units(tables.certificate_days))
        .where(c.market_id == market_id, c.day >= span.names[0], c.day <= span.names[-1])
        .group_by(units.kind)
    )
    issued = {kind: tuple(sums) for kind, *sums in rows}
    acted = _acted(connection, market_id, span)
    found = []
    for kind in sorted({*issued, *(kind for kind, _ in acted)}):
        own_use_wh, used_wh, kept_wh, carried_wh = issued.get(kind, (0, 0, 0, 0))
        found.append(
            CertificateSum(
                source=UnitKind(kind),
                own_use_wh=own_use_wh,
                used_wh=used_wh,
                kept_wh=kept_wh,
                carried_wh=carried_wh,
                moved_wh=acted[kind, CertificateAct.MOVE],
                retired_wh=acted[kind, CertificateAct.RETIRE],
                exported_wh=acted[kind, CertificateAct.EXPORT],
            )
        )
    return tuple(found)


def _acted(
    connection: Connection, market_id: str, span: PeriodSpan
) -> defaultdict[tuple[str, CertificateAct], int]:
    """What people did with them, by sort of unit and act; an export without a bundle has no unit."""
    c, units = tables.certificate_acts.c, tables.units.c
    found: defaultdict[tuple[str, CertificateAct], int] = defaultdict(int)
    for kind, act, energy_wh in connection.execute(
        select(units.kind, c.kind.label("act"), whole_sum(c.energy_wh))
        .select_from(_with_units(tables.certificate_acts))
        .where(c.market_id == market_id, c.day >= span.names[0], c.day <= span.names[-1])
        .group_by(units.kind, c.kind)
    ):
        found[kind, CertificateAct(act)] += energy_wh
    return found


def _with_units(table: Table) -> Join:
    units, c = tables.units.c, table.c
    return table.join(tables.units, (units.market_id == c.market_id) & (units.unit_id == c.unit_id))
