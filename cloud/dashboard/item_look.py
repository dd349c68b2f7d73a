"""One look at a product: asks the services what its page is drawn from."""

from datetime import timedelta

from cloud.dashboard.item import PAST_DAYS, ItemView, item_view
from cloud.dashboard.snapshot import SiteSnapshot
from cloud.problems import NotFound
from cloud.services import Services


async def look_at_item(services: Services, snapshot: SiteSnapshot, product_id: str) -> ItemView:
    """Read a product's demand and forecast. Raises NotFound when the site has no such product."""
    site_id, today = snapshot.site.site_id, snapshot.day.business_day
    found = [view for view in snapshot.products if view.stock.product_id == product_id]
    if not found:
        raise NotFound(
            f"{snapshot.site.name} has no product {product_id[:63]!r}; the list Stock has them all"
        )
    since_on = today - timedelta(days=PAST_DAYS)
    days = await services.demand.days(site_id, product_id, since_on, PAST_DAYS + 1)
    forecasts = await services.forecasts.latest(site_id, [product_id])
    accuracy = await services.forecasts.accuracy(site_id)
    return item_view(found[0], days, forecasts[0] if forecasts else None, accuracy, today)
