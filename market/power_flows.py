"""What flows in areas' grids, bus by bus and line by line, worked out on demand.

The one idea: the market keeps of a power flow only what it decides by, its extremes; a picture of a whole grid is
made when somebody looks. It runs in a process of its own (`python -m market.power_flows`), since the library
it calculates with is C++, and the market must neither wait for it nor die of it.
"""

import sys

import msgspec

from clearing.service import flow_here
from market.control.grid_check import FLOW_DEADLINE_S, AreaPowers, flows
from market.control.network_arrays import NetworkArrays, PowerFlow, PowerRows


class _Here:
    """Calculates in this process."""

    def power_flow(
        self,
        network: NetworkArrays,
        power_w: PowerRows,
        reactive_var: PowerRows | None = None,
        *,
        deadline_s: int = FLOW_DEADLINE_S,
    ) -> PowerFlow:
        """Whoever asked this process ends it when it takes too long."""
        del deadline_s
        return flow_here(network, power_w, reactive_var)


def main() -> int:
    """Members' powers of areas, inner areas first, from standard input; their flows to standard output."""
    powers = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[AreaPowers, ...])
    sys.stdout.buffer.write(msgspec.json.encode(flows(powers, _Here())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
