"""One belief per bottle from weight and sight. Pure; volumes in ml.

Three accounts of the same bottle run side by side: both sensors tell the truth, the scale lies, the camera
lies. Each is a Kalman filter over (volume, the scale's offset, the camera's offset): the offsets hold what
does not average out, such as a glass that is heavier than its kind or a shoulder that the curve has wrong.
What a sensor says moves every account that believes it, by inverse variance, and makes accounts that it
fits likelier. A lie is therefore no average: the account that believed it dies out. In the account in which a
sensor lies, its offset may be anything and walk, so that the other says how much there is and it may still
say how much went. What decides between them is what people do: a bottle that was lifted has lost a measure
or nothing, and one that nobody touched has lost nothing. Interacting multiple models: Blom and Bar-Shalom,
IEEE Trans. Automatic Control 33(8), 1988.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from contract.sightings import FigureSource

Floats = NDArray[np.float64]

VOLUME, SCALE_OFFSET, CAMERA_OFFSET = range(3)
TARE_SPREAD = 0.01
"""Empty bottles of one product differ by about 1 % of their weight, one sigma."""
STILL_ML = 0.1
"""What may leave a bottle that nobody touched between two looks: drops and vapour."""
UNSEEN_POUR_ML, UNSEEN_SIGMA_ML = -25.0, 45.0
"""What a handling does to a bottle when nothing else is known of it."""
SCALE_WALK_ML = 0.4
"""How far a scale under a bottle that nobody touches walks between two looks."""
CAMERA_KEEPS = 0.6
"""Of the camera's offset, when a bottle was handled: it is turned, and its level is another."""
CAMERA_OFFSET_SHARE = 0.8
"""Of the stated sigma of sight, what does not average out while the bottle stands still."""
LYING_OFFSET_SHARE = 0.3
"""Of a full bottle: how far off a sensor is that lies, one sigma,"""
LYING_WALK_ML = 10.0
"""and how far it walks between two looks."""
JUMP_SIGMAS = 4.0
"""A lying sensor that jumps by more begins anew."""
OUTLIER_SIGMAS = 4.0
"""A look that is further off than this is believed when the next one says the same."""
MEASURE_ML = (7.0, 200.0)
"""What a lifted bottle loses."""
UNLIKELY = 0.2
"""Chance that a lie has the shape of a measure, and that liquid came back into a bottle that was lifted."""
SURE = 0.9
"""From here on an account has won."""


class Account(IntEnum):
    """Who tells the truth."""

    BOTH = 0
    CAMERA_ONLY = 1
    SCALE_ONLY = 2


LIES = {Account.CAMERA_ONLY: SCALE_OFFSET, Account.SCALE_ONLY: CAMERA_OFFSET}
"""Whose offset may be anything in which account."""
PRIOR = np.array([0.975, 0.002, 0.023])
"""Both tell the truth, the scale lies, the camera lies: a scale has fewer ways to be wrong."""
STAY: Floats = np.array([[0.9985, 0.0005, 0.0010], [0.002, 0.998, 0.0], [0.002, 0.0, 0.998]])
"""Chance of each account to turn into another between two looks: trust is lost faster than it is won."""


@dataclass(frozen=True, slots=True)
class Volume:
    """Millilitres and one sigma."""

    ml: float
    sigma_ml: float


class BottleBelief:
    """What is believed of the bottle in one slot."""

    def __init__(self, full_ml: float, *, tare_sigma_ml: float = 0.0) -> None:
        """`tare_sigma_ml`: spread of the empty bottle's weight, as ml of its liquid."""
        self._full_ml, self._tare_sigma_ml = full_ml, tare_sigma_ml
        self._weight = PRIOR.copy()
        self._mean: Floats = np.zeros((3, 3))
        self._cov: Floats = np.zeros((3, 3, 3))
        self._scale_heard = self._camera_heard = False
        self.renew(None)

    def renew(self, volume: Volume | None) -> None:
        """Another bottle stands here now; `volume` says what is known of it before any sensor spoke."""
        start = volume or Volume(self._full_ml / 2, self._full_ml / 2)
        self._mean[:] = (start.ml, 0.0, 0.0)
        self._cov[:] = np.diag([start.sigma_ml**2, self._tare_sigma_ml**2, (0.04 * self._full_ml) ** 2])
        lying = (LYING_OFFSET_SHARE * self._full_ml) ** 2
        for liar, offset in LIES.items():
            self._cov[liar, offset, offset] += lying
        self._handled, self._weighed_ml = False, start.ml
        self._outlier_ml: float | None = None
        self._weight = PRIOR.copy()
        self._scale_heard = self._camera_heard = False

    def pass_time(self, *, was_handled: bool, still_ml: float = STILL_ML) -> None:
        """Some time went by, with or without a hand on the bottle; `still_ml` may have left it unseen."""
        self._mix()
        self._mean[:, VOLUME] += UNSEEN_POUR_ML if was_handled else 0.0
        spread = UNSEEN_SIGMA_ML if was_handled else still_ml
        self._cov[:, VOLUME, VOLUME] += spread**2
        self._cov[:, SCALE_OFFSET, SCALE_OFFSET] += SCALE_WALK_ML**2
        for liar, offset in LIES.items():
            self._cov[liar, offset, offset] += LYING_WALK_ML**2
        self._handled = self._handled or was_handled
        if was_handled:
            self._forget_view()

    def weigh(self, said: Volume) -> None:
        """Take what the scale says; its sigma without the spread of the empty bottle."""
        change_ml, was_heard = said.ml - self._weighed_ml, self._scale_heard
        self._scale_heard, self._weighed_ml = True, said.ml
        self._take(SCALE_OFFSET, said.ml, said.sigma_ml**2)
        if self._handled and was_heard:
            self._judge(change_ml)
        self._handled = False

    def see(self, said: Volume) -> None:
        """Take what the camera says, unless it is far off for the first time."""
        if self._is_outlier(said):
            return
        first = not self._camera_heard
        self._camera_heard = True
        offset, noise = (
            CAMERA_OFFSET_SHARE * said.sigma_ml,
            (1 - CAMERA_OFFSET_SHARE**2) ** 0.5 * said.sigma_ml,
        )
        if first:
            believed = [Account.BOTH, Account.CAMERA_ONLY]
            self._cov[believed, CAMERA_OFFSET, CAMERA_OFFSET] = offset**2
        self._take(CAMERA_OFFSET, said.ml, noise**2)

    @property
    def volume(self) -> Volume:
        """The belief: 0..full, with a sigma that holds the doubt between the accounts as well."""
        weight = self._heard
        mean = float(weight @ self._mean[:, VOLUME])
        spread = self._cov[:, VOLUME, VOLUME] + (self._mean[:, VOLUME] - mean) ** 2
        sigma = float(np.sqrt(weight @ spread))
        return Volume(min(max(mean, 0.0), self._full_ml), sigma)

    @property
    def _heard(self) -> Floats:
        """How much each account counts: where one sensor is silent, the account of the other alone."""
        if self._scale_heard == self._camera_heard:
            return self._weight
        alone = Account.SCALE_ONLY if self._scale_heard else Account.CAMERA_ONLY
        return np.asarray([float(account is alone) for account in Account])

    @property
    def liar(self) -> Account | None:
        """The account that has won against "both tell the truth"; None while that stands."""
        if not (self._scale_heard and self._camera_heard):
            return None
        best = int(self._weight.argmax())
        return Account(best) if best != int(Account.BOTH) and self._weight[best] > SURE else None

    @property
    def source(self) -> FigureSource | None:
        """Which sensors the figure rests on."""
        if self._scale_heard and self._camera_heard and self.liar is None:
            return FigureSource.BOTH
        if self._camera_heard and (not self._scale_heard or self.liar is Account.CAMERA_ONLY):
            return FigureSource.CAMERA
        return FigureSource.SCALE if self._scale_heard else None

    @property
    def is_waiting(self) -> bool:
        """Whether the newest look was so far off that the next one has to say the same."""
        return self._outlier_ml is not None

    def forget_scale(self) -> None:
        """The scale gives no figure any more."""
        self._scale_heard = False

    def forget_camera(self) -> None:
        """The camera gives no figure any more."""
        self._camera_heard = False

    def _forget_view(self) -> None:
        self._mean[:, CAMERA_OFFSET] *= CAMERA_KEEPS
        own = self._cov[:, CAMERA_OFFSET, CAMERA_OFFSET].copy()
        self._cov[:, CAMERA_OFFSET, :] *= CAMERA_KEEPS
        self._cov[:, :, CAMERA_OFFSET] *= CAMERA_KEEPS
        fresh = (1 - CAMERA_KEEPS**2) * np.maximum(own, (0.03 * self._full_ml) ** 2)
        self._cov[:, CAMERA_OFFSET, CAMERA_OFFSET] += fresh

    def _is_outlier(self, said: Volume) -> bool:
        """Whether a look contradicts the belief and no look before it said the same."""
        before_ml, now = self._outlier_ml, self.volume
        self._outlier_ml = None
        far = abs(said.ml - now.ml) > OUTLIER_SIGMAS * float(np.hypot(said.sigma_ml, now.sigma_ml))
        heard = self._scale_heard or self._camera_heard
        if not heard or not far or (before_ml is not None and abs(said.ml - before_ml) < 3 * said.sigma_ml):
            return False
        self._outlier_ml = said.ml
        return True

    def _judge(self, change_ml: float) -> None:
        """Weigh the accounts by whether the scale's change is one that a lifted bottle makes."""
        weight = self._weight.copy()
        if MEASURE_ML[0] < -change_ml < MEASURE_ML[1]:
            weight[Account.CAMERA_ONLY] *= UNLIKELY
        elif change_ml > MEASURE_ML[0]:
            weight[[Account.BOTH, Account.SCALE_ONLY]] *= UNLIKELY
        self._weight = weight / weight.sum()

    def _take(self, offset: int, said_ml: float, variance: float) -> None:
        """Move the accounts, and weigh them by how well they foresaw it."""
        fits = np.empty(3)
        for account in Account:
            lies = LIES.get(account) == offset
            move = self._hear_liar if lies else self._update
            fits[account] = move(account, offset, said_ml, variance)
        if self._scale_heard and self._camera_heard:
            weight = self._weight * np.maximum(fits, 1e-12)
            self._weight = weight / weight.sum()

    @property
    def _anything(self) -> float:
        """Density of a word that means nothing, per ml."""
        return 1.0 / (1.5 * self._full_ml)

    def _hear_liar(self, account: Account, offset: int, said_ml: float, variance: float) -> float:
        """Let a lying sensor begin anew where it jumps; else it tells what went."""
        mean, cov = self._mean[account], self._cov[account]
        away = said_ml - mean[VOLUME] - mean[offset]
        towards = cov[VOLUME] + cov[offset]
        spread = towards[VOLUME] + towards[offset] + variance
        if away**2 <= JUMP_SIGMAS**2 * spread:
            return max(self._anything, self._update(account, offset, said_ml, variance))
        cov[offset, offset] += 4 * away**2
        self._update(account, offset, said_ml, variance)
        return self._anything

    def _update(self, account: Account, offset: int, said_ml: float, variance: float) -> float:
        """One Kalman step of one account; returns the likelihood of what was said."""
        cov, mean = self._cov[account], self._mean[account]
        towards = cov[VOLUME] + cov[offset]
        spread = towards[VOLUME] + towards[offset] + variance
        away = said_ml - mean[VOLUME] - mean[offset]
        gain = towards / spread
        self._mean[account] = mean + gain * away
        cov = cov - np.outer(gain, towards)
        self._cov[account] = (cov + cov.T) / 2
        return float(np.exp(-0.5 * away**2 / spread) / np.sqrt(2 * np.pi * spread))

    def _mix(self) -> None:
        """Let the accounts turn into each other a little (the interaction of the models)."""
        if not (self._scale_heard and self._camera_heard):
            return
        joint = self._weight[:, None] * STAY
        weight = joint.sum(axis=0)
        share = joint / weight
        mean = share.T @ self._mean
        cov = np.zeros_like(self._cov)
        for to in range(3):
            for come in range(3):
                away = self._mean[come] - mean[to]
                cov[to] += share[come, to] * (self._cov[come] + np.outer(away, away))
        self._weight, self._mean, self._cov = weight, mean, cov
