"""Three simple detectors as they are in use, so that the engine's figures have something beside them.

Each takes one scale's grams at 10 samples a second and gives (time s, grams gone) of each pour.
"""

import numpy as np

ON_PAD_G = 100.0
RATE_HZ = 10


def delta_filter(weight_g: np.ndarray) -> list[tuple[float, float]]:
    """ESPHome: median of 5, throttled to 1 s, delta 10 g; a state lower than the last on the pad: a pour."""
    padded = np.concatenate((np.full(4, weight_g[0]), weight_g))
    medians = np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)[::RATE_HZ]
    found, published, standing = [], medians[0], medians[0]
    for second, value in enumerate(medians.tolist()):
        if abs(value - published) <= 10:
            continue
        published = value
        if value > ON_PAD_G:
            if standing - value > 10:
                found.append((float(second), standing - value))
            standing = value
    return found


def std_window(weight_g: np.ndarray) -> list[tuple[float, float]]:
    """AutoCheckout: 60 samples with a deviation over 20 g for 30 samples, and a change of more than 10 g."""
    windows = np.lib.stride_tricks.sliding_window_view(weight_g, 60)
    means, restless = windows.mean(axis=1), windows.std(axis=1) > 20
    edges = np.flatnonzero(np.diff(np.concatenate(([False], restless, [False])).astype(int)))
    found = []
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - begin < 30 or end >= means.size:
            continue
        before, after = means[max(0, begin - 1)], means[end]
        if before - after > 10 and after > ON_PAD_G:
            found.append(((end + 59) / RATE_HZ, float(before - after)))
    return found


def absolute_baseline(weight_g: np.ndarray) -> list[tuple[float, float]]:
    """Over 8 stable samples that differ by more than 15 g from a baseline which only an event moves."""
    windows = np.lib.stride_tricks.sliding_window_view(weight_g, 9)
    stable = np.flatnonzero((windows.max(axis=1) - windows.min(axis=1) < 10) & (windows[:, 0] > ON_PAD_G))
    means = windows[stable].mean(axis=1)
    found, baseline = [], float(means[0]) if means.size else 0.0
    for at, mean in zip(stable.tolist(), means.tolist(), strict=True):
        if abs(mean - baseline) > 15:
            if mean < baseline:
                found.append(((at + 8) / RATE_HZ, baseline - mean))
            baseline = mean
    return found


RIVALS = {
    "ESPHome-style delta filter": delta_filter,
    "60-sample std window": std_window,
    "absolute baseline": absolute_baseline,
}
