"""The products enrolled on a site, and the question which of them a crop shows. numpy only.

A product is a few embeddings, nothing is retrained. Its similarity to a crop is the mean of its BEST most
similar embeddings; a product seen from several sides need not look like the mean of its sides. With the
similarities s, the answer 'unknown' takes part as a product whose similarity is always `threshold`:

    P(product k) = exp(s_k / T) / (exp(threshold / T) + sum over all j of exp(s_j / T)), T = temperature

The likeliest answer is given. threshold and temperature stand in manifest.json; whoever runs the model needs
only these two, BEST and the formula.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
BEST = 2
MOST_PRODUCTS, MOST_CROPS = 512, 8


@dataclass(frozen=True)
class Answer:
    """Which product, None = unknown; how certain (its probability 0..1); the similarity of the best product,
    known or not, -1..1 (-1 for an empty gallery)."""

    product: str | None
    certainty: float
    similarity: float


@dataclass(frozen=True)
class Gallery:
    """Enrolled products; unchanging, `enrolled` gives a new one."""

    threshold: float
    temperature: float
    products: tuple[str, ...] = ()
    crops: tuple[Floats, ...] = ()  # per product (1..MOST_CROPS, d), rows of length 1

    def enrolled(self, product: str, crops: Floats) -> "Gallery":
        """With this product's embeddings (k, d), in place of those it had; the newest MOST_CROPS count.

        Raises ValueError where there is none, or where the gallery holds MOST_PRODUCTS others."""
        if crops.ndim != 2 or not len(crops):
            raise ValueError(f"{product} needs at least one crop to be enrolled: take three to five")
        others = [
            (name, rows) for name, rows in zip(self.products, self.crops, strict=True) if name != product
        ]
        if len(others) >= MOST_PRODUCTS:
            raise ValueError(
                f"the gallery is full with {MOST_PRODUCTS} products: remove one before {product}"
            )
        names, rows = zip(*others, (product, unit(crops[-MOST_CROPS:])), strict=True)
        return Gallery(self.threshold, self.temperature, names, rows)

    def similarities(self, vectors: Floats) -> Floats:
        """(n, products) of embeddings (n, d)."""
        if not self.products:
            return np.zeros((len(vectors), 0))
        columns = []
        for rows in self.crops:
            alike = np.sort(unit(vectors) @ rows.T, axis=1)
            columns.append(alike[:, -BEST:].mean(axis=1))
        return np.stack(columns, axis=1)

    def probabilities(self, vectors: Floats) -> Floats:
        """(n, products + 1), the last column unknown."""
        alike = self.similarities(vectors)
        logits = (
            np.concatenate([alike, np.full((len(vectors), 1), self.threshold)], axis=1) / self.temperature
        )
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        answer: Floats = shares / shares.sum(axis=1, keepdims=True)
        return answer

    def name(self, vector: Floats) -> Answer:
        """The answer for one embedding (d,)."""
        shares = self.probabilities(vector[None])[0]
        alike = self.similarities(vector[None])[0]
        best = int(shares.argmax())
        product = self.products[best] if best < len(self.products) else None
        return Answer(product, float(shares[best]), float(alike.max()) if len(alike) else -1.0)


def unit(vectors: Floats) -> Floats:
    """The rows with length 1; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows: Floats = vectors / np.maximum(lengths, 1e-9)
    return rows


@dataclass(frozen=True)
class Calibration:
    """What a set of bars gives as the rule's numbers."""

    threshold: float  # 'unknown' for who must decide by one crop: this share of strangers is flagged
    even: float  # 'unknown' for who weighs many crops: with it the probabilities are true
    temperature: float


def calibrated(similarities: Sequence[tuple[Floats, int | None]], strangers_flagged: float) -> Calibration:
    """Chooses `threshold` so that this share of strangers is flagged, `even` and `temperature` so that the
    probabilities fit best: the least mean negative logarithm of the right answer's, strangers and enrolled
    products counting alike.

    similarities: per crop its row over the bar's products, and the right column, None = a stranger."""
    strangers = np.array([row.max() for row, right in similarities if right is None])
    threshold = float(np.quantile(strangers, strangers_flagged))
    costs = {
        (float(even), float(temperature)): _cost(similarities, float(even), float(temperature))
        for even in np.linspace(threshold - 0.3, threshold + 0.1, 41)
        for temperature in np.geomspace(0.01, 0.3, 30)
    }
    even, temperature = min(costs, key=costs.__getitem__)
    return Calibration(threshold, even, temperature)


def _cost(similarities: Sequence[tuple[Floats, int | None]], even: float, temperature: float) -> float:
    widest = max(len(row) for row, _ in similarities)
    logits = np.full((len(similarities), widest + 1), -np.inf)
    mine = np.empty(len(similarities))
    known = np.array([right is not None for _, right in similarities])
    for number, (row, right) in enumerate(similarities):
        logits[number, : len(row)] = row / temperature
        mine[number] = (even if right is None else float(row[right])) / temperature
    logits[:, -1] = even / temperature
    peak = logits.max(axis=1)
    costs = peak + np.log(np.exp(logits - peak[:, None]).sum(axis=1)) - mine
    return float(np.mean([costs[group].mean() for group in (known, ~known) if group.any()]))
