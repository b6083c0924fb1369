"""Help between areas by chance, as the twin reads it and as the market's own nouns say it."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from market.model.activation import ActivationCause, UnitActivation, UnitsActivated
from tests.market.settlement.naive_activation import Help
from tests.market.settlement.naive_settlement import Market

MOST_WH = 5_000


def help_by_chance(dice: random.Random, market: Market) -> dict[int, list[Help]]:
    """In some intervals: one to three areas, or one of them twice; a unit helps one way only."""
    areas = [area.area_id for area in market.grid.areas]
    found: dict[int, list[Help]] = {}
    for start_s in market.starts_s:
        sign = {name: dice.choice((-1, 1)) for name in market.units}
        for _ in range(dice.choice((0, 0, 1, 2, 3))):
            helper, needy = dice.sample(areas, 2)
            upward = dice.choice((-1, 1))
            able = [
                name
                for name, unit in market.units.items()
                if unit.area_id == helper and sign[name] == upward
            ]
            if able:
                some = dice.sample(able, dice.randint(1, len(able)))
                found.setdefault(start_s, []).append(
                    Help(
                        helper=helper,
                        needy=needy,
                        for_redispatch=dice.random() < 0.5,
                        asked={name: upward * dice.randint(1, MOST_WH) for name in some},
                    )
                )
    return found


def asked_by_unit(helps: Mapping[int, Sequence[Help]]) -> Counter[tuple[str, int]]:
    """All that units were asked for, by unit and interval."""
    found = Counter[tuple[str, int]]()
    for start_s, each in helps.items():
        for help_ in each:
            for name, wh in help_.asked.items():
                found[name, start_s] += wh
    return found


def activated(helps: Sequence[Help], start_s: int) -> tuple[UnitsActivated, ...]:
    """The same as facts; what it was weighed by when it was chosen settles nothing."""
    return tuple(
        UnitsActivated(
            start_s=start_s,
            area_id=help_.helper,
            for_area=help_.needy,
            cause=(
                ActivationCause.REDISPATCH if help_.for_redispatch else ActivationCause.LEFT_OVER
            ),
            units=tuple(
                UnitActivation(unit_id=name, from_w=0, to_w=0, energy_wh=wh, cost_quanta=0)
                for name, wh in help_.asked.items()
            ),
            line_ids=(),
            received_wh=0,
            cost_quanta=0,
            last_resort_quanta=0,
        )
        for help_ in helps
    )
