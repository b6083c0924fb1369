"""Congestion rent goes back to the members, once a day.

The one idea: nobody may gain by a tight line or limit, so its rent belongs to those behind it, in
proportion to what they withdrew that day; split to the last quantum, nothing stays.
"""

from collections.abc import Iterator, Mapping, Sequence

from market.model.grid import Grid
from market.model.money import (
    Transfer,
    TransferKind,
    limit_rent_account,
    participant_account,
    rent_account,
    transfer,
)
from market.model.participant import Participant
from market.model.units import split_exactly


def rent_return(
    *,
    rents_quanta: Mapping[str, int],
    withdrawal_wh: Mapping[str, int],
    participants: Mapping[str, Participant],
    grid: Grid,
    day: str,
) -> tuple[Transfer, ...]:
    """The transfers that give a day's rent back.

    A line's rent goes to the members of the two areas it joins, a limit's to the members of its
    area; areas inside an area count to it. The area of the last resort and the last resort itself
    get nothing. Shares go by the day's metered withdrawal, and are equal when nobody withdrew. A
    rent without any member, and one that is not positive, stays where it is.

    Args:
        rents_quanta: the day's rent by rent account (`rent:LINE`, `limit_rent:AREA`); other
            accounts are not looked at.
        withdrawal_wh: the day's metered withdrawal by participant, Wh >= 0.
        participants: all participants by id.
        grid: areas and lines.
        day: the local date, ISO 8601; it closes the reference of each transfer.
    """
    members = _members(participants, grid)
    transfers: list[Transfer] = []
    for line in grid.lines:
        account = rent_account(line.line_id)
        entitled = list(dict.fromkeys([*members[line.from_area], *members[line.to_area]]))
        reference = f"{line.line_id}@{day}"
        rent_quanta = rents_quanta.get(account, 0)
        transfers += _shares(account, rent_quanta, entitled, withdrawal_wh, reference)
    for area in grid.areas:
        account = limit_rent_account(area.area_id)
        reference = f"{area.area_id}@{day}"
        rent_quanta = rents_quanta.get(account, 0)
        entitled = members[area.area_id]
        transfers += _shares(account, rent_quanta, entitled, withdrawal_wh, reference)
    return tuple(transfers)


def _members(participants: Mapping[str, Participant], grid: Grid) -> dict[str, list[str]]:
    """Ids of the participants entitled in each area, those of areas inside it included."""
    parent = {area.area_id: area.parent for area in grid.areas}
    closed = [area.area_id for area in grid.areas if area.holds_last_resort]
    members: dict[str, list[str]] = {area.area_id: [] for area in grid.areas}
    for participant in participants.values():
        if participant.is_last_resort or participant.area_id in closed:
            continue
        area_id: str | None = participant.area_id
        while area_id is not None:
            members[area_id].append(participant.participant_id)
            area_id = parent[area_id]
    return members


def _shares(
    account: str,
    rent_quanta: int,
    entitled: Sequence[str],
    withdrawal_wh: Mapping[str, int],
    reference: str,
) -> Iterator[Transfer]:
    if rent_quanta <= 0:
        return
    weights = [withdrawal_wh.get(participant_id, 0) for participant_id in entitled]
    parts_quanta = split_exactly(rent_quanta, weights)
    for participant_id, part_quanta in zip(entitled, parts_quanta, strict=True):
        if part_quanta:
            receiver = participant_account(participant_id)
            kind = TransferKind.RENT_RETURN
            yield transfer(account, receiver, part_quanta, kind, reference)
