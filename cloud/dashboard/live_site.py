"""What an open page needs to hear after a change: the fragments that may look different now.

Implements cloud.live.hub.Painter. The quick lane asks for the shelves and the log only. A gateway that is
heard again sends readings, which name its places; what they leave out the hub's next review brings.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cloud.dashboard.fragments import Fragments
from cloud.dashboard.snapshot import ShelfSnapshot, SiteSnapshot, look, look_at_shelves
from cloud.live.change import Change
from cloud.live.site import Lane
from cloud.services import Services


@dataclass(frozen=True, slots=True)
class LiveSite:
    """Draws a site's changes from its services."""

    services: Services
    now: Callable[[], datetime]
    fragments: Fragments

    async def paint(self, lane: Lane, site_id: str, change: Change) -> Mapping[str, str]:
        """Draw element id -> HTML; some may look as before."""
        if lane is Lane.QUICK:
            return self._quick(await look_at_shelves(self.services, site_id, self.now()), change)
        return self._slow(await look(self.services, site_id, self.now()), change)

    def time_stamp(self) -> str:
        """Bar time as an ISO instant, for the pulse that keeps the clocks of open pages right."""
        return self.now().isoformat(timespec="milliseconds")

    def _quick(self, snapshot: ShelfSnapshot, change: Change) -> dict[str, str]:
        drawn: dict[str, str] = {}
        if change.movements or change.is_all:
            drawn["pours"] = self.fragments.pours(snapshot)
        for view in (view for shelf in snapshot.shelves for view in shelf.slots):
            if change.is_all or view.stock.slot_id in change.slots:
                drawn[f"slot-{view.stock.slot_id}"] = self.fragments.slot(snapshot, view)
        return drawn

    def _slow(self, snapshot: SiteSnapshot, change: Change) -> dict[str, str]:
        drawn: dict[str, str] = {"attention": self.fragments.attention(snapshot)}
        if change.movements or change.is_all:
            drawn["night"] = self.fragments.night(snapshot)
        for product in snapshot.products:
            if change.is_all or not change.slots.isdisjoint(product.stock.slots):
                drawn[f"product-{product.stock.product_id}"] = self.fragments.product(snapshot, product)
        for shelf in snapshot.shelves:
            if change.is_all or shelf.stock.gateway_id in change.gateways:
                drawn[f"shelf-{shelf.stock.shelf_id}"] = self.fragments.shelf_head(snapshot, shelf)
        return drawn
