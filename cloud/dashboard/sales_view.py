"""What the page of sales says: what an import counts, and what names of the till stand for. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from cloud.dashboard.forms import Fields
from cloud.dashboard.words import volume
from cloud.problems import Malformed
from cloud.sales.schemas import Part, SalesItem, SalesPreview

MAX_PARTS_SHOWN = 4
"""Products one form can name; a longer recipe is given through the API."""
Names = Mapping[str, str]
"""product_id -> what people call it."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What an import takes of one product, and which names it comes from."""

    name: str
    amount: str
    sources: str


def counted(preview: SalesPreview, names: Names) -> list[Counted]:
    """The demand that follows from a file, per product, the most first."""
    totals: dict[str, float] = defaultdict(float)
    sources: dict[str, list[str]] = defaultdict(list)
    for item in preview.known:
        for part in item.parts:
            totals[part.product_id] += part.ml * item.pieces
            sources[part.product_id].append(item.name)
    ranked = sorted(totals, key=lambda product_id: -totals[product_id])
    return [
        Counted(names.get(each, each), volume(totals[each]), listed(sources[each], most=3)) for each in ranked
    ]


def recipe(item: SalesItem, names: Names) -> str:
    """What one sale takes: '30 ml Campari, 30 ml Tanqueray'."""
    return ", ".join(f"{part.ml:g} ml {names.get(part.product_id, part.product_id)}" for part in item.parts)


def span(first_on: date | None, last_on: date | None) -> str:
    """Which days a file is about: 'Tue 1 Sep to Fri 20 Nov 2026'."""
    if first_on is None or last_on is None:
        return "no day"
    if first_on == last_on:
        return f"{first_on:%a} {first_on.day} {first_on:%b %Y}"
    year = "" if first_on.year == last_on.year else f" {first_on.year}"
    return f"{first_on:%a} {first_on.day} {first_on:%b}{year} to {last_on:%a} {last_on.day} {last_on:%b %Y}"


def pieces(count: float) -> str:
    """'1,240 sold', '2.5 sold'."""
    return f"{count:,.0f} sold" if count >= 100 or count == int(count) else f"{count:,.1f} sold"


def listed(names: Sequence[str], most: int) -> str:
    """'Negroni, Spritz and 4 more'."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def parts_of(fields: Fields, names: Names) -> list[Part]:
    """The products and amounts of a form, rows without a product left out. Raises Malformed."""
    ids = {name.casefold(): product_id for product_id, name in names.items()}
    found = []
    for product, ml in zip(fields.get("product", ()), fields.get("ml", ()), strict=False):
        if not product.strip():
            continue
        product_id = ids.get(product.strip().casefold())
        if product_id is None:
            raise Malformed(f"{product.strip()[:60]!r} is no product here; choose one of the list")
        found.append(Part(product_id, _amount(ml)))
    return found


def _amount(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        raise Malformed(
            f"{text.strip()[:20]!r} is no amount; write the millilitres of one sale, like 40"
        ) from None
