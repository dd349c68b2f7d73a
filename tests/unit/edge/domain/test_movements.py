import pytest

from contract.records import MovementKind
from edge.domain.movements import Change, doubts, kind_of, volume_ml
from edge.domain.profiles import ScaleProfile
from edge.domain.settling import Average

GIN = ScaleProfile(
    "cell", ("top-1",), product_id="gin", tare_weight_g=500, density_g_per_ml=0.94, full_weight_g=1158
)
UNKNOWN = ScaleProfile("cell", ("top-1",))


def change(before_g: float, after_g: float, **how) -> Change:
    how = {"was_lifted": True, **how}
    return Change(Average(before_g, 0.3, 50), Average(after_g, 0.3, 25), **how)


@pytest.mark.parametrize(
    ("before_g", "after_g", "kind"),
    [
        (900, 862, MovementKind.POUR),
        (900, 897, None),
        (900, 905, None),
        (600, 850, MovementKind.RESTOCK),
        (560, 1150, MovementKind.SWAP),
        (560, 1100, MovementKind.SWAP),
        (560, 1300, MovementKind.SWAP),
    ],
)
def test_a_lifted_bottle_is_named_by_its_change(before_g, after_g, kind) -> None:
    assert kind_of(change(before_g, after_g), GIN) is kind


@pytest.mark.parametrize(("lasted_s", "kind"), [(8.0, MovementKind.POUR), (60.0, None)])
def test_a_fall_in_place_is_a_pour_unless_it_creeps(lasted_s, kind) -> None:
    assert kind_of(change(12_000, 11_670, was_lifted=False, lasted_s=lasted_s), UNKNOWN) is kind


def test_a_small_step_of_a_heavy_keg_in_place_is_a_knock() -> None:
    assert kind_of(change(20_000, 19_950, was_lifted=False), UNKNOWN) is None


def test_a_bottle_that_left_whole_took_its_glass_with_it() -> None:
    assert volume_ml(MovementKind.REMOVAL, change(970, 0), GIN)[0] == pytest.approx(500)


def test_without_a_density_there_is_no_volume() -> None:
    assert volume_ml(MovementKind.POUR, change(900, 860), UNKNOWN) is None


def test_a_plain_pour_has_no_doubts() -> None:
    assert doubts(MovementKind.POUR, change(900, 862), GIN) == ()


@pytest.mark.parametrize(
    ("what", "kind", "sentence"),
    [
        (change(900, 892), "pour", "the pour is close to the noise"),
        (change(900, 862, in_haste=True), "pour", "the scale was still settling"),
        (change(900, 862, samples_missing=True), "pour", "the scale gave no values while the bottle moved"),
        (change(900, 862, was_lifted=False), "pour", "the weight changed without the bottle being lifted"),
        (change(1100, 700), "pour", "a very large pour: perhaps another bottle was put back"),
        (
            change(520, 440),
            "pour",
            "it now weighs less than its empty bottle: perhaps another bottle was put back",
        ),
        (
            change(560, 1300),
            "swap",
            "it weighs more than a full bottle of this product: perhaps another bottle was put here",
        ),
    ],
)
def test_a_doubt_is_said_in_plain_words(what, kind, sentence) -> None:
    assert doubts(MovementKind(kind), what, GIN) == (sentence,)


def test_a_bottle_that_comes_back_lighter_says_so() -> None:
    back = change(0, 850, away_g=900)
    assert kind_of(back, GIN) is MovementKind.RETURN
    assert doubts(MovementKind.RETURN, back, GIN) == (
        "it came back lighter than it left: what was poured away from the shelf is not counted as a pour",
    )
