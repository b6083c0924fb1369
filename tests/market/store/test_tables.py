"""A projection says what its dataclass says, and no more than it admits to."""

from dataclasses import fields
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Text

from market.store.tables import BOOKKEEPING, JOURNAL, METADATA, PROJECTED, layout


def test_every_table_is_the_journal_or_a_projection() -> None:
    assert set(METADATA.tables) == set(JOURNAL) | set(PROJECTED)


@pytest.mark.parametrize(("table", "fact"), PROJECTED.items(), ids=PROJECTED)
def test_columns_are_the_fields_of_the_dataclass(table: str, fact: type[Any]) -> None:
    columns = set(METADATA.tables[table].columns.keys())

    assert "market_id" in columns
    assert columns - {"market_id"} - BOOKKEEPING.get(table, frozenset()) == {
        field.name for field in fields(fact)
    }


@pytest.mark.parametrize("table", PROJECTED, ids=str)
def test_the_market_is_the_first_part_of_every_key(table: str) -> None:
    key = METADATA.tables[table].primary_key.columns.keys()

    assert key[0] == "market_id"


def test_another_layout_is_another_number(monkeypatch: pytest.MonkeyPatch) -> None:
    before = layout()
    assert before == layout()

    other = MetaData()
    for table in METADATA.sorted_tables:
        table.to_metadata(other)
    other.tables["orders"].append_column(Column("colour", Text))
    monkeypatch.setattr("market.store.tables.METADATA", other)

    assert before != layout() < 2**32
