"""What the errors of an outbox file mean: broken, or only full. Pure."""

import errno
import sqlite3


class OutboxDamagedError(RuntimeError):
    """Bits of the file have changed; it is to be set aside."""


def is_damage(error: Exception) -> bool:
    """Whether an error says that the file itself is broken, not that the disk is full or busy."""
    if isinstance(error, OutboxDamagedError):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def is_full(error: Exception) -> bool:
    """Whether an error says that the disk, or the quota, is full."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF == sqlite3.SQLITE_FULL
