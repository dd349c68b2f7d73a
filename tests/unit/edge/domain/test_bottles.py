from edge.domain.bottles import by_full_weight
from edge.domain.profiles import ScaleProfile

GIN = ScaleProfile("a", product_id="gin", full_weight_g=1158)
RUM = ScaleProfile("b", product_id="rum", full_weight_g=1165)
WINE = ScaleProfile("c", product_id="wine", full_weight_g=1250)
UNKNOWN = ScaleProfile("d")


def test_the_expected_product_is_believed_though_another_fits_a_little_better() -> None:
    assert by_full_weight(1163, [GIN], [RUM, WINE]) is GIN


def test_a_clearly_better_fit_is_another_product() -> None:
    assert by_full_weight(1248, [GIN], [RUM, WINE]) is WINE


def test_a_weight_that_no_full_bottle_has_is_nobodys() -> None:
    assert by_full_weight(1210, [GIN], [RUM, WINE, UNKNOWN]) is None
