"""Why the orders of a call got what they got, with the market's numbers of the orders again.

The one idea: the engine explains rows; who stands behind a row is known here only.
"""

import numpy as np
from numpy.typing import NDArray

from market.model.call import CALL_REASONS, CallReason, Explained, Tied
from market.model.grid import Grid
from market.trading.auction import AuctionInput, Reasons

_PLACE = {reason.value: place for place, reason in enumerate(CALL_REASONS)}


def explained(auction: AuctionInput, reasons: Reasons, grid: Grid) -> Explained:
    """Reasons of simple orders in the order of their rows, then of blocks, then of storages."""
    here = np.array([_PLACE.get(name, 0) for name in reasons.names], dtype=np.uint8)

    def coded(column: NDArray[np.uint8]) -> list[int]:
        codes: list[int] = here[column].tolist()
        return codes

    out = _PLACE[CallReason.NOT_IN_AUCTION]
    blocks, storages = auction.block_numbers, auction.storage_numbers
    gains = [
        *zip(blocks, reasons.block_gain_quanta, strict=True),
        *zip(storages, reasons.storage_gain_quanta, strict=True),
    ]
    short = [
        *zip(blocks, reasons.block_missed_ticks, strict=True),
        *zip(storages, reasons.storage_short_ticks, strict=True),
    ]
    return Explained(
        numbers=(*auction.numbers.tolist(), *blocks, *storages, *auction.left_out),
        reasons=(
            *coded(reasons.steps),
            *coded(reasons.blocks),
            *coded(reasons.storages),
            *(out for _ in auction.left_out),
        ),
        tied=tuple(
            Tied(
                area_id=grid.areas[area].area_id,
                start_s=auction.starts_s[interval],
                sells=sells,
                energy_wh=energy_wh,
                accepted_wh=accepted_wh,
            )
            for area, interval, sells, energy_wh, accepted_wh in reasons.tied
        ),
        gains=tuple(gains),
        short=tuple((number, ticks) for number, ticks in short if ticks),
    )
