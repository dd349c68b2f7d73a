"""What cameras saw, as the cloud takes it in and hands it out."""

from datetime import timedelta

import pytest

from contract.sightings import FigureSource, Finding, FindingKind, Sighting, SightState, SlotSight
from tests.cloud_under_test import EVENING, reading

pytestmark = pytest.mark.postgres


def sight(slot: str = "top-1", **values) -> SlotSight:
    defaults = {
        "state": SightState.STANDING,
        "fill_level": 0.5,
        "fill_sigma": 0.06,
        "volume_ml": 346.0,
        "volume_sigma_ml": 4.0,
        "scale_ml": 350.0,
        "source": FigureSource.BOTH,
    }
    return SlotSight(slot_id=slot, **{**defaults, **values})


def sighting(*slots: SlotSight) -> Sighting:
    return Sighting(camera_id="cam-top", slots=slots)


def slot(cloud, slot_id="top-1"):
    (found,) = cloud.call(cloud.services.stock.slots, "corner-bar", [slot_id])
    return found


def test_a_look_makes_the_figure_that_of_both_and_a_later_weight_moves_it(cloud):
    cloud.back_bar.send(reading("top-1", 520 + 0.945 * 350, sigma_g=0.6))
    assert slot(cloud).source == "scale"
    cloud.back_bar.send(sighting(sight()), at=EVENING + timedelta(seconds=2))
    first = slot(cloud)
    assert (first.source, first.on_hand_ml) == ("both", pytest.approx(346, abs=0.1))
    cloud.back_bar.send(reading("top-1", 520 + 0.945 * 310, sigma_g=0.6), at=EVENING + timedelta(seconds=9))
    assert slot(cloud).on_hand_ml == pytest.approx(306, abs=0.1)


def test_a_slot_that_only_a_camera_sees_has_a_figure_and_says_so(cloud):
    cloud.back_bar.send(sighting(sight(scale_ml=None, source=FigureSource.CAMERA, volume_sigma_ml=40.0)))
    first = slot(cloud)
    assert (first.source, first.presence, first.measured_at) == ("camera", "standing", EVENING)
    assert (first.on_hand_ml, first.on_hand_sigma_ml) == (pytest.approx(346), pytest.approx(40))
    (product,) = [
        one
        for one in cloud.call(cloud.services.stock.products, "corner-bar")
        if one.product_id == first.product_id
    ]
    assert product.source == "camera"


def test_an_older_look_does_not_replace_a_newer_one(cloud):
    cloud.back_bar.send(sighting(sight(volume_ml=300.0, scale_ml=None, source=FigureSource.CAMERA)))
    batch = [sighting(sight(volume_ml=200.0, scale_ml=None, source=FigureSource.CAMERA))]
    cloud.back_bar.epoch = "a" * 32
    cloud.back_bar._next_seq = dict.fromkeys(cloud.back_bar._next_seq, 0)
    cloud.back_bar.send(*batch, at=EVENING - timedelta(minutes=5))
    assert slot(cloud).on_hand_ml == pytest.approx(300)


def test_a_finding_is_what_a_person_is_told(cloud):
    told = Finding(
        finding=FindingKind.WRONG_BOTTLE, sentence="Another bottle stands where Laphroaig belongs."
    )
    cloud.back_bar.send(
        reading("top-1", 800.0), sighting(sight(volume_ml=None, source=None, findings=(told,)))
    )
    assert slot(cloud).findings == ("Another bottle stands where Laphroaig belongs.",)


def test_a_look_at_a_slot_of_another_gateway_is_quarantined_alone(cloud):
    answer = cloud.back_bar.send(sighting(sight("well-1")), sighting(sight("top-2")))
    assert (answer.stored, len(answer.quarantined)) == (1, 1)
    assert "'well-1' is not one of gw-back-bar's" in answer.quarantined[0].reason
    assert slot(cloud, "top-2").source == "both"
