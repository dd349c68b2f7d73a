"""One scale under many bottles: counts in, what was done with which bottle out. Owns steps and their order.

A step between two plateaus is a bottle (or two) lifted or put back; which one, tray_belief.py says. Times are
seconds of the gateway's boot time.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from contract.records import MovementKind, Quality, Stage
from edge.domain.calibration import Floats
from edge.domain.intake import Intake, Taken
from edge.domain.movements import Change
from edge.domain.profiles import ScaleProfile
from edge.domain.settling import Average, Plateau, Settling
from edge.domain.tray_levels import SURE_S, Levels
from edge.domain.tray_start import BottleWeight, belief_of, bottles_of
from edge.domain.tray_telling import Moment, Telling, TraySeen
from edge.domain.wander import Wander

__all__ = ["BottleWeight", "TrayWeigher"]

GONE_S = 120.0
STEP_MIN_G = 60.0
"""No empty bottle of a bar is lighter."""
STEP_OUT_G = 15.0
HALF = 0.5
WINDOW_SAMPLES = 3
"""Two bottles lifted a second apart leave two to four still samples between them."""


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
        self._belief = belief_of(bottles, known)
        self._levels = Levels(self.settling, self.wander)
        self._plateau_done = True
        self._lifts: list[float] = []
        self._is_known = all(bottle.slots[0] in known for bottle in bottles)
        self._telling = Telling(bottles)
        self._announced = False
        self._samples_missing = False
        self._confirmed = False
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
        return bottles_of(self._belief, self._bottles)

    def confirm(self, slot: str) -> bool:
        """Somebody, or a camera, saw which bottle came back last; False where the weights exclude it."""
        numbers = [n for n, bottle in enumerate(self._bottles) if slot in bottle.slots]
        self._confirmed = bool(numbers) and self._belief.confirm(numbers[0])
        return self._confirmed

    def take(self, start_s: float, rate_hz: float, counts: Sequence[int | None]) -> list[TraySeen]:
        """Weigh one run of equally spaced samples and return what it completed."""
        return self._take(self.intake.take(start_s, rate_hz, counts))

    def interrupt(self, at_s: float | None) -> None:
        """Note that samples are missing."""
        self.intake.reset()
        self.wander.interrupt()
        plateau = self.settling.plateau
        self.settling.interrupt()
        if plateau is not None and not self._plateau_done and plateau.is_frozen:
            self._forget(self.intake.last_sample_s or 0.0)
        elif plateau is not None:
            self._left(plateau, at_s if at_s is not None else self.intake.last_sample_s or 0.0)
        self._samples_missing = True

    def _take(self, taken: Taken) -> list[TraySeen]:
        self._seen = []
        if self._confirmed:
            self._confirmed = False
            self._seen += self._telling.tell_again(self._belief, self.intake.last_sample_s or 0.0)
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
        if not self._plateau_done and self.settling.has_turned:
            self._forget(left_s)
            return
        if not self._plateau_done:
            self._step(plateau, left_s)
        first = self._levels.last is None
        self._levels.leave(plateau, left_s, self.intake.pace_hz)
        if first and self._is_known and self._levels.last is not None:
            self._belief.reconcile(self._levels.last.weight_g)
        self._plateau_done = self._announced = False

    def _moment(self, plateau: Plateau) -> Moment:
        touched_s = self._lifts[0] if self._lifts else self._levels.left_s
        return Moment(touched_s, plateau.start_s, self._samples_missing)

    def _announce(self, plateau: Plateau, at_s: float) -> None:
        measured = self._levels.step_to(plateau, self.intake.pace_hz)
        if measured is None or measured.grams < STEP_MIN_G or not self._lifts:
            return
        ahead = self._belief.copy()
        if measured.taken_by(ahead) is None:
            return
        verdicts = ahead.reading(-1)
        self._seen += self._telling.announce(verdicts, self._moment(plateau), at_s + 1 / self.intake.pace_hz)

    def _forget(self, at_s: float) -> None:
        """What pressed on the tray stood still for a moment: no level, and what was announced was nothing."""
        self._plateau_done = self._announced = False
        self._seen += self._telling.withdraw(at_s)

    def _step(self, plateau: Plateau, at_s: float) -> None:
        """Take the step to this plateau for good."""
        self._plateau_done = True
        measured = self._levels.step_to(plateau, self.intake.pace_hz)
        if measured is None or abs(measured.grams) < self._least_g():
            return
        self._levels.note_taken()
        known_s = at_s + 1 / self.intake.pace_hz
        number = measured.taken_by(self._belief)
        self._seen += self._telling.tell_again(self._belief, known_s)
        if number is not None:
            self._seen += self._telling.tell(self._belief, number, self._moment(plateau), known_s)
        if self._belief.out.sum() < HALF:
            self._lifts.clear()
            self._samples_missing = False
        elif measured.grams < 0 or not self._lifts:
            self._lifts.append(self._levels.left_s)

    def _least_g(self) -> float:
        """While a bottle is out a small step may be one that came and another that went."""
        return STEP_MIN_G if not self._lifts else STEP_OUT_G

    def _declare_gone(self, at_s: float) -> None:
        share, touched_s = self._belief.forget_out(), self._lifts[0]
        mean_g, sigma_g = self._belief.weights
        self._lifts.clear()
        self._samples_missing = False
        for number in np.flatnonzero(share > 0.5).tolist():
            before = Average(float(mean_g[number]), float(sigma_g[number]), 1)
            change = Change(before, Average(0.0, 0.5, 1), was_lifted=True)
            shares = {self._bottles[number].slots[0]: min(1.0, float(share[number]))}
            bottle = self._bottles[number]
            self._seen.append(
                TraySeen(Stage.FINAL, MovementKind.REMOVAL, change, shares, bottle, touched_s, at_s, at_s)
            )
