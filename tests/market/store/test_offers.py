"""Offers in their tables: what is left of listings, who sees which, how each ended."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from market.model.contract import ContractState, DeclineContract
from market.model.listing import DeclineInquiry, ListingState, QuoteState, WithdrawQuote
from market.model.messages import PlaceOrders
from market.model.order import OrderState, Side
from market.model.participant import UnitKind
from market.model.standing import (
    Forecast,
    RecordForecasts,
    SetStandingRule,
    StandingTerms,
    WithdrawStandingRule,
)
from market.store import postgres, queries, tables
from market.store.database import Store, create_schema, open_writer, recreate_projections
from market.store.journal import (
    Batch,
    Entry,
    decode_entries,
    encode_commands,
    encode_events,
)
from market.store.postgres import PostgresStore
from market.store.projections import Projector
from market.store.queries import ListingSearch
from tests.builders import orders
from tests.market.engine.offering import OFFERING, Offering, at, made

MARKET = OFFERING.market_id


class Stored(Offering):
    """The market under test, with everything it decides in tables."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.batch = 0
        self.projector = Projector(connection)
        super().__init__()

    def does(self, command: object) -> object:  # type: ignore[override]
        before = len(self.events)
        answer = super().does(command)  # type: ignore[arg-type]
        self.batch += 1
        entry = Entry(command=command, events=tuple(self.events[before:]))  # type: ignore[arg-type]
        commands, events = encode_commands([entry]), encode_events([entry])
        (read,) = decode_entries(commands, events)
        assert (read.command, read.events) == (entry.command, entry.events)
        self.projector.project(
            [
                Batch(
                    batch=self.batch,
                    epoch=1,
                    now_us=self.now_us,
                    first_command_seq=self.batch,
                    first_event_seq=before + 1,
                    entries=(entry,),
                )
            ]
        )
        return answer

    def listed(self, viewer: str | None = None, **wishes: object) -> list[str]:
        search = ListingSearch(**wishes)  # type: ignore[arg-type]
        page = queries.listings(self.connection, MARKET, search, viewer_id=viewer)
        return [view.listing.listing_id for view in page.items]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        yield tmp_path / "market.db"
        return
    store = PostgresStore(url=request.getfixturevalue("postgres_url"), market_id="offers")
    yield store
    postgres.remove(store)


@pytest.fixture
def market(place: Store) -> Iterator[Stored]:
    connection = open_writer(place)
    with connection.begin():
        create_schema(connection)
        recreate_projections(connection)
    with connection.begin():
        yield Stored(connection)
    connection.close()


def test_a_listing_shows_what_is_left_and_how_it_ended(market: Stored) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "400 500"))
    market.takes("ben-load", "300")
    view = queries.listing(market.connection, MARKET, "lst-1")
    assert view is not None
    assert (view.state, view.left) == (ListingState.OPEN, ((at(0), 100), (at(1), 500)))
    assert view.listing == market.engine.state.listings.open["lst-1"].listing
    market.takes("ben-load", "100 500")
    view = queries.listing(market.connection, MARKET, "lst-1")
    assert view is not None
    assert (view.state, view.left) == (ListingState.TAKEN, ())


@pytest.mark.parametrize("how", ["listing", "contract"])
def test_what_is_traded_elsewhere_fills_no_order_of_the_same_number(
    market: Stored, how: str
) -> None:
    market.opens()
    row = orders("o1 sue-load buy 12000 700")
    assert market.tells(PlaceOrders, "sue", orders=row).orders[0].order_id == "ord-1"
    if how == "listing":
        assert made(market.lists("ann-solar", "sell", 9_000, "400")) == "lst-1"
        market.takes("ben-load", "300")
    else:
        assert made(market.proposes("ben-load", "buy", "ann-solar", 9_000, "300")) == "con-1"
        market.confirms("ann")
    assert {trade.order_id for trade in market.trades()} <= {"lst-1", "con-1"}

    (view,) = queries.orders(market.connection, MARKET).items
    assert (view.state, view.filled_wh) == (OrderState.ACTIVE, 0)
    account = queries.account(market.connection, MARKET, "sue")
    assert account.held_quanta == market.engine.state.ledger.held_quanta("sue") == 12_000 * 700


def test_the_last_interval_says_how_a_listing_ended(market: Stored) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "400 500"))
    market.opens()
    market.closes()
    view = queries.listing(market.connection, MARKET, "lst-1")
    assert view is not None
    assert (view.state, view.left) == (ListingState.OPEN, ((at(1), 500),))
    market.withdraws("ann")
    view = queries.listing(market.connection, MARKET, "lst-1")
    assert view is not None
    assert view.state is ListingState.WITHDRAWN
    assert queries.listing(market.connection, MARKET, "lst-2") is None
    assert queries.listing(market.connection, MARKET, "ord-1") is None


def test_listings_are_found_by_what_one_looks_for(market: Stored) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "400 500"))
    made(market.lists("ben-chp", "sell", 8_000, "400"))
    made(market.lists("sue-wind", "sell", 7_000, "", legs=((at(2), 100),), shows_name=True))
    made(market.lists("sue-load", "buy", 12_000, "400"))
    assert market.listed() == ["lst-1", "lst-2", "lst-3", "lst-4"]
    assert market.listed(side=Side.BUY) == ["lst-4"]
    assert market.listed(area_id="RUR") == ["lst-1", "lst-2"]
    assert market.listed(near_area_id="SEM") == ["lst-3", "lst-4", "lst-1", "lst-2"]
    assert market.listed(green=True) == ["lst-1", "lst-3"]
    assert market.listed(green=False, side=Side.SELL) == ["lst-2"]
    assert market.listed(source=UnitKind.WIND) == ["lst-3"]
    assert market.listed(price_min_ticks=7_500, price_max_ticks=9_000) == ["lst-1", "lst-2"]
    assert market.listed(seller="Sue") == ["lst-3"]
    assert market.listed(seller="seller-2") == ["lst-2"]
    assert market.listed(participant_id="ann") == ["lst-1"]
    assert market.listed(start_s=at(1)) == ["lst-1"]
    assert market.listed(from_s=at(1), until_s=at(3)) == ["lst-1", "lst-3"]
    market.takes("ben-load", "500", first=1)
    assert market.listed(start_s=at(1)) == []
    market.withdraws("ben", "lst-2")
    assert market.listed() == ["lst-1", "lst-3", "lst-4"]
    assert market.listed(state=ListingState.WITHDRAWN) == ["lst-2"]
    assert market.listed(state=None) == ["lst-1", "lst-2", "lst-3", "lst-4"]


def test_a_listing_for_partners_is_there_for_them_alone(market: Stored) -> None:
    made(market.lists("ann-solar", "sell", 9_000, "400", partners=("sue", "sue")))
    assert market.listed() == []
    assert market.listed("ben") == []
    assert market.listed("sue") == ["lst-1"]
    assert market.listed("ann") == ["lst-1"]
    assert queries.listing(market.connection, MARKET, "lst-1", viewer_id="ben") is None
    assert queries.listing(market.connection, MARKET, "lst-1", viewer_id="sue") is not None


@pytest.mark.parametrize("near", [None, "SEM"])
def test_pages_neither_repeat_nor_skip(market: Stored, near: str | None) -> None:
    for unit_id in ("ann-solar", "sue-wind", "ben-chp", "sue-load", "ann-load"):
        side = "buy" if unit_id.endswith("load") else "sell"
        made(market.lists(unit_id, side, 1, "10"))
    search = ListingSearch(near_area_id=near)
    found: list[str] = []
    cursor = None
    while True:
        page = queries.listings(market.connection, MARKET, search, cursor=cursor, limit=2)
        found += [view.listing.listing_id for view in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    wanted = (
        ["lst-2", "lst-4", "lst-1", "lst-3", "lst-5"] if near else [f"lst-{n}" for n in range(1, 6)]
    )
    assert found == wanted
    with pytest.raises(queries.CursorFault):
        queries.listings(market.connection, MARKET, search, cursor="x~y~z")


def test_inquiries_and_quotes_are_seen_by_both_sides(market: Stored) -> None:
    made(market.asks("ben-load", 500, asked_area="RUR", asked_participants=("sue",)))
    made(market.quotes("ann-solar", 9_000, 500))
    made(market.tells(DeclineInquiry, "sue", inquiry_id="inq-1"))
    for who in ("ann", "ben", "sue"):
        (view,) = queries.inquiries(market.connection, MARKET, participant_id=who).items
        assert (view.state, view.declined) == (QuoteState.OPEN, ("sue",))
        assert view.inquiry.asked == ("ann", "sue")
    for who, seen in (("ann", 1), ("ben", 1), ("sue", 0)):
        assert len(queries.quotes(market.connection, MARKET, participant_id=who).items) == seen
    made(market.quotes("ann-solar", 8_000, 500))
    made(market.tells(WithdrawQuote, "ann", quote_id="quo-1"))
    made(market.accepts("ben", "quo-2"))
    states = {
        view.quote.quote_id: view.state
        for view in queries.quotes(market.connection, MARKET, inquiry_id="inq-1").items
    }
    assert states == {"quo-1": QuoteState.WITHDRAWN, "quo-2": QuoteState.ACCEPTED}
    (view,) = queries.inquiries(market.connection, MARKET, inquiry_id="inq-1").items
    assert view.state is QuoteState.ACCEPTED
    accepted = queries.quotes(market.connection, MARKET, state=QuoteState.ACCEPTED).items
    assert [item.quote.quote_id for item in accepted] == ["quo-2"]
    assert not queries.inquiries(market.connection, MARKET, state=QuoteState.OPEN).items
    assert not queries.quotes(market.connection, MARKET, quote_id="quo-x").items


def test_contracts_are_seen_by_their_parties(market: Stored) -> None:
    made(market.proposes("ben-load", "buy", "ann-solar", 9_000, "400 500"))
    made(market.proposes("ben-load", "buy", "sue-wind", 9_000, "400"))
    made(market.confirms("ann"))
    made(market.tells(DeclineContract, "sue", contract_id="con-2"))
    assert len(queries.contracts(market.connection, MARKET).items) == 2
    (view,) = queries.contracts(market.connection, MARKET, participant_id="ann").items
    assert (view.state, view.contract.terms.legs) == (
        ContractState.CONFIRMED,
        ((at(0), 400), (at(1), 500)),
    )
    declined = queries.contracts(market.connection, MARKET, state=ContractState.DECLINED).items
    assert [item.contract.contract_id for item in declined] == ["con-2"]
    (one,) = queries.contracts(market.connection, MARKET, contract_id="con-1").items
    assert one == view


def test_rules_and_the_newest_forecasts(market: Stored) -> None:
    terms = StandingTerms(unit_id="ann-solar", sell_min_ticks=8_500)
    made(market.tells(SetStandingRule, "ann", client_rule_id="r", terms=terms))
    for energy_wh in (100, 200):
        item = Forecast(unit_id="ann-solar", start_s=at(0), injection_wh=energy_wh)
        market.tells(RecordForecasts, "ann", forecasts=(item,))
    (view,) = queries.standing_rules(market.connection, MARKET, participant_id="ann").items
    assert (view.rule.terms, view.withdrawn) == (terms, False)
    made(market.tells(WithdrawStandingRule, "ann", rule_id="std-1"))
    (view,) = queries.standing_rules(market.connection, MARKET, withdrawn=True).items
    assert view.rule.rule_id == "std-1"
    assert queries.forecasts(market.connection, MARKET, participant_id="ann").items == (
        Forecast(unit_id="ann-solar", start_s=at(0), injection_wh=200),
    )
    assert not queries.forecasts(market.connection, MARKET, participant_id="ben").items
    assert not queries.forecasts(market.connection, MARKET, from_s=at(1)).items
    assert set(tables.PROJECTED) >= {"listings", "quotes", "contracts", "forecasts"}


def test_what_is_held_for_offers_counts_in_the_account(market: Stored) -> None:
    def held(who: str) -> int:
        found = queries.account(market.connection, MARKET, who).held_quanta
        assert found == market.engine.state.ledger.held_quanta(who)
        return found

    made(market.lists("ben-load", "buy", 9_000, "400 500"))
    made(market.takes("ann-solar", "100"))
    assert held("ben") == 9_000 * 800
    made(market.proposes("ben-load", "buy", "ann-solar", 8_000, "10 10"))
    made(market.asks("ann-load", 500, asked_area="RUR"))
    made(market.quotes("ben-chp", -100, 500))
    assert held("ben") == 9_000 * 800 + 8_000 * 20 + 100 * 500
    market.withdraws("ben")
    made(market.accepts("ann"))
    made(market.confirms("ann"))
    assert held("ben") == 0
    assert held("ann") == 0


def test_a_refused_order_of_a_rule_names_its_interval(market: Stored) -> None:
    terms = StandingTerms(unit_id="ben-load", buy_max_ticks=400_000)
    made(market.tells(SetStandingRule, "ben", client_rule_id="r", terms=terms))
    item = Forecast(unit_id="ben-load", start_s=at(0), injection_wh=-2_500)
    market.tells(RecordForecasts, "ben", forecasts=(item,))
    made(
        market.lists(
            "ben-load", "buy", 399_999, "", legs=tuple((at(n), 2_500) for n in range(1, 11))
        )
    )
    market.opens()
    rows = market.connection.execute(tables.refusals.select()).all()
    assert [(row.client_order_id, row.start_s, row.code) for row in rows] == [
        (f"standing-std-1-{at(0)}", at(0), "INSUFFICIENT_FUNDS")
    ]
