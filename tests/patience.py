"""How long a test waits for what has to come: a guard against a hang, never a measurement.

The one idea: on a crowded machine everything comes, only later. So there is one limit for all tests, far above
what the slowest machine needs, and below the limit of a whole test in pyproject.toml.
"""

from typing import Final

PATIENCE_S: Final = 300
"""Real time."""
