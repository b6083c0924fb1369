"""Clients and their secrets."""

import hashlib
import json
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from api.access.identity import (
    IdentityStore,
    Principal,
    Suspension,
    Whose,
    ensure_operator,
    new_client_id,
)
from api.wire.errors import RefusedError
from market.model.participant import Role

ADA = Principal(client_id="c-1", role=Role.PARTICIPANT, market_id="village", participant_id="ada")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_client_is_known_by_its_secret_only(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite")
    (credential,) = store.enrol([ADA], now_s=0)
    assert store.principal("c-1", credential.secret, now_s=0) == ADA
    assert store.principal("c-1", credential.secret + "x", now_s=0) is None
    assert store.principal("c-1", "", now_s=0) is None
    assert store.principal("c-2", credential.secret, now_s=0) is None
    assert store.principal("c-2", "", now_s=0) is None
    store.close()


def test_secrets_are_long_and_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "identity.sqlite"
    store = IdentityStore(path)
    made = store.enrol(
        [Principal(client_id=new_client_id(Role.AREA), role=Role.AREA) for _ in range(20)], now_s=0
    )
    secrets = {credential.secret for credential in made}
    assert len(secrets) == 20
    assert min(len(secret) for secret in secrets) >= 43  # 256 bits in base64
    store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert not any(secret.encode() in kept for secret in secrets)
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*) FROM clients").fetchone() == (20,)
    database.close()


def test_the_signing_key_stays(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite")
    key = store.signing_key(now_s=0)
    assert store.signing_key(now_s=1) == key
    store.close()
    again = IdentityStore(tmp_path / "identity.sqlite")
    assert again.signing_key(now_s=2) == key
    again.close()
    elsewhere = IdentityStore(tmp_path / "other.sqlite")
    assert elsewhere.signing_key(now_s=0).key != key.key
    elsewhere.close()


def test_files_are_their_owner_s_only(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "var" / "identity.sqlite")
    operator = tmp_path / "var" / "credentials" / "operator.json"
    assert ensure_operator(store, operator, now_s=0)
    assert mode(tmp_path / "var" / "identity.sqlite") == 0o600
    assert mode(operator) == 0o600
    assert mode(operator.parent) == 0o700
    store.close()


def test_the_first_operator_is_made_once(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite")
    path = tmp_path / "operator.json"
    assert ensure_operator(store, path, now_s=0)
    credential = json.loads(path.read_text())
    assert not ensure_operator(store, path, now_s=1)
    assert json.loads(path.read_text()) == credential
    principal = store.principal(credential["client_id"], credential["client_secret"], now_s=0)
    assert principal is not None
    assert principal.role is Role.OPERATOR
    assert principal.market_id is None
    store.close()


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as refused:
        act()
    return refused.value.code.value


def test_readings_may_be_signed_with_the_good_secrets_of_the_units_devices(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite")
    principals = [
        Principal(client_id="d-1", role=Role.DEVICE, market_id="village", unit_id="u-1"),
        Principal(client_id="d-2", role=Role.DEVICE, market_id="village", unit_id="u-1"),
        Principal(client_id="d-3", role=Role.DEVICE, market_id="town", unit_id="u-1"),
        Principal(client_id="d-4", role=Role.DEVICE, market_id="village", unit_id="u-2"),
        Principal(client_id="a-1", role=Role.AREA, market_id="village", area_id="A"),
    ]
    secrets = [item.secret for item in store.enrol(principals, 0)]
    hashes = [hashlib.sha256(secret.encode()).digest() for secret in secrets]
    assert set(store.device_keys("village", ["u-1", "u-9"], 0)["u-1"]) == set(hashes[:2])
    assert store.device_keys("village", ["u-9"], 0) == {}
    rotated = store.rotate("d-1", grace_s=60, now_s=100)
    newest = hashlib.sha256(rotated.secret.encode()).digest()
    assert set(store.device_keys("village", ["u-1"], 159)["u-1"]) == {newest, *hashes[:2]}
    assert set(store.device_keys("village", ["u-1"], 160)["u-1"]) == {newest, hashes[1]}
    store.revoke("d-2", by="op", now_s=200)
    assert store.device_keys("village", ["u-1"], 200) == {"u-1": [newest]}


def test_two_secrets_are_good_while_the_grace_lasts(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite")
    (first,) = store.enrol([ADA], now_s=0)
    second = store.rotate("c-1", grace_s=60, now_s=100)
    third = store.rotate("c-1", grace_s=10, now_s=110)
    assert len({first.secret, second.secret, third.secret}) == 3

    def good(now_s: int) -> list[bool]:
        secrets = (first.secret, second.secret, third.secret)
        return [store.principal("c-1", secret, now_s=now_s) == ADA for secret in secrets]

    assert good(119) == [True, True, True]
    assert good(120) == [True, False, True]
    assert good(160) == [False, False, True]
    (shown,) = store.clients(Whose(), now_s=119, limit=9)
    assert shown.old_secret_ends_s == 160
    assert refusal(lambda: store.rotate("c-9", grace_s=0, now_s=0)) == "NOT_FOUND"
    store.close()


def test_a_revoked_client_is_known_after_a_restart(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite")
    store.enrol([ADA], now_s=0)
    store.rotate("c-1", grace_s=60, now_s=0)
    store.revoke("c-1", by="c-0", now_s=5)
    store.revoke("c-1", by="c-0", now_s=9)
    store.suspend(SUSPENSION)
    store.close()
    again = IdentityStore(tmp_path / "identity.sqlite")
    assert again.revoked == {"c-1"}
    assert again.is_suspended(ADA)
    (shown,) = again.clients(Whose(), now_s=6, limit=9)
    assert (shown.revoked_s, shown.old_secret_ends_s) == (5, None)
    assert refusal(lambda: again.rotate("c-1", grace_s=0, now_s=9)) == "CLIENT_REVOKED"
    assert refusal(lambda: again.revoke("c-9", by="c-0", now_s=9)) == "NOT_FOUND"
    again.close()


SUSPENSION = Suspension(
    market_id="village", participant_id="ada", suspended_s=7, suspended_by="c-0", reason="unpaid"
)


def test_a_participant_is_suspended_and_its_devices_are_not(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite")
    meter = Principal(client_id="c-2", role=Role.DEVICE, market_id="village", unit_id="ada-load")
    elsewhere = Principal(
        client_id="c-3", role=Role.PARTICIPANT, market_id="other", participant_id="ada"
    )
    store.suspend(SUSPENSION)
    assert [store.is_suspended(who) for who in (ADA, meter, elsewhere)] == [True, False, False]
    assert store.suspensions("village") == [SUSPENSION]
    assert store.suspensions("other") == []
    store.unsuspend("village", "ada")
    store.unsuspend("village", "ada")
    assert not store.is_suspended(ADA)
    assert store.suspensions("village") == []
    store.close()


def test_somebody_must_be_left_to_run_it(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite")
    store.enrol([Principal(client_id=f"o-{n}", role=Role.OPERATOR) for n in range(2)], now_s=0)
    store.revoke("o-0", by="o-0", now_s=1)
    assert refusal(lambda: store.revoke("o-1", by="o-1", now_s=2)) == "LAST_OPERATOR"
    assert store.revoked == {"o-0"}
    store.close()


def test_a_file_of_an_older_program_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "identity.sqlite"
    store = IdentityStore(path)
    (credential,) = store.enrol([ADA], now_s=0)
    store.close()
    with sqlite3.connect(path) as database:
        for table in ("old_secrets", "revocations", "suspensions"):
            database.execute(f"DROP TABLE {table}")
    database.close()
    again = IdentityStore(path)
    assert again.principal("c-1", credential.secret, now_s=0) == ADA
    again.revoke("c-1", by="c-0", now_s=1)
    again.close()
