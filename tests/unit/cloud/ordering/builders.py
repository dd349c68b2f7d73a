"""Small planning problems: one change each from a bar with one supplier that delivers whenever asked."""

from dataclasses import replace

from cloud.ordering.model import Delivery, Offer, PriceBreak, Problem, Product


def offer(supplier=0, pack=6, price=2.0, *breaks):
    return Offer(supplier, pack, (PriceBreak(1, price), *(PriceBreak(n, p) for n, p in breaks)))


def product(name="gin", daily=1.0, days=7, **changes):
    made = Product(
        name=name,
        demand_units=(daily,) * days,
        on_hand_units=2.0,
        unit_cost=2.0,
        shortage_cost=7.0,
        holding_cost_per_day=0.01,
        offers=(offer(),),
        safety_stock_units=1.0,
        unit_volume=1.0,
    )
    return replace(made, **changes)


def deliveries(supplier=0, order_days=(0, 2, 4), lead_days=1, **terms):
    return tuple(Delivery(supplier, day, day + lead_days, day // 7, **terms) for day in order_days)


def problem(*products, days=7, **changes):
    made = Problem(
        days=days,
        suppliers=("Anker Drinks",),
        deliveries=deliveries(),
        products=products or (product(days=days),),
    )
    return replace(made, **changes)
