"""Who may talk to this deployment: clients with hashed secrets, and the key that signs tokens.

The one idea: a secret is 256 random bits, shown once and kept only as SHA-256; nobody can guess it,
so a slow hash would protect nothing. Everything lies in one SQLite file of its own, readable by its
owner only.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    insert,
    select,
)
from sqlalchemy.pool import StaticPool

from market.model.participant import Role

SECRET_BYTES: Final = 32
_OWNER_ONLY: Final = 0o600
_UNKNOWN_HASH: Final = hashlib.sha256(b"").digest()

_METADATA = MetaData()
_CLIENTS = Table(
    "clients",
    _METADATA,
    Column("client_id", String, primary_key=True),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column("role", String, nullable=False),
    Column("market_id", String),
    Column("participant_id", String),
    Column("area_id", String),
    Column("unit_id", String),
    Column("created_s", Integer, nullable=False),
)
_KEYS = Table(
    "signing_keys",
    _METADATA,
    Column("key_id", String, primary_key=True),
    Column("key", LargeBinary, nullable=False),
    Column("created_s", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who a request comes from. Which ids are set depends on the role."""

    client_id: str
    role: Role
    market_id: str | None = None
    """None: every market of the deployment (operators)."""
    participant_id: str | None = None
    area_id: str | None = None
    unit_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A client and its secret, at the one moment the secret is known."""

    principal: Principal
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """The key with which this deployment signs its tokens."""

    key_id: str
    key: bytes


class IdentityStore:
    """Clients and signing key in one file. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made before SQLite opens it, so that it is never readable by others, not even briefly.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY))
        self._engine = create_engine(
            f"sqlite:///{path}",
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
        )
        # One connection for all threads: logins are rare, and each query takes microseconds.
        self._lock = Lock()
        with self._engine.connect() as connection:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.exec_driver_sql(f"PRAGMA {pragma}")
        _METADATA.create_all(self._engine)

    def signing_key(self, now_s: int) -> SigningKey:
        """The deployment's key; made when there is none."""
        with self._lock, self._engine.begin() as connection:
            row = connection.execute(select(_KEYS.c.key_id, _KEYS.c.key)).first()
            if row is not None:
                return SigningKey(key_id=row.key_id, key=row.key)
            made = SigningKey(key_id=secrets.token_hex(8), key=secrets.token_bytes(SECRET_BYTES))
            connection.execute(
                insert(_KEYS).values(key_id=made.key_id, key=made.key, created_s=now_s)
            )
            return made

    def enrol(self, principals: Sequence[Principal], now_s: int) -> list[Credential]:
        """Keep new clients, all or none; a principal's client_id is chosen by its maker."""
        made = [
            Credential(principal=principal, secret=secrets.token_urlsafe(SECRET_BYTES))
            for principal in principals
        ]
        with self._lock, self._engine.begin() as connection:
            connection.execute(insert(_CLIENTS), [_row(item, now_s) for item in made])
        return made

    def has_operator(self) -> bool:
        """True when somebody can run this deployment."""
        wanted = select(_CLIENTS.c.client_id).where(_CLIENTS.c.role == Role.OPERATOR.value)
        with self._lock, self._engine.connect() as connection:
            return connection.execute(wanted.limit(1)).first() is not None

    def principal(self, client_id: str, secret: str) -> Principal | None:
        """Who has these credentials; None: nobody. Takes as long for an unknown id."""
        given = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
        with self._lock, self._engine.connect() as connection:
            found = _find(connection, client_id)
        stored, principal = found or (_UNKNOWN_HASH, None)
        return principal if hmac.compare_digest(given, stored) else None

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()


def _row(credential: Credential, now_s: int) -> dict[str, object]:
    principal = credential.principal
    return {
        "client_id": principal.client_id,
        "secret_sha256": hashlib.sha256(credential.secret.encode()).digest(),
        "role": principal.role.value,
        "market_id": principal.market_id,
        "participant_id": principal.participant_id,
        "area_id": principal.area_id,
        "unit_id": principal.unit_id,
        "created_s": now_s,
    }


def _find(connection: Connection, client_id: str) -> tuple[bytes, Principal] | None:
    row = connection.execute(select(_CLIENTS).where(_CLIENTS.c.client_id == client_id)).first()
    if row is None:
        return None
    principal = Principal(
        client_id=row.client_id,
        role=Role(row.role),
        market_id=row.market_id,
        participant_id=row.participant_id,
        area_id=row.area_id,
        unit_id=row.unit_id,
    )
    return row.secret_sha256, principal


def new_client_id(role: Role) -> str:
    """A client id nobody has; it says the role, so that people can tell credentials apart."""
    return f"{role.value}-{secrets.token_hex(8)}"


def ensure_operator(store: IdentityStore, path: Path, now_s: int) -> bool:
    """Make the first operator and write the credential for its owner's eyes only.

    The file is written before the client is known to the store is undone by nothing: so the client
    is kept first, and a file that cannot be written ends the start.

    Returns:
        True when one was made.
    """
    if store.has_operator():
        return False
    principal = Principal(client_id=new_client_id(Role.OPERATOR), role=Role.OPERATOR)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        (credential,) = store.enrol([principal], now_s)
        file.write(
            msgspec.json.encode(
                {"client_id": principal.client_id, "client_secret": credential.secret}
            )
        )
        file.flush()
        os.fsync(file.fileno())
    return True
