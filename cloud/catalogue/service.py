"""Rules of the catalogue: the products of a site."""

from cloud.catalogue.repo import CatalogueRepo
from cloud.catalogue.schemas import ProductEntry


class CatalogueService:
    """Products and the profiles of their bottles; they come with the site's layout."""

    def __init__(self, repo: CatalogueRepo) -> None:
        self._repo = repo

    async def products(self, site_id: str) -> list[ProductEntry]:
        """The products of a site, by name."""
        return await self._repo.products(site_id)
