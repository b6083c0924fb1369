"""What a small market has that bent requests can be about: ids, times, whole bodies, and who asks.

The one idea: a request that names what is there gets far into the house before something is wrong.
"""

import json
import random
from collections.abc import Callable
from urllib.parse import urlencode

from api.access.permissions import MARKET
from api.app import ADDRESSES
from api.description import description_json
from tests.api.mutations import Json, Maker
from tests.api.village import Village, instant, market_body, unit_body

DESCRIPTION: Json = json.loads(description_json(ADDRESSES))
WHO = {
    "participant": "ada",
    "participant-2": "bob",
    "area": "rural",
    "device": "meter",
    "operator": "operator",
}
"""Who asks in which role."""


def documents_of(
    village: Village, rng: random.Random, login: dict[str, str], fresh: Callable[[], str]
) -> dict[str, Callable[[], Json]]:
    """Bodies whose fields have to fit each other, by their address."""
    before_gate = instant(village.first_s - 1_800)
    sold = {"unit_id": "bob-solar", "side": "sell", "price_per_mwh": "95.00"}
    bought = {"unit_id": "ada-load", "side": "buy", "price_per_mwh": "100.00"}

    def legs() -> list[Json]:
        return [
            {"start": village.start(i), "energy_kwh": "0.010"} for i in range(rng.randint(1, 3))
        ]

    def offer() -> Json:
        return dict(rng.choice((sold, bought)))

    def order() -> Json:
        row = {**offer(), "kind": "limit", "client_order_id": fresh(), "energy_kwh": "0.010"}
        return row | {"start": village.start(rng.randrange(4))}

    return {
        "/v1/token": lambda: urlencode(login).encode(),
        "/v1/markets": lambda: market_body(fresh(), village.first_s, 4),
        f"{MARKET}/enrolments": lambda: {"role": "participant", "participant_id": "ada"},
        f"{MARKET}/orders": order,
        f"{MARKET}/orders:batch": lambda: {"orders": [order() for _ in range(rng.randint(1, 9))]},
        f"{MARKET}/listings": lambda: {**offer(), "client_listing_id": fresh(), "legs": legs()},
        f"{MARKET}/contracts": lambda: {
            **bought, "client_contract_id": fresh(), "counterparty_unit_id": "bob-solar", "legs": legs(),
            "answer_by": before_gate,
        },
        f"{MARKET}/inquiries": lambda: {
            "client_inquiry_id": fresh(), "unit_id": "ada-load", "start": village.start(1),
            "energy_kwh": "0.100", "answer_by": before_gate, "asked_participants": ["bob"],
        },
        f"{MARKET}/inquiries/{{inquiry_id}}/quotes": lambda: {
            "client_quote_id": fresh(), "unit_id": "bob-solar", "price_per_mwh": "80.00",
            "energy_kwh": "0.100", "valid_until": before_gate,
        },
        f"{MARKET}/listings/{{listing_id}}:take": lambda: {
            "client_take_id": fresh(), "unit_id": "ada-load",
            "legs": [{"start": village.start(1), "energy_kwh": "0.010"}],
        },
        f"{MARKET}/units:batch": lambda: {"items": [unit_body(fresh(), "ada", "RUR", "load", withdrawal="1.000")]},
        f"{MARKET}/participants:batch": lambda: {
            "items": [{"participant_id": fresh(), "name": "N", "area_id": "RUR"}]
        },
    }  # fmt: skip


def maker_of(
    village: Village,
    rng: random.Random,
    *roles: str,
    only: Callable[[str, str], bool] | None = None,
) -> Maker:
    """Makes requests that fit this village; `roles` are those that ask."""
    tokens = {role: village.tokens[WHO[role]] for role in roles}
    spare = [{"role": "participant", "participant_id": "ada"}] * 3
    made = village.act("/clients:batch", "operator", {"items": spare}).json()["items"]
    clients = [item["client_id"] for item in made]
    login = {"grant_type": "client_credentials"} | {
        name: made[0][name] for name in ("client_id", "client_secret")
    }
    before_gate = instant(village.first_s - 1_800)

    def pick(*values: Json) -> Callable[[], Json]:
        return lambda: rng.choice(values)

    def start() -> str:
        return village.start(rng.randrange(4))

    values: dict[str, Callable[[], Json]] = {
        "start": start, "from": pick(village.start()), "to": pick(village.start(4)), "until": pick(village.start(4)),
        "expires": pick(before_gate), "answer_by": pick(before_gate), "valid_until": pick(before_gate),
        "end": pick(None), "day": pick(village.local_day()),
        "unit_id": pick("ada-load", "ada-load", "bob-solar"), "unit_ids": pick("ada-load"),
        "counterparty_unit_id": pick("bob-solar"), "asked_units": pick("bob-solar"),
        "participant_id": pick("ada", "bob"), "agent": pick("bob"), "asked_participants": pick("bob"),
        "partners": pick("bob"), "on_behalf_of": pick("ada", "bob"), "area_id": pick("RUR"), "asked_area": pick("RUR"),
        "near_area_id": pick("RUR"), "side": pick("buy", "buy", "sell"),
        "price_per_mwh": pick("100.00", "95.00", "-1.00"), "energy_kwh": pick("0.100", "1.500", "0.001"),
        "market_id": pick(village.market_id), "time_zone": pick("Etc/GMT-1"), "currency": pick("EUR"),
        "client_id": pick(*clients), "key": pick("", "ada", "ada-load", "RUR", village.market_id),
        "channel": pick("market", "trades", "book"), "limit": pick("1", "10", "1000"), "revision": pick(1, 2),
        "state": pick("open", "active", "cancelled"), "green": pick("true", "false"), "atomic": pick("true", False),
        "label": pick("start", "end"), "mine": pick("true"), "withdrawn": pick("true"), "source": pick("solar"),
        "order_ids": lambda: rng.choice(maker.known.get("order_id") or ["ord-1"]), "cursor": pick("1", "7~1"),
        "/participant_id": pick("retailer", "nobody"), "session_id": pick(None), "cancel_on_disconnect": pick(False), "tif": pick("gfs", "gfs", "ioc", "gtd"),
    }  # fmt: skip
    maker = Maker(
        description=DESCRIPTION,
        rng=rng,
        values=values,
        tokens=tokens,
        market_id=village.market_id,
        documents=documents_of(village, rng, login, lambda: maker.fresh()),
        only=only or (lambda _method, _path: True),
        # Which clients may be revoked is said above: not those that ask here.
        forgets=frozenset({"client_id", "market_id", "participant_id", "area_id"}),
    )
    return maker


def begun(village: Village) -> dict[str, Json]:
    """What Bob has under way: bodies by their address."""
    sold = {"unit_id": "bob-solar", "side": "sell", "price_per_mwh": "90.00"}
    legs = [{"start": village.start(1), "energy_kwh": "0.200"}]
    answer_by = instant(village.first_s - 1_800)
    return {
        "/orders": village.order(**sold),
        "/listings": {**sold, "client_listing_id": "sun", "legs": legs},
        "/contracts": {
            **sold, "client_contract_id": "deal", "counterparty_unit_id": "ada-load", "legs": legs,
            "answer_by": answer_by,
        },
        "/standing-orders": {
            "client_rule_id": "rule", "unit_id": "bob-solar", "sell_min_per_mwh": "80.00",
        },
        "/mandates": {
            "client_mandate_id": "man", "agent": "ada", "from": village.start(), "until": village.start(4),
        },
    }  # fmt: skip
