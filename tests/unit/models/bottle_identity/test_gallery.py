"""The gallery's rule, on vectors made by hand."""

import pytest

np = pytest.importorskip("numpy")

from models.bottle_identity.gallery import MOST_CROPS, MOST_PRODUCTS, Gallery, calibrated, unit  # noqa: E402

EAST, NORTH, UP = np.eye(3)


def bar() -> Gallery:
    empty = Gallery(threshold=0.6, temperature=0.05)
    return empty.enrolled("gin", np.stack([EAST, EAST, UP])).enrolled("rum", np.stack([NORTH, NORTH]))


def test_a_crop_like_an_enrolled_one_gets_its_name() -> None:
    answer = bar().name(unit((EAST + 0.2 * NORTH)[None])[0])
    assert answer.product == "gin"
    assert answer.certainty > 0.9


def test_a_crop_like_none_is_unknown() -> None:
    answer = bar().name(unit((EAST + NORTH - 3 * UP)[None])[0])
    assert answer.product is None
    assert answer.similarity < 0.6


def test_a_crop_between_two_products_is_not_certain() -> None:
    answer = bar().name(unit((EAST + NORTH)[None])[0])
    assert answer.certainty == pytest.approx(0.47, abs=0.03)


def test_two_similar_crops_outweigh_one() -> None:
    alike = bar().similarities(EAST[None])[0]
    assert alike == pytest.approx([1.0, 0.0])


def test_an_empty_gallery_knows_nothing() -> None:
    answer = Gallery(0.6, 0.05).name(EAST)
    assert answer.product is None
    assert answer.certainty == 1.0


def test_enrolling_again_replaces_and_keeps_the_newest_crops() -> None:
    again = bar().enrolled("gin", np.tile(UP, (MOST_CROPS + 3, 1)))
    assert sorted(again.products) == ["gin", "rum"]
    assert len(again.crops[again.products.index("gin")]) == MOST_CROPS
    assert again.name(UP).product == "gin"


def test_a_product_without_crops_is_refused() -> None:
    with pytest.raises(ValueError, match="three to five"):
        bar().enrolled("vodka", np.zeros((0, 3)))


def test_a_full_gallery_says_so() -> None:
    names = tuple(str(number) for number in range(MOST_PRODUCTS))
    full = Gallery(0.6, 0.05, names, (EAST[None],) * MOST_PRODUCTS)
    with pytest.raises(ValueError, match="remove one"):
        full.enrolled("one more", EAST[None])


def test_calibration_flags_the_share_of_strangers_it_was_asked_for() -> None:
    dice = np.random.default_rng(2)
    known = [(np.array([0.9, 0.1]) + dice.normal(0, 0.05, 2), 0) for _ in range(100)]
    strangers = [(dice.uniform(0.0, 0.8, 2), None) for _ in range(100)]
    found = calibrated(known + strangers, 0.9)
    assert sum(row.max() < found.threshold for row, _ in strangers) == 90
    assert 0.01 <= found.temperature <= 0.3


def test_calibration_makes_the_probabilities_true() -> None:
    dice = np.random.default_rng(3)
    known = [(dice.normal([0.8, 0.3, 0.3], 0.12), 0) for _ in range(400)]
    strangers = [(dice.normal([0.4, 0.3, 0.3], 0.12), None) for _ in range(400)]
    found = calibrated(known + strangers, 0.95)
    rows = np.stack([row for row, _ in known + strangers])
    logits = np.column_stack([rows, np.full(len(rows), found.even)]) / found.temperature
    unknown = np.exp(logits[:, -1]) / np.exp(logits).sum(axis=1)
    doubtful = (unknown > 0.25) & (unknown < 0.75)
    is_strange = np.array([right is None for _, right in known + strangers])
    assert doubtful.sum() > 40
    assert abs(is_strange[doubtful].mean() - unknown[doubtful].mean()) < 0.15
