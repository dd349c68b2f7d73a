"""The demo: one evening of one bar, from the load cells to the pages, with weeks behind it."""

import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from contract.bartime import BarTime
from firmware_sim.house.evening import Evening, EveningFile
from firmware_sim.house.house import CORNER_BAR, House
from firmware_sim.house.ports import answers
from firmware_sim.house.processes import Process
from firmware_sim.layout_file import load_layout
from firmware_sim.scenario import load_scenario

STEPS = 5
LOOK_EVERY_S = 5.0
COMMIT_EVERY_BAR_S, MIN_COMMIT_EVERY_S = 5.0, 0.5
"""A gateway makes readings durable every five seconds of the bar; a fast bar is not served staler figures."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the person asked for. speed: bar seconds per real second; days: of history to load."""

    directory: Path
    speed: float
    port: int
    days: int
    seed: int
    scenario: str
    sales: Path | None
    wipe: bool
    camera: str = ""
    """Shelf that a simulated camera looks at."""


class DemoError(RuntimeError):
    """The demo cannot start; the sentence says what to do."""


class Demo:
    """Starts the house, opens the bar, watches over it, and stops everything in order."""

    def __init__(self, plan: Plan) -> None:
        """Raises DemoError when the port is taken, SimulatorError for an unknown scenario."""
        if answers(plan.port):
            raise DemoError(f"port {plan.port} is taken; stop what uses it, or choose another with --port")
        if plan.wipe and plan.directory.exists():
            shutil.rmtree(plan.directory)
        plan.directory.mkdir(parents=True, exist_ok=True)
        self._plan = plan
        self._kept = EveningFile(plan.directory)
        self._layout = load_layout(CORNER_BAR)
        now = datetime.now(UTC)
        self._evening = self._kept.next_evening(load_scenario(plan.scenario), self._layout, now)
        self._bar_time = BarTime(self._evening.begins, now.timestamp(), plan.speed)
        commit_every_s = max(MIN_COMMIT_EVERY_S, COMMIT_EVERY_BAR_S / plan.speed)
        self._house = House(
            plan.directory,
            self._bar_time,
            CORNER_BAR,
            cloud_port=plan.port,
            camera_shelf=plan.camera,
            gateway_env={"BARBACK_EDGE_COMMIT_EVERY_S": f"{commit_every_s:.2f}"},
        )
        self._bar = self._open_bar()
        self._camera: Process | None = None
        self._steps_done = 0

    def run(self) -> None:
        """Run until the person stops it (KeyboardInterrupt) or a process dies (RuntimeError)."""
        self._greet()
        try:
            self._start()
            self._invite()
            self._watch()
        finally:
            self._stop()

    def _greet(self) -> None:
        begins = self._evening.begins.astimezone(ZoneInfo(self._layout.timezone))
        print(f"{self._layout.name}, {begins:%A %H:%M}, at {self._plan.speed:g} times the speed of life")

    def _start(self) -> None:
        house = self._house
        with self._step("PostgreSQL and its tables"):
            house.start_database()
        with self._step(f"the broker ({house.broker.kind}) and the cloud"):
            house.broker.start()
            house.start_cloud()
            house.introduce()
        with self._step(
            f"{self._plan.days} days of history" if self._evening.is_new else "its history is there"
        ):
            if self._evening.is_new:
                self._load_history(self._evening)
        if self._evening.is_new:
            house.stock_up()
            house.tell_what_people_know(self._opened_on(), self._plan.seed)
        with self._step("a worker that counts demand and forecasts, and two gateways"):
            house.worker.start()
            for gateway in house.gateways.values():
                gateway.start()
        with self._step("shelf nodes, bottles and bartenders"):
            self._bar.start()
            self._camera = self._house.start_camera()

    def _opened_on(self) -> date:
        return self._evening.opening.astimezone(ZoneInfo(self._layout.timezone)).date()

    def _load_history(self, evening: Evening) -> None:
        self._house.load_history(
            days=self._plan.days,
            until=evening.opening,
            seed=self._plan.seed,
            bottles=self._kept.bottles_at_opening,
        )

    def _open_bar(self) -> Process:
        words = ["--seed", str(self._plan.seed), "--end-state", str(self._kept.bottles_at_end)]
        words += ["--start-state", str(self._kept.bottles_at_opening)]
        words += ["--sales", str(self._plan.sales)] if self._plan.sales else []
        return self._house.bar(self._plan.scenario, *words)

    def _invite(self) -> None:
        url = self._house.cloud_url
        print(
            f"\n  Open {url}\n"
            f"    Today   what was poured so far, what needs a look, the shelves, and each pour as it lands\n"
            f"    Stock   every bottle with its level, how sure it is, and how old the figure is;\n"
            f"            a product opens what was drunk of it, what to expect, and why\n"
            f"    Orders  what to order, from whom, until when, and why; it follows stock and forecast\n"
            f"    More    how forecasts are made and held, sales of the till, special days, devices, prices\n"
            f"  A pour shows some three bar seconds after the bottle stands: so long a scale settles.\n"
            f"  Logs and data: {self._plan.directory}   Ctrl-C stops everything.\n",
            flush=True,
        )

    def _watch(self) -> None:
        zone = ZoneInfo(self._layout.timezone)
        while True:
            time.sleep(LOOK_EVERY_S)
            for process in (*self._house.parts(), self._bar):
                process.must_live()
            now = self._bar_time.at(time.time()).astimezone(zone)
            print(f"\r  {now:%A %H:%M}   {self._day()}   ", end="", flush=True)

    def _day(self) -> str:
        """Say what the cloud knows of the evening; it is looked up as any client would."""
        try:
            told = httpx.get(f"{self._house.cloud_url}/api/v1/sites/{self._layout.id}/today", timeout=5)
            told.raise_for_status()
            day = told.json()
        except httpx.HTTPError as error:
            return f"the cloud does not answer ({type(error).__name__})"
        return f"{day['pours']} pours today, {day['poured_ml'] / 1000:.1f} l"

    def _stop(self) -> None:
        for again in (signal.SIGINT, signal.SIGTERM):
            signal.signal(again, lambda *_: print("It is stopping; a moment.", flush=True))
        print("\nStopping ...", flush=True)
        if self._kept.bottles_at_opening.exists():
            self._kept.write(self._evening, self._bar_time.at(time.time()))
        self._bar.stop()
        if self._camera is not None:
            self._camera.stop()
        self._house.stop()
        print("Stopped. ./dev demo goes on from here, ./dev demo --wipe begins anew.")

    @contextmanager
    def _step(self, words: str) -> Iterator[None]:
        self._steps_done += 1
        print(f"  [{self._steps_done}/{STEPS}] {words} ", end="", flush=True)
        start_s = time.monotonic()
        yield
        print(f"({time.monotonic() - start_s:.1f} s)", flush=True)
