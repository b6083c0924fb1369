"""How the process that verifies a clearing run ends without a verdict.

The one idea: who asks and who answers know nothing of each other but this, and a pipe.
"""

from enum import IntEnum


class Unverified(IntEnum):
    """Exit codes; 0 is a verdict, 1 and 2 are Python's own."""

    NOT_FOUND = 3
    """The journal has no such run."""
    UNPROVEN = 4
    """The journal does not prove itself."""
