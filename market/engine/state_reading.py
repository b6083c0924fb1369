"""A state built again from its canonical bytes.

The one idea: first everything that can change is made empty, numbered as it was written; then each is
filled from its table. So a reference leads to the one thing it meant, wherever that is filled.
"""

import gc
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import accumulate, chain, repeat
from typing import Any, Final

import msgspec
import numpy as np

from market.engine.state_form import FORMAT, MAPPINGS, MARKET, StateUnread, kind_of, named
from market.engine.state_numbers import Column, whole_numbers

_FAULTS: Final = (
    msgspec.DecodeError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


def decode(encoded: bytes, *, rooms: tuple[str, ...] = MARKET) -> Any:  # noqa: ANN401 - a state of whatever class
    """The state that `encode` wrote.

    Raises:
        StateUnread: the bytes are not a state as this software writes it.
    """
    try:
        with gc_paused():
            form, root, tables, strings = msgspec.msgpack.decode(encoded)
            if form != FORMAT:
                raise StateUnread(f"form {form}, wanted {FORMAT}")
            return _Reading(rooms, strings).root(root, tables)
    except _FAULTS as fault:
        raise StateUnread(f"{type(fault).__name__}: {fault}") from fault


@contextmanager
def gc_paused() -> Iterator[None]:
    """Millions of things are made that all stay: looking for rubbish among them only costs time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_freeze_count():
                # The process keeps what is loaded out of the collector's sight: they join it. Else the
                # next look, a moment later, would be at all of them.
                gc.freeze()
            gc.enable()


class _Reading:
    """One state being built."""

    def __init__(self, rooms: tuple[str, ...], strings: list[str]) -> None:
        self._rooms = rooms
        self._strings = strings
        self._things: list[Any] = []
        """Everything that can change, by number."""
        self._columns: dict[str, Callable[..., list[Any]]] = {
            "empty": list,
            "mixed": self._mixed,
            "none": lambda count: [None] * count,
            "bool": lambda raw: [byte == 1 for byte in raw],
            "int": whole_numbers,
            "wide": lambda texts: list(map(int, texts)),
            "bytes": list,
            "str": self._text,
            "enum": self._enum,
            "named": self._named,
            "rows": lambda columns: list(zip(*map(self.values, columns), strict=True)),
            "tuple": partial(self._pieces, tuple),
            "named tuple": self._named_tuples,
            "frozenset": partial(self._pieces, frozenset),
            "list": partial(self._pieces, list),
            "set": partial(self._pieces, set),
            "dict": self._dicts,
            "fact": self._facts,
            "alike": self._alike,
            "new": lambda first, count: self._things[first : first + count],
            "again": lambda numbers: list(map(self._things.__getitem__, self.values(numbers))),
        }
        self._empties: dict[str, Callable[..., list[Any]]] = {
            "list": lambda count, *_: [[] for _ in range(count)],
            "set": lambda count, *_: [set() for _ in range(count)],
            "dict": self._empty_dicts,
            "object": lambda count, name, *_: self._bare(name, "object", count),
            "deque": lambda _, lengths, *__: [deque(maxlen=most) for most in self.values(lengths)],
            # Of fixed content: made whole at once, and not filled later.
            "bytearray": lambda _, raws: list(map(bytearray, raws)),
            "array": lambda _, codes, raws: list(map(array, codes, raws)),
            "ndarray": lambda _, *parts: list(map(_grid, *parts)),
        }
        self._fills: dict[str, Callable[..., None]] = {
            "list": self._fill_lists,
            "set": self._fill_sets,
            "dict": self._fill_dicts,
            "object": lambda things, _name, _count, columns: self._fill(things, columns),
            "deque": lambda things, _, *content: self._fill_lists(things, *content),
        }

    def root(self, column: Column, tables: list[Column]) -> Any:  # noqa: ANN401 - as above
        """Make, fill, and let every thing make what it had left out."""
        places = []
        for count, content in tables:
            first = len(self._things)
            self._things += self._empties[content[0]](count, *content[1:])
            places.append((first, count, content))
        for first, count, content in places:
            fill = self._fills.get(content[0])
            if fill is not None:
                fill(self._things[first : first + count], *content[1:])
        for thing in reversed(self._things):
            again = getattr(type(thing), "rebuilt", None)
            if again is not None:
                again(thing)
        (found,) = self.values(column)
        return found

    def _class(self, name: str, kind: str) -> Any:  # noqa: ANN401 - an enum is asked by name
        cls = named(name, self._rooms)
        if not isinstance(cls, type) or kind_of(cls, self._rooms) != kind:
            raise StateUnread(f"{name} is no {kind}")
        return cls

    def _bare(self, name: str, kind: str, count: int) -> list[Any]:
        """Instances on which nobody has called a constructor."""
        return list(map(object.__new__, repeat(self._class(name, kind), count)))

    def _empty_dicts(self, count: int, name: str, *_: Column) -> list[Any]:
        cls = named(name, self._rooms)
        if cls not in MAPPINGS:
            raise StateUnread(f"{name} is no dictionary")
        return [cls() for _ in range(count)]

    # --- columns -----------------------------------------------------------------

    def values(self, column: Column) -> list[Any]:
        """The values of a column, in order."""
        return self._columns[column[0]](*column[1:])

    def _mixed(self, places: bytes, parts: list[Column]) -> list[Any]:
        following = [iter(self.values(part)).__next__ for part in parts]
        return [following[place]() for place in places]

    def _text(self, codes: Column) -> list[Any]:
        return list(map(self._strings.__getitem__, self.values(codes)))

    def _enum(self, name: str, names: list[str], codes: Column) -> list[Any]:
        cls = self._class(name, "enum")
        members = [cls[member] for member in names]
        return list(map(members.__getitem__, self.values(codes)))

    def _named(self, names: list[str], codes: Column) -> list[Any]:
        things = [named(name, self._rooms) for name in names]
        return list(map(things.__getitem__, self.values(codes)))

    def _pieces(
        self, make: Callable[[list[Any]], Any], lengths: Column, items: Column
    ) -> list[Any]:
        return list(map(make, self._cut(lengths, items)))

    def _cut(self, lengths: Column, column: Column) -> Iterator[list[Any]]:
        """The items of a column in pieces of these lengths."""
        items = self.values(column)
        ends = list(accumulate(self.values(lengths)))
        if (ends[-1] if ends else 0) != len(items):
            raise StateUnread("lengths that do not add up")
        return map(items.__getitem__, map(slice, chain((0,), ends), ends))

    def _named_tuples(self, name: str, inner: Column) -> list[Any]:
        cls = self._class(name, "named tuple")
        return list(map(partial(tuple.__new__, cls), self.values(inner)))

    def _dicts(self, name: str, lengths: Column, keys: Column, items: Column) -> list[Any]:
        made: list[Any] = [{} for _ in self.values(lengths)]
        self._fill_dicts(made, name, lengths, keys, items)
        return made

    def _facts(self, name: str, count: int, columns: list[Column]) -> list[Any]:
        made = self._bare(name, "fact", count)
        self._fill(made, columns)
        return made

    def _alike(self, facts: Column, codes: Column) -> list[Any]:
        return list(map(self.values(facts).__getitem__, self.values(codes)))

    # --- content of things that can change ---------------------------------------

    def _fill_lists(self, things: list[Any], lengths: Column, items: Column) -> None:
        for thing, own in zip(things, self._cut(lengths, items), strict=True):
            thing.extend(own)

    def _fill_sets(self, things: list[Any], lengths: Column, items: Column) -> None:
        for thing, own in zip(things, self._cut(lengths, items), strict=True):
            thing.update(own)

    def _fill_dicts(
        self, things: list[Any], _name: str, lengths: Column, keys: Column, items: Column,
        makers: Column | None = None,
    ) -> None:  # fmt: skip
        found = zip(things, self._cut(lengths, keys), self._cut(lengths, items), strict=True)
        for thing, own_keys, own_items in found:
            dict.update(thing, zip(own_keys, own_items, strict=True))
        if makers is not None:
            for thing, maker in zip(things, self.values(makers), strict=True):
                thing.default_factory = maker

    def _fill(self, things: list[Any], columns: list[Column]) -> None:
        """Give instances their attributes."""
        for name, there, column in columns:
            having = things
            if there is not None:
                having = [item for item, has in zip(things, there, strict=True) if has]
            values = self.values(column)
            if len(values) != len(having):
                raise StateUnread(f"{name}: {len(values)} values for {len(having)} things")
            # Past a frozen dataclass's own refusal, and without a loop in Python.
            deque(map(object.__setattr__, having, repeat(name), values), maxlen=0)


def _grid(kind: str, shape: list[int], raw: bytes) -> np.ndarray[Any, Any]:
    return np.frombuffer(raw, dtype=kind).reshape(shape).copy()
