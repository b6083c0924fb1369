"""Every story told of the engine is told again by its facts alone, and has to end the same.

The one idea: what a restart brings back is what was there. So whatever these tests are about, each of them
also shows that its commands left nothing in the state that its events do not say.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from market.engine.engine import Engine
from market.model.participant import Unit
from tests.builders import UNITS, Story


@pytest.fixture(autouse=True)
def facts_alone_lead_to_the_same_state(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    told: list[Story] = []
    begin = Story.__init__

    def noted(story: Story, **how: Any) -> None:  # noqa: ANN401 - as a story is begun
        told.append(story)
        begin(story, **how)

    monkeypatch.setattr(Story, "__init__", noted)
    yield
    for story in told:
        follower, again = Engine(), Engine()
        for event in story.events:
            follower.apply(event)
        state = story.engine.snapshot()
        assert follower.snapshot() == state, "the events do not say all that happened"
        again.restore(state)
        assert again.snapshot() == state, "a snapshot does not bring everything back"
        assert again.next_timer() == story.engine.next_timer()


@pytest.fixture
def without_battery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be steered."""

    def stubborn(item: Unit) -> Unit:
        return replace(item, controllable=False)

    monkeypatch.setattr("tests.builders.UNITS", tuple(map(stubborn, UNITS)))
