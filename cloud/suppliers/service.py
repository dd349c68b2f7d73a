"""Rules of suppliers: what an import changes before it changes it, and whose millilitre is the cheapest."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from cloud.catalogue.schemas import ProductEntry
from cloud.catalogue.service import CatalogueService
from cloud.clock import Clock
from cloud.db.pool import Database
from cloud.ordering.lateness import lateness_of
from cloud.problems import Malformed, NotFound
from cloud.sites.service import SitesService
from cloud.suppliers.changes import (
    MAX_SENTENCES,
    changes_of_articles,
    changes_of_suppliers,
    matched,
    unmatched,
)
from cloud.suppliers.price_list import NotAPriceListError, read_price_list
from cloud.suppliers.repo import SuppliersRepo
from cloud.suppliers.schemas import (
    Article,
    ImportPreview,
    OfferPrice,
    PriceList,
    ProductPricing,
    Supplier,
)

MAX_SUPPLIERS = 40


class SuppliersService:
    """Suppliers of a site, their articles and prices."""

    def __init__(
        self,
        database: Database,
        repo: SuppliersRepo,
        sites: SitesService,
        catalogue: CatalogueService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._repo = repo
        self._sites = sites
        self._catalogue = catalogue
        self._clock = clock

    async def suppliers(self, site_id: str) -> list[Supplier]:
        """The suppliers of a site, by name. Raises NotFound."""
        await self._sites.site(site_id)
        return await self._repo.suppliers(site_id)

    async def articles(self, site_id: str) -> list[Article]:
        """What they sell, with prices. Raises NotFound."""
        await self._sites.site(site_id)
        return await self._repo.articles(site_id)

    async def close(self, site_id: str, supplier_id: str, *, is_closed: bool) -> None:
        """Mark a supplier as closed for now, or as open again. Raises NotFound."""
        if not await self._repo.close(site_id, supplier_id, is_closed=is_closed):
            raise NotFound(f"there is no supplier {supplier_id!r} at {site_id!r}")

    async def set_delay(self, site_id: str, supplier_id: str, usual_days: float, spread_days: float) -> None:
        """Note how late a supplier usually comes and by how much that varies, in days.

        Raises NotFound, Malformed.
        """
        try:
            lateness_of((), usual_days, spread_days)
        except ValueError as fault:
            raise Malformed(str(fault)) from None
        if not await self._repo.set_delay(site_id, supplier_id, usual_days, spread_days):
            raise NotFound(f"there is no supplier {supplier_id!r} at {site_id!r}")

    async def import_list(self, site_id: str, text: str, *, apply: bool) -> ImportPreview:
        """Say what a CSV of terms or prices changes, and with `apply` change it, all or nothing.

        Raises Malformed for a file that is neither, NotFound for an unknown site. Lines that cannot be read
        are named and left out; articles of suppliers nobody has described make these suppliers, without a
        calendar.
        """
        try:
            said = read_price_list(text)
        except NotAPriceListError as fault:
            raise Malformed(str(fault)) from None
        before = {supplier.supplier_id: supplier for supplier in await self.suppliers(site_id)}
        products = await self._catalogue.products(site_id)
        articles = matched(said.articles, products)
        suppliers = _with_new(said, before)
        if len(before.keys() | {s.supplier_id for s in suppliers}) > MAX_SUPPLIERS:
            raise Malformed(f"a site has at most {MAX_SUPPLIERS} suppliers; the file names more")
        known = {(a.supplier_id, a.article_id): a for a in await self._repo.articles(site_id)}
        changes = [*changes_of_suppliers(before, suppliers), *changes_of_articles(known, articles)]
        if apply:
            async with self._database.transaction() as connection:
                await self._repo.put(connection, site_id, suppliers, articles, self._clock.now())
        return ImportPreview(
            changes=tuple(changes[:MAX_SENTENCES]),
            faults=said.faults,
            unchanged=len(said.suppliers) + len(said.articles) - len(changes),
            is_done=apply,
            unmatched=unmatched(said, articles, products),
        )

    async def pricing(self, site_id: str, product_id: str | None = None) -> list[ProductPricing]:
        """Every product with its offers side by side, the cheapest millilitre first. Raises NotFound."""
        products = await self._catalogue.products(site_id)
        suppliers = {supplier.supplier_id: supplier for supplier in await self.suppliers(site_id)}
        articles: defaultdict[str, list[Article]] = defaultdict(list)
        for article in await self._repo.articles(site_id):
            if article.product_id is not None:
                articles[article.product_id].append(article)
        wanted = [product for product in products if product_id in (None, product.product_id)]
        if product_id is not None and not wanted:
            raise NotFound(f"there is no product {product_id!r} at {site_id!r}")
        return [compared(product, articles[product.product_id], suppliers) for product in wanted]


def compared(
    product: ProductEntry, articles: Sequence[Article], suppliers: dict[str, Supplier]
) -> ProductPricing:
    """Every price of a product by the litre; each price break is an offer of its own."""
    offers = [
        OfferPrice(
            supplier_id=article.supplier_id,
            supplier_name=suppliers[article.supplier_id].name,
            article_id=article.article_id,
            article_name=article.name,
            pack_units=article.pack_units,
            bottle_ml=article.bottle_ml,
            min_cases=step.min_cases,
            unit_price=step.unit_price,
            price_per_litre=step.unit_price / article.bottle_ml * 1000,
            deposit=article.deposit,
            is_cheapest=False,
            dearer_share=0.0,
            priced_at=article.priced_at,
        )
        for article in articles
        for step in article.prices
    ]
    offers.sort(key=lambda offer: (offer.price_per_litre, offer.supplier_name, offer.min_cases))
    least = offers[0].price_per_litre if offers else 1.0
    marked = (
        replace(o, is_cheapest=o.price_per_litre == least, dearer_share=o.price_per_litre / least - 1)
        for o in offers
    )
    return ProductPricing(product.product_id, product.name, product.volume_ml, tuple(marked))


def _with_new(said: PriceList, before: dict[str, Supplier]) -> list[Supplier]:
    """The suppliers of the file, and those that only its articles name."""
    named = {supplier.supplier_id: supplier for supplier in said.suppliers}
    for article in said.articles:
        if article.supplier_id not in named and article.supplier_id not in before:
            words = article.supplier_id.replace("-", " ").title()
            named[article.supplier_id] = Supplier(article.supplier_id, words)
    return [_keeping(supplier, before.get(name)) for name, supplier in named.items()]


def _keeping(supplier: Supplier, before: Supplier | None) -> Supplier:
    """The file's terms, with what no file says."""
    if before is None:
        return supplier
    return replace(
        supplier,
        is_closed=before.is_closed,
        usual_delay_days=before.usual_delay_days,
        delay_spread_days=before.delay_spread_days,
    )
