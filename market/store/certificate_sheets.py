"""A day's certificates as bytes and back: two Arrow streams for each area.

The one idea: a row is a lot in somebody's hands, or what somebody used in an interval; ids and whole numbers
with their unit in the name, so that anybody who reads Arrow reads it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from market.certificates.issuing import Purpose
from market.certificates.sheets import GreenColumns, ShareColumns
from market.model.certificate import Lot
from market.model.splitting import Integers
from market.settlement.day_facts import DayFacts
from market.store.arrow_streams import named, narrow, starting, stream_bytes

_WHOSE: Final = ["participant_id", "unit_id"]


def share_bytes(facts: DayFacts, people: Sequence[str], shares: ShareColumns) -> bytes:
    """The certificates of some participants; `people`: by their numbers."""
    return stream_bytes(
        {
            "participant_id": named(people, shares.holder),
            "unit_id": named(list(facts.units), shares.unit),
            "start_s": starting(facts.starts_s, shares.interval),
            "purpose": narrow(shares.purpose),
            "energy_wh": narrow(shares.energy_wh),
        }
    )


def green_bytes(facts: DayFacts, people: Sequence[str], green: GreenColumns) -> bytes:
    """What some participants used, and what of it certificates came with; `people`: by their numbers."""
    return stream_bytes(
        {
            "participant_id": named(people, green.participant),
            "start_s": starting(facts.starts_s, green.interval),
            "used_wh": narrow(green.used_wh),
            "retired_wh": narrow(green.retired_wh),
        }
    )


def _table(content: bytes) -> Any:  # noqa: ANN401 - pyarrow carries no types
    with pa.ipc.open_stream(content) as reader:
        return reader.read_all()


def shares_held(content: bytes, participant_id: str) -> Iterator[tuple[Lot, Purpose, int]]:
    """A participant's lots by what they are there for, oldest first."""
    table = _table(content)
    mine = table.filter(pc.equal(table["participant_id"], participant_id))
    for unit_id, start_s, purpose, energy_wh in zip(
        *(mine[name].to_pylist() for name in ("unit_id", "start_s", "purpose", "energy_wh")),
        strict=True,
    ):
        yield Lot(start_s=start_s, unit_id=unit_id), Purpose(purpose), energy_wh


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShareSums:
    """Certificates over all intervals, by participant and unit, each once."""

    participant_ids: list[str]
    unit_ids: list[str]
    of_purpose_wh: dict[Purpose, list[int]]


def share_sums(content: bytes) -> ShareSums:
    """What was written, added up."""
    table = _table(content)
    of_purpose = {
        purpose.name: pc.if_else(pc.equal(table["purpose"], purpose), table["energy_wh"], 0)
        for purpose in Purpose
    }
    sums = (
        pa.table({name: table[name] for name in _WHOSE} | of_purpose)
        .group_by(_WHOSE)
        .aggregate([(name, "sum") for name in of_purpose])
    )
    participant_ids, unit_ids = (sums[name].to_pylist() for name in _WHOSE)
    return ShareSums(
        participant_ids=participant_ids,
        unit_ids=unit_ids,
        of_purpose_wh={item: sums[f"{item.name}_sum"].to_pylist() for item in Purpose},
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GreenRows:
    """What participants of an area used, and what of it certificates came with."""

    names: list[str]
    who: Integers
    """(p,) place of the participant among the names."""
    start_s: Integers
    used_wh: Integers
    retired_wh: Integers

    def rows_of(self, participant_id: str) -> Integers:
        """The rows of one participant."""
        if participant_id not in self.names:
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero(self.who == self.names.index(participant_id))


def green_rows(content: bytes) -> GreenRows:
    """What was written."""
    table = _table(content).combine_chunks()
    names = pa.array([], pa.string())
    who = np.zeros(0, dtype=np.int64)
    if table.num_rows:
        column = table["participant_id"].chunk(0)
        names, who = column.dictionary, column.indices.to_numpy()
    start_s, used_wh, retired_wh = (
        table[name].cast(pa.int64()).to_numpy() for name in ("start_s", "used_wh", "retired_wh")
    )
    return GreenRows(
        names=names.to_pylist(),
        who=who.astype(np.int64),
        start_s=start_s,
        used_wh=used_wh,
        retired_wh=retired_wh,
    )
