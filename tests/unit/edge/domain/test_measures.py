import numpy as np
import pytest

from edge.domain import measures

FIRST = np.array([0])


def learned(*poured_ml: float) -> np.ndarray:
    pours = measures.no_pours(1, 2)
    for one in poured_ml:
        measures.count(pours, FIRST, FIRST, np.array([one]))
    return pours


def at(pours: np.ndarray, *sizes_ml: float, bottle: int = 0) -> list[float]:
    sizes = np.array([sizes_ml])
    return measures.density(pours, sizes, np.full(sizes.size, bottle))[0].tolist()


def test_the_density_is_one() -> None:
    sizes_ml = np.arange(0.5, 600, 0.5)
    for pours in (learned(), learned(*[40.0] * 30)):
        total = measures.density(pours, sizes_ml[None], np.zeros(sizes_ml.size, np.intp)).sum() * 0.5
        assert total == pytest.approx(1, abs=0.06)


def test_what_is_poured_often_is_likelier() -> None:
    before, after = at(learned(), 40.0, 60.0), at(learned(*[40.0] * 20), 40.0, 60.0)
    assert after[0] > 3 * before[0]
    assert after[1] < before[1]


def test_another_product_learns_from_the_bar_but_less() -> None:
    pours = learned(*[40.0] * 20)
    assert at(learned(), 40.0)[0] < at(pours, 40.0, bottle=1)[0] < at(pours, 40.0)[0]


def test_a_product_learns_more_from_its_own_kind_than_from_the_bar() -> None:
    pours, kinds = measures.no_pours(1, 3), np.array([0, 0, 1])
    for _ in range(20):
        measures.count(pours, FIRST, FIRST, np.array([40.0]))
    bottles = np.array([1, 2])
    alike, other = measures.density(pours, np.full((1, 2), 40.0), bottles, kinds)[0]
    assert alike > 1.2 * other > 1.2 * at(learned(), 40.0)[0]


def test_the_density_is_one_for_every_kind() -> None:
    sizes_ml, pours = np.arange(0.5, 600, 0.5), learned(*[40.0] * 30)
    for bottle in (0, 1):
        bottles = np.full(sizes_ml.size, bottle)
        total = measures.density(pours, sizes_ml[None], bottles, np.array([0, 1])).sum() * 0.5
        assert total == pytest.approx(1, abs=0.06)


def test_nothing_and_less_is_no_pour() -> None:
    assert at(learned(), 0.0, -5.0, 900.0) == [0.0, 0.0, 0.0]


def test_old_pours_fade() -> None:
    pours = learned(*[40.0] * 300)
    assert pours.sum() == pytest.approx(measures.MAX_POURS, abs=0.1)
