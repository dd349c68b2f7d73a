"""The bundled assets: their names on disk, and their files, cached for ever and packed beforehand.

`./dev build` writes cloud/dashboard/static; this module reads its manifest once, at start.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

STATIC = Path(__file__).parent / "static"
URL_PREFIX = "/static/"
BUILD_COMMAND = "./dev build"

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class BundleMissingError(Exception):
    """The assets have not been built; the message says with which command."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Files of one build by the names that templates use."""

    folder: Path
    names: dict[str, str]

    @classmethod
    def load(cls, folder: Path = STATIC) -> "Bundle":
        """Read the manifest. Raises BundleMissingError."""
        try:
            names = json.loads((folder / "manifest.json").read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            raise BundleMissingError(f"The dashboard's assets are not built. Run: {BUILD_COMMAND}") from None
        return cls(folder, names)

    def url(self, name: str) -> str:
        """Where a page finds 'main.css'. Raises BundleMissingError for a name that the build did not make."""
        if name not in self.names:
            raise BundleMissingError(f"The build has no {name}. Run again: {BUILD_COMMAND}")
        return URL_PREFIX + self.names[name]

    def file(self, request: Request) -> Response:
        """Serve one file by its hashed name; any other name is answered with 404."""
        name = str(request.path_params["name"])
        if name not in self.names.values():
            return PlainTextResponse("There is no such file in this build.", status_code=404)
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        path = self.folder / name
        if accepts_gzip(request):
            path, headers["Content-Encoding"] = self.folder / f"{name}.gz", "gzip"
        return FileResponse(path, headers=headers, media_type=_MEDIA_TYPES[Path(name).suffix])


def accepts_gzip(request: Request) -> bool:
    """Whether the browser unpacks gzip."""
    return "gzip" in request.headers.get("Accept-Encoding", "").lower()
