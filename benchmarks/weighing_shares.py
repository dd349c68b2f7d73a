"""Shares of a long benchmark: done by several processes, each result kept, so that a stop costs little.

What is kept belongs to the sources it was made with: after a change of engine, simulator or benchmark nothing
old is used. One line of JSON per share.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = ("benchmarks/weighing*.py", "edge/domain/*.py", "contract/*.py", "firmware_sim/**/*.py")
Share = tuple[str, tuple]
"""The name of a function of `makers`, and its arguments."""


def sources_digest() -> str:
    """Return a digest of everything that can change a figure."""
    digest = sha256()
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class Kept:
    """Results by share in a file; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path, self._digest = path, sources_digest()
        self.results: dict[str, object] = {}
        if path is not None and path.exists():
            for line in path.read_text().splitlines():
                one = json.loads(line)
                if one["sources"] == self._digest:
                    self.results[one["share"]] = one["result"]

    def keep(self, share: Share, result: object) -> None:
        """Keep a result for this run and the next."""
        self.results[key(share)] = result
        if self._path is not None:
            line = {"sources": self._digest, "share": key(share), "result": result}
            with self._path.open("a") as file:
                file.write(json.dumps(line) + "\n")


def key(share: Share) -> str:
    """Return a share's name in the file."""
    name, arguments = share
    return json.dumps([name, *arguments])


def do(
    shares: Sequence[Share],
    makers: dict[str, Callable[..., object]],
    kept: Kept,
    processes: int,
) -> Iterator[tuple[int, int]]:
    """Do what is not kept yet; yields (done, all) after each share."""
    missing = [share for share in shares if key(share) not in kept.results]
    yield len(shares) - len(missing), len(shares)
    if processes < 2:
        for number, (name, arguments) in enumerate(missing, 1):
            kept.keep((name, arguments), makers[name](*arguments))
            yield len(shares) - len(missing) + number, len(shares)
        return
    with ProcessPoolExecutor(processes, initializer=os.nice, initargs=(5,)) as pool:
        waiting = {pool.submit(makers[name], *arguments): (name, arguments) for name, arguments in missing}
        for number, future in enumerate(as_completed(waiting), 1):
            kept.keep(waiting[future], future.result())
            yield len(shares) - len(missing) + number, len(shares)
