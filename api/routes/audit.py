"""The audit trail: who told the market what, what came of it, and the chain it stands in."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import columns
from api.call import PAGE, Address, Call, QueryField, answer
from api.incoming.audit import VerifyIn
from api.lists import Found, answer_list
from api.wire import fields
from api.wire.fields import FieldError
from api.wire.formats import TABLES, Form, Record
from market.model.interval import moment_text
from market.model.messages import Command
from market.model.rejection import Code
from market.store import queries

_KINDS: Final = frozenset(kind.__name__ for kind in get_args(Command))
_DIGITS_MAX: Final = 15


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX):
        raise FieldError(Code.FIELD_FORMAT)
    return int(text)


def _kind(text: str) -> str:
    if text not in _KINDS:
        raise FieldError(Code.FIELD_FORMAT)
    return text


async def list_audit(call: Call) -> Response:
    """Commands in the order decided, without what is in them."""
    wanted = queries.AuditFilter(
        actor=call.query.get("actor"),
        kind=call.query.get("kind"),
        from_seq=call.query.get("from_seq"),
        to_seq=call.query.get("to_seq"),
        from_us=call.query.get("from"),
        until_us=call.query.get("to"),
        about=call.query.get("object"),
    )
    flat = call.form is not Form.JSON

    def read(connection: Connection, _market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.audit(connection, wanted=wanted, cursor=cursor, limit=limit)
        return [_record(line, flat=flat) for line in page.items], page.next_cursor

    return await answer_list(call, "audit", columns.AUDIT, read)


def _record(line: queries.AuditLine, *, flat: bool) -> Record:
    made: dict[str, Any] = {
        "command_seq": line.command_seq,
        "batch": line.batch,
        "epoch": line.epoch,
        "at": moment_text(line.now_us),
        "actor": line.actor,
        "participant_id": line.participant_id,
        "placed_by": line.placed_by,
        "kind": line.kind,
        "rows": line.rows,
        "result": line.result.value,
        "first_event_seq": line.first_event_seq,
        "previous_hash": line.previous_hash.hex(),
        "hash": line.hash.hex(),
    }
    counts = {"codes": line.codes, "events": line.events}
    return made | {name: _counted(count) if flat else count for name, count in counts.items()}


async def verify_audit(call: Call) -> Response:
    """Prove the chain once more, so many batches at a time; whoever asks goes on where it ended."""
    wanted = await call.read(VerifyIn)
    proof = await call.stored(
        lambda connection, _: queries.chain_proof(connection, after_batch=wanted.after_batch)
    )
    return answer(
        {
            "after_batch": proof.after_batch,
            "last_batch": proof.last_batch,
            "commands": proof.commands,
            "events": proof.events,
            "hash": None if proof.hash is None else proof.hash.hex(),
            "proven": proof.fault is None,
            "fault": proof.fault,
            "next_after_batch": proof.last_batch if proof.goes_on else None,
        }
    )


def _counted(counts: Mapping[str, int]) -> str:
    """Names and numbers in one cell."""
    return " ".join(f"{name}={number}" for name, number in counts.items())


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/audit",
        handler=list_audit,
        about="Every command the market was given: by whom, what came of it, and its place in the chain",
        query=(
            QueryField(name="actor", read=fields.identifier, about="One credential"),
            QueryField(name="kind", read=_kind, about="One kind of command, PlaceOrders"),
            QueryField(name="from_seq", read=_sequence, about="Commands from this sequence on"),
            QueryField(name="to_seq", read=_sequence, about="Commands up to this sequence"),
            QueryField(
                name="from", read=fields.moment_us, about="Done at this market time or later"
            ),
            QueryField(name="to", read=fields.moment_us, about="Done before this market time"),
            QueryField(
                name="object",
                read=fields.identifier,
                about="What names this id: a participant, order, unit, act …",
            ),
            *PAGE,
        ),
        answers=TABLES,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/audit:verify",
        handler=verify_audit,
        about="Prove the journal's chain behind a batch, 1,000 batches at a time",
        body=VerifyIn,
    ),
)
