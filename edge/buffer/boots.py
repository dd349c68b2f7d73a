"""Counts the boots of this gateway, beside the outbox, so that a new outbox file goes on counting."""

import json
import os
from contextlib import suppress
from pathlib import Path

BOOTS_NAME = "boots.json"


def count_boot(path: Path, boot_id: str, at_least: int = 0) -> int:
    """Return the number of this boot: one more than the last where boot_id is another. Raises OSError.

    `at_least` is the last number that is known from elsewhere.
    """
    kept: dict[str, object] = {}
    with suppress(OSError, ValueError, TypeError):
        kept = dict(json.loads(path.read_text()))
    known = kept.get("boot_no")
    last = max(at_least, known if isinstance(known, int) else 0)
    if kept.get("boot_id") == boot_id and last == known:
        return last
    fresh = path.with_suffix(".new")
    with fresh.open("w") as file:
        json.dump({"boot_no": last + 1, "boot_id": boot_id}, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return last + 1
