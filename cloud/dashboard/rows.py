"""Which products the stock list shows and in which order. Pure."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cloud.dashboard.snapshot import ProductView

MAX_FIND_LENGTH = 80

_WORD = re.compile(r"\w+")


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
    """Filter by status and by every word asked for, then sort.

    A word is looked for at the beginnings of the words of name, shelf and category ('gin' finds no
    'original'); accents and capitals do not matter ('anejo' finds 'Añejo').
    """
    wanted = _words(query.find[:MAX_FIND_LENGTH])
    rows = [view for view in products if all(_begins_a_word(word, _words_of(view)) for word in wanted)]
    if query.status:
        rows = [view for view in rows if view.verdict.status.value == query.status]
    return sorted(rows, key=_ORDERS.get(query.sort, _ORDERS["name"]))


def _words_of(view: ProductView) -> list[str]:
    return _words(" ".join((view.stock.name, view.stock.category, *view.shelf_names)))


def _begins_a_word(beginning: str, words: list[str]) -> bool:
    return any(word.startswith(beginning) for word in words)


def _words(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return _WORD.findall(plain)
