"""Whole local days and ends of months, lived in a store: of 92, 96 and 100 intervals, and a leap day.

Every interval has a reading of its own size, so a sum tells exactly which intervals are in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clearing.merit_order import merit_order
from market.day_runs import DayRuns
from market.model.bill import ChargeKind
from market.model.interval import MarketDay
from market.model.messages import (
    Command,
    CreateMarket,
    Deposit,
    MakeDeposits,
    PlaceOrders,
    RecordMeasurements,
    RegisterParticipants,
    RegisterUnits,
)
from market.model.participant import VoltageLevel
from market.model.power import Measurement
from market.model.rules import DayKind, MarketRules, NetworkBand, NetworkTariff, Tariff
from market.model.settlement_run import RunKind
from market.model.timer import TimerKind
from market.sequencer import Sequencer
from market.store import queries
from market.store.database import Store
from tests.builders import GRID, PARTICIPANTS, RULES, STEP_S, UNITS, orders
from tests.market.written import MARKET_ID, StillClock, bill, due_command, with_sequencer

TWICE_TICKS, PLAIN_TICKS, LEVIES_TICKS = 900, 7_000, 5_000
BOUGHT_WH, PRICE_TICKS = 400, 9_000
BY_HOUR = NetworkTariff(
    voltage_level=VoltageLevel.LOW,
    from_day="2016-01-01",
    bands=(
        NetworkBand(days=DayKind.ALL, from_hour=0, to_hour=2, ticks=PLAIN_TICKS),
        NetworkBand(days=DayKind.ALL, from_hour=2, to_hour=3, ticks=TWICE_TICKS),
        NetworkBand(days=DayKind.ALL, from_hour=3, to_hour=24, ticks=PLAIN_TICKS),
    ),
)
"""Another price in the hour that comes twice, or not at all, where clocks change."""


def used_wh(number: int) -> int:
    """What Ben takes in the n-th interval of a life."""
    return BOUGHT_WH + 2 * number


@dataclass
class Life:
    """A market from one instant to another."""

    rules: MarketRules

    @classmethod
    def of(cls, zone: str, from_s: int, until_s: int) -> "Life":
        return cls(
            replace(
                RULES,
                time_zone=zone,
                trading_from_s=from_s,
                trading_until_s=until_s,
                tariff=Tariff(network_ticks=1, levies_ticks=LEVIES_TICKS, by_level=(BY_HOUR,)),
            )
        )

    @property
    def starts_s(self) -> range:
        assert self.rules.trading_until_s is not None
        return range(self.rules.trading_from_s, self.rules.trading_until_s, STEP_S)

    def opening(self, now_us: int) -> Iterator[Command]:
        yield CreateMarket(now_us=now_us, actor="op", rules=self.rules, grid=GRID)
        yield RegisterParticipants(now_us=now_us, actor="op", participants=PARTICIPANTS)
        yield RegisterUnits(now_us=now_us, actor="op", units=UNITS)
        deposits = tuple(
            Deposit(deposit_id=f"dep-{name}", participant_id=name, amount_quanta=10**12)
            for name in ("ann", "ben", "retailer")
        )
        yield MakeDeposits(now_us=now_us, actor="op", deposits=deposits)

    async def trades(self, sequencer: Sequencer, clock: StillClock) -> None:
        """Ben buys of Ann's roof in every interval; all that is due happens; his meter is read."""
        for command in self.opening(clock.time_us):
            assert (await sequencer.submit(command)).answer.rejections == ()
        placed = False
        while (timer := sequencer.engine.next_timer()) is not None:
            if timer.kind is TimerKind.CLOSE_GATE and not placed:
                placed = True
                for owner, order in (("ann", "ann-solar sell"), ("ben", "ben-load buy")):
                    rows = "\n".join(
                        f"{owner}-{n} {order} {PRICE_TICKS} {BOUGHT_WH} {n}"
                        for n in range(len(self.starts_s))
                    )
                    command = PlaceOrders(
                        now_us=clock.time_us,
                        actor=owner,
                        participant_id=owner,
                        orders=orders(rows, start_s=self.starts_s.start),
                    )
                    answer = (await sequencer.submit(command)).answer
                    assert not [row for row in answer.orders if row.rejection]
            clock.time_us = max(clock.time_us, timer.due_us)
            command = due_command(sequencer.engine, timer, merit_order)
            assert (await sequencer.submit(command)).answer.rejections == ()
            if timer.kind is TimerKind.END_DELIVERY:
                number = self.starts_s.index(timer.start_s)
                reading = Measurement(
                    unit_id="ben-load", start_s=timer.start_s, injection_wh=-used_wh(number)
                )
                read = RecordMeasurements(
                    now_us=clock.time_us, actor="g", area_id="RUR", measurements=(reading,)
                )
                assert (await sequencer.submit(read)).answer.rejections == ()


def lived(store: Store, life: Life, check: Any) -> None:  # noqa: ANN401 - what is looked at
    """Live it, settle its days as a whole, then look."""
    clock = StillClock((life.rules.trading_from_s - 3_600) * 10**6)

    async def run(sequencer: Sequencer) -> None:
        await life.trades(sequencer, clock)
        while await DayRuns(sequencer, clock, market_id=MARKET_ID).step():
            pass
        await check(sequencer, clock)
        assert sequencer.engine.state.ledger.sum_quanta() == 0

    with_sequencer(store, run, clock=clock)


async def bens_bill(
    sequencer: Sequencer, clock: StillClock, month: str
) -> dict[ChargeKind, list[Any]]:
    """Of an issued bill its lines by kind; the account moved by its total."""
    before = sequencer.engine.state.ledger.balance_quanta("participant:ben")
    await bill(sequencer, clock, month)
    await sequencer.projected(sequencer.committed_seq)
    with sequencer.readers.connect() as connection:
        (found,) = queries.bills(connection, MARKET_ID, participant_id="ben", month=month).items
    after = sequencer.engine.state.ledger.balance_quanta("participant:ben")
    assert after - before == -(found.bill.total_quanta - found.bill.net_quanta)
    lines: dict[ChargeKind, list[Any]] = {}
    for line in found.bill.lines:
        lines.setdefault(line.kind, []).append(line)
    return lines


def energy_wh(lines: list[Any]) -> int:
    return sum(line.energy_wh for line in lines)


@pytest.mark.parametrize(
    ("day", "intervals", "in_the_hour"),
    [("2027-03-28", 92, 0), ("2027-10-31", 100, 8), ("2028-02-29", 96, 4)],
)
def test_a_whole_day_of_the_zone_is_settled_and_billed(
    tmp_path: Path, day: str, intervals: int, in_the_hour: int
) -> None:
    """And an hour of the next day, which is another month's where the day is its last."""
    whole = MarketDay(day=date.fromisoformat(day), zone="Europe/Berlin", minutes=15).starts_s()
    assert len(whole) == intervals
    life = Life.of("Europe/Berlin", whole.start, whole.stop + 4 * STEP_S)
    next_day = (date.fromisoformat(day) + timedelta(days=1)).isoformat()

    async def check(sequencer: Sequencer, clock: StillClock) -> None:
        await sequencer.projected(sequencer.committed_seq)
        with sequencer.readers.connect() as connection:
            first, second = queries.settlement_runs(connection, MARKET_ID).items
        # What the intervals booked one by one is what the day comes to as a whole.
        assert [(run.run.day, run.differences) for run in (first, second)] == [
            (day, 0),
            (next_day, 0),
        ]
        assert first.run.kind is RunKind.PRELIMINARY
        assert first.run.completeness.measured == intervals
        assert second.run.completeness.measured == 4

        lines = await bens_bill(sequencer, clock, day[:7])
        last = intervals if next_day[:7] != day[:7] else intervals + 4
        wanted_wh = sum(used_wh(number) for number in range(last))
        assert energy_wh(lines[ChargeKind.LEVIES]) == wanted_wh
        assert energy_wh(lines[ChargeKind.NETWORK_FEE]) == wanted_wh
        assert lines[ChargeKind.ENERGY_BOUGHT][0].energy_wh == last * BOUGHT_WH
        assert energy_wh(lines[ChargeKind.DEVIATION_SHORT]) == wanted_wh - last * BOUGHT_WH
        by_price = {line.price_ticks: line.energy_wh for line in lines[ChargeKind.NETWORK_FEE]}
        # The hour from two to three begins with the ninth interval of the day.
        hour_wh = sum(used_wh(number) for number in range(8, 8 + in_the_hour))
        assert by_price.get(TWICE_TICKS, 0) == hour_wh
        assert by_price[PLAIN_TICKS] == wanted_wh - hour_wh

    lived(tmp_path / "market.sqlite", life, check)


@pytest.mark.parametrize(
    ("zone", "month_ends"),
    [
        ("Europe/Berlin", datetime(2028, 2, 29, 23, tzinfo=UTC)),
        ("Asia/Shanghai", datetime(2028, 2, 29, 16, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2027, 3, 31, 22, tzinfo=UTC)),
    ],
)
def test_a_month_ends_at_midnight_of_the_markets_zone(
    store: Store, zone: str, month_ends: datetime
) -> None:
    until_s = int(month_ends.timestamp())
    life = Life.of(zone, until_s - 3 * STEP_S, until_s + 2 * STEP_S)
    month = (month_ends - timedelta(days=1)).strftime("%Y-%m")
    after = (month_ends + timedelta(days=1)).strftime("%Y-%m")

    async def check(sequencer: Sequencer, clock: StillClock) -> None:
        for each, numbers in ((month, (0, 1, 2)), (after, (3, 4))):
            lines = await bens_bill(sequencer, clock, each)
            wanted_wh = sum(used_wh(number) for number in numbers)
            assert energy_wh(lines[ChargeKind.NETWORK_FEE]) == wanted_wh
            assert energy_wh(lines[ChargeKind.ENERGY_BOUGHT]) == len(numbers) * BOUGHT_WH

    lived(store, life, check)
