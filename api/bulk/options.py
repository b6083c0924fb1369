"""What rows of a batch ask beyond price and energy, read once for each different wish.

The one idea: many rows ask for the same, so a row's options are looked up by what stands there and
read by the model of a single order only the first time.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from api.bulk.columns import NotPlain
from api.incoming.orders import OptionsIn, named_options
from market.model.order import OrderOptions

OPTION_FIELDS: Final = tuple(field.alias or name for name, field in OptionsIn.model_fields.items())
"""Names on the wire."""
FLAGS: Final = frozenset(
    field.alias or name for name, field in OptionsIn.model_fields.items() if field.default is False
)
"""Those of them that are true or false."""
LISTS: Final = frozenset({"partners"})
"""Those of them that name several; in a cell of a table a blank stands between two names."""

Named = tuple[tuple[OrderOptions, ...], tuple[int, ...]]


def options_by_row(rows: Sequence[Any]) -> Named:
    """The different options and each row's place among them, of rows with a field for each.

    Raises:
        NotPlain: a value is not as it must be.
    """
    return _named(
        [
            {
                name: value
                for name in OPTION_FIELDS
                if (value := getattr(row, name)) is not msgspec.UNSET
            }
            for row in rows
        ]
    )


def options_by_column(cells: Mapping[str, Sequence[Any]]) -> Named:
    """The same, of columns; a cell that is None is left out.

    Raises:
        NotPlain: a value is not as it must be.
    """
    if not cells:
        return (), ()
    return _named(
        [
            {name: value for name, value in zip(cells, row, strict=True) if value is not None}
            for row in zip(*cells.values(), strict=True)
        ]
    )


def _named(wishes: Sequence[dict[str, Any]]) -> Named:
    known: dict[Hashable, OrderOptions] = {}
    asked: list[OrderOptions] = []
    for wish in wishes:
        key = tuple((name, _hashable(value)) for name, value in wish.items())
        options = known.get(key)
        if options is None:
            options = known[key] = _options(wish)
        asked.append(options)
    return named_options(asked)


def _hashable(value: object) -> Hashable:
    """The value as a key: True is not 1, and a list may stand in it."""
    text = value if isinstance(value, str) else repr(value)
    return type(value), text


def _options(wish: dict[str, Any]) -> OrderOptions:
    try:
        return OptionsIn.model_validate(wish).options()
    except ValidationError:
        raise NotPlain from None
