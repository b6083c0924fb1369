"""`python -m api`: the server with settings from the environment (WATTMARKET_…)."""

import sys
from functools import partial

from pydantic import ValidationError

from api.serve import StartRefusedError, serve
from api.settings import Settings

__all__ = ["StartRefusedError", "main", "serve"]


def main() -> int:
    """Serve; gives the exit code."""
    try:
        serve(Settings(), say=partial(print, flush=True))
    except ValidationError as faults:
        for fault in faults.errors(include_url=False, include_input=False):
            name = "_".join(str(part) for part in fault["loc"]).upper()
            print(f"wattmarket: WATTMARKET_{name}: {fault['msg']}", file=sys.stderr)
        return 2
    except StartRefusedError as fault:
        print(f"wattmarket: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
