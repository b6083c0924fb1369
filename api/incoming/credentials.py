"""Bodies of credentials and of the codes that are turned into them."""

from typing import Annotated, Literal

from pydantic import Field

from api.access.enrolment import LIFETIME_S, LIFETIME_S_MAX
from api.access.identity import GRACE_S_MAX
from api.incoming.body import ROWS_MAX, Body, Id, reader, rows
from api.wire import fields
from market.model.participant import Role


class ClientIn(Body):
    """Credentials to make: for whom."""

    role: Literal["participant", "device", "area", "operator"]
    participant_id: Id | None = None
    area_id: Id | None = None
    unit_id: Id | None = None

    def named_role(self) -> Role:
        """The role asked for."""
        return Role(self.role)


class EnrolmentIn(ClientIn):
    """A one-time code to make: for whom, and how long it is good."""

    lifetime_s: Annotated[int, Field(strict=True, ge=60, le=LIFETIME_S_MAX)] = LIFETIME_S


class EnrolIn(Body):
    """A one-time code to use."""

    code: Annotated[str, *reader(fields.plain_text, None, "k3Jq…")]


class RotateIn(Body):
    """How long the secret before stays good."""

    grace_s: Annotated[int, Field(strict=True, ge=0, le=GRACE_S_MAX)] = 0


class ClientsIn(Body):
    """Credentials to make, all or none."""

    items: Annotated[tuple[ClientIn, ...], *rows(1, ROWS_MAX)]
