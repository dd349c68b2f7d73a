"""From what the services say to the inputs of a plan. Pure: it asks nobody and reads no clock."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from math import hypot, sqrt
from zoneinfo import ZoneInfo

from cloud.counts.schemas import StoreStock
from cloud.forecasts.schemas import IssuedForecast
from cloud.ordering.classic import DAYS_PER_WEEK, RULE_OF_THUMB_WEEKS
from cloud.ordering.inputs import ArticleInput, Inputs, OrderSettings, ProductInput, SupplierInput
from cloud.ordering.lateness import Lateness, whole_days
from cloud.ordering.uncertainty import sigma_above
from cloud.orders.schemas import OrderedUnits
from cloud.sites.schemas import BusinessDay, SiteSummary
from cloud.stock.schemas import ProductStock
from cloud.suppliers.schemas import Article, Supplier

GUESSED_DISPERSION = 3.0
"""Variance per mean of a use that is only guessed: wide on purpose."""
GUESSED_LENGTHS = (1, 7, 14)
MOVED_SIGMA = 0.3
"""Bottles, for each one that was carried out of a store room or delivered since it was counted: one may have
been missed, broken or lent."""
ORDERS_BACK_DAYS = 90
"""A count older than that knows no deliveries that came before."""


def gather(
    site: SiteSummary,
    day: BusinessDay,
    now: datetime,
    *,
    stock: Sequence[ProductStock],
    forecasts: Sequence[IssuedForecast],
    suppliers: Sequence[Supplier],
    articles: Sequence[Article],
    ordered: Sequence[OrderedUnits],
    lateness: Mapping[str, Lateness],
    stores: Mapping[str, StoreStock],
    reserves: Mapping[str, float],
    settings: OrderSettings,
) -> Inputs:
    """Everything a plan of the site is made from, at `now`."""
    local = now.astimezone(ZoneInfo(site.timezone))
    by_product: dict[str, list[ArticleInput]] = {}
    life: dict[str, int] = {}
    for article in articles:
        if article.product_id is not None:
            by_product.setdefault(article.product_id, []).append(_article(article))
            if article.shelf_life_days is not None:
                life[article.product_id] = min(
                    life.get(article.product_id, article.shelf_life_days), article.shelf_life_days
                )
    foretold = {forecast.product_id: forecast for forecast in forecasts}
    left = _left_of_today(day, now)
    orders = _Orders(ordered, lateness, local.date())
    return Inputs(
        site_id=site.site_id,
        now=local,
        suppliers=tuple(_supplier(each, lateness.get(each.supplier_id)) for each in suppliers),
        products=tuple(
            _product(
                product,
                foretold.get(product.product_id),
                articles=tuple(by_product.get(product.product_id, ())),
                coming=orders.coming(product.product_id),
                store=_store(stores.get(product.product_id), orders, local),
                shelf_life_days=life.get(product.product_id),
                at_least=reserves.get(product.product_id, 0.0),
                today=local.date(),
                left=left,
                days=settings.days,
            )
            for product in stock
        ),
        settings=settings,
        provenance=_provenance(forecasts),
    )


def _left_of_today(day: BusinessDay, now: datetime) -> float:
    """Share of the business day that is still to come, 0..1."""
    whole = (day.ends_at - day.starts_at).total_seconds()
    return min(1.0, max(0.0, (day.ends_at - now).total_seconds() / whole))


class _Orders:
    """Approved orders by product: what is on its way, and what came since a day.

    What nobody confirmed counts as come on the day after it was expected.
    """

    def __init__(
        self, ordered: Sequence[OrderedUnits], lateness: Mapping[str, Lateness], today: date
    ) -> None:
        self._today = today
        self._by_product: dict[str, list[tuple[date, bool, float]]] = {}
        for each in ordered:
            late = lateness.get(each.supplier_id)
            expected_on = each.promised_on + timedelta(days=whole_days(late.mean_days if late else 0.0))
            entry = (each.came_on or expected_on, each.came_on is not None, each.units)
            self._by_product.setdefault(each.product_id, []).append(entry)

    def coming(self, product_id: str) -> tuple[tuple[date, float], ...]:
        """(day, bottles) from today on."""
        mine = self._by_product.get(product_id, ())
        return tuple((on, units) for on, has_come, units in mine if not has_come and on >= self._today)

    def came_after(self, product_id: str, day: date) -> float:
        """Bottles that came after a day."""
        return sum(
            units
            for on, has_come, units in self._by_product.get(product_id, ())
            if on > day and (has_come or on < self._today)
        )


def _store(store: StoreStock | None, orders: _Orders, local: datetime) -> tuple[float, float]:
    """Bottles in store rooms and one sigma of them; nothing where nobody counted."""
    if store is None:
        return 0.0, 0.0
    came = orders.came_after(store.product_id, store.counted_at.astimezone(local.tzinfo).date())
    return max(0.0, store.counted + came - store.carried), MOVED_SIGMA * sqrt(came + store.carried)


def _product(
    stock: ProductStock,
    forecast: IssuedForecast | None,
    *,
    articles: tuple[ArticleInput, ...],
    coming: tuple[tuple[date, float], ...],
    store: tuple[float, float],
    shelf_life_days: int | None,
    at_least: float,
    today: date,
    left: float,
    days: int,
) -> ProductInput:
    bottle = stock.bottle_volume_ml
    mean, sums, basis = _demand(stock, forecast, today, days)
    if mean:
        # What was poured already will not be poured again; but the rest of the night is not nothing.
        mean = (max(mean[0] - stock.poured_today_ml / bottle, mean[0] * left), *mean[1:])
    return ProductInput(
        product_id=stock.product_id,
        name=stock.name,
        on_hand_units=stock.on_hand_ml / bottle + store[0],
        on_hand_sigma=hypot(stock.on_hand_sigma_ml / bottle, store[1]),
        daily_mean=mean,
        sum_sigma=sums,
        articles=articles,
        open_orders=coming,
        par_units=stock.par_bottles,
        bottle_ml=bottle,
        shelf_life_days=shelf_life_days,
        basis=basis,
        category=stock.category,
        store_units=store[0],
        at_least_units=at_least,
    )


def _demand(
    stock: ProductStock, forecast: IssuedForecast | None, today: date, days: int
) -> tuple[tuple[float, ...], dict[int, float], str]:
    """Mean of each day, spread of sums by their length, and where that comes from; in bottles."""
    bottle = stock.bottle_volume_ml
    if forecast is None:
        return _guess(stock.par_bottles, days)
    first = max(today, forecast.run.starts_on)
    mean = tuple(forecast.day(first + timedelta(days=day)).mean_ml / bottle for day in range(days))
    sums = {
        length: sigma_above(total, forecast.run.levels, quantiles) / bottle
        for length, total, quantiles in zip(
            forecast.run.leads, forecast.sum_mean_ml, forecast.sum_quantiles_ml, strict=True
        )
    }
    return mean, sums, forecast.basis


def _guess(par_bottles: float | None, days: int) -> tuple[tuple[float, ...], dict[int, float], str]:
    """Without a forecast: the use that the manager's par speaks of, by the usual rule of thumb."""
    if not par_bottles:
        return (0.0,) * days, {}, "no forecast and no par"
    daily = par_bottles / (RULE_OF_THUMB_WEEKS * DAYS_PER_WEEK)
    sums = {length: sqrt(GUESSED_DISPERSION * daily * length) for length in GUESSED_LENGTHS}
    return (daily,) * days, sums, "guessed from par"


def _article(article: Article) -> ArticleInput:
    return ArticleInput(
        supplier_id=article.supplier_id,
        article_id=article.article_id,
        pack_units=article.pack_units,
        price_breaks=tuple((step.min_cases, step.unit_price) for step in article.prices),
        deposit=article.deposit,
    )


def _supplier(supplier: Supplier, late: Lateness | None) -> SupplierInput:
    return SupplierInput(
        supplier_id=supplier.supplier_id,
        name=supplier.name,
        order_weekdays=supplier.order_weekdays,
        cut_off=supplier.cut_off,
        lead_days=supplier.lead_days,
        delivery_weekdays=supplier.delivery_weekdays,
        closed_on=supplier.closed_on,
        minimum_order_value=supplier.minimum_order_value,
        delivery_fee=supplier.delivery_fee,
        is_closed=supplier.is_closed,
        late_days=late.mean_days if late else 0.0,
        late_sigma_days=late.sigma_days if late else 0.0,
    )


def _provenance(forecasts: Sequence[IssuedForecast]) -> dict[str, str]:
    if not forecasts:
        return {"forecast": "none issued yet: use is guessed from par"}
    run = forecasts[0].run
    said = {"forecast": f"{run.number}, {run.method}, made {run.made_at.isoformat()}"}
    if forecasts[0].stale:
        said["stale"] = forecasts[0].stale
    return said
