"""Enrolment: a one-time code that its holder turns into credentials of its own.

The one idea: whoever hands out access never sees the secret that is used. A code is 160 random bits,
kept only as SHA-256, good once and for a limited time; using it and making the client are one
transaction, so that of a hundred who try at once one gets in.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    func,
    insert,
    select,
    update,
)

from api.access.identity import (
    Credential,
    IdentityStore,
    Principal,
    Whose,
    keep_clients,
    keep_maker,
    new_client_id,
    own_rows,
    principal_of,
)
from api.wire.errors import refuse
from market.model.participant import Role
from market.model.rejection import Code

CODE_BYTES: Final = 20
LIFETIME_S: Final = 86_400
"""How long a code is good unless said otherwise: a day."""
LIFETIME_S_MAX: Final = 30 * 86_400
OPEN_MAX: Final = 1_000
"""Codes of one maker that may be open at once: more is a mistake or an attack."""

SERVER: Final = "server"
"""Who made the first operator's code."""

_METADATA = MetaData()
_ENROLMENTS = Table(
    "enrolments",
    _METADATA,
    Column("enrolment_id", String, primary_key=True),
    Column("code_sha256", LargeBinary, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("market_id", String),
    Column("participant_id", String),
    Column("area_id", String),
    Column("unit_id", String),
    Column("made_by", String, nullable=False),
    Column("made_s", Integer, nullable=False),
    Column("expires_s", Integer, nullable=False),
    Column("used_s", Integer),
    Column("client_id", String),
    Column("revoked_s", Integer),
)


class EnrolmentState(StrEnum):
    """What has become of a code."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A code as a list shows it: never the code itself."""

    enrolment_id: str
    wanted: Principal
    """For whom; its client_id is empty until the code is used."""
    made_by: str
    """The client that made it."""
    made_s: int
    expires_s: int
    state: EnrolmentState


class Enrolments:
    """The codes of one deployment, in the identity store's file."""

    def __init__(self, store: IdentityStore) -> None:
        self._store = store
        store.make_tables(_METADATA)

    def make(
        self, wanted: Principal, *, by: str, lifetime_s: int, now_s: int
    ) -> tuple[Enrolment, str]:
        """A new code for a principal whose client does not exist yet; gives the code this once.

        Raises:
            RefusedError: RATE_LIMIT when the maker has too many open ones.
        """
        code = secrets.token_urlsafe(CODE_BYTES)
        row = {
            "enrolment_id": f"enr-{secrets.token_hex(8)}",
            "code_sha256": _hashed(code),
            "role": wanted.role.value,
            "market_id": wanted.market_id,
            "participant_id": wanted.participant_id,
            "area_id": wanted.area_id,
            "unit_id": wanted.unit_id,
            "made_by": by,
            "made_s": now_s,
            "expires_s": now_s + lifetime_s,
        }
        waiting = select(func.count()).where(
            _ENROLMENTS.c.made_by == by,
            _ENROLMENTS.c.used_s.is_(None),
            _ENROLMENTS.c.revoked_s.is_(None),
            _ENROLMENTS.c.expires_s > now_s,
        )
        with self._store.transaction() as connection:
            if (connection.scalar(waiting) or 0) >= OPEN_MAX:
                raise refuse(Code.RATE_LIMIT, open_max=str(OPEN_MAX))
            connection.execute(insert(_ENROLMENTS).values(row))
            found = _find(connection, _ENROLMENTS.c.enrolment_id == row["enrolment_id"])
        assert found is not None, "it was written a line above"
        return _enrolment(found, now_s), code

    def use(self, code: str, now_s: int) -> Credential:
        """Turn a code into credentials; the secret is known this once.

        Raises:
            RefusedError: ENROLMENT_UNKNOWN, or ENROLMENT_CLOSED with what became of the code.
        """
        with self._store.transaction() as connection:
            wanted = take_code(connection, code, now_s, new_client_id)
            (made,) = keep_clients(connection, [wanted], now_s)
            known_to = self._store.person_behind(maker_of(connection, wanted.client_id))
            if known_to is not None:
                keep_maker(connection, wanted.client_id, known_to)
        if known_to is not None:
            self._store.makers[wanted.client_id] = known_to
        return made

    def wanted(self, code: str, now_s: int) -> Principal:
        """For whom a code is that could be used now; it stays good.

        Raises:
            RefusedError: as `use`.
        """
        with self._store.transaction() as connection:
            return principal_of(_open(connection, code, now_s), "")

    def revoke_open(self, made_by: str, now_s: int) -> None:
        """Let all codes of one maker that are open be used no more."""
        with self._store.transaction() as connection:
            connection.execute(
                update(_ENROLMENTS)
                .where(
                    _ENROLMENTS.c.made_by == made_by,
                    _ENROLMENTS.c.used_s.is_(None),
                    _ENROLMENTS.c.revoked_s.is_(None),
                )
                .values(revoked_s=now_s)
            )

    def get(self, enrolment_id: str, now_s: int) -> Enrolment | None:
        """One code by its id; None: there is none."""
        with self._store.transaction() as connection:
            found = _find(connection, _ENROLMENTS.c.enrolment_id == enrolment_id)
        return None if found is None else _enrolment(found, now_s)

    def revoke(self, enrolment_id: str, now_s: int) -> Enrolment:
        """Let a code be used no more; harmless when it is revoked or has expired.

        Raises:
            RefusedError: NOT_FOUND, or ENROLMENT_CLOSED when it was used: revoke the client then.
        """
        own = _ENROLMENTS.c.enrolment_id == enrolment_id
        with self._store.transaction() as connection:
            found = _find(connection, own)
            if found is None:
                raise refuse(Code.NOT_FOUND)
            if found.used_s is not None:
                raise refuse(Code.ENROLMENT_CLOSED, state=EnrolmentState.USED.value)
            if found.revoked_s is None:
                connection.execute(update(_ENROLMENTS).where(own).values(revoked_s=now_s))
                found = _find(connection, own)
        assert found is not None, "codes are never deleted"
        return _enrolment(found, now_s)

    def open_counts(self, market_id: str, now_s: int) -> dict[str, int]:
        """How many codes of each participant still let somebody in."""
        c = _ENROLMENTS.c
        wanted = (
            select(c.participant_id, func.count())
            .where(
                c.market_id == market_id,
                c.role == Role.PARTICIPANT.value,
                c.used_s.is_(None),
                c.revoked_s.is_(None),
                c.expires_s > now_s,
            )
            .group_by(c.participant_id)
        )
        with self._store.transaction() as connection:
            return {row[0]: int(row[1]) for row in connection.execute(wanted)}

    def list(
        self, whose: Whose, *, now_s: int, cursor: str | None = None, limit: int
    ) -> list[Enrolment]:
        """At most `limit` codes in the order of their ids, those after `cursor`."""
        wanted = (
            select(_ENROLMENTS)
            .where(*own_rows(_ENROLMENTS, whose))
            .order_by(_ENROLMENTS.c.enrolment_id)
            .limit(limit)
        )
        if cursor is not None:
            wanted = wanted.where(_ENROLMENTS.c.enrolment_id > cursor)
        with self._store.transaction() as connection:
            return [_enrolment(row, now_s) for row in connection.execute(wanted)]


def take_code(
    connection: Connection, code: str, now_s: int, named: Callable[[Role], str]
) -> Principal:
    """Use a code up as part of a transaction; gives for whom it was, under the id it is used for.

    Raises:
        RefusedError: ENROLMENT_UNKNOWN, or ENROLMENT_CLOSED with what became of the code.
    """
    found = _open(connection, code, now_s)
    client_id = named(Role(found.role))
    connection.execute(
        update(_ENROLMENTS)
        .where(_ENROLMENTS.c.enrolment_id == found.enrolment_id)
        .values(used_s=now_s, client_id=client_id)
    )
    return principal_of(found, client_id)


def maker_of(connection: Connection, client_id: str) -> str | None:
    """Who made the code that a client came in by; None: it came in otherwise."""
    own = _ENROLMENTS.c.client_id == client_id
    maker: str | None = connection.scalar(select(_ENROLMENTS.c.made_by).where(own))
    return maker


def _open(connection: Connection, code: str, now_s: int) -> Row[Any]:
    found = _find(connection, _ENROLMENTS.c.code_sha256 == _hashed(code))
    if found is None:
        raise refuse(Code.ENROLMENT_UNKNOWN)
    state = _state(found, now_s)
    if state is not EnrolmentState.OPEN:
        raise refuse(Code.ENROLMENT_CLOSED, state=state.value)
    return found


def _hashed(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()


def _find(connection: Connection, which: ColumnElement[bool]) -> Row[Any] | None:
    return connection.execute(select(_ENROLMENTS).where(which)).first()


def _enrolment(row: Row[Any], now_s: int) -> Enrolment:
    return Enrolment(
        enrolment_id=row.enrolment_id,
        wanted=principal_of(row, row.client_id or ""),
        made_by=row.made_by,
        made_s=row.made_s,
        expires_s=row.expires_s,
        state=_state(row, now_s),
    )


def _state(row: Row[Any], now_s: int) -> EnrolmentState:
    if row.used_s is not None:
        return EnrolmentState.USED
    if row.revoked_s is not None:
        return EnrolmentState.REVOKED
    return EnrolmentState.EXPIRED if now_s >= row.expires_s else EnrolmentState.OPEN
