"""Resting blocks of continuous trading: all intervals in full, or nothing.

The one idea: a block that rests meets one thing only, an identical block of the other side, so blocks
are kept by what they are made of.
"""

from collections.abc import Collection, Iterator

from market.model.order import SelfTrade
from market.trading.merging import may_meet
from market.trading.resting import Prevented, RestingBlock

_Shape = tuple[str, bool, tuple[tuple[int, int], ...]]


class BlockList:
    """The resting blocks of one market."""

    def __init__(self) -> None:
        self._blocks: dict[str, RestingBlock] = {}
        self._alike: dict[_Shape, dict[str, RestingBlock]] = {}

    def __len__(self) -> int:
        """Number of resting blocks."""
        return len(self._blocks)

    def __iter__(self) -> Iterator[RestingBlock]:
        """In order of priority."""
        return iter(self._blocks.values())

    def get(self, order_id: str) -> RestingBlock | None:
        """A resting block; None: it does not rest."""
        return self._blocks.get(order_id)

    def add(self, block: RestingBlock) -> None:
        """Let a block rest behind all others."""
        self._blocks[block.order_id] = block
        shape = (block.area_id, block.is_sell, block.legs)
        self._alike.setdefault(shape, {})[block.order_id] = block

    def remove(self, order_id: str) -> RestingBlock:
        """Take a block out.

        Raises:
            KeyError: it does not rest.
        """
        block = self._blocks.pop(order_id)
        shape = (block.area_id, block.is_sell, block.legs)
        alike = self._alike[shape]
        del alike[order_id]
        if not alike:
            del self._alike[shape]
        return block

    def touching(self, start_s: int, areas: Collection[str] | None) -> list[RestingBlock]:
        """Blocks that want something in an interval, in order of priority."""
        return [
            block
            for block in self._blocks.values()
            if (areas is None or block.area_id in areas)
            and any(leg_s == start_s for leg_s, _ in block.legs)
        ]

    def counterpart(
        self, block: RestingBlock, mode: SelfTrade
    ) -> tuple[RestingBlock | None, list[Prevented]]:
        """The identical block of the other side that is met, best price first, then time.

        With it what self-trade prevention does on the way: where the newest is to go or both are,
        the last entry says so (`taken_wh` > 0 for both) and no block is met.
        """
        prevented: list[Prevented] = []
        whole_wh = sum(energy_wh for _, energy_wh in block.legs)
        for resting in self._crossing(block):
            if resting.owner != block.owner:
                return resting, prevented
            if mode is SelfTrade.CANCEL_NEWEST:
                prevented.append(Prevented(resting, whole_wh, 0, whole_wh))
                break
            taken_wh = whole_wh if mode is SelfTrade.DECREMENT_BOTH else 0
            prevented.append(Prevented(resting, whole_wh, taken_wh, 0))
            if taken_wh > 0:
                break
        return None, prevented

    def _crossing(self, block: RestingBlock) -> list[RestingBlock]:
        alike = self._alike.get((block.area_id, not block.is_sell, block.legs), {})
        sign = -1 if block.is_sell else 1
        found = [
            other
            for other in alike.values()
            if sign * other.price_ticks <= sign * block.price_ticks and may_meet(block, other)
        ]
        return sorted(found, key=lambda other: (sign * other.price_ticks, other.sequence))
