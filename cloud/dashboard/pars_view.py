"""How pars and order points are said: classic figures in words, and what a form says of levels. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from cloud.catalogue.schemas import Levels, ProductEntry
from cloud.counts.schemas import StoreStock
from cloud.dashboard.forms import Fields, last
from cloud.dashboard.order_view import amount, money
from cloud.ordering.product_figures import ProductFigures, Source


@dataclass(frozen=True, slots=True)
class ClassGroup:
    """The products of one class, with their share of the value used."""

    abc_class: str
    products: tuple[ProductFigures, ...]

    @property
    def value_share(self) -> float:
        """0..1 of the value that all products use."""
        return sum(each.value_share for each in self.products)


def groups(figures: Sequence[ProductFigures]) -> tuple[ClassGroup, ...]:
    """A, B and C, as far as there are any; each by value, most first."""
    by_class = sorted(figures, key=lambda each: each.abc_class)
    return tuple(ClassGroup(name, tuple(each)) for name, each in groupby(by_class, lambda p: p.abc_class))


def levels_words(product: ProductFigures) -> str:
    """'4.2 here, 6 coming; order at 2.1, fill up to 5.4'."""
    words = f"{amount(product.on_hand_units)} here"
    if product.coming_units:
        words += f", {amount(product.coming_units)} coming"
    if product.figures is None:
        return f"{words}; nobody sells it, so there is no order point"
    told = product.figures
    return f"{words}; order at {amount(told.reorder_point_units)}, fill up to {amount(told.par_units)}"


def reasons(product: ProductFigures) -> tuple[str, ...]:
    """Where each figure comes from, so that it can be worked out again."""
    used = f"{_exact(product.daily_units)} bottles a day, {product.value_share:.1%} of the value of all."
    counted = f"Where no scale weighs it, count it every {product.count_every_days} days."
    if product.source is None or product.figures is None:
        return used, counted
    return used, *_worked_out(product, product.source), counted


def _worked_out(product: ProductFigures, source: Source) -> tuple[str, ...]:
    told = product.figures
    assert told is not None, "who sells it has figures"
    span = source.lead_days + source.review_days
    lead = f"{amount(source.lead_days)} day{'' if source.lead_days == 1 else 's'}"
    every = "every day" if source.review_days == 1 else f"every {source.review_days} days at the longest"
    order_at, safety = told.reorder_point_units, told.safety_stock_units
    return (
        f"{source.supplier} is cheapest, {money(source.unit_price)} a bottle.",
        f"It comes {lead} after the order and takes orders {every}: a stock must last {amount(span)} days.",
        f"Having enough in {told.critical_fractile:.1%} of such times is worth its keep.",
        f"Order at {order_at:.2f}: {order_at - safety:.2f} for {lead}, {safety:.2f} for bad days.",
        f"The rule of thumb, 1.5 weeks of use, says {amount(told.rule_of_thumb_par_units)}.",
        _at_once(told.economic_order_quantity),
    )


def _at_once(units: float | None) -> str:
    if units is None:
        return "A bottle in stock costs nothing here: no order is too large (EOQ)."
    if not units:
        return "There is no delivery fee to save: order as little as a case."
    return f"Its part of the fee pays for {amount(units)} bottles at once (EOQ)."


def shown(entry: ProductEntry) -> dict[str, str]:
    """What stands in the fields of a product."""
    values = {"par": entry.par_by_hand, "least": entry.at_least_bottles}
    return {f"{name}-{entry.product_id}": "" if v is None else f"{v:g}" for name, v in values.items()}


def read_levels(fields: Fields, entries: Sequence[ProductEntry]) -> dict[str, Levels]:
    """The levels that a form changes, by product. Raises ValueError with a sentence."""
    changed = {}
    for entry in entries:
        if f"par-{entry.product_id}" not in fields:
            continue
        par = _bottles(last(fields, f"par-{entry.product_id}"), entry.name)
        least = _bottles(last(fields, f"least-{entry.product_id}"), entry.name)
        if (par, least or None) != (entry.par_by_hand, entry.at_least_bottles):
            changed[entry.product_id] = Levels(par, least or None)
    return changed


def counts_due(
    figures: Sequence[ProductFigures], stores: Mapping[str, StoreStock], now: datetime
) -> dict[str, str]:
    """The products in store rooms whose count is older than their class allows, and how old, in words."""
    due = {}
    for each in figures:
        store = stores.get(each.product_id)
        if store is not None and now - store.counted_at >= timedelta(days=each.count_every_days):
            days = (now - store.counted_at).days
            due[each.product_id] = (
                f"class {each.abc_class}, due every {each.count_every_days} days; {days} days"
            )
    return due


def _bottles(text: str, name: str) -> float | None:
    text = text.strip()
    try:
        return float(text.replace(",", ".")) if text else None
    except ValueError:
        raise ValueError(f"{text[:20]!r} is no number of bottles of {name}; write it like 4 or 2.5") from None


def _exact(units: float) -> str:
    """Two digits that mean something: '0.14', '1.9', '12'."""
    return f"{units:.0f}" if units >= 10 else f"{units:.2g}"
