"""What it costs that a unit of one area helps another, and who pays.

The one idea: whoever orders that a unit gives up what it has traded answers for the energy, so the grid operator pays
for the help that redispatch needs and for what limits and stops left over. A unit is paid at cost, as in redispatch: with the area
price p and the adder a, p + a for what it injects more, and gives p - a back for what it injects less. Only what the
meters show was done is paid and counted; lines are paid for that.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from market.model.activation import ActivationCause, UnitsActivated
from market.model.grid import Grid
from market.model.money import (
    GRID_OPERATOR,
    Transfer,
    TransferKind,
    participant_account,
    transfer,
)
from market.model.participant import Participant, Unit
from market.model.rules import MarketRules
from market.model.trade import ClearingOutcome
from market.settlement.activation_terms import ActivationTerms, Delivered
from market.settlement.energy import ConservationError
from market.settlement.imbalance import DeviationPrice
from market.settlement.redispatch import (
    fees_borne,
    less,
    moving_costs,
    reference_prices,
    sums,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledActivations:
    """What activations of an interval came to, and what they leave to redispatch and deviations."""

    transfers: tuple[Transfer, ...]
    others_wh: Mapping[str, int]
    """Followed changes that were no activation."""
    operators_wh: Mapping[str, int]
    """Followed changes but for those whose fees are settled here: activations for what was left over."""
    operators_measured_wh: Mapping[str, int]
    """Meters as they would be without these."""
    received_wh: Mapping[str, int]
    """What came into each area; negative: went out of it."""
    exchange: ClearingOutcome | None
    """What is left of the flows the calls have scheduled."""


def settled_activations(
    activations: Sequence[UnitsActivated],
    *,
    moved_wh: Mapping[str, int],
    measured_wh: Mapping[str, int],
    prices: Sequence[DeviationPrice],
    outcome: ClearingOutcome | None,
    exchange: ClearingOutcome | None,
    units: Mapping[str, Unit],
    rules: MarketRules,
    grid: Grid,
    participants: Mapping[str, Participant],
    start_s: int,
) -> SettledActivations:
    """Settle the activations of an interval by its meters.

    Args:
        activations: in the order in which they were made.
        moved_wh: instructed changes that were followed, by unit, of redispatch too.
        measured_wh: metered net injection by unit.
        prices: deviation prices of every area; the adder is in them.
        outcome: area prices.
        exchange: what the areas were scheduled to exchange.
        units: all units by id.
        rules: bands of the last resort and the tariff.
        grid: areas and lines.
        participants: all participants by id.
        start_s: start of the interval.

    Raises:
        ConservationError: energy of a way does not add up.
    """
    terms = ActivationTerms(
        rules=rules, grid=grid, start_s=start_s, exchange=exchange, left_wh=None
    )
    followed, terms = followed_activations(activations, moved_wh, terms)
    left_over_wh = _moved_for(followed, ActivationCause.LEFT_OVER)
    redispatch_wh = _moved_for(followed, ActivationCause.REDISPATCH)
    others_wh = less(less(moved_wh, left_over_wh), redispatch_wh)
    borne = fees_borne(
        moved_wh=left_over_wh,
        measured_wh=measured_wh,
        units=units,
        rules=rules,
        participants=participants,
        start_s=start_s,
        kind=TransferKind.ACTIVATION,
    )
    price_of = {price.area_id: price for price in prices}
    reference = reference_prices(prices, outcome)
    return SettledActivations(
        transfers=(*activation_transfers(followed, price_of, reference, units, start_s), *borne),
        others_wh=others_wh,
        operators_wh=sums(others_wh, redispatch_wh),
        operators_measured_wh={
            name: wh - min(0, left_over_wh.get(name, 0)) for name, wh in measured_wh.items()
        },
        received_wh=_received_wh(followed),
        exchange=terms.exchange,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """An activation as far as the meters show it."""

    activation: UnitsActivated
    moved_wh: Mapping[str, int]
    """By unit, injection positive."""
    delivered: Delivered


def followed_activations(
    activations: Sequence[UnitsActivated], moved_wh: Mapping[str, int], terms: ActivationTerms
) -> tuple[tuple[Followed, ...], ActivationTerms]:
    """What of each activation happened, one after the other, and what that leaves of the exchange.

    Args:
        activations: of one interval, in the order in which they were made.
        moved_wh: instructed changes that were followed, by unit.
        terms: of the interval.

    Raises:
        ConservationError: energy of a way does not add up.
    """
    rest_wh = dict(moved_wh)
    found = []
    for activation in activations:
        moved = {}
        for item in activation.units:
            part_wh = _part(rest_wh.get(item.unit_id, 0), item.energy_wh)
            rest_wh[item.unit_id] = rest_wh.get(item.unit_id, 0) - part_wh
            moved[item.unit_id] = part_wh
        helper, needy, energy_wh = activation.area_id, activation.for_area, sum(moved.values())
        delivered = terms.delivered(helper, needy, energy_wh)
        if delivered.energy_wh != delivered.received_wh + delivered.lost_wh:
            raise ConservationError(f"{helper} to {needy}: {delivered} does not add up")
        terms = terms.after(helper, needy, energy_wh)
        found.append(Followed(activation=activation, moved_wh=moved, delivered=delivered))
    return tuple(found), terms


def _received_wh(followed: Sequence[Followed]) -> dict[str, int]:
    """What activations brought into each area; negative: took out of it."""
    found: dict[str, int] = {}
    for item in followed:
        name = item.activation.for_area
        found[name] = found.get(name, 0) + item.delivered.received_wh
    return found


def _moved_for(followed: Sequence[Followed], cause: ActivationCause) -> dict[str, int]:
    """What units did for one cause, in sum by unit."""
    found: dict[str, int] = {}
    for item in followed:
        if item.activation.cause is cause:
            for unit_id, energy_wh in item.moved_wh.items():
                found[unit_id] = found.get(unit_id, 0) + energy_wh
    return found


def activation_transfers(
    followed: Sequence[Followed],
    prices: Mapping[str, DeviationPrice],
    reference_ticks: Mapping[str, int],
    units: Mapping[str, Unit],
    start_s: int,
) -> tuple[Transfer, ...]:
    """What activated units are paid, or give back; fees of their ways the grid operator would owe itself."""
    return tuple(
        item
        for each in followed
        for item in _transfers(each, prices, reference_ticks, units, start_s)
        if item.amount_quanta
    )


def _transfers(
    followed: Followed,
    prices: Mapping[str, DeviationPrice],
    reference_ticks: Mapping[str, int],
    units: Mapping[str, Unit],
    start_s: int,
) -> Iterator[Transfer]:
    kind = TransferKind.ACTIVATION
    for unit_id, energy_wh in followed.moved_wh.items():
        unit = units[unit_id]
        more_ticks, less_ticks = moving_costs(unit, prices, reference_ticks)
        owed = (more_ticks if energy_wh > 0 else less_ticks) * energy_wh
        owner = participant_account(unit.participant_id)
        yield transfer(GRID_OPERATOR, owner, owed, kind, unit_id, start_s)


def _part(rest_wh: int, told_wh: int) -> int:
    """What of a unit's change belongs to one activation."""
    return max(min(0, told_wh), min(max(0, told_wh), rest_wh))
