"""The command `history`: makes the days before a night and loads them into a cloud."""

import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from contract.records import Lane
from firmware_sim.bottles import state_of, write_state
from firmware_sim.clock import cpu_s, elapsed_s
from firmware_sim.demand import popularity
from firmware_sim.history.days import draw_pours
from firmware_sim.history.keys import read_key
from firmware_sim.history.lanes import LaneHistory
from firmware_sim.history.ledger import Ledger, keep_ledger
from firmware_sim.history.plan import HistoryPlan
from firmware_sim.history.post import TIMEOUT_S, Poster
from firmware_sim.history.records import Boot, movement_records, reading_records
from firmware_sim.layout_file import load_layout
from firmware_sim.run import stop_on_signals
from firmware_sim.seeds import hex32, numpy_stream

log = logging.getLogger(__name__)

MAX_SENDERS = 4
REPORT_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class HistoryOptions:
    """What `history` was asked for."""

    layout: Path
    days: float
    until: datetime
    seed: int
    cloud: str
    keys: Path
    state: Path | None = None


def make_ledger(plan: HistoryPlan) -> Ledger:
    """Work the plan's days through the bottles of the bar."""
    weights = popularity(plan.products, plan.seed, {})
    dice = numpy_stream(plan.seed, "history pours")
    return keep_ledger(plan, draw_pours(plan, [weights[product.id] for product in plan.products], dice))


def make_lanes(plan: HistoryPlan, ledger: Ledger, gateway_id: str) -> list[LaneHistory]:
    """Build both lanes of a gateway. The epoch follows from the plan: the same call, the same epoch."""
    boot = Boot(plan, gateway_id)
    until = plan.until.astimezone(UTC).isoformat()
    epoch = hex32(plan.seed, "history epoch", plan.layout.id, gateway_id, f"{plan.days:g}", until)
    movements = list(movement_records(plan, ledger, gateway_id, boot))
    readings = list(reading_records(plan, ledger, gateway_id, boot))
    return [
        LaneHistory(gateway_id, epoch, Lane.MOVEMENTS, movements),
        LaneHistory(gateway_id, epoch, Lane.STATES, readings),
    ]


def history(options: HistoryOptions) -> None:
    """Make and send the history; raises SimulatorError."""
    layout = load_layout(options.layout)
    plan = HistoryPlan(layout, options.days, options.until, options.seed)
    keys = {gateway.id: read_key(options.keys, gateway.id) for gateway in layout.gateways}
    stop = threading.Event()
    stop_on_signals(stop)
    ledger = make_ledger(plan)
    lanes = {gateway_id: make_lanes(plan, ledger, gateway_id) for gateway_id in keys}
    report = _Report(sum(len(lane.records) for both in lanes.values() for lane in both))
    with httpx.Client(base_url=options.cloud, timeout=TIMEOUT_S) as client:
        poster = Poster(client, stop)
        with ThreadPoolExecutor(max_workers=min(len(keys), MAX_SENDERS)) as pool:
            sending = [
                pool.submit(poster.post_all, both, keys[gateway_id], report.add)
                for gateway_id, both in lanes.items()
            ]
        for one in sending:
            one.result()
    if options.state:
        write_state(options.state, state_of(layout.id, options.until, ledger.places))
    report.done()


class _Report:
    """Progress on stderr, a line every 5 %."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._sent = 0
        self._said = 0.0
        self._lock = threading.Lock()
        self._start_s = elapsed_s()
        self._say(f"history: {total} records made in {cpu_s():.1f} s of processor time")

    def add(self, records: int) -> None:
        """Count records that the cloud has committed."""
        with self._lock:
            self._sent += records
            share = self._sent / self._total if self._total else 1.0
            if share - self._said >= REPORT_EVERY:
                self._said = share
                rate = self._sent / max(elapsed_s() - self._start_s, 1e-3)
                self._say(f"history: {share:4.0%}  {self._sent} of {self._total} records, {rate:,.0f}/s")

    def done(self) -> None:
        """Say what it took."""
        took_s = elapsed_s() - self._start_s
        self._say(f"history: sent in {took_s:.1f} s, {cpu_s():.1f} s of processor time in all")

    @staticmethod
    def _say(line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
