"""Dice: every part of the simulator has its own stream, named, so that one more draw moves no other."""

import hashlib
import random

import numpy as np


def _digest(seed: int, names: tuple[str, ...]) -> bytes:
    return hashlib.sha256("/".join((str(seed), *names)).encode()).digest()


def stream(seed: int, *names: str) -> random.Random:
    """Dice for people: one draw at a time."""
    return random.Random(_digest(seed, names))


def numpy_stream(seed: int, *names: str) -> np.random.Generator:
    """Dice for signals: arrays at once."""
    return np.random.Generator(np.random.PCG64(int.from_bytes(_digest(seed, names)[:16], "big")))


def hex32(seed: int, *names: str) -> str:
    """A 128-bit name in lower-case hexadecimal, the same for the same seed and names."""
    return _digest(seed, names)[:16].hex()
