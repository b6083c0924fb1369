"""Bodies of questions to the audit trail."""

from typing import Annotated

from pydantic import Field

from api.incoming.body import Body

_BATCH_MAX = 10**15


class VerifyIn(Body):
    """From where on the chain is to be proven."""

    after_batch: Annotated[int, Field(strict=True, ge=0, le=_BATCH_MAX)] = 0
    """The batch before; what is read begins behind it."""
