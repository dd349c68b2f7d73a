"""One scale under many bottles: counts in, what was done with which bottle out. Owns steps and their order.

A step between two plateaus is a bottle (or two) lifted or put back; which one, tray_belief.py says. Times are
seconds of the gateway's boot time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from contract.records import MovementKind, Quality, Stage
from edge.domain.calibration import Floats
from edge.domain.intake import Intake, Taken
from edge.domain.movements import POUR_MIN_ML, Change
from edge.domain.profiles import ScaleProfile
from edge.domain.settling import Average, Plateau, Settling
from edge.domain.tray_belief import Return, TrayBelief, Verdicts
from edge.domain.wander import Wander

SURE_S = 2.4
GONE_S = 120.0
STEP_MIN_G = 60.0
"""No empty bottle of a bar is lighter."""
STEP_OUT_G = 15.0
HALF = 0.5
HAND_SAMPLES = 2
SETTLE_SAMPLES = 2
WINDOW_SAMPLES = 3
"""Two bottles lifted a second apart leave two to four still samples between them."""
SIGMAS = 4.5
UNKNOWN_SIGMA_G = 200.0


@dataclass(frozen=True, slots=True)
class BottleWeight:
    """What a bottle weighs, g, and how sure that is."""

    weight_g: float
    sigma_g: float


@dataclass(frozen=True, slots=True)
class TraySeen:
    """A movement of one bottle of the tray; share has the probability of each slot."""

    stage: Stage
    kind: MovementKind | None
    change: Change
    share: Mapping[str, float]
    bottle: ScaleProfile
    touched_s: float
    ended_s: float
    known_s: float
    with_another: bool = False


@dataclass(frozen=True, slots=True)
class _Told:
    """What was said of a return while other bottles were still out."""

    ended_s: float
    verdicts: Verdicts
    sigma_g: float


class TrayWeigher:
    """The state of one tray. Feed it runs of raw counts in time order."""

    def __init__(
        self, profile: ScaleProfile, bottles: Sequence[ScaleProfile], known: Mapping[str, BottleWeight]
    ) -> None:
        """`bottles` has a profile per slot; `known` what their bottles weighed when last seen."""
        self.profile = profile
        self.settling = Settling(WINDOW_SAMPLES)
        self.wander = Wander()
        self.intake = Intake(profile.tare_counts, profile.counts_per_g, self.settling)
        self._bottles = list(bottles)
        self._belief = _belief(bottles, known)
        self._level: Average | None = None
        self._level_s = 0.0
        self._plateau_done = True
        self._left_s = 0.0
        self._lifts: list[float] = []
        self._told: list[_Told] = []
        self._announced = False
        self._samples_missing = False
        self._seen: list[TraySeen] = []

    @property
    def quality(self) -> Quality:
        """What to think of the weight now."""
        trouble = self.intake.trouble.quality
        if trouble is not None:
            return trouble
        if self._lifts:
            return Quality.IN_HAND
        return Quality.OK if self.settling.plateau is not None else Quality.UNSETTLED

    @property
    def weight(self) -> Average | None:
        """The stable weight of all that stands here; None while it is not to be believed."""
        if self.quality is not Quality.OK or self.settling.plateau is None:
            return None
        return self.settling.plateau.average(self.settling.noise_g)

    @property
    def spike_share(self) -> float:
        """Share of the newest samples that were lone outliers."""
        return self.intake.spike_share

    @property
    def bottles(self) -> dict[str, BottleWeight]:
        """What is believed of every bottle, by slot; to be handed in again after a restart."""
        mean, sigma = self._belief.weights
        return {
            bottle.slots[0]: BottleWeight(weight_g, sigma_g)
            for bottle, weight_g, sigma_g in zip(self._bottles, mean.tolist(), sigma.tolist(), strict=True)
        }

    def confirm(self, slot: str) -> bool:
        """Somebody, or a camera, saw which bottle came back last; False where the weights exclude it."""
        numbers = [n for n, bottle in enumerate(self._bottles) if slot in bottle.slots]
        return bool(numbers) and self._belief.confirm(numbers[0])

    def take(self, start_s: float, rate_hz: float, counts: Sequence[int | None]) -> list[TraySeen]:
        """Weigh one run of equally spaced samples and return what it completed."""
        return self._take(self.intake.take(start_s, rate_hz, counts))

    def interrupt(self, at_s: float | None) -> None:
        """Note that samples are missing."""
        self.intake.reset()
        self.wander.interrupt()
        plateau = self.settling.plateau
        self.settling.interrupt()
        if plateau is not None:
            self._left(plateau, at_s if at_s is not None else self.intake.last_sample_s or 0.0)
        self._samples_missing = True

    def _take(self, taken: Taken) -> list[TraySeen]:
        self._seen = []
        if taken.broken_at_s is not None:
            self.interrupt(taken.broken_at_s)
        self._weigh(taken.at_s, taken.weight_g)
        if taken.at_s.size and self._lifts and float(taken.at_s[-1]) - self._lifts[0] > GONE_S:
            self._declare_gone(float(taken.at_s[-1]))
        return self._seen

    def _weigh(self, at_s: Floats, weight_g: Floats) -> None:
        plateau = self.settling.plateau
        if plateau is not None and self.settling.is_quiet and self._plateau_done and weight_g.size:
            away = weight_g - plateau.level_g
            if max(away.max(), -away.min()) <= self.settling.band_g:
                plateau.add_all(weight_g)
                self.wander.take(float(at_s[-1]), plateau.newest_g(round(self.intake.pace_hz)))
                return
        for when, value in zip(at_s.tolist(), weight_g.tolist(), strict=True):
            self._weigh_one(when, value)

    def _weigh_one(self, at_s: float, weight_g: float) -> None:
        plateau = self.settling.plateau
        self.settling.take(at_s, weight_g)
        if plateau is not None and self.settling.plateau is not plateau:
            self._left(plateau, self.settling.left_s)
        plateau = self.settling.plateau
        if plateau is None or self._plateau_done:
            return
        if not self._announced:
            self._announced = True
            self._announce(plateau, at_s)
        if plateau.samples >= SURE_S * self.intake.pace_hz:
            self._step(plateau, at_s)

    def _left(self, plateau: Plateau, left_s: float) -> None:
        """A plateau is over: settle its step if that was not done, then keep its level."""
        self.wander.interrupt()
        if not self._plateau_done:
            self._step(plateau, left_s)
        self._level = plateau.average(self.settling.noise_g, skip_last=HAND_SAMPLES)
        self._level_s, self._left_s = left_s, left_s
        self._plateau_done = self._announced = False

    def _measure(self, plateau: Plateau) -> tuple[Average, float, float] | None:
        """Return the new level, the step and its variance; None where there is nothing to compare with."""
        if self._level is None:
            return None
        after = plateau.average(self.settling.noise_g, skip_first=SETTLE_SAMPLES)
        windows_s = (self._level.samples + after.samples) / self.intake.pace_hz
        wander_g = self.wander.sigma_g(windows_s / 3 + max(0.0, plateau.start_s - self._left_s))
        variance = self._level.sigma_g**2 + after.sigma_g**2 + wander_g**2
        return after, after.weight_g - self._level.weight_g, variance

    def _announce(self, plateau: Plateau, at_s: float) -> None:
        measured = self._measure(plateau)
        if measured is None or measured[1] < STEP_MIN_G or not self._lifts:
            return
        _, step_g, variance = measured
        verdicts = self._belief.copy().put(step_g, variance)
        self._say(Stage.PROVISIONAL, verdicts, (plateau.start_s, at_s), sqrt(2 * variance))

    def _step(self, plateau: Plateau, at_s: float) -> None:
        """Take the step to this plateau for good."""
        self._plateau_done = True
        measured = self._measure(plateau)
        if measured is None or abs(measured[1]) < self._least_g():
            return
        _, step_g, variance = measured
        came_back = self._belief.step(step_g, variance)
        if came_back:
            verdicts = self._belief.reading(-1)
            self._say(Stage.FINAL, verdicts, (plateau.start_s, at_s), sqrt(2 * variance))
            self._think_again(at_s)
            self._told.append(_Told(plateau.start_s, verdicts, sqrt(2 * variance)))
        if self._belief.out.sum() < HALF:
            self._end_episode()
        elif not came_back or not self._lifts:
            self._lifts.append(self._left_s)

    def _least_g(self) -> float:
        """While a bottle is out a small step may be one that came and another that went."""
        return STEP_MIN_G if not self._lifts else STEP_OUT_G

    def _think_again(self, at_s: float) -> None:
        """The newest return may tell which bottle an earlier one of this episode was."""
        for number, told in enumerate(self._told):
            now, before = self._belief.reading(number), told.verdicts
            if now.best is not None and before.best is not None and _differs(now.best, before.best):
                self._say(Stage.CORRECTED, now, (told.ended_s, at_s), told.sigma_g)
                self._told[number] = replace(told, verdicts=now)

    def _end_episode(self) -> None:
        self._lifts.clear()
        self._told.clear()
        self._samples_missing = False
        self._belief.end_episode()

    def _say(self, stage: Stage, verdicts: Verdicts, times_s: tuple[float, float], sigma_g: float) -> None:
        best = verdicts.best
        if best is None:
            return
        for bottle in [best.bottle] if best.second < 0 else [best.bottle, best.second]:
            self._say_one(stage, verdicts, bottle, times_s, sigma_g)

    def _say_one(
        self, stage: Stage, verdicts: Verdicts, number: int, times_s: tuple[float, float], sigma_g: float
    ) -> None:
        best = verdicts.best
        assert best is not None, "only a bottle's return is told"
        bottle, together = self._bottles[number], best.second >= 0
        share = {b.slots[0]: float(p) for b, p in zip(self._bottles, verdicts.share.tolist(), strict=True)}
        if together:
            other = best.second if number == best.bottle else best.bottle
            share[self._bottles[other].slots[0]] = 0.0
        poured_g = best.poured_g / (2 if together else 1)
        before_g = best.before_g / (2 if together else 1)
        change = Change(
            Average(before_g, sigma_g / sqrt(2), 1),
            Average(before_g - poured_g, sigma_g / sqrt(2), 1),
            was_lifted=True,
            samples_missing=self._samples_missing,
            wander_g=poured_g / 3 if together else 0.0,
        )
        kind = _kind(best, poured_g, sigma_g, bottle)
        touched_s = self._lifts[0] if self._lifts else self._left_s
        known_s = times_s[1] + 1 / self.intake.pace_hz
        self._seen.append(
            TraySeen(stage, kind, change, share, bottle, touched_s, times_s[0], known_s, together)
        )

    def _declare_gone(self, at_s: float) -> None:
        share, touched_s = self._belief.forget_out(), self._lifts[0]
        mean_g, sigma_g = self._belief.weights
        self._end_episode()
        for number in np.flatnonzero(share > 0.5).tolist():
            before = Average(float(mean_g[number]), float(sigma_g[number]), 1)
            change = Change(before, Average(0.0, 0.5, 1), was_lifted=True)
            shares = {self._bottles[number].slots[0]: min(1.0, float(share[number]))}
            bottle = self._bottles[number]
            self._seen.append(
                TraySeen(Stage.FINAL, MovementKind.REMOVAL, change, shares, bottle, touched_s, at_s, at_s)
            )


def _differs(now: Return, before: Return) -> bool:
    return (now.bottle, now.second, now.is_new) != (before.bottle, before.second, before.is_new)


def _kind(best: Return, poured_g: float, sigma_g: float, bottle: ScaleProfile) -> MovementKind | None:
    if best.is_new:
        return MovementKind.SWAP
    least_g = max(POUR_MIN_ML * (bottle.density_g_per_ml or 1.0), SIGMAS * sigma_g / sqrt(2))
    return MovementKind.POUR if poured_g >= least_g else None


def _belief(bottles: Sequence[ScaleProfile], known: Mapping[str, BottleWeight]) -> TrayBelief:
    """Start with what is known; of the rest only that it lies between empty and full."""
    weight_g, sigma_g = [], []
    for bottle in bottles:
        full_g = bottle.full_weight_g or bottle.tare_weight_g + 2 * UNKNOWN_SIGMA_G
        guess = BottleWeight((bottle.tare_weight_g + full_g) / 2, (full_g - bottle.tare_weight_g) / sqrt(12))
        found = known.get(bottle.slots[0], guess)
        weight_g.append(found.weight_g)
        sigma_g.append(max(0.3, found.sigma_g))
    tare_g = np.array([bottle.tare_weight_g for bottle in bottles])
    full = np.array([bottle.full_weight_g or np.nan for bottle in bottles])
    return TrayBelief(np.array(weight_g), np.array(sigma_g), tare_g, full)
