"""Where everything stands: the one description of a site that cloud, gateway and simulator read.

A technician writes it as TOML (docs/layout.md); the cloud keeps it and hands each gateway its part.
A slot is the place of one bottle, a scale a weighed surface: a slot without a scale is seen by a camera
or counted by hand, a scale with many slots is a tray.
"""

from datetime import time
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from contract.base import Message, Slug
from contract.device import ChannelName

Name = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"no such time zone {value!r}; use a name such as 'Europe/Berlin'") from None
    return value


class Category(StrEnum):
    """Decides the glyph and the liquid's colour."""

    SPIRIT = "spirit"
    LIQUEUR = "liqueur"
    WINE = "wine"
    BEER = "beer"
    MIXER = "mixer"
    KEG = "keg"


class Liquid(StrEnum):
    """Colour of the liquid as people see it."""

    CLEAR = "clear"
    STRAW = "straw"
    AMBER = "amber"
    RUBY = "ruby"
    BROWN = "brown"


class Product(Message):
    """A product and the profile of its bottle.

    net weight = gross weight - tare_weight_g; volume = net weight / density_g_per_ml
    """

    id: Slug
    name: Name
    category: Category
    liquid: Liquid = Liquid.CLEAR
    volume_ml: Annotated[float, Field(gt=0, le=100_000)]
    tare_weight_g: Annotated[float, Field(ge=0, le=100_000)]
    density_g_per_ml: Annotated[float, Field(gt=0.5, lt=2)] = 1.0
    par_bottles: Annotated[float, Field(ge=0, le=10_000)] | None = None


class Gateway(Message):
    """A Raspberry Pi of this site."""

    id: Slug
    name: Name


class Scale(Message):
    """A weighed surface: which node and channel reads it, and its calibration.

    weight_g = (counts - tare_counts) / counts_per_g
    """

    id: Slug
    node: Slug
    channel: ChannelName
    tare_counts: Annotated[float, Field(ge=-(2**24), le=2**24)]
    counts_per_g: Annotated[float, Field(ge=-1e6, le=1e6)]
    capacity_g: Annotated[float, Field(gt=0, le=1_000_000)] = 5_000.0

    @model_validator(mode="after")
    def _has_a_span(self) -> "Scale":
        if abs(self.counts_per_g) < 1e-3:
            raise ValueError(f"scale {self.id}: counts_per_g is {self.counts_per_g}, calibrate it first")
        return self


class Slot(Message):
    """The place of one bottle."""

    id: Slug
    scale: Slug | None = None
    product: Slug | None = None


class Shelf(Message):
    """Slots in the order in which they stand, seen from the bar."""

    id: Slug
    name: Name
    location: Name = "Bar"
    gateway: Slug
    scales: tuple[Scale, ...] = ()
    slots: tuple[Slot, ...] = ()


class SiteLayout(Message):
    """A whole site. Names are unique within it; references must exist."""

    id: Slug
    name: Name
    organisation: Name = "Independent"
    timezone: Annotated[str, AfterValidator(_known_zone)]
    day_ends_at: time = time(6, 0)
    """The business day of the bar ends here, local time: what is poured at 02:00 belongs to yesterday."""
    products: tuple[Product, ...] = ()
    gateways: Annotated[tuple[Gateway, ...], Field(min_length=1)]
    shelves: tuple[Shelf, ...] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> "SiteLayout":
        scales = [scale for shelf in self.shelves for scale in shelf.scales]
        slots = [slot for shelf in self.shelves for slot in shelf.slots]
        _unique("product", [product.id for product in self.products])
        _unique("gateway", [gateway.id for gateway in self.gateways])
        _unique("shelf", [shelf.id for shelf in self.shelves])
        _unique("scale", [scale.id for scale in scales])
        _unique("slot", [slot.id for slot in slots])
        _unique("node and channel", [f"{scale.node}/{scale.channel}" for scale in scales])
        _known("shelf", "gateway", {gateway.id for gateway in self.gateways}, _uses_gateway(self.shelves))
        _known("slot", "product", {product.id for product in self.products}, _uses_product(slots))
        for shelf in self.shelves:
            own = {scale.id for scale in shelf.scales}
            _known("slot", "scale of its shelf", own, {s.id: s.scale for s in shelf.slots if s.scale})
        return self

    def for_gateway(self, gateway_id: str) -> "SiteLayout":
        """Return the part that one gateway needs: its own shelves and the products on them.

        Raises KeyError when the site has no such gateway.
        """
        gateways = tuple(gateway for gateway in self.gateways if gateway.id == gateway_id)
        if not gateways:
            raise KeyError(f"site {self.id} has no gateway {gateway_id}")
        shelves = tuple(shelf for shelf in self.shelves if shelf.gateway == gateway_id)
        used = {slot.product for shelf in shelves for slot in shelf.slots}
        products = tuple(product for product in self.products if product.id in used)
        return self.model_copy(update={"gateways": gateways, "shelves": shelves, "products": products})


def _uses_gateway(shelves: tuple[Shelf, ...]) -> dict[str, str]:
    return {shelf.id: shelf.gateway for shelf in shelves}


def _uses_product(slots: list[Slot]) -> dict[str, str]:
    return {slot.id: slot.product for slot in slots if slot.product}


def _unique(what: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{what} named more than once: {', '.join(twice)}")


def _known(who: str, what: str, known: set[str], uses: dict[str, str]) -> None:
    for name, target in uses.items():
        if target not in known:
            raise ValueError(f"{who} {name} names the {what} {target!r}, which is not in this layout")
