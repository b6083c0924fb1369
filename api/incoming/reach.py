"""Bodies of what areas say of themselves."""

from typing import Annotated, Literal

from pydantic import Field

from api.incoming.body import Body, InstantS, PowerW
from market.model.reach import AreaReport, Standing

Count = Annotated[int, Field(strict=True, ge=0, le=2**53 - 1)]


class AreaReportIn(Body):
    """How an area stands to the market, and what it has lent on."""

    sequence: Count
    standing: Literal[*(standing.value for standing in Standing)]  # type: ignore[valid-type]
    alone_since_s: InstantS | None = Field(default=None, alias="alone_since")
    limits_epoch: Count = 0
    limits_sequence: Count = 0
    given_import_w: PowerW = Field(alias="given_import_kw")
    given_export_w: PowerW = Field(alias="given_export_kw")
    given_until_s: InstantS = Field(alias="given_until")

    def report(self, area_id: str) -> AreaReport:
        """The market's noun."""
        return AreaReport(
            area_id=area_id,
            sequence=self.sequence,
            standing=Standing(self.standing),
            alone_since_s=self.alone_since_s,
            limits_epoch=self.limits_epoch,
            limits_sequence=self.limits_sequence,
            given_import_w=self.given_import_w,
            given_export_w=self.given_export_w,
            given_until_s=self.given_until_s,
        )
