"""What orders that left the sealed books leave behind: money held, open energy, a smaller count."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial

from market.model.order import PLAIN, BlockOrder
from market.trading.flexible import Energy, block_hold_quanta


@dataclass(slots=True)
class Gone:
    """What orders that left the books leave behind."""

    held_quanta: defaultdict[str, int] = field(default_factory=partial(defaultdict, int))
    """Money held, by participant."""
    orders: defaultdict[str, int] = field(default_factory=partial(defaultdict, int))
    """Number of orders, by participant."""
    energy_wh: Energy = field(default_factory=dict)
    """Open energy by unit, interval and whether it sells."""
    with_options: list[str] = field(default_factory=list)
    """Ids of those that were not plain."""

    def note_block(self, block: BlockOrder) -> None:
        """A block leaves."""
        owner = block.header.participant_id
        self.held_quanta[owner] += block_hold_quanta(block)
        self.orders[owner] += 1
        if block.options != PLAIN:
            self.with_options.append(block.header.order_id)
