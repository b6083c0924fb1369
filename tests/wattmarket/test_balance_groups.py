"""Balance groups from the client."""

import pytest

from tests.wattmarket.played import Server, ok, problem
from wattmarket.errors import ConflictError

SAID = {
    "group_id": "neighbours",
    "name": "Neighbours",
    "participant_id": "ann",
    "unit_ids": ["roof", "home"],
    "from_day": "2016-06-15",
    "reason": "both have agreed",
}


def test_a_group_is_set_and_seen() -> None:
    page = {"items": [{**SAID, "units": 2}], "next_cursor": None}
    server = Server(ok(**SAID, units=2), problem(409, "UNIT_IN_GROUP"), ok(**page))
    with server.client() as market:
        said = {
            "from_day": "2016-06-15",
            "name": "Neighbours",
            "participant_id": "ann",
            "reason": "both have agreed",
        }
        made = market.balance_groups.set("neighbours", iter(("roof", "home")), **said)
        assert made["units"] == 2
        with pytest.raises(ConflictError, match="UNIT_IN_GROUP"):
            market.balance_groups.set("other", ["roof"], **said)
        assert market.balance_groups.list() == page["items"]
    assert server.sent == [
        ("POST", "balance-groups", SAID),
        ("POST", "balance-groups", {**SAID, "group_id": "other", "unit_ids": ["roof"]}),
        ("GET", "balance-groups", None),
    ]


def test_a_month_is_a_table_of_a_version() -> None:
    lines = [{"unit_id": "roof", "waived_amount": "0.00032640"}]
    server = Server(*[ok(items=lines, next_cursor=None)] * 2)
    with server.client() as market:
        assert market.balance_groups.month("2016-06") == lines
        market.balance_groups.month("2016-06", version=2)
    assert [path for _, path, _ in server.sent] == [
        "settled-months?limit=1000&month=2016-06",
        "settled-months?limit=1000&month=2016-06&version=2",
    ]
