"""What certificates (绿证) a metered interval brings, and who has them when it is settled.

The one idea: a certificate is one Wh that a renewable unit's meter shows, no more and no fewer (decision
24d). It follows what became of that Wh: own use is issued and retired at once, traded energy takes it along
to the buyer, what nobody bought leaves it with the producer. A storage's discharge brings none, and neither
does energy that is paid a supported feed-in price.

Within a match (a pooled call, or two parties) the buyers who asked for green energy are served first, in
proportion to what they used; then the others. Sellers give in proportion to what they delivered.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from market.certificates.errors import CertificateError
from market.model.splitting import Integers, split_groups, sums


class Purpose(IntEnum):
    """What a certificate is there for once its interval is settled."""

    OWN_USE = 0
    """Used behind the same metering point: issued and retired at once, never tradable."""
    USED = 1
    """Came with energy that its buyer used: retired at once."""
    HELD = 2
    """In somebody's account: it may be moved, retired or exported."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GenerationColumns:
    """What became of the meters of one interval; a row is a unit by its number, injection positive.

    Units that are not renewable may be left out: they bring nothing.
    """

    owner: Integers
    """(n,) number of the participant whose unit it is."""
    renewable: NDArray[np.bool_]
    """(n,) whether its kind is one of `GREEN_KINDS`; a storage is not."""
    supported: NDArray[np.bool_]
    """(n,) whether what nobody bought is paid a supported feed-in price."""
    metered_wh: Integers
    """(n,) net energy of the unit."""
    own_use_wh: Integers
    """(n,) of the meter: used behind the same metering point."""
    own_storage_wh: Integers
    """(n,) of the meter: into and out of a storage there."""
    retail_wh: Integers
    """(n,) of the meter: taken or delivered by the retailer of last resort."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeliveryColumns:
    """Trades of the interval with their share of the meters."""

    row: Integers
    """(m,) the unit's row in `GenerationColumns`; -1: it was left out."""
    owner: Integers
    """(m,) number of the participant whose unit it is."""
    match: Integers
    """(m,) number of the match, from 0."""
    sold: NDArray[np.bool_]
    """(m,) whether it is the seller's leg."""
    asks_green: NDArray[np.bool_]
    """(m,) whether a buyer asked for green energy."""
    keeps: NDArray[np.bool_]
    """(m,) whether a buyer takes certificates into its account instead of using them up: a retailer."""
    delivered_wh: Integers
    """(m,) >= 0 its share of the unit's meter; what was bought back has none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shares:
    """Certificates of one interval, by holder, unit and purpose; sorted so, each once."""

    unit: Integers
    """(k,) number of the unit whose meter they come from."""
    holder: Integers
    """(k,) number of the participant."""
    purpose: Integers
    """(k,) a `Purpose`."""
    energy_wh: Integers
    """(k,) > 0; in a difference of two versions signed and never zero."""

    def total_wh(self, purpose: Purpose | None = None) -> int:
        """How many there are of a purpose; None: of all."""
        of = self.energy_wh if purpose is None else self.energy_wh[self.purpose == purpose]
        return int(of.sum())


def settled_shares(generation: GenerationColumns, deliveries: DeliveryColumns) -> Shares:
    """The certificates of one interval as its meters and trades make them.

    Raises:
        CertificateError: a unit would be issued other than it generated.
    """
    count, green = len(generation.owner), generation.renewable
    own_wh = np.maximum(generation.own_use_wh, 0) + np.maximum(generation.own_storage_wh, 0)
    kept = green & ~generation.supported
    kept_wh = np.where(kept, np.maximum(generation.retail_wh, 0), 0)
    sold = deliveries.sold & (deliveries.row >= 0)
    sold[sold] = green[deliveries.row[sold]]
    kept_wh += sums(deliveries.delivered_wh[sold], deliveries.row[sold], count)
    seller, buyer, carried_wh = carried(deliveries, sold)
    kept_wh -= sums(carried_wh, seller, count)
    (own,), (held,) = np.nonzero(green & (own_wh != 0)), np.nonzero(kept_wh)
    used = np.where(deliveries.keeps[buyer], int(Purpose.HELD), int(Purpose.USED))
    shares = summed(
        np.concatenate((own, held, seller)),
        np.concatenate((generation.owner[own], generation.owner[held], deliveries.owner[buyer])),
        np.concatenate(
            (
                np.full(len(own), Purpose.OWN_USE, dtype=np.int64),
                np.full(len(held), Purpose.HELD, dtype=np.int64),
                used,
            )
        ),
        np.concatenate((own_wh[own], kept_wh[held], carried_wh)),
    )
    _check(generation, shares)
    return shares


def _check(generation: GenerationColumns, shares: Shares) -> None:
    """Assert, from the meters alone, that no unit has more than it generated."""
    generated_wh = np.where(generation.renewable, np.maximum(generation.metered_wh, 0), 0)
    issued_wh = sums(shares.energy_wh, shares.unit, len(generated_wh))
    unsupported = ~generation.supported
    if (
        (shares.energy_wh < 0).any()
        or (issued_wh > generated_wh).any()
        or (issued_wh != generated_wh)[unsupported].any()
    ):
        raise CertificateError("other certificates than renewable energy was generated")


def carried(
    deliveries: DeliveryColumns, sold_green: NDArray[np.bool_]
) -> tuple[Integers, Integers, Integers]:
    """Which certificates go with trades: seller's row, buyer's trade and energy (> 0) of each part.

    In every match as many go as green energy was delivered and energy was used, whichever is less.

    Args:
        deliveries: the trades.
        sold_green: (m,) whether it is a renewable unit's sale.
    """
    matches = int(deliveries.match.max()) + 1 if len(deliveries.match) else 0
    bought = ~deliveries.sold
    supply_wh = _of(sold_green, deliveries, matches)
    first = bought & deliveries.asks_green
    first_wh = np.minimum(supply_wh, _of(first, deliveries, matches))
    others = bought & ~deliveries.asks_green
    others_wh = np.minimum(supply_wh - first_wh, _of(others, deliveries, matches))

    taken_wh = np.zeros(len(deliveries.match), dtype=np.int64)
    for trades, total_wh in (
        (first, first_wh),
        (others, others_wh),
        (sold_green, first_wh + others_wh),
    ):
        taken_wh[trades] = split_groups(
            total_wh, deliveries.match[trades], deliveries.delivered_wh[trades]
        )
    return _paired(deliveries, taken_wh, sold_green)


def _of(trades: NDArray[np.bool_], deliveries: DeliveryColumns, matches: int) -> Integers:
    """What these trades delivered, by match."""
    return sums(deliveries.delivered_wh[trades], deliveries.match[trades], matches)


def _paired(
    deliveries: DeliveryColumns, taken_wh: Integers, sold_green: NDArray[np.bool_]
) -> tuple[Integers, Integers, Integers]:
    """Sellers' and buyers' parts laid beside each other, match by match, in the order of the trades.

    Both sides of a match have the same sum, so one running sum over all matches cuts both.
    """
    sides = []
    for side in (sold_green, ~deliveries.sold):
        (trades,) = np.nonzero(side & (taken_wh > 0))
        sides.append(trades[np.argsort(deliveries.match[trades], kind="stable")])
    sellers, buyers = sides
    if not len(sellers):
        none = np.zeros(0, dtype=np.int64)
        return none, none, none
    ends_sold, ends_bought = np.cumsum(taken_wh[sellers]), np.cumsum(taken_wh[buyers])
    # Both rise: a stable sort merges them, and is much faster here than the union of two sets.
    ends = np.sort(np.concatenate((ends_sold, ends_bought)), kind="stable")
    ends = ends[np.diff(ends, prepend=0) != 0]
    seller = deliveries.row[sellers[np.searchsorted(ends_sold, ends)]]
    buyer = buyers[np.searchsorted(ends_bought, ends)]
    return seller, buyer, np.diff(ends, prepend=0)


def summed(unit: Integers, holder: Integers, purpose: Integers, energy_wh: Integers) -> Shares:
    """Shares of the same unit, holder and purpose as one, sorted; what adds up to nothing left out."""
    (some,) = np.nonzero(energy_wh)
    unit, holder, purpose, energy_wh = (x[some] for x in (unit, holder, purpose, energy_wh))
    if not len(unit):
        return Shares(unit=unit, holder=holder, purpose=purpose, energy_wh=energy_wh)
    # One number for all three sorts faster than three columns, and sorts alike. What comes from one match
    # stands in order mostly, which a stable sort makes use of.
    units = int(unit.max()) + 1
    key = (holder * units + unit) * len(Purpose) + purpose
    order = np.argsort(key, kind="stable")
    key, energy_wh = key[order], energy_wh[order]
    fresh = np.diff(key, prepend=-1) != 0
    if not fresh.all():
        first = np.flatnonzero(fresh)
        order, energy_wh = order[first], np.add.reduceat(energy_wh, first)
        (some,) = np.nonzero(energy_wh)
        order, energy_wh = order[some], energy_wh[some]
    return Shares(
        unit=unit[order], holder=holder[order], purpose=purpose[order], energy_wh=energy_wh
    )
