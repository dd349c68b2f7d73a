"""What the shipped vision models measure, figure by figure; benchmarks/vision.py prints and writes them down.

Photographs and referees stay outside the project: BARBACK_DATA (default ../shared/data) and BARBACK_BENCH
(default ../shared/bench). Without a referee, or without pycocotools that it needs, models/bottle_detector/
scores.py judges by the same rule.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import vision_plugin
from benchmarks.proof_of_concept import plugin as concept
from benchmarks.vision_pages import Figure
from firmware_sim.render.scene import render_scene
from models.bottle_detector import evaluate as detector_scores
from models.bottle_detector.pictures import may_train_on, read_marks
from models.bottle_detector.scores import score
from models.bottle_identity import evaluate as identity_scores
from models.bottle_identity.gallery import Gallery
from models.fill_level import evaluate as level_scores
from models.runtime import Detector, IdentityEyes, LevelReader, letterboxed

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "models"
FILES = ("model.onnx", "model.int8.onnx")
SETS = {"a_tr*": ["--source", "a_tr"], "b*, odd names": ["--source", "b", "--odd"]}
BETTER_BY = 4.0  # than the proof of concept
STATED_CONCEPT = (0.067, 0.046)
"""AP50 and recall stated for a stronger proof of concept (0.63 M parameters, 320 px, 11 CPU minutes on 4,800
better pictures), on photographs that are neither a_tr* nor b*. Ours must be four times as good as either."""


def data_folder() -> Path:
    """Where the photographs are."""
    return Path(os.environ.get("BARBACK_DATA", ROOT / "../shared/data")) / "bottles"


def bench_folder() -> Path:
    """Where the referees are."""
    return Path(os.environ.get("BARBACK_BENCH", ROOT / "../shared/bench"))


def referee(script: str, kind: str, *arguments: str) -> dict[str, Any] | None:
    """What a referee says, or None where it, its data or what it imports is missing."""
    path, data = bench_folder() / script, data_folder() / kind
    if not path.exists() or not data.exists():
        return None
    if kind == "detection" and importlib.util.find_spec("pycocotools") is None:
        return None
    with tempfile.TemporaryDirectory() as work:
        out = Path(work) / "out.json"
        command = [sys.executable, str(path), "--data", str(data), "--json", str(out), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
        found: dict[str, Any] = json.loads(out.read_text())
        return found


def photographs() -> Iterator[Figure]:
    """AP50 and recall on each set of photographs, ours and the proof of concept's, and how many times."""
    if not (data_folder() / "detection").exists():
        print(f"skipped: no photographs in {data_folder()}; BARBACK_DATA says where they are")
        return
    for name, arguments in SETS.items():
        ours = _judged("benchmarks.vision_plugin:detect", vision_plugin.detect, arguments)
        theirs = _judged("benchmarks.proof_of_concept.plugin:detect", concept.detect, arguments)
        floor = 0.20 if name == "a_tr*" else None
        for what, mine, other, stated, limit in zip(
            ("AP50", "recall at 1 false positive a picture"),
            ours,
            theirs,
            STATED_CONCEPT,
            (floor, None),
            strict=True,
        ):
            yield Figure("bottle_detector", f"{what}, photographs {name}", mine, limit)
            yield Figure("bottle_detector", f"{what}, photographs {name}, proof of concept", other)
            times = mine / max(other, 1e-4)
            yield Figure("bottle_detector", f"{what}, photographs {name}, times as good", times, BETTER_BY)
            yield Figure(
                "bottle_detector",
                f"{what}, photographs {name}, times the {stated} stated for a stronger proof of concept",
                mine / stated,
                BETTER_BY,
            )


def _judged(callable_: str, detect: Callable[..., Any], arguments: list[str]) -> tuple[float, float]:
    found = referee("bottle_detector_eval.py", "detection", "--callable", callable_, *arguments)
    if found is not None:
        return float(found["AP50"]), float(found["recall@1fppi"])
    folder, odd = data_folder() / "detection", "--odd" in arguments
    truths, founds = [], []
    for file, boxes in read_marks(folder):
        if file.startswith("a_tr") == odd or (odd and may_train_on(file)):
            continue
        truths.append(boxes)
        founds.append(np.asarray(detect(cv2.imread(str(folder / "images" / file))), float))
    own = score(truths, founds)
    return own.ap50, own.recall_at_1_fppi


def levels_on_photographs() -> Iterator[Figure]:
    """The fill-level referee's words on 62 photographs."""
    found = referee("fill_level_eval.py", "fill", "--callable", "benchmarks.vision_plugin:estimate")
    if found is None:
        return
    said = next(iter(found.values()))
    yield Figure("fill_level", "mean error, 62 photographs", said["MAE"], 0.08, at_least=False)
    yield Figure("fill_level", "share answered, 62 photographs", said["answered"] / said["n"], 0.80)
    yield Figure("fill_level", "within one stated sigma, 62 photographs", said["cover_1sigma"], 0.50)
    yield Figure(
        "fill_level", "within one stated sigma, 62 photographs", said["cover_1sigma"], 0.85, at_least=False
    )


def rendered(pictures: int, crops: int) -> Iterator[Figure]:
    """Detector and level reader on rendered pictures kept from training, both files of each."""
    detectors = [Detector.load(MODELS / "bottle_detector", file) for file in FILES]
    found = detector_scores.evaluate(detectors, pictures)
    for kind, one in zip(("FP32", "INT8"), found, strict=True):
        yield Figure("bottle_detector", f"AP50, {pictures} rendered pictures, {kind}", one.ap50)
    lost = max(found[0].ap50 - found[1].ap50, 0.0)
    yield Figure("bottle_detector", "AP50 lost by INT8, rendered", lost, 0.01, at_least=False)
    level = level_scores.evaluate(LevelReader.load(MODELS / "fill_level"), crops)
    yield Figure("fill_level", f"mean error, {crops} rendered crops", level.mean_error, 0.155, at_least=False)
    yield Figure("fill_level", "share of the readable answered, rendered", level.answered)
    yield Figure("fill_level", "within one stated sigma, rendered", level.covered, 0.60)
    yield Figure("fill_level", "within one stated sigma, rendered", level.covered, 0.76, at_least=False)


def identity(bars: int) -> Iterator[Figure]:
    """Names and 'unknown' on rendered bars, with five and with three enrolling crops, and INT8's."""
    kinds = dict(zip(FILES, ("FP32", "INT8"), strict=True))
    for (file, shown), found in identity_scores.evaluate(MODELS / "bottle_identity", FILES, bars).items():
        asked = file == FILES[0] and shown == identity_scores.SHOWN
        name = f"{bars} rendered bars, {shown} crops each, {kinds[file]}"
        yield Figure("bottle_identity", f"right, {name}", found.right, 0.97 if asked else None)
        yield Figure("bottle_identity", f"unknown flagged, {name}", found.flagged, 0.90 if asked else None)
        yield Figure("bottle_identity", f"wrong name, {name}", found.wrong)
        yield Figure("bottle_identity", f"right where plainly seen, {name}", found.right_in_view)


def identity_on_photographs() -> Iterator[Figure]:
    """A sanity check: the photographs of the fill set show two bottles, one with a coloured cap."""
    folder = data_folder() / "fill"
    if not folder.exists():
        return
    eyes = IdentityEyes.load(MODELS / "bottle_identity")
    vectors: dict[str, list[Any]] = {"coloured cap": [], "white cap": []}
    for crop in vision_plugin.fill_crops(folder):
        cap = cv2.cvtColor(crop[: max(1, crop.shape[0] // 14)], cv2.COLOR_BGR2HSV)[..., 1]
        vectors["coloured cap" if np.median(cap) > 110 else "white cap"].append(eyes.embed(crop))
    gallery = identity_scores.empty_gallery(MODELS / "bottle_identity")
    right, alone = [], gallery.enrolled("coloured cap", np.stack(vectors["coloured cap"][:3]))
    both = alone.enrolled("white cap", np.stack(vectors["white cap"][:3]))
    for name, rows in vectors.items():
        right += [both.name(row).product == name for row in rows[3:]]
    yield Figure("bottle_identity", f"right, {len(right)} photographs of two bottles", float(np.mean(right)))
    yield Figure("bottle_identity", "the other bottle called unknown, photographs", _flagged(alone, vectors))


def _flagged(alone: Gallery, vectors: dict[str, list[Any]]) -> float:
    return float(np.mean([alone.name(row).product is None for row in vectors["white cap"]]))


def sizes() -> Iterator[Figure]:
    """Bytes of every file that ships."""
    for model in ("bottle_detector", "fill_level", "bottle_identity"):
        for file, limit in zip(FILES, (4_000_000, 1_200_000), strict=True):
            size = float((MODELS / model / file).stat().st_size)
            yield Figure(model, f"{file}, bytes", size, float(limit), at_least=False)


def speed(rounds: int) -> Iterator[Figure]:
    """CPU time of one thread, so that a busy machine does not spoil it; wall time is no less."""
    picture = np.repeat(np.repeat(render_scene(7).image, 2, axis=0), 2, axis=1)
    detector = Detector.load(MODELS / "bottle_detector")
    square = letterboxed(picture, detector.size, detector.size)[0].transpose(2, 0, 1)[None].astype(np.float32)
    whole = _milliseconds(lambda: vision_plugin.detect(picture), rounds)
    yield Figure("bottle_detector", "detect() of 640 x 640, ms of one thread", whole, 8.0, at_least=False)
    network = _milliseconds(lambda: detector.session.run(None, {"image": square}), rounds)
    yield Figure("bottle_detector", "of it in the network, ms", network)
    small = Detector.load(MODELS / "bottle_detector", FILES[1])
    yield Figure(
        "bottle_detector",
        "detect() in INT8, ms of one thread",
        _milliseconds(lambda: small.detect(picture), rounds),
    )
    crop = np.ascontiguousarray(picture[:400, :120])
    reader, eyes = LevelReader.load(MODELS / "fill_level"), IdentityEyes.load(MODELS / "bottle_identity")
    yield Figure("fill_level", "read() of a crop, ms", _milliseconds(lambda: reader.read(crop), rounds))
    yield Figure("bottle_identity", "embed() of a crop, ms", _milliseconds(lambda: eyes.embed(crop), rounds))


def _milliseconds(do: Callable[[], Any], rounds: int) -> float:
    spent = []
    for number in range(rounds + 5):
        started = time.process_time()
        do()
        if number >= 5:
            spent.append(1000 * (time.process_time() - started))
    return float(np.median(spent))
