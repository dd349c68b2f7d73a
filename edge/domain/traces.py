"""Runs the weighing over a recorded trace. Knows nothing of files."""

from contract.records import Stage
from edge.domain.calibration import Floats
from edge.domain.profiles import ScaleProfile
from edge.domain.weighing import Handled, ScaleWeigher

RUN_S = 1.0


def movements_of_trace(weight_g: Floats, rate_hz: float, profile: ScaleProfile) -> list[Handled]:
    """Weigh a whole trace, g at rate_hz samples per second, in frames of one second; times start at 0."""
    weigher = ScaleWeigher(profile)
    step = max(1, round(rate_hz * RUN_S))
    seen: list[Handled] = []
    for start in range(0, weight_g.size, step):
        seen += weigher.take_grams(start / rate_hz, rate_hz, weight_g[start : start + step])
    return [one for one in seen if one.stage is Stage.FINAL and one.kind is not None]
