"""One scale: counts in, movements and a state out. Owns the little story of a bottle on its pad.

starting -> standing <-> handling -> absent -> standing. A bottle in the hand is not a missing bottle:
only after two minutes off the pad is it gone. Times are seconds of the gateway's boot time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from contract.records import MovementKind, Quality
from edge.domain.calibration import Calibrated, Floats, to_grams
from edge.domain.despiking import PACE_HZ, Decimator, Despiker
from edge.domain.movements import Change, kind_of, threshold_g
from edge.domain.profiles import ScaleProfile
from edge.domain.settling import Average, Plateau, Settling
from edge.domain.trouble import Trouble

SURE_S = 2.5
"""A plateau must last this long before a movement is final,"""
SURE_LONG_S = 5.0
"""and this long when the change is near its threshold."""
HASTY_S = 1.5
"""Lifted again sooner than SURE_S: a clear pour still counts, with a doubt."""
GONE_S = 120.0
GAP_S = 1.5
"""Samples that are missing for longer than this may hide a movement."""
HAND_SAMPLES = 3
"""At either end of a plateau: the hand is already, or still, on the bottle."""
SETTLE_SAMPLES = 5


class Phase(Enum):
    """Where the bottle is, as far as the scale knows."""

    STARTING = "starting"
    STANDING = "standing"
    HANDLING = "handling"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class MovementSeen:
    """A movement of one scale. ended_s is when the bottle stood still, known_s when the scale was sure."""

    kind: MovementKind
    change: Change
    touched_s: float
    ended_s: float
    known_s: float


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


class ScaleWeigher:
    """The state of one scale. Feed it runs of raw counts in time order."""

    def __init__(self, profile: ScaleProfile) -> None:
        self.profile = profile
        self.phase = Phase.STARTING
        self.settling = Settling()
        self.trouble = Trouble()
        self.last_sample_s: float | None = None
        self._despiker = Despiker()
        self._decimator = Decimator()
        self._pace_hz = PACE_HZ
        self._handling = _Handling(0.0, None)
        self._residue_g = 0.0
        self._away_g: float | None = None
        self._seen: list[MovementSeen] = []

    @property
    def quality(self) -> Quality:
        """What to think of the weight now."""
        if self.trouble.quality is not None:
            return self.trouble.quality
        if self.phase is Phase.HANDLING and self._handling.was_lifted:
            return Quality.IN_HAND
        stands = self.phase in {Phase.STANDING, Phase.ABSENT}
        return Quality.OK if stands and self.settling.plateau is not None else Quality.UNSETTLED

    @property
    def weight(self) -> Average | None:
        """The stable weight; None while it is not to be believed."""
        if self.quality is not Quality.OK or self.settling.plateau is None:
            return None
        return self.settling.plateau.average(self.settling.noise_g)

    @property
    def spike_share(self) -> float:
        """Share of the samples since the start that were lone outliers."""
        return self._despiker.spikes / max(1, self._despiker.samples)

    def take(self, start_s: float, rate_hz: float, counts: Sequence[int | None]) -> list[MovementSeen]:
        """Weigh one run of equally spaced samples and return the movements that it completed."""
        calibrated = to_grams(counts, self.profile.tare_counts, self.profile.counts_per_g)
        believed = self.trouble.judge(counts, calibrated, rate_hz)
        at_s = start_s + np.arange(len(counts)) / rate_hz
        return self._take(at_s, rate_hz, calibrated, believed=believed)

    def take_grams(self, start_s: float, rate_hz: float, weight_g: Floats) -> list[MovementSeen]:
        """Weigh one run that is already in grams: a recorded trace."""
        at_s = start_s + np.arange(weight_g.size) / rate_hz
        return self._take(at_s, rate_hz, Calibrated(weight_g, 0, 0), believed=True)

    def _take(
        self, at_s: Floats, rate_hz: float, calibrated: Calibrated, *, believed: bool
    ) -> list[MovementSeen]:
        self._seen = []
        weight_g = calibrated.weight_g
        if calibrated.null or calibrated.saturated:
            valid = ~np.isnan(weight_g)
            at_s, weight_g = at_s[valid], weight_g[valid]
        if not believed or not weight_g.size:
            self.interrupt(float(at_s[0]) if at_s.size else None)
            return self._seen
        self._note_gap(float(at_s[0]))
        self.last_sample_s = float(at_s[-1])
        self.settling.learn_noise(weight_g)
        self._pace_hz = min(rate_hz, PACE_HZ)
        self.settling.pace(self._pace_hz)
        at_s, weight_g = self._despiker.clean(at_s, weight_g, self.settling.noise_g)
        self._weigh(*self._decimator.thin(at_s, weight_g, rate_hz))
        return self._seen

    def interrupt(self, at_s: float | None) -> None:
        """Note that samples are missing: what comes next is judged against what was before."""
        at_s = at_s if at_s is not None else self.last_sample_s or 0.0
        self._despiker.reset()
        self._decimator.reset()
        self.settling.interrupt()
        if self.phase is Phase.STANDING:
            self._begin_handling(at_s)
        self._handling.samples_missing = True
        self._handling.low_samples = 0

    def _note_gap(self, first_s: float) -> None:
        if self.last_sample_s is not None and first_s - self.last_sample_s > GAP_S:
            self.interrupt(self.last_sample_s)

    def _weigh(self, at_s: Floats, weight_g: Floats) -> None:
        plateau = self.settling.plateau
        if plateau is not None and self.settling.is_quiet and self.phase in {Phase.STANDING, Phase.ABSENT}:
            away = weight_g - plateau.level_g
            if weight_g.size and max(away.max(), -away.min()) <= self.settling.band_g:
                plateau.add_all(weight_g)
                return
        for when, value in zip(at_s.tolist(), weight_g.tolist(), strict=True):
            self._weigh_one(when, value)

    def _weigh_one(self, at_s: float, weight_g: float) -> None:
        plateau = self.settling.plateau
        self.settling.take(at_s, weight_g)
        if plateau is not None and self.settling.plateau is None:
            self._left_plateau(plateau, self.settling.left_s, at_s)
        if self.phase is not Phase.STANDING:
            self._watch_pad(at_s, weight_g)
            if self.settling.plateau is not None:
                self._on_plateau(self.settling.plateau, at_s)

    def _left_plateau(self, plateau: Plateau, left_s: float, at_s: float) -> None:
        if self.phase is Phase.STANDING:
            self._begin_handling(left_s)
            return
        long_enough = self.phase is Phase.HANDLING and plateau.samples >= HASTY_S * self._pace_hz
        if long_enough and self._decide(plateau, at_s, in_haste=True):
            self._begin_handling(left_s)

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
        if handling.low_samples >= HAND_SAMPLES:
            handling.was_lifted = True

    def _lift_below_g(self) -> float:
        before = self._handling.before
        return self.profile.lift_below_g(before.weight_g if before else self.profile.tare_weight_g)

    def _on_plateau(self, plateau: Plateau, at_s: float) -> None:
        if plateau.level_g < self._lift_below_g():
            low_since_s = self._handling.low_since_s
            if self.phase is not Phase.ABSENT and low_since_s is not None and at_s - low_since_s > GONE_S:
                self._declare_gone(plateau, at_s)
        elif plateau.samples >= SURE_S * self._pace_hz:
            self._decide(plateau, at_s, in_haste=False)

    def _declare_gone(self, plateau: Plateau, at_s: float) -> None:
        handling, self.phase = self._handling, Phase.ABSENT
        if handling.before is None:
            return
        before = _less(handling.before, handling.residue_g)
        after = plateau.average(self.settling.noise_g, skip_first=SETTLE_SAMPLES)
        change = Change(before, after, was_lifted=True, samples_missing=handling.samples_missing)
        self._away_g = before.weight_g - after.weight_g
        self._report(MovementKind.REMOVAL, change, plateau.start_s, at_s)

    def _decide(self, plateau: Plateau, at_s: float, *, in_haste: bool) -> bool:
        """Name the change once the new plateau has lasted long enough; True when the bottle stands again."""
        if plateau.level_g < self._lift_below_g():
            return False
        change = self._change(plateau, in_haste=in_haste)
        if change is None:
            self._stand(0.0)
            return True
        kind, least_g = kind_of(change, self.profile), threshold_g(change, self.profile)
        lean = self._may_be_a_lean(change)
        if in_haste and (kind is None or lean or abs(change.delta_g) < 3 * least_g):
            return False
        unclear = 0.5 * least_g < abs(change.delta_g) < 2 * least_g or lean
        if not in_haste and unclear and plateau.samples < SURE_LONG_S * self._pace_hz:
            return False
        if kind is not None:
            self._report(kind, change, plateau.start_s, at_s)
        small_lift = kind is None and change.was_lifted
        self._stand(change.delta_g if small_lift else 0.0)
        return True

    def _may_be_a_lean(self, change: Change) -> bool:
        """A bottle does not gain or lose weight untouched: somebody may be leaning on the shelf."""
        return change.is_in_place and self.profile.product_id is not None and not self.profile.is_keg

    def _change(self, plateau: Plateau, *, in_haste: bool) -> Change | None:
        handling, noise_g = self._handling, self.settling.noise_g
        skip_last = HAND_SAMPLES if in_haste else 0
        after = plateau.average(noise_g, skip_first=SETTLE_SAMPLES, skip_last=skip_last)
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
        )

    def _stand(self, residue_g: float) -> None:
        """Stand again; a change too small to name stays owed, so that many sips become one pour."""
        self.phase = Phase.STANDING
        self._residue_g = residue_g
        self._away_g = None

    def _report(self, kind: MovementKind, change: Change, ended_s: float, known_s: float) -> None:
        self._seen.append(MovementSeen(kind, change, self._handling.touched_s, ended_s, known_s))


def _less(average: Average, residue_g: float) -> Average:
    return Average(average.weight_g - residue_g, average.sigma_g, average.samples, average.trend_g)


def _pad_of(away_g: float | None, before: Average) -> Average:
    return Average(before.weight_g - (away_g or 0.0), before.sigma_g, before.samples)
