"""Draws the pieces a page is made of: each once for the page and, when it changes, once for all pages.

A fragment has the name of its element's id in the page, which is how an open page finds the old one to
replace. It is drawn without line breaks, so that it fits one line of the event stream.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cloud.dashboard import glyph, order_view, words
from cloud.dashboard.attention import attention
from cloud.dashboard.chart import hour_chart
from cloud.dashboard.snapshot import ProductView, ShelfSnapshot, ShelfView, SiteSnapshot, SlotView
from cloud.movements.schemas import MovementLine
from cloud.stock.status import Status, clock_time

TEMPLATES = Path(__file__).parent / "templates"

NEW_FOR_S = 20
"""A pour is marked as new for this long, in seconds of bar time."""

_LINE_BREAK = re.compile(r"\s*\n\s*")


def template_environment() -> Environment:
    """Jinja with everything escaped by default and no undefined name let through."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        volume=words.volume,
        bottles=words.bottles,
        plain=words.plain_number,
        money=order_view.money,
        first_lower=lambda words: words[:1].lower() + words[1:],
        first_upper=lambda words: words[:1].upper() + words[1:],
        instant=lambda at: at.isoformat(timespec="milliseconds"),
    )
    environment.globals.update(
        glyph=glyph,
        orders=order_view,
        words=words,
        clock_time=clock_time,
        Status=Status,
        STATUSES=list(Status),
    )
    return environment


@dataclass(frozen=True, slots=True)
class Fragments:
    """Draws from a snapshot; holds nothing but the templates."""

    environment: Environment

    def slot(self, snapshot: ShelfSnapshot, view: SlotView) -> Markup:
        """One bottle in its place: element slot-<slot_id>."""
        return self._draw("slot.html", snapshot, view=view)

    def shelf_head(self, snapshot: ShelfSnapshot, shelf: ShelfView) -> Markup:
        """Name and freshness of a shelf: element shelf-<shelf_id>."""
        return self._draw("shelf_head.html", snapshot, shelf=shelf)

    def product(self, snapshot: ShelfSnapshot, view: ProductView) -> Markup:
        """One row of the stock list: element product-<product_id>."""
        return self._draw("product.html", snapshot, view=view)

    def pours(self, snapshot: ShelfSnapshot) -> Markup:
        """The newest movements: element pours."""
        return self._draw("pours.html", snapshot, is_new=partial(_is_new, now=snapshot.now))

    def night(self, snapshot: SiteSnapshot) -> Markup:
        """The figures of the day and its chart: element night."""
        chart = hour_chart(snapshot.day.poured_ml_by_hour, snapshot.now, snapshot.zone)
        return self._draw("night.html", snapshot, chart=chart)

    def attention(self, snapshot: SiteSnapshot) -> Markup:
        """What needs a look: element attention."""
        return self._draw("attention.html", snapshot, attention=attention(snapshot))

    def today(self, snapshot: SiteSnapshot) -> dict[str, Markup]:
        """What Today is made of, by the ids of its elements."""
        head = {
            "night": self.night(snapshot),
            "attention": self.attention(snapshot),
            "pours": self.pours(snapshot),
        }
        return head | self.shelves(snapshot)

    def stock(self, snapshot: SiteSnapshot, rows: Sequence[ProductView]) -> dict[str, Markup]:
        """What Stock is made of with these rows in its list, by the ids of its elements."""
        drawn = {f"product-{view.stock.product_id}": self.product(snapshot, view) for view in rows}
        return drawn | self.shelves(snapshot)

    def shelves(self, snapshot: ShelfSnapshot) -> dict[str, Markup]:
        """Every shelf and every place on it, by the ids of their elements."""
        drawn: dict[str, Markup] = {}
        for shelf in snapshot.shelves:
            drawn[f"shelf-{shelf.stock.shelf_id}"] = self.shelf_head(snapshot, shelf)
            drawn |= {f"slot-{view.stock.slot_id}": self.slot(snapshot, view) for view in shelf.slots}
        return drawn

    def page(self, name: str, values: Mapping[str, object]) -> str:
        """A whole page."""
        return self.environment.get_template(name).render(values)

    def _draw(self, name: str, snapshot: ShelfSnapshot, **values: object) -> Markup:
        template = self.environment.get_template(name)
        text = template.render(
            snapshot=snapshot, site=snapshot.site, now=snapshot.now, zone=snapshot.zone, **values
        )
        return Markup(_LINE_BREAK.sub(" ", text.strip()))  # noqa: S704 - escaped by the template


def _is_new(line: MovementLine, now: datetime) -> bool:
    return (now - line.at).total_seconds() < NEW_FOR_S
