"""Which products the stock list shows and in which order. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cloud.dashboard.snapshot import ProductView

MAX_FIND_LENGTH = 80


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a person asked for; anything unknown counts as not asked."""

    find: str = ""
    status: str = ""
    sort: str = "name"


_ORDERS: dict[str, Callable[[ProductView], Any]] = {
    "name": lambda view: view.stock.name.casefold(),
    "status": lambda view: (view.verdict.status.rank, view.stock.bottles, view.stock.name.casefold()),
    "level": lambda view: (view.fill_level is None, view.fill_level or 0.0, view.stock.name.casefold()),
    "poured": lambda view: (-view.stock.poured_today_ml, view.stock.name.casefold()),
}


def select_rows(products: Sequence[ProductView], query: ListQuery) -> list[ProductView]:
    """Filter by every word (in name, shelf or category) and by status, then sort."""
    wanted = query.find[:MAX_FIND_LENGTH].casefold().split()
    rows = [view for view in products if all(word in _haystack(view) for word in wanted)]
    if query.status:
        rows = [view for view in rows if view.verdict.status.value == query.status]
    return sorted(rows, key=_ORDERS.get(query.sort, _ORDERS["name"]))


def _haystack(view: ProductView) -> str:
    return " ".join((view.stock.name, view.stock.category, *view.shelf_names)).casefold()
