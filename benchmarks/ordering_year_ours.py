"""The planner's year: every order day a plan from the stock as it is, of which that day's orders are placed.

Owns the step from a site's morning to a planning problem. The stock is charged by the rivals' own code.
"""

from itertools import pairwise

import numpy as np
from ordering_year_rivals import Stock, Year
from ordering_year_sites import HORIZON, LEADS, Site

from cloud.ordering.model import Delivery, Problem, Product
from cloud.ordering.plan import OrderPlan, make_plan
from cloud.ordering.search import Limits
from cloud.ordering.site_problem import ROLLING_RULES
from cloud.ordering.uncertainty import FORECAST_DOUBT, surprises_of_sums

LIMITS = Limits(rounds=60, neighbours=0, gap=1e-3, nodes=10, widening=300, par_levels=3)
LEVELS = 31


def simulate_ours(site: Site, begin: int, end: int) -> Year:
    """Plan from day `begin` to `end`."""
    stock = Stock(site, 1, begin, end)
    for day in range(begin, end):
        stock.morning(day)
        deliveries = site.deliveries(day, HORIZON)
        if any(delivery.order_day == 0 for delivery in deliveries):
            _place(site, stock, day, make_plan(_problem(site, stock, day, deliveries), LIMITS))
        stock.evening(day)
    return stock.year()


def _place(site: Site, stock: Stock, day: int, plan: OrderPlan) -> None:
    """Order what the plan orders today."""
    every = list(range(len(site.rows)))
    units = np.zeros((len(site.suppliers), 1, len(every)))
    paid = np.zeros(units.shape)
    for line in plan.lines:
        delivery = plan.problem.deliveries[line.delivery]
        if delivery.order_day == 0:
            offer = next(o for o in site.offers[line.product] if o.supplier == delivery.supplier)
            units[delivery.supplier, 0, line.product] += line.cases * offer.pack_units
            paid[delivery.supplier, 0, line.product] += offer.price(line.cases)
    for supplier in np.flatnonzero(units.sum(axis=(1, 2))):
        stock.order(day, int(supplier), every, units[supplier], paid[supplier])


def _problem(site: Site, stock: Stock, day: int, deliveries: tuple[Delivery, ...]) -> Problem:
    market = site.market
    mean = market.mean[day - market.first][site.rows, :HORIZON]
    sigma = market.sigma[day - market.first][site.rows]
    arriving = np.zeros(mean.shape)
    coming = stock.arriving[0, :, day - stock.begin + 1 : day - stock.begin + HORIZON]
    arriving[:, 1 : 1 + coming.shape[1]] = coming
    products = tuple(
        Product(
            name=str(n),
            demand_units=tuple(mean[n]),
            on_hand_units=float(stock.on_hand[0, n]),
            unit_cost=float(site.unit_cost[n]),
            shortage_cost=float(site.shortage_cost[n]),
            holding_cost_per_day=float(site.holding_cost[n]),
            offers=site.offers[n],
            arriving_units=tuple(arriving[n]),
            surprise_units=surprises_of_sums(
                tuple(mean[n]),
                dict(zip(LEADS, sigma[n], strict=True)),
                memory_days=_memory_days(site, n),
                levels=LEVELS,
                doubt=FORECAST_DOUBT,
            ),
        )
        for n in range(len(site.rows))
    )
    names = tuple(map(str, range(len(site.suppliers))))
    return Problem(HORIZON, names, deliveries, products, rules=ROLLING_RULES)


def _memory_days(site: Site, product: int) -> int:
    """Lead time + the longest wait for the next chance to order, at the quickest of its suppliers."""
    spans = []
    for offer in site.offers[product]:
        terms = site.suppliers[offer.supplier]
        waits = [b - a for a, b in pairwise((*terms.weekdays, terms.weekdays[0] + 7))]
        spans.append(terms.lead_days + max(waits))
    return min(spans)
