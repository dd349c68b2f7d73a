"""What an import would change, in sentences, and which product an article is."""

from dataclasses import replace

from cloud.catalogue.schemas import ProductEntry
from cloud.suppliers.changes import changes_of_articles, changes_of_suppliers, matched, unmatched
from cloud.suppliers.schemas import Article, PriceList, PriceStep, Supplier
from cloud.suppliers.service import compared

CAMPARI = ProductEntry("campari", "Campari", "liqueur", "ruby", 700.0, 505.0, 1.05, 2.0)
ARTICLE = Article("anker", "A-1", "Campari", 6, 700.0, (PriceStep(1, 12.9),), "campari")


def test_a_dearer_price_is_said_with_its_share():
    dearer = replace(ARTICLE, prices=(PriceStep(1, 13.545),))
    (sentence,) = changes_of_articles({("anker", "A-1"): ARTICLE}, [dearer])
    assert sentence == "Campari (A-1): price 12.90 -> 13.54 (+5.0%)."


def test_nothing_is_said_of_what_stays():
    assert list(changes_of_articles({("anker", "A-1"): ARTICLE}, [ARTICLE])) == []


def test_a_new_supplier_and_changed_terms_are_said():
    before = Supplier("anker", "Anker", (0,))
    assert list(changes_of_suppliers({}, [before])) == [
        "Anker: new supplier, orders Mon by 12:00, comes after 1 day."
    ]
    (sentence,) = changes_of_suppliers({"anker": before}, [replace(before, minimum_order_value=80.0)])
    assert sentence.endswith("comes after 1 day, minimum 80.00.")


def test_an_article_is_its_product_by_identifier_or_name_and_only_at_the_same_size():
    by_name = replace(ARTICLE, product_id=None)
    litre = replace(ARTICLE, bottle_ml=1000.0)
    unknown = replace(ARTICLE, product_id="absinthe")
    found = matched([ARTICLE, by_name, litre, unknown], [CAMPARI])
    assert [article.product_id for article in found] == ["campari", "campari", None, None]
    sentences = unmatched(PriceList(articles=(ARTICLE, by_name, litre, unknown)), found, [CAMPARI])
    assert sentences == (
        "Campari (A-1): 'campari' is not a bottle of 1000 ml here.",
        "Campari (A-1): 'absinthe' is the name of no product here; name one in the column product.",
    )


def test_offers_are_compared_by_the_litre():
    small = replace(ARTICLE, article_id="A-2", bottle_ml=350.0, prices=(PriceStep(1, 7.0),))
    suppliers = {"anker": Supplier("anker", "Anker")}
    pricing = compared(CAMPARI, [small, ARTICLE], suppliers)
    assert [offer.article_id for offer in pricing.offers] == ["A-1", "A-2"]
    assert [offer.is_cheapest for offer in pricing.offers] == [True, False]
    assert round(pricing.offers[1].price_per_litre, 3) == 20.0
    assert round(pricing.offers[1].dearer_share, 4) == 0.0853
