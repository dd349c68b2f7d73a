"""What a scale is expected to carry. Built from the layout; knows nothing of samples."""

from dataclasses import dataclass, replace

from contract.layout import Category, Product, Scale, Shelf, SiteLayout

LIFT_FRACTION = 0.5
"""Less than half an empty bottle on the pad: the bottle is not on it."""
LIFT_BELOW_UNKNOWN_G = 100.0


@dataclass(frozen=True, slots=True)
class ScaleProfile:
    """One scale, its calibration and the bottle that belongs on it.

    product_id, density and full weight are None where the scale has no product or several different ones.
    """

    scale_id: str
    slots: tuple[str, ...] = ()
    node: str = ""
    channel: str = ""
    tare_counts: float = 0.0
    counts_per_g: float = 1.0
    product_id: str | None = None
    tare_weight_g: float = 0.0
    density_g_per_ml: float | None = None
    full_weight_g: float | None = None
    is_keg: bool = False
    shelf_id: str = ""
    usage: float = 1.0
    """How much of its product is used here, in any unit: a bar keeps many bottles of what it pours often."""
    category: Category | None = None
    """What kind of product it carries: the measures of a bar go by kind."""

    @property
    def is_bottle(self) -> bool:
        """Whether what stands here has to be lifted to be poured from."""
        return self.product_id is not None and not self.is_keg

    def carrying(self, other: "ScaleProfile") -> "ScaleProfile":
        """Return this scale with the bottle of another one on it."""
        return replace(
            self,
            product_id=other.product_id,
            tare_weight_g=other.tare_weight_g,
            density_g_per_ml=other.density_g_per_ml,
            full_weight_g=other.full_weight_g,
            is_keg=other.is_keg,
            category=other.category,
        )

    def lift_below_g(self, before_g: float) -> float:
        """Weight under which a bottle is off the scale, given what stood on it before."""
        half_g = self.tare_weight_g * LIFT_FRACTION or LIFT_BELOW_UNKNOWN_G
        return before_g - half_g if len(self.slots) > 1 else half_g


def profiles(layout: SiteLayout) -> list[ScaleProfile]:
    """Return the profile of every scale of a layout, in the order of its shelves."""
    products = {product.id: product for product in layout.products}
    return [_profile(shelf, scale, products) for shelf in layout.shelves for scale in shelf.scales]


def slot_profiles(layout: SiteLayout, tray: ScaleProfile) -> list[ScaleProfile]:
    """Return a profile per slot of a tray, each with its own product."""
    products = {product.id: product for product in layout.products}
    named = {slot.id: slot.product for shelf in layout.shelves for slot in shelf.slots}
    bare = [replace(tray, slots=(slot,), product_id=None) for slot in tray.slots]
    return [with_product(one, products[product]) if (product := named[one.slots[0]]) else one for one in bare]


def _profile(shelf: Shelf, scale: Scale, products: dict[str, Product]) -> ScaleProfile:
    slots = tuple(slot for slot in shelf.slots if slot.scale == scale.id)
    named = {slot.product for slot in slots}
    only = named.pop() if len(named) == 1 else None
    bare = ScaleProfile(
        scale.id,
        tuple(slot.id for slot in slots),
        scale.node,
        scale.channel,
        scale.tare_counts,
        scale.counts_per_g,
        shelf_id=shelf.id,
    )
    return with_product(bare, products[only]) if only else bare


def with_product(profile: ScaleProfile, product: Product) -> ScaleProfile:
    """Return the profile of the same scale carrying a product."""
    return replace(
        profile,
        product_id=product.id,
        tare_weight_g=product.tare_weight_g,
        density_g_per_ml=product.density_g_per_ml,
        full_weight_g=product.tare_weight_g + product.volume_ml * product.density_g_per_ml,
        is_keg=product.category is Category.KEG,
        usage=product.par_bottles or 1.0,
        category=product.category,
    )
