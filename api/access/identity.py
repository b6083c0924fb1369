"""Who may talk to this deployment: clients with hashed secrets, and the key that signs tokens.

The one idea: a secret is 256 random bits, shown once and kept only as SHA-256; nobody can guess it,
so a slow hash would protect nothing. Everything lies in one SQLite file of its own, readable by its
owner only. Who is revoked or suspended also stands in memory, so that every request and every open
socket is measured against it without a look into the file.
"""
# house: long because what is kept of a client and how it is asked for stand together.

import hashlib
import hmac
import os
import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    String,
    Table,
    create_engine,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.pool import StaticPool

from api.wire.errors import refuse
from market.model.participant import Role
from market.model.rejection import Code

SECRET_BYTES: Final = 32
GRACE_S_MAX: Final = 86_400
"""Longest time an old secret stays good beside the new one: a day to reach a whole fleet."""
UNITS_SEEN_MAX: Final = 30_000
"""Units of one participant whose clients it sees; the database takes no longer list of names."""
PERSON_PREFIX: Final = "person"
"""What the ids of people begin with; of no role, so that they are nobody's client ids."""
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
_BY_UNIT = Index("clients_by_unit", _CLIENTS.c.market_id, _CLIENTS.c.unit_id)
_OLD_SECRETS = Table(
    "old_secrets",
    _METADATA,
    Column("client_id", String, primary_key=True),
    Column("secret_sha256", LargeBinary, primary_key=True),
    Column("ends_s", Integer, nullable=False),
)
_REVOCATIONS = Table(
    "revocations",
    _METADATA,
    Column("client_id", String, primary_key=True),
    Column("revoked_s", Integer, nullable=False),
    Column("revoked_by", String, nullable=False),
)
_MAKERS = Table(
    "client_makers",
    _METADATA,
    Column("client_id", String, primary_key=True),
    Column("person_id", String, nullable=False),
)
_SUSPENSIONS = Table(
    "suspensions",
    _METADATA,
    Column("market_id", String, primary_key=True),
    Column("participant_id", String, primary_key=True),
    Column("suspended_s", Integer, nullable=False),
    Column("suspended_by", String, nullable=False),
    Column("reason", String, nullable=False),
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
class Client:
    """A client as a list shows it: never its secret."""

    principal: Principal
    created_s: int
    revoked_s: int | None
    """None: it may come in."""
    old_secret_ends_s: int | None
    """When the last secret it had before ends; None: only the present one is good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """A participant who is kept out until an operator says otherwise."""

    market_id: str
    participant_id: str
    suspended_s: int
    suspended_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose clients are meant: one participant's, one area's or one unit's.

    With a market alone: all of it, and operators; with nothing: all of the deployment.
    """

    market_id: str | None = None
    participant_id: str | None = None
    area_id: str | None = None
    unit_ids: tuple[str, ...] = ()


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
        self.make_tables(_METADATA)
        _BY_UNIT.create(self._engine, checkfirst=True)
        self.revoked: set[str] = set()
        """Client ids that get nothing any more."""
        self.suspended: set[tuple[str, str]] = set()
        """Market and participant of the accounts that are suspended."""
        self.makers: dict[str, str] = {}
        """Which person knows a client's secret, because it made or renewed it, by client id."""
        with self.transaction() as connection:
            self.revoked.update(connection.scalars(select(_REVOCATIONS.c.client_id)))
            for row in connection.execute(select(_SUSPENSIONS)):
                self.suspended.add((row.market_id, row.participant_id))
            for row in connection.execute(select(_MAKERS)):
                self.makers[row.client_id] = row.person_id

    def make_tables(self, metadata: MetaData) -> None:
        """Make those tables that the file does not have yet."""
        with self._lock:
            metadata.create_all(self._engine)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction, for which the other threads wait."""
        with self._lock, self._engine.begin() as connection:
            yield connection

    def signing_key(self, now_s: int) -> SigningKey:
        """The deployment's key; made when there is none."""
        with self.transaction() as connection:
            row = connection.execute(select(_KEYS.c.key_id, _KEYS.c.key)).first()
            if row is not None:
                return SigningKey(key_id=row.key_id, key=row.key)
            made = SigningKey(key_id=secrets.token_hex(8), key=secrets.token_bytes(SECRET_BYTES))
            connection.execute(
                insert(_KEYS).values(key_id=made.key_id, key=made.key, created_s=now_s)
            )
            return made

    def enrol(
        self, principals: Sequence[Principal], now_s: int, *, by: str | None = None
    ) -> list[Credential]:
        """Keep new clients, all or none; a principal's client_id is chosen by its maker.

        Args:
            principals: who they are.
            now_s: when.
            by: the person or client that makes them and is shown the secrets; None: the server.
        """
        with self.transaction() as connection:
            made = keep_clients(connection, principals, now_s)
            known_to = self.person_behind(by)
            if known_to is not None:
                for one in principals:
                    keep_maker(connection, one.client_id, known_to)
        if known_to is not None:
            self.makers.update((one.client_id, known_to) for one in principals)
        return made

    def person_behind(self, sender: str | None) -> str | None:
        """The person a sender is, or who knows a client's secret; None: nobody we know of."""
        if sender is not None and sender.startswith(f"{PERSON_PREFIX}-"):
            return sender
        return self.makers.get(sender or "")

    def actor(self, who: Principal) -> str:
        """Who acts, as facts say it.

        Of operators the person, also where it comes with a client's token: what two people have to
        say is not said by two credentials of one.
        """
        if who.role is not Role.OPERATOR:
            return who.client_id
        return self.person_behind(who.client_id) or who.client_id

    def has_operator(self) -> bool:
        """True when somebody can run this deployment."""
        with self._lock, self._engine.connect() as connection:
            return connection.execute(operator_clients().limit(1)).first() is not None

    def principal(self, client_id: str, secret: str, now_s: int) -> Principal | None:
        """Who has these credentials; None: nobody. Takes as long for an unknown id."""
        given = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
        old = select(_OLD_SECRETS.c.secret_sha256).where(
            _OLD_SECRETS.c.client_id == client_id, _OLD_SECRETS.c.ends_s > now_s
        )
        with self.transaction() as connection:
            found = _find(connection, client_id)
            older = connection.scalars(old).all()
        stored, principal = found or (_UNKNOWN_HASH, None)
        good = [hmac.compare_digest(given, one) for one in (stored, *older)]
        return principal if any(good) else None

    def device_keys(
        self, market_id: str, unit_ids: Collection[str], now_s: int
    ) -> dict[str, list[bytes]]:
        """What readings of these units may be signed with: hashes of their devices' good secrets."""
        clients, old = _CLIENTS.c, _OLD_SECRETS.c
        device = (clients.role == Role.DEVICE.value) & (clients.market_id == market_id)
        found: dict[str, list[bytes]] = {}
        with self.transaction() as connection:
            wanted = list(unit_ids)
            for first in range(0, len(wanted), UNITS_SEEN_MAX):
                asked = device & clients.unit_id.in_(wanted[first : first + UNITS_SEEN_MAX])
                present = select(clients.unit_id, clients.client_id, clients.secret_sha256)
                older = select(clients.unit_id, clients.client_id, old.secret_sha256).join(
                    _OLD_SECRETS, old.client_id == clients.client_id
                )
                for query in (present.where(asked), older.where(asked, old.ends_s > now_s)):
                    for unit_id, client_id, key in connection.execute(query):
                        if client_id not in self.revoked:
                            found.setdefault(unit_id, []).append(key)
        return found

    def rotate(
        self, client_id: str, *, grace_s: int, now_s: int, by: str | None = None
    ) -> Credential:
        """Give a client a new secret; the one before stays good for `grace_s` seconds.

        Args:
            client_id: whose.
            grace_s: 0 to GRACE_S_MAX.
            now_s: when.
            by: who is shown the secret; None: the server.

        Raises:
            RefusedError: NOT_FOUND, or CLIENT_REVOKED.
        """
        secret = secrets.token_urlsafe(SECRET_BYTES)
        with self.transaction() as connection:
            found = _find(connection, client_id)
            if found is None:
                raise refuse(Code.NOT_FOUND)
            if client_id in self.revoked:
                raise refuse(Code.CLIENT_REVOKED)
            stored, principal = found
            connection.execute(delete(_OLD_SECRETS).where(_OLD_SECRETS.c.ends_s <= now_s))
            if grace_s > 0:
                old = {"client_id": client_id, "secret_sha256": stored, "ends_s": now_s + grace_s}
                connection.execute(insert(_OLD_SECRETS).values(old))
            connection.execute(
                update(_CLIENTS)
                .where(_CLIENTS.c.client_id == client_id)
                .values(secret_sha256=hashlib.sha256(secret.encode()).digest())
            )
            known_to = self.person_behind(by)
            if known_to is not None:
                keep_maker(connection, client_id, known_to)
        if known_to is not None:
            self.makers[client_id] = known_to
        return Credential(principal=principal, secret=secret)

    def revoke(self, client_id: str, *, by: str, now_s: int) -> None:
        """Let a client in no more, for good. Again is harmless.

        Raises:
            RefusedError: NOT_FOUND; LAST_OPERATOR when nobody would be left to run this.
        """
        with self.transaction() as connection:
            found = _find(connection, client_id)
            if found is None:
                raise refuse(Code.NOT_FOUND)
            if client_id in self.revoked:
                return
            if found[1].role is Role.OPERATOR and not any(
                other != client_id and other not in self.revoked
                for other in connection.scalars(operator_clients())
            ):
                raise refuse(Code.LAST_OPERATOR)
            revoke_id(connection, client_id, by=by, now_s=now_s)
            connection.execute(delete(_OLD_SECRETS).where(_OLD_SECRETS.c.client_id == client_id))
        self.revoked.add(client_id)

    def suspend(self, wanted: Suspension) -> None:
        """Keep a participant out of its market. Again is harmless; the first reason stays."""
        key = (wanted.market_id, wanted.participant_id)
        with self.transaction() as connection:
            if key not in self.suspended:
                row = {name: getattr(wanted, name) for name in Suspension.__slots__}
                connection.execute(insert(_SUSPENSIONS).values(row))
        self.suspended.add(key)

    def unsuspend(self, market_id: str, participant_id: str) -> None:
        """Let a participant in again; harmless when it was not suspended."""
        with self.transaction() as connection:
            connection.execute(
                delete(_SUSPENSIONS).where(
                    _SUSPENSIONS.c.market_id == market_id,
                    _SUSPENSIONS.c.participant_id == participant_id,
                )
            )
        self.suspended.discard((market_id, participant_id))

    def is_suspended(self, who: Principal) -> bool:
        """True when a participant is kept out. Its devices go on: what was sold is delivered."""
        return (
            bool(self.suspended)
            and who.role is Role.PARTICIPANT
            and (who.market_id, who.participant_id) in self.suspended
        )

    def suspensions(self, market_id: str) -> list[Suspension]:
        """Who is suspended in a market, by participant."""
        wanted = (
            select(_SUSPENSIONS)
            .where(_SUSPENSIONS.c.market_id == market_id)
            .order_by(_SUSPENSIONS.c.participant_id)
        )
        with self.transaction() as connection:
            return [Suspension(**row) for row in connection.execute(wanted).mappings()]

    def client(self, client_id: str) -> Principal | None:
        """Whose client this is; None: there is no such client."""
        with self.transaction() as connection:
            found = _find(connection, client_id)
        return None if found is None else found[1]

    def clients(
        self, whose: Whose, *, now_s: int, cursor: str | None = None, limit: int
    ) -> list[Client]:
        """At most `limit` clients in the order of their ids, those after `cursor`."""
        ends = (
            select(_OLD_SECRETS.c.ends_s)
            .where(_OLD_SECRETS.c.client_id == _CLIENTS.c.client_id, _OLD_SECRETS.c.ends_s > now_s)
            .order_by(_OLD_SECRETS.c.ends_s.desc())
            .limit(1)
            .scalar_subquery()
        )
        wanted = (
            select(_CLIENTS, _REVOCATIONS.c.revoked_s, ends.label("old_secret_ends_s"))
            .outerjoin(_REVOCATIONS, _REVOCATIONS.c.client_id == _CLIENTS.c.client_id)
            .where(*own_rows(_CLIENTS, whose))
            .order_by(_CLIENTS.c.client_id)
            .limit(limit)
        )
        if cursor is not None:
            wanted = wanted.where(_CLIENTS.c.client_id > cursor)
        with self.transaction() as connection:
            return [
                Client(
                    principal=principal_of(row, row.client_id),
                    created_s=row.created_s,
                    revoked_s=row.revoked_s,
                    old_secret_ends_s=row.old_secret_ends_s,
                )
                for row in connection.execute(wanted)
            ]

    def counts(self, market_id: str) -> dict[str, int]:
        """How many clients each participant has that may come in."""
        c = _CLIENTS.c
        wanted = (
            select(c.participant_id, func.count())
            .outerjoin(_REVOCATIONS, _REVOCATIONS.c.client_id == c.client_id)
            .where(
                c.market_id == market_id,
                c.role == Role.PARTICIPANT.value,
                _REVOCATIONS.c.client_id.is_(None),
            )
            .group_by(c.participant_id)
        )
        with self.transaction() as connection:
            return {row[0]: int(row[1]) for row in connection.execute(wanted)}

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()


def keep_clients(
    connection: Connection, principals: Sequence[Principal], now_s: int
) -> list[Credential]:
    """Keep new clients as part of a transaction; gives their secrets."""
    made = [
        Credential(principal=principal, secret=secrets.token_urlsafe(SECRET_BYTES))
        for principal in principals
    ]
    connection.execute(insert(_CLIENTS), [_row(item, now_s) for item in made])
    return made


def operator_clients() -> Select[str]:
    """The ids of all clients that are operators, revoked ones too."""
    return select(_CLIENTS.c.client_id).where(_CLIENTS.c.role == Role.OPERATOR.value)


def keep_maker(connection: Connection, client_id: str, person_id: str) -> None:
    """Keep which person knows a client's secret."""
    connection.execute(delete(_MAKERS).where(_MAKERS.c.client_id == client_id))
    connection.execute(insert(_MAKERS).values(client_id=client_id, person_id=person_id))


def revoke_id(connection: Connection, revoked_id: str, *, by: str, now_s: int) -> None:
    """Keep that a client or a person gets nothing any more."""
    row = {"client_id": revoked_id, "revoked_s": now_s, "revoked_by": by}
    connection.execute(insert(_REVOCATIONS).values(row))


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
    return None if row is None else (row.secret_sha256, principal_of(row, row.client_id))


def principal_of(row: Row[Any], client_id: str) -> Principal:
    """Who a row is about."""
    return Principal(
        client_id=client_id,
        role=Role(row.role),
        market_id=row.market_id,
        participant_id=row.participant_id,
        area_id=row.area_id,
        unit_id=row.unit_id,
    )


def own_rows(table: Table, whose: Whose) -> list[ColumnElement[bool]]:
    """The conditions that narrow a list to what is somebody's own."""
    if whose.market_id is None:
        return []
    if whose.participant_id is None and whose.area_id is None and not whose.unit_ids:
        # An operator's look at one market: operators belong to all of them.
        return [or_(table.c.market_id == whose.market_id, table.c.market_id.is_(None))]
    own: list[ColumnElement[bool]] = [table.c.unit_id.in_(whose.unit_ids[:UNITS_SEEN_MAX])]
    if whose.participant_id is not None:
        own.append(table.c.participant_id == whose.participant_id)
    if whose.area_id is not None:
        own.append(table.c.area_id == whose.area_id)
    return [table.c.market_id == whose.market_id, or_(*own)]


def new_client_id(role: Role) -> str:
    """A client id nobody has; it says the role, so that people can tell credentials apart."""
    return unused_id(role.value)


def unused_id(kind: str) -> str:
    """An id nobody has, that begins with what it is of."""
    return f"{kind}-{secrets.token_hex(8)}"


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
