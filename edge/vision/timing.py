"""`python -m edge bench vision`: how long each model's files take on this device, and which is used."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from edge.vision.detector import Detector
from edge.vision.identity import Identity
from edge.vision.level_reader import LevelReader
from edge.vision.manifest import Kind, ModelRefusedError, read_manifest
from edge.vision.model_book import KINDS, ModelBook
from edge.vision.model_folder import OpenModel, open_model
from edge.vision.pictures import Bgr
from edge.vision.trial_picture import BOXES, trial_picture

RUNS = 40


@dataclass(frozen=True, slots=True)
class Timed:
    """One file: processor time of one picture or crop, ms, and megabytes."""

    kind: Kind
    file: str
    ms: float
    megabytes: float


def time_models(
    book: ModelBook, keys: Collection[bytes], say: Callable[[str], None], runs: int = RUNS
) -> list[Timed]:
    """Time every file of the models in use; what is refused is said and left out."""
    found: list[Timed] = []
    for kind in KINDS:
        folder, is_shipped = book.folder(kind, book.use(kind).active)
        try:
            found += _time_kind(kind, folder, keys, is_shipped=is_shipped, runs=runs)
        except ModelRefusedError as error:
            say(f"left out: {error}")
    return found


def _time_kind(
    kind: Kind, folder: Path, keys: Collection[bytes], *, is_shipped: bool, runs: int
) -> list[Timed]:
    """The files take turns, so that a busy moment disturbs all alike."""
    picture = trial_picture()
    x1, y1, x2, y2 = (int(side) for side in BOXES[0])
    crop = picture[y1:y2, x1:x2]
    names = [one.file for one in read_manifest(folder)[0].files]
    models = [open_model(folder, kind, keys=keys, is_shipped=is_shipped, file=name) for name in names]
    work = {model.file: _work(model, picture, crop) for model in models}
    spent: dict[str, list[float]] = {name: [] for name in names}
    for one in work.values():
        one()
    for _ in range(runs):
        for name, one in work.items():
            started_s = time.thread_time()
            one()
            spent[name].append(1000 * (time.thread_time() - started_s))
    sizes = {name: (folder / name).stat().st_size / 1e6 for name in names}
    return [Timed(kind, name, median(spent[name]), sizes[name]) for name in names]


def _work(model: OpenModel, picture: Bgr, crop: Bgr) -> Callable[[], object]:
    kind = model.manifest.model
    if kind == "bottle_detector":
        detector = Detector(model)
        return lambda: detector.detect(picture)
    if kind == "fill_level":
        reader = LevelReader(model)
        return lambda: reader.read(crop)
    identity = Identity(model)
    return lambda: identity.embed(crop)


def fastest(found: list[Timed]) -> dict[str, str]:
    """Return the file to use by kind."""
    best: dict[str, Timed] = {}
    for one in found:
        if one.kind not in best or one.ms < best[one.kind].ms:
            best[one.kind] = one
    return {kind: one.file for kind, one in best.items()}


def resident_mb() -> float:
    """Memory of this process, MB (VmRSS); 0 where the kernel does not say."""
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024
