"""What a market wants of a bank, and nothing more.

The one idea: both calls may be made again at any time. A payout is known by its id and a movement by the
bank's, so what was handed over twice is carried out once, and what was heard twice is booked once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from market.model.demand import Demand
from market.model.payment import (
    BankRow,
    Payout,
)
from market.model.rules import MarketRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a bank says."""

    rows: tuple[BankRow, ...] = ()
    """Movements, those told before among them."""
    rejected: tuple[tuple[str, str], ...] = ()
    """Payouts it did not carry out, each with the reason."""


class PaymentPort(Protocol):
    """A way to a bank."""

    async def send(self, rules: MarketRules, payouts: Sequence[Payout]) -> None:
        """Hand over payouts that are sent; the same ones again are no new ones."""

    async def heard(
        self,
        rules: MarketRules,
        *,
        sent: Sequence[Payout],
        demands: Sequence[Demand],
        now_us: int,
    ) -> Heard:
        """What the bank has to say by now.

        Args:
            rules: of the market.
            sent: payouts the bank has not answered for.
            demands: bills that stand, for a gateway that tells payers of them.
            now_us: market time.
        """
