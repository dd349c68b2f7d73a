"""The paths of a product that are nearly its cheapest: what a whole plan may need where the cheapest do not
fit.

Owns the exact k-best paths through the lattice. The worth of a node is the exact cost of the best way on, so
a beam of the k cheapest beginnings never loses one of the k cheapest paths. Must not know the master problem.
"""

import numpy as np

from cloud.ordering.lattice import Floats, Ints, Lattice, Paths, Priced


def nearly_cheapest(lattice: Lattice, priced: Priced, product: int, slack: float, most: int) -> Paths:
    """The up to `most` cheapest paths of one product within `slack` of its cheapest; rows are paths, not
    products.
    """
    beam = _Beam(lattice, int(lattice.starts[product]))
    limit = float(priced.worth[lattice.starts[product]]) + slack
    while (number := int(lattice.stage_of[beam.nodes[0]])) >= 0:
        stage, total = lattice.stages[number], priced.charged[number]
        arcs, parents = _arcs_from(lattice, number, beam.nodes)
        value = beam.reduced[parents] + total[arcs]
        kept = np.argsort(value, kind="stable")[:most]
        kept = kept[(value[kept] <= limit + 1e-9) | (np.arange(len(kept)) == 0)]
        arcs, parents = arcs[kept], parents[kept]
        beam.nodes = stage.target[arcs]
        beam.reduced = value[kept] - priced.worth[beam.nodes]
        beam.cost = beam.cost[parents] + stage.cost[arcs]
        beam.cases, beam.money, beam.left = beam.cases[parents], beam.money[parents], beam.left[parents]
        if stage.is_evening:
            beam.left[:, stage.day] = stage.left[arcs]
        else:
            delivery = stage.delivery[arcs[0]]
            beam.cases[:, delivery] = stage.cases[arcs]
            beam.money[:, delivery] = stage.value[arcs]
    return Paths(beam.cost, beam.reduced, beam.cases, beam.money, beam.left)


class _Beam:
    """Beginnings of paths, all at the same stage."""

    def __init__(self, lattice: Lattice, start: int) -> None:
        self.nodes: Ints = np.array([start])
        self.reduced: Floats = np.zeros(1)
        self.cost: Floats = np.zeros(1)
        self.cases: Ints = np.zeros((1, len(lattice.problem.deliveries)), dtype=np.int64)
        self.money: Floats = np.zeros(self.cases.shape)
        self.left: Floats = np.zeros((1, lattice.problem.days))


def _arcs_from(lattice: Lattice, number: int, nodes: Ints) -> tuple[Ints, Ints]:
    """All arcs out of the nodes, and the position of the node each one leaves."""
    stage, rows = lattice.stages[number], lattice.row_of[nodes]
    if stage.is_evening:
        return rows, np.arange(len(rows))
    length = stage.run[rows]
    begin = np.cumsum(length) - length
    arcs = np.repeat(stage.first[rows] - begin, length) + np.arange(int(length.sum()))
    return arcs, np.repeat(np.arange(len(rows)), length)
