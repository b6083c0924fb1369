"""What goes over the elements of a feeder, and what nobody can say of a ring."""

from hypothesis import given
from hypothesis import strategies as st

from market.control.branches import through
from market.model.network import Bus, Network, NetworkLine, Transformer


def grid(ends: list[tuple[int, int]], buses: int, source: int = 0) -> Network:
    """Buses by number; the last element is a transformer."""
    lines = [
        NetworkLine(
            line_id=f"L{number}", from_bus=str(start), to_bus=str(end), length_mm=1,
            resistance_uohm_per_km=1, reactance_uohm_per_km=1, capacitance_ff_per_km=0, current_max_ma=1,
        )
        for number, (start, end) in enumerate(ends[:-1])
    ]  # fmt: skip
    transformers = [
        Transformer(
            transformer_id="T", from_bus=str(start), to_bus=str(end), rated_va=1, from_rated_v=1, to_rated_v=1,
            short_circuit_ppb=1, short_circuit_resistance_ppb=0, no_load_current_ppb=0, iron_loss_w=0,
        )
        for start, end in ends[-1:]
    ]  # fmt: skip
    return Network(
        area_id="A",
        version=1,
        source_bus=str(source),
        buses=tuple(
            Bus(bus_id=str(n), rated_v=400, voltage_min_ppm=1, voltage_max_ppm=2)
            for n in range(buses)
        ),
        lines=tuple(lines),
        transformers=tuple(transformers),
        placements=(),
    )


def test_what_is_behind_an_element_goes_over_it_whichever_way_it_was_drawn() -> None:
    feeder = grid([(0, 1), (2, 1), (1, 3)], buses=4)
    assert through(feeder, [-5, 7, 2], [1, 2, 3]) == (-4, 7, -2)


def test_of_a_ring_nothing_is_said_but_of_what_hangs_on_it() -> None:
    ring = grid([(0, 1), (1, 2), (2, 0), (2, 3)], buses=4)
    assert through(ring, [9], [3]) == (None, None, None, -9)


@st.composite
def trees(draw: st.DrawFn) -> tuple[Network, list[int], list[int]]:
    count = draw(st.integers(2, 12))
    ends = []
    for node in range(1, count):
        other = draw(st.integers(0, node - 1))
        ends.append((node, other) if draw(st.booleans()) else (other, node))
    powers = draw(st.lists(st.integers(-9_000, 9_000), max_size=10))
    nodes = [draw(st.integers(0, count - 1)) for _ in powers]
    return grid(draw(st.permutations(ends)), count, draw(st.integers(0, count - 1))), powers, nodes


@given(trees())
def test_in_a_tree_all_that_is_injected_ends_at_the_source(
    made: tuple[Network, list[int], list[int]],
) -> None:
    network, powers, nodes = made
    told = through(network, powers, nodes)
    arrives = {bus.bus_id: 0 for bus in network.buses}
    for node, power in zip(nodes, powers, strict=True):
        arrives[str(node)] += power
    for item, power in zip((*network.lines, *network.transformers), told, strict=True):
        assert power is not None
        arrives[item.from_bus] -= power
        arrives[item.to_bus] += power
    assert arrives.pop(network.source_bus) == sum(powers)
    assert set(arrives.values()) <= {0}
