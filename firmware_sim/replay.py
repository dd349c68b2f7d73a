"""The command `replay`: a recorded trace in kilograms, played as a shelf node would have sent it.

counts = tare_counts + grams * counts_per_g, rounded: the inverse of the scale's calibration, exact to half
a count. No noise is added: the trace has its own.
"""

import csv
import logging
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from contract.device import COUNTS_MAX, COUNTS_MIN, MAX_SAMPLES
from contract.layout import Scale, SiteLayout
from firmware_sim.bottles import scales_of
from firmware_sim.clock import Clock, process_clock
from firmware_sim.errors import SimulatorError
from firmware_sim.frames import NodeBoot
from firmware_sim.layout_file import load_layout
from firmware_sim.node import Broker, ShelfNode
from firmware_sim.run import stop_on_signals

log = logging.getLogger(__name__)

MAX_TRACE_SAMPLES = 10_000_000
PLATEAU_S = 5.0
"""The last seconds of the trace, mirrored again and again, hold its end with its own noise."""
CONNECT_S = 15.0


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What `replay` was asked for."""

    trace: Path
    layout: Path
    scale: str
    broker: Broker
    rate_hz: float
    column: str = "weight_kg"
    hold_s: float = 10.0
    seed: int = 1


def read_trace_g(path: Path, column: str) -> list[float]:
    """Read a column of kilograms; returns grams. Raises SimulatorError naming file and line."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if column not in (reader.fieldnames or ()):
                have = ", ".join(reader.fieldnames or ()) or "none"
                raise SimulatorError(f"{path} has no column {column!r}; it has {have}. Choose with --column")
            trace_g = [_grams(path, number, row[column]) for number, row in enumerate(reader, start=2)]
    except OSError as error:
        raise SimulatorError(f"cannot read the trace {path}: {error.strerror}") from None
    if not 2 <= len(trace_g) <= MAX_TRACE_SAMPLES:
        raise SimulatorError(f"{path} has {len(trace_g)} samples; a trace has 2 to {MAX_TRACE_SAMPLES}")
    return trace_g


def _grams(path: Path, number: int, text: str | None) -> float:
    try:
        grams = float(text or "") * 1000
    except ValueError:
        raise SimulatorError(f"{path}, line {number}: {text!r} is not a number of kilograms") from None
    if not math.isfinite(grams):
        raise SimulatorError(f"{path}, line {number}: {text!r} is not a weight")
    return grams


def counts_of(trace_g: Sequence[float], scale: Scale) -> list[int]:
    """Turn grams into counts by the inverse of the calibration, held at full scale."""
    return [
        min(COUNTS_MAX, max(COUNTS_MIN, round(scale.tare_counts + grams * scale.counts_per_g)))
        for grams in trace_g
    ]


def held(trace_g: Sequence[float], rate_hz: float, hold_s: float) -> list[float]:
    """Return the trace with its last plateau, mirrored back and forth, for hold_s more seconds."""
    tail = list(trace_g[-max(2, round(PLATEAU_S * rate_hz)) :])
    mirrored = tail[::-1] + tail
    wanted = math.ceil(hold_s * rate_hz)
    return [*trace_g, *(mirrored[n % len(mirrored)] for n in range(wanted))]


def find_scale(layout: SiteLayout, scale_id: str) -> Scale:
    """Return the scale of that name; raises SimulatorError with the names there are."""
    for scale in scales_of(layout):
        if scale.id == scale_id:
            return scale
    known = ", ".join(scale.id for scale in scales_of(layout))
    raise SimulatorError(f"the layout {layout.id} has no scale {scale_id!r}; it has {known}")


def replay(options: ReplayOptions) -> None:
    """Play a trace to its end, or until SIGINT/SIGTERM; raises SimulatorError."""
    if not 0.01 <= options.rate_hz <= MAX_SAMPLES:
        raise SimulatorError(f"--rate is 0.01 to {MAX_SAMPLES} samples per second, got {options.rate_hz:g}")
    layout = load_layout(options.layout)
    scale = find_scale(layout, options.scale)
    trace_g = read_trace_g(options.trace, options.column)
    counts = counts_of(held(trace_g, options.rate_hz, options.hold_s), scale)
    stop = threading.Event()
    clock = process_clock(stop)
    stop_on_signals(stop)
    booted_at = clock.now()
    boot = NodeBoot(options.seed, scale.node, booted_at)
    link = ShelfNode(layout.id, scale.node, options.broker)
    link.plug_in(boot.online(), boot.offline())
    try:
        if not link.wait_connected(CONNECT_S):
            raise SimulatorError(
                f"no answer from the broker {options.broker.host}:{options.broker.port}; is it running?"
            )
        start_at = clock.now()
        play_counts(
            counts,
            options.rate_hz,
            scale.channel,
            boot=boot,
            clock=clock,
            publish=link.publish,
            start_at=start_at,
        )
    finally:
        link.say_goodbye(boot.offline())
    log.info("played %d samples of %s on %s", len(counts), options.trace, scale.id)


def play_counts(
    counts: Sequence[int],
    rate_hz: float,
    channel: str,
    *,
    boot: NodeBoot,
    clock: Clock,
    publish: Callable[[bytes], object],
    start_at: datetime,
) -> None:
    """Publish the counts in frames of one second (of one sample, under 1 Hz), each when its time is over."""
    per_frame = max(1, round(rate_hz))
    for first in range(0, len(counts), per_frame):
        chunk = list(counts[first : first + per_frame])
        frame_at = start_at + timedelta(seconds=first / rate_hz)
        if not clock.sleep_until(frame_at + timedelta(seconds=len(chunk) / rate_hz)):
            return
        publish(boot.frame(frame_at, rate_hz, {channel: chunk}, None))
