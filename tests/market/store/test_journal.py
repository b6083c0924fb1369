"""Whatever is a command or an event goes into the journal and comes back the same."""

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.model.messages import Command, Event
from market.store.journal import (
    EncodingFault,
    Entry,
    decode_entries,
    encode_commands,
    encode_events,
)
from tests.market.written import SETUP

COMMANDS = get_args(Command)
EVENTS = get_args(Event)
# Two hundred sorts, each tried by itself and most of the same few fields; the long run tries each further.
EACH = 15 if settings.default.max_examples < 1_000 else settings.default.max_examples


def through(entry: Entry) -> Entry:
    (back,) = decode_entries(encode_commands([entry]), encode_events([entry]))
    return back


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
@settings(max_examples=EACH)
@given(data=st.data())
def test_every_command_comes_back(kind: type[Any], data: st.DataObject) -> None:
    entry = Entry(command=data.draw(st.from_type(kind)), events=())

    assert through(entry) == entry


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@settings(max_examples=EACH)
@given(data=st.data())
def test_every_event_comes_back(kind: type[Any], data: st.DataObject) -> None:
    events = (data.draw(st.from_type(kind)), data.draw(st.from_type(kind)))
    entry = Entry(command=SETUP[0], events=events)

    assert through(entry) == entry


@pytest.mark.parametrize("digits", [18, 19, 20, 40])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_integer_of_any_size_comes_back_exactly(digits: int, sign: int) -> None:
    entry = Entry(
        command=SETUP[1].__class__(now_us=sign * 10**digits + 1, actor="op", participants=()),
        events=(),
    )

    assert through(entry) == entry


def test_a_batch_keeps_which_command_led_to_which_event() -> None:
    entries = [Entry(command=SETUP[0], events=()), Entry(command=SETUP[1], events=())]

    assert list(decode_entries(encode_commands(entries), encode_events(entries))) == entries


@pytest.mark.parametrize(
    ("commands", "events"),
    [
        (b"", b""),
        (b"\x91\x92\xa7NoSuch_\x80", b"\x91\x90"),
        (encode_commands([Entry(command=SETUP[0], events=())]), b"\x90"),
        (b"\x91\x92\xaaSettleInte\x01", b"\x91\x90"),
    ],
    ids=["empty", "unknown type", "a list missing", "not a value of the type"],
)
def test_what_was_not_written_here_is_refused(commands: bytes, events: bytes) -> None:
    with pytest.raises(EncodingFault):
        decode_entries(commands, events)
