"""One bar on one machine: database, broker, cloud, gateways and shelf nodes, each a process of its own."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import httpx

from contract.bartime import BARTIME_VARIABLE, BarTime
from contract.layout import SiteLayout
from firmware_sim.house.broker import EmbeddedBroker
from firmware_sim.house.ports import LOOPBACK, free_port, wait_until
from firmware_sim.house.postgres import EmbeddedPostgres
from firmware_sim.house.processes import Process
from firmware_sim.house.shelf_view import ShelfView
from firmware_sim.house.till import street, till_file

CORNER_BAR = Path(__file__).parents[1] / "bars" / "corner_bar.toml"
DATABASE = "barback"


class CommandError(RuntimeError):
    """A command of the cloud or a gateway ended with an error; the message is its own."""


@dataclass
class House:
    """Where everything is, and how each part is started. Nothing runs until it is asked to.

    `bar_time` is what every process is told the time is. `database_url` replaces the embedded
    PostgreSQL by a database that runs already.
    """

    directory: Path
    bar_time: BarTime
    layout_file: Path = CORNER_BAR
    cloud_port: int = 0
    database_url: str = ""
    gateway_env: Mapping[str, str] = field(default_factory=dict)
    camera_shelf: str = ""
    """Shelf that a simulated camera looks at; none where empty."""
    keeps_acceptance_log: bool = False
    """Whether each gateway writes down beside its outbox what it has accepted (for tests)."""

    def __post_init__(self) -> None:
        self.directory = self.directory.resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.layout = SiteLayout.model_validate(tomllib.loads(self.layout_file.read_text()))
        self.cloud_port = self.cloud_port or free_port()
        self.postgres = None if self.database_url else EmbeddedPostgres(self.directory / "postgres")
        self.broker = EmbeddedBroker(self.directory / "broker")
        self.cloud = self.process("cloud", "cloud", "serve")
        self.worker = self.process("worker", "cloud", "work")
        self.camera = ShelfView(self.directory, self.layout, self.camera_shelf) if self.camera_shelf else None
        self.gateways = {gateway.id: self._gateway(gateway.id) for gateway in self.layout.gateways}

    @property
    def cloud_url(self) -> str:
        """Address of the cloud, and of its pages."""
        return f"http://{LOOPBACK}:{self.cloud_port}"

    def data_dir(self, gateway_id: str) -> Path:
        """Directory in which a gateway keeps its outbox and its key."""
        return self.directory / "gateways" / gateway_id

    @property
    def acceptance_logs(self) -> dict[str, Path]:
        """What each gateway has accepted, one line a record, where keeps_acceptance_log is set."""
        return {gateway_id: self.data_dir(gateway_id) / "accepted.jsonl" for gateway_id in self.gateways}

    def start_database(self) -> None:
        """Start PostgreSQL where it is ours, create the database where there is none, and migrate it."""
        if self.postgres is not None:
            self.postgres.start()
            self.postgres.ensure_database(DATABASE)
        self.run("cloud", "migrate")

    def start_cloud(self) -> None:
        """Start the cloud and wait until it is ready."""
        self.cloud.start()
        wait_until("the cloud to be ready", self._cloud_is_ready)

    def introduce(self) -> None:
        """Tell the cloud, which runs, about the site, and let each gateway in by a claim; once per layout."""
        done, layout = self.directory / "introduced", sha256(self.layout_file.read_bytes()).hexdigest()
        if done.exists() and done.read_text() == layout:
            return
        self.run("cloud", "admin", "import-site", str(self.layout_file))
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._enrol, self.gateways))
        done.write_text(layout)

    def stock_up(self) -> None:
        """Tell the cloud who sells what, from files beside the layout, and have the orders planned."""
        site, address = {"site": self.layout.id}, f"{self.cloud_url}/api/v1"
        for what in ("suppliers", "prices"):
            file = self.layout_file.with_name(f"{self.layout_file.stem}_{what}.csv")
            query = site | {"apply": "true"}
            httpx.post(
                f"{address}/suppliers/import", params=query, content=file.read_bytes()
            ).raise_for_status()
        httpx.post(f"{address}/orders/suggestions", params=site, timeout=30).raise_for_status()

    def tell_what_people_know(self, opening: date, seed: int) -> None:
        """Import what the till sold before the evening, and write down what the street has planned."""
        site = f"{self.cloud_url}/api/v1/sites/{self.layout.id}"
        sold = till_file(opening - timedelta(days=1), seed)
        httpx.post(f"{site}/sales", content=sold.encode(), timeout=30).raise_for_status()
        for name, first, last in street(opening):
            event = {"name": name, "starts_on": first.isoformat(), "ends_on": last.isoformat()}
            httpx.post(f"{site}/events", json=event).raise_for_status()

    def bar(self, scenario: str, *words: str) -> Process:
        """Return the process of the shelf nodes and people of a scenario; it is not started."""
        layout, broker = str(self.layout_file), f"{self.broker.host}:{self.broker.port}"
        truth = str(self.directory / "truth.jsonl")
        command = ["run", "--layout", layout, "--scenario", scenario, "--broker", broker, "--truth", truth]
        camera = self.camera.words if self.camera else []
        return self.process("bar", "firmware_sim", *command, *camera, *words)

    def start_camera(self) -> Process | None:
        """Serve the shelf's picture once the bar has made one, and draw its places; None without a camera."""
        if self.camera is None:
            return None
        wait_until("the camera's first picture", self.camera.picture.exists)
        serving = self.process("camera", *self.camera.serve)
        serving.start()
        self.run(*self.camera.draw, env=self._gateway_env(self.camera.gateway_id))
        return serving

    def load_history(self, *, days: int, until: datetime, seed: int, bottles: Path) -> None:
        """Load the days before `until` through the cloud's ingest; the bottles at their end go to a file.

        Its progress goes to the terminal. Raises CommandError when it fails.
        """
        command = [sys.executable, "-m", "firmware_sim", "history", "--layout", str(self.layout_file)]
        command += ["--days", str(days), "--until", until.isoformat(), "--seed", str(seed)]
        command += [
            "--cloud",
            self.cloud_url,
            "--keys",
            str(self.directory / "gateways"),
            "--state",
            str(bottles),
        ]
        done = subprocess.run(command, env={**os.environ, **self._env()}, check=False)
        if done.returncode != 0:
            raise CommandError(f"loading the history failed with status {done.returncode}")

    def process(self, name: str, *words: str, env: Mapping[str, str] | None = None) -> Process:
        """Return a process of one part, e.g. process("bar", "firmware_sim", "run"); it is not started."""
        log = self.directory / "logs" / f"{name}.log"
        return Process(name, [sys.executable, "-m", *words], log=log, env={**self._env(), **(env or {})})

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> str:
        """Run one command of a part to its end and return what it printed.

        Raises CommandError with what it said.
        """
        command = [sys.executable, "-m", *words]
        environment = {**os.environ, **self._env(), **(env or {})}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CommandError(f"python -m {' '.join(words)} failed: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def parts(self) -> Sequence[Process]:
        """The processes of the house in the order of the data's way."""
        database = self.postgres.process if self.postgres is not None else None
        named = [self.broker.process, *self.gateways.values(), self.worker, self.cloud, database]
        return [process for process in named if process is not None]

    def stop(self) -> None:
        """Stop everything in the order of the data's way, so that what was accepted still arrives."""
        for process in self.parts():
            process.stop(within_s=20)

    def _enrol(self, gateway_id: str) -> None:
        claim = self.run("cloud", "admin", "claim", self.layout.id, "--gateway", gateway_id, "--no-wait")
        self.run("edge", "enrol", "--token", claim.split()[0], env=self._gateway_env(gateway_id))

    def discard(self) -> None:
        """Stop everything and forget the database's data."""
        self.stop()
        if self.postgres is not None:
            self.postgres.discard()

    def _cloud_is_ready(self) -> bool:
        self.cloud.must_live()
        try:
            return httpx.get(f"{self.cloud_url}/readyz", timeout=2).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _env(self) -> dict[str, str]:
        database_url = self.postgres.url(DATABASE) if self.postgres is not None else self.database_url
        return {
            BARTIME_VARIABLE: str(self.bar_time),
            "PYTHONUNBUFFERED": "1",
            "BARBACK_CLOUD_DATABASE_URL": database_url,
            "BARBACK_CLOUD_HOST": LOOPBACK,
            "BARBACK_CLOUD_PORT": str(self.cloud_port),
        }

    def _gateway(self, gateway_id: str) -> Process:
        return self.process(gateway_id, "edge", "run", env=self._gateway_env(gateway_id))

    def _gateway_env(self, gateway_id: str) -> dict[str, str]:
        own = {shelf.id for shelf in self.layout.for_gateway(gateway_id).shelves}
        neighbours = {s.node for shelf in self.layout.shelves if shelf.id not in own for s in shelf.scales}
        log = {"BARBACK_EDGE_ACCEPTANCE_LOG": str(self.data_dir(gateway_id) / "accepted.jsonl")}
        return {
            **(log if self.keeps_acceptance_log else {}),
            "BARBACK_EDGE_GATEWAY_ID": gateway_id,
            "BARBACK_EDGE_LAYOUT_FILE": str(self._layout_of(gateway_id)),
            "BARBACK_EDGE_DATA_DIR": str(self.data_dir(gateway_id)),
            "BARBACK_EDGE_BROKER_HOST": self.broker.host,
            "BARBACK_EDGE_BROKER_PORT": str(self.broker.port),
            "BARBACK_EDGE_CLOUD_URL": self.cloud_url,
            "BARBACK_EDGE_NEIGHBOUR_NODES": json.dumps(sorted(neighbours)),
            **(self.camera.gateway_env if self.camera and self.camera.shelf_id in own else {}),
            **self.gateway_env,
        }

    def _layout_of(self, gateway_id: str) -> Path:
        return self.data_dir(gateway_id) / "layout.json"
