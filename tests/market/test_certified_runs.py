"""Runs issue certificates once, whatever is corrected and done with them in between."""

from dataclasses import replace

import pytest

from market.certificates.registry import Registry
from market.day_runs import DayRuns
from market.model.bill import GreenEnergy
from market.model.certificate import (
    CertificatesExported,
    ExportCertificates,
    MoveCertificates,
    RetireCertificates,
)
from market.model.interval import MarketMonth
from market.model.messages import Command, PlaceOrders
from market.model.order import OrderOptions
from market.sequencer import Sequencer
from market.store import queries
from market.store.database import Store
from market.store.queries.green_of_month import green_of_month
from tests.market.certified import (
    DAY,
    NOW_US,
    ROOF,
    SUNNY,
    ZONE,
    acts,
    certified_story,
    codes,
    corrected,
    do_all,
    law,
    read_late,
    registry_of,
)
from tests.market.stores import NewStore
from tests.market.written import (
    MARKET_ID,
    SETUP,
    TRADING,
    write_life,
)


def test_a_first_run_issues_what_meters_show_and_nothing_twice(store: Store) -> None:
    write_life(store)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        assert registry_of(sequencer) == Registry()
        await do_all(sequencer, runs)
        # The roof is read at 1,400 Wh in each of two intervals; all of it is used.
        registry = registry_of(sequencer)
        assert (registry.issued_wh, registry.own_use_wh) == (2_800, 900)
        await sequencer.submit(corrected())
        await do_all(sequencer, runs)
        assert registry_of(sequencer).issued_wh == 2_800

    certified_story(store, check)


def test_who_asked_for_green_energy_comes_first_in_a_call(new_store: NewStore) -> None:
    """The roof sells 1,400 Wh of what it was read; Ann's load and Ben's would use more than that."""

    async def used(sequencer: Sequencer, runs: DayRuns) -> dict[str, int]:
        await do_all(sequencer, runs)
        with sequencer.readers.connect() as connection:
            lines = {
                name: queries.certificate_statement(
                    connection, MARKET_ID, participant_id=name, zone=ZONE
                ).items
                for name in ("ann", "ben")
            }
        return {
            name: sum(item.line.used_wh for item in items if item.line.lot == ROOF)
            for name, items in lines.items()
        }

    plain, green = new_store(), new_store()
    write_life(plain)
    write_life(green, map(_asks_green, (*SETUP, *TRADING)))
    shared = certified_story(plain, used)
    assert min(shared.values()) > 0
    # Ben asked: all of it is his, as he used more than there is; the prices are the same.
    assert certified_story(green, used) == {"ann": 0, "ben": sum(shared.values())}


def _asks_green(command: Command) -> Command:
    """Ben's orders of a life, for green energy only."""
    if not isinstance(command, PlaceOrders) or command.participant_id != "ben":
        return command
    orders = replace(
        command.orders,
        options=(OrderOptions(green_only=True),),
        option_of=(0,) * len(command.orders),
    )
    return replace(command, orders=orders)


def test_later_versions_issue_and_take_back_the_difference(store: Store) -> None:
    write_life(store)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await do_all(sequencer, runs)
        await read_late(sequencer, runs, **SUNNY)
        assert registry_of(sequencer).issued_wh == 3_800
        await read_late(sequencer, runs, ann_solar=0)
        assert registry_of(sequencer).issued_wh == 1_400

    certified_story(store, check)


def test_corrections_after_acts_are_owed_and_come_back(store: Store) -> None:
    write_life(store)

    async def gives(sequencer: Sequencer, runs: DayRuns) -> None:
        await do_all(sequencer, runs)
        # The roof gave more than it had sold: the rest stays with Ann, who gives it away.
        await read_late(sequencer, runs, **SUNNY)
        free_wh = registry_of(sequencer).free_wh("ann")
        assert free_wh > 0
        moved = await acts(sequencer, MoveCertificates, free_wh, receiver_id="retailer")
        assert codes(moved) == []
        more = await acts(sequencer, MoveCertificates, 1, receiver_id="ben")
        assert codes(more) == ["VOLUME_MAX"]
        await read_late(sequencer, runs, ann_solar=0)
        assert registry_of(sequencer).balances_wh == {"ann": -free_wh, "retailer": free_wh}

    async def goes_on(sequencer: Sequencer, runs: DayRuns) -> None:
        owed_wh = -registry_of(sequencer).balances_wh["ann"]
        await read_late(sequencer, runs, ann_solar=2_401)
        assert registry_of(sequencer).balances_wh == {"ann": 1, "retailer": owed_wh}

    certified_story(store, gives)
    certified_story(store, goes_on)  # after a restart


async def _green(sequencer: Sequencer, name: str) -> GreenEnergy:
    """What a bill would say of a participant's only source."""
    await sequencer.projected(sequencer.committed_seq)
    with sequencer.readers.connect() as connection:
        month = MarketMonth.of(DAY[:7], ZONE)
        (found,) = green_of_month(connection, MARKET_ID, month, ZONE)[name]
    return found


def test_retired_for_use_of_the_interval_that_is_not_covered_yet(store: Store) -> None:
    write_life(store)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await do_all(sequencer, runs)
        await read_late(sequencer, runs, **SUNNY)
        free_wh = registry_of(sequencer).free_wh("ann")
        await sequencer.projected(sequencer.committed_seq)
        with sequencer.readers.connect() as connection:
            read = queries.lots_read(
                connection, MARKET_ID, participant_id="ann", lots=(ROOF,), zone=ZONE
            )
            before, *_ = queries.green_shares(connection, MARKET_ID, day=DAY, participant_id="ann")
        (lot,) = read.lots
        assert before.own is not None
        assert 0 < lot.open_wh == before.own.used_wh - before.own.green_wh < free_wh
        assert codes(await acts(sequencer, RetireCertificates, lot.open_wh + 1)) == ["VOLUME_MAX"]
        assert codes(await acts(sequencer, RetireCertificates, lot.open_wh)) == []
        assert codes(await acts(sequencer, RetireCertificates, 1)) == ["VOLUME_MAX"]
        with sequencer.readers.connect() as connection:
            after, *_ = queries.green_shares(connection, MARKET_ID, day=DAY, participant_id="ann")
        assert after.own is not None
        assert after.own.share_ppm == 1_000_000
        assert after.market.green_wh == before.market.green_wh + lot.open_wh

        retired_wh = lot.open_wh
        assert (await _green(sequencer, "ann")).retired_wh == retired_wh
        # She used less than was read first: what was retired for more is no use of hers.
        await read_late(sequencer, runs, ann_load=-5)
        assert 0 <= (await _green(sequencer, "ann")).retired_wh < retired_wh
        shown = await _green(sequencer, "ann")
        await sequencer.projected(sequencer.committed_seq)
        with sequencer.readers.connect() as connection:
            last = queries.green_shares(connection, MARKET_ID, day=DAY, participant_id="ann")
        assert shown.covered_wh == sum(item.own.green_wh for item in last if item.own is not None)

    certified_story(store, check)


def _small_bundles(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (
        "market.certificates.registry",
        "market.engine.settlement.certificates",
        "market.store.queries.certificate_reading",
    ):
        monkeypatch.setattr(f"{module}.BUNDLE_WH", 100)


async def _exports(sequencer: Sequencer, reference: str) -> list[int]:
    await sequencer.projected(sequencer.committed_seq)
    with sequencer.readers.connect() as connection:
        read = queries.oldest_lots(
            connection,
            MARKET_ID,
            participant_id="ann",
            enough_wh=registry_of(sequencer).free_wh("ann"),
            zone=ZONE,
        )
    command = ExportCertificates(
        now_us=NOW_US,
        actor="ann",
        participant_id="ann",
        reference=reference,
        bundles_max=None,
        read=read,
    )
    committed = await sequencer.submit(command)
    await law(sequencer)
    return [
        bundle.number
        for event in committed.events
        if isinstance(event, CertificatesExported)
        for bundle in event.bundles
    ]


def test_bundles_leave_once_and_the_rest_is_carried(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    _small_bundles(monkeypatch)
    write_life(store)

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await do_all(sequencer, runs)
        assert await _exports(sequencer, "e-0") == []
        await read_late(sequencer, runs, **SUNNY)
        free_wh = registry_of(sequencer).free_wh("ann")
        numbers = await _exports(sequencer, "e-1")
        assert numbers == list(range(1, free_wh // 100 + 1))
        assert registry_of(sequencer).free_wh("ann") == free_wh % 100
        assert await _exports(sequencer, "e-1") == []
        assert await _exports(sequencer, "e-2") == []

    async def after_a_restart(sequencer: Sequencer, runs: DayRuns) -> None:
        assert await _exports(sequencer, "e-1") == []
        await read_late(sequencer, runs, ann_solar=1_401)  # it was nearly right at first
        assert registry_of(sequencer).balances_wh["ann"] < 0
        assert await _exports(sequencer, "e-3") == []

    certified_story(store, check)
    certified_story(store, after_a_restart)
