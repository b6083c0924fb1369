"""The tables that lists are read from hear of everything that happened."""

from typing import get_args

from market.model.messages import Event
from market.store.projections import Projector


def test_every_fact_has_its_line() -> None:
    takes = Projector._takes  # noqa: SLF001 - the table itself is what has to be complete
    missing_or_gone = set(get_args(Event)) ^ set(takes)

    assert sorted(kind.__name__ for kind in missing_or_gone) == []
