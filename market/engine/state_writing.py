"""A state as canonical bytes: the same state gives the same bytes, in every process.

The one idea: values are written in columns. All things of one kind that are found at one place of the
structure travel together: a million orders in a dictionary become one column of ids, one of prices and
so on, each handled by one loop in C. Things that can change are numbered when they are first met, and
their contents follow as one table for each place; so shared ones stay shared, and circles are no trouble.

The form: MessagePack of [FORMAT, column of the one root, tables, strings]. A column is a list that
begins with its kind; whole numbers are arrays of the narrowest width that holds them, strings are places in
the one list of all different strings. Places and numbers go by first appearance.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain, count
from operator import attrgetter, itemgetter
from types import MappingProxyType
from typing import Any, Final

import msgspec
import numpy as np

from market.engine.state_form import (
    CHANGING,
    FORMAT,
    MAPPINGS,
    MARKET,
    StateRefused,
    can_be_named,
    full_name,
    has_dict,
    kind_of,
    order_of,
    skipped,
    slots_of,
)
from market.engine.state_numbers import STRIDE, Column, Values, whole_column

ROWS_SIDE_BY_SIDE_MAX: Final = 32
"""Tuples up to this length, if all have the same, are columns side by side; others are chained."""
ALIKE_LOOKED_AT: Final = 256
"""Facts of a place that are compared first: if most of them differ, all are written as they are."""
NAMED_MAX: Final = 250
"""Most different types in one place of the structure."""
_ABSENT: Final = object()
"""Stands for an attribute an instance does not have; nothing else in a state is a bare object."""
_FACT_MAPPINGS: Final = frozenset({MappingProxyType, *MAPPINGS}) - {dict}


def encode(root: object, *, rooms: tuple[str, ...] = MARKET) -> bytes:
    """The canonical bytes of a state.

    Args:
        root: the state, or None.
        rooms: beginnings of the modules whose classes may stand in it.

    Raises:
        StateRefused: something in it has no canonical form.
    """
    return _Writing(rooms).bytes_of(root)


class _Writing:
    """One walk over a state. The state must not change while it lasts."""

    def __init__(self, rooms: tuple[str, ...]) -> None:
        self._rooms = rooms
        self._kinds: dict[type, str | None] = {}
        # Asked for what they do not know, they give it the next number: one look at each value.
        self._strings: dict[str, int] = defaultdict(count().__next__)
        self._numbers: dict[int, int] = defaultdict(count().__next__)
        """Number of everything that can change, by its address."""
        self._waiting: deque[tuple[type, list[Any], str]] = deque()
        """Met and numbered, content still to be written: type, things, the way to them."""
        self._kept: list[Any] = []
        """What was made for this walk: its addresses must not be given out again."""
        self._memory: set[int] = set()
        """Address of every array that owns memory."""
        self._plain: dict[str, Callable[[Values, str, bool], Column]] = {
            "none": lambda values, _path, _value: ["none", len(values)],
            "bool": lambda values, _path, _value: ["bool", bytes(values)],
            "int": lambda values, _path, _value: whole_column(values),
            "str": lambda values, _path, _value: self._text(values),
            "bytes": lambda values, _path, _value: ["bytes", list(values)],
            "enum": self._enum,
            "named": self._named,
            "tuple": self._tuples,
            "named tuple": self._named_tuples,
            "frozenset": self._sets,
            "fact": self._facts,
            # Only inside facts: there they are values.
            "list": lambda values, path, value: ["list", *self._chained(values, path, value)],
            "dict": self._mappings,
            "set": self._sets,
        }
        self._tables: dict[str, Callable[[Values, str, bool], Column]] = {
            "list": self._plain["list"],
            "dict": self._mappings,
            "set": self._sets,
            "deque": self._deques,
            "object": self._instances,
            "bytearray": lambda values, _path, _value: ["bytearray", _mapped(bytes, values)],
            "array": self._arrays,
            "ndarray": self._grids,
        }

    def bytes_of(self, root: object) -> bytes:
        """The whole: the root's column, then a table for each place until nothing waits."""
        column = self.column([root], type(root).__name__)
        tables: list[Column] = []
        while self._waiting:
            cls, things, path = self._waiting.popleft()
            write = self._tables[self._kind(cls, path)]
            tables.append([len(things), write(things, path, False)])
        return msgspec.msgpack.encode([FORMAT, column, tables, list(self._strings)])

    def column(self, values: Values, path: str, value: bool = False) -> Column:
        """Values of one place; `value`: inside a fact, where nothing has an identity.

        Raises:
            StateRefused: something a state may not hold.
        """
        types = _types(values)
        if value and not _FACT_MAPPINGS.isdisjoint(types):
            # A fact just decided may hold what a fact read back from the journal has as a dict.
            values = [dict(item) if type(item) in _FACT_MAPPINGS else item for item in values]
            types = _types(values)
        if len(types) == 1:
            return self._uniform(next(iter(types)), values, path, value)
        if not types:
            return ["empty"]
        if len(types) > NAMED_MAX:
            raise StateRefused(f"{path}: more than {NAMED_MAX} types in one place")
        place = {cls: number for number, cls in enumerate(types)}
        parts = [
            self._uniform(cls, [item for item in values if type(item) is cls], path, value)
            for cls in types
        ]
        return ["mixed", bytes(map(place.__getitem__, map(type, values))), parts]

    def _uniform(self, cls: type, values: Values, path: str, value: bool) -> Column:
        kind = self._kind(cls, path)
        if kind == "object" or (kind in CHANGING and not value):
            return self._references(cls, values, path)
        if kind not in self._plain:
            raise StateRefused(f"{path}: {full_name(cls)} inside a fact")
        return self._plain[kind](values, path, value)

    def _kind(self, cls: type, path: str) -> str:
        if cls not in self._kinds:
            self._kinds[cls] = kind_of(cls, self._rooms)
        kind = self._kinds[cls]
        if kind is None or kind == "view":
            raise StateRefused(f"{path}: {full_name(cls)} has no canonical form")
        return kind

    def _references(self, cls: type, values: Values, path: str) -> Column:
        """Numbers of things that can change; those met for the first time wait for their table."""
        first = len(self._numbers)
        numbers = _mapped(self._numbers.__getitem__, _mapped(id, values))
        last = len(self._numbers)
        if last - first == len(values):
            self._waiting.append((cls, list(values), path))
            return ["new", first, len(values)]
        if last > first:
            met = dict(zip(numbers, values, strict=True))
            self._waiting.append((cls, [met[number] for number in range(first, last)], path))
        return ["again", whole_column(numbers)]

    # --- plain values ----------------------------------------------------------

    def _text(self, values: Values) -> Column:
        return ["str", whole_column(_mapped(self._strings.__getitem__, values))]

    def _enum(self, values: Values, path: str, _value: bool) -> Column:
        # Members are one of a kind, and their addresses hash faster than they do.
        addresses = _mapped(id, values)
        members = dict(zip(addresses, values, strict=True))
        place = {address: number for number, address in enumerate(members)}
        names = [member.name for member in members.values()]
        if any(name is None or "|" in name for name in names):
            raise StateRefused(f"{path}: {full_name(type(values[0]))} of several flags")
        codes = whole_column(_mapped(place.__getitem__, addresses))
        return ["enum", full_name(type(values[0])), names, codes]

    def _named(self, values: Values, path: str, _value: bool) -> Column:
        things = dict.fromkeys(values)
        for thing in things:
            if not can_be_named(thing, self._rooms):
                raise StateRefused(f"{path}: {full_name(thing)} cannot be found by its name")
        place = {thing: number for number, thing in enumerate(things)}
        codes = whole_column(_mapped(place.__getitem__, values))
        return ["named", [full_name(thing) for thing in things], codes]

    def _tuples(self, values: Values, path: str, value: bool) -> Column:
        lengths = dict.fromkeys(map(len, values))
        width = next(iter(lengths))
        if len(lengths) == 1 and len(values) > 1 and 0 < width <= ROWS_SIDE_BY_SIDE_MAX:
            columns = [
                self.column(_mapped(itemgetter(part), values), f"{path}[{part}]", value)
                for part in range(width)
            ]
            return ["rows", columns]
        return ["tuple", *self._chained(values, path, value)]

    def _named_tuples(self, values: Values, path: str, value: bool) -> Column:
        return ["named tuple", full_name(type(values[0])), self._tuples(values, path, value)]

    def _chained(self, values: Values, path: str, value: bool) -> Column:
        lengths = whole_column(_mapped(len, values))
        return [lengths, self.column(list(chain.from_iterable(values)), f"{path}[]", value)]

    def _sets(self, values: Values, path: str, value: bool) -> Column:
        try:
            ordered = [_ordered(item) for item in values]
        except StateRefused as fault:
            raise StateRefused(f"{path}: {fault}") from fault
        kind = "frozenset" if type(values[0]) is frozenset else "set"
        return [kind, *self._chained(ordered, path, value)]

    # --- things that can change ------------------------------------------------

    def _mappings(self, values: Values, path: str, value: bool) -> Column:
        cls = type(values[0])
        column = [
            "dict",
            full_name(cls),
            whole_column(_mapped(len, values)),
            self.column(list(chain.from_iterable(values)), f"{path}.key", value),
            self.column(list(chain.from_iterable(map(dict.values, values))), f"{path}[]", value),
        ]
        if hasattr(cls, "default_factory"):
            makers = [item.default_factory for item in values]
            column.append(self.column(makers, f"{path}.default_factory", value))
        return column

    def _deques(self, values: Values, path: str, value: bool) -> Column:
        lengths_max = self.column([item.maxlen for item in values], f"{path}.maxlen", value)
        return ["deque", lengths_max, *self._chained(values, path, value)]

    def _arrays(self, values: Values, path: str, _value: bool) -> Column:
        codes = "".join(item.typecode for item in values)
        if not set(codes) <= set("bBhHiIlLqQ"):
            raise StateRefused(f"{path}: an array of other than whole numbers")
        return ["array", codes, [item.tobytes() for item in values]]

    def _grids(self, values: Values, path: str, _value: bool) -> Column:
        for item in values:
            if item.dtype.kind not in "biuSU":
                raise StateRefused(f"{path}: an array of {item.dtype}")
            owner = _owner(item)
            if id(owner) in self._memory:
                raise StateRefused(f"{path}: an array that shares its memory with another")
            self._memory.add(id(owner))
        return [
            "ndarray",
            [item.dtype.str for item in values],
            [list(item.shape) for item in values],
            [np.ascontiguousarray(item).tobytes() for item in values],
        ]

    def _facts(self, values: Values, path: str, value: bool) -> Column:
        """Facts that come up again and again are written once; equal ones count as the same."""
        # Most are the very same object, which its address tells sooner than its content.
        addresses = _mapped(id, values)
        objects = dict(zip(addresses, values, strict=True))
        different = _different(values[:ALIKE_LOOKED_AT], list(objects.values()), len(values))
        if different is None:
            return self._instances(values, path, value)
        place = {address: different[fact] for address, fact in objects.items()}
        codes = whole_column(_mapped(place.__getitem__, addresses))
        return ["alike", self._instances(list(different), path, value), codes]

    def _instances(self, values: Values, path: str, value: bool) -> Column:
        cls = type(values[0])
        kind = self._kind(cls, path)
        inside = value or kind == "fact"
        columns = [
            self._attribute(name, found, f"{path}.{name}", inside)
            for name, found in self._attributes(cls, values)
        ]
        return [kind, full_name(cls), len(values), columns]

    def _attribute(self, name: str, found: list[Any], path: str, value: bool) -> Column:
        if object not in set(map(type, found)):
            return [name, None, self.column(found, path, value)]
        there = bytes(item is not _ABSENT for item in found)
        return [name, there, self.column([i for i in found if i is not _ABSENT], path, value)]

    def _attributes(self, cls: type, values: Values) -> Iterable[tuple[str, list[Any]]]:
        slots, left_out = _written(cls)
        if hasattr(cls, "__snapshot_state__"):
            told = [item.__snapshot_state__() for item in values]
            self._kept.append(told)
            return _by_name(told, left_out)
        found = [(name, _slot(values, name)) for name in slots]
        if has_dict(cls):
            found += _by_name(_mapped(vars, values), left_out)
        return [item for item in found if not all(part is _ABSENT for part in item[1])]


def _mapped(act: Callable[[Any], Any], values: Values) -> list[Any]:
    """`list(map(act, values))` with pauses in which other threads get their turn."""
    if len(values) <= STRIDE:
        return list(map(act, values))
    found: list[Any] = []
    for start in range(0, len(values), STRIDE):
        found += map(act, values[start : start + STRIDE])
    return found


def _types(values: Values) -> dict[type, None]:
    """The different types, by first appearance."""
    if len(values) <= STRIDE:
        return dict.fromkeys(map(type, values))
    found: dict[type, None] = {}
    for start in range(0, len(values), STRIDE):
        found.update(dict.fromkeys(map(type, values[start : start + STRIDE])))
    return found


def _different(first: Values, objects: Values, count_all: int) -> dict[Any, int] | None:
    """The different facts by first appearance; None: too many differ, or they cannot be told apart.

    The first ones decide whether it is worth looking, so that the answer depends on values only.
    """
    try:
        if 2 * len(set(first)) > max(len(first), 2):
            return None
        found = {fact: number for number, fact in enumerate(dict.fromkeys(objects))}
    except TypeError:
        return None  # a mapping inside
    return found if 2 * len(found) <= count_all else None


@cache
def _written(cls: type) -> tuple[tuple[str, ...], frozenset[str]]:
    """Names of the slots that are written, in that order, and of all attributes that are not."""
    left_out = skipped(cls)
    return tuple(sorted(set(slots_of(cls)) - left_out)), left_out


def _slot(values: Values, name: str) -> list[Any]:
    try:
        return _mapped(attrgetter(name), values)
    except AttributeError:
        return [getattr(item, name, _ABSENT) for item in values]


def _by_name(
    told: Sequence[Mapping[str, Any]], left_out: frozenset[str]
) -> list[tuple[str, list[Any]]]:
    names = sorted(set(chain.from_iterable(told)) - left_out)
    return [(name, [item.get(name, _ABSENT) for item in told]) for name in names]


def _ordered(members: Iterable[Any]) -> list[Any]:
    """Members of a set, sorted the same way in every process."""
    types = set(map(type, members))
    if types <= {str} or types <= {int}:
        return sorted(members)
    return sorted(members, key=order_of)


def _owner(array: Any) -> Any:  # noqa: ANN401 - an array's base may be anything
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
