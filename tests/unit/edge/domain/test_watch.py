"""Weight and sight of one shelf put together: what is believed, and what is found strange."""

from dataclasses import replace

import numpy as np
import pytest

from contract.layout import Category, Gateway, Product, Scale, Shelf, SiteLayout, Slot
from contract.records import Movement, MovementKind, Quality, Reading, SlotShare, Stage
from contract.sightings import CameraState, FigureSource, FindingKind, SightState
from edge.domain.bottle_shape import Curve
from edge.domain.engine import Seen
from edge.domain.handlings import Handlings
from edge.domain.sight import Box, Level, Look, Recognised, SlotLook
from edge.domain.slot_state import SlotWeight
from edge.domain.tray import BottleWeight
from edge.domain.watch import Watch

GIN = Product(
    id="gin", name="Gin", category=Category.SPIRIT, volume_ml=700, tare_weight_g=500, density_g_per_ml=0.94
)
RUM = GIN.model_copy(update={"id": "rum", "name": "Rum"})
LAYOUT = SiteLayout(
    id="bar",
    name="Bar",
    timezone="UTC",
    products=(GIN, RUM),
    gateways=(Gateway(id="gw", name="G"),),
    shelves=(
        Shelf(
            id="top",
            name="Top",
            gateway="gw",
            scales=(
                Scale(id="pad", node="n", channel="0", tare_counts=0, counts_per_g=420),
                Scale(id="tray", node="n", channel="1", tare_counts=0, counts_per_g=420),
            ),
            slots=(
                Slot(id="top-1", scale="pad", product="gin"),
                Slot(id="top-2", product="rum"),
                Slot(id="top-3", scale="tray", product="gin"),
                Slot(id="top-4", scale="tray", product="rum"),
            ),
        ),
    ),
)
CURVE = Curve()


def seen(
    slot: str, ml: float | None, product: str | None = "", state: SightState = SightState.STANDING
) -> SlotLook:
    """A slot as it is seen; product "" is not asked, None is unknown."""
    level = None if ml is None else Level(CURVE.level(ml / 700), 0.03)
    who = None if product == "" else looks_like(product)
    return SlotLook(slot, state, Box(0, 0, 0.1, 0.5), 0.9, level, who, b"jpeg")


def looks_like(product: str | None, share: float = 0.99) -> Recognised:
    """One look's word on a bottle: gin, rum or None."""
    return Recognised.likeliest(
        {name: share if name == product else (1 - share) / 2 for name in ("gin", "rum", None)}
    )


def absent(slot: str) -> SlotLook:
    return SlotLook(slot, SightState.ABSENT)


def look(*slots: SlotLook, state: CameraState = CameraState.OK, hint: str | None = None) -> Look:
    return Look("cam", 10.0, state, hint, slots)


def pad(ml: float | None, handled: int = 0, renewed: int = 0) -> dict[str, SlotWeight]:
    weight = None if ml is None else 500 + 0.94 * ml
    return {
        "top-1": SlotWeight(
            "pad", weight, 0.5, handled, renewed, stands=ml is not None, is_loaded=ml is not None
        )
    }


def findings(outcome) -> list[FindingKind]:
    return [one.finding for slot in outcome.sighting.slots for one in slot.findings]


def test_a_bottle_on_a_scale_is_believed_by_both() -> None:
    outcome = Watch(LAYOUT).take(look(seen("top-1", 430)), pad(410))
    (slot,) = outcome.sighting.slots
    assert (slot.state, slot.source, slot.findings) == (SightState.STANDING, FigureSource.BOTH, ())
    assert slot.volume_ml == pytest.approx(410, abs=6)
    assert slot.scale_ml == pytest.approx(410, abs=0.1)
    assert slot.fill_level == pytest.approx(430 / 700, abs=0.01)


def test_a_bottle_without_a_scale_is_believed_by_sight_with_a_wider_sigma() -> None:
    outcome = Watch(LAYOUT).take(look(seen("top-2", 300, "rum")), {})
    (slot,) = outcome.sighting.slots
    assert (slot.source, slot.scale_ml, slot.seen_product_id) == (FigureSource.CAMERA, None, "rum")
    assert slot.volume_ml == pytest.approx(300, abs=12)
    assert 20 < slot.volume_sigma_ml < 80


def test_an_empty_place_has_no_volume() -> None:
    (slot,) = Watch(LAYOUT).take(look(absent("top-2")), {}).sighting.slots
    assert (slot.state, slot.volume_ml, slot.source) == (SightState.ABSENT, None, None)


def test_a_strange_bottle_is_told_at_the_second_look_and_asked_for_soon() -> None:
    watch = Watch(LAYOUT)
    first = watch.take(look(seen("top-1", 430, None)), pad(410))
    assert findings(first) == []
    assert first.is_strange
    second = watch.take(look(seen("top-1", 430, None)), pad(410))
    assert findings(second) == [FindingKind.WRONG_BOTTLE]
    assert "not Gin stands in top-1" in second.sighting.slots[0].findings[0].sentence
    assert second.sighting.slots[0].volume_ml is None
    assert second.sighting.slots[0].is_unknown


def test_a_bottle_of_another_place_is_sent_home() -> None:
    watch = Watch(LAYOUT)
    for _ in range(2):
        outcome = watch.take(look(seen("top-1", 430, "rum")), pad(410))
    assert findings(outcome) == [FindingKind.MOVED_SLOT]
    assert "it belongs in top-2, top-4" in outcome.sighting.slots[0].findings[0].sentence


def test_what_is_no_bottle_on_a_scale_is_told() -> None:
    watch = Watch(LAYOUT)
    loaded = {"top-1": SlotWeight("pad", None, 0.5, stands=None, is_loaded=True)}
    for _ in range(2):
        outcome = watch.take(look(absent("top-1")), loaded)
    assert findings(outcome) == [FindingKind.FOREIGN_OBJECT]


def test_one_look_with_a_hand_in_it_is_no_finding() -> None:
    watch = Watch(LAYOUT)
    watch.take(look(absent("top-1")), pad(410))
    watch.take(look(seen("top-1", 410)), pad(410))
    assert findings(watch.take(look(absent("top-1")), pad(410))) == []


def test_an_open_bottle_that_becomes_fuller_is_asked_about() -> None:
    watch = Watch(LAYOUT)
    for _ in range(3):
        watch.take(look(seen("top-1", 300, "gin")), pad(300))
    for _ in range(2):
        outcome = watch.take(look(seen("top-1", 400, "gin")), pad(390, handled=1))
    assert findings(outcome) == [FindingKind.WATERED]
    assert "90 ml more than before" in outcome.sighting.slots[0].findings[0].sentence


def test_a_fresh_bottle_is_not_watered() -> None:
    watch = Watch(LAYOUT)
    for _ in range(3):
        watch.take(look(seen("top-1", 20, "gin")), pad(20))
    for _ in range(3):
        outcome = watch.take(look(seen("top-1", 700, "gin")), pad(695, handled=1, renewed=1))
    assert findings(outcome) == []
    assert outcome.sighting.slots[0].volume_ml == pytest.approx(698, abs=6)


def test_weight_and_sight_that_contradict_each_other_are_told_and_not_averaged() -> None:
    watch = Watch(LAYOUT)
    for _ in range(3):
        outcome = watch.take(look(seen("top-1", 120)), pad(600))
    assert findings(outcome) == [FindingKind.SENSORS_DISAGREE]
    volume = outcome.sighting.slots[0].volume_ml
    assert not 250 < volume < 480


def test_a_blocked_camera_is_told_and_weight_goes_on() -> None:
    watch = Watch(LAYOUT)
    watch.take(look(seen("top-1", 410)), pad(410))
    blind = look(state=CameraState.BLOCKED, hint="Something stands in front of the camera: take it away.")
    told = [watch.take(blind, pad(350, handled=1)) for _ in range(3)][-1]
    assert told.sighting.state is CameraState.BLOCKED
    (slot,) = told.sighting.slots
    assert (slot.state, slot.source) == (SightState.HIDDEN, FigureSource.SCALE)
    assert slot.volume_ml == pytest.approx(350, abs=6)
    assert findings(told) == [FindingKind.CAMERA_BLOCKED]


def test_an_unplugged_camera_is_a_state_and_a_hint() -> None:
    outcome = Watch(LAYOUT).take(look(state=CameraState.UNPLUGGED, hint="check the cable"), {})
    assert (outcome.sighting.state, outcome.sighting.hint) == (CameraState.UNPLUGGED, "check the cable")


def test_the_camera_says_which_bottle_of_a_tray_came_back() -> None:
    watch = Watch(LAYOUT)
    weights = {slot: SlotWeight("tray", 800.0, 40.0, is_shared=True) for slot in ("top-3", "top-4")}
    watch.take(look(seen("top-3", 300, "gin"), absent("top-4")), weights)
    outcome = watch.take(look(seen("top-3", 300, "gin"), seen("top-4", 300, "rum")), weights)
    assert outcome.confirmed == ("top-4",)
    again = watch.take(look(seen("top-3", 300, "gin"), seen("top-4", 300, "rum")), weights)
    assert again.confirmed == ()


def test_two_bottles_that_came_back_together_are_a_guess_and_not_confirmed() -> None:
    watch = Watch(LAYOUT)
    weights = {slot: SlotWeight("tray", 800.0, 40.0, is_shared=True) for slot in ("top-3", "top-4")}
    watch.take(look(absent("top-3"), absent("top-4")), weights)
    assert watch.take(look(seen("top-3", 300), seen("top-4", 300)), weights).confirmed == ()


def test_a_bottle_of_a_tray_is_sharper_by_both_than_by_the_tray_alone() -> None:
    weights = {"top-3": SlotWeight("tray", 500 + 0.94 * 350, 190.0, is_shared=True)}
    (slot,) = Watch(LAYOUT).take(look(seen("top-3", 210, "gin")), weights).sighting.slots
    assert slot.volume_ml == pytest.approx(210, abs=25)
    assert slot.volume_sigma_ml < 60


def test_the_scale_teaches_only_what_it_is_sure_of() -> None:
    watch = Watch(LAYOUT)
    ((product, one, share),) = watch.take(look(seen("top-1", 430, "gin")), pad(410)).pairs
    assert (product, one.slot_id, share) == ("gin", "top-1", pytest.approx(410 / 700))
    assert watch.take(look(seen("top-1", 430, "rum")), pad(410)).pairs == ()
    assert watch.take(look(seen("top-2", 430, "rum")), {}).pairs == ()


def test_a_crop_leaves_only_where_the_site_said_so_and_only_with_a_finding() -> None:
    for sends, expected in ((False, None), (True, "anBlZw==")):
        watch = Watch(LAYOUT, sends_crops=sends)
        quiet = watch.take(look(seen("top-1", 410, "gin")), pad(410)).sighting.slots[0]
        assert quiet.crop_jpeg is None
        for _ in range(2):
            (slot,) = watch.take(look(seen("top-1", 410, None)), pad(410, handled=1)).sighting.slots
        assert slot.crop_jpeg == expected


def reading(weight_g: float | None, quality: Quality = Quality.OK, scale: str = "pad") -> Seen:
    slots = ("top-1",) if scale == "pad" else ("top-3", "top-4")
    sigma = None if weight_g is None else 0.5
    return Seen(1.0, Reading(scale_id=scale, slots=slots, weight_g=weight_g, sigma_g=sigma, quality=quality))


def swap(weight_g: float, kind: MovementKind = MovementKind.SWAP) -> Seen:
    body = Movement(
        movement_id="0" * 32,
        revision=1,
        stage=Stage.FINAL,
        movement=kind,
        scale_id="pad",
        posterior=(SlotShare(slot_id="top-1", probability=1.0),),
        weight_before_g=520,
        weight_after_g=weight_g,
        delta_sigma_g=1.0,
        duration_s=3.0,
    )
    return Seen(1.0, body)


def test_handlings_know_weights_hands_and_fresh_bottles() -> None:
    told = Handlings(LAYOUT)
    assert told.take([reading(900.0)]) == set()
    assert told.weights()["top-1"] == SlotWeight("pad", 900.0, 0.5, 0, 0, stands=True, is_loaded=True)
    told.take([reading(None, Quality.IN_HAND)])
    assert told.weights()["top-1"].weight_g is None
    assert told.take([swap(1150.0), reading(1150.0)]) == {"top"}
    found = told.weights()["top-1"]
    assert (found.weight_g, found.handled, found.renewed) == (1150.0, 2, 1)


def test_a_towel_is_a_load_and_no_bottle() -> None:
    told = Handlings(LAYOUT)
    told.take([reading(180.0)])
    found = told.weights()["top-1"]
    assert (found.weight_g, found.stands, found.is_loaded) == (None, False, True)


def test_the_bottles_of_a_tray_weigh_what_the_tray_believes() -> None:
    told = Handlings(LAYOUT, lambda: {"top-3": BottleWeight(800.0, 4.0)})
    told.take([reading(1500.0, scale="tray")])
    assert told.weights()["top-3"] == SlotWeight("tray", 800.0, 4.0, is_shared=True)
    assert told.weights()["top-4"].weight_g is None


def test_noise_over_an_evening_raises_no_finding() -> None:
    dice = np.random.default_rng(5)
    watch, truth = Watch(LAYOUT), 690.0
    told = []
    for minute in range(200):
        handled = minute // 12
        truth -= 40.0 if minute % 12 == 0 and minute else 0.0
        level = max(0.0, truth + dice.normal(0, 25))
        outcome = watch.take(look(seen("top-1", min(level, 700), "gin")), pad(truth + 3, handled))
        told += findings(outcome)
    assert told == []


def test_a_picture_that_stays_the_same_while_a_hand_pours_is_no_sight() -> None:
    watch, before = Watch(LAYOUT), seen("top-1", 600, "gin")
    watch.take(look(before), pad(600))
    quiet = watch.take(replace(look(before), is_repeat=True), pad(600))
    assert quiet.sighting.state is CameraState.OK
    frozen = [watch.take(replace(look(before), is_repeat=True), pad(540, handled=1)) for _ in range(3)]
    assert {one.sighting.state for one in frozen} == {CameraState.BLOCKED}
    assert frozen[-1].sighting.slots[0].volume_ml == pytest.approx(540, abs=1)
    assert findings(frozen[-1]) == [FindingKind.CAMERA_BLOCKED]
    assert "restart the camera" in frozen[-1].sighting.hint
    again = watch.take(look(seen("top-1", 540, "gin")), pad(540, handled=1))
    assert again.sighting.state is CameraState.OK
