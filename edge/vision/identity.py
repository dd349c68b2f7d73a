"""Which product a bottle is: an embedding of its crop, and a gallery of crops enrolled on this site.

A product is a few crops in a folder of its name; nothing is trained. Its likeness to a crop is the mean of
its BEST most alike crops, and "unknown" takes part as a product whose likeness is the model's `even_below`:

    P(k) = exp(s_k / t) / (exp(even_below / t) + sum_j exp(s_j / t))

That is one crop's word; edge/domain/recognising.py believes many.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.domain.sight import Recognised
from edge.vision.fitting import Fitter
from edge.vision.model_folder import OpenModel
from edge.vision.pictures import Bgr, BrokenPictureError, jpeg, read
from edge.vision.presets import Floats

BEST, MOST_CROPS, MOST_PRODUCTS = 2, 8, 512
ENOUGH = 3
"""Crops of a product before it is recognised."""


class Identity:
    """Embeds crops. Used by one thread."""

    def __init__(self, model: OpenModel) -> None:
        self.model = model
        self._fitter = Fitter(model.manifest.input)
        by_one_crop = model.manifest.threshold("unknown_below", 0.6)
        self.even_below = model.manifest.threshold("even_below", by_one_crop)
        self.temperature = max(1e-3, model.manifest.threshold("temperature", 0.05))

    def embed(self, crop: Bgr) -> Floats:
        """Return the crop's direction, length 1."""
        field, _ = self._fitter.fit(crop)
        out: Floats = self.model.session.run(None, {self.model.manifest.input.name: field})[0].reshape(-1)
        return out / max(float(np.linalg.norm(out)), 1e-9)


@dataclass(slots=True)
class Gallery:
    """Enrolled products; rows of length 1 by product."""

    folder: Path
    crops: dict[str, Floats]

    @classmethod
    def load(cls, folder: Path, identity: Identity) -> "Gallery":
        """Embed every crop of a folder; what is no picture is passed over."""
        found: dict[str, Floats] = {}
        products = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
        for product in products[:MOST_PRODUCTS]:
            rows = []
            for path in sorted(product.glob("*.jpg"))[-MOST_CROPS:]:
                try:
                    rows.append(identity.embed(read(path)))
                except (BrokenPictureError, OSError):
                    continue
            if len(rows) >= ENOUGH:
                found[product.name] = np.stack(rows)
        return cls(folder, found)

    def name(self, vector: Floats, even_below: float, temperature: float) -> Recognised | None:
        """Say how likely each product is, and which is likeliest; None where nothing is enrolled."""
        if not self.crops:
            return None
        names = [*self.crops, None]
        alike = [float(np.sort(rows @ vector)[-BEST:].mean()) for rows in self.crops.values()]
        logits = np.array([*alike, even_below]) / temperature
        shares = np.exp(logits - logits.max())
        return Recognised.likeliest(dict(zip(names, (shares / shares.sum()).tolist(), strict=True)))


def enrol(folder: Path, product_id: str, crop: Bgr) -> int:
    """Keep a crop of a product, the newest MOST_CROPS; return how many there are. Raises OSError."""
    home = folder / product_id
    home.mkdir(parents=True, exist_ok=True)
    (home / f"{time.time_ns():020d}.jpg").write_bytes(jpeg(crop, 92, 480))
    crops = sorted(home.glob("*.jpg"))
    for old in crops[:-MOST_CROPS]:
        old.unlink(missing_ok=True)
    return min(len(crops), MOST_CROPS)
