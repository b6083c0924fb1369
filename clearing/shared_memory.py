"""Problems and results through shared memory, between the solver process and its parent.

The one idea to know: arrays are copied straight into memory that both processes have mapped, once
on either side; a header of plain JSON says where each lies, under its dotted name, and carries the
scalars. Classes say themselves which fields they have, so nothing here knows a problem from a
result. The memory has no name, so nothing is left behind when a process is killed.

A header comes from a process that may have gone wrong: what it says is believed only as far as it
fits the memory and the types of the fields.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

Record = TypeVar("Record")

#: Arrays begin at multiples of this, which suits every number and every cache.
_ALIGNED: Final = 64
#: The only kinds of numbers in problems and results.
_KINDS: Final = {"bool", "float64", "int32", "int64"}


class GarbledError(Exception):
    """A header does not describe such a record in this memory."""


def nameless_file() -> int:
    """A file descriptor of memory that has no name and vanishes with its last holder."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("clearing", 0)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def write(shared: int, record: object) -> dict[str, Any]:
    """Copy all arrays of a record into shared memory; returns the header that finds them again."""
    values = dict(_leaves(record))
    places: dict[str, tuple[str, list[int], int]] = {}
    size = 1
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            offset = -(-size // _ALIGNED) * _ALIGNED
            places[name] = (str(value.dtype), list(value.shape), offset)
            size = offset + value.nbytes
    os.ftruncate(shared, size)
    # The mapping ends with the last array that looks into it.
    memory = mmap.mmap(shared, size)
    for name, (_, _, offset) in places.items():
        array = values[name]
        np.ndarray(array.shape, array.dtype, memory, offset)[...] = array
    scalars = {name: value for name, value in values.items() if name not in places}
    return {"arrays": places, "scalars": scalars, "size": size}


def _leaves(record: object, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Everything in nested dataclasses that is none itself, by its dotted name."""
    assert is_dataclass(record)
    for field in fields(record):
        value = getattr(record, field.name)
        if is_dataclass(value):
            yield from _leaves(value, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, value


def read(shared: int, header: dict[str, Any], kind: type[Record]) -> Record:
    """The record a header describes, its arrays copied out of shared memory.

    Raises:
        GarbledError: the header does not describe such a record in this memory.
    """
    try:
        size = int(header["size"])
        if not 0 < size <= os.fstat(shared).st_size:
            raise GarbledError("the header is larger than the memory")
        memory = memoryview(mmap.mmap(shared, size, prot=mmap.PROT_READ))
        values = dict(header["scalars"])
        for name, (dtype, shape, offset) in header["arrays"].items():
            values[name] = _array(memory, dtype, shape, offset)
        return _record(kind, values)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise GarbledError(f"{type(error).__name__}: {error}") from error


def _array(memory: memoryview, dtype: str, shape: list[int], offset: int) -> NDArray[Any]:
    if dtype not in _KINDS or min(shape, default=0) < 0 or offset < 0:
        raise GarbledError(f"no array: {dtype} {shape} at {offset}")
    # numpy looks whether it lies inside the memory.
    return np.ndarray(tuple(shape), np.dtype(dtype), memory, offset).copy()


def _record(kind: type[Record], values: dict[str, Any], prefix: str = "") -> Record:
    """The record whose leaves `values` holds, by what its class says of its fields."""
    found = {
        name: _field(hint, values, prefix + name) for name, hint in get_type_hints(kind).items()
    }
    return kind(**found)


def _field(hint: Any, values: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - any field's type
    if get_origin(hint) in (Union, UnionType):
        if name in values and values[name] is None:
            return None
        (hint,) = (part for part in get_args(hint) if part is not NoneType)
    if is_dataclass(hint):
        return _record(cast("type[Any]", hint), values, name + ".")
    return _leaf(hint, values[name], name)


def _leaf(hint: Any, value: Any, name: str) -> Any:  # noqa: ANN401 - any field's type
    """A value of the type a field wants; JSON knows no tuples and no enums."""
    plain = get_origin(hint) or hint
    if isinstance(plain, type) and issubclass(plain, StrEnum):
        return plain(value)
    if plain is tuple and isinstance(value, list):
        value = tuple(value)
    if type(value) is not plain:
        raise GarbledError(f"{name} is {type(value).__name__}, not {plain}")
    return value
