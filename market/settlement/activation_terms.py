"""What lines and the last resort ask, so that activations can be weighed and settled by the same figures.

The one idea: energy that goes against a flow which the calls have scheduled makes that flow smaller, exactly as a
deviation does (decision 0013): less is sent, less is lost and the fee of what is not sent is given back. Only the rest
is sent anew, with the line's fee and loss.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from market.model.grid import Grid
from market.model.rules import MarketRules
from market.model.trade import ClearingOutcome, LineOutcome
from market.settlement.imbalance import Exchange, exchange_parts
from market.settlement.route import Hop, route


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What becomes of energy on its way between a helping area and the one it is for."""

    energy_wh: int
    """What the units change, injection positive."""
    received_wh: int
    """What comes into the area it is for; negative: goes out of it."""
    lost_wh: int
    """On the lines; negative: less is lost than was scheduled."""
    fees_quanta: tuple[tuple[str, int], ...]
    """Line and fee; negative: given back."""

    @property
    def fee_quanta(self) -> int:
        """All fees."""
        return sum(quanta for _, quanta in self.fees_quanta)


@dataclass(frozen=True, slots=True)
class _Step:
    """What one line of a way does."""

    hop: Hop
    fresh_wh: int
    """Sent anew."""
    unsent_wh: int
    """No longer sent in the other direction."""
    less_wh: int
    """No longer received from there."""

    @property
    def fee_quanta(self) -> int:
        back = Hop(line=self.hop.line, forward=not self.hop.forward)
        return self.hop.fee_ticks * self.fresh_wh - back.fee_ticks * self.unsent_wh

    @property
    def lost_wh(self) -> int:
        fresh_wh = self.fresh_wh
        return fresh_wh - self.hop.received_of_wh(fresh_wh) - (self.unsent_wh - self.less_wh)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationTerms:
    """Lines and the last resort of one interval, as activations find them."""

    rules: MarketRules
    grid: Grid
    start_s: int
    exchange: ClearingOutcome | None
    """What the calls have scheduled over the lines, less what activations have made smaller."""
    left_wh: Mapping[tuple[str, bool], int] | None
    """What a direction of a line (True: forward) can still take in; None: is not asked."""
    cut: frozenset[str] = frozenset()
    """Lines of areas that go on alone."""

    def line_ids(self, helper: str, needy: str) -> tuple[str, ...] | None:
        """The lines between two areas; None: nothing joins them, or not now."""
        way = route(self.grid, helper, needy)
        if way is None or any(hop.line.line_id in self.cut for hop in way):
            return None
        return tuple(hop.line.line_id for hop in way)

    def most_wh(self, helper: str, needy: str, room_wh: int, need_wh: int, *, upward: bool) -> int:
        """The most that units of `helper` can do for `needy`.

        Args:
            helper: the area of the units.
            needy: the area it is for.
            room_wh: what the units can do.
            need_wh: what `needy` can use.
            upward: True: they inject more; False: less, or withdraw more.

        Returns:
            Wh >= 0 at the units, at most `room_wh`, of which no more than `need_wh` concerns `needy` and
            which no line refuses; 0 where nothing joins them.
        """
        if self.line_ids(helper, needy) is None:
            return 0

        def fits(energy_wh: int) -> bool:
            steps, other_wh = self._steps(helper, needy, energy_wh, upward=upward)
            left_wh = self.left_wh
            return other_wh <= need_wh and (
                left_wh is None
                or all(
                    step.fresh_wh <= left_wh[step.hop.line.line_id, step.hop.forward]
                    for step in steps
                )
            )

        most_wh = self._one_price_wh(helper, needy, room_wh, upward=upward)
        least_wh = 0
        while least_wh < most_wh:
            middle_wh = (least_wh + most_wh + 1) // 2
            if fits(middle_wh):
                least_wh = middle_wh
            else:
                most_wh = middle_wh - 1
        return least_wh

    def delivered(self, helper: str, needy: str, energy_wh: int) -> Delivered:
        """What becomes of `energy_wh` (positive: the units inject more) on the way.

        Raises:
            LookupError: nothing joins the areas.
        """
        upward = energy_wh > 0
        steps, other_wh = self._steps(helper, needy, abs(energy_wh), upward=upward)
        return Delivered(
            energy_wh=energy_wh,
            received_wh=other_wh if upward else -other_wh,
            lost_wh=sum(step.lost_wh for step in steps),
            fees_quanta=tuple((step.hop.line.line_id, step.fee_quanta) for step in steps),
        )

    def after(self, helper: str, needy: str, energy_wh: int) -> "ActivationTerms":
        """The terms once that energy is on its way.

        Raises:
            LookupError: nothing joins the areas.
        """
        steps, _ = self._steps(helper, needy, abs(energy_wh), upward=energy_wh > 0)
        left_wh, exchange = self.left_wh, self.exchange
        if left_wh is not None:
            fresh = {(step.hop.line.line_id, step.hop.forward): step.fresh_wh for step in steps}
            left_wh = {key: left - fresh.get(key, 0) for key, left in left_wh.items()}
        smaller = {step.hop.line.line_id: step for step in steps if step.unsent_wh}
        if exchange is not None and smaller:
            exchange = replace(
                exchange,
                lines=tuple(
                    _smaller(line, smaller[line.line_id]) if line.line_id in smaller else line
                    for line in exchange.lines
                ),
            )
        return replace(self, left_wh=left_wh, exchange=exchange)

    def last_resort_quanta(self, area_id: str, net_wh: int) -> int:
        """What it costs to settle an area's surplus (negative: shortage) with the last resort, fees included."""
        return sum(_cost_quanta(part) for part in self._last_resort(area_id, net_wh))

    def dearest_part(self, area_id: str, net_wh: int) -> tuple[int, int]:
        """The part of that which is worth replacing first: how much, Wh >= 0, and what it costs.

        What only changes the scheduled exchange costs less than what is exchanged anew.
        """
        changed, fresh = self._last_resort(area_id, net_wh)
        part = fresh if fresh.deviation_wh else changed
        return abs(part.deviation_wh), _cost_quanta(part)

    def _last_resort(self, area_id: str, net_wh: int) -> tuple[Exchange, Exchange]:
        return exchange_parts(net_wh, area_id, self.rules, self.grid, self.exchange, self.start_s)

    def _sent_wh(self, line_id: str, *, forward: bool) -> int:
        for line in () if self.exchange is None else self.exchange.lines:
            if line.line_id == line_id:
                return line.sent_forward_wh if forward else line.sent_backward_wh
        return 0

    def _one_price_wh(self, helper: str, needy: str, most_wh: int, *, upward: bool) -> int:
        """So much that what it makes smaller on the way is not yet used up: beyond it is dearer."""
        for hop in self._way(helper, needy, upward=upward):
            against_wh = self._sent_wh(hop.line.line_id, forward=not hop.forward)
            if against_wh:
                most_wh = min(most_wh, hop.received_of_wh(against_wh) or most_wh)
        return most_wh

    def _way(self, helper: str, needy: str, *, upward: bool) -> tuple[Hop, ...]:
        way = route(self.grid, helper, needy) if upward else route(self.grid, needy, helper)
        if way is None:
            raise LookupError(f"nothing joins {helper} and {needy}")
        return way

    def _steps(
        self, helper: str, needy: str, energy_wh: int, *, upward: bool
    ) -> tuple[list[_Step], int]:
        """The lines in the order the energy takes, and what comes into, or goes out of, `needy`."""
        steps: list[_Step] = []
        way = self._way(helper, needy, upward=upward)
        for hop in way if upward else reversed(way):
            against_wh = self._sent_wh(hop.line.line_id, forward=not hop.forward)
            step = (
                _forth(hop, energy_wh, against_wh) if upward else _back(hop, energy_wh, against_wh)
            )
            steps.append(step)
            if upward:
                energy_wh = step.unsent_wh + hop.received_of_wh(step.fresh_wh)
            else:
                energy_wh = step.less_wh + step.fresh_wh
        return steps, energy_wh


def _cost_quanta(exchange: Exchange) -> int:
    """What the last resort gets for it, and the lines."""
    return exchange.due_quanta + sum(quanta for _, quanta in exchange.fees_quanta)


def _forth(hop: Hop, given_wh: int, against_wh: int) -> _Step:
    """So much goes into the line."""
    received_wh = hop.received_of_wh(against_wh)
    less_wh = min(given_wh, received_wh)
    unsent_wh = against_wh - hop.sent_for_wh(received_wh - less_wh)
    return _Step(hop, fresh_wh=given_wh - less_wh, unsent_wh=unsent_wh, less_wh=less_wh)


def _back(hop: Hop, wanted_wh: int, against_wh: int) -> _Step:
    """So much is to come out of the line."""
    unsent_wh = min(wanted_wh, against_wh)
    less_wh = hop.received_of_wh(against_wh) - hop.received_of_wh(against_wh - unsent_wh)
    fresh_wh = hop.sent_for_wh(wanted_wh - unsent_wh)
    return _Step(hop, fresh_wh=fresh_wh, unsent_wh=unsent_wh, less_wh=less_wh)


def _smaller(line: LineOutcome, step: _Step) -> LineOutcome:
    if step.hop.forward:
        return replace(
            line,
            sent_backward_wh=line.sent_backward_wh - step.unsent_wh,
            received_backward_wh=line.received_backward_wh - step.less_wh,
        )
    return replace(
        line,
        sent_forward_wh=line.sent_forward_wh - step.unsent_wh,
        received_forward_wh=line.received_forward_wh - step.less_wh,
    )
