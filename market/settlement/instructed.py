"""What an interval owes because units were told something else than they had traded.

The one idea: redispatch and activations are settled first, on what of them the meters show was followed; what
they leave of schedules and flows is what deviations are measured against.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from market.model.activation import UnitsActivated
from market.model.grid import Grid
from market.model.money import Transfer
from market.model.participant import Participant, Unit
from market.model.rules import MarketRules
from market.model.trade import ClearingOutcome
from market.settlement.activation import settled_activations
from market.settlement.imbalance import DeviationPrice
from market.settlement.redispatch import (
    fees_borne,
    followed_wh,
    less,
    net_by_area_wh,
    redispatch_transfers,
    sums,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructed:
    """What instructed changes of an interval came to, and what they leave to its deviations."""

    transfers: tuple[Transfer, ...]
    moved_wh: Mapping[str, int]
    """By unit, what was followed."""
    exchange: ClearingOutcome | None
    """What is left of the flows the calls have scheduled."""
    replaced_wh: Mapping[str, int]
    """By area, what the grid operator has settled with the last resort, and what helpers gave it."""


# house: long because every fact of an interval is named once, for two steps that read most of them
def settled_instructed(
    *,
    instructed_wh: Mapping[str, int],
    activations: Sequence[UnitsActivated],
    traded_wh: Mapping[str, int],
    measured_wh: Mapping[str, int],
    prices: Sequence[DeviationPrice],
    outcome: ClearingOutcome | None,
    exchange: ClearingOutcome | None,
    units: Mapping[str, Unit],
    rules: MarketRules,
    grid: Grid,
    participants: Mapping[str, Participant],
    start_s: int,
    last_resort_participant_id: str | None,
    uncompensated_wh: Mapping[str, int] | None = None,
) -> Instructed:
    """Settle the instructed changes of an interval by its meters.

    Args:
        instructed_wh: by how much each unit was told to differ from its trades.
        activations: in the order in which they were made.
        traded_wh: net trades by unit.
        measured_wh: metered net injection by unit.
        prices: deviation prices of every area; the adder is in them.
        outcome: area prices.
        exchange: what the areas were scheduled to exchange.
        units: those that were told something, and all others of their owners.
        rules: bands of the last resort and the tariff.
        grid: areas and lines.
        participants: all participants by id.
        start_s: start of the interval.
        last_resort_participant_id: who replaces; None: nobody does.
        uncompensated_wh: the part of `instructed_wh` that is settled at the area price.

    Raises:
        ConservationError: what was moved and what replaces it do not add up to nothing.
    """
    moved_wh = followed_wh(instructed_wh, traded_wh, measured_wh)
    helped = settled_activations(
        activations,
        moved_wh=moved_wh,
        measured_wh=measured_wh,
        prices=prices,
        outcome=outcome,
        exchange=exchange,
        units=units,
        rules=rules,
        grid=grid,
        participants=participants,
        start_s=start_s,
    )
    back_wh = given_back_wh(uncompensated_wh or {}, helped.others_wh)
    redispatched = redispatch_transfers(
        moved_wh=helped.others_wh,
        at_area_price_wh=back_wh,
        prices=prices,
        units=units,
        rules=rules,
        grid=grid,
        start_s=start_s,
        last_resort_participant_id=last_resort_participant_id,
        outcome=outcome,
        exchange=helped.exchange,
        received_wh=helped.received_wh,
    )
    borne = fees_borne(
        moved_wh=less(helped.operators_wh, back_wh),
        measured_wh=helped.operators_measured_wh,
        units=units,
        rules=rules,
        participants=participants,
        start_s=start_s,
    )
    return Instructed(
        transfers=(*redispatched, *borne, *helped.transfers),
        moved_wh=moved_wh,
        exchange=helped.exchange,
        replaced_wh=sums(net_by_area_wh(helped.others_wh, units), helped.received_wh),
    )


def given_back_wh(told_wh: Mapping[str, int], followed_wh: Mapping[str, int]) -> dict[str, int]:
    """What of the followed changes is settled at the area price.

    Of a unit that was both limited and stopped, what it did not do counts as stopped first: it is
    compensated only for what the limit alone took away.

    Args:
        told_wh: what of the orders is settled so, by unit.
        followed_wh: what of all its orders the meters show, without activations.
    """
    return {
        unit_id: max(min(0, most_wh), min(max(0, most_wh), followed_wh.get(unit_id, 0)))
        for unit_id, most_wh in told_wh.items()
    }
