"""What it costs that units are told something else than they have traded, and who pays.

The one idea: the grid operator pays, and nobody earns by standing behind a weak line. A unit keeps what its trades
brought; it gives back what it did not have to spend, or is paid what it had to spend more, at a price made of the area
price and its kind, never of its bid. What the changes of an area take away in sum the grid operator
buys from the retailer of last resort, as a deviation would be settled, but in its own name.

With the area price p and the adder a of deviations, per Wh:

    kind                    injects less, gives back        injects more, is paid
    solar, wind, hydro      0: sun and wind are lost        (cannot)
    all others              p - a: it keeps the energy      p + a

so a solar unit that is cut is compensated p, a battery a for its wear. Only what was followed counts: a change that the
meter does not show is neither paid nor replaced, and is no deviation either. Fees and levies on what a metering point
withdraws only because of it are what its owner had to spend more.
"""

from collections.abc import Iterator, Mapping, Sequence

from market.model.grid import Grid
from market.model.money import (
    GRID_OPERATOR,
    Transfer,
    TransferKind,
    participant_account,
    transfer,
)
from market.model.participant import GREEN_KINDS, Participant, Unit, VoltageLevel
from market.model.rules import MarketRules
from market.model.trade import ClearingOutcome
from market.settlement.energy import ConservationError
from market.settlement.imbalance import DeviationPrice, last_resort_exchange
from market.settlement.network import withdrawal_wh
from market.settlement.tariff import network_ticks


def moving_costs(
    unit: Unit, prices: Mapping[str, DeviationPrice], reference_ticks: Mapping[str, int]
) -> tuple[int, int]:
    """What a unit is paid per Wh it injects more, and gives back per Wh it injects less."""
    if unit.kind in GREEN_KINDS:
        return max(0, reference_ticks[unit.area_id]), 0
    price = prices[unit.area_id]
    return max(price.short_ticks, price.long_ticks), price.long_ticks


def reference_prices(
    prices: Sequence[DeviationPrice], outcome: ClearingOutcome | None
) -> dict[str, int]:
    """The area price of each area; where nothing traded, what the last resort pays there."""
    traded = {area.area_id: area.price_ticks for area in outcome.areas} if outcome else {}
    found = {}
    for price in prices:
        ticks = traded.get(price.area_id)
        found[price.area_id] = price.long_ticks if ticks is None else ticks
    return found


def followed_wh(
    instructed_wh: Mapping[str, int],
    traded_wh: Mapping[str, int],
    measured_wh: Mapping[str, int],
) -> dict[str, int]:
    """What of each instructed change the meter shows: the same way, and not beyond it.

    A unit without a reading did as it was told.
    """
    followed = {}
    for unit_id, told_wh in instructed_wh.items():
        traded = traded_wh.get(unit_id, 0)
        moved_wh = measured_wh.get(unit_id, traded + told_wh) - traded
        least, most = min(0, told_wh), max(0, told_wh)
        followed[unit_id] = max(least, min(most, moved_wh))
    return followed


def net_by_area_wh(moved_wh: Mapping[str, int], units: Mapping[str, Unit]) -> dict[str, int]:
    """Changes in sum, by area."""
    net: dict[str, int] = {}
    for unit_id, energy_wh in moved_wh.items():
        area_id = units[unit_id].area_id
        net[area_id] = net.get(area_id, 0) + energy_wh
    return net


def sums(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Two energies by name as one."""
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


def less(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """The first by name without the second, which names nothing else."""
    return {name: energy_wh - other.get(name, 0) for name, energy_wh in one.items()}


def redispatch_transfers(
    *,
    moved_wh: Mapping[str, int],
    prices: Sequence[DeviationPrice],
    units: Mapping[str, Unit],
    rules: MarketRules,
    grid: Grid,
    start_s: int,
    last_resort_participant_id: str | None,
    outcome: ClearingOutcome | None,
    exchange: ClearingOutcome | None,
    received_wh: Mapping[str, int] | None = None,
    at_area_price_wh: Mapping[str, int] | None = None,
) -> tuple[Transfer, ...]:
    """Transfers between the grid operator, the owners of the units and who replaces the energy.

    Fees of lines for the replacement would go from the grid operator to itself and are left out.

    Args:
        moved_wh: instructed changes that were followed, by unit.
        prices: deviation prices of every area; the adder is in them.
        units: all units by id.
        rules: bands of the last resort.
        grid: areas and lines.
        start_s: start of the interval.
        last_resort_participant_id: who replaces; None: nobody does.
        outcome: area prices.
        exchange: what the areas were scheduled to exchange.
        received_wh: what units of other areas were activated to give each area for it, and what the last
            resort therefore does not replace; None: nothing.
        at_area_price_wh: the part of each change that is not compensated: it is given back, or paid
            back, at the area price; None: nothing is.

    Raises:
        ConservationError: what was moved and what replaces it do not add up to nothing.
    """
    price_of = {price.area_id: price for price in prices}
    reference = reference_prices(prices, outcome)
    given_back_wh = at_area_price_wh or {}
    transfers = [
        *_compensations(less(moved_wh, given_back_wh), units, price_of, reference, start_s),
        *_given_back(given_back_wh, units, reference, start_s),
    ]
    if last_resort_participant_id is not None:
        account = participant_account(last_resort_participant_id)
        for area_id, net_wh in sums(net_by_area_wh(moved_wh, units), received_wh or {}).items():
            settled = last_resort_exchange(net_wh, area_id, rules, grid, exchange, start_s)
            if settled.deviation_wh != net_wh:
                raise ConservationError(
                    f"{area_id}: {net_wh} Wh moved, {settled.deviation_wh} replaced"
                )
            transfers.append(
                transfer(
                    GRID_OPERATOR,
                    account,
                    settled.due_quanta,
                    TransferKind.REPLACEMENT,
                    area_id,
                    start_s,
                )
            )
    return tuple(item for item in transfers if item.amount_quanta)


def fees_borne(
    *,
    moved_wh: Mapping[str, int],
    measured_wh: Mapping[str, int],
    units: Mapping[str, Unit],
    rules: MarketRules,
    participants: Mapping[str, Participant],
    start_s: int,
    kind: TransferKind = TransferKind.REDISPATCH,
) -> tuple[Transfer, ...]:
    """Network fee and levies on withdrawal that would not be there had no unit been told to inject less.

    The metering point is charged by its meter as always; who had the unit told pays it back. What is saved
    because a unit withdraws less stays saved.

    Args:
        moved_wh: instructed changes that were followed, by unit.
        measured_wh: metered net injection by unit.
        units: all units by id.
        rules: the tariff.
        participants: all participants by id.
        start_s: start of the interval.
        kind: why.
    """
    concerned = {
        units[name].participant_id for name, energy_wh in moved_wh.items() if energy_wh < 0
    }
    untold_wh = {
        name: energy_wh - min(0, moved_wh.get(name, 0)) for name, energy_wh in measured_wh.items()
    }
    withdrawn_wh, without_wh = (withdrawal_wh(units, item) for item in (measured_wh, untold_wh))
    fees_ticks = {
        level: network_ticks(rules, start_s, level) + rules.tariff.levies_ticks
        for level in VoltageLevel
    }
    borne = (
        transfer(
            GRID_OPERATOR,
            participant_account(name),
            fees_ticks[participants[name].voltage_level] * (withdrawn_wh[name] - without_wh[name]),
            kind,
            name,
            start_s,
        )
        for name in sorted(concerned)
        if not participants[name].is_last_resort
    )
    return tuple(item for item in borne if item.amount_quanta)


def _compensations(
    moved_wh: Mapping[str, int],
    units: Mapping[str, Unit],
    price_of: Mapping[str, DeviationPrice],
    reference: Mapping[str, int],
    start_s: int,
) -> Iterator[Transfer]:
    for unit_id, energy_wh in moved_wh.items():
        unit = units[unit_id]
        up_ticks, avoided_ticks = moving_costs(unit, price_of, reference)
        ticks = up_ticks if energy_wh > 0 else avoided_ticks
        yield transfer(
            GRID_OPERATOR,
            participant_account(unit.participant_id),
            ticks * energy_wh,
            TransferKind.REDISPATCH,
            unit_id,
            start_s,
        )


def _given_back(
    energy_wh: Mapping[str, int],
    units: Mapping[str, Unit],
    reference: Mapping[str, int],
    start_s: int,
) -> Iterator[Transfer]:
    for unit_id, moved_wh in energy_wh.items():
        unit = units[unit_id]
        yield transfer(
            GRID_OPERATOR,
            participant_account(unit.participant_id),
            reference[unit.area_id] * moved_wh,
            TransferKind.INSTRUCTED,
            unit_id,
            start_s,
        )
