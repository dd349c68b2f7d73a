"""Child processes that are stopped in order and never outlive their parent.

On Linux the kernel ends a child when the parent dies, even by kill -9; elsewhere a stopped parent
still ends its children, and a killed one leaves them to their next start.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

STOP_WITHIN_S = 10.0
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def _die_with_parent(how: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def ask_the_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, how, 0, 0, 0)

    return ask_the_kernel


class Process:
    """One child: a name for people, a command, and a log file that takes both its outputs."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        user_id: int | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.log = log
        self._command = [str(word) for word in command]
        self._env = {**os.environ, **(env or {})}
        self._user_id = user_id
        self._stop_signal = stop_signal
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._child.pid if self._child is not None and self.is_alive else None

    @property
    def is_alive(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Exit status of an ended process; negative for a signal."""
        return None if self._child is None else self._child.poll()

    def start(self) -> None:
        """Start the child in a session of its own, so that Ctrl-C reaches only the parent."""
        assert not self.is_alive, f"{self.name} runs already"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                self._command,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                user=self._user_id,
                group=self._user_id,
                extra_groups=None if self._user_id is None else [],
                preexec_fn=_die_with_parent(self._stop_signal),  # noqa: PLW1509 - no threads of ours hold locks here
            )

    def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """Ask the child to stop and wait; kill it when it does not listen. Safe to call twice."""
        if self._child is None or not self.is_alive:
            return
        self._child.send_signal(self._stop_signal)
        try:
            self._child.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the child at once, as a power cut would (SIGKILL)."""
        if self._child is not None and self.is_alive:
            self._child.kill()
            self._child.wait()

    def must_live(self) -> None:
        """Raise RuntimeError with the end of its log when the child has died."""
        if self.is_alive:
            return
        raise RuntimeError(f"{self.name} ended with status {self.exit_code}. {tail(self.log)}")


def tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log, introduced by its path."""
    if not log.exists():
        return f"It left no log at {log}."
    last = log.read_text(errors="replace").splitlines()[-lines:]
    return f"The end of {log}:\n" + "\n".join(last)
