"""A noun has one shape, whether an address answers it or the stream tells it."""

from collections.abc import Iterator
from importlib import import_module
from itertools import combinations
from pkgutil import iter_modules

import msgspec

import api.shapes
from api.shapes.delivery import Setpoint
from api.shapes.stream import SetpointTold
from api.shapes.values import Shape

FEW = 2
"""So few fields may be the same by chance."""
POSITION = "event_seq"
"""What a message adds to a noun."""


def every_shape() -> list[type[Shape]]:
    modules = [
        import_module(f"api.shapes.{each.name}") for each in iter_modules(api.shapes.__path__)
    ]
    found = {
        value: None
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Shape)
    }
    return list(found)


def fields(shape: type[Shape]) -> frozenset[str]:
    return frozenset({each.encode_name for each in msgspec.structs.fields(shape)} - {POSITION})


def are_one(one: type[Shape], other: type[Shape]) -> bool:
    """Whether both are made from one noun, or one from the other."""
    return any(issubclass(other, each) for each in one.__mro__ if each not in Shape.__mro__)


def twins(shapes: list[type[Shape]]) -> Iterator[tuple[str, str]]:
    """A noun and what else has the same fields and was not made from it; two changes may say the same."""
    for one, other in combinations(shapes, 2):
        changes = POSITION in one.__struct_fields__ and POSITION in other.__struct_fields__
        if changes or len(fields(one)) <= FEW or are_one(one, other):
            continue
        if fields(one) == fields(other):
            yield (one.__name__, other.__name__)


def test_a_noun_is_described_once() -> None:
    shapes = every_shape()

    assert {Setpoint, SetpointTold} <= set(shapes)
    assert list(twins(shapes)) == []


def test_a_noun_that_is_described_twice_is_found() -> None:
    again = msgspec.defstruct(
        "Target", [(name, str) for name in Setpoint.__struct_fields__], bases=(Shape,)
    )

    assert list(twins([Setpoint, again])) == [("Setpoint", "Target")]
    assert list(twins([Setpoint, SetpointTold])) == []
