"""Crude drawings of bottles: silhouettes with a cap, a label, a shade across, before rectangles and noise."""

import cv2
import numpy as np
import numpy.typing as npt

SIZE = 320
MOST_BOTTLES = 10
Bytes = npt.NDArray[np.uint8]
Boxes = npt.NDArray[np.float32]


def draw(seed: int) -> tuple[Bytes, Boxes]:
    """Picture (SIZE, SIZE, 3) and boxes (n, 4); the same seed gives the same drawing."""
    dice = np.random.default_rng([seed, 41])
    picture = _place(dice)
    boxes = []
    for _ in range(int(dice.integers(0, MOST_BOTTLES + 1))):
        tall = float(np.exp(dice.uniform(np.log(30), np.log(260))))
        wide = tall * float(dice.uniform(0.22, 0.42))
        x, foot = float(dice.uniform(0, SIZE - wide)), float(dice.uniform(tall, SIZE))
        _bottle(dice, picture, x, foot, tall, wide)
        boxes.append([x, foot - tall, x + wide, foot])
    noisy = picture + dice.normal(0, float(dice.uniform(0, 10)), picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), np.array(boxes, np.float32).reshape(-1, 4)


def _place(dice: np.random.Generator) -> npt.NDArray[np.float32]:
    rough = dice.uniform(0, 255, (int(dice.integers(2, 12)), int(dice.integers(2, 12)), 3)).astype(np.float32)
    picture = cv2.resize(rough, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    for _ in range(int(dice.integers(2, 16))):
        first, second = (tuple(int(v) for v in dice.integers(-20, SIZE + 20, 2)) for _ in range(2))
        ink = tuple(float(v) for v in dice.uniform(0, 255, 3))
        if dice.random() < 0.6:
            cv2.rectangle(picture, first, second, ink, -1)
        else:
            cv2.line(picture, first, second, ink, int(dice.integers(1, 14)))
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), float(dice.uniform(0.5, 3.0))), np.float32)


def _bottle(
    dice: np.random.Generator, whole: npt.NDArray[np.float32], x: float, foot: float, tall: float, wide: float
) -> None:
    left, top = int(x), int(foot - tall)
    picture = whole[top : int(foot) + 1, left : int(x + wide) + 1]
    neck, shoulder = float(dice.uniform(0.25, 0.5)), float(dice.uniform(0.55, 0.8))
    shape = [(0, 0), (0, shoulder), (0.5 - neck / 2, min(0.9, shoulder + 0.15)), (0.5 - neck / 2, 1)]
    shape += [(1 - across, up) for across, up in reversed(shape)]
    points = np.array([[across * wide, (1 - up) * tall] for across, up in shape], np.int32)
    mask = np.zeros(picture.shape[:2], np.float32)
    cv2.fillPoly(mask, [points], 1.0, cv2.LINE_AA)
    shade = np.sin(np.pi * np.linspace(0, 1, picture.shape[1], dtype=np.float32))[None, :, None]
    up = np.linspace(1, 0, picture.shape[0], dtype=np.float32)[:, None, None]
    glass, liquid = (dice.uniform(0, 255, 3).astype(np.float32) * (0.5 + 0.6 * shade) for _ in range(2))
    body = np.where(up < shoulder * float(dice.random()), liquid, glass)
    if dice.random() < 0.7:
        low, high = sorted(dice.uniform(0.08, shoulder, 2))
        paper = dice.uniform(60, 255, 3).astype(np.float32) * (0.7 + 0.3 * shade)
        body = np.where((up > low) & (up < high), paper, body)
    body = np.where(up > 0.94, dice.uniform(0, 255, 3).astype(np.float32), body)
    picture += (body - picture) * (mask[..., None] * float(dice.uniform(0.6, 1.0)))
    shine = left + int(wide * dice.uniform(0.2, 0.8))
    ends = (shine, int(foot - tall * 0.1)), (shine, int(foot - tall * shoulder))
    cv2.line(whole, *ends, (255.0,) * 3, max(1, int(wide * 0.05)))
