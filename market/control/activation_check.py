"""Activations held against the grids they are made in: what a grid does not bear is divided down, or dropped.

The one idea: help must not break what helps. Each area with a grid around an activated unit is calculated again, with
its own changes and the help; where that is no longer safe, less of its units is offered, and the choice is made anew.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from market.control.activation import Offers, activations
from market.control.grid_check import AreaPlan, GridSolver
from market.control.network_arrays import network_arrays, picture, power_rows
from market.model.activation import AreaActivation
from market.model.grid_check import AreaCheck
from market.model.units import PPM

_LESS_PPM: Final = {PPM: PPM // 2, PPM // 2: PPM // 4, PPM // 4: 0}
"""What of its units' room an area may use next, once it was too much; a power flow each."""


def helped(
    offers: Offers, plans: Sequence[AreaPlan], checks: Sequence[AreaCheck], solver: GridSolver
) -> tuple[AreaActivation, ...]:
    """Who helps whom, so that every grid bears it.

    Args:
        offers: what is missing and who could help.
        plans: the areas with grids, inner areas first, as they were checked.
        checks: what their checks found; of areas that are not cured no unit helps.
        solver: what calculates; where it has no time left, nothing is safe.
    """
    shares_ppm = {check.area_id: 0 for check in checks if not check.cured}
    while True:
        chosen = activations(offers, shares_ppm)
        unsafe = _unsafe(offers, plans, checks, chosen, solver)
        if not unsafe:
            return chosen
        for area_id in unsafe:
            shares_ppm[area_id] = _LESS_PPM[shares_ppm.get(area_id, PPM)]


def _unsafe(
    offers: Offers,
    plans: Sequence[AreaPlan],
    checks: Sequence[AreaCheck],
    chosen: Sequence[AreaActivation],
    solver: GridSolver,
) -> list[str]:
    """Areas whose grids do not bear what is chosen; each is concerned by it, so less of it helps."""
    told_w = {unit.unit_id: unit.to_w for item in chosen for unit in item.units}
    moved_w = _moved_w(offers, checks, chosen)
    concerned = {name for item in chosen for name in offers.around[item.area_id]}
    lost_w: dict[str, int] = {}
    found = []
    for plan, check in zip(plans, checks, strict=True):
        area_id = plan.network.area_id
        seen = check.after or check.before
        if area_id in concerned:
            told_w.update(
                (change.unit_id, change.to_w)
                for change in check.changes
                if change.unit_id not in told_w
            )
            power_w = [
                told_w.get(name, scheduled_w) + moved_w.get(name, 0) - lost_w.get(name, 0)
                for name, scheduled_w in zip(plan.member_ids, plan.moves.scheduled_w, strict=True)
            ]
            arrays = network_arrays(plan.network, plan.member_ids)
            seen = picture(plan.network, solver.power_flow(arrays, power_rows(power_w)))
            if not seen.is_safe:
                found.append(area_id)
        for name in plan.around:
            lost_w[name] = lost_w.get(name, 0) + seen.loss_w
    return found


def _moved_w(
    offers: Offers, checks: Sequence[AreaCheck], chosen: Sequence[AreaActivation]
) -> Mapping[str, int]:
    """By how much each area's sum differs from its schedules; an area counts in those around it."""
    found: dict[str, int] = {}
    changed = [(check.area_id, -check.replacement_w) for check in checks]
    changed += [
        (item.area_id, sum(unit.to_w - unit.from_w for unit in item.units)) for item in chosen
    ]
    for area_id, change_w in changed:
        for name in offers.around[area_id]:
            found[name] = found.get(name, 0) + change_w
    return found
