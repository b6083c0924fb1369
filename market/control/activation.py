"""Which units of which areas help an area that lacks energy or has too much, before the last resort is asked.

The one idea: what an area could not do climbs to the market level, which offers it to all areas at cost. The cheapest
units are taken first, as delivered: with fees and losses of the lines between, which are the terms' business. What
the retailer of last resort does cheaper stays with it, and every activation is weighed once more, whole, before it counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol, Self

from market.control.share import by_merit
from market.model.activation import ActivationCause, AreaActivation, UnitActivation
from market.model.units import PPM, power_from_energy_w


class Delivery(Protocol):
    """What becomes of energy on its way."""

    @property
    def received_wh(self) -> int:
        """What comes into the area it is for; negative: goes out of it."""
        ...

    @property
    def fee_quanta(self) -> int:
        """Fees of all lines."""
        ...


class Terms(Protocol):
    """What lines and the last resort ask; `market.settlement.activation_terms.ActivationTerms` knows it."""

    def line_ids(self, helper: str, needy: str) -> tuple[str, ...] | None:
        """The lines between two areas; None: nothing joins them now."""
        ...

    def most_wh(self, helper: str, needy: str, room_wh: int, need_wh: int, *, upward: bool) -> int:
        """The most of `room_wh` that the lines carry and the area can use, Wh >= 0 at the units."""
        ...

    def delivered(self, helper: str, needy: str, energy_wh: int) -> Delivery:
        """What becomes of it on the way."""
        ...

    def after(self, helper: str, needy: str, energy_wh: int) -> Self:
        """The terms once that is on its way."""
        ...

    def last_resort_quanta(self, area_id: str, net_wh: int) -> int:
        """What it costs to settle an area's surplus (negative: shortage) with the last resort."""
        ...

    def dearest_part(self, area_id: str, net_wh: int) -> tuple[int, int]:
        """The part of it that is worth replacing first, Wh >= 0, and its cost."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Helper:
    """A unit that can be steered and that nobody has told anything else yet."""

    unit_id: str
    area_id: str
    told_w: int
    """Its set-point, injection positive."""
    up_wh: int
    """How much more it can inject in the interval ..."""
    down_wh: int
    """... and how much less, inside all its limits; both >= 0."""
    up_ticks: int
    """What it is paid per Wh more ..."""
    down_ticks: int
    """... and per Wh less; negative: gives back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What the areas lack, and what could help, in one interval."""

    short_wh: Mapping[tuple[str, ActivationCause], int]
    """What an area lacks for a cause; negative: has too much."""
    helpers: tuple[Helper, ...]
    headroom_wh: Mapping[str, tuple[int, int]]
    """How far each area's sum may still move up and down inside its own limits."""
    around: Mapping[str, tuple[str, ...]]
    """Of each area the areas it lies in, itself first."""
    terms: Terms
    minutes: int


def activations(
    offers: Offers, shares_ppm: Mapping[str, int] | None = None
) -> tuple[AreaActivation, ...]:
    """Who helps whom, the cheapest first, and only where that is cheaper than the last resort.

    Args:
        offers: needs and helpers.
        shares_ppm: what part of its units' room an area, with all in it, may use; an area not named: all.
    """
    choice = _Choice(offers, shares_ppm or {})
    for area_id in dict.fromkeys(area_id for area_id, _ in offers.short_wh):
        for need in _needs(offers, area_id):
            choice.cover(area_id, need)
    weighing = _Weighing(offers)
    found = (weighing.weighed(*key, moved_wh) for key, moved_wh in choice.taken.items())
    return tuple(item for item in found if item is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    """What an area lacks for one cause, and what it lacks at all as the one who pays sees it."""

    cause: ActivationCause
    short_wh: int
    """Negative: has too much."""
    net_wh: int
    """What the last resort would have to take; negative: give."""


def _needs(offers: Offers, area_id: str) -> Iterator[_Need]:
    """What to cover, the dearest first.

    Redispatch is settled with the last resort first and what was left over on top of it, where it costs most. What one
    lacks and the other has too much is no need at all.
    """
    by_redispatch = offers.short_wh.get((area_id, ActivationCause.REDISPATCH), 0)
    left_over = offers.short_wh.get((area_id, ActivationCause.LEFT_OVER), 0)
    total = by_redispatch + left_over
    if by_redispatch * left_over >= 0:
        wanted = {ActivationCause.LEFT_OVER: left_over, ActivationCause.REDISPATCH: by_redispatch}
        net_wh = {ActivationCause.LEFT_OVER: -total, ActivationCause.REDISPATCH: -by_redispatch}
    else:
        is_left_over = abs(left_over) > abs(by_redispatch)
        cause = ActivationCause.LEFT_OVER if is_left_over else ActivationCause.REDISPATCH
        wanted, net_wh = {cause: total}, {cause: -total}
    for cause, short_wh in wanted.items():
        if short_wh:
            yield _Need(cause=cause, short_wh=short_wh, net_wh=net_wh[cause])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offered:
    """What the units of one area could do for another now."""

    area_id: str
    rooms: tuple[tuple[Helper, int], ...]
    """Units with room in the direction, Wh."""
    room_wh: int
    """Of all together, inside the limits of the areas around them."""
    energy_wh: int
    """What of it the other area can use and the lines carry."""
    received_wh: int
    fee_quanta: int

    def price(self, ticks: int) -> Fraction:
        """What it costs per Wh there when the units cost so much per Wh here."""
        return Fraction(ticks * self.energy_wh + self.fee_quanta, self.received_wh)


class _Choice:
    """What was taken so far, and what that leaves."""

    def __init__(self, offers: Offers, shares_ppm: Mapping[str, int]) -> None:
        self._around = offers.around
        self._terms = offers.terms
        self._headroom_wh = dict(offers.headroom_wh)
        self._moved_wh: dict[str, int] = {}
        self.taken: dict[tuple[str, str, ActivationCause], dict[str, int]] = {}
        """By area of the units, area they help and cause: energy by unit, injection positive."""
        self._helpers: dict[str, list[Helper]] = {}
        for helper in offers.helpers:
            names = offers.around[helper.area_id]
            share_ppm = min(shares_ppm.get(name, PPM) for name in names)
            self._helpers.setdefault(helper.area_id, []).append(
                replace(
                    helper,
                    up_wh=helper.up_wh * share_ppm // PPM,
                    down_wh=helper.down_wh * share_ppm // PPM,
                )
            )

    def cover(self, needy: str, need: _Need) -> None:
        """Find help for what one area needs."""
        short_wh, net_wh = need.short_wh, need.net_wh
        upward = short_wh > 0
        while short_wh:
            part_wh, part_quanta = self._terms.dearest_part(needy, net_wh)
            if not part_wh:
                return
            most_wh = min(abs(short_wh), part_wh)
            asked = Fraction(part_quanta, part_wh)
            received_wh = self._round(needy, need.cause, most_wh, asked, upward=upward)
            if not received_wh:
                return
            short_wh -= received_wh
            net_wh += received_wh

    def _round(
        self, needy: str, cause: ActivationCause, most_wh: int, asked: Fraction, *, upward: bool
    ) -> int:
        """Take from the cheapest area, as far as no other is cheaper; what comes into `needy`.

        Zero: nobody has room, or is cheaper than what the last resort asks per Wh.
        """
        offered = [
            found
            for area_id in self._helpers
            # Its own units were weighed when its grid was cured.
            if not (area_id == needy and cause is ActivationCause.REDISPATCH)
            for found in (self._offered(area_id, needy, most_wh, upward=upward),)
            if found is not None and found.price(_cheapest(found, upward=upward)) < asked
        ]
        if not offered:
            return 0
        offered.sort(key=lambda item: item.price(_cheapest(item, upward=upward)))
        best = offered[0]
        bound = asked
        if len(offered) > 1:
            bound = offered[1].price(_cheapest(offered[1], upward=upward))
        rooms = [
            (helper, room_wh)
            for helper, room_wh in best.rooms
            for price in (best.price(_ticks(helper, upward=upward)),)
            if price < asked and price <= bound
        ]
        room_wh = min(best.room_wh, sum(room_wh for _, room_wh in rooms))
        energy_wh = self._terms.most_wh(best.area_id, needy, room_wh, most_wh, upward=upward)
        parts_wh = by_merit(
            energy_wh if upward else -energy_wh,
            [room_wh for _, room_wh in rooms],
            [_ticks(helper, upward=upward) for helper, _ in rooms],
        )
        return self._take(best.area_id, needy, cause, [item for item, _ in rooms], parts_wh)

    def _offered(self, area_id: str, needy: str, most_wh: int, *, upward: bool) -> _Offered | None:
        rooms = tuple(
            (helper, room_wh)
            for helper in self._helpers[area_id]
            for room_wh in (self._room_wh(helper, upward=upward),)
            if room_wh
        )
        headroom_wh = [self._headroom_wh[name][not upward] for name in self._around[area_id]]
        room_wh = min(sum(room_wh for _, room_wh in rooms), *headroom_wh)
        if room_wh <= 0:
            return None
        energy_wh = self._terms.most_wh(area_id, needy, room_wh, most_wh, upward=upward)
        if not energy_wh:
            return None
        delivery = self._terms.delivered(area_id, needy, energy_wh if upward else -energy_wh)
        if not delivery.received_wh:
            return None
        return _Offered(
            area_id=area_id,
            rooms=rooms,
            room_wh=room_wh,
            energy_wh=energy_wh,
            received_wh=abs(delivery.received_wh),
            fee_quanta=delivery.fee_quanta,
        )

    def _room_wh(self, helper: Helper, *, upward: bool) -> int:
        """What is left of a unit's room; who helps one way is not asked to help the other way."""
        moved_wh = self._moved_wh.get(helper.unit_id, 0)
        if moved_wh and (moved_wh > 0) is not upward:
            return 0
        return (helper.up_wh if upward else helper.down_wh) - abs(moved_wh)

    def _take(
        self,
        area_id: str,
        needy: str,
        cause: ActivationCause,
        helpers: list[Helper],
        parts_wh: list[int],
    ) -> int:
        energy_wh = sum(parts_wh)
        if not energy_wh:
            return 0
        taken = self.taken.setdefault((area_id, needy, cause), {})
        for helper, part_wh in zip(helpers, parts_wh, strict=True):
            if part_wh:
                name = helper.unit_id
                taken[name] = taken.get(name, 0) + part_wh
                self._moved_wh[name] = self._moved_wh.get(name, 0) + part_wh
        for name in self._around[area_id]:
            up_wh, down_wh = self._headroom_wh[name]
            # What is given up here may still fall away, so it makes no room the other way.
            self._headroom_wh[name] = (up_wh - max(0, energy_wh), down_wh + min(0, energy_wh))
        received_wh = self._terms.delivered(area_id, needy, energy_wh).received_wh
        self._terms = self._terms.after(area_id, needy, energy_wh)
        return received_wh


def _ticks(helper: Helper, *, upward: bool) -> int:
    return helper.up_ticks if upward else helper.down_ticks


def _cheapest(offered: _Offered, *, upward: bool) -> int:
    return min(_ticks(helper, upward=upward) for helper, _ in offered.rooms)


class _Weighing:
    """Each activation once more, in the order in which money will go by it."""

    def __init__(self, offers: Offers) -> None:
        self._offers = offers
        self._terms = offers.terms
        self._helper = {helper.unit_id: helper for helper in offers.helpers}
        self._told_w = {helper.unit_id: helper.told_w for helper in offers.helpers}
        self._net_wh = {key: -short_wh for key, short_wh in offers.short_wh.items()}

    def weighed(
        self, area_id: str, needy: str, cause: ActivationCause, moved_wh: Mapping[str, int]
    ) -> AreaActivation | None:
        """None: the last resort does it as cheaply."""
        energy_wh = sum(moved_wh.values())
        delivery = self._terms.delivered(area_id, needy, energy_wh)
        costs = {
            name: abs(part_wh) * _ticks(self._helper[name], upward=part_wh > 0)
            for name, part_wh in moved_wh.items()
        }
        cost_quanta = sum(costs.values()) + delivery.fee_quanta
        after = self._terms.after(area_id, needy, energy_wh)
        spared_quanta = self._spared_quanta(after, needy, cause, delivery.received_wh)
        if spared_quanta is None or cost_quanta >= spared_quanta:
            return None
        self._terms = after
        self._net_wh[needy, cause] += delivery.received_wh
        return AreaActivation(
            area_id=area_id,
            for_area=needy,
            cause=cause,
            units=tuple(
                self._unit(name, part_wh, costs[name]) for name, part_wh in moved_wh.items()
            ),
            line_ids=self._terms.line_ids(area_id, needy) or (),
            received_wh=delivery.received_wh,
            cost_quanta=cost_quanta,
            last_resort_quanta=spared_quanta,
        )

    def _spared_quanta(
        self, after: Terms, needy: str, cause: ActivationCause, received_wh: int
    ) -> int | None:
        """What the last resort costs less: all who pay it together, and the one who pays this.

        None: it would be more than is needed, because what was weighed before fell away.
        """
        by_redispatch = self._net_wh.get((needy, ActivationCause.REDISPATCH), 0)
        total = by_redispatch + self._net_wh.get((needy, ActivationCause.LEFT_OVER), 0)
        if any(
            net_wh * (net_wh + received_wh) < 0 for net_wh in (total, self._net_wh[needy, cause])
        ):
            return None
        nets = [total]
        if cause is ActivationCause.REDISPATCH:
            nets.append(by_redispatch)
        return min(
            self._terms.last_resort_quanta(needy, net_wh)
            - after.last_resort_quanta(needy, net_wh + received_wh)
            for net_wh in nets
        )

    def _unit(self, name: str, energy_wh: int, cost_quanta: int) -> UnitActivation:
        from_w = self._told_w[name]
        to_w = from_w + power_from_energy_w(energy_wh, self._offers.minutes)
        self._told_w[name] = to_w
        return UnitActivation(
            unit_id=name, from_w=from_w, to_w=to_w, energy_wh=energy_wh, cost_quanta=cost_quanta
        )
