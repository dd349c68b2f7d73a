"""From weights to bottles and liquid."""

import pytest

from cloud.stock.weighing import BottleProfile, liquid_in, presence_of

GIN = BottleProfile(tare_weight_g=560, density_g_per_ml=0.936, volume_ml=700)


@pytest.mark.parametrize(
    ("weight_g", "on_hand_ml"),
    [(560 + 0.936 * 350, 350), (560, 0), (540, 0), (560 + 0.936 * 720, 700), (3, 0)],
)
def test_the_volume_stays_within_what_the_bottle_holds(weight_g, on_hand_ml):
    assert liquid_in(weight_g, 0.5, GIN).on_hand_ml == pytest.approx(on_hand_ml)


def test_the_uncertainty_adds_the_scales_and_the_empty_bottles():
    assert liquid_in(900, 4.2, GIN).sigma_ml == pytest.approx(7.0 / 0.936)


def test_no_bottle_has_no_uncertainty():
    assert liquid_in(12, 4.2, GIN).sigma_ml == 0


@pytest.mark.parametrize(
    ("quality", "weight_g", "presence"),
    [
        ("ok", 900, "standing"),
        ("ok", 281, "standing"),
        ("ok", 279, "absent"),
        ("unsettled", 900, "standing"),
        ("in_hand", 900, "in_hand"),
        ("in_hand", None, "in_hand"),
        ("silent", 900, "unknown"),
        ("stuck", 900, "unknown"),
        ("none", None, "unknown"),
        ("ok", None, "unknown"),
    ],
)
def test_presence_follows_the_newest_quality_and_the_last_weight(quality, weight_g, presence):
    assert presence_of(quality, weight_g, GIN) == presence


@pytest.mark.parametrize(("weight_g", "presence"), [(29, "absent"), (31, "standing")])
def test_without_a_product_anything_heavier_than_drift_is_a_bottle(weight_g, presence):
    assert presence_of("ok", weight_g, None) == presence
