import numpy as np
import pytest

from contract.device import DeviceFrame
from contract.layout import Product, SiteLayout
from contract.records import Movement, MovementKind, SlotShare, Stage
from edge.domain.bottle_lives import NO_LIVES, BottleLives, KeptLives, Life
from edge.domain.engine import Engine
from edge.domain.refusals import Refusals

GIN = Product(
    id="gin", name="Gin", category="spirit", volume_ml=700, tare_weight_g=500, density_g_per_ml=0.94
)
CONTENT_G = 700 * 0.94


def said(
    kind: MovementKind, before_g: float, after_g: float, *, name: int, slot: str = "top-1",
    stage: Stage = Stage.FINAL,
) -> Movement:  # fmt: skip
    return Movement(
        movement_id=f"{name:032x}", revision=2, stage=stage, movement=kind, scale_id="cell",
        posterior=(SlotShare(slot_id=slot, probability=1.0),), product_id="gin", weight_before_g=before_g,
        weight_after_g=after_g, delta_sigma_g=0.5, duration_s=5,
    )  # fmt: skip


def after(*swaps: tuple[float, float]) -> BottleLives:
    """Return what is learned from swaps: (what left, what came) at one slot."""
    lives = BottleLives({"gin": GIN})
    for name, (left_g, came_g) in enumerate(swaps):
        lives.take(said(MovementKind.SWAP, left_g, came_g, name=name))
    return lives


def test_two_bottles_that_came_full_and_left_empty_tell_what_the_glass_weighs() -> None:
    lives = after((900, 540 + CONTENT_G), (545, 543 + CONTENT_G), (548, 1200))
    tare = lives.tare("gin")
    assert tare.weight_g == pytest.approx(541.5, abs=0.1)
    assert (tare.lives, tare.sigma_g) == (2, pytest.approx(8 / 2**0.5))
    assert lives.advice("gin") == (
        "2 bottles weighed 542 g when empty, the product says 500 g: correct the tare weight of Gin"
    )


def test_one_bottle_is_not_enough() -> None:
    assert after((900, 540 + CONTENT_G), (545, 1200)).tare("gin") is None


def test_a_bottle_that_came_opened_or_left_half_full_teaches_nothing() -> None:
    opened, half = (540 + 300.0), (540 + 350.0)
    lives = after((900, opened), (545, 540 + CONTENT_G), (half, opened), (545, 1200), (548, 1190))
    assert lives.tare("gin") is None


def test_bottles_of_two_glasses_tell_no_tare() -> None:
    assert after((900, 540 + CONTENT_G), (545, 620 + CONTENT_G), (625, 1200)).tare("gin") is None


def test_a_tare_that_is_about_right_is_not_worth_a_word() -> None:
    lives = after((900, 505 + CONTENT_G), (508, 507 + CONTENT_G), (512, 1200))
    assert lives.tare("gin").weight_g == pytest.approx(506, abs=0.1)
    assert lives.advice("gin") is None


def test_a_bottle_that_is_taken_away_and_followed_later_has_lived_too() -> None:
    lives = BottleLives({"gin": GIN})
    for name in range(2):
        lives.take(said(MovementKind.RESTOCK, 0, 540 + CONTENT_G, name=2 * name))
        lives.take(said(MovementKind.REMOVAL, 544, 0, name=2 * name + 1))
    assert lives.tare("gin").lives == 2


def test_a_correction_takes_back_what_was_taught() -> None:
    lives = after((900, 540 + CONTENT_G), (545, 543 + CONTENT_G), (548, 1200))
    lives.take(said(MovementKind.RETURN, 548, 548, name=2, stage=Stage.CORRECTED))
    assert lives.tare("gin") is None
    lives.take(said(MovementKind.SWAP, 547, 1201, name=9))
    assert lives.tare("gin").lives == 2


def test_a_bottle_that_comes_back_has_not_left() -> None:
    lives = after((900, 540 + CONTENT_G))
    lives.take(said(MovementKind.REMOVAL, 545, 0, name=5))
    lives.take(said(MovementKind.RETURN, 0, 545, name=6))
    assert lives.kept == KeptLives({"top-1": 540 + CONTENT_G}, {})


def test_only_the_newest_bottles_are_remembered() -> None:
    lives = after((900, 540 + CONTENT_G), *[(545, 540 + CONTENT_G)] * 20)
    assert lives.tare("gin").lives == 8


def test_what_is_kept_goes_on_after_a_restart() -> None:
    before = after((900, 540 + CONTENT_G), (545, 543 + CONTENT_G))
    lives = BottleLives({"gin": GIN}, before.kept)
    lives.take(said(MovementKind.SWAP, 548, 1200, name=7))
    assert lives.tare("gin").lives == 2
    assert BottleLives({}, lives.kept).kept.lives == {}


class Pad:
    """A pad of which the product has this tare weight, behind one engine."""

    def __init__(self, tare_weight_g: float, kept: KeptLives = NO_LIVES) -> None:
        scale = {"id": "cell", "node": "node", "channel": "0", "tare_counts": 0, "counts_per_g": 400}
        shelf = {"id": "top", "name": "T", "gateway": "gw", "scales": [scale],
                 "slots": [{"id": "top-1", "scale": "cell", "product": "gin"}]}  # fmt: skip
        product = GIN.model_copy(update={"tare_weight_g": tare_weight_g}).model_dump()
        layout = SiteLayout.model_validate(
            {"id": "bar", "name": "B", "timezone": "UTC", "gateways": [{"id": "gw", "name": "G"}],
             "products": [product], "shelves": [shelf]}
        )  # fmt: skip
        self.engine = Engine(
            layout, namespace="n", started_s=0.0, reading_interval_s=5, refusals=Refusals(), lives=kept
        )
        self.second, self.movements, self._dice = 0, [], np.random.default_rng(4)

    def stand(self, weight_g: float, seconds: int) -> "Pad":
        for _ in range(seconds):
            counts = np.rint((weight_g + self._dice.normal(0, 0.7, 10)) * 400).astype(int).tolist()
            frame = DeviceFrame(
                boot="a" * 32,
                seq=self.second,
                uptime_ms=self.second * 1000,
                rate_hz=10,
                channels={"0": counts},
            )
            self.second += 1
            found = self.engine.take("node", frame, float(self.second))
            self.movements += [one.body for one in found if isinstance(one.body, Movement)]
        return self

    def live(self, glass_g: float, left_g: float = 4.0) -> "Pad":
        """A full bottle comes and is emptied in four drinks."""
        self.stand(0, 12).stand(glass_g + CONTENT_G, 12)
        for drink in range(1, 5):
            rest_g = CONTENT_G - (CONTENT_G - left_g) * drink / 4
            self.stand(0, 6).stand(glass_g + rest_g, 10)
        return self


def test_a_wrong_tare_weight_is_said_where_the_scale_is_looked_at() -> None:
    pad = Pad(500).stand(800, 15).live(545).live(547)
    assert pad.engine.health()[0].hint is None
    pad.live(545)
    (health,) = pad.engine.health()
    assert health.state == "ok"
    assert health.hint.startswith(
        "2 bottles weighed 546 g when empty, the product says 500 g: correct the tare"
    )
    assert pad.engine.views(float(pad.second))[0].hint == health.hint


def test_an_unknown_bottle_is_said_to_be_empty_once_its_glass_is_known() -> None:
    pad = Pad(0).stand(800, 15).live(545).live(547)
    assert MovementKind.EMPTY not in {one.movement for one in pad.movements}
    pad.live(545)
    assert pad.movements[-1].movement is MovementKind.EMPTY
    later = Pad(0, pad.engine.lives()).stand(545 + 300, 15).stand(0, 6).stand(545 + 5, 10)
    assert later.movements[-1].movement is MovementKind.EMPTY


def test_lives_of_no_product_of_this_layout_are_left_out() -> None:
    kept = KeptLives({}, {"rum": (Life(1200, 500), Life(1201, 502))})
    assert Pad(500, kept).engine.lives() == NO_LIVES
