"""Uses what bottles' lives tell of their glass: for products without a tare, and to say what is wrong."""

from collections.abc import Iterable

from contract.layout import SiteLayout
from contract.records import Movement
from edge.domain.bottle_lives import BottleLives, KeptLives
from edge.domain.pads import Pads


class Glass:
    """The glass of one gateway's bottles."""

    def __init__(self, layout: SiteLayout, kept: KeptLives, pads: Pads) -> None:
        self._products = {product.id: product for product in layout.products}
        self._on_scale = {
            scale.id: [slot.product for slot in shelf.slots if slot.scale == scale.id]
            for shelf in layout.shelves
            for scale in shelf.scales
        }
        self._pads = pads
        self._lives = BottleLives(self._products, kept)
        self._use(self._products)

    @property
    def kept(self) -> KeptLives:
        """What to keep over a restart."""
        return self._lives.kept

    def learn(self, movements: Iterable[Movement]) -> None:
        """Learn from what was said of bottles that came and went."""
        for movement in movements:
            self._lives.take(movement)
            if movement.product_id in self._products:
                self._use([movement.product_id])

    def _use(self, product_ids: Iterable[str]) -> None:
        """A product without a tare weight gets the one that its bottles' lives tell."""
        for product_id in product_ids:
            product = self._products[product_id]
            tare = None if product.tare_weight_g else self._lives.tare(product_id)
            if tare is not None:
                self._pads.learn_tare(product.model_copy(update={"tare_weight_g": tare.weight_g}))

    def advice(self, scale_id: str) -> str | None:
        """Return what to correct in a product that stands on this scale."""
        found = (self._lives.advice(product) for product in self._on_scale[scale_id] if product is not None)
        return next((said for said in found if said is not None), None)
