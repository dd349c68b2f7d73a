"""Rules of the catalogue: the products of a site, and what a manager says of them by hand."""

from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite

from cloud.catalogue.repo import CatalogueRepo
from cloud.catalogue.schemas import Levels, ProductEntry
from cloud.problems import Malformed, NotFound

MAX_LEVEL_BOTTLES = 100_000
WORDS = {"par_bottles": "par", "at_least_bottles": "reserve"}


class CatalogueService:
    """Products and the profiles of their bottles; they come with the site's layout."""

    def __init__(self, repo: CatalogueRepo) -> None:
        self._repo = repo

    async def products(self, site_id: str) -> list[ProductEntry]:
        """The products of a site, by name."""
        return await self._repo.products(site_id)

    async def set_levels(self, site_id: str, levels: Mapping[str, Levels]) -> None:
        """Note what a manager says of some products; what is not said of one is forgotten.

        All of them or, with NotFound or Malformed, none.
        """
        for product_id, said in levels.items():
            for name, bottles in asdict(said).items():
                if bottles is not None and not (isfinite(bottles) and 0 <= bottles <= MAX_LEVEL_BOTTLES):
                    raise Malformed(
                        f"a {WORDS[name]} of {bottles:g} bottles of {product_id[:63]!r} cannot be; "
                        f"give 0 to {MAX_LEVEL_BOTTLES:,}"
                    )
        known = {entry.product_id for entry in await self._repo.products(site_id)}
        if unknown := sorted(levels.keys() - known):
            raise NotFound(f"there is no product {unknown[0][:63]!r} at {site_id!r}")
        await self._repo.set_levels(site_id, levels)
