"""Rules of movements: the pour log and the running business day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import sqrt
from uuid import UUID

from cloud.db.pool import Connection
from cloud.movements.repo import MovementsRepo
from cloud.movements.schemas import DaySummary, MovementHead, MovementLine, PourGroup, ProductPours
from cloud.sites.business_day import business_day, business_day_on, hours_of, same_local_time
from cloud.sites.schemas import BusinessDay
from cloud.sites.service import SitesService

MAX_LISTED = 500
TOP_PRODUCTS = 5
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)
LAST_ID = "f" * 32


class MovementsService:
    """Only the newest revision of each movement counts."""

    def __init__(self, repo: MovementsRepo, sites: SitesService) -> None:
        self._repo = repo
        self._sites = sites

    async def recent(
        self, site_id: str, limit: int, before: datetime | None = None, before_id: str | None = None
    ) -> list[MovementLine]:
        """The newest movements, newest first, at most MAX_LISTED.

        The next page comes with `before` and `before_id` of the last line; without before_id everything at
        the very instant `before` is left out.
        """
        last_id = before_id or ("0" * 32 if before else LAST_ID)
        return await self._repo.recent(
            site_id, min(limit, MAX_LISTED), before or END_OF_TIME, UUID(hex=last_id)
        )

    async def by_ids(self, site_id: str, ids: Sequence[str]) -> list[MovementLine]:
        """These movements of a site, newest first; unknown ones are left out."""
        return await self._repo.by_ids(site_id, [UUID(hex=each) for each in ids[:MAX_LISTED]])

    async def today(self, site_id: str, now: datetime) -> DaySummary:
        """The business day that `now` lies in. Raises NotFound."""
        site = await self._sites.site(site_id)
        day = business_day(now, site.timezone, site.day_ends_at)
        groups = await self._repo.pour_groups(site_id, day.starts_at, day.ends_at)
        week_ago = business_day_on(day.on - timedelta(days=7), site.timezone, site.day_ends_at)
        same_time = same_local_time(now, site.timezone, days_ago=7)
        last_week_ml = await self._repo.poured_between(site_id, week_ago.starts_at, same_time)
        return _summary(day, groups, last_week_ml)

    async def pours_by_product(self, site_id: str, now: datetime) -> dict[str, ProductPours]:
        """Pours of each product ever poured, by product_id, on the day of `now`. Raises NotFound."""
        day = await self._sites.day(site_id, now)
        return await self._repo.pours_by_product(site_id, day.starts_at)

    async def take(
        self, connection: Connection, gateway_no: int, site_no: int, heads: Sequence[MovementHead]
    ) -> None:
        """Bring movements to a batch's revisions, in the caller's transaction."""
        await self._repo.take(connection, gateway_no, site_no, heads)


def _summary(day: BusinessDay, groups: list[PourGroup], last_week_ml: float | None) -> DaySummary:
    by_hour: dict[int, float] = defaultdict(float)
    by_product: dict[str, float] = defaultdict(float)
    for group in groups:
        by_hour[group.hour] += group.poured_ml
        if group.product_name is not None:
            by_product[group.product_name] += group.poured_ml
    top = sorted(by_product.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP_PRODUCTS]
    return DaySummary(
        business_day=day.on,
        starts_at=day.starts_at,
        ends_at=day.ends_at,
        poured_ml=sum(group.poured_ml for group in groups),
        poured_sigma_ml=sqrt(sum(group.variance_ml2 for group in groups)),
        pours=sum(group.pours for group in groups),
        poured_ml_by_hour=[(start, by_hour[hour]) for hour, start in enumerate(hours_of(day))],
        top_products=top,
        same_time_last_week_ml=last_week_ml,
    )
