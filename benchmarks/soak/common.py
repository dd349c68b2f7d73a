"""What every soak needs: a verdict with its counts, processes that are forked and killed, root's tools."""

import json
import logging
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


class SkippedError(Exception):
    """This machine cannot make this fault: the message says which program or privilege is missing."""


class CommandError(RuntimeError):
    """A command of the system failed although it may do what it was told; nothing is skipped for that."""


NOT_ALLOWED = ("operation not permitted", "permission denied", "must be superuser", "only root")
"""How programs say that a privilege is missing, in lower case."""


@dataclass
class Verdict:
    """What was counted, which of the promises did not hold, and which parts this machine cannot play."""

    counts: dict[str, object] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def must(self, holds: bool, promise: str) -> None:  # noqa: FBT001
        """Note a promise that was not kept."""
        if not holds:
            self.broken.append(promise)

    def __str__(self) -> str:
        counted = ", ".join(f"{_told(value)} {name}" for name, value in self.counts.items())
        said = [f"skipped: {part}" for part in self.skipped]
        said += [f"BROKEN: {promise}" for promise in self.broken]
        return "\n    ".join([counted, *said])


def _told(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


class Child:
    """A forked process that runs one function; what it prints goes to a file."""

    def __init__(self, work: Callable[[], None], log: Path) -> None:
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self._live(work, log)

    @staticmethod
    def _live(work: Callable[[], None], log: Path) -> None:
        status = 1
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
            logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s", force=True)
            work()
            status = 0
        except BaseException:  # noqa: BLE001 (a child says why and ends)
            traceback.print_exc()
        finally:
            os._exit(status)

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.pid != 0 and os.waitpid(self.pid, os.WNOHANG) == (0, 0)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal and wait for the end."""
        if self.pid == 0:
            return
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        self.pid = 0


@contextmanager
def child(work: Callable[[], None], log: Path) -> Iterator[Child]:
    """Run a function in a process of its own as long as the block."""
    made = Child(work, log)
    try:
        yield made
    finally:
        made.kill()


def wait_for(what: str, holds: Callable[[], bool], within_s: float, every_s: float = 0.05) -> float:
    """Wait; return how long it took, real s. Raises TimeoutError naming what did not come."""
    began_s = time.monotonic()
    while not holds():
        if time.monotonic() - began_s > within_s:
            raise TimeoutError(f"{what} did not come within {within_s:.0f} s")
        time.sleep(every_s)
    return time.monotonic() - began_s


def need_root() -> None:
    """Raise SkippedError where the faults of this soak are not to be had."""
    if os.geteuid() != 0:
        raise SkippedError("only root can make this fault")


def need(*programs: str) -> None:
    """Raise SkippedError where a program is missing."""
    for program in programs:
        if shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None:
            raise SkippedError(f"{program} is not installed")


def sh(*words: str | Path) -> str:
    """Run a command of the system and return what it said.

    Raises SkippedError where the program or the privilege for it is missing, CommandError where it fails.
    """
    command = " ".join(map(str, words))
    environment = {**os.environ, "LC_ALL": "C", "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
    need(str(words[0]))
    done = subprocess.run(
        [str(word) for word in words], check=False, capture_output=True, text=True, env=environment
    )
    said = done.stderr.strip() or done.stdout.strip()
    if done.returncode and any(sign in said.lower() for sign in NOT_ALLOWED):
        raise SkippedError(f"the privilege for {command!r} is missing: {said.splitlines()[-1]}")
    if done.returncode:
        raise CommandError(f"{command!r} ended with {done.returncode}: {said}")
    return done.stdout


def cpu_s() -> float:
    """Seconds of processor that this process and its ended children have used."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def lines_of(path: Path) -> list[dict[str, object]]:
    """Return the whole lines of a file of JSON lines; a torn last one is not there."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]
