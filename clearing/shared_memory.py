"""Problems and results through shared memory, between the solver process and its parent.

The one idea to know: arrays are copied into memory that both processes have mapped, under their
dotted names; a header of plain JSON says what lies where and carries the scalars. The memory has no
name, so nothing is left behind when a process is killed.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearing.problem import (
    Areas,
    ClearingProblem,
    ClearingResult,
    Lines,
    Rung,
    StepOrders,
    Tie,
)


def nameless_file() -> int:
    """A file descriptor of memory that has no name and vanishes with its last holder."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("clearing", 0)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _arrays(record: object, prefix: str = "") -> dict[str, NDArray[Any]]:
    """All arrays of nested dataclasses by their dotted name."""
    found: dict[str, NDArray[Any]] = {}
    if not is_dataclass(record):
        return found
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            found[prefix + field.name] = value
        elif is_dataclass(value):
            found |= _arrays(value, f"{prefix}{field.name}.")
    return found


def _scalars(record: object) -> dict[str, Any]:
    """The fields of a dataclass that are neither arrays nor dataclasses."""
    assert is_dataclass(record)
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {
        name: value
        for name, value in values.items()
        if not isinstance(value, np.ndarray) and not is_dataclass(value)
    }


def write(shared: int, record: object) -> dict[str, Any]:
    """Copy all arrays of a record into shared memory; returns the header that finds them again."""
    places: list[tuple[str, str, list[int], int]] = []
    size = 0
    arrays = _arrays(record)
    for name, array in arrays.items():
        places.append((name, str(array.dtype), list(array.shape), size))
        size += -(-array.nbytes // 64) * 64
    os.ftruncate(shared, max(size, 1))
    with mmap.mmap(shared, max(size, 1)) as memory:
        for (_, _, _, offset), array in zip(places, arrays.values(), strict=True):
            memory[offset : offset + array.nbytes] = np.ascontiguousarray(array).tobytes()
    return {"arrays": places, "scalars": _scalars(record), "size": max(size, 1)}


def read(shared: int, header: dict[str, Any]) -> dict[str, Any]:
    """The arrays and scalars a header describes, copied out of shared memory."""
    values: dict[str, Any] = dict(header["scalars"])
    with mmap.mmap(shared, int(header["size"])) as memory:
        for name, kind, shape, offset in header["arrays"]:
            dtype = np.dtype(kind)
            nbytes = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
            raw = memory[offset : offset + nbytes]
            values[name] = np.frombuffer(raw, dtype=dtype).reshape(shape).copy()
    return values


def problem_from(values: dict[str, Any]) -> ClearingProblem:
    """The problem whose fields `read` gave."""

    def part(name: str) -> dict[str, Any]:
        return {key[len(name) :]: value for key, value in values.items() if key.startswith(name)}

    return ClearingProblem(
        n_areas=values["n_areas"],
        n_intervals=values["n_intervals"],
        areas=Areas(**part("areas.")),
        lines=Lines(**part("lines.")),
        orders=StepOrders(**part("orders.")),
        price_min_ticks=values["price_min_ticks"],
        price_max_ticks=values["price_max_ticks"],
        tie=Tie(values["tie"]),
    )


def result_from(values: dict[str, Any]) -> ClearingResult:
    """The result whose fields `read` gave."""
    told = {"rung": Rung(values["rung"]), "audit_faults": tuple(values["audit_faults"])}
    return ClearingResult(**{**values, **told})
