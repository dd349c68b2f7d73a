"""What an order must keep to before it goes out, and by how much it does not.

Owns the hard limits of one order: its minimum, the week's budget, the room. Pure; must not know plans'
reasons, pages or databases.
"""

from collections.abc import Sequence

import numpy as np

from cloud.ordering.costing import TOLERANCE, cost_of, zone_volumes
from cloud.ordering.model import Line, Problem

MAX_SENTENCES = 10


def broken_limits(
    problem: Problem,
    delivery: int,
    lines: Sequence[Line],
    *,
    spent_this_week: float,
    day_names: Sequence[str],
) -> tuple[str, ...]:
    """A sentence for each limit that one order breaks, naming what is missing; none where it may go out.

    `spent_this_week` is what other approved orders of its week cost; `day_names` has the plan's days.
    """
    asked = problem.deliveries[delivery]
    costing = cost_of(problem, lines)
    supplier = problem.suppliers[asked.supplier]
    broken = []
    if not asked.is_open:
        broken.append(f"{supplier} takes no order now")
    missing = asked.minimum_order_value - costing.purchases
    if missing > TOLERANCE:
        broken.append(
            f"{missing:.2f} is missing to the minimum of {asked.minimum_order_value:.2f} of {supplier}: "
            f"the order is {costing.purchases:.2f}"
        )
    budget = problem.budget(asked.week)
    over = costing.purchases + spent_this_week - (np.inf if budget is None else budget)
    if budget is not None and over > TOLERANCE:
        others = f" beside {spent_this_week:.2f} approved already" if spent_this_week else ""
        broken.append(f"it is {over:.2f} over the week's budget of {budget:.2f}{others}")
    return (*broken, *_too_full(problem, lines, day_names))[:MAX_SENTENCES]


def _too_full(problem: Problem, lines: Sequence[Line], day_names: Sequence[str]) -> list[str]:
    """The first evening of each zone on which this order leaves too little room."""
    if not problem.zone_volume:
        return []
    limit = np.array(problem.zone_volume)[:, None]
    after, before = (
        zone_volumes(problem, [p.left_units for p in cost_of(problem, some).products]) for some in (lines, ())
    )
    too_full = (after > limit + TOLERANCE) & (after > before + TOLERANCE)
    return [
        f"{problem.zone_name(zone)} lacks room for {after[zone, day] - limit[zone, 0]:.1f} l on "
        f"{day_names[day]}: it holds {limit[zone, 0]:.0f} l"
        for zone in range(len(limit))
        if too_full[zone].any()
        for day in [int(too_full[zone].argmax())]
    ]
