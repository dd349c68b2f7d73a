"""vision/pairs: crops whose share the scale knows, for teaching. Bounded; the oldest of a product go first.

A file's name holds what is known: TIME-SLOT-SHARE-LEVEL-SIGMA.jpg, shares in ten-thousandths.
"""

from dataclasses import dataclass
from pathlib import Path

MAX_OF_A_PRODUCT = 120
MAX_PRODUCTS = 256
LEAST_CHANGE = 0.015
"""A bottle that stands still is one pair, not a thousand."""


@dataclass(frozen=True, slots=True)
class KeptPair:
    """One kept crop."""

    path: Path
    slot_id: str
    share: float
    level: float
    sigma: float


class PairFolder:
    """The pairs of one gateway."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._newest: dict[str, float] = {}

    def add(self, at_ns: int, product_id: str, known: tuple[str, float, float, float], jpeg: bytes) -> bool:
        """Keep a pair unless it says nothing new; return whether it was kept. Raises OSError.

        `known` is slot, share, level and the level's sigma.
        """
        slot_id, share, level, sigma = known
        if abs(self._newest.get(slot_id, -1.0) - share) < LEAST_CHANGE:
            return False
        home = self._folder / product_id
        if not home.exists() and sum(1 for _ in self._folder.glob("*")) >= MAX_PRODUCTS:
            return False
        home.mkdir(parents=True, exist_ok=True)
        name = f"{at_ns:020d}_{slot_id}_{_tenths(share)}_{_tenths(level)}_{_tenths(sigma)}.jpg"
        fresh = home / f".{name}.tmp"
        fresh.write_bytes(jpeg)
        fresh.replace(home / name)
        self._newest[slot_id] = share
        for old in sorted(home.glob("*.jpg"))[:-MAX_OF_A_PRODUCT]:
            old.unlink(missing_ok=True)
        return True

    def pairs(self) -> dict[str, list[KeptPair]]:
        """Return all pairs by product, oldest first; what has no such name is passed over."""
        found: dict[str, list[KeptPair]] = {}
        homes = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        for home in homes[:MAX_PRODUCTS]:
            own = [pair for path in sorted(home.glob("*.jpg")) if (pair := _pair(path)) is not None]
            if own:
                found[home.name] = own
        return found


def _tenths(share: float) -> int:
    return max(0, round(share * 10_000))


def _pair(path: Path) -> KeptPair | None:
    parts = path.stem.split("_")
    if len(parts) != 5:
        return None
    try:
        share, level, sigma = (int(part) / 10_000 for part in parts[2:])
    except ValueError:
        return None
    return KeptPair(path, parts[1], share, level, sigma)
