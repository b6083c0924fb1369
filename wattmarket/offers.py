"""Verbs of what stands outside the books: listings, inquiries, contracts, standing orders.

The one idea: every act has an own id of its sender's; the same act again under it is answered again and
done once, so a verb without one makes one before the first sending.
"""
# house: long because every verb outside the books has its one description here.

from collections.abc import Iterable, Mapping
from typing import Any

from wattmarket.asking import Number, Time, Verbs, new_own_id
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.tables import Format, Record, Table

Legs = Iterable[Mapping[str, Any]]
"""Mappings with start and energy_kwh, one of an interval."""


def _given(**fields: object) -> dict[str, object]:
    """The fields that are said."""
    return {name: value for name, value in fields.items() if value is not None}


class Offers(Verbs[S_co]):
    """What these groups share: an act on something, by its id."""

    def _act(self, path: str) -> Exchange[Record]:
        record: Record = yield from self._asking.ask("POST", self._asking.in_market(path))
        return record

    def _end(self, path: str) -> Exchange[Record]:
        record: Record = yield from self._asking.ask("DELETE", self._asking.in_market(path))
        return record


class Listings(Offers[S_co]):
    """Listings: post, search, take, withdraw."""

    @verb
    def post(
        self,
        *,
        unit_id: str,
        side: str,
        price_per_mwh: Number,
        legs: Legs,
        client_listing_id: str | None = None,
        minimum_kwh: Number | None = None,
        green_only: bool = False,
        neighbours_only: bool = False,
        partners: Iterable[str] = (),
        shows_name: bool = False,
        expires: Time | None = None,
        lapses_at_call: bool = False,
    ) -> Exchange[Record]:
        """Offer energy to whoever takes it, and return the listing.

        Args:
            unit_id: the unit that delivers or takes.
            side: "sell", or "buy" for a demand.
            price_per_mwh: at the unit's own area.
            legs: mappings with start and energy_kwh, one of an interval.
            client_listing_id: your own name for it; None: one is made.
            minimum_kwh: least energy one may take of an interval; None: any.
            green_only: for a demand: from renewable units only.
            neighbours_only: to units of the same area only.
            partners: to these participants only; empty: to all.
            shows_name: True: under your name instead of a pseudonym.
            expires: when what is left is withdrawn; None: it stands until the gate.
            lapses_at_call: what is left at the gate lapses where a call cannot honour its wishes.

        Raises:
            RefusedError: with the reason's code.
        """
        body = _given(
            client_listing_id=client_listing_id or new_own_id(),
            unit_id=unit_id,
            side=side,
            price_per_mwh=price_per_mwh,
            legs=[dict(leg) for leg in legs],
            minimum_kwh=minimum_kwh,
            expires=expires,
        )
        wishes = {
            "green_only": green_only,
            "neighbours_only": neighbours_only,
            "shows_name": shows_name,
            "lapses_at_call": lapses_at_call,
            "partners": list(partners),
        }
        body |= {name: value for name, value in wishes.items() if value}
        record: Record = yield from self._post("listings", body)
        return record

    @verb
    def take(
        self,
        listing_id: str,
        *,
        unit_id: str,
        legs: Legs,
        client_take_id: str | None = None,
    ) -> Exchange[Record]:
        """Take all or part of a listing, and return what was taken.

        Args:
            listing_id: which.
            unit_id: the unit that takes, or delivers for a demand.
            legs: mappings with start and energy_kwh, where the buyer is.
            client_take_id: your own name for it; None: one is made.
        """
        body = {
            "client_take_id": client_take_id or new_own_id(),
            "unit_id": unit_id,
            "legs": [dict(leg) for leg in legs],
        }
        record: Record = yield from self._post(f"listings/{listing_id}:take", body)
        return record

    @verb
    def withdraw(self, listing_id: str) -> Exchange[Record]:
        """Take back what is left of a listing, and return it."""
        return (yield from self._end(f"listings/{listing_id}"))

    @verb
    def get(self, listing_id: str) -> Exchange[Record]:
        """One listing."""
        record: Record = yield from self._get(f"listings/{listing_id}")
        return record

    @verb
    def list(
        self,
        *,
        start: Time | None = None,
        from_: Time | None = None,
        to: Time | None = None,
        state: str | None = None,
        area_id: str | None = None,
        near_area_id: str | None = None,
        side: str | None = None,
        price_min_per_mwh: Number | None = None,
        price_max_per_mwh: Number | None = None,
        source: str | None = None,
        green: bool | None = None,
        seller: str | None = None,
        mine: bool = False,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """Listings one may take, filtered, as a table; those of `near_area_id` first.

        Args:
            start: with something left in this interval.
            from_: with something left in an interval that starts then or later.
            to: with something left in an interval that starts before.
            state: one state, "all" for any; None: open ones.
            area_id: of one area.
            near_area_id: listings of this area come first.
            side: "buy" or "sell".
            price_min_per_mwh: at this price or above.
            price_max_per_mwh: at this price or below.
            source: kind of the unit behind it.
            green: True: renewable energy; False: other; None: both.
            seller: the name it is shown under.
            mine: True: your own only.
            as_: records, or a frame.
        """
        said = _given(
            start=start,
            to=to,
            state=state,
            area_id=area_id,
            near_area_id=near_area_id,
            side=side,
            price_min_per_mwh=price_min_per_mwh,
            price_max_per_mwh=price_max_per_mwh,
            source=source,
            seller=seller,
            green=None if green is None else str(green).lower(),
            mine="true" if mine else None,
        )
        return (yield from self._rows("listings", as_, **{**said, **_given(**{"from": from_})}))


class Inquiries(Offers[S_co]):
    """Inquiries and quotes: ask, answer, accept, decline."""

    @verb
    def ask(
        self,
        *,
        unit_id: str,
        start: Time,
        energy_kwh: Number,
        answer_by: Time,
        asked_area: str | None = None,
        asked_participants: Iterable[str] = (),
        asked_units: Iterable[str] = (),
        green_only: bool = False,
        client_inquiry_id: str | None = None,
    ) -> Exchange[Record]:
        """Ask sellers for a quote, and return the inquiry.

        Args:
            unit_id: the unit that would take the energy.
            start: start of the delivery interval.
            energy_kwh: how much.
            answer_by: until when quotes are taken.
            asked_area: every seller of this area is asked ...
            asked_participants: ... and these sellers ...
            asked_units: ... and the owners of these units.
            green_only: renewable units only may answer.
            client_inquiry_id: your own name for it; None: one is made.
        """
        body = _given(
            client_inquiry_id=client_inquiry_id or new_own_id(),
            unit_id=unit_id,
            start=start,
            energy_kwh=energy_kwh,
            answer_by=answer_by,
            asked_area=asked_area,
        )
        wishes = {
            "asked_participants": list(asked_participants),
            "asked_units": list(asked_units),
            "green_only": green_only,
        }
        body |= {name: value for name, value in wishes.items() if value}
        record: Record = yield from self._post("inquiries", body)
        return record

    @verb
    def quote(
        self,
        inquiry_id: str,
        *,
        unit_id: str,
        price_per_mwh: Number,
        energy_kwh: Number,
        valid_until: Time,
        client_quote_id: str | None = None,
    ) -> Exchange[Record]:
        """Answer an inquiry with a price, and return the quote."""
        body = {
            "client_quote_id": client_quote_id or new_own_id(),
            "unit_id": unit_id,
            "price_per_mwh": price_per_mwh,
            "energy_kwh": energy_kwh,
            "valid_until": valid_until,
        }
        record: Record = yield from self._post(f"inquiries/{inquiry_id}/quotes", body)
        return record

    @verb
    def accept(self, quote_id: str) -> Exchange[Record]:
        """Accept a quote, which makes the trade, and return it."""
        return (yield from self._act(f"quotes/{quote_id}:accept"))

    @verb
    def decline(self, inquiry_id: str) -> Exchange[Record]:
        """Give no quote to an inquiry."""
        return (yield from self._act(f"inquiries/{inquiry_id}:decline"))

    @verb
    def close(self, inquiry_id: str) -> Exchange[Record]:
        """Want no quote any more."""
        return (yield from self._end(f"inquiries/{inquiry_id}"))

    @verb
    def withdraw_quote(self, quote_id: str) -> Exchange[Record]:
        """Take a quote back."""
        return (yield from self._end(f"quotes/{quote_id}"))

    @verb
    def get(self, inquiry_id: str) -> Exchange[Record]:
        """One inquiry."""
        record: Record = yield from self._get(f"inquiries/{inquiry_id}")
        return record

    @verb
    def list(self, *, state: str | None = None, as_: Format = "records") -> Exchange[Table]:
        """Inquiries one has made or was asked in, as a table."""
        return (yield from self._rows("inquiries", as_, state=state))

    @verb
    def quotes(
        self,
        *,
        inquiry_id: str | None = None,
        state: str | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """Quotes one has given or may accept, as a table."""
        return (yield from self._rows("quotes", as_, inquiry_id=inquiry_id, state=state))


class Contracts(Offers[S_co]):
    """Bilateral contracts: propose, confirm, decline, withdraw."""

    @verb
    def propose(
        self,
        *,
        unit_id: str,
        side: str,
        counterparty_unit_id: str,
        price_per_mwh: Number,
        legs: Legs,
        answer_by: Time,
        client_contract_id: str | None = None,
    ) -> Exchange[Record]:
        """Propose a contract to the owner of another unit, and return it.

        Args:
            unit_id: your unit.
            side: yours: "sell" or "buy".
            counterparty_unit_id: the other unit.
            price_per_mwh: at your unit's area.
            legs: mappings with start and energy_kwh, where the buyer is.
            answer_by: until when the other may confirm.
            client_contract_id: your own name for it; None: one is made.
        """
        body = {
            "client_contract_id": client_contract_id or new_own_id(),
            "unit_id": unit_id,
            "side": side,
            "counterparty_unit_id": counterparty_unit_id,
            "price_per_mwh": price_per_mwh,
            "legs": [dict(leg) for leg in legs],
            "answer_by": answer_by,
        }
        record: Record = yield from self._post("contracts", body)
        return record

    @verb
    def confirm(self, contract_id: str) -> Exchange[Record]:
        """Agree to a contract, which makes the trades, and return it."""
        return (yield from self._act(f"contracts/{contract_id}:confirm"))

    @verb
    def decline(self, contract_id: str) -> Exchange[Record]:
        """Do not agree to a contract."""
        return (yield from self._act(f"contracts/{contract_id}:decline"))

    @verb
    def withdraw(self, contract_id: str) -> Exchange[Record]:
        """Take a proposed contract back."""
        return (yield from self._end(f"contracts/{contract_id}"))

    @verb
    def get(self, contract_id: str) -> Exchange[Record]:
        """One contract."""
        record: Record = yield from self._get(f"contracts/{contract_id}")
        return record

    @verb
    def list(self, *, state: str | None = None, as_: Format = "records") -> Exchange[Table]:
        """Contracts one is a party of, as a table."""
        return (yield from self._rows("contracts", as_, state=state))


class Standing(Offers[S_co]):
    """Standing orders: rules, and the forecasts they live on."""

    @verb
    def set_rule(
        self,
        *,
        unit_id: str,
        sell_min_per_mwh: Number | None = None,
        buy_max_per_mwh: Number | None = None,
        share_ppm: int | None = None,
        green_only: bool = False,
        lapses_at_call: bool = False,
        venue: str = "call",
        client_rule_id: str | None = None,
    ) -> Exchange[Record]:
        """Let the market place orders by a rule, until it is withdrawn.

        Args:
            unit_id: for this unit.
            sell_min_per_mwh: lowest price for what it is expected to inject; None: not sold.
            buy_max_per_mwh: highest price for what it is expected to take; None: not bought.
            share_ppm: part of the forecast, in parts per million; None: all.
            green_only: buy renewable energy only.
            lapses_at_call: stay out of a call, which cannot honour green_only.
            venue: "call", "continuous" or "listing".
            client_rule_id: your own name for it; None: one is made.
        """
        body = _given(
            client_rule_id=client_rule_id or new_own_id(),
            unit_id=unit_id,
            sell_min_per_mwh=sell_min_per_mwh,
            buy_max_per_mwh=buy_max_per_mwh,
            share_ppm=share_ppm,
        )
        wishes = {"green_only": green_only, "lapses_at_call": lapses_at_call}
        body |= {"venue": venue, **{name: True for name, value in wishes.items() if value}}
        record: Record = yield from self._post("standing-orders", body)
        return record

    @verb
    def withdraw(self, rule_id: str) -> Exchange[Record]:
        """End a rule; what it has placed stays."""
        return (yield from self._end(f"standing-orders/{rule_id}"))

    @verb
    def list(self, *, withdrawn: bool | None = None, as_: Format = "records") -> Exchange[Table]:
        """One's rules, as a table."""
        said = None if withdrawn is None else str(withdrawn).lower()
        return (yield from self._rows("standing-orders", as_, withdrawn=said))

    @verb
    def expect(self, items: Iterable[Mapping[str, Any]]) -> Exchange[int]:
        """Say what one's units are expected to do; returns how many were taken.

        Args:
            items: mappings with unit_id, start, consumption_kwh, generation_kwh.
        """
        answer = yield from self._post("forecasts:batch", {"items": [dict(i) for i in items]})
        return int(answer["count"])

    @verb
    def forecasts(
        self,
        *,
        unit_id: str | None = None,
        from_: Time | None = None,
        to: Time | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """The newest forecasts of one's units, as a table."""
        return (
            yield from self._rows("forecasts", as_, unit_id=unit_id, **{"from": from_, "to": to})
        )
