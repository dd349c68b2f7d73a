"""cloud.dashboard.glyph: bottles that are filled by volume, not by height."""

import pytest

from cloud.dashboard.glyph import PROFILES, height_y, levels, outline_path, par_path, profile_of
from contract.layout import Category


def test_every_category_has_its_own_profile():
    assert {category.value for category in Category} == set(PROFILES)
    assert profile_of("wine") == "wine"
    assert profile_of(None) == "spirit"


@pytest.mark.parametrize("profile", PROFILES)
def test_a_full_bottle_stands_at_its_full_line_and_an_empty_one_at_the_floor(profile):
    assert height_y(profile, 0.0) == 156.0
    assert height_y(profile, 1.0) == pytest.approx(PROFILES[profile].full_y)
    assert height_y(profile, 7.0) == height_y(profile, 1.0)
    assert height_y(profile, -1.0) == 156.0


@pytest.mark.parametrize("profile", PROFILES)
def test_more_in_the_bottle_never_stands_lower(profile):
    heights = [height_y(profile, share / 50) for share in range(51)]
    assert heights == sorted(heights, reverse=True)


def test_the_first_half_of_a_bottle_takes_less_height_than_the_second():
    half, full = height_y("spirit", 0.5), height_y("spirit", 1.0)
    assert 156 - half < half - full


def test_a_straight_body_is_filled_evenly():
    y = [height_y("keg", share) for share in (0.3, 0.4, 0.5)]
    assert y[0] - y[1] == pytest.approx(y[1] - y[2], abs=0.05)


def test_the_soft_band_is_as_wide_as_the_uncertainty_and_centred():
    sure, unsure = levels("wine", 0.4, 0.0), levels("wine", 0.4, 0.1)
    assert sure.soft_height == pytest.approx(2.4)
    assert unsure.soft_y == pytest.approx(height_y("wine", 0.5), abs=0.06)
    assert unsure.body_y == pytest.approx(height_y("wine", 0.3), abs=0.06)


@pytest.mark.parametrize("profile", PROFILES)
def test_an_outline_is_one_closed_path(profile):
    path = outline_path(profile)
    assert path.startswith("M32 156")
    assert path.endswith("Z")
    assert path.count("M") == 1


def test_the_par_tick_stands_right_of_the_bottle_at_its_height():
    assert par_path("keg", 1.0) == "M62.4 72.0l5 -3v6z"
