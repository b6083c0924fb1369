"""Certificates from the client."""

import pytest

from tests.wattmarket.played import Server, ok, problem
from wattmarket.errors import InvalidError

LOT = {"unit_id": "roof", "start": "2016-06-15T10:00:00Z", "energy_kwh": "1.250"}


def test_what_one_holds_and_what_was_done_are_tables() -> None:
    page = {"items": [{"unit_id": "roof"}], "next_cursor": None}
    server = Server(*[ok(**page)] * 5)
    with server.client() as market:
        own = market.certificates
        assert own.list(from_day="2016-06-15") == [{"unit_id": "roof"}]
        own.statement(from_="2016-06-15T00:00:00Z")
        own.all(participant_id="ann", to_day="2016-07-01")
        own.acts()
        own.green_share("2016-06-15")
    assert [path for _, path, _ in server.sent] == [
        "account/certificates?limit=1000&from_day=2016-06-15",
        "account/certificates/statement?limit=1000&from=2016-06-15T00%3A00%3A00Z",
        "certificates?limit=1000&participant_id=ann&to_day=2016-07-01",
        "certificates/acts?limit=1000",
        "green-share?limit=1000&day=2016-06-15",
    ]


def test_what_one_does_carries_an_id_of_ones_own() -> None:
    server = Server(*[ok(reference="m-1", free_kwh="0.000")] * 4, problem(422, "VOLUME_MAX"))
    with server.client() as market:
        market.certificates.move("m-1", "ben", [LOT])
        market.certificates.retire("r-1", [LOT], participant_id="ann")
        market.certificates.export("e-1")
        market.certificates.export("e-2", bundles=2, participant_id="ann")
        with pytest.raises(InvalidError, match="VOLUME_MAX"):
            market.certificates.move("m-2", "ben", [LOT])
    assert server.sent[:4] == [
        ("POST", "certificates:move", {"reference": "m-1", "lots": [LOT], "receiver_id": "ben"}),
        (
            "POST",
            "certificates:retire",
            {"reference": "r-1", "lots": [LOT], "participant_id": "ann"},
        ),
        ("POST", "certificates:export", {"reference": "e-1"}),
        (
            "POST",
            "certificates:export",
            {"reference": "e-2", "bundles": 2, "participant_id": "ann"},
        ),
    ]
