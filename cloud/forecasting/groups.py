"""Owns which series belong together when only their names are known."""

from collections.abc import Sequence

import numpy as np

from cloud.forecasting.panel import Ints

SEPARATOR = "|"


def groups_of(names: Sequence[str]) -> Ints:
    """(n,) group numbers from names such as `site|product` or `product|site`.

    The part (first or last) with fewer distinct values is the group, if at least two series share one on
    average; otherwise everything is one group.
    """
    one_group = np.zeros(len(names), dtype=np.int64)
    if not all(SEPARATOR in name for name in names):
        return one_group
    parts = [[name.split(SEPARATOR)[at] for name in names] for at in (0, -1)]
    numbered = [np.unique(part, return_inverse=True)[1].astype(np.int64) for part in parts]
    fewest = min(numbered, key=lambda numbers: int(numbers.max()))
    return fewest if 2 * (int(fewest.max()) + 1) <= len(names) else one_group
