"""What a bar stocks: bottles with labels, and flavours of one brand that differ in colour alone.

A stock number is brand * FLAVOURS + flavour. Flavours share outline, print and cap; paper, liquid and cap
have other colours: the pairs that a person confuses too. Numbers below TRAINING_FROM are kept for measuring,
no training command draws them.
"""

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np

from firmware_sim.render.arrays import Bytes, Dice, Floats, chance, colour, floats
from firmware_sim.render.looks import Label, Look, look_of

FLAVOURS = 4
TRAINING_FROM = 1_000_000
SISTER_SHARE = 0.1  # of a bar's products that are a second flavour of one it already has
NOT_BEHIND_A_BAR = ("soap", "perfume", "squeeze", "vial", "sport")


@lru_cache(maxsize=512)
def stocked_look(number: int) -> Look:
    """The look of a stock number; always the same."""
    brand, flavour = divmod(number, FLAVOURS)
    look = replace(_brand(brand), product=number)
    if flavour == 0:
        return look
    return _flavoured(np.random.default_rng([brand, flavour, 91]), look)


def _brand(brand: int) -> Look:
    """The brand's first look that carries a label and belongs behind a bar."""
    for attempt in range(200):
        look = look_of(5_000_000 + brand * 200 + attempt)
        if look.labels and look.outline.family.name not in NOT_BEHIND_A_BAR:
            return look
    raise AssertionError(f"brand {brand} has no labelled look")


def _flavoured(dice: Dice, look: Look) -> Look:
    ink, turn = colour(dice, (0.5, 1.0), (0.55, 1.0)), int(dice.integers(30, 150))
    labels = tuple(
        Label(_dyed(label.texture, ink, turn), label.bottom, label.top, label.wrap, label.clear)
        for label in look.labels
    )
    cap = colour(dice, (0.2, 1.0), (0.3, 1.0)) if chance(dice, 0.6) else look.cap_colour
    liquid = floats(np.clip(look.liquid * dice.uniform(0.6, 1.2, 3), 0.02, 0.98))
    return replace(look, labels=labels, cap_colour=cap, liquid=liquid)


def _dyed(texture: Bytes, ink: Floats, turn: int) -> Bytes:
    """The print with its hues turned (of 180) and its light parts dyed."""
    hsv = cv2.cvtColor(texture, cv2.COLOR_BGR2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int32) + turn) % 180
    turned = floats(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR))
    return np.asarray(np.clip(turned * (0.3 + 0.7 * ink), 0, 255), np.uint8)


def stock_of_bar(seed: int, count: int, *, first_brand: int = 0, brands: int = 3_000) -> tuple[int, ...]:
    """`count` different stock numbers in any order; some are flavours of one brand."""
    dice = np.random.default_rng([seed, count, 17])
    order = dice.permutation(brands)[:count] + first_brand
    numbers: list[int] = []
    for brand in order.tolist():
        has_sister = numbers and numbers[-1] % FLAVOURS < FLAVOURS - 1 and chance(dice, SISTER_SHARE)
        numbers.append(numbers[-1] + 1 if has_sister else brand * FLAVOURS)
    return tuple(dice.permutation(numbers).tolist())
