"""One request on its way to its handler: who asks, for which market, with what body.

The one idea: every address is guarded here, in one place. Token, role and market are checked before
a handler sees the call, in the order 401, 403, 404, so that a handler only narrows to what is the
caller's own. A body is counted while it comes in and never kept beyond its limit. And every answer
leaves here: one that was made from what is decided waits until that is durable.
"""
# house: long because a request's whole way to its handler stands here.

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access import same_site, step_up
from api.access.auth import Access, bearer_token
from api.access.idempotency import HEADER as IDEMPOTENCY_KEY
from api.access.idempotency import act_of
from api.access.identity import Principal
from api.access.permissions import PERMISSIONS, Permission
from api.access.sessions import COOKIE, Session
from api.access.throttle import ENTRIES, Kind, Purse
from api.house.house import House, OpenMarket
from api.incoming.body import validated
from api.wire import fields, formats
from api.wire.errors import RefusedError, refuse
from api.wire.fields import FieldError
from api.wire.formats import Form
from api.wire.json_body import parse_json
from market.model.participant import Role
from market.model.rejection import Code, Rejection
from market.sequencer import Decided, Decider
from market.store import queries

BODY_MAX: Final = 64 * 1024
BATCH_BODY_MAX: Final = 16 * 1024 * 1024
FILE_BODY_MAX: Final = 64 * 1024 * 1024
PIECE_BYTES: Final = 256 * 1024
"""Least of a file that is read on at once: some thousand rows."""

_Model = TypeVar("_Model", bound=BaseModel)
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryField:
    """One parameter of an address after the question mark."""

    name: str
    read: Callable[[str], Any]
    about: str
    required: bool = False


@dataclass(slots=True, kw_only=True)
class Call:
    """A request that passed its guard."""

    request: Request
    house: House
    access: Access | None
    query: Mapping[str, Any]
    found_market: OpenMarket | None
    form: Form = Form.JSON
    """The format in which the answer is wanted."""
    purse: Purse | None = None
    """What the request is paid from; None: it is not throttled."""
    kind: Kind = Kind.QUERY
    """The budget it is paid from."""
    whole_body: bytes | None = None
    """The body once it has been read."""
    reads_decided: bool = False
    """Something of what is decided was read, so the answer, or the refusal, waits until it is durable."""

    @property
    def market(self) -> OpenMarket:
        """The market of the address."""
        assert self.found_market is not None, "only addresses of a market ask for it"
        return self.found_market

    @property
    def decided(self) -> Decided:
        """What the market has decided, to be read only; it may be ahead of the disk (`settled`)."""
        return self.engine.state

    @property
    def engine(self) -> Decider:
        """Who has decided it, for what is asked of it."""
        self.reads_decided = True
        return self.market.sequencer.engine

    async def settled(self) -> None:
        """Return once what was read of what is decided may be told.

        Every answer waits for it by itself. A handler does when it tells somebody else before it
        answers: a bank, the stream.

        Raises:
            RefusedError: the market is down; what was read may be on no disk.
        """
        if self.reads_decided:
            await self.market.settle_decided()

    @property
    def who(self) -> Principal:
        """Who asks; the address is not public."""
        assert self.access is not None, "only guarded addresses ask who it is"
        return self.access.principal

    @property
    def actor(self) -> str:
        """Who acts, as facts say it (`IdentityStore.actor`)."""
        return self.house.identity.actor(self.who)

    def now_us(self) -> int:
        """The market's time, with which commands come."""
        return self.house.clock.now_us()

    @property
    def session(self) -> Session:
        """The person's session; for who came with a token there is none.

        Raises:
            RefusedError: NOT_FOUND; SESSION_ENDED where it has ended this moment.
        """
        session_id = None if self.access is None else self.access.session_id
        if session_id is None:
            raise refuse(Code.NOT_FOUND)
        found = self.house.sessions.get(session_id)
        if found is None:
            raise refuse(Code.SESSION_ENDED)
        return found

    @property
    def participant_id(self) -> str:
        """The participant who asks; the address is for participants."""
        participant_id = self.who.participant_id
        assert participant_id is not None, "a participant's token names the participant"
        return participant_id

    @property
    def order_id(self) -> str:
        """The order of the address; what is no id at all is no order's.

        Raises:
            RefusedError: ORDER_UNKNOWN.
        """
        try:
            return fields.identifier(self.path_id["order_id"])
        except FieldError:
            raise refuse(Code.ORDER_UNKNOWN) from None

    @property
    def path_id(self) -> Mapping[str, str]:
        """The ids in the address."""
        return self.request.path_params

    def own(self, role: Role, value: str | None) -> str | None:
        """The id to narrow a list to when the caller has this role; None: no narrowing."""
        return value if self.who.role is role else None

    @property
    def address(self) -> str:
        """The network address the request came from."""
        return sender_address(self.request)

    def spend(self, more: int) -> None:
        """Pay for what the request turned out to hold beyond the one thing paid already.

        Raises:
            RefusedError: RATE_LIMIT.
        """
        if self.purse is not None and more > 0:
            self.house.throttles.spend(self.purse, self.kind, more)

    async def body(self, limit: int = BODY_MAX) -> bytes:
        """The body, at most `limit` bytes, also where it came compressed.

        Raises:
            RefusedError: BODY_TOO_LARGE, before all of it has been read; what `inflated` refuses.
        """
        if self.whole_body is None:
            self.whole_body = await self._read_body(limit)
        elif len(self.whole_body) > limit:
            raise refuse(Code.BODY_TOO_LARGE, bytes_max=str(limit))
        return self.whole_body

    async def _read_body(self, limit: int) -> bytes:
        announced = self.request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:12]) > limit:
            raise refuse(Code.BODY_TOO_LARGE, bytes_max=str(limit))
        chunks, size = [], 0
        async for chunk in self.request.stream():
            size += len(chunk)
            if size > limit:
                raise refuse(Code.BODY_TOO_LARGE, bytes_max=str(limit))
            chunks.append(chunk)
        return formats.inflated(
            b"".join(chunks), self.request.headers.get("content-encoding"), limit
        )

    async def pieces(self, limit: int) -> AsyncIterator[bytes]:
        """The body piece by piece, at most `limit` bytes; it never stands in memory as a whole.

        Only where it came compressed it does, as `body` has it.

        Raises:
            RefusedError: BODY_TOO_LARGE, before all of it has been read; what `inflated` refuses.
        """
        if self.request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            whole = await self.body(limit)
            for first in range(0, len(whole), PIECE_BYTES):
                yield whole[first : first + PIECE_BYTES]
            return
        piece, size = bytearray(), 0
        async for chunk in self.request.stream():
            size += len(chunk)
            if size > limit:
                raise refuse(Code.BODY_TOO_LARGE, bytes_max=str(limit))
            piece += chunk
            if len(piece) >= PIECE_BYTES:
                yield bytes(piece)
                piece.clear()
        yield bytes(piece)

    async def read(self, model: type[_Model], limit: int = BODY_MAX) -> _Model:
        """The body as one of the request schemas.

        Raises:
            RefusedError: with every fault found.
        """
        return validated(model, parse_json(await self.body(limit)))

    async def stored(self, query: Callable[[Connection, str], _Read]) -> _Read:
        """What a query finds in the market's file, everything acknowledged before included.

        The query is called in another thread with a reading connection and the market's id.

        Raises:
            RefusedError: a cursor no list has given out, or the market is down.
        """
        market = self.market
        await market.settle_reads()

        def ask() -> _Read:
            with market.sequencer.readers.connect() as connection:
                return query(connection, market.rules.market_id)

        try:
            # A pool of its own: solving auctions may keep the event loop's few threads busy.
            return await run_in_threadpool(ask)
        except queries.CursorFault:
            raise refuse(Code.FIELD_FORMAT, "cursor") from None


Handler: TypeAlias = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One method and path, what serves it, and how the description shows it."""

    method: str
    path: str
    handler: Handler
    about: str
    query: tuple[QueryField, ...] = ()
    body: type[BaseModel] | None = None
    bodies: tuple[type[BaseModel], ...] = ()
    """Other bodies it takes instead; a field `kind` says which."""
    created: bool = False
    """True: success is 201."""
    empty: bool = False
    """True: success is 204, without a body."""
    from_page: bool = False
    """True: it gives a browser its cookie, so it is for the site's own pages only."""
    watches: bool = False
    """True: asking it does not keep a session from ending idle."""
    form: bool = False
    """True: the body is a form, not JSON."""
    takes: tuple[Form, ...] = (Form.JSON,)
    """What the body may be written in."""
    answers: tuple[Form, ...] = (Form.JSON,)
    """What the answer may be asked for in; the first one where the client does not say."""
    described: bool = field(default=True)
    """False: not part of the machine-readable description (pages for people)."""
    budget: Kind | None = None
    """What it is paid from; None: by its method, a GET as query, a DELETE as cancel, else change."""
    free: bool = False
    """True: never throttled (a kill, the health check)."""
    idempotent: bool = False
    """True: an act that is not an order; it wants an Idempotency-Key and is carried out once."""
    body_max: int = BODY_MAX
    """Most bytes of an idempotent act's body."""

    def kind(self) -> Kind | None:
        """The budget a request is paid from; None: it is not throttled."""
        if self.free or not self.described:
            return None
        return self.budget or _KINDS.get(self.method, Kind.CHANGE)


_KINDS: Final = {"GET": Kind.QUERY, "DELETE": Kind.CANCEL}


def guarded(address: Address) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of an address: checks, then hands the call to the handler.

    Raises:
        KeyError: the address is not in the permission table.
    """
    permission = PERMISSIONS[address.method, address.path]
    handler = _settled(address.handler)
    if address.idempotent:
        handler = _once(address, handler)
    kind = address.kind()

    async def handle(
        request: Request, house: House, access: Access | None, purse: Purse | None
    ) -> Response:
        found_market = _market(house, permission, access, request)
        call = Call(
            request=request,
            house=house,
            access=access,
            # What stands behind a page's address is read by the page itself.
            query=_query(request, address.query) if address.described else {},
            found_market=found_market,
            form=_form(request, address),
            purse=purse,
            kind=kind or Kind.QUERY,
        )
        return await handler(call)

    async def endpoint(request: Request) -> Response:
        house: House = request.app.state.house
        try:
            access = await _admitted(house, permission, request, address)
        except RefusedError:
            # Reading a token costs something; whoever sends wrong ones pays as if without any.
            throttles = house.throttles
            throttles.spend(throttles.purse(None, sender_address(request)), Kind.QUERY)
            raise
        request.state.client_id = None if access is None else access.principal.client_id
        if kind is None:
            return await handle(request, house, access, None)
        throttles = house.throttles
        purse = _purse(house, kind, access, request)
        try:
            throttles.spend(purse, kind)
            response = await handle(request, house, access, purse)
        except RefusedError as refused:
            told, policy = throttles.headers(purse, kind)
            refused.headers |= {"RateLimit": told, "RateLimit-Policy": policy}
            raise
        told, policy = throttles.headers(purse, kind)
        response.raw_headers += (
            (b"ratelimit", told.encode()),
            (b"ratelimit-policy", policy.encode()),
        )
        return response

    endpoint.__name__ = getattr(address.handler, "__name__", "endpoint")
    return endpoint


def _purse(house: House, kind: Kind, access: Access | None, request: Request) -> Purse:
    address = sender_address(request)
    if kind in ENTRIES:
        return house.throttles.login_purse(address, kind)
    return house.throttles.purse(None if access is None else access.principal, address)


def _settled(handler: Handler) -> Handler:
    """The handler, whose answer, refusal or fault is not heard before what it was made from is durable."""

    async def handle(call: Call) -> Response:
        try:
            return await handler(call)
        finally:
            await call.settled()

    return handle


def _once(address: Address, handler: Handler) -> Handler:
    """The handler of an act that is carried out once, however often it is sent."""

    async def handle(call: Call) -> Response:
        request = call.request
        act = act_of(
            header=request.headers.get(IDEMPOTENCY_KEY),
            sender="" if call.access is None else call.access.principal.client_id,
            address=f"{address.method} {request.scope['path']}",
            body=await call.body(address.body_max),
        )
        return await call.house.kept_answers.once(act, partial(handler, call))

    return handle


def sender_address(request: Request) -> str:
    """The network address a request came from; empty where there is none."""
    client = request.scope.get("client")
    return client[0] if client else ""


def _form(request: Request, address: Address) -> Form:
    """The format of the answer; a page for people is what it is."""
    if not address.described:
        return Form.JSON
    return formats.wanted(request.headers.get("accept"), address.answers)


async def _admitted(
    house: House, permission: Permission, request: Request, address: Address
) -> Access | None:
    """The caller's access to an address; None for a public one without a token or session.

    A token counts before a cookie. A cookie that opens nothing any more does not stand in the way of
    what is public: one signs in again with it.

    Raises:
        RefusedError: 401 without a good token or session, 403 for a role that never may, for what
            another site had a browser send, and for an act that wants fresh proof of who it is.
    """
    token = bearer_token(request.headers.get("authorization"))
    cookie = None if token is not None else request.cookies.get(COOKIE)
    session = None if cookie is None else house.sessions.find(cookie)
    if token is not None:
        access: Access | None = house.tokens.check(token)
    else:
        access = None if session is None else session.access
    if address.from_page or session is not None:
        same_site.require(request, house.settings.page_origin, takes=address.takes)
    if not permission.public:
        if access is None:
            raise refuse(Code.AUTH_REQUIRED if cookie is None else Code.SESSION_ENDED)
        _require_right(house, permission, access)
    if session is not None:
        wants = step_up.wanted(address.method, address.path, session.principal.role)
        if wants and not house.sessions.is_stepped_up(session):
            raise refuse(Code.STEP_UP_REQUIRED)
        if not address.watches and house.sessions.touch(session):
            await run_in_threadpool(house.sessions.keep, session)
    return access


def _require_right(house: House, permission: Permission, access: Access) -> None:
    if access.principal.role not in permission.reach:
        raise refuse(Code.NOT_PERMITTED)
    if house.identity.is_suspended(access.principal):
        raise refuse(Code.ACCOUNT_SUSPENDED)


def _market(
    house: House, permission: Permission, access: Access | None, request: Request
) -> OpenMarket | None:
    market_id = request.path_params.get("market")
    if market_id is None:
        return None
    market = house.markets.get(market_id)
    if market is None:
        raise refuse(Code.NOT_FOUND)
    if (
        not permission.public
        and access is not None
        and access.principal.market_id not in {None, market_id}
    ):
        raise refuse(Code.NOT_FOUND)
    return market


def _query(request: Request, allowed: tuple[QueryField, ...]) -> Mapping[str, Any]:
    """Parameters after the question mark, read; all faults together."""
    if not request.scope["query_string"] and not any(item.required for item in allowed):
        return {}
    known = {item.name: item for item in allowed}
    values: dict[str, Any] = {}
    faults: list[Rejection] = []
    for name, text in request.query_params.multi_items():
        item = known.get(name)
        if item is None:
            faults.append(Rejection(code=Code.FIELD_UNKNOWN))
        elif name in values:
            faults.append(Rejection(code=Code.FIELD_FORMAT, pointer=name))
        else:
            try:
                values[name] = item.read(text)
            except FieldError as fault:
                faults.append(Rejection(code=fault.code, pointer=name))
    given = set(request.query_params.keys())
    faults.extend(
        Rejection(code=Code.FIELD_MISSING, pointer=item.name)
        for item in allowed
        if item.required and item.name not in given
    )
    if faults:
        raise RefusedError(faults)
    return values


# --- answers ------------------------------------------------------------------------

_JSON: Final = "application/json"
_encode: Final = msgspec.json.Encoder().encode


def answer(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer as JSON."""
    return Response(_encode(content), status_code=status, media_type=_JSON, headers=headers)


def listed(call: Call, items: list[Any], next_cursor: str | None) -> Response:
    """A page of a list; where the next one is stands in the body and in the Link header."""
    headers = link_to_next(call, next_cursor)
    return answer({"items": items, "next_cursor": next_cursor}, headers=headers)


def link_to_next(call: Call, next_cursor: str | None) -> dict[str, str]:
    """The header that names the next page; nothing where this is the last one."""
    if next_cursor is None:
        return {}
    url = call.request.url.include_query_params(cursor=next_cursor)
    return {"Link": f'<{url.path}?{url.query}>; rel="next"'}


# --- parameters that several addresses share --------------------------------------------

LIMIT_DEFAULT: Final = 100
LIMIT_MAX: Final = 1_000
LIMIT_OPERATOR_MAX: Final = 10_000
FILE_ROWS_MAX: Final = 100_000
"""Most rows of a file (any format but JSON): some tens of megabytes, made in a second or two."""
_CURSOR: Final = re.compile(r"[A-Za-z0-9_.:~-]{1,130}", re.ASCII)


def _cursor(text: str) -> str:
    if not _CURSOR.fullmatch(text):
        raise FieldError(Code.FIELD_FORMAT)
    return text


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise FieldError(Code.FIELD_FORMAT)
    number = int(text)
    if not 1 <= number <= FILE_ROWS_MAX:
        raise FieldError(Code.FIELD_RANGE)
    return number


LIMIT: Final = QueryField(
    name="limit",
    read=_limit,
    about="Most items to answer with: 100, at most 1,000; 100,000 where the answer is a file",
)
CURSOR: Final = QueryField(name="cursor", read=_cursor, about="next_cursor of the page before")
START: Final = QueryField(
    name="start", read=fields.instant_s, about="Start of one delivery interval, RFC 3339"
)
FROM: Final = QueryField(
    name="from", read=fields.instant_s, about="Intervals that start at or after this, RFC 3339"
)
TO: Final = QueryField(
    name="to", read=fields.instant_s, about="Intervals that start before this, RFC 3339"
)
AS_OF: Final = QueryField(
    name="as_of", read=fields.moment_us, about="As it was known at this instant, RFC 3339"
)
UNIT: Final = QueryField(name="unit_id", read=fields.identifier, about="One unit")
PAGE: Final = (LIMIT, CURSOR)


def page_limit(call: Call) -> int:
    """How many items the caller wants and may have.

    Raises:
        RefusedError: FIELD_RANGE above 1,000, or 10,000 for an operator; of a file above 100,000.
    """
    if call.form is not Form.JSON:
        return int(call.query.get("limit", FILE_ROWS_MAX))
    limit: int = call.query.get("limit", LIMIT_DEFAULT)
    operator = call.access is not None and call.access.principal.role is Role.OPERATOR
    if limit > (LIMIT_OPERATOR_MAX if operator else LIMIT_MAX):
        raise refuse(Code.FIELD_RANGE, "limit")
    return limit
