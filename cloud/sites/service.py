"""Rules of sites: which there are, when their business day runs, what an import of a layout changes."""

from datetime import date, datetime

from cloud.clock import Clock
from cloud.problems import NoSuchSite, NotFound
from cloud.sites.business_day import business_day, business_day_on
from cloud.sites.changes import changes_between
from cloud.sites.repo import SitesRepo
from cloud.sites.schemas import BusinessDay, SiteSummary
from contract.layout import SiteLayout


class SitesService:
    """Asks the repo; raises NotFound where there is nothing."""

    def __init__(self, repo: SitesRepo, clock: Clock) -> None:
        self._repo = repo
        self._clock = clock

    async def sites(self) -> list[SiteSummary]:
        """Every site, by name."""
        return await self._repo.sites()

    async def site(self, site_id: str) -> SiteSummary:
        """One site. Raises NotFound."""
        site = await self._repo.site(site_id)
        if site is None:
            raise NoSuchSite(f"there is no site {site_id!r}; the list of sites has the names")
        return site

    async def day(self, site_id: str, now: datetime) -> BusinessDay:
        """The business day of a site that `now` lies in. Raises NotFound."""
        site = await self.site(site_id)
        return business_day(now, site.timezone, site.day_ends_at)

    async def day_on(self, site_id: str, on: date) -> BusinessDay:
        """The business day of a site with this date. Raises NotFound."""
        site = await self.site(site_id)
        return business_day_on(on, site.timezone, site.day_ends_at)

    async def layout(self, site_id: str) -> SiteLayout:
        """The whole layout of a site. Raises NotFound."""
        layout = await self._repo.layout(site_id)
        if layout is None:
            raise NoSuchSite(f"there is no site {site_id!r}; import its layout first")
        return layout

    async def layout_for(self, gateway_id: str) -> SiteLayout:
        """The part of a layout that one gateway needs. Raises NotFound."""
        site_id = await self._repo.site_of_gateway(gateway_id)
        try:
            if site_id is not None:
                return (await self.layout(site_id)).for_gateway(gateway_id)
        except KeyError:
            pass
        raise NotFound(f"no site has a gateway {gateway_id!r}; import a layout that names it")

    async def import_layout(self, layout: SiteLayout) -> list[str]:
        """Bring the database to a layout and return what changed, in words; nothing twice.

        Raises Malformed when the layout names a gateway that belongs to another site.
        """
        before = await self._repo.put_layout(layout, self._clock.now())
        return changes_between(before, layout)
