"""What an import would change, said in sentences; and which product an article is. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from cloud.catalogue.schemas import ProductEntry
from cloud.suppliers.price_list import WEEKDAYS
from cloud.suppliers.schemas import Article, PriceList, Supplier

MAX_SENTENCES = 500
SAME_SIZE = 0.02
"""Bottles whose volumes differ by more than this are not the same product's."""


def matched(articles: Sequence[Article], products: Sequence[ProductEntry]) -> tuple[Article, ...]:
    """The articles with the product they are: by its identifier or name, else by the article's name."""
    by_word = {product.name.casefold(): product for product in products}
    by_word |= {product.product_id.casefold(): product for product in products}

    def match(article: Article) -> Article:
        found = by_word.get((article.product_id or article.name).casefold())
        if found is None or abs(found.volume_ml - article.bottle_ml) > SAME_SIZE * found.volume_ml:
            return replace(article, product_id=None)
        return replace(article, product_id=found.product_id)

    return tuple(map(match, articles))


def unmatched(said: PriceList, known: Sequence[Article], products: Sequence[ProductEntry]) -> tuple[str, ...]:
    """A sentence for each article of which nobody knows the product; `known` are the matched ones."""
    names = {product.product_id.casefold() for product in products}
    names |= {product.name.casefold() for product in products}
    sentences = []
    for was, now in zip(said.articles, known, strict=True):
        if now.product_id is None:
            word = was.product_id or was.name
            why = (
                f"is not a bottle of {was.bottle_ml:g} ml here"
                if word.casefold() in names
                else "is the name of no product here; name one in the column product"
            )
            sentences.append(f"{was.name} ({was.article_id}): {word!r} {why}.")
    return tuple(sentences)


def changes_of_suppliers(before: Mapping[str, Supplier], after: Sequence[Supplier]) -> Iterator[str]:
    """One sentence for each supplier that is new or whose terms differ."""
    for supplier in after:
        was = before.get(supplier.supplier_id)
        if was is None:
            yield f"{supplier.name}: new supplier, {terms(supplier)}."
        elif was != supplier:
            yield f"{supplier.name}: {terms(was)} -> {terms(supplier)}."


def changes_of_articles(before: Mapping[tuple[str, str], Article], after: Sequence[Article]) -> Iterator[str]:
    """One sentence for each article that is new or differs."""
    for article in after:
        was = before.get((article.supplier_id, article.article_id))
        if was is None:
            yield f"{article.name} ({article.article_id}): new, {pack(article)} at {prices(article)}."
            continue
        differences = list(_differences(was, article))
        if differences:
            yield f"{article.name} ({article.article_id}): {'; '.join(differences)}."


def _differences(was: Article, now: Article) -> Iterator[str]:
    if prices(was) != prices(now):
        rise = now.prices[0].unit_price / was.prices[0].unit_price - 1 if was.prices else 0.0
        yield f"price {prices(was)} -> {prices(now)}" + (f" ({rise:+.1%})" if was.prices and rise else "")
    if pack(was) != pack(now):
        yield f"{pack(was)} -> {pack(now)}"
    for word, old, new in (
        ("name", was.name, now.name),
        ("product", was.product_id, now.product_id),
        ("barcode", was.barcode, now.barcode),
        ("deposit", was.deposit, now.deposit),
        ("shelf life", was.shelf_life_days, now.shelf_life_days),
    ):
        if old != new:
            yield f"{word} {_said(old)} -> {_said(new)}"


def pack(article: Article) -> str:
    """'6 x 700 ml'."""
    return f"{article.pack_units} x {article.bottle_ml:g} ml"


def prices(article: Article) -> str:
    """'11.20, from 5 cases 10.90'."""
    steps = [
        f"{step.unit_price:.2f}"
        if step.min_cases == 1
        else f"from {step.min_cases} cases {step.unit_price:.2f}"
        for step in article.prices
    ]
    return ", ".join(steps) or "no price"


def terms(supplier: Supplier) -> str:
    """'orders Mon Thu by 14:00, comes after 2 days, minimum 150.00, delivery 10.00'."""
    words = [
        f"orders {days(supplier.order_weekdays) or 'on no day'} by {supplier.cut_off:%H:%M}",
        f"comes after {supplier.lead_days} day{'' if supplier.lead_days == 1 else 's'}",
    ]
    if supplier.delivery_weekdays:
        words.append(f"delivers {days(supplier.delivery_weekdays)}")
    if supplier.minimum_order_value:
        words.append(f"minimum {supplier.minimum_order_value:.2f}")
    if supplier.delivery_fee:
        words.append(f"delivery {supplier.delivery_fee:.2f}")
    if supplier.closed_on:
        words.append(f"closed on {len(supplier.closed_on)} day{'' if len(supplier.closed_on) == 1 else 's'}")
    if supplier.is_closed:
        words.append("closed for now")
    return ", ".join(words)


def days(weekdays: Sequence[int]) -> str:
    """'Mon Thu'."""
    return " ".join(WEEKDAYS[day].capitalize() for day in weekdays)


def _said(value: object) -> str:
    return "none" if value is None else str(value)
