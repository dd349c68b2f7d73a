"""Owns how a backtest is told to a person: a table, and a sentence per finding."""

from collections.abc import Sequence

from cloud.forecasting.backtest import Score
from cloud.forecasting.history import Finding
from cloud.forecasting.panel import Panel

MAX_SENTENCES = 12
SIMPLE = ("seasonal naive", "moving average")


def report(panel: Panel, findings: Sequence[Finding], scores: Sequence[Score], lead: int) -> str:
    """The whole report as text, ending in a newline."""
    period = "days" if panel.step_days == 1 else "weeks"
    opening = (
        f"{panel.series} series, {panel.periods} {period} up to {panel.ends_on}; "
        f"{scores[0].series} of them tried from {scores[0].origins} past origins, lead time {lead} {period}."
    )
    lines = [
        opening,
        "",
        *_table(scores),
        "",
        *verdict(scores),
        *_noticed(findings),
    ]
    return "\n".join(lines) + "\n"


def verdict(scores: Sequence[Score]) -> list[str]:
    """Which method wins, by how much, and whether its 95 % can be believed. scores: best first."""
    best = scores[0]
    lines = [f"Best for orders: {best.method}, lead-time loss {best.lead_loss:.3f}."]
    simple = [score for score in scores if score.method in SIMPLE]
    if simple and best.method not in SIMPLE:
        gain = 100 * (1 - best.lead_loss / min(score.lead_loss for score in simple))
        lines.append(f"That is {gain:.0f} % less loss than the best simple rule.")
    elif simple and len(scores) > len(simple):
        lines.append("A simple rule is as good here: the history is short, or nothing in it repeats.")
    lines.append(_calibration(best))
    if abs(best.bias) > 0.1:
        way = "more" if best.bias > 0 else "less"
        lines.append(
            f"It foretold {100 * abs(best.bias):.0f} % {way} than came: demand moved in the tried weeks."
        )
    return lines


def _calibration(score: Score) -> str:
    share = 100 * score.under_95
    if share < 90:
        return f"Only {share:.0f} % of real sums stayed under its 95 % line: order more than it says."
    if share > 99:
        return f"{share:.0f} % of real sums stayed under its 95 % line: it is on the safe side."
    return f"{share:.0f} % of real sums stayed under its 95 % line, as they should."


def _table(scores: Sequence[Score]) -> list[str]:
    heads = ("loss/period", "loss/lead", "<=50%", "<=90%", "<=95%", "bias", "s/1,000")
    lines = [f"{'method':16}" + "".join(f"{head:>12}" for head in heads)]
    for score in scores:
        figures = (score.loss, score.lead_loss, score.under_50, score.under_90, score.under_95)
        told = [f"{figure:.3f}" for figure in figures] + [f"{score.bias:+.1%}", f"{score.seconds:.2f}"]
        lines.append(f"{score.method:16}" + "".join(f"{text:>12}" for text in told))
    return lines


def _noticed(findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return []
    first = sorted(findings, key=lambda finding: not finding.refused)[:MAX_SENTENCES]
    lines = ["", "Noticed in the file:"]
    lines += [("- left out: " if finding.refused else "- ") + finding.sentence for finding in first]
    if len(findings) > len(first):
        lines.append(f"- and {len(findings) - len(first)} more.")
    return lines
