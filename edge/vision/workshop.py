"""Opens the models that are in use, swaps them while the gateway runs, and goes back when a new one fails.

A newly chosen detector first reads along: for SHADOW_LOOKS pictures both run, and it takes over when it
raised nothing and fits in the time. Used by the one thread of the room.
"""

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from edge.json_file import JsonFileError
from edge.vision.detector import Detector
from edge.vision.eye import Models
from edge.vision.identity import Gallery, Identity
from edge.vision.level_reader import LevelReader
from edge.vision.manifest import Kind, ModelRefusedError
from edge.vision.model_book import KINDS, ModelBook
from edge.vision.model_folder import OpenModel, open_model, read_choice
from edge.vision.pictures import Bgr

log = logging.getLogger(__name__)

GALLERY = Path("vision") / "gallery"
SHADOW_LOOKS = 5
SLOWEST_S = 2.0
"""Processor time of one picture; a detector that needs more is no use here."""


@dataclass(slots=True)
class _Shadow:
    """A detector that reads along."""

    detector: Detector
    looks: int = 0


@dataclass(slots=True)
class Workshop:
    """The models of one gateway. `models` is what reads pictures now."""

    data_dir: Path
    shipped: Path
    keys: Collection[bytes]
    models: Models = field(default_factory=Models)
    _stamp: object = None
    _names: dict[Kind, str | None] = field(default_factory=dict)
    _shadow: _Shadow | None = None

    def refresh(self) -> None:
        """Open what is to be used, if that has changed. Never raises for what a model is."""
        book = ModelBook(self.data_dir, self.shipped)
        stamp = book.stamp(), self._gallery_stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        for kind in KINDS:
            self._refresh(book, kind)
        self._load_gallery()

    def shadow(self, picture: Bgr) -> None:
        """Let a new detector read along, and put it to use or take it back."""
        shadow = self._shadow
        if shadow is None:
            return
        try:
            _try(shadow.detector, picture, is_first=shadow.looks == 0)
        except Exception as error:  # noqa: BLE001 (whatever a new model does, the old one goes on)
            self._take_back("bottle_detector", str(error))
            self._shadow = None
            return
        shadow.looks += 1
        if shadow.looks >= SHADOW_LOOKS:
            self.models.detector, self._shadow = shadow.detector, None
            log.info(
                "%s has read %d pictures along and is used from now on",
                shadow.detector.model.name,
                SHADOW_LOOKS,
            )

    def failed(self, error: Exception) -> bool:
        """A model in use raised; go back to the one before. False when there is none."""
        if self._names.get("bottle_detector") is None:
            return False
        self._take_back("bottle_detector", str(error))
        self._stamp = None
        self.models.detector = None
        self.refresh()
        return self.models.detector is not None

    def _refresh(self, book: ModelBook, kind: Kind) -> None:
        try:
            name = book.use(kind).active
        except JsonFileError as error:
            log.warning("%s", error)
            name = None
        if kind in self._names and self._names[kind] == name:
            return
        is_first = kind not in self._names
        self._names[kind] = name
        try:
            self._install(kind, self._open(book, kind, name), is_first=is_first)
        except ModelRefusedError as error:
            self._refused(book, kind, name, error)

    def _open(self, book: ModelBook, kind: Kind, name: str | None) -> OpenModel:
        folder, is_shipped = book.folder(kind, name)
        file = read_choice(self.data_dir).get(kind)
        return open_model(folder, kind, keys=self.keys, is_shipped=is_shipped, file=file)

    def _install(self, kind: Kind, model: OpenModel, *, is_first: bool) -> None:
        log.info("%s is loaded", model.name)
        if kind == "fill_level":
            self.models.reader = LevelReader(model)
        elif kind == "bottle_identity":
            self.models.identity = Identity(model)
        elif is_first or self.models.detector is None:
            self.models.detector, self.models.refused = Detector(model), None
        else:
            self._shadow = _Shadow(Detector(model))

    def _refused(self, book: ModelBook, kind: Kind, name: str | None, error: ModelRefusedError) -> None:
        if name is None:
            if kind == "bottle_detector":
                self.models.refused = str(error)
            log.log(logging.INFO if kind == "bottle_identity" else logging.WARNING, "no %s: %s", kind, error)
            return
        self._take_back(kind, str(error))
        del self._names[kind]
        self._refresh(book, kind)

    def _take_back(self, kind: Kind, why: str) -> None:
        log.warning("the new %s is taken back, the one before is used again: %s", kind, why)
        book = ModelBook(self.data_dir, self.shipped)
        try:
            book.go_back(kind, why)
            self._names[kind] = book.use(kind).active
        except (JsonFileError, OSError) as error:
            log.warning("%s", error)
            self._names[kind] = None
        self._stamp = book.stamp(), self._gallery_stamp()

    def _gallery_stamp(self) -> object:
        folder = self.data_dir / GALLERY
        homes = sorted(folder.iterdir()) if folder.is_dir() else []
        return tuple((home.name, home.stat().st_mtime_ns) for home in homes)

    def _load_gallery(self) -> None:
        if self.models.identity is not None:
            self.models.gallery = Gallery.load(self.data_dir / GALLERY, self.models.identity)


def _try(detector: Detector, picture: Bgr, *, is_first: bool) -> None:
    """Let a detector read one picture in the time it has; the first includes its warming up."""
    started_s = time.thread_time()
    detector.detect(picture)
    took_s = time.thread_time() - started_s
    if took_s > SLOWEST_S and not is_first:
        raise ModelRefusedError(
            f"it needs {took_s:.1f} s for a picture, at most {SLOWEST_S:.0f} s are allowed"
        )
