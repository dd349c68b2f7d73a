"""Loads the named queries of a feature's queries.sql.

-- name: lock_mark
-- One purpose line for people.
SELECT ...
"""

import re
from pathlib import Path

_NAME = re.compile(rb"^-- name: (\w+)\n(?=-- \S)", re.MULTILINE)


def load_queries(folder: Path) -> dict[str, bytes]:
    """Return {name: SQL} of folder/queries.sql. Raises ValueError for a double name or a missing purpose."""
    text = (folder / "queries.sql").read_bytes()
    _, *parts = _NAME.split(text)
    names = [name.decode() for name in parts[::2]]
    if len(set(names)) < text.count(b"-- name: "):
        raise ValueError(f"{folder}/queries.sql: a query stands twice or lacks its purpose line")
    return {name: sql.strip() for name, sql in zip(names, parts[1::2], strict=True)}
