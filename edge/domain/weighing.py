"""One scale: counts in, what was done with its bottle out. Owns the little story of a bottle on its pad.

starting -> standing <-> handling -> absent -> standing. A bottle in the hand is not a missing bottle:
only after two minutes off the pad is it gone. Times are seconds of the gateway's boot time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from math import hypot, sqrt

from contract.records import MovementKind, Quality, Stage
from edge.domain.calibration import Floats
from edge.domain.intake import Intake, Taken
from edge.domain.leaks import LeakWatch
from edge.domain.movements import Change, kind_of, threshold_g
from edge.domain.profiles import ScaleProfile
from edge.domain.settling import Average, Plateau, Settling
from edge.domain.wander import LAGS_S, Wander

SURE_S = 2.4
"""A plateau must last this long before a movement is final: 3 s less the half second of settling,"""
SURE_LONG_S = 5.0
"""and this long when a bottle seems to have changed its weight without being lifted."""
GONE_S = 120.0
HAND_SAMPLES = 3
"""At either end of a plateau: the hand is already, or still, on the bottle."""
SETTLE_SAMPLES = 3
STEP_SIGMAS = 6.0
"""A step in place this clear is told to the neighbours, though it is no movement."""
ZERO_MAX_G = 30.0
CLEAR = 1.8
"""A provisional movement is this many times its threshold."""


class Phase(Enum):
    """Where the bottle is, as far as the scale knows."""

    STARTING = "starting"
    STANDING = "standing"
    HANDLING = "handling"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of one handling, provisional or final; kind is None where it was no movement.

    ended_s is when the bottle stood still, known_s when the scale was sure; came_back says that the bottle
    had been away for so long that its leaving was a movement of its own.
    """

    stage: Stage
    kind: MovementKind | None
    change: Change
    touched_s: float
    ended_s: float
    known_s: float
    came_back: bool = False


@dataclass(slots=True)
class _Handling:
    """What happened since a plateau ended; before is None when the scale has only just started."""

    touched_s: float
    before: Average | None
    residue_g: float = 0.0
    low_samples: int = 0
    low_since_s: float | None = None
    was_lifted: bool = False
    samples_missing: bool = False
    is_announced: bool = False
    rest: tuple[Plateau, float] | None = None
    """The bottle stood for a moment since it was lifted: the plateau and when it was left."""


class ScaleWeigher:
    """The state of one scale that carries one thing. Feed it runs of raw counts in time order."""

    def __init__(self, profile: ScaleProfile) -> None:
        self.profile = profile
        self.phase = Phase.STARTING
        self.settling = Settling()
        self.wander = Wander()
        self.leaks = LeakWatch()
        self.intake = Intake(profile.tare_counts, profile.counts_per_g, self.settling)
        self._handling = _Handling(0.0, None)
        self._residue_g = 0.0
        self._away_g: float | None = None
        self._seen: list[Handled] = []
        self.zero_g = 0.0
        """What the scale says without its bottle: seen whenever the bottle is in a hand."""

    @property
    def quality(self) -> Quality:
        """What to think of the weight now."""
        trouble = self.intake.trouble.quality
        if trouble is not None:
            return trouble
        if self.phase is Phase.HANDLING and self._handling.was_lifted:
            return Quality.IN_HAND
        stands = self.phase in {Phase.STANDING, Phase.ABSENT}
        return Quality.OK if stands and self.settling.plateau is not None else Quality.UNSETTLED

    @property
    def weight(self) -> Average | None:
        """The stable weight; None while it is not to be believed."""
        if self.quality is not Quality.OK or self.settling.plateau is None:
            return None
        average = self.settling.plateau.average(self.settling.noise_g)
        wander_g = self.wander.sigma_g(LAGS_S[-1]) / sqrt(2)
        return replace(average, sigma_g=hypot(average.sigma_g, wander_g))

    @property
    def spike_share(self) -> float:
        """Share of the newest samples that were lone outliers."""
        return self.intake.spike_share

    @property
    def in_hand(self) -> tuple[float, Average] | None:
        """Since when the bottle is in somebody's hand and what it weighed, while it is."""
        handling = self._handling
        if self.phase is not Phase.HANDLING or not handling.was_lifted or handling.before is None:
            return None
        return handling.touched_s, handling.before

    @property
    def step_under_way(self) -> tuple[float, float] | None:
        """Since when, s, and by how much, g, the weight is shifting in place, while that is not settled."""
        handling, plateau = self._handling, self.settling.plateau
        is_step = self.phase is Phase.HANDLING and not handling.was_lifted and handling.before is not None
        if not is_step or plateau is None or handling.before is None:
            return None
        return handling.touched_s, plateau.level_g - handling.before.weight_g

    @property
    def landed(self) -> Average | None:
        """What was put back on the pad but is not yet sure."""
        plateau = self.settling.plateau
        if self.phase is not Phase.HANDLING or plateau is None or plateau.level_g < self._lift_below_g():
            return None
        return plateau.average(self.settling.noise_g)

    def take(self, start_s: float, rate_hz: float, counts: Sequence[int | None]) -> list[Handled]:
        """Weigh one run of equally spaced samples and return what it completed."""
        return self._take(self.intake.take(start_s, rate_hz, counts))

    def take_grams(self, start_s: float, rate_hz: float, weight_g: Floats) -> list[Handled]:
        """Weigh one run that is already in grams: a recorded trace."""
        return self._take(self.intake.take_grams(start_s, rate_hz, weight_g))

    def interrupt(self, at_s: float | None) -> None:
        """Note that samples are missing: what comes next is judged against what was before."""
        at_s = at_s if at_s is not None else self.intake.last_sample_s or 0.0
        self.intake.reset()
        self.wander.interrupt()
        self.settling.interrupt()
        if self.phase is Phase.STANDING:
            self._begin_handling(at_s)
        self._handling.samples_missing = True
        self._handling.low_samples = 0

    def carry(self, other: ScaleProfile) -> None:
        """From now on another bottle stands here: the one that `other` describes."""
        self.profile = self.profile.carrying(other)
        self._residue_g = 0.0

    def _take(self, taken: Taken) -> list[Handled]:
        self._seen = []
        if taken.broken_at_s is not None:
            self.interrupt(taken.broken_at_s)
        self._weigh(taken.at_s, taken.weight_g)
        return self._seen

    def _weigh(self, at_s: Floats, weight_g: Floats) -> None:
        plateau = self.settling.plateau
        stands = self.phase in {Phase.STANDING, Phase.ABSENT}
        if plateau is not None and self.settling.is_quiet and stands and weight_g.size:
            away = weight_g - plateau.level_g
            if max(away.max(), -away.min()) <= self.settling.band_g:
                plateau.add_all(weight_g)
                self._while_quiet(float(at_s[-1]), plateau)
                return
        for when, value in zip(at_s.tolist(), weight_g.tolist(), strict=True):
            self._weigh_one(when, value)

    def _while_quiet(self, at_s: float, plateau: Plateau) -> None:
        mean_g = plateau.newest_g(round(self.intake.pace_hz))
        self.wander.take(at_s, mean_g)
        leak = self.leaks.take(at_s, mean_g) if self.phase is Phase.STANDING else None
        if leak is not None:
            before = Average(leak.before_g, self.settling.noise_g, 1)
            change = Change(before, plateau.average(self.settling.noise_g), was_lifted=False, is_slow=True)
            self._seen.append(
                Handled(Stage.FINAL, MovementKind.SPILLAGE, change, leak.start_s, leak.end_s, leak.end_s)
            )

    def _weigh_one(self, at_s: float, weight_g: float) -> None:
        plateau = self.settling.plateau
        self.settling.take(at_s, weight_g)
        if plateau is not None and self.settling.plateau is None:
            self._left_plateau(plateau, self.settling.left_s)
        if self.phase is not Phase.STANDING:
            self._watch_pad(at_s, weight_g)
            if self.settling.plateau is not None:
                self._on_plateau(self.settling.plateau, at_s)

    def _left_plateau(self, plateau: Plateau, left_s: float) -> None:
        self.wander.interrupt()
        if self.phase is Phase.STANDING:
            self._begin_handling(left_s)
        elif plateau.level_g >= self._lift_below_g():
            lifted = self._handling.was_lifted or self.phase is Phase.ABSENT
            self._handling.rest = (plateau, left_s) if lifted else None
            self._handling.low_samples = 0

    def _begin_handling(self, at_s: float) -> None:
        ended = self.settling.ended
        before = ended.average(self.settling.noise_g, skip_last=HAND_SAMPLES) if ended else None
        self._handling = _Handling(at_s, before, self._residue_g)
        self.phase = Phase.HANDLING

    def _watch_pad(self, at_s: float, weight_g: float) -> None:
        handling = self._handling
        if weight_g >= self._lift_below_g():
            handling.low_samples, handling.low_since_s = 0, None
            return
        handling.low_samples += 1
        handling.low_since_s = at_s if handling.low_since_s is None else handling.low_since_s
        if handling.low_samples == HAND_SAMPLES:
            self._lifted(at_s)

    def _lifted(self, at_s: float) -> None:
        """The pad is empty; if the bottle had stood for a moment, that was the end of one handling."""
        if self._handling.rest is not None:
            plateau, left_s = self._handling.rest
            self._handling.rest = None
            if self._decide_in_haste(plateau, at_s):
                low_since_s = self._handling.low_since_s
                before = plateau.average(self.settling.noise_g, skip_last=1)
                self._handling = _Handling(left_s, before, low_samples=HAND_SAMPLES, low_since_s=low_since_s)
                self.phase = Phase.HANDLING
        self._handling.was_lifted = True

    def _lift_below_g(self) -> float:
        before = self._handling.before
        return self.profile.lift_below_g(before.weight_g if before else self.profile.tare_weight_g)

    def _on_plateau(self, plateau: Plateau, at_s: float) -> None:
        if plateau.level_g < self._lift_below_g():
            self._see_zero(plateau)
            low_since_s = self._handling.low_since_s
            if self.phase is not Phase.ABSENT and low_since_s is not None and at_s - low_since_s > GONE_S:
                self._declare_gone(plateau, at_s)
            return
        if not self._handling.is_announced:
            self._announce(plateau, at_s)
        if plateau.samples >= SURE_S * self.intake.pace_hz:
            self._decide(plateau, at_s)

    def _see_zero(self, plateau: Plateau) -> None:
        """An empty pad shows the zero of its scale, unless something light lies on it."""
        if abs(plateau.level_g) <= ZERO_MAX_G:
            self.zero_g = plateau.level_g

    def _announce(self, plateau: Plateau, at_s: float) -> None:
        """Say what it will probably be, as soon as the bottle stands again."""
        handling = self._handling
        handling.is_announced = True
        if self.phase is not Phase.HANDLING or not handling.was_lifted or handling.samples_missing:
            return
        change = self._change(plateau)
        if change is None:
            return
        kind = kind_of(change, self.profile)
        if kind is not None and abs(change.delta_g) >= CLEAR * threshold_g(change, self.profile):
            self._report(Stage.PROVISIONAL, kind, change, plateau.start_s, at_s)

    def _declare_gone(self, plateau: Plateau, at_s: float) -> None:
        handling, self.phase = self._handling, Phase.ABSENT
        handling.is_announced = True
        if handling.before is None:
            return
        before = _less(handling.before, handling.residue_g)
        after = plateau.average(self.settling.noise_g, skip_first=SETTLE_SAMPLES)
        change = Change(before, after, was_lifted=True, samples_missing=handling.samples_missing)
        self._away_g = before.weight_g - after.weight_g
        self._report(Stage.FINAL, MovementKind.REMOVAL, change, plateau.start_s, at_s)

    def _decide(self, plateau: Plateau, at_s: float) -> None:
        """Name the change once the new plateau has lasted long enough."""
        change = self._change(plateau)
        if change is None:
            self._stand(0.0)
            return
        if self._may_be_a_lean(change) and plateau.samples < SURE_LONG_S * self.intake.pace_hz:
            return
        kind = kind_of(change, self.profile)
        if kind is not None or change.was_lifted or abs(change.delta_g) > STEP_SIGMAS * change.sigma_g:
            self._report(Stage.FINAL, kind, change, plateau.start_s, at_s)
        if kind is not None or change.was_lifted:
            self.leaks.reset()
        self._stand(change.delta_g if kind is None and change.was_lifted else 0.0)

    def _decide_in_haste(self, plateau: Plateau, at_s: float) -> bool:
        """Name a change by a short rest of the bottle; only a clear one, so that a touch-down is not two."""
        change = self._change(plateau, in_haste=True)
        if change is None:
            return False
        kind = kind_of(change, self.profile)
        if kind is None or abs(change.delta_g) < CLEAR * threshold_g(change, self.profile):
            return False
        self._report(Stage.FINAL, kind, change, plateau.start_s, at_s)
        self._residue_g, self._away_g = 0.0, None
        return True

    def _may_be_a_lean(self, change: Change) -> bool:
        """A bottle does not gain or lose weight untouched: somebody may be leaning on the shelf."""
        if not change.is_in_place:
            return False
        return self.profile.is_bottle or abs(change.delta_g) < 2 * threshold_g(change, self.profile)

    def _change(self, plateau: Plateau, *, in_haste: bool = False) -> Change | None:
        handling, noise_g = self._handling, self.settling.noise_g
        after = plateau.average(noise_g, skip_first=SETTLE_SAMPLES, skip_last=int(in_haste))
        if self.phase is Phase.ABSENT:
            empty = (
                Average(0.0, noise_g, 0)
                if handling.before is None
                else _pad_of(self._away_g, handling.before)
            )
            return Change(empty, after, was_lifted=True, in_haste=in_haste, away_g=self._away_g or 0.0)
        if handling.before is None:
            return None
        return Change(
            _less(handling.before, handling.residue_g),
            after,
            was_lifted=handling.was_lifted,
            lasted_s=plateau.start_s - handling.touched_s,
            samples_missing=handling.samples_missing,
            in_haste=in_haste,
            wander_g=self.wander.sigma_g(self._apart_s(handling.before, after, plateau.start_s)),
        )

    def _apart_s(self, before: Average, after: Average, start_s: float) -> float:
        """Time over which the two averages wander apart: a third of each window counts (random walk)."""
        windows_s = (before.samples + after.samples) / self.intake.pace_hz
        return start_s - self._handling.touched_s + windows_s / 3

    def _stand(self, residue_g: float) -> None:
        """Stand again; a change too small to name stays owed, so that many sips become one pour."""
        self.phase = Phase.STANDING
        self._residue_g = residue_g
        self._away_g = None

    def _report(
        self, stage: Stage, kind: MovementKind | None, change: Change, ended_s: float, at_s: float
    ) -> None:
        known_s = at_s + 1 / self.intake.pace_hz
        came_back = self.phase is Phase.ABSENT and kind is not MovementKind.REMOVAL
        self._seen.append(Handled(stage, kind, change, self._handling.touched_s, ended_s, known_s, came_back))


def _less(average: Average, residue_g: float) -> Average:
    return Average(average.weight_g - residue_g, average.sigma_g, average.samples, average.trend_g)


def _pad_of(away_g: float | None, before: Average) -> Average:
    return Average(before.weight_g - (away_g or 0.0), before.sigma_g, before.samples)
