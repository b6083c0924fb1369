"""What a market's state may be made of, so that it can be written down, hashed and built again.

The one idea: the state is walked by its structure, not by hand-written mappings, so a class that is
added tomorrow is in the snapshot without another line. What has no canonical form is refused by name,
with the way that leads to it, instead of being written as something else.

Allowed: None, bool, int of any size, str, bytes, members of enums, tuples, frozensets; lists, dicts (with
their order), defaultdict, Counter, deque, set, bytearray, array.array, numpy arrays of
whole numbers and booleans; classes, module-level functions and instances of classes of the market, with
slots, `__dict__` or both, dataclasses or not, and tuples with names.

Refused: numbers that are not whole, scalars of numpy, dates, bound methods, lambdas, generators,
iterators, partials, exceptions, subclasses of built-in containers, arrays that share their memory,
views of mappings outside of facts, and instances of classes that are not the market's.

A *fact* is an instance of a frozen dataclass of `market.model`. Facts are values: they, and the lists and
dicts inside them, are copied. Everything else that can change keeps its identity: two attributes that held
one object hold one object again.

What a class may say about itself:

- `__snapshot_skip__`: a tuple of attribute names that are not written, because they can be made from
  the others (heaps, indexes, lambdas, scratch). Names of base classes count too; what
  `functools.cached_property` keeps is left out without being named.
- `__snapshot_state__(self) -> dict[str, object]`: what to write instead of the attributes, for example
  a column array without its spare room. It must not depend on how the object came to be.
- `rebuilt(self) -> None`: called once after everything was built again, inner objects first; it makes
  what was left out.

Two ways to one state have to give the same bytes: commands executed, events applied, a snapshot read. So
what *deciding* writes into an object (scratch) belongs into `__snapshot_skip__`, and a defaultdict is asked
with `get` where nothing is meant to be added.
"""

import collections
import functools
import sys
from array import array
from collections.abc import Iterator
from dataclasses import is_dataclass
from enum import Enum
from importlib import import_module
from types import FunctionType, MappingProxyType
from typing import Any, Final, cast

import numpy as np

FORMAT: Final = 1
"""Version of the canonical form itself; the classes' own layout is told by the software's hash."""
MARKET: Final = ("market.",)
"""Beginnings of the modules whose classes may stand in a state."""
FACTS: Final = ".model."
"""Part of the name of every module whose frozen dataclasses are values."""

MAPPINGS: Final[tuple[type, ...]] = (
    dict,
    collections.defaultdict,
    collections.Counter,
)
_BUILT_IN: Final = {
    f"{kind.__module__}.{kind.__qualname__}": kind
    for kind in (
        *(int, str, bool, bytes, bytearray, tuple, frozenset, list, set),
        *MAPPINGS,
        *(collections.deque, array, np.ndarray),
    )
}
_NO_BASE: Final = (int, str, bytes, dict, list, set, frozenset, collections.deque, BaseException)


class StateFault(Exception):
    """A state cannot be written, or what was written cannot be built again.

    StateFault
    ├── StateRefused   something in the state has no canonical form
    └── StateUnread    the bytes are no state of this software
    """


class StateRefused(StateFault):
    """Something in the state has no canonical form; the message names the way to it."""


class StateUnread(StateFault):
    """The bytes are not a state as this software writes it."""


def kind_of(cls: type, rooms: tuple[str, ...] = MARKET) -> str | None:
    """The word for how values of exactly this class are written; None: they are refused."""
    if cls in _PLAIN:
        return _PLAIN[cls]
    if issubclass(cls, type) or cls is FunctionType:
        return "named"
    if cls is MappingProxyType:
        return "view"
    if not f"{cls.__module__}.".startswith(rooms):
        return None
    if issubclass(cls, Enum):
        return "enum"
    if issubclass(cls, tuple):
        return "named tuple"
    if issubclass(cls, _NO_BASE):
        return None
    return "fact" if is_fact(cls) else "object"


_PLAIN: Final[dict[type, str]] = {
    type(None): "none",
    bool: "bool",
    int: "int",
    str: "str",
    bytes: "bytes",
    tuple: "tuple",
    frozenset: "frozenset",
    list: "list",
    set: "set",
    collections.deque: "deque",
    bytearray: "bytearray",
    array: "array",
    np.ndarray: "ndarray",
    **dict.fromkeys(MAPPINGS, "dict"),
}

CHANGING: Final = frozenset(
    {"list", "dict", "set", "deque", "bytearray", "array", "ndarray", "object"}
)
"""Kinds that keep their identity outside of facts."""


def is_fact(cls: type) -> bool:
    """True for a frozen dataclass of the model: a value."""
    frozen = is_dataclass(cls) and cls.__dataclass_params__.frozen  # type: ignore[attr-defined]
    return frozen and FACTS in f".{cls.__module__}."


def full_name(thing: type | FunctionType) -> str:
    """Module and qualified name."""
    return f"{thing.__module__}.{thing.__qualname__}"


def named(name: str, rooms: tuple[str, ...] = MARKET) -> Any:  # noqa: ANN401 - a class or a function
    """The class or function of that full name.

    Raises:
        StateUnread: there is none, or it is not the market's.
    """
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    module, rest = _split(name, rooms)
    found: Any = module
    for part in rest:
        found = getattr(found, part, None)
    if found is None or full_name(found) != name:
        raise StateUnread(f"{name} is not here")
    return found


def _split(name: str, rooms: tuple[str, ...]) -> tuple[Any, list[str]]:
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:length])
        if not f"{module}.".startswith(rooms):
            break
        try:
            return sys.modules.get(module) or import_module(module), parts[length:]
        except ModuleNotFoundError:
            continue
    raise StateUnread(f"{name} is none of the market's")


def can_be_named(thing: type | FunctionType, rooms: tuple[str, ...] = MARKET) -> bool:
    """True when `named` finds exactly this class or function again."""
    try:
        return named(full_name(thing), rooms) is thing
    except (StateUnread, AttributeError):
        return False


def skipped(cls: type) -> frozenset[str]:
    """Attributes of a class that are not written."""
    names = {"__dict__", "__weakref__"}
    for base in cls.__mro__:
        names.update(vars(base).get("__snapshot_skip__", ()))
        names.update(
            name
            for name, value in vars(base).items()
            if isinstance(value, functools.cached_property)
        )
    return frozenset(names)


def slots_of(cls: type) -> Iterator[str]:
    """Names of a class's slots, those of its bases too."""
    for base in cls.__mro__:
        slots = vars(base).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            private = name.startswith("__") and not name.endswith("__")
            yield f"_{base.__name__.lstrip('_')}{name}" if private else name


@functools.cache
def has_dict(cls: type) -> bool:
    """True when instances carry a `__dict__`."""
    return any("__dict__" in vars(base) for base in cls.__mro__)


def order_of(value: object) -> tuple[Any, ...]:
    """By what members of sets are sorted: the same in every process.

    Raises:
        StateRefused: the value is none that a set in a state may hold.
    """
    cls, plain = type(value), cast("Any", value)
    kind = kind_of(cls)
    if kind == "none":
        return ("",)
    if kind in {"bool", "int", "str", "bytes"}:
        return (kind, value)
    if kind == "enum":
        return (full_name(cls), plain.name)
    if kind in {"tuple", "named tuple"}:
        return (full_name(cls), tuple(order_of(part) for part in plain))
    if kind == "frozenset":
        return (kind, tuple(sorted(order_of(part) for part in plain)))
    if kind == "fact":
        names = sorted(set(slots_of(cls)) - skipped(cls))
        return (full_name(cls), tuple(order_of(getattr(value, name)) for name in names))
    raise StateRefused(f"a set of {full_name(cls)}")
