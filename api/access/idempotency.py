"""Acts that are not orders, sent twice: carried out once, answered twice.

The one idea: the sender names an act by an `Idempotency-Key`; the first answer is kept for a day
under that name and given again, marked as a repeat. Only what succeeded is kept: a refused act has
done nothing, so its key stays free for the corrected request. An answer may hold a secret that is
kept nowhere else, so it is sealed with a key made from the sender's name for the act, of which the
file holds only the hash.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import msgspec
from joserfc import jwe
from joserfc.jwk import OctKey
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, delete, insert, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access.identity import IdentityStore
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from market.model.rejection import Code

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEY_LENGTH_MIN: Final = 16
"""Names are random or they collide; shorter ones could be guessed."""
KEPT_S: Final = 86_400
_POINTER: Final = f"header/{HEADER}"
_SEALING: Final = {"alg": "dir", "enc": "A256GCM"}
_PASSED_ON: Final = ("content-type", "location", "cache-control")

_METADATA = MetaData()
_ANSWERS = Table(
    "kept_answers",
    _METADATA,
    Column("name_sha256", LargeBinary, primary_key=True),
    Column("body_sha256", LargeBinary, nullable=False),
    Column("sealed", String, nullable=False),
    Column("ends_s", Integer, nullable=False, index=True),
)


class _Kept(msgspec.Struct):
    status: int
    headers: list[tuple[str, str]]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act under the name its sender gave it."""

    name_sha256: bytes
    """Of sender, address and key: nobody meets another's answers."""
    body_sha256: bytes
    sealing_key: bytes


class KeptAnswers:
    """Answers of the last day, in the identity store's file."""

    def __init__(self, store: IdentityStore, real_time_s: Callable[[], float]) -> None:
        self._store = store
        self._real_time_s = real_time_s
        self._under_way: set[bytes] = set()
        store.make_tables(_METADATA)

    async def once(self, act: Act, carry_out: Callable[[], Awaitable[Response]]) -> Response:
        """Carry the act out, or give the answer it had.

        Raises:
            RefusedError: IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS, or what the act says.
        """
        if act.name_sha256 in self._under_way:
            raise refuse(Code.IDEMPOTENCY_IN_PROGRESS)
        self._under_way.add(act.name_sha256)
        # A sender that has gone does not stop the act between doing it and keeping its answer.
        return await asyncio.shield(asyncio.ensure_future(self._answer(act, carry_out)))

    async def _answer(self, act: Act, carry_out: Callable[[], Awaitable[Response]]) -> Response:
        try:
            known = await run_in_threadpool(self._find, act)
            if known is not None:
                return known
            response = await carry_out()
            if response.status_code < 300:
                await run_in_threadpool(self._keep, act, response)
            return response
        finally:
            self._under_way.discard(act.name_sha256)

    def _find(self, act: Act) -> Response | None:
        now_s = int(self._real_time_s())
        wanted = select(_ANSWERS).where(
            _ANSWERS.c.name_sha256 == act.name_sha256, _ANSWERS.c.ends_s > now_s
        )
        with self._store.transaction() as connection:
            row = connection.execute(wanted).first()
        if row is None:
            return None
        if row.body_sha256 != act.body_sha256:
            raise refuse(Code.IDEMPOTENCY_KEY_REUSED, _POINTER)
        opened = jwe.decrypt_compact(row.sealed, OctKey.import_key(act.sealing_key)).plaintext
        assert opened is not None, "what was sealed has content"
        kept = msgspec.json.decode(opened, type=_Kept)
        headers = {**dict(kept.headers), REPLAYED: "true"}
        return Response(kept.body.encode(), status_code=kept.status, headers=headers)

    def _keep(self, act: Act, response: Response) -> None:
        now_s = int(self._real_time_s())
        kept = _Kept(
            status=response.status_code,
            headers=[(n, v) for n in _PASSED_ON if (v := response.headers.get(n)) is not None],
            body=bytes(response.body).decode(),
        )
        sealed = jwe.encrypt_compact(
            _SEALING, msgspec.json.encode(kept), OctKey.import_key(act.sealing_key)
        )
        row = {
            "name_sha256": act.name_sha256,
            "body_sha256": act.body_sha256,
            "sealed": sealed,
            "ends_s": now_s + KEPT_S,
        }
        with self._store.transaction() as connection:
            connection.execute(delete(_ANSWERS).where(_ANSWERS.c.ends_s <= now_s))
            connection.execute(insert(_ANSWERS).values(row))


def act_of(*, header: str | None, sender: str, address: str, body: bytes) -> Act:
    """The act a request asks for.

    Args:
        header: the Idempotency-Key as it was sent; None: it was not.
        sender: the client id; empty where nobody has to say who it is.
        address: method and path as they were sent.
        body: the whole body.

    Raises:
        RefusedError: FIELD_MISSING or FIELD_FORMAT with the header's name.
    """
    if header is None:
        raise refuse(Code.FIELD_MISSING, _POINTER)
    try:
        key = fields.identifier(header.strip().strip('"'))  # the standard writes it in quotes
    except FieldError as fault:
        raise refuse(fault.code, _POINTER) from None
    if len(key) < KEY_LENGTH_MIN:
        raise refuse(Code.FIELD_FORMAT, _POINTER)
    return Act(
        name_sha256=_hashed("name", sender, address, key),
        body_sha256=hashlib.sha256(body).digest(),
        sealing_key=_hashed("seal", sender, address, key),
    )


def _hashed(*parts: str) -> bytes:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).digest()
