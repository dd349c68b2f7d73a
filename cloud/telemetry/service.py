"""Rules of charts: how wide a bucket is, and how much may be asked at once."""

from datetime import date, datetime, timedelta

from cloud.problems import Malformed, NotFound
from cloud.telemetry.repo import TelemetryRepo
from cloud.telemetry.schemas import UsageOfDay, WeightChart

WIDTHS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}
MAX_BUCKETS = 1_500
"""Of one chart: a day in minutes, two months in hours, four years in days."""
MAX_DAYS = 400
"""Of usage in one answer."""


class TelemetryService:
    """What scales showed, and what was used."""

    def __init__(self, repo: TelemetryRepo) -> None:
        self._repo = repo

    async def weights(self, site_id: str, scale_id: str, since: datetime, until: datetime) -> WeightChart:
        """Return a chart in the narrowest buckets of which at most MAX_BUCKETS fit.

        Raises NotFound for a scale that the site does not have, Malformed for a range that is empty or
        too long even in days.
        """
        if since >= until:
            raise Malformed("`since` must lie before `until`")
        width = next((name for name, step in WIDTHS.items() if until - since <= MAX_BUCKETS * step), None)
        if width is None:
            raise Malformed(f"a chart spans at most {MAX_BUCKETS} days; ask for less at a time")
        scale_no = await self._repo.scale_no(site_id, scale_id)
        if scale_no is None:
            raise NotFound(f"site {site_id!r} has no scale {scale_id!r}; its layout names the scales")
        buckets = await self._repo.weights(width, scale_no, since, until)
        return WeightChart(round(WIDTHS[width].total_seconds()), buckets)

    async def usage(self, site_id: str, first_on: date, last_on: date) -> list[UsageOfDay]:
        """Return what was poured per product and business day. Raises Malformed for over MAX_DAYS days."""
        if not 0 <= (last_on - first_on).days < MAX_DAYS:
            raise Malformed(f"ask for 1 to {MAX_DAYS} days at a time")
        return await self._repo.usage(site_id, first_on, last_on)
