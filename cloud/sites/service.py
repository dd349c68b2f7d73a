"""Rules of sites: which there are, and when their business day begins and ends."""

from cloud.sites.schemas import SiteSummary


class SitesService:
    """Asks the repo; raises NotFound where there is nothing."""

    async def sites(self) -> list[SiteSummary]:
        """Every site, by name."""
        raise NotImplementedError

    async def site(self, site_id: str) -> SiteSummary:
        """One site. Raises NotFound."""
        raise NotImplementedError
