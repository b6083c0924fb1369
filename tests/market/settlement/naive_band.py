"""Adders given back to balance groups a second time: see `naive_settlement.py`.

By group, area and interval what units deviate one way is met by what others of the group deviate the other way;
the rest carries adders, and of those the month's band is waived.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction

from tests.market.settlement.naive_parts import shared
from tests.market.settlement.naive_settlement import Settlement

Given = Counter[tuple[str, str]]
"""By participant and kind."""


class _Group:
    """A group's month, unit by unit."""

    def __init__(self) -> None:
        self.carried, self.metered = Counter[str](), Counter[str]()
        self.adders, self.netted = Counter[str](), Counter[str]()


def given_back(days: Sequence[tuple[Settlement, Mapping[str, str]]], band_ppm: int) -> Given:
    """Of a month; with each day the group of each of its units that is in one."""
    groups: defaultdict[tuple[str, str], _Group] = defaultdict(_Group)
    found, owner = Given(), {}
    for settled, group_of in days:
        units = settled.market.units
        own = [name for name in units if units[name].participant_id != settled.last_resort]
        owner |= {name: units[name].participant_id for name in own}
        members: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for name in own:
            key = ("group", group_of[name]) if name in group_of else ("unit", name)
            members[key].append(name)
        for key, names in members.items():
            for start_s in settled.market.starts_s:
                _interval(groups[key], settled, names, start_s)
    for group in groups.values():
        for name, quanta in _waived(group, band_ppm, list(owner)).items():
            found[owner[name], "band_waiver"] += quanta
        for name, quanta in group.netted.items():
            found[owner[name], "group_netting"] += quanta
    return found


def _interval(group: _Group, settled: Settlement, names: Sequence[str], start_s: int) -> None:
    market = settled.market
    for name in names:
        group.metered[name] += abs(settled.lines[name, start_s]["metered_wh"])
    call = market.calls.get(start_s)
    for area in {market.units[name].area_id for name in names}:
        if call is None or call.price[area] is None:
            continue
        short, _, plain = settled.prices(area, start_s)
        here = [name for name in names if market.units[name].area_id == area]
        lines = [settled.lines[name, start_s] for name in here]
        deviated = [line["metered_wh"] - line["scheduled_wh"] for line in lines]
        sides = [max(0, wh) for wh in deviated], [max(0, -wh) for wh in deviated]
        both = min(map(sum, sides))
        for side in sides:
            met = shared(both, side) if both else [0] * len(side)
            for name, wh, part in zip(here, side, met, strict=True):
                group.netted[name] += (short - plain) * part
                group.carried[name] += wh - part
                group.adders[name] += (short - plain) * (wh - part)


def _waived(group: _Group, band_ppm: int, order: Sequence[str]) -> dict[str, int]:
    names = [name for name in order if name in group.metered]
    band = sum(group.metered.values()) * band_ppm // 10**6
    carried, adders = sum(group.carried.values()), sum(group.adders.values())
    whole = adders if carried <= band else int(Fraction(adders * band, carried))
    if not whole:
        return {}
    return dict(zip(names, shared(whole, [group.adders[name] for name in names]), strict=True))
