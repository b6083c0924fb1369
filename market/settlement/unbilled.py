"""Taxes that are expected on what is booked and not billed yet.

The one idea: all else is on the account when it arises; only tax waits for the bill. It is estimated
payment by payment at the rates of the day of delivery, and dropped when the month's bill is issued, which
books the tax itself. What a participant receives counts against what it pays, as on the bill; nothing is
expected back.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from market.model.bill import BillDue, ChargeKind
from market.model.interval import day_of
from market.model.money import Transfer, TransferKind, participant_account
from market.model.rules import MarketRules
from market.model.units import PPM, round_up
from market.settlement.bill import AS_BOOKED
from market.settlement.tariff import taxes_on

_PREFIX: Final = participant_account("")
_PAID: Final[Mapping[TransferKind, ChargeKind]] = {
    **AS_BOOKED,
    TransferKind.TRADE: ChargeKind.ENERGY_BOUGHT,
    TransferKind.DEVIATION: ChargeKind.DEVIATION_SHORT,
    TransferKind.NETWORK_FEE: ChargeKind.NETWORK_FEE,
    TransferKind.LEVIES: ChargeKind.LEVIES,
}
_RECEIVED: Final[Mapping[TransferKind, ChargeKind]] = {
    **_PAID,
    TransferKind.TRADE: ChargeKind.ENERGY_SOLD,
    TransferKind.DEVIATION: ChargeKind.DEVIATION_LONG,
}
"""As payments usually go; at a price below zero the two sides of a trade change places, and the estimate
takes the other one's rate."""


class Unbilled:
    """Expected taxes by participant and local month, in millionths of a quantum."""

    def __init__(self) -> None:
        self._expected: dict[str, dict[str, int]] = {}

    def booked(self, transfers: Iterable[Transfer], rules: MarketRules) -> None:
        """Money has moved: it stands on a bill some day."""
        rates: dict[str, dict[ChargeKind, int]] = {}
        for item in transfers:
            if item.start_s is None or item.kind not in _PAID:
                continue
            day = day_of(item.start_s, rules.time_zone).isoformat()
            if day not in rates:
                rates[day] = _rates(rules, day)
            for account, kind, sign in (
                (item.debit_account, _PAID[item.kind], 1),
                (item.credit_account, _RECEIVED[item.kind], -1),
            ):
                rate_ppm = rates[day].get(kind, 0)
                if rate_ppm and account.startswith(_PREFIX):
                    months = self._expected.setdefault(account.removeprefix(_PREFIX), {})
                    amount = sign * rate_ppm * item.amount_quanta
                    months[day[:7]] = months.get(day[:7], 0) + amount

    def issued(self, bills: Iterable[BillDue]) -> None:
        """These months are billed: their taxes are booked now."""
        for due in bills:
            months = self._expected.get(due.participant_id, {})
            months.pop(due.month, None)
            if not months:
                self._expected.pop(due.participant_id, None)

    def expected_quanta(self, participant_id: str) -> int:
        """What bills of all open months will add at most, by what is booked until now."""
        months = self._expected.get(participant_id)
        if months is None:
            return 0
        return sum(round_up(amount, PPM) for amount in months.values() if amount > 0)


def _rates(rules: MarketRules, day: str) -> dict[ChargeKind, int]:
    """All taxes on each kind of line together, ppm."""
    rates: dict[ChargeKind, int] = {}
    for tax in taxes_on(rules, day):
        for kind in tax.on:
            rates[kind] = rates.get(kind, 0) + tax.rate_ppm
    return rates
