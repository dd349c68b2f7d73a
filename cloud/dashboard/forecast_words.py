"""What the page of forecasts says: jobs and how far they are, the method in use and how it did. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloud.dashboard.words import plain_number, volume
from cloud.forecasts.schemas import Accuracy, Calibration, Champion, Missed
from cloud.jobs.schemas import JobState

TASKS = {
    "forecast": "New forecasts",
    "compare methods": "Comparison of methods",
    "order": "Order plan",
}
OPEN = ("running", "waiting")


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job as the page shows it. share: 0..100, None where steps cannot be counted or it is over."""

    name: str
    job: JobState
    sentence: str
    share: int | None


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One method of the last comparison; losses against that of the first simple rule."""

    method: str
    loss: str
    lead_loss: str
    under_95: str
    bias: str
    is_used: bool


def job_lines(jobs: Sequence[JobState]) -> tuple[list[JobLine], list[JobLine]]:
    """(those that wait or run, the newest finished one of each kind)."""
    lines = [_line(job) for job in jobs]
    finished: dict[str, JobLine] = {}
    for line in lines:
        if line.job.status not in OPEN:
            finished.setdefault(line.job.task, line)
    return [line for line in lines if line.job.status in OPEN], list(finished.values())


def _line(job: JobState) -> JobLine:
    name = TASKS.get(job.task, job.task[:1].upper() + job.task[1:])
    is_counted = job.status == "running" and job.total > 0
    return JobLine(name, job, _sentence(job), round(100 * job.done / job.total) if is_counted else None)


def _sentence(job: JobState) -> str:
    if job.status == "waiting":
        again = f" It is tried again: {job.fault.rstrip('.')}." if job.fault else ""
        return f"Waits for a worker.{again}"
    if job.status == "running":
        steps = f" ({job.done} of {job.total})" if job.total else ""
        return f"{_capital(job.words) or 'Just begun'}{steps}."
    if job.status == "failed":
        return f"Failed: {(job.fault or 'the worker said no reason').rstrip('.')}."
    return f"{_capital(job.words) or 'Done'}." if job.status == "done" else "Stopped."


def score_lines(champion: Champion | None) -> list[ScoreLine]:
    """How the methods compare, best first; losses as a share of the last week taken again."""
    if champion is None:
        return []
    naive = next((score for score in champion.scores if score["method"] == "seasonal naive"), {})
    return [_score(score, naive, champion.method) for score in champion.scores]


def _score(score: Mapping[str, Any], naive: Mapping[str, Any], used: str) -> ScoreLine:
    return ScoreLine(
        str(score["method"]),
        _share(score["loss"], naive.get("loss")),
        _share(score["lead_loss"], naive.get("lead_loss")),
        f"{100 * float(score['under_95']):.0f} %",
        f"{100 * float(score['bias']):+.0f} %",
        score["method"] == used,
    )


def _share(loss: float, naive: float | None) -> str:
    """A loss beside that of the simple rule; the bare loss where the rule was not tried or lost nothing."""
    return f"{loss / naive:.2f}" if naive else plain_number(round(loss, 3))


def held(accuracy: Accuracy) -> list[str]:
    """What came of the forecasts of eight weeks, a sentence for each length."""
    return [_held(length, told) for length, told in sorted(accuracy.by_length.items())]


def _held(length: int, told: Calibration) -> str:
    stretch = "single days" if length == 1 else f"stretches of {length} days"
    side = "too much" if told.bias >= 0 else "too little"
    off = f"in all {100 * abs(told.bias):.0f} % {side} was expected"
    return (
        f"Of {told.checked:,} {stretch}, {100 * told.under_95:.0f} % stayed under the 95 % line and "
        f"{100 * told.under_50:.0f} % under the middle; {off}."
    )


def missed(each: Missed) -> str:
    """How far off a product's weeks were: '24 % too much was expected, 340 ml a week.'"""
    off_ml = each.foretold_ml - each.came_ml
    side = "too much" if off_ml > 0 else "too little"
    share = f"{100 * abs(off_ml) / each.came_ml:.0f} % {side}" if each.came_ml >= 1 else side
    under = f"{100 * each.under_95:.0f} % of {each.checked} stretches stayed under the 95 % line"
    return f"{_capital(share)} was expected, {volume(abs(off_ml))} a week; {under}."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
