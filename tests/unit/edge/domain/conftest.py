"""A scale on a bench: segments of weight become noisy counts, frame by frame."""

import numpy as np
import pytest

from edge.domain.profiles import ScaleProfile
from edge.domain.weighing import ScaleWeigher

GIN = ScaleProfile(
    "cell-1",
    ("top-1",),
    "node-top",
    "0",
    tare_counts=12_345,
    counts_per_g=420.0,
    product_id="gin",
    tare_weight_g=500.0,
    density_g_per_ml=0.94,
    full_weight_g=500 + 700 * 0.94,
)


class Bench:
    """Plays weights at 10 samples per second to one scale and collects its movements."""

    def __init__(self, profile: ScaleProfile = GIN, noise_g: float = 0.8, seed: int = 1) -> None:
        self.weigher = ScaleWeigher(profile)
        self.now_s = 0.0
        self.movements = []
        self.announced = []
        self._noise_g = noise_g
        self._dice = np.random.default_rng(seed)

    def stand(self, weight_g: float, seconds: float) -> "Bench":
        return self.play(np.full(round(seconds * 10), weight_g))

    def ramp(self, from_g: float, to_g: float, seconds: float) -> "Bench":
        return self.play(np.linspace(from_g, to_g, round(seconds * 10)))

    def play(self, weights_g: np.ndarray) -> "Bench":
        noisy = weights_g + self._dice.normal(0, self._noise_g, weights_g.size)
        profile = self.weigher.profile
        self.counts(np.rint(noisy * profile.counts_per_g + profile.tare_counts).astype(int).tolist())
        return self

    def counts(self, counts: list[int | None]) -> "Bench":
        for start in range(0, len(counts), 10):
            frame = counts[start : start + 10]
            self.note(self.weigher.take(self.now_s, 10.0, frame))
            self.now_s += len(frame) / 10
        return self

    def note(self, handled: list) -> None:
        self.announced += [one for one in handled if one.stage == "provisional"]
        self.movements += [one for one in handled if one.stage == "final" and one.kind is not None]

    def missing(self, seconds: float) -> "Bench":
        self.now_s += seconds
        return self

    @property
    def kinds(self) -> list[str]:
        return [seen.kind.value for seen in self.movements]

    @property
    def quality(self) -> str:
        return self.weigher.quality.value


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def make_bench() -> type[Bench]:
    return Bench


@pytest.fixture
def gin() -> ScaleProfile:
    return GIN
