"""cloud.stock.status: one word and one sentence for every state of a bottle."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from cloud.stock.schemas import SlotStock
from cloud.stock.status import Status, Verdict, clock_time, gateway_verdict, product_verdict, slot_verdict
from tests.unit.cloud.dashboard.figures import NOW, product, shelf, slot

BERLIN = ZoneInfo("Europe/Berlin")


def judge(**changes: object) -> Verdict:
    return slot_verdict(slot(**changes), shelf(), NOW, BERLIN)


def test_a_bottle_with_enough_in_it_is_ok():
    assert judge() == Verdict(Status.OK, "Enough in it.")


def test_a_quarter_bottle_is_still_ok_and_less_is_low():
    assert judge(on_hand_ml=175.0, fill_level=0.25).status is Status.OK
    assert judge(on_hand_ml=168.0, fill_level=0.24) == Verdict(
        Status.LOW, "About 168 ml left.", "Have the next bottle ready."
    )


def test_less_than_half_a_measure_is_out():
    assert judge(on_hand_ml=19.9, fill_level=0.028) == Verdict(
        Status.OUT, "The bottle is empty.", "Change the bottle."
    )
    assert judge(on_hand_ml=20.0, fill_level=0.0286).status is Status.LOW


def test_a_bottle_that_is_not_in_its_place_is_out():
    verdict = judge(presence="absent", on_hand_ml=None, fill_level=None)
    assert verdict == Verdict(Status.OUT, "No bottle stands in its place.", "Put a bottle there.")


@pytest.mark.parametrize(
    ("quality", "sentence"),
    [
        ("stuck", "The scale repeats one value and does not move."),
        ("silent", "The scale says nothing."),
        ("saturated", "The scale is pressed against its end."),
        ("not_ready", "The scale does not get ready to weigh."),
    ],
)
def test_a_scale_that_cannot_weigh_is_to_be_checked_and_says_how(quality, sentence):
    verdict = judge(quality=quality)
    assert (verdict.status, verdict.sentence) == (Status.CHECK, sentence)
    assert verdict.remedy


def test_a_bottle_in_the_hand_is_ok_until_it_has_been_gone_too_long():
    assert judge(presence="in_hand", quality="in_hand") == Verdict(Status.OK, "In the hand.")
    last_drop = judge(presence="in_hand", quality="in_hand", on_hand_ml=4.0, fill_level=0.006)
    assert last_drop.status is Status.OUT
    gone = judge(presence="in_hand", quality="in_hand", measured_at=NOW - timedelta(minutes=21))
    assert gone == Verdict(Status.CHECK, "Taken at 22:20 and not put back.", "Put it back on its place.")


def test_a_figure_nobody_has_renewed_for_long_is_stale():
    assert judge(measured_at=NOW - timedelta(minutes=45)).status is Status.OK
    assert judge(measured_at=NOW - timedelta(minutes=46)) == Verdict(
        Status.STALE, "Not weighed since 21:55.", "Lift the bottle once and put it back."
    )


def test_a_silent_gateway_makes_its_bottles_offline_whatever_they_last_said():
    away = shelf(gateway_seen_at=NOW - timedelta(minutes=6), outbox_waiting=312)
    verdict = slot_verdict(slot(quality="stuck"), away, NOW, BERLIN)
    assert (verdict.status, verdict.sentence) == (Status.OFFLINE, "Gateway Back bar offline since 22:35.")


def test_a_silent_gateway_says_since_when_and_how_much_was_waiting():
    verdict = gateway_verdict("Back bar", NOW - timedelta(minutes=6), 312, NOW, BERLIN)
    assert verdict.sentence == "Gateway Back bar offline since 22:35, 312 readings were waiting."
    assert gateway_verdict("Back bar", None, None, NOW, BERLIN).sentence == (
        "Gateway Back bar has not reported yet."
    )
    assert gateway_verdict("Back bar", NOW - timedelta(minutes=5), 0, NOW, BERLIN).status is Status.OK


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"measured_at": None, "quality": "none"}, "It has not been weighed yet."),
        ({"measured_at": None, "scale_id": None}, "No scale stands under this place."),
        ({"presence": "unknown"}, "The scale cannot tell whether a bottle stands here."),
        ({"on_hand_ml": None, "fill_level": None}, "Its weight cannot be turned into millilitres."),
        ({"product_id": None, "product_name": None}, "A bottle stands here that nobody has named."),
    ],
)
def test_what_is_not_known_is_to_be_checked_with_its_reason(changes, sentence):
    verdict = judge(**changes)
    assert (verdict.status, verdict.sentence) == (Status.CHECK, sentence)


def test_a_free_place_is_ok():
    assert judge(product_id=None, presence="absent") == Verdict(Status.OK, "This place is free.")


def test_statuses_are_ordered_from_worst_to_best():
    assert [str(status) for status in Status] == ["out", "offline", "check", "low", "stale", "ok"]
    assert Status.OUT.rank == 0


OK = Verdict(Status.OK, "Enough in it.")
OFFLINE = Verdict(Status.OFFLINE, "Gateway Back bar offline since 22:35.", "Check its power.")


def test_a_product_is_low_by_the_sum_over_its_places():
    two = ("a", "b")
    half = product(on_hand_ml=340.0, bottles=340 / 700, par_bottles=3.0, slots=two)
    assert product_verdict(half, [OK, OK]) == Verdict(
        Status.LOW, "About 340 ml left.", "Have the next bottle ready."
    )
    assert (
        product_verdict(product(on_hand_ml=360.0, bottles=360 / 700, slots=two), [OK, OK]).status is Status.OK
    )


def test_par_beyond_what_the_shelf_holds_does_not_make_a_product_low():
    assert product_verdict(product(par_bottles=12.0), [OK]).status is Status.OK


def test_a_product_without_a_known_place_takes_the_worst_reason():
    assert product_verdict(product(), [OFFLINE]) == OFFLINE
    assert product_verdict(product(slots=()), []).sentence == "It stands on no shelf."


def test_a_product_with_one_doubtful_place_says_so():
    verdict = product_verdict(product(on_hand_ml=700.0, bottles=1.0), [OK, OFFLINE])
    assert verdict.sentence == "At one of its places: Gateway Back bar offline since 22:35."


def test_a_product_that_is_gone_everywhere_is_out():
    gone = Verdict(Status.OUT, "The bottle is empty.", "Change the bottle.")
    assert product_verdict(product(on_hand_ml=3.0, bottles=0.004), [gone]) == gone
    assert product_verdict(product(on_hand_ml=3.0, bottles=0.004), [gone, gone]).sentence == (
        "Nothing left at any of its places."
    )


def test_a_time_of_day_carries_its_day_once_that_matters():
    assert clock_time(NOW - timedelta(hours=1), NOW, BERLIN) == "21:41"
    assert clock_time(NOW - timedelta(days=1), NOW, BERLIN) == "Thu 22:41"
    assert clock_time(NOW - timedelta(days=9), NOW, BERLIN) == "11 Nov 22:41"


def test_every_slot_gets_some_verdict():
    odd: list[SlotStock] = [
        slot(presence=presence, quality="ok") for presence in ("standing", "in_hand", "absent")
    ]
    assert all(slot_verdict(place, shelf(), NOW, BERLIN).sentence for place in odd)


def test_a_finding_of_weight_and_sight_is_told_while_it_is_fresh():
    found = ("Another bottle stands where Campari belongs.",)
    verdict = judge(findings=found, seen_at=NOW - timedelta(minutes=2))
    assert verdict == Verdict(Status.CHECK, found[0])
    assert judge(findings=found, seen_at=NOW - timedelta(hours=2)).status is Status.OK


def test_a_bottle_that_only_a_camera_sees_is_judged_by_its_level():
    seen = {"scale_id": None, "weight_g": None, "quality": "none", "source": "camera"}
    assert judge(**seen, seen_at=NOW).status is Status.OK
    hidden = judge(**seen, seen_at=NOW, presence="unknown")
    assert hidden == Verdict(
        Status.CHECK, "The camera cannot see this place.", "Look what stands before the camera."
    )
    old = NOW - timedelta(hours=1)
    assert judge(**seen, seen_at=old, measured_at=old).sentence == "Not seen since 21:41."
