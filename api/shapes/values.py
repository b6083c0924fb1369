"""How values are written on the wire, and what every shape is made of.

The one idea: shapes describe and are not run: answers and messages are made and encoded without them, and
the tests hold all they get against its description. A noun has one shape, in the file of its subject; which
address answers what stands in `addresses.py`, which change the stream tells of it in `stream.py`.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

Instant = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
"""Start or end of an interval."""
Moment = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Energy = Annotated[str, Meta(pattern=r"^-?\d+\.\d{3}$")]
"""kWh."""
Power = Annotated[str, Meta(pattern=r"^-?\d+\.\d{3}$")]
"""kW."""
Voltage = Annotated[str, Meta(pattern=r"^\d+\.\d{6}$")]
"""Per unit of rated."""
Frequency = Annotated[str, Meta(pattern=r"^\d+\.\d{3}$")]
"""Hz."""
Price = Annotated[str, Meta(pattern=r"^-?\d+\.\d{2}$")]
"""Per MWh."""
Money = Annotated[str, Meta(pattern=r"^-?\d+\.\d{8}$")]
Details = Annotated[dict[str, Any], Meta(extra_json_schema={"additionalProperties": True})]
"""Named values that depend on what they are about."""
Code = Annotated[str, Meta(pattern="^[A-Z][A-Z_]*$")]
Count = Annotated[int, Meta(ge=0)]


class Shape(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A part of what is told; a field that is not here is not sent."""
