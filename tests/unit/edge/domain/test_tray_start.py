"""What a layout says of a tray's bottles reaches what is believed of them."""

from contract.layout import Category, Product
from edge.domain.profiles import ScaleProfile, with_product
from edge.domain.tray_belief import TrayBelief
from edge.domain.tray_start import BottleWeight, belief_of


def bottle(slot: str, category: Category) -> ScaleProfile:
    product = Product(
        id=f"product-{slot}", name=slot, category=category, volume_ml=1000, tare_weight_g=300
    )  # fmt: skip
    return with_product(ScaleProfile("tray", (slot,)), product)


def taught(*categories: Category) -> TrayBelief:
    """Of four bottles the last two were poured from, each its own measure; the first two weigh the same."""
    weights_g = {"a": 900.0, "b": 900.0, "c": 820.0, "d": 740.0}
    bottles = [bottle(slot, category) for slot, category in zip(weights_g, categories, strict=True)]
    tray = belief_of(bottles, {slot: BottleWeight(grams, 0.7) for slot, grams in weights_g.items()})
    for slot, pour_g in [("c", 40.0), ("d", 25.0)] * 5:
        tray.lift(weights_g[slot], 0.1)
        weights_g[slot] -= pour_g
        tray.put(weights_g[slot], 0.1)
    return tray


def share_of_second(tray: TrayBelief) -> float:
    tray.lift(900, 0.1)
    return float(tray.put(875, 0.1).share[1])


def test_a_bottle_is_thought_to_be_poured_like_others_of_its_category() -> None:
    spirit, liqueur = Category.SPIRIT, Category.LIQUEUR
    assert share_of_second(taught(spirit, liqueur, spirit, liqueur)) > 0.7
    assert share_of_second(taught(liqueur, spirit, spirit, liqueur)) < 0.3


def test_among_bottles_of_one_category_no_kind_tells() -> None:
    tray = taught(*[Category.SPIRIT] * 4)
    assert 0.4 < share_of_second(tray) < 0.6


def test_a_scale_that_carries_another_bottle_pours_like_that() -> None:
    gin, wine = bottle("a", Category.SPIRIT), bottle("b", Category.WINE)
    assert gin.carrying(wine).category is Category.WINE
