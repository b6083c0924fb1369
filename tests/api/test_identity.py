"""Clients and their secrets."""

import json
import sqlite3
import stat
from pathlib import Path

from api.identity import IdentityStore, Principal, ensure_operator, new_client_id
from market.model.participant import Role

ADA = Principal(client_id="c-1", role=Role.PARTICIPANT, market_id="village", participant_id="ada")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_client_is_known_by_its_secret_only(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite")
    (credential,) = store.enrol([ADA], now_s=0)
    assert store.principal("c-1", credential.secret) == ADA
    assert store.principal("c-1", credential.secret + "x") is None
    assert store.principal("c-1", "") is None
    assert store.principal("c-2", credential.secret) is None
    assert store.principal("c-2", "") is None
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
    principal = store.principal(credential["client_id"], credential["client_secret"])
    assert principal is not None
    assert principal.role is Role.OPERATOR
    assert principal.market_id is None
    store.close()
