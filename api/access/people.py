"""People: who may sign in, and with what.

The one idea: a person acts as the same kind of principal as a client does, with the person's id in
the client id's place, so that every right stands in one table. People lie beside the clients in the
identity store's file, and whoever is revoked there is revoked here.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    union_all,
    update,
)

from api.access.enrolment import SERVER, Enrolments, take_code
from api.access.identity import (
    PERSON_PREFIX,
    IdentityStore,
    Principal,
    operator_clients,
    principal_of,
    revoke_id,
    unused_id,
)
from api.access.passkeys import MadePasskey, Passkey, UsedPasskey
from api.access.totp import Seal, step_of
from api.wire.errors import refuse
from market.model.participant import Role
from market.model.rejection import Code

LANGUAGES: Final = ("en", "zh-CN")
PASSKEYS_MAX: Final = 20
"""Of one person: more than anybody has devices."""
MAY_SIGN_IN: Final = frozenset({Role.OPERATOR, Role.PARTICIPANT, Role.AREA})
"""A device is nobody."""
FIRST_CODE_LIFETIME_S: Final = 86_400

_METADATA = MetaData()
_PEOPLE = Table(
    "people",
    _METADATA,
    Column("person_id", String, primary_key=True),
    Column("login", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("language", String, nullable=False),
    Column("role", String, nullable=False),
    Column("market_id", String),
    Column("participant_id", String),
    Column("area_id", String),
    Column("unit_id", String),
    Column("made_s", Integer, nullable=False),
    Column("password_phc", String),
    Column("totp_sealed", LargeBinary),
    Column("totp_step", Integer, nullable=False),
)
_PASSKEYS = Table(
    "passkeys",
    _METADATA,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("person_id", String, nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("added_s", Integer, nullable=False),
    Column("used_s", Integer),
    Column("backed_up", Boolean, nullable=False),
)
_OPERATORS: Final = _PEOPLE.c.role == Role.OPERATOR.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may sign in."""

    principal: Principal
    """Its client_id is the person's id."""
    login: str
    name: str
    language: str
    made_s: int
    has_password: bool

    @property
    def person_id(self) -> str:
        """The person's id."""
        return self.principal.client_id


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPassword:
    """What a password and a time code are held against."""

    person_id: str
    password_phc: str
    totp_secret: bytes
    totp_step: int
    """Of the last code that was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Somebody who has shown a code and one way to sign in."""

    person_id: str
    code: str
    login: str
    name: str
    passkey: MadePasskey | None = None
    password_phc: str | None = None
    totp_secret: bytes | None = None
    totp_step: int = 0


class People:
    """The people of one deployment."""

    def __init__(self, store: IdentityStore, enrolments: Enrolments, *, seal: Seal) -> None:
        self._store = store
        self._enrolments = enrolments
        self._seal = seal
        store.make_tables(_METADATA)

    # --- who --------------------------------------------------------------------

    def first_code(self, now_s: int) -> str | None:
        """A code for the first operator who is a person; None: there is one already.

        The code before it, which nobody can read again, is good no more.
        """
        with self._store.transaction() as connection:
            known = connection.scalars(select(_PEOPLE.c.person_id).where(_OPERATORS)).all()
        if any(one not in self._store.revoked for one in known):
            return None
        self._enrolments.revoke_open(SERVER, now_s)
        wanted = Principal(client_id="", role=Role.OPERATOR)
        _, code = self._enrolments.make(
            wanted, by=SERVER, lifetime_s=FIRST_CODE_LIFETIME_S, now_s=now_s
        )
        return code

    def is_free(self, login: str) -> bool:
        """True when nobody has this login."""
        with self._store.transaction() as connection:
            return not connection.scalar(_count(_PEOPLE.c.login == login))

    def enrol(self, new: NewPerson, now_s: int) -> Person:
        """Use up a code and keep the person it was for, both or neither.

        Raises:
            RefusedError: what using a code refuses; LOGIN_TAKEN; PASSKEY_REFUSED where the device's
                key is known here.
        """
        with self._store.transaction() as connection:
            wanted = take_code(connection, new.code, now_s, lambda _: new.person_id)
            if wanted.role not in MAY_SIGN_IN:
                raise refuse(Code.NOT_PERMITTED)
            if connection.scalar(_count(_PEOPLE.c.login == new.login)):
                raise refuse(Code.LOGIN_TAKEN, "login")
            sealed = None
            if new.totp_secret is not None:
                sealed = self._seal.sealed(new.totp_secret, new.person_id)
            row = {
                "person_id": new.person_id,
                "login": new.login,
                "name": new.name,
                "language": LANGUAGES[0],
                "role": wanted.role.value,
                "market_id": wanted.market_id,
                "participant_id": wanted.participant_id,
                "area_id": wanted.area_id,
                "unit_id": None,
                "made_s": now_s,
                "password_phc": new.password_phc,
                "totp_sealed": sealed,
                "totp_step": new.totp_step,
            }
            connection.execute(insert(_PEOPLE).values(row))
            if new.passkey is not None:
                _keep_passkey(connection, new.person_id, new.passkey, "", now_s)
            found = _find(connection, new.person_id)
        assert found is not None, "it was written some lines above"
        return found

    def get(self, person_id: str) -> Person | None:
        """A person by the id; None: nobody."""
        with self._store.transaction() as connection:
            return _find(connection, person_id)

    def everybody(self, *, cursor: str | None = None, limit: int) -> list[Person]:
        """At most `limit` people in the order of their ids, those after `cursor`."""
        wanted = select(_PEOPLE).order_by(_PEOPLE.c.person_id).limit(limit)
        if cursor is not None:
            wanted = wanted.where(_PEOPLE.c.person_id > cursor)
        with self._store.transaction() as connection:
            return [_person(row) for row in connection.execute(wanted)]

    def change(self, person_id: str, **values: str) -> None:
        """Set name or language."""
        with self._store.transaction() as connection:
            _set(connection, person_id, **values)

    def revoke(self, person_id: str, *, by: str, now_s: int) -> None:
        """Let a person in no more, for good. Again is harmless.

        Raises:
            RefusedError: NOT_FOUND; LAST_OPERATOR when nobody would be left to run this.
        """
        with self._store.transaction() as connection:
            person = _find(connection, person_id)
            if person is None:
                raise refuse(Code.NOT_FOUND)
            if person_id in self._store.revoked:
                return
            if person.principal.role is Role.OPERATOR:
                operators = connection.scalars(
                    union_all(select(_PEOPLE.c.person_id).where(_OPERATORS), operator_clients())
                )
                if {*operators} <= {person_id, *self._store.revoked}:
                    raise refuse(Code.LAST_OPERATOR)
            revoke_id(connection, person_id, by=by, now_s=now_s)
        self._store.revoked.add(person_id)

    # --- passwords --------------------------------------------------------------

    def kept_password(
        self, *, login: str | None = None, person_id: str = ""
    ) -> KeptPassword | None:
        """What a password is held against; None: nobody, or somebody without a password."""
        own = _PEOPLE.c.person_id == person_id if login is None else _PEOPLE.c.login == login
        with self._store.transaction() as connection:
            row = connection.execute(select(_PEOPLE).where(own)).first()
        if row is None or row.password_phc is None or row.totp_sealed is None:
            return None
        secret = self._seal.opened(row.totp_sealed, row.person_id)
        if secret is None:
            return None
        return KeptPassword(
            person_id=row.person_id,
            password_phc=row.password_phc,
            totp_secret=secret,
            totp_step=row.totp_step,
        )

    def take_step(self, kept: KeptPassword, code: str, now_s: float) -> bool:
        """Use up a time code; False: it is not good, or somebody was quicker."""
        step = step_of(kept.totp_secret, code, now_s=now_s, after_step=kept.totp_step)
        if step is None:
            return False
        with self._store.transaction() as connection:
            taken = connection.execute(
                update(_PEOPLE)
                .where(_PEOPLE.c.person_id == kept.person_id, _PEOPLE.c.totp_step < step)
                .values(totp_step=step)
            )
        return taken.rowcount == 1

    def set_password(
        self, person_id: str, password_phc: str, *, totp_secret: bytes | None, totp_step: int
    ) -> None:
        """Keep another password; with a new secret for time codes where there was none."""
        values: dict[str, Any] = {"password_phc": password_phc}
        if totp_secret is not None:
            values["totp_sealed"] = self._seal.sealed(totp_secret, person_id)
            values["totp_step"] = totp_step
        with self._store.transaction() as connection:
            _set(connection, person_id, **values)

    # --- passkeys ---------------------------------------------------------------

    def passkey(self, credential_id: bytes) -> Passkey | None:
        """A passkey by its id; None: there is none."""
        wanted = select(_PASSKEYS).where(_PASSKEYS.c.credential_id == credential_id)
        with self._store.transaction() as connection:
            row = connection.execute(wanted).mappings().first()
        return None if row is None else Passkey(**row)

    def passkeys(self, person_id: str) -> list[Passkey]:
        """A person's passkeys, in the order in which they were added."""
        wanted = (
            select(_PASSKEYS)
            .where(_PASSKEYS.c.person_id == person_id)
            .order_by(_PASSKEYS.c.added_s, _PASSKEYS.c.credential_id)
        )
        with self._store.transaction() as connection:
            return [Passkey(**row) for row in connection.execute(wanted).mappings()]

    def add_passkey(self, person_id: str, made: MadePasskey, name: str, now_s: int) -> None:
        """Keep one more passkey of a person.

        Raises:
            RefusedError: PASSKEY_REFUSED where it is known, or there are enough.
        """
        with self._store.transaction() as connection:
            own = _PASSKEYS.c.person_id == person_id
            count = connection.scalar(select(func.count()).select_from(_PASSKEYS).where(own))
            if (count or 0) >= PASSKEYS_MAX:
                raise refuse(Code.PASSKEY_REFUSED, passkeys_max=str(PASSKEYS_MAX))
            _keep_passkey(connection, person_id, made, name, now_s)

    def passkey_used(self, passkey: Passkey, used: UsedPasskey, now_s: int) -> bool:
        """Keep how far a passkey has counted; False: another use of it was quicker."""
        with self._store.transaction() as connection:
            kept = connection.execute(
                update(_PASSKEYS)
                .where(
                    _PASSKEYS.c.credential_id == passkey.credential_id,
                    _PASSKEYS.c.sign_count == passkey.sign_count,
                )
                .values(sign_count=used.sign_count, used_s=now_s, backed_up=used.backed_up)
            )
        return kept.rowcount == 1

    def remove_passkey(self, person_id: str, credential_id: bytes) -> None:
        """Take a passkey away.

        Raises:
            RefusedError: NOT_FOUND; LAST_WAY_IN where the person could not sign in without it.
        """
        own = _PASSKEYS.c.person_id == person_id
        with self._store.transaction() as connection:
            kept = set(connection.scalars(select(_PASSKEYS.c.credential_id).where(own)))
            if credential_id not in kept:
                raise refuse(Code.NOT_FOUND)
            person = _find(connection, person_id)
            if len(kept) == 1 and not (person is not None and person.has_password):
                raise refuse(Code.LAST_WAY_IN)
            connection.execute(
                delete(_PASSKEYS).where(own, _PASSKEYS.c.credential_id == credential_id)
            )


def new_person_id() -> str:
    """An id nobody has."""
    return unused_id(PERSON_PREFIX)


def _count(which: Any) -> Any:  # noqa: ANN401 - SQL, in and out
    return select(func.count()).select_from(_PEOPLE).where(which)


def _set(connection: Connection, person_id: str, **values: object) -> None:
    connection.execute(update(_PEOPLE).where(_PEOPLE.c.person_id == person_id).values(**values))


def _find(connection: Connection, person_id: str) -> Person | None:
    wanted = select(_PEOPLE).where(_PEOPLE.c.person_id == person_id)
    row = connection.execute(wanted).first()
    return None if row is None else _person(row)


def _person(row: Row[Any]) -> Person:
    return Person(
        principal=principal_of(row, row.person_id),
        login=row.login,
        name=row.name,
        language=row.language,
        made_s=row.made_s,
        has_password=row.password_phc is not None,
    )


def _keep_passkey(
    connection: Connection, person_id: str, made: MadePasskey, name: str, now_s: int
) -> None:
    known = _PASSKEYS.c.credential_id == made.credential_id
    if connection.scalar(select(func.count()).select_from(_PASSKEYS).where(known)):
        raise refuse(Code.PASSKEY_REFUSED)
    row = {
        "credential_id": made.credential_id,
        "person_id": person_id,
        "public_key": made.public_key,
        "sign_count": made.sign_count,
        "name": name,
        "added_s": now_s,
        "used_s": None,
        "backed_up": made.backed_up,
    }
    connection.execute(insert(_PASSKEYS).values(row))
