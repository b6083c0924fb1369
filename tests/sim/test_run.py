"""Orders get names that stay the same."""

from sim.agents import OrderIntent
from sim.run import order_records

DAY_S = 1_465_945_200


def intent(side: str, price_ticks: int, start_s: int = DAY_S) -> OrderIntent:
    return OrderIntent(
        unit_id="RUR-P0001-load", start_s=start_s, side=side, price_ticks=price_ticks, energy_wh=250
    )


def test_an_intent_becomes_an_order_in_the_wires_words() -> None:
    assert order_records([intent("buy", 400_000)]) == [
        {
            "kind": "limit",
            "client_order_id": "RUR-P0001-load:2016-06-14T23:00:00Z:b1",
            "unit_id": "RUR-P0001-load",
            "start": "2016-06-14T23:00:00Z",
            "side": "buy",
            "price_per_mwh": "4000.00",
            "energy_kwh": "0.250",
        }
    ]


def test_the_same_intents_have_the_same_names_and_no_two_share_one() -> None:
    intents = [intent("buy", 5), intent("buy", 4), intent("sell", 5), intent("buy", 5, DAY_S + 900)]
    names = [record["client_order_id"] for record in order_records(intents)]

    assert len(set(names)) == 4
    assert names == [record["client_order_id"] for record in order_records(intents)]
    assert all(len(name) <= 64 for name in names)
