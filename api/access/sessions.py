"""Sessions of people: a cookie in the browser, everything else here.

The one idea: the cookie is 256 random bits and the file holds only their hash; who it is, until when
and how freshly shown stands on the server, so that ending a session ends it at once. Real time, at
every speed of the market's clock. All sessions stand in memory too, so that a request asks no file.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Integer, MetaData, String, Table, delete, insert, select, update

from api.access.auth import Access
from api.access.identity import IdentityStore, Principal
from market.model.participant import Role

COOKIE: Final = "__Host-wattmarket"
IDLE_S: Final[Mapping[Role, int]] = {
    Role.OPERATOR: 15 * 60,
    Role.AREA: 15 * 60,
    Role.PARTICIPANT: 60 * 60,
    Role.DEVICE: 15 * 60,
}
"""How long a session holds without a request; an operator's desk is left for a short while only."""
WHOLE_S: Final = 12 * 3_600
"""How long a session holds at most: a long shift."""
STEP_UP_S: Final = 5 * 60
"""How long somebody counts as having just shown who he is."""
SESSIONS_MAX: Final = 20
"""Of one person at once: the one that was used longest ago ends for a further one."""
_KEPT_EVERY_S: Final = 60
"""How far what the file knows of a session's last request may lag behind."""
_COOKIE_BYTES: Final = 32
_COOKIE_LENGTH_MAX: Final = 100

_METADATA = MetaData()
_SESSIONS = Table(
    "sessions",
    _METADATA,
    Column("session_id", String, primary_key=True),
    Column("person_id", String, nullable=False),
    Column("begun_s", Integer, nullable=False),
    Column("seen_s", Integer, nullable=False),
    Column("stepped_up_s", Integer),
)


@dataclass(slots=True, kw_only=True)
class Session:
    """One session of one person."""

    session_id: str
    """The hash of the cookie."""
    principal: Principal
    begun_s: int
    seen_s: int
    """When its last request came."""
    stepped_up_s: int | None
    """When the person last showed who it is; None: not since it signed in."""
    kept_s: int
    """What the file says of `seen_s`."""

    @property
    def idle_ends_s(self) -> int:
        """When it ends unless a request comes."""
        return min(self.seen_s + IDLE_S[self.principal.role], self.ends_s)

    @property
    def ends_s(self) -> int:
        """When it ends whatever comes."""
        return self.begun_s + WHOLE_S

    @property
    def stepped_up_until_s(self) -> int | None:
        """Until when acts need no further proof; None: they do."""
        return None if self.stepped_up_s is None else self.stepped_up_s + STEP_UP_S

    @property
    def access(self) -> Access:
        """What a request of this session may be measured against."""
        return Access(principal=self.principal, ends_s=self.ends_s, session_id=self.session_id)


class Sessions:
    """All sessions of one server.

    Args:
        store: whose file they lie in.
        principal_of: who a person is; None: nobody any more.
        real_time_s: UTC seconds.
    """

    def __init__(
        self,
        store: IdentityStore,
        principal_of: Callable[[str], Principal | None],
        real_time_s: Callable[[], float],
    ) -> None:
        self._store = store
        self._real_time_s = real_time_s
        store.make_tables(_METADATA)
        self._held: dict[str, Session] = {}
        with store.transaction() as connection:
            rows = connection.execute(select(_SESSIONS)).all()
        for row in rows:
            principal = principal_of(row.person_id)
            if principal is not None:
                self._held[row.session_id] = Session(
                    session_id=row.session_id,
                    principal=principal,
                    begun_s=row.begun_s,
                    seen_s=row.seen_s,
                    stepped_up_s=row.stepped_up_s,
                    kept_s=row.seen_s,
                )

    def begin(self, principal: Principal) -> tuple[str, Session]:
        """A new session; gives the cookie's value, this once."""
        now_s = int(self._real_time_s())
        cookie = secrets.token_urlsafe(_COOKIE_BYTES)
        session = Session(
            session_id=_hashed(cookie),
            principal=principal,
            begun_s=now_s,
            seen_s=now_s,
            stepped_up_s=None,
            kept_s=now_s,
        )
        with self._store.transaction() as connection:
            connection.execute(
                insert(_SESSIONS).values(
                    session_id=session.session_id,
                    person_id=principal.client_id,
                    begun_s=now_s,
                    seen_s=now_s,
                    stepped_up_s=None,
                )
            )
        self._held[session.session_id] = session
        own = sorted(self._of(principal.client_id), key=lambda one: one.seen_s)
        over = [one.session_id for one in own[:-SESSIONS_MAX] if one is not session]
        ended = [one.session_id for one in tuple(self._held.values()) if not self._holds(one)]
        self._end([*over, *ended])
        return cookie, session

    def find(self, cookie: str) -> Session | None:
        """The session of a cookie; None: there is none, or it has ended."""
        if len(cookie) > _COOKIE_LENGTH_MAX:
            return None
        return self.get(_hashed(cookie))

    def get(self, session_id: str) -> Session | None:
        """A session by its id; None: there is none, or it has ended."""
        session = self._held.get(session_id)
        return session if session is not None and self._holds(session) else None

    def _holds(self, session: Session) -> bool:
        return (
            self._real_time_s() < session.idle_ends_s
            and session.principal.client_id not in self._store.revoked
        )

    def is_stepped_up(self, session: Session) -> bool:
        """True while the person counts as having just shown who it is."""
        until_s = session.stepped_up_until_s
        return until_s is not None and self._real_time_s() < until_s

    def touch(self, session: Session) -> bool:
        """A request has come; True when the file should be told (`keep`)."""
        session.seen_s = max(session.seen_s, int(self._real_time_s()))
        return session.seen_s - session.kept_s >= _KEPT_EVERY_S

    def keep(self, session: Session) -> None:
        """Tell the file when the last request came, and when the person last stepped up."""
        session.kept_s = session.seen_s
        with self._store.transaction() as connection:
            connection.execute(
                update(_SESSIONS)
                .where(_SESSIONS.c.session_id == session.session_id)
                .values(seen_s=session.seen_s, stepped_up_s=session.stepped_up_s)
            )

    def step_up(self, session: Session) -> None:
        """The person has just shown who it is."""
        session.stepped_up_s = int(self._real_time_s())
        self.touch(session)
        self.keep(session)

    def end(self, session_id: str) -> None:
        """End one session; harmless when it has ended."""
        self._end([session_id])

    def end_of(self, person_id: str, *, but: str | None = None) -> None:
        """End all sessions of a person, but for one."""
        own = [one.session_id for one in self._of(person_id)]
        self._end([one for one in own if one != but])

    def end_participant(self, market_id: str, participant_id: str) -> None:
        """End the sessions of everybody who acts for a participant."""
        self._end(
            [
                one.session_id
                for one in tuple(self._held.values())
                if one.principal.role is Role.PARTICIPANT
                and one.principal.market_id == market_id
                and one.principal.participant_id == participant_id
            ]
        )

    def _of(self, person_id: str) -> list[Session]:
        held = tuple(self._held.values())
        return [one for one in held if one.principal.client_id == person_id]

    def _end(self, session_ids: Iterable[str]) -> None:
        wanted = list(session_ids)
        for session_id in wanted:
            self._held.pop(session_id, None)
        if wanted:
            with self._store.transaction() as connection:
                connection.execute(delete(_SESSIONS).where(_SESSIONS.c.session_id.in_(wanted)))


def cookie_header(cookie: str) -> str:
    """The Set-Cookie header of a session: for this host's own pages only, and not for scripts."""
    return f"{COOKIE}={cookie}; Path=/; Secure; HttpOnly; SameSite=Strict"


def cookie_gone_header() -> str:
    """The Set-Cookie header that takes a session's cookie away."""
    return f"{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"


def _hashed(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()
