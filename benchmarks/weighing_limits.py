"""What must not happen, and what must be seen: drift, leaks, recordings, bad input; and what it costs."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import psutil
from weighing_hours import BOOT, ORIGIN, Hour, engine_of, frames, grams_of, play, shelf_of
from weighing_rivals import RIVALS

from contract.device import DeviceFrame
from contract.layout import SiteLayout
from contract.records import Movement, MovementKind, Stage
from edge.domain.profiles import ScaleProfile
from edge.domain.traces import findings_of_traces
from edge.trace_file import read_trace
from firmware_sim.night import Night
from firmware_sim.physics.cell import CellBank
from firmware_sim.physics.pad import Gesture, Pads
from firmware_sim.physics.profile import CellProfile, Converter
from firmware_sim.scenario import Scenario
from firmware_sim.seeds import numpy_stream

SEED = 930_000
DATA = Path(os.environ.get("BARBACK_DATA", Path(__file__).parents[2] / "shared" / "data")) / "load_cell"
WORST_DRIFT_G = 15.0
"""Per square root of an hour: ten times the simulator's usual cell."""


def _nobody(minutes: float, drift_g: float) -> Scenario:
    return Scenario.model_validate(
        {
            "title": "Nobody there", "weekday": "friday", "starts_at": "02:00:00", "minutes": minutes,
            "staff": 1, "pours_per_hour": [[0, 0]],
            "people": {"bumps_per_hour": 0, "leans_per_hour": 0, "borrows_per_hour": 0},
            "cell": {"drift_g_per_sqrt_hour": drift_g},
        }
    )  # fmt: skip


DRIFTS = {"usual": 1.5, "worst": WORST_DRIFT_G}


def drift(name: str, hours: int) -> dict[str, int]:
    """Count movements and rivals' pours on eight bottles that nobody touches for so many hours on end."""
    hour = play(shelf_of(8), _nobody(hours * 60, DRIFTS[name]), SEED, hours * 3600, keep_grams=True)
    found = {"barback": len(hour.found)}
    for rival, detect in RIVALS.items():
        found[rival] = sum(len(detect(weight_g)) for weight_g in hour.grams.values())
    return found


def _hear_loads(layout: SiteLayout, gestures: Iterable[Gesture], seconds: int, seed: int) -> Hour:
    """Play gestures on the pads of a layout, with usual cells, through the engine."""
    scales = layout.shelves[0].scales
    load_g = np.full(len(scales), 900.0)
    bank = CellBank(scales, load_g, CellProfile(), Converter(), numpy_stream(seed, "cells"))
    pads, engine, hour = Pads([scale.id for scale in scales], load_g), engine_of(layout), Hour()
    pads.expect(gestures)
    counts = np.zeros((len(scales), 0))
    for second in range(seconds):
        samples = bank.frame(pads.second(second, bank.substeps_per_s), np.full(len(scales), 21.0))
        rows = np.where(samples.ready, samples.counts, 0).tolist()
        channels = {scale.channel: row for scale, row in zip(scales, rows, strict=True)}
        frame = DeviceFrame(boot=BOOT, seq=second, uptime_ms=second * 1000, rate_hz=10, channels=channels)
        hour.hear(engine.take("node", frame, second + 1.0))
        counts = np.concatenate([counts, rows], axis=1)
    hour.grams = {scale.id: grams_of(row, scale) for scale, row in zip(scales, counts, strict=True)}
    return hour


def leaks(count: int) -> dict[str, float]:
    """Let 100 g run out over ten minutes, in place: how often is it found, and how much of it?

    A rival has found it when it says more than half of what ran out.
    """
    found_g, found = [], Counter({"barback": 0} | dict.fromkeys(RIVALS, 0))
    for number in range(count):
        leak = Gesture(300.0, 900.0, "cell-1", step_g=-100.0)
        hour = _hear_loads(shelf_of(3), [leak], 1200, SEED + 500 + number)
        bodies = [one.body for one in hour.found.values() if one.body.movement is MovementKind.SPILLAGE]
        found["barback"] += bool(bodies)
        found_g.append(-sum(body.delta_g for body in bodies))
        for rival, detect in RIVALS.items():
            found[rival] += int(sum(gone_g for _, gone_g in detect(hour.grams["cell-1"])) > 50)
    return {"leaks": count, **found, "mean_g": float(np.mean(found_g))}


def recordings() -> dict[str, object] | None:
    """Weigh the real recordings; None where they are not."""
    if not DATA.is_dir():
        return None
    keg = ScaleProfile("trace")
    run1 = findings_of_traces({"run1": read_trace(DATA / "run1.csv", None, None)}, 10.0, keg)
    columns = ("scale1_kg", "scale2_kg")
    traces = {name: read_trace(DATA / "two_scales_temp.csv", name, None) for name in columns}
    two = findings_of_traces(traces, 1.0, keg)
    figures: dict[str, object] = {
        "run1_g": [round(-one.change.delta_g, 1) for one in run1.movements["run1"]],
        "two_scales_pours": sum(len(found) for found in two.movements.values()),
        "two_scales_moved": len(two.moved),
    }
    run1_g = read_trace(DATA / "run1.csv", None, None)
    for rival, detect in RIVALS.items():
        figures[f"two_scales {rival}"] = sum(len(detect(weight_g)) for weight_g in traces.values())
        figures[f"run1 {rival}"] = [round(float(gone_g), 1) for _, gone_g in detect(run1_g)]
    return figures


def cost(seconds: int) -> float:
    """Return CPU time by data time of 64 cells at 80 samples a second; one in eight is being poured from."""
    cells, dice = 64, np.random.default_rng(SEED)
    whole = shelf_of(8)
    scales = [
        {**whole.shelves[0].scales[0].model_dump(), "id": f"c-{n}", "channel": str(n % 32),
         "node": f"node-{n // 32}"} for n in range(cells)
    ]  # fmt: skip
    slots = [{"id": f"s-{n}", "scale": f"c-{n}", "product": whole.products[n % 8].id} for n in range(cells)]
    shelf = {**whole.shelves[0].model_dump(), "scales": scales, "slots": slots}
    layout = SiteLayout.model_validate({**whole.model_dump(), "shelves": [shelf]})
    engine, taken = engine_of(layout), []
    for second in range(seconds):
        for node in range(2):
            channels = {}
            for n in range(32):
                out = n % 8 == 0 and second % 30 in range(10, 16)
                weight_g = dice.normal(0.0 if out else 1000.0 - 2 * (second // 30), 1.0, 80)
                channels[str(n)] = np.rint(weight_g * 429 + 70_000).astype(int).tolist()
            taken.append(
                (f"node-{node}", DeviceFrame(boot=BOOT, seq=second, uptime_ms=second * 1000, rate_hz=80,
                                             channels=channels), second + 1.0)
            )  # fmt: skip
    begun = time.process_time()
    for node_id, frame, at_s in taken:
        engine.take(node_id, frame, at_s)
    return (time.process_time() - begun) / seconds


def memory(hours: int) -> dict[str, float]:
    """Weigh four cells at 10/s for so many hours, a pour every two minutes; MB early and at the end."""
    engine, process, dice = engine_of(shelf_of(4)), psutil.Process(), np.random.default_rng(SEED)
    loops = []
    for second in range(120):
        weight_g = 0.0 if 60 <= second < 66 else 900.0
        rows = np.rint(dice.normal(weight_g, 0.8, (4, 10)) * 429).astype(int).tolist()
        loops.append({str(n): [count + 70_000 + 9_000 * n for count in row] for n, row in enumerate(rows)})
    early_mb, total = 0.0, hours * 3600
    for second in range(total):
        frame = DeviceFrame.model_construct(
            boot=BOOT, seq=second, uptime_ms=second * 1000, rate_hz=10.0, channels=loops[second % 120],
            temperature_c=None,
        )  # fmt: skip
        engine.take("node", frame, second + 1.0)
        if second == total // 20:
            early_mb = process.memory_info().rss / 1e6
    return {"hours": hours, "early_mb": early_mb, "end_mb": process.memory_info().rss / 1e6}


Channels = dict[str, list[int | None]]
Frames = list[tuple[str, int, int, Channels]]


def bad_inputs() -> dict[str, dict[str, object]]:
    """Play each kind of bad input over a standing shelf: false pours, and what the scale says of itself."""
    return {name: _bad(spoil) for name, spoil in BAD.items()}


def _bad(spoil: Callable[[Frames], Frames]) -> dict[str, object]:
    layout = shelf_of(3)
    night = Night(layout, _nobody(10, 1.5), seed=SEED, origin=ORIGIN)
    told: Frames = []
    for _, frame, _ in frames(night):
        told.append((BOOT, frame.seq, frame.uptime_ms, dict(frame.channels)))
        if night.at_s >= 300:
            break
    engine, hour, states, hints = engine_of(layout), Hour(), set(), set()
    for at_s, (boot, seq, uptime_ms, channels) in enumerate(spoil(told), 1):
        if channels:
            frame = DeviceFrame(boot=boot, seq=seq, uptime_ms=uptime_ms, rate_hz=10, channels=channels)
            hour.hear(engine.take("node", frame, float(at_s)))
        hour.hear(engine.tick(float(at_s)))
        health = engine.health()[1]
        states.add(health.state)
        hints |= {health.hint} - {None}
    bodies: list[Movement] = [one.body for one in hour.found.values()]
    pours = sum(body.movement is MovementKind.POUR and body.stage is Stage.FINAL for body in bodies)
    return {
        "false_pours": pours,
        "movements": len(bodies),
        "states": sorted(states),
        "hints": sorted(hints)[:3],
    }


def _in_cell_1(change: Callable[[int, list[int | None]], list[int | None]]) -> Callable[[Frames], Frames]:
    def spoil(told: Frames) -> Frames:
        return [
            (boot, seq, up, {**channels, "1": change(n, channels["1"])} if 100 <= n < 200 else channels)
            for n, (boot, seq, up, channels) in enumerate(told)
        ]

    return spoil


def _rebooted(told: Frames) -> Frames:
    """Vanish for three seconds and come back with another boot while a bottle is out."""
    out = [
        (boot, seq, up, {**channels, "1": [79_000 + i for i in range(10)]} if 98 <= n < 106 else channels)
        for n, (boot, seq, up, channels) in enumerate(told)
    ]
    silent = [(boot, seq, up, {}) for boot, seq, up, _ in out[100:103]]
    return out[:100] + silent + [("c" * 32, n, n * 1000, one[3]) for n, one in enumerate(out[103:])]


BAD: dict[str, Callable[[Frames], Frames]] = {
    "not ready (null)": _in_cell_1(lambda _, row: [None] * len(row)),
    "every third value null": _in_cell_1(lambda _, row: [v if i % 3 else None for i, v in enumerate(row)]),
    "stuck": _in_cell_1(lambda _, row: [400_123] * len(row)),
    "full scale": _in_cell_1(lambda _, row: [2**23 - 1] * len(row)),
    "wild values": _in_cell_1(lambda n, row: [2**20 if (n + i) % 9 == 0 else v for i, v in enumerate(row)]),
    "unplugged, floating": _in_cell_1(
        lambda n, row: np.random.default_rng(n).integers(-(2**22), 2**22, len(row)).tolist()
    ),
    "a frame twice": lambda told: [one for one in told for _ in range(1 + (one[1] % 10 == 0))],
    "frames missing": lambda told: [(b, s, u, {} if s % 7 == 0 else c) for b, s, u, c in told],
    "order of frames reversed": lambda told: told[:100] + told[100:110][::-1] + told[110:],
    "clock goes back": lambda told: [(b, s, u - 50_000 if s >= 150 else u, c) for b, s, u, c in told],
    "node silent": lambda told: [(b, s, u, {} if 100 <= s < 160 else c) for b, s, u, c in told],
    "node reboots in mid-pour": _rebooted,
}
