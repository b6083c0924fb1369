"""The journal: one row per batch with its commands and events, each row proving the one before.

The one idea: the hash of a row covers the hash of the row before it, so nothing can be changed, left
out or put in between without every later row telling. Values travel as MessagePack with the name of
their type; a value with an integer beyond 64 bits, which MessagePack cannot say, travels as JSON.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Generic, TypeVar, get_args

import msgspec
from sqlalchemy import Connection, insert

from market.model.messages import Command, Event
from market.store.tables import journal

FIRST_HASH: Final = bytes(32)
"""Stands where the hash of the row before the first one would."""
_HEADER: Final = struct.Struct(">QQqQQQQ")

MessageT = TypeVar("MessageT")
Tagged = tuple[str, msgspec.Raw]
"""A type's name and the encoded value; a name that ends in _WIDE: JSON inside."""
_WIDE: Final = "+json"


HeaderFault: Final = struct.error
"""A row's own numbers are outside what a row can have."""


class EncodingFault(ValueError):
    """A value in the journal is of no known type, or not a value of its type."""


def _plain(value: object) -> object:
    """A mapping of any kind travels as a plain one."""
    if isinstance(value, Mapping):
        return dict(value)
    raise EncodingFault(type(value).__name__)


class _Codec(Generic[MessageT]):
    """Encodes and decodes the members of a closed union of dataclasses."""

    def __init__(self, kinds: Sequence[type[MessageT]]) -> None:
        self._names: dict[type, str] = {kind: kind.__name__ for kind in kinds}
        self._decoders = {kind.__name__: msgspec.msgpack.Decoder(kind) for kind in kinds}
        self._wide = {kind.__name__: msgspec.json.Decoder(kind) for kind in kinds}
        self._encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
        self._readers: dict[str, Callable[[msgspec.Raw], MessageT]] = {
            name: decoder.decode for name, decoder in self._decoders.items()
        }

    def decode_all(self, tagged: Sequence[Tagged]) -> tuple[MessageT, ...]:
        """Many values again, faster than one by one.

        Raises:
            EncodingFault: as for one.
        """
        readers = self._readers
        try:
            return tuple([readers[name](raw) for name, raw in tagged])
        except (KeyError, msgspec.DecodeError):
            return tuple(map(self.decode, tagged))  # a wide one, or one that is at fault

    def encode_list(self, values: Sequence[MessageT]) -> bytes:
        """A list of values, each with its type's name: the bytes of `encode`, in half the time."""
        names = self._names
        try:
            return self._encoder.encode([(names[type(value)], value) for value in values])
        except OverflowError:  # one is wide
            return self._encoder.encode(list(map(self.encode, values)))

    def encode_lists(self, groups: Sequence[Sequence[MessageT]]) -> bytes:
        """The same of a list of lists."""
        names = self._names
        try:
            return self._encoder.encode(
                [[(names[type(value)], value) for value in group] for group in groups]
            )
        except OverflowError:
            return self._encoder.encode([list(map(self.encode, group)) for group in groups])

    def encode(self, value: object) -> Tagged:
        """A value with its type's name."""
        name = self._names[type(value)]
        try:
            return name, msgspec.Raw(self._encoder.encode(value))
        except OverflowError:
            text = msgspec.json.encode(value, enc_hook=_plain)
            return name + _WIDE, msgspec.Raw(self._encoder.encode(text))

    def decode(self, tagged: Tagged) -> MessageT:
        """The value again.

        Raises:
            EncodingFault: unknown type, or the bytes are no value of it.
        """
        name, raw = tagged
        try:
            if name.endswith(_WIDE):
                text = msgspec.msgpack.decode(raw, type=bytes)
                return self._wide[name.removesuffix(_WIDE)].decode(text)
            return self._decoders[name].decode(raw)
        except (KeyError, msgspec.DecodeError) as fault:
            raise EncodingFault(name) from fault


_COMMANDS: Final[_Codec[Command]] = _Codec(get_args(Command))
_EVENTS: Final[_Codec[Event]] = _Codec(get_args(Event))
_command_list: Final = msgspec.msgpack.Decoder(list[Tagged])
_raw_list: Final = msgspec.msgpack.Decoder(list[msgspec.Raw])
_APPEND: Final = insert(journal)
_event_lists: Final = msgspec.msgpack.Decoder(list[list[Tagged]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One command of a batch and the events it led to."""

    command: Command
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Commands that became durable together."""

    batch: int
    """1, 2, 3 … without a gap."""
    epoch: int
    """The start of the market during which it was written."""
    now_us: int
    """The largest market time committed so far."""
    first_command_seq: int
    first_event_seq: int
    entries: tuple[Entry, ...]

    @property
    def last_command_seq(self) -> int:
        """Sequence of its last command."""
        return self.first_command_seq + len(self.entries) - 1

    @property
    def last_event_seq(self) -> int:
        """Sequence of its last event; of the one before it when it has none."""
        return self.first_event_seq + sum(len(entry.events) for entry in self.entries) - 1


def encode_commands(entries: Sequence[Entry]) -> bytes:
    """The commands of a batch, in order."""
    return _COMMANDS.encode_list([entry.command for entry in entries])


def encode_events(entries: Sequence[Entry]) -> bytes:
    """The events of a batch, a list for each command."""
    return _EVENTS.encode_lists([entry.events for entry in entries])


def decode_entries(commands: bytes, events: bytes) -> tuple[Entry, ...]:
    """Commands and their events again.

    Raises:
        EncodingFault: not what `encode_commands` and `encode_events` wrote.
    """
    try:
        tagged_commands = _command_list.decode(commands)
        tagged_events = _event_lists.decode(events)
    except msgspec.DecodeError as fault:
        raise EncodingFault("batch") from fault
    if len(tagged_commands) != len(tagged_events):
        raise EncodingFault("a list of events for each command")
    return tuple(
        Entry(
            command=_COMMANDS.decode(command),
            events=_EVENTS.decode_all(group),
        )
        for command, group in zip(tagged_commands, tagged_events, strict=True)
    )


def decode_events(commands: bytes, events: bytes) -> tuple[tuple[Event, ...], ...]:
    """Only the events, a group for each command; the commands are counted and left as they are.

    Raises:
        EncodingFault: not what `encode_commands` and `encode_events` wrote.
    """
    try:
        count, groups = len(_raw_list.decode(commands)), _event_lists.decode(events)
    except msgspec.DecodeError as fault:
        raise EncodingFault("batch") from fault
    if count != len(groups):
        raise EncodingFault("a list of events for each command")
    return tuple(map(_EVENTS.decode_all, groups))


def batch_hash(batch: Batch, commands: bytes, events: bytes, previous_hash: bytes) -> bytes:
    """SHA-256 over the row before and everything this row says. Lengths keep the parts apart."""
    header = _HEADER.pack(
        batch.batch,
        batch.epoch,
        batch.now_us,
        batch.first_command_seq,
        batch.first_event_seq,
        len(commands),
        len(events),
    )
    return sha256(previous_hash + header + commands + events).digest()


def append(connection: Connection, batch: Batch, previous_hash: bytes) -> bytes:
    """Write a batch inside the caller's transaction and give back its hash."""
    commands, events = encode_commands(batch.entries), encode_events(batch.entries)
    own_hash = batch_hash(batch, commands, events, previous_hash)
    connection.execute(
        _APPEND,
        {
            "batch": batch.batch,
            "epoch": batch.epoch,
            "now_us": batch.now_us,
            "first_command_seq": batch.first_command_seq,
            "first_event_seq": batch.first_event_seq,
            "commands": commands,
            "events": events,
            "previous_hash": previous_hash,
            "hash": own_hash,
        },
    )
    return own_hash
