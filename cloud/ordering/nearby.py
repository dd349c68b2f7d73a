"""The paths of a product that are nearly its cheapest: what a whole plan may need where the cheapest do not
fit.

Owns the exact k-best paths through the lattice. The worth of a node is the exact cost of the best way on, so
a beam of the k cheapest beginnings never loses one of the k cheapest paths. Must not know the master problem.
"""

import numpy as np

from cloud.ordering.lattice import Lattice, Paths, Priced
from cloud.ordering.stages import Floats, Ints, Kind


def nearly_cheapest(lattice: Lattice, priced: Priced, product: int, slack: float, most: int) -> Paths:
    """The up to `most` cheapest paths of one product within `slack` of its cheapest; rows are paths, not
    products.
    """
    beam = _Beam(lattice, int(lattice.starts[product]))
    limit = float(priced.worth[lattice.starts[product]]) + slack
    while (number := beam.next_stage()) >= 0:
        beam.pass_stage(number, priced, limit, most)
    return Paths(beam.cost, beam.reduced, beam.cases, beam.money, beam.left)


class _Beam:
    """Beginnings of paths; those that are ahead wait for the others."""

    def __init__(self, lattice: Lattice, start: int) -> None:
        self._lattice = lattice
        self.nodes: Ints = np.array([start])
        self.reduced: Floats = np.zeros(1)
        self.cost: Floats = np.zeros(1)
        self.cases: Ints = np.zeros((1, len(lattice.problem.deliveries)), dtype=np.int64)
        self.money: Floats = np.zeros(self.cases.shape)
        self.left: Floats = np.zeros((1, lattice.problem.days))

    def next_stage(self) -> int:
        """The first stage that one of the paths has still to pass; -1 where all are at the end."""
        return int(self._lattice.stage_of[self.nodes].min())

    def pass_stage(self, number: int, priced: Priced, limit: float, most: int) -> None:
        """Go on by every arc of the stage; keep the up to `most` cheapest within the limit."""
        stage, total = self._lattice.stages[number], priced.charged[number]
        moving = np.flatnonzero(self._lattice.stage_of[self.nodes] == number)
        arcs, leaving = stage.arcs_from(self._lattice.row_of[self.nodes[moving]])
        waiting = np.flatnonzero(self._lattice.stage_of[self.nodes] != number)
        parents = np.concatenate([moving[leaving], waiting])
        value = self.reduced[parents]
        value[: len(arcs)] += total[arcs]
        value[len(arcs) :] += priced.worth[self.nodes[waiting]]
        kept = np.argsort(value, kind="stable")[:most]
        kept = kept[(value[kept] <= limit + 1e-9) | (np.arange(len(kept)) == 0)]
        went = np.flatnonzero(kept < len(arcs))
        self._keep(parents[kept])
        by = arcs[kept[went]]
        self.nodes[went] = stage.target[by]
        self.reduced = value[kept] - priced.worth[self.nodes]
        self.cost[went] += stage.cost[by]
        if stage.kind is Kind.EVENING:
            self.left[went, stage.day] = stage.left[by]
        else:
            self.cases[went, stage.delivery[by]] += stage.cases[by]
            self.money[went, stage.delivery[by]] += stage.value[by]

    def _keep(self, parents: Ints) -> None:
        self.nodes, self.cost = self.nodes[parents], self.cost[parents]
        self.cases, self.money, self.left = self.cases[parents], self.money[parents], self.left[parents]
