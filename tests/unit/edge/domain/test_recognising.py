"""What is believed of a bottle's product over many looks."""

import numpy as np
import pytest

from contract.sightings import SightState
from edge.domain.recognising import ALIKE, Recognition
from edge.domain.sight import Box, Recognised, SlotLook

NAMES = ("gin", "rum", "tequila", None)


def says(product: str | None, share: float = 0.95) -> SlotLook:
    """A look that by itself says this."""
    shares = {name: share if name == product else (1 - share) / (len(NAMES) - 1) for name in NAMES}
    return SlotLook("top-1", SightState.STANDING, Box(0, 0, 0.1, 0.5), 0.9, who=Recognised.likeliest(shares))


def after(looks: list[tuple[SlotLook, int | None, float | None]], home: str | None = "gin") -> Recognition:
    belief = Recognition(home)
    for one, handled, weight_g in looks:
        belief.take(one, handled, weight_g)
    return belief


def test_a_bottle_that_turns_its_back_once_stays_who_it_was() -> None:
    belief = after([(says("gin"), 0, 900.0), (says("gin"), 0, 900.0), (says(None), 1, 870.0)])
    assert belief.answer.product_id == "gin"
    assert belief.answer.score < 0.99
    assert not belief.agrees
    assert belief.is_torn


def test_another_bottle_is_known_when_its_looks_go_on_saying_so() -> None:
    belief = after([(says("gin"), 0, 900.0)] * 3 + [(says("rum", 0.99), 1, 880.0)] * 3)
    assert belief.answer.product_id == "rum"
    assert belief.agrees


def test_a_weight_that_no_measure_explains_makes_an_exchange_likely() -> None:
    same = after([(says("gin"), 0, 900.0)] * 3 + [(says(None, 0.8), 1, 880.0)])
    other = after([(says("gin"), 0, 900.0)] * 3 + [(says(None, 0.8), 1, 1150.0)])
    assert same.answer.product_id == "gin"
    assert other.answer.product_id is None


def test_many_looks_of_one_standing_count_as_few() -> None:
    before = np.log((1 / 6) / (5 / 6))

    def gained(looks: int) -> float:
        score = after([(says("rum", 0.9), None, None)] * looks, home=None).answer.score
        return np.log(score / (1 - score)) - before

    assert gained(1) < gained(2) < gained(100) < gained(1) / ALIKE


def test_looks_of_new_standings_add_up() -> None:
    still = after([(says("gin", 0.9), 0, 900.0)] * 4, home=None)
    turned = after([(says("gin", 0.9), number, 900.0 - 30 * number) for number in range(4)], home=None)
    assert turned.answer.score > still.answer.score


def test_a_bottle_that_left_a_slot_without_a_scale_is_asked_anew() -> None:
    gone = SlotLook("top-1", SightState.ABSENT)
    stays = after([(says("gin"), None, None)] * 3 + [(says("rum", 0.99), None, None)] * 2)
    left = after(
        [(says("gin"), None, None)] * 3 + [(gone, None, None)] + [(says("rum", 0.99), None, None)] * 2
    )
    assert stays.answer.product_id == "gin"
    assert left.answer.product_id == "rum"


def test_a_product_that_nobody_enrolled_is_not_called_strange_at_home() -> None:
    assert after([(says(None), 0, 900.0)] * 3, home="absinthe").answer is None
    assert after([(says("rum"), 0, 900.0)] * 3, home="absinthe").answer.product_id == "rum"


def test_enrolling_another_product_begins_anew() -> None:
    belief = after([(says("gin"), 0, 900.0)] * 3)
    shares = {"gin": 0.2, "rum": 0.1, "new": 0.6, "tequila": 0.05, None: 0.05}
    belief.take(SlotLook("top-1", SightState.STANDING, who=Recognised.likeliest(shares)), 0, 900.0)
    assert belief.answer.shares.keys() == shares.keys()


def test_a_hidden_bottle_and_one_that_nobody_asks_change_nothing() -> None:
    belief = after([(says("gin"), 0, 900.0)] * 3)
    before = belief.answer
    hidden = SlotLook("top-1", SightState.HIDDEN)
    assert belief.take(hidden, 0, 900.0) == hidden
    assert belief.answer == before
    nobody = SlotLook("top-1", SightState.STANDING)
    assert Recognition("gin").take(nobody, 0, 900.0) == nobody


@pytest.mark.parametrize("share", [1.0, 1.0 - 1e-15])
def test_certainty_is_never_proof(share) -> None:
    belief = after([(says("rum", share), 0, 900.0)] * 50 + [(says("gin", share), 1, 900.0)] * 50)
    assert belief.answer.product_id == "gin"
