"""The stream's description: whole, resolvable, and strict enough to refuse what is not sent."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from api.access.permissions import CHANNELS, Channel
from api.shapes.stream import CHANNEL_SHAPES
from api.stream.hub import CHECK_S
from market.model.act import ControlReason
from market.model.activation import ActivationCause, UnitActivation, UnitsActivated
from market.model.bill import BillDue, BillsIssued
from market.model.call import CallKind
from market.model.certificate import (
    CertificatesExported,
    CertificatesIssued,
    CertificatesMoved,
    CertificatesRetired,
    IssuedCertificates,
    Lot,
    LotPart,
)
from market.model.collateral import (
    CollateralWarned,
    CreditLimit,
    CreditLimitSet,
    MarginCall,
    MarginCalled,
    MarginCallMet,
    MarginCallMissed,
)
from market.model.grid_check import (
    ElementKind,
    GridChecked,
    GridPicture,
    GridSeen,
    InstructionsWithdrawn,
    UnitChange,
    UnitsRedispatched,
    Violation,
)
from market.model.listing import Listing, ListingPosted, ListingTaken, ListingTerms, Take, TakenLeg
from market.model.messages import (
    DayClosed,
    DeviationsSeen,
    Event,
    IntervalCleared,
    IntervalSettled,
    MeasurementsRecorded,
    OrderReplaced,
    OrdersActivated,
    OrdersClosed,
    OrdersHibernated,
    OrdersJoinedCall,
    OrdersPended,
    OrdersRejected,
    SelfTradePrevented,
    SetpointsChanged,
    TransfersBooked,
    UnitsRegistered,
)
from market.model.money import Transfer, TransferKind, participant_account
from market.model.order import Side
from market.model.participant import UnitKind
from market.model.power import Deviation, Measurement, Setpoint, UnitState
from market.model.recall import RecallRequested
from market.model.rejection import Code, Rejection
from market.model.rules import Tariff
from market.model.settlement_run import (
    AreaSettled,
    Completeness,
    RunKind,
    SettledArea,
    SettlementBegun,
    SettlementFinished,
)
from market.model.stop import Stop, StopKind, StopScope, TradingReleased, TradingStopped
from market.model.summing import AreaLimit, AreasSummed, AreaSum, LimitedBy, PublicSum
from market.model.system import (
    AreaPicture,
    AreaState,
    CurtailedEnergy,
    RetailPicture,
    SystemSeen,
)
from market.model.trade import ClearingOutcome
from market.model.unit_report import UnitReport, UnitStateChanged
from tests.api.described import check, described_as, description
from tests.api.hosting import Server
from tests.api.shapes.acts_told import acts_and_alarms
from tests.api.shapes.cases_told import brought, disputed
from tests.api.shapes.messages_told import messages
from tests.api.shapes.payments_told import paid_and_withdrawn
from tests.api.village import Village
from tests.api.watched import NOW_US, Watched, cancelled, closing, continuous, traded
from tests.builders import MIDNIGHT_S, UNITS


def references(node: Any) -> Iterator[str]:  # noqa: ANN401 - a tree of JSON
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_description_is_served_as_it_is_made(server: Server) -> None:
    answer = server.http.get("/v1/asyncapi.json")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == description()
    assert answer.json()["asyncapi"] == "3.1.0"


def test_every_reference_leads_somewhere() -> None:
    found = set(references(description()))
    assert found
    for reference in found:
        node: Any = description()
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_every_message_has_a_schema_that_is_one() -> None:
    components = description()["components"]
    for message in components["messages"].values():
        jsonschema_rs.validator_for({**message["payload"], "components": components})


def test_every_channel_is_described_with_who_may_read_it() -> None:
    assert set(CHANNEL_SHAPES) == set(Channel)
    for channel in Channel:
        message = description()["components"]["messages"][f"{channel.value}.snapshot"]
        permission = CHANNELS[channel]
        assert message["x-public"] == permission.public
        assert set(message["x-roles"]) == {role.value for role in permission.reach}


def test_close_codes_are_named() -> None:
    text = description()["info"]["description"]

    assert all(code in text for code in ("4001", "4002", "4003", "4008", "4009", "1007", "1009"))


def test_what_is_not_described_is_noticed(still_village: Village) -> None:
    with still_village.stream() as reader:
        hello = reader.hear("hello")
    check(hello)
    for damage in (
        lambda m: m["data"].pop("market_id"),
        lambda m: m["data"].update(secret="x"),
        lambda m: m.update(epoch="1"),
        lambda m: m.pop("ts"),
    ):
        damaged = copy.deepcopy(hello)
        damage(damaged)
        with pytest.raises(AssertionError):
            check(damaged)
    with pytest.raises(AssertionError):
        check({**hello, "type": "delta", "channel": "market", "data": {"event": "sung"}})


EVENTS: list[tuple[Channel, str, tuple[Event, ...]]] = [
    (Channel.BOOK, "market", (*Watched().place(("ann", Side.BUY, 5_000, 100)),)),
    (Channel.ACCOUNT, "ann", (*Watched().place(("ann", Side.BUY, 5_000, 100)),)),
    (Channel.ACCOUNT, "ann", (traded("ord-7", 100),)),
    (Channel.ACCOUNT, "ann", (cancelled("ann", "ord-7"),)),
    (Channel.TRADES, "RUR", (traded("ord-7", 100),)),
    (Channel.MARKET, "village", (continuous(), closing())),
]


@pytest.mark.parametrize(("channel", "key", "events"), EVENTS)
def test_what_the_hub_tells_is_described(
    channel: Channel, key: str, events: tuple[Event, ...]
) -> None:
    watched = Watched()
    watched.happen(continuous())
    _, socket = watched.reader(channel, key)
    watched.happen(*events)

    names = [described_as(check(message)) for message in socket.said]
    assert names[0] == f"{channel.value}.snapshot"
    assert len(names) > 1


def stop(kind: StopKind) -> Stop:
    return Stop(
        kind=kind, scope=StopScope.AREA, key="RUR", actor="op", reason="test", since_us=NOW_US
    )


# house: long because one event of each kind is spelled out.
def overloaded() -> GridPicture:
    broken = Violation(
        kind=ElementKind.BUS, element_id="roof", value_ppm=1_020_000, limit_ppm=1_010_000
    )
    return GridPicture(
        solved=True,
        lowest_voltage_ppm=1_000_000,
        lowest_bus="station",
        highest_voltage_ppm=1_020_000,
        highest_bus="roof",
        highest_loading_ppm=50_000,
        loaded_element="lane",
        loss_w=10,
        source_w=-1_000,
        violations=(broken,),
        violation_count=1,
    )


def system_picture() -> SystemSeen:
    """Of an area in which something was curtailed."""
    area = AreaPicture(
        area_id="RUR",
        state=AreaState.COUPLED,
        withdrawal_max_w=60_000,
        injection_max_w=50_000,
        reserve_up_w=40_000,
        reserve_down_w=40_000,
        limit_binds=True,
        scheduled_wh=-1_500,
        measured_wh=-1_600,
        load_wh=1_600,
        load_owners=2,
        load_forecast_wh=None,
        untraded_load_wh=0,
        outside_minutes=0,
        not_served_wh=0,
        curtailed=(CurtailedEnergy(reason=ControlReason.AREA_LIMIT, energy_wh=10),),
        voltage_min_ppm=990_000,
        voltage_max_ppm=1_010_000,
    )
    retail = RetailPicture(ask_ticks=16_000, bid_ticks=8_000, sold_wh=1_500, bought_wh=0)
    return SystemSeen(start_s=MIDNIGHT_S, now_us=NOW_US, areas=(area,), retail=retail)


def area_sums() -> AreasSummed:
    """Of an area that an act limits."""
    area = AreaSum(
        area_id="RUR",
        withdrawal=AreaLimit(power_w=9_000, by=LimitedBy.ACT, act_id="act-1"),
        injection=AreaLimit(power_w=50_000, by=LimitedBy.MEMBERS),
        room_up_w=40_000,
        room_down_w=0,
        scheduled_wh=-1_500,
        load_forecast_wh=1_600,
        generation_forecast_wh=None,
        bid_wh=3_400,
        offered_wh=700,
        bought_wh=2_900,
        sold_wh=700,
    )
    shown = PublicSum(
        area_id="RUR",
        load_forecast_wh=1_600,
        generation_forecast_wh=None,
        bid_wh=3_400,
        offered_wh=None,
    )
    return AreasSummed(
        start_s=MIDNIGHT_S,
        call=CallKind.CLOSING,
        now_us=NOW_US,
        areas=(area,),
        public=(shown, replace(shown, area_id=None)),
    )


# house: long because every event that is told comes up here once.
def everything(watched: Watched) -> list[Event]:
    """One of each event the stream tells of."""
    order = watched.place(("ann", Side.BUY, 5_000, 900), ("ben", Side.SELL, 6_000, 700))
    columns = order[0].orders
    told = {"participant_id": "ann", "now_us": NOW_US}
    terms = ListingTerms(
        unit_id="ann-solar", side=Side.SELL, price_ticks=5_000, legs=((MIDNIGHT_S, 800),)
    )
    listing = Listing(
        listing_id="lst-1",
        client_listing_id="l1",
        participant_id="ann",
        area_id="RUR",
        source=UnitKind.SOLAR,
        shown_as="seller-1",
        posted_us=NOW_US,
        terms=terms,
    )
    take = Take(
        take_id="tak-1",
        client_take_id="t1",
        listing_id="lst-1",
        participant_id="ben",
        unit_id="ben-load",
        legs=(TakenLeg(start_s=MIDNIGHT_S, energy_wh=300, listed_wh=300),),
    )
    paid = Transfer(
        debit_account="bank",
        credit_account=participant_account("ann"),
        amount_quanta=500,
        kind=TransferKind.DEPOSIT,
        reference="dep-1",
        start_s=None,
    )
    outcome = ClearingOutcome(
        start_s=MIDNIGHT_S,
        rung="merit_order",
        reproducible=True,
        areas=(),
        lines=(),
        filled_order_ids=(),
        filled_wh=(),
        welfare_quanta=0,
        upper_bound_quanta=0,
        solve_ms=3,
        receipt_hash="00",
        audit_faults=("balance",),
    )
    setpoint = Setpoint(
        unit_id="ann-solar",
        start_s=MIDNIGHT_S,
        until_s=MIDNIGHT_S + 900,
        target_w=1_000,
        fallback_w=0,
        sequence=1,
    )
    reading = Measurement(unit_id="ann-solar", start_s=MIDNIGHT_S, injection_wh=200)
    speaking = UnitReport(
        unit_id="ann-solar", state=UnitState.NORMAL, cause="in_touch", connected=True, target_w=900,
        power_w=880, voltage_ppm=1_012_000, frequency_mhz=49_990, state_of_charge_wh=None,
    )  # fmt: skip
    deviations = tuple(
        Deviation(level=level, member_id=member, start_s=MIDNIGHT_S, scheduled_wh=1, measured_wh=2)
        for level, member in (("unit", "ann-solar"), ("area", "RUR"), ("market", "village"))
    )
    ids = {"participant_id": "ann", "order_ids": ("ord-1",)}
    made = traded("ord-1", 100)
    seen = overloaded()
    return [
        UnitsRegistered(units=UNITS),
        continuous(),
        OrdersPended(**told, orders=replace(columns, order_id=("ord-77",))),
        *order,
        OrdersRejected(
            participant_id="ann",
            client_order_ids=("c9",),
            rejections=(Rejection(code=Code.UNIT_UNKNOWN),),
        ),
        OrderReplaced(
            participant_id="ann",
            order_id="ord-1",
            revision=2,
            price_ticks=5_100,
            energy_wh=900,
            held_quanta=0,
            keeps_priority=False,
        ),
        OrdersHibernated(**ids),
        OrdersActivated(**ids, held_quanta=(0,)),
        SelfTradePrevented(
            participant_id="ann",
            start_s=MIDNIGHT_S,
            order_id="ord-8",
            resting_order_id="ord-1",
            prevented_wh=5,
        ),
        made,
        RecallRequested(
            match_id="mat-1",
            start_s=MIDNIGHT_S,
            trades=made.trades,
            actor="op",
            participant_id=None,
            reason="test",
            now_us=NOW_US,
        ),
        BillsIssued(
            month="2016-06",
            bills=(
                BillDue(
                    bill_id="bil-1",
                    participant_id="ann",
                    month="2016-06",
                    version=1,
                    digest="",
                    total_quanta=12_000_000,
                    taxes_quanta=(),
                    rounding_quanta=0,
                ),
            ),
            now_us=NOW_US,
        ),
        *disputed(NOW_US),
        *brought(NOW_US),
        *messages(NOW_US),
        CertificatesIssued(
            run_id="set-1",
            day="2016-06-15",
            version=1,
            issued=IssuedCertificates(issued_wh=9, own_use_wh=0, used_wh=0, held_wh=(("ann", 9),)),
        ),
        *certificate_acts(),
        *paid_and_withdrawn(),
        CreditLimitSet(
            limit=CreditLimit(
                participant_id="ann",
                limit_quanta=10**9,
                actors=("op1", "op2"),
                reason="a guarantee",
                since_us=NOW_US,
            )
        ),
        CollateralWarned(
            participant_id="ann", warned=True, exposure_quanta=8, covers_quanta=10, now_us=NOW_US
        ),
        MarginCalled(
            call=MarginCall(
                call_id="mar-1",
                participant_id="ann",
                amount_quanta=5,
                called_us=NOW_US,
                due_us=NOW_US + 1,
            )
        ),
        MarginCallMissed(call_id="mar-1", participant_id="ann", missing_quanta=5, now_us=NOW_US),
        MarginCallMet(call_id="mar-1", participant_id="ann", now_us=NOW_US),
        ListingPosted(listing=listing, held_quanta=0),
        ListingTaken(owner_id="ann", take=take),
        TransfersBooked(transfers=(paid,)),
        TradingStopped(stop=stop(StopKind.HALT)),
        TradingStopped(stop=stop(StopKind.KILL)),
        TradingReleased(
            kind=StopKind.HALT, scope=StopScope.AREA, key="RUR", actors=("a", "b"), now_us=NOW_US
        ),
        closing(),
        OrdersJoinedCall(start_s=MIDNIGHT_S, order_ids=("ord-1",)),
        IntervalCleared(outcome=outcome, supply_curve=(), demand_curve=()),
        cancelled("ben", "ord-2"),
        cancelled("ann", "ord-77"),
        OrdersClosed(start_s=MIDNIGHT_S),
        SetpointsChanged(area_id="RUR", start_s=MIDNIGHT_S, target_w=1_000, setpoints=(setpoint,)),
        MeasurementsRecorded(area_id="RUR", measurements=(reading,)),
        system_picture(),
        area_sums(),
        GridChecked(
            area_id="RUR",
            start_s=MIDNIGHT_S,
            version=1,
            before=seen,
            after=seen,
            cured=True,
            by_rule=False,
            rung="cheapest",
            now_us=NOW_US,
        ),
        UnitsRedispatched(
            area_id="RUR",
            start_s=MIDNIGHT_S,
            changes=(
                UnitChange(
                    unit_id="ann-solar",
                    from_w=1_000,
                    to_w=0,
                    reason=ControlReason.GRID_VOLTAGE,
                    element_id="roof",
                ),
            ),
            replacement_w=1_000,
            cost_quanta=1,
        ),
        InstructionsWithdrawn(start_s=MIDNIGHT_S, unit_ids=("ann-solar",)),
        UnitsActivated(
            start_s=MIDNIGHT_S,
            area_id="RUR",
            for_area="RUR",
            cause=ActivationCause.LEFT_OVER,
            units=(
                UnitActivation(
                    unit_id="ann-solar", from_w=1_000, to_w=0, energy_wh=-250, cost_quanta=-1
                ),
            ),
            line_ids=(),
            received_wh=-250,
            cost_quanta=-1,
            last_resort_quanta=0,
        ),
        GridSeen(area_id="RUR", start_s=MIDNIGHT_S, version=1, picture=seen, outside_minutes=15),
        DeviationsSeen(start_s=MIDNIGHT_S, deviations=deviations),
        IntervalSettled(
            start_s=MIDNIGHT_S,
            withdrawal_wh=(),
            deviation_price_long_ticks=(),
            deviation_price_short_ticks=(),
            ledger_sum_quanta=7,
        ),
        DayClosed(day="2016-06-15"),
        SettlementBegun(
            run_id="set-1",
            number=1,
            day="2016-06-15",
            version=1,
            kind=RunKind.PRELIMINARY,
            actor="market",
            reason="",
            tariff=Tariff(network_ticks=1, levies_ticks=1),
            areas=("RUR",),
            now_us=NOW_US,
        ),
        AreaSettled(
            area=SettledArea(run_id="set-1", area_id="RUR", detail=b"", rows=0),
            areas_done=1,
            areas=1,
        ),
        SettlementFinished(
            run_id="set-1",
            day="2016-06-15",
            version=1,
            kind=RunKind.PRELIMINARY,
            completeness=Completeness(),
            differences=0,
            ledger_sum_quanta=0,
            now_us=NOW_US,
        ),
        UnitStateChanged(report=speaking, now_us=NOW_US),
        *acts_and_alarms(NOW_US),
    ]


def certificate_acts() -> list[Event]:
    part = LotPart(lot=Lot(start_s=MIDNIGHT_S, unit_id="ann-solar"), energy_wh=3)
    who = {"actor": "ann", "participant_id": "ann", "now_us": NOW_US}
    return [
        CertificatesMoved(**who, reference="m-1", receiver_id="ben", parts=(part,)),
        CertificatesMoved(
            **{**who, "participant_id": "ben"}, reference="m-2", receiver_id="ann", parts=(part,)
        ),
        CertificatesRetired(**who, reference="r-1", parts=(part,)),
        CertificatesExported(**who, reference="e-1", bundles=(), bundles_max=None),
    ]


def test_everything_that_is_described_is_told_and_the_other_way_round() -> None:
    watched = Watched()
    first, *rest = everything(watched)
    watched.happen(first)
    keys = [
        (Channel.MARKET, "village"), (Channel.TRADES, "RUR"), (Channel.BOOK, "market"),
        (Channel.LISTINGS, "RUR"), (Channel.AREA, "RUR"), (Channel.UNIT, "ann-solar"),
        (Channel.ACCOUNT, "ann"), (Channel.ALARMS, "village"), (Channel.MESSAGES, "village"),
    ]  # fmt: skip
    sockets = [watched.reader(channel, key)[1] for channel, key in keys]
    for event in rest:
        watched.happen(event)
    watched.real_s += CHECK_S
    watched.hub.check_books()
    told = {described_as(message) for socket in sockets for message in socket.said}
    messages = description()["components"]["messages"]
    channels = {name for name in messages if not name.startswith(("server.", "client."))}

    assert told == channels
