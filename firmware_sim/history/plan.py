"""What a history is made from: the same plan, the same history, byte for byte."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contract.layout import Product, SiteLayout
from firmware_sim.errors import SimulatorError

MAX_DAYS = 1_000


@dataclass(frozen=True, slots=True)
class HistoryPlan:
    """`days` days of a bar up to `until`."""

    layout: SiteLayout
    days: float
    until: datetime
    seed: int

    def __post_init__(self) -> None:
        if not 0 < self.days <= MAX_DAYS:
            raise SimulatorError(f"--days is over 0 and at most {MAX_DAYS}, got {self.days:g}")
        if not self.products:
            raise SimulatorError(
                f"no slot of the layout {self.layout.id} has a product, so nothing is poured"
            )

    @property
    def since(self) -> datetime:
        """When the history begins."""
        return self.until - timedelta(days=self.days)

    @property
    def products(self) -> list[Product]:
        """The products that have a slot."""
        used = {slot.product for shelf in self.layout.shelves for slot in shelf.slots}
        return [product for product in self.layout.products if product.id in used]
