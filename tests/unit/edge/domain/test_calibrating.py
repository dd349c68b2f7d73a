import pytest

from edge.domain.calibrating import Session, StepKind, StepRefusedError
from edge.domain.steadiness import Hold


def at(grams: float) -> Hold:
    return Hold(10_000 + 420 * grams, 50.0, 300.0, 30)


def walked(session: Session, *grams: float) -> Session:
    for load_g in grams:
        session.take(at(load_g))
    return session


def test_three_steps_lead_to_a_verdict() -> None:
    session = Session([1000], capacity_g=5000)
    told = []
    for grams in (0, 1000, 1000.5):
        assert session.step is not None
        told.append((session.number, session.step.words))
        session.take(at(grams))
    assert told == [
        (1, "Take everything off the pad."),
        (2, "Put 1000 g in the middle of the pad."),
        (3, "Lift everything off, then put 1000 g back on."),
    ]
    verdict = session.verdict()
    assert verdict.is_accepted
    assert verdict.check_error_g == pytest.approx(0.5)
    assert verdict.lines == (
        "span 420.00 counts per g, known to 0.02%",
        "zero known to 0.12 g",
        "the same weight again differs by 0.4 g",
        "the check is +0.5 g off",
    )


def test_several_weights_are_one_step_each_and_show_linearity() -> None:
    session = walked(Session([500, 1000, 2000], capacity_g=5000, check_g=1500), 0, 500, 1000, 2000)
    assert session.number == 3
    assert session.step is not None
    assert (session.step.kind, session.step.load_g) == (StepKind.CHECK, 1500)
    verdict = walked(session, 1500).verdict()
    assert verdict.fit.linearity_error_g == pytest.approx(0.0, abs=1e-6)
    assert verdict.is_accepted


def test_a_weight_that_changed_nothing_is_refused_and_the_step_stays() -> None:
    session = walked(Session([1000], capacity_g=5000), 0)
    with pytest.raises(StepRefusedError, match="the pad reads as before"):
        session.take(at(0.5))
    assert session.number == 2


def test_a_check_that_fails_refuses_the_calibration() -> None:
    verdict = walked(Session([1000], capacity_g=5000), 0, 1000, 1009).verdict()
    assert not verdict.is_accepted
    assert verdict.reasons == (
        "the check reads +9.0 g off (at most 3.0 g): put the weight in the middle of the pad and begin again",
    )


def test_a_step_can_be_done_again() -> None:
    session = walked(Session([1000], capacity_g=5000), 0, 800)
    session.back()
    assert walked(session, 1000, 1000).verdict().fit.counts_per_g == pytest.approx(420)


@pytest.mark.parametrize(
    ("loads", "words"),
    [
        ([], "1 to 10 different weights"),
        ([500, 500], "different"),
        ([0.5], "takes 1 to 6000 g"),
        ([7000], "7000 g"),
    ],
)
def test_weights_that_calibrate_nothing_are_refused(loads, words) -> None:
    with pytest.raises(ValueError, match=words):
        Session(loads, capacity_g=5000)
