"""What a cheap camera makes of a scene: lens blur, vignette, exposure, colour cast, noise, motion, JPEG."""

from functools import lru_cache

import cv2
import numpy as np

from firmware_sim.render.arrays import Bytes, Dice, Floats, blurred, chance, floats, within


def photograph(dice: Dice, scene: Floats, *, gentle: bool = False) -> Bytes:
    """The scene (h, w, 3) as the camera's file gives it back, uint8; `gentle` for a settled shelf."""
    picture = scene
    if chance(dice, 0.35):
        picture = blurred(picture, within(dice, (0.4, 0.9 if gentle else 1.6)))
    if chance(dice, 0.05 if gentle else 0.12):
        picture = _moved(dice, picture)
    picture = _toned(dice, picture, 0.5 if gentle else 1.0)
    picture = _noisy(dice, picture, 0.02 if gentle else 0.05)
    pixels: Bytes = np.clip(picture * 255.0, 0, 255).astype(np.uint8)
    if chance(dice, 0.7):
        quality = int(dice.integers(40, 96))
        _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        pixels = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return pixels


def _moved(dice: Dice, picture: Floats) -> Floats:
    """Motion blur along one direction."""
    length = int(dice.integers(3, 9))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1.0 / length
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), float(dice.uniform(0, 180)), 1.0)
    kernel = floats(cv2.warpAffine(kernel, turn, (length, length)))
    return floats(cv2.filter2D(picture, -1, kernel / max(float(kernel.sum()), 1e-3)))


def _toned(dice: Dice, picture: Floats, strength: float) -> Floats:
    """Exposure, white balance, saturation, contrast curve, vignette."""
    exposure = np.exp(strength * dice.normal(0.0, 0.25))
    balance = np.exp(strength * dice.normal(0.0, 0.08, 3)) * exposure
    vivid = max(0.0, 1.0 + strength * float(dice.normal(0.0, 0.25)))
    mixing = np.diag(balance) @ (vivid * np.eye(3) + (1.0 - vivid) / 3.0)
    toned = np.clip(floats(cv2.transform(picture, mixing)), 0.0, 1.0)
    toned = floats(cv2.pow(toned, float(np.exp(strength * dice.normal(0.0, 0.2)))))
    if chance(dice, 0.3):
        height, width = toned.shape[:2]
        down, across = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None, :]
        toned = toned * floats(1.0 - within(dice, (0.05, 0.4)) * (down**2 + across**2) / 2)[..., None]
    return toned


def _noisy(dice: Dice, picture: Floats, most: float) -> Floats:
    amount = float(dice.beta(1.0, 3.0)) * most
    if amount < 0.003:
        return picture
    height, width = picture.shape[:2]
    grain = _grain()
    top, left = (int(dice.integers(0, max(1, side))) for side in grain.shape[:2])
    part = np.take(
        np.take(grain, range(top, top + height), 0, mode="wrap"), range(left, left + width), 1, mode="wrap"
    )
    return picture + part * np.float32(amount)


@lru_cache(maxsize=1)
def _grain() -> Floats:
    """A field of sensor noise, cut anew for every picture: drawing it costs more than rendering does."""
    return floats(np.random.default_rng(4).standard_normal((509, 509, 3), np.float32))
