"""No test is timed; and at the end it is said on which kind of database they ran, however many processes."""

import pytest
from hypothesis import settings

from tests.database_kind import KIND

settings.register_profile("barback", deadline=None)
settings.load_profile("barback")

FROM_WORKER = "database_kind"
"""Name under which a worker of pytest-xdist hands the sentence to the process that prints."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the sentence over, in a worker."""
    kind = session.config.stash.get(KIND, None)
    if kind and hasattr(session.config, "workeroutput"):
        session.config.workeroutput[FROM_WORKER] = kind


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: pytest.Session, error: object) -> None:
    """Take the sentence of a worker that is done."""
    if kind := getattr(node, "workeroutput", {}).get(FROM_WORKER):
        node.config.stash[KIND] = kind


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say it."""
    if kind := config.stash.get(KIND, None):
        terminalreporter.write_line(kind)
