"""vision/models: models imported here, and which of them is used. Owns going back to the one before."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from edge.json_file import JsonFile
from edge.vision.manifest import Kind

FOLDER = Path("vision") / "models"
FILE = FOLDER / "active.json"
MAX_VERSIONS = 8
"""Kept per kind; the oldest that is not used goes."""
KINDS: tuple[Kind, ...] = ("bottle_detector", "fill_level", "bottle_identity")


class Use(BaseModel):
    """Which version of a kind is used; None is the shipped one."""

    active: str | None = None
    before: str | None = None
    refused: str | None = None
    """Why the last change was taken back."""


class _Uses(BaseModel):
    v: Literal[1] = 1
    kinds: dict[str, Use] = {}


class ModelBook:
    """The models of one gateway."""

    def __init__(self, data_dir: Path, shipped: Path) -> None:
        self._root, self._shipped = data_dir / FOLDER, shipped
        self._file = JsonFile(data_dir / FILE, _Uses)

    def stamp(self) -> object:
        """Return something that differs whenever another model is to be used."""
        return self._file.stamp()

    def use(self, kind: Kind) -> Use:
        """Return what is used. Raises JsonFileError."""
        return self._file.read().kinds.get(kind, Use())

    def folder(self, kind: Kind, name: str | None) -> tuple[Path, bool]:
        """Return a version's folder and whether it is the shipped one."""
        return (self._shipped / kind, True) if name is None else (self._root / kind / name, False)

    def new_folder(self, kind: Kind, name: str) -> Path:
        """Make room for a version and return its folder. Raises OSError."""
        home = self._root / kind
        home.mkdir(parents=True, exist_ok=True)
        use = self.use(kind)
        others = [
            path
            for path in sorted(home.iterdir(), key=lambda path: path.stat().st_mtime)
            if path.is_dir() and path.name not in (use.active, use.before, name)
        ]
        for old in others[: max(0, len(others) - MAX_VERSIONS + 1)]:
            for file in old.iterdir():
                file.unlink()
            old.rmdir()
        return home / name

    def activate(self, kind: Kind, name: str | None) -> None:
        """Use a version from now on; a running gateway notices. Raises JsonFileError or OSError."""
        self._change(kind, lambda use: Use(active=name, before=use.active))

    def go_back(self, kind: Kind, why: str) -> None:
        """Use the version before again. Raises JsonFileError or OSError."""
        self._change(kind, lambda use: Use(active=use.before, refused=why[:300]))

    def _change(self, kind: Kind, how: Callable[[Use], Use]) -> None:
        self._file.change(lambda uses: _Uses(kinds={**uses.kinds, kind: how(uses.kinds.get(kind, Use()))}))
