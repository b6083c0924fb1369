"""What goes over each element of a grid that is no mesh: what all behind it inject.

The one idea: leaves fall off one after the other; what a leaf and all behind it inject leaves over its one element.
"""

from collections.abc import Sequence

from market.model.network import Network, NetworkLine, Transformer


def through(
    network: Network, power_w: Sequence[int], nodes: Sequence[int]
) -> tuple[int | None, ...]:
    """What members on the far side of each line, then transformer, send over it, losses left out.

    W, positive from `from_bus` to `to_bus`. None: the element lies in a mesh, where only a power flow knows.
    """
    place = {bus.bus_id: row for row, bus in enumerate(network.buses)}
    elements: tuple[NetworkLine | Transformer, ...] = (*network.lines, *network.transformers)
    ends = [(place[item.from_bus], place[item.to_bus]) for item in elements]
    left: list[set[int]] = [set() for _ in network.buses]
    for number, (start, end) in enumerate(ends):
        left[start].add(number)
        left[end].add(number)
    sums_w = [0] * len(network.buses)
    for node, value_w in zip(nodes, power_w, strict=True):
        sums_w[node] += value_w
    source = place[network.source_bus]
    found: list[int | None] = [None] * len(elements)
    leaves = [node for node, around in enumerate(left) if len(around) == 1 and node != source]
    while leaves:
        node = leaves.pop()
        if len(left[node]) != 1:
            continue
        (number,) = left[node]
        start, end = ends[number]
        other = end if node == start else start
        found[number] = sums_w[node] if node == start else -sums_w[node]
        sums_w[other] += sums_w[node]
        left[node].clear()
        left[other].discard(number)
        if len(left[other]) == 1 and other != source:
            leaves.append(other)
    return tuple(found)
