"""What every training command shares."""

import argparse
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: models/requirements.txt")

from torch import nn  # noqa: E402

from models.training import Budget, Learner, averaged_weights  # noqa: E402


def learner(out: Path, beside: nn.Module, minutes: float = 60.0, start_from: Path | None = None) -> Learner:
    torch.manual_seed(1)
    given = argparse.Namespace(out=out, minutes=minutes, rate=0.1, start_from=start_from)
    return Learner(given, nn.Linear(2, 1), keep=0.9, decay=0.0, clip=1e9, beside={"loss": beside})


def taught(one: Learner, beside: nn.Linear, steps: int) -> Learner:
    for _ in range(steps):
        one.learn((beside(one.model(torch.ones(4, 2))) - 3.0).square().mean())
    return one


def test_a_run_cut_short_goes_on_where_it_was(tmp_path) -> None:
    beside = nn.Linear(1, 1)
    first = taught(learner(tmp_path, beside), beside, 20)
    first.budget.seconds = 0.0
    first.note(7, loss=1.0)
    again = nn.Linear(1, 1)
    second = learner(tmp_path, again)
    assert (second.step, second.rendered_before) == (20, 7)
    assert torch.equal(second.model.weight, first.model.weight)
    assert torch.equal(second.average.model.weight, first.average.model.weight)
    assert torch.equal(again.weight, beside.weight)
    assert second.is_due


def test_a_run_whose_time_is_over_ships_its_average(tmp_path) -> None:
    beside = nn.Linear(1, 1)
    one = taught(learner(tmp_path, beside, minutes=0.0), beside, 5)
    assert not one.is_due
    one.note(1, loss=1.0)
    shipped = averaged_weights(tmp_path)
    assert torch.equal(shipped["weight"], one.average.model.weight)
    assert not torch.equal(shipped["weight"], one.model.weight)
    assert (tmp_path / "curve.csv").read_text().startswith("step,minutes,rendered,loss\n5.0,")


def test_another_runs_weights_are_a_start_and_no_history(tmp_path) -> None:
    beside = nn.Linear(1, 1)
    first = taught(learner(tmp_path / "a", beside, minutes=0.0), beside, 5)
    first.note(1, loss=1.0)
    second = learner(tmp_path / "b", nn.Linear(1, 1), start_from=tmp_path / "a" / "checkpoint.pt")
    assert second.step == 0
    assert torch.equal(second.model.weight, first.average.model.weight)


def test_the_rate_rises_shortly_and_falls_to_the_end() -> None:
    budget = Budget(100.0)
    rates = []
    for spent in (0.0, 2.0, 50.0, 100.0):
        budget.spent_s = spent
        rates.append(budget.rate(1.0))
    assert rates[0] < 0.1 < rates[2] < rates[1]
    assert rates[3] == pytest.approx(0.02, abs=0.001)
