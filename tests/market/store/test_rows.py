"""Many rows go in whole and as they are, however many there are."""

import pytest
from sqlalchemy import select

from market.store.database import Store, open_writer
from market.store.rows import ROWS_MAX, VALUES_MAX, Same, column_of, insert_columns, insert_rows
from market.store.tables import METADATA, withdrawals

A_STATEMENT = VALUES_MAX // len(withdrawals.columns)


@pytest.mark.parametrize("count", [0, 1, A_STATEMENT - 1, A_STATEMENT, 2 * A_STATEMENT + 3])
def test_rows_are_found_as_they_were_given(store: Store, count: int) -> None:
    rows = [("village", number, f"p-{number}", 900) for number in range(count)]
    connection = open_writer(store)
    METADATA.create_all(connection)

    insert_rows(connection, withdrawals, rows)

    found = connection.execute(select(withdrawals).order_by(withdrawals.c.start_s)).all()
    assert [tuple(row) for row in found] == rows
    connection.close()


@pytest.mark.parametrize("count", [2, ROWS_MAX - 1, ROWS_MAX, 2 * ROWS_MAX + 3])
def test_columns_are_found_as_the_rows_they_are(store: Store, count: int) -> None:
    starts_s, whose = list(range(count)), [f"p-{number % 7}" for number in range(count)]
    connection = open_writer(store)
    METADATA.create_all(connection)

    insert_columns(
        connection,
        withdrawals,
        [Same("village"), starts_s, column_of(whose), column_of([900] * count)],
    )

    found = connection.execute(select(withdrawals).order_by(withdrawals.c.start_s)).all()
    rows = zip(starts_s, whose, strict=True)
    assert [tuple(row) for row in found] == [("village", *row, 900) for row in rows]
    connection.close()


def test_a_column_that_says_one_thing_is_told_from_others() -> None:
    assert column_of((5, 5, 5)) == Same(5)
    assert column_of((5,)) == Same(5)
    assert column_of((5, 5, 6)) == (5, 5, 6)
