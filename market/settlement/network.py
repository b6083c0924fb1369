"""Network fees and levies: on metered withdrawal, traded or not.

The one idea: the metering point pays, not the unit, so own supply that is used on the spot is never
charged; and nobody pays a line's fee here, that one is in the area price.
"""

from collections.abc import Collection, Mapping

from market.model.money import (
    GRID_OPERATOR,
    LEVIES,
    Transfer,
    TransferKind,
    participant_account,
    transfer,
)
from market.model.participant import Participant, Unit, VoltageLevel
from market.model.rules import MarketRules
from market.settlement.tariff import day_charge_quanta, network_ticks


def withdrawal_wh(units: Mapping[str, Unit], measured_wh: Mapping[str, int]) -> dict[str, int]:
    """Metered withdrawal (Wh >= 0) per participant: max(0, -sum of injection over its units).

    Args:
        units: all units by id.
        measured_wh: metered net injection by unit; a unit without reading counts as zero.

    Returns:
        One entry for every participant that has a unit, in the order of the units.
    """
    net_wh: dict[str, int] = {}
    for unit in units.values():
        injection_wh = measured_wh.get(unit.unit_id, 0)
        net_wh[unit.participant_id] = net_wh.get(unit.participant_id, 0) + injection_wh
    return {participant_id: max(0, -energy_wh) for participant_id, energy_wh in net_wh.items()}


def network_transfers(
    *,
    withdrawal_wh: Mapping[str, int],
    rules: MarketRules,
    participants: Mapping[str, Participant],
    start_s: int,
) -> tuple[Transfer, ...]:
    """Fee and levies of one interval per metering point; the last resort's own is not charged.

    Args:
        withdrawal_wh: metered withdrawal by participant, Wh >= 0.
        rules: the tariff.
        participants: all participants by id; the voltage level is theirs.
        start_s: start of the interval.
    """
    transfers = []
    fees_ticks = {level: network_ticks(rules, start_s, level) for level in VoltageLevel}
    for participant_id, energy_wh in withdrawal_wh.items():
        participant = participants[participant_id]
        if participant.is_last_resort:
            continue
        account = participant_account(participant_id)
        for receiver, ticks, kind in (
            (GRID_OPERATOR, fees_ticks[participant.voltage_level], TransferKind.NETWORK_FEE),
            (LEVIES, rules.tariff.levies_ticks, TransferKind.LEVIES),
        ):
            amount_quanta = ticks * energy_wh
            if amount_quanta:
                transfers.append(
                    transfer(account, receiver, amount_quanta, kind, participant_id, start_s)
                )
    return tuple(transfers)


def day_charges(
    *,
    points: Collection[str],
    rules: MarketRules,
    participants: Mapping[str, Participant],
    day: str,
) -> tuple[Transfer, ...]:
    """The charge for a local day per metering point; the last resort's own is not charged.

    Args:
        points: participants that had a metering point on the day.
        rules: the tariff that holds on the day.
        participants: all participants by id; the voltage level is theirs.
        day: ISO 8601.
    """
    of_level = {level: day_charge_quanta(rules, day, level) for level in VoltageLevel}
    return tuple(
        transfer(
            participant_account(name),
            GRID_OPERATOR,
            of_level[item.voltage_level],
            TransferKind.DAY_CHARGE,
            name,
        )
        for name, item in participants.items()
        if name in points and not item.is_last_resort and of_level[item.voltage_level]
    )
