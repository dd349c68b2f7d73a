"""What an open page needs to hear after a change: the fragments that may look different now.

The quick part (bottles and the log) is drawn first, because someone is watching the pour; sums, lists and
concerns follow. Implements cloud.live.hub.Painter.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cloud.dashboard.fragments import Fragments
from cloud.dashboard.snapshot import SiteSnapshot, look
from cloud.live.change import Change
from cloud.services import Services


@dataclass(frozen=True, slots=True)
class LiveSite:
    """Draws a site's changes from its services."""

    services: Services
    now: Callable[[], datetime]
    fragments: Fragments

    async def paint(self, site_id: str, change: Change) -> AsyncIterator[Mapping[str, str]]:
        """Yield element id -> HTML, the urgent part first; some may look as before."""
        snapshot = await look(self.services, site_id, self.now())
        yield self._urgent(snapshot, change)
        yield self._rest(snapshot, change)

    def time_stamp(self) -> str:
        """Bar time as an ISO instant, for the pulse that keeps the clocks of open pages right."""
        return self.now().isoformat(timespec="milliseconds")

    def _urgent(self, snapshot: SiteSnapshot, change: Change) -> dict[str, str]:
        drawn: dict[str, str] = {}
        if change.movements or change.is_all:
            drawn["pours"] = self.fragments.pours(snapshot)
        for shelf in snapshot.shelves:
            for view in shelf.slots:
                if change.is_all or view.stock.slot_id in change.slots:
                    drawn[f"slot-{view.stock.slot_id}"] = self.fragments.slot(snapshot, view)
        return drawn

    def _rest(self, snapshot: SiteSnapshot, change: Change) -> dict[str, str]:
        drawn: dict[str, str] = {"attention": self.fragments.attention(snapshot)}
        if change.movements or change.is_all:
            drawn["night"] = self.fragments.night(snapshot)
        for view in snapshot.products:
            if change.is_all or not change.slots.isdisjoint(view.stock.slots):
                drawn[f"product-{view.stock.product_id}"] = self.fragments.product(snapshot, view)
        for shelf in snapshot.shelves:
            if change.is_all or shelf.stock.gateway_id in change.gateways:
                drawn[f"shelf-{shelf.stock.shelf_id}"] = self.fragments.shelf_head(snapshot, shelf)
        return drawn
