"""Which paths of which products go together: the master problem of the column generation.

Owns the rows that products share (budget, room, minimum order values, fees) and the columns found so far.
Must not know how a path is found; it takes paths and answers with prices for the next ones.

min  sum(cost x path) + sum(fee x used)
     one path per product; money of a week <= budget; volume of an evening <= room;
     money of a delivery >= its minimum x used; each path through a delivery <= used (added where violated),
     and all paths through it <= their number x used (always there, so that whole solutions are right).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cloud.ordering.lattice import Lattice, Paths, Prices
from cloud.ordering.model import Problem
from cloud.ordering.solver import UNLIMITED, Answer, Program

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GAP = 1e-4
_NEARLY = 0.98


@dataclass(frozen=True, slots=True)
class Column:
    """One way to supply one product: its cost, cases and money by delivery, and stock each evening."""

    product: int
    cost: float
    cases: Ints
    money: Floats
    left_units: Floats


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The master problem's linear answer: what each path must cost to be worth adding, and what it proves."""

    objective: float
    answer: Answer
    prices: Prices
    path_worth: Floats
    shared_worth: float
    budget_price: Floats
    minimum_price: Floats
    room_price: Floats

    def bound(self, paths: Paths) -> float:
        """No plan costs less (Lagrangian bound), given the cheapest paths under these prices."""
        return float(paths.reduced.sum()) + self.shared_worth


class Effort(Protocol):
    """How much may be spent on a whole plan."""

    @property
    def paths(self) -> int:
        """Paths weighed beside 2 of each product."""

    @property
    def nodes(self) -> int:
        """Nodes of the tree."""

    @property
    def gap(self) -> float:
        """Share of the cost within which a better plan is not looked for."""


class Master:
    """Grows by paths; holds the shared rows."""

    def __init__(self, problem: Problem, lattice: Lattice, zone_volume: Floats) -> None:
        """`zone_volume[z, t]` is the room that must suffice, at least what stands there anyway."""
        self.problem = problem
        self.columns: list[Column] = []
        self.closed: frozenset[int] = frozenset()
        self._fixed: Floats | None = None
        self._lattice = lattice
        self._zone_volume = zone_volume
        self._program = Program()
        self._seen: set[tuple[int, bytes]] = set()
        self._links: dict[tuple[int, int], int] = {}
        self._columns_of: dict[int, list[int]] = {}
        self._room_row: dict[tuple[int, int], int] = {}
        self._reach = np.bincount([d for _, d in lattice.links], minlength=len(problem.deliveries))
        self._add_shared_rows()

    def _add_shared_rows(self) -> None:
        program, problem = self._program, self.problem
        self._path_row = [program.add_row(1.0, 1.0) for _ in problem.products]
        weeks = max((d.week for d in problem.deliveries), default=-1) + 1
        budgets = [problem.budget(week) for week in range(weeks)]
        self._budget = np.array([UNLIMITED if b is None else b for b in budgets])
        self._budget_row = [program.add_row(-UNLIMITED, limit) for limit in self._budget]
        self._minimum_row = [program.add_row(0.0, UNLIMITED) for _ in problem.deliveries]
        self._any_row = [program.add_row(-UNLIMITED, 0.0) for _ in problem.deliveries]
        for index, delivery in enumerate(problem.deliveries):
            rows = [self._minimum_row[index], self._any_row[index]]
            values = [-delivery.minimum_order_value, -float(self._reach[index])]
            program.add_column(delivery.fee, 1.0, rows, values)

    def add(self, paths: Paths, worth: Floats | None = None) -> int:
        """Add the paths that are new and, where `worth` is given, cheaper than it; answers how many."""
        every = range(len(self.problem.products))
        wanted = [n for n in every if worth is None or paths.reduced[n] < worth[n] - 1e-6]
        return sum(self._add_path(n, paths, n) for n in wanted)

    def add_nearby(self, product: int, paths: Paths) -> int:
        """Add paths that are all of one product; answers how many were new."""
        return sum(self._add_path(product, paths, row) for row in range(len(paths.cost)))

    def _add_path(self, product: int, paths: Paths, row: int) -> bool:
        cases, money, left = paths.cases[row].copy(), paths.money[row].copy(), paths.left_units[row].copy()
        return self.add_column(Column(product, float(paths.cost[row]), cases, money, left))

    def add_column(self, column: Column) -> bool:
        """Add one way to supply one product, unless it is there."""
        key = (column.product, column.cases.tobytes())
        if key in self._seen:
            return False
        self._seen.add(key)
        rows, values = self._entries(column)
        self._program.add_column(column.cost, UNLIMITED, rows, values)
        self._columns_of.setdefault(column.product, []).append(len(self.columns))
        self.columns.append(column)
        return True

    def _entries(self, column: Column) -> tuple[list[int], list[float]]:
        product = self.problem.products[column.product]
        entries: dict[int, float] = {self._path_row[column.product]: 1.0}
        for delivery in np.flatnonzero(column.cases):
            money = float(column.money[delivery])
            budget = self._budget_row[self.problem.deliveries[delivery].week]
            entries[budget] = entries.get(budget, 0.0) + money
            entries[self._minimum_row[delivery]] = money
            entries[self._any_row[delivery]] = 1.0
            link = self._links.get((column.product, int(delivery)))
            if link is not None:
                entries[link] = 1.0
        for (zone, day), row in self._room_row.items():
            if zone == product.zone:
                entries[row] = float(column.left_units[day]) * product.unit_volume
        return list(entries), list(entries.values())

    def tighten(self, answer: Answer) -> int:
        """Add the rows that the answer breaks: deliveries used more than paid for, rooms too full."""
        shares = answer.columns[len(self.problem.deliveries) :]
        taken = [
            (column, shares[n]) for n, column in enumerate(self.columns[: len(shares)]) if shares[n] > 1e-7
        ]
        return self.make_room(taken) + self._pay_for(answer, taken)

    def make_room(self, taken: Sequence[tuple[Column, float]]) -> int:
        """Add the rows of the rooms that these shares of columns nearly fill; answers how many."""
        volume = np.zeros(self._zone_volume.shape)
        for column, share in taken:
            product = self.problem.products[column.product]
            if product.zone < len(volume):
                volume[product.zone] += share * product.unit_volume * column.left_units
        full = np.argwhere(volume > self._zone_volume * _NEARLY)
        wanting = [(int(zone), int(day)) for zone, day in full if (zone, day) not in self._room_row]
        for zone, day in wanting:
            self._add_room(zone, day)
        return len(wanting)

    def _add_room(self, zone: int, day: int) -> None:
        offset = len(self.problem.deliveries)
        inside = [n for n, c in enumerate(self.columns) if self.problem.products[c.product].zone == zone]
        volumes = [
            float(self.columns[n].left_units[day])
            * self.problem.products[self.columns[n].product].unit_volume
            for n in inside
        ]
        limit = float(self._zone_volume[zone, day])
        row = self._program.add_row(-UNLIMITED, limit, [offset + n for n in inside], volumes)
        self._room_row[zone, day] = row

    def _pay_for(self, answer: Answer, taken: Sequence[tuple[Column, float]]) -> int:
        used: dict[tuple[int, int], float] = {}
        for column, share in taken:
            for delivery in np.flatnonzero(column.cases):
                key = (column.product, int(delivery))
                used[key] = used.get(key, 0.0) + float(share)
        wanting = [
            key
            for key, share in used.items()
            if key not in self._links and share > answer.columns[key[1]] + 1e-4
        ]
        for key in wanting:
            self._add_link(key)
        return len(wanting)

    def _add_link(self, key: tuple[int, int]) -> None:
        product, delivery = key
        offset = len(self.problem.deliveries)
        through = [
            offset + position
            for position in self._columns_of.get(product, ())
            if self.columns[position].cases[delivery]
        ]
        values = [1.0] * len(through) + [-1.0]
        self._links[key] = self._program.add_row(-UNLIMITED, 0.0, [*through, delivery], values)

    def used(self, plan: Sequence[Column]) -> frozenset[int]:
        """The deliveries that a plan uses."""
        return frozenset(int(delivery) for column in plan for delivery in np.flatnonzero(column.cases))

    def fix(self, used: Collection[int]) -> None:
        """From now on exactly these deliveries are used."""
        self.closed = frozenset(range(len(self.problem.deliveries))) - frozenset(used)
        self._fixed = np.array([float(d in used) for d in range(len(self.problem.deliveries))])
        for delivery in range(len(self.problem.deliveries)):
            share = float(self._fixed[delivery])
            self._program.bound_column(delivery, share, share)

    def relax(self) -> Relaxation | None:
        """Solve the linear master problem; None where no mixture of the paths fits the rows."""
        answer = self._program.solve()
        if answer is None:
            return None
        duals = answer.duals
        budget = np.minimum(0.0, duals[self._budget_row]) if self._budget_row else np.zeros(0)
        minimum = np.maximum(0.0, duals[self._minimum_row]) if self._minimum_row else np.zeros(0)
        joint = np.minimum(0.0, duals[self._any_row]) if self._any_row else np.zeros(0)
        room = np.zeros(self._zone_volume.shape)
        for place, row in self._room_row.items():
            room[place] = min(0.0, float(duals[row]))
        use, link_sum = self._use_prices(duals, joint)
        deliveries = self.problem.deliveries
        weeks = np.array([d.week for d in deliveries], dtype=np.int64)
        money = -(budget[weeks] if len(weeks) else np.zeros(0)) - minimum
        paid = np.array([d.fee for d in deliveries]) + minimum * [d.minimum_order_value for d in deliveries]
        paid = paid + link_sum + joint * self._reach
        finite = self._budget < UNLIMITED
        shared = float((budget[finite] * self._budget[finite]).sum() + (room * self._zone_volume).sum())
        shared += float((np.minimum(0.0, paid) if self._fixed is None else paid * self._fixed).sum())
        worth = duals[self._path_row]
        prices = Prices(money, use, -room)
        return Relaxation(answer.objective, answer, prices, worth, shared, -budget, minimum, -room)

    def _use_prices(self, duals: Floats, joint: Floats) -> tuple[Floats, Floats]:
        """The price of using each link, and the sum of the links' duals of each delivery."""
        links = self._lattice.links
        use = np.array([np.inf if delivery in self.closed else -joint[delivery] for _, delivery in links])
        total = np.zeros(len(self.problem.deliveries))
        number = {key: n for n, key in enumerate(links)}
        for key, row in self._links.items():
            dual = min(0.0, float(duals[row]))
            use[number[key]] -= dual
            total[key[1]] += dual
        return use, total

    def whole(
        self, start: list[Column] | None, relaxation: Relaxation, slack: float, limits: "Effort"
    ) -> list[Column] | None:
        """The cheapest whole plan of the paths found, each product one; None where none was found.

        Paths that the relaxation proves cannot be in a plan cheaper than its objective + `slack` are left
        out, and those dearer than the first `limits.paths` + 2 for each product.
        """
        offset = len(self.problem.deliveries)
        hopeless = np.zeros(self._program.columns, dtype=bool)
        reduced = self._reduced_costs(relaxation)
        most = limits.paths + 2 * len(self.problem.products)
        if len(reduced) > most:
            slack = min(slack, float(np.partition(reduced, most)[most]))
        hopeless[offset:] = reduced > slack
        begin = self._as_values(start) if start is not None else None
        if begin is not None:
            hopeless &= begin == 0
        answer = self._program.solve_integer(begin, hopeless, limits.nodes, max(_GAP, limits.gap / 2))
        if answer is None:
            return None
        chosen = np.flatnonzero(answer.columns[offset:] > 0.5)
        return [self.columns[position] for position in chosen]

    def cost(self, plan: list[Column]) -> float:
        """What a whole plan costs, its fees included."""
        return sum(c.cost for c in plan) + sum(self.problem.deliveries[d].fee for d in self.used(plan))

    def _reduced_costs(self, relaxation: Relaxation) -> Floats:
        prices = relaxation.prices
        number = {key: n for n, key in enumerate(self._lattice.links)}
        reduced = np.empty(len(self.columns))
        for position, column in enumerate(self.columns):
            product = self.problem.products[column.product]
            cost = column.cost + float(column.money @ prices.money) - relaxation.path_worth[column.product]
            for delivery in np.flatnonzero(column.cases):
                cost += prices.use[number[column.product, int(delivery)]]
            if product.zone < len(prices.room):
                cost += float(column.left_units @ prices.room[product.zone]) * product.unit_volume
            reduced[position] = cost
        return reduced

    def _as_values(self, plan: list[Column]) -> Floats:
        values = np.zeros(self._program.columns)
        offset = len(self.problem.deliveries)
        position = {(c.product, c.cases.tobytes()): n for n, c in enumerate(self.columns)}
        for column in plan:
            values[offset + position[column.product, column.cases.tobytes()]] = 1.0
            values[np.flatnonzero(column.cases)] = 1.0
        return values
