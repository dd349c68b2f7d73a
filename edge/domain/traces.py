"""Runs the weighing over recorded traces. Knows nothing of files."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from contract.records import Stage
from edge.domain.calibration import Floats
from edge.domain.neighbours import Neighbours, ShelfMoved, step_of
from edge.domain.profiles import ScaleProfile
from edge.domain.weighing import SURE_S, Handled, ScaleWeigher

RUN_S = 1.0
NEEDED_S = 2 * SURE_S
"""A movement needs a rest before it and one after it."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in traces that ran together: movements by trace, and when the shelf was moved."""

    movements: dict[str, list[Handled]]
    moved: list[ShelfMoved]


def findings_of_traces(traces: Mapping[str, Floats], rate_hz: float, profile: ScaleProfile) -> Findings:
    """Weigh traces of one shelf, g at rate_hz samples/s, in frames of one second; times start at 0."""
    weighers = {name: ScaleWeigher(profile) for name in traces}
    step = max(1, round(rate_hz * RUN_S))
    found: dict[str, list[Handled]] = {name: [] for name in traces}
    neighbours, moved = Neighbours(), []
    for start in range(0, max(weight_g.size for weight_g in traces.values()), step):
        for name, weight_g in traces.items():
            run_g = weight_g[start : start + step]
            for handled in weighers[name].take_grams(start / rate_hz, rate_hz, run_g):
                if handled.stage is not Stage.FINAL:
                    continue
                shift = _shift(name, profile, handled, neighbours)
                if shift is not None:
                    moved.append(shift)
                elif handled.kind is not None:
                    found[name].append(handled)
    return Findings(found, moved)


def movements_of_trace(weight_g: Floats, rate_hz: float, profile: ScaleProfile) -> list[Handled]:
    """Weigh one whole trace; see findings_of_traces."""
    return findings_of_traces({"trace": weight_g}, rate_hz, profile).movements["trace"]


def _shift(name: str, profile: ScaleProfile, handled: Handled, neighbours: Neighbours) -> ShelfMoved | None:
    if not handled.change.is_in_place or handled.change.is_slow:
        return None
    return neighbours.take(replace(step_of(profile, handled), scale_id=name))
