"""The gateway's command line: run, status, calibrate and so on. Owns arguments and exit codes."""

import argparse
import asyncio
import json
import logging
import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from edge import app, vision_command
from edge.broker_command import add_broker
from edge.buffer.migrations import OutboxFromTheFutureError
from edge.buffer.store import peek
from edge.calibrate_command import Calibrating
from edge.clock import process_clock
from edge.domain.movements import doubts, volume_ml
from edge.domain.neighbours import ShelfMoved
from edge.domain.profiles import ScaleProfile
from edge.domain.status import LaneStatus
from edge.domain.traces import NEEDED_S, findings_of_traces
from edge.domain.weighing import Handled
from edge.enrol_command import add_enrol, add_rotate
from edge.enrol_page import until_enrolled
from edge.page_file import PageFile
from edge.selftest import checks, report
from edge.settings import Settings, SettingsError, load
from edge.status_file import StatusFile
from edge.status_table import table
from edge.trace_file import TraceError, read_trace, weight_columns
from edge.uplink.enrolling import EnrolmentError
from edge.uplink.signing import KeyFileError, key_path, load_or_make_key, public_key_base64
from edge.uplink.tls import TrustError

EXPECTED = (
    SettingsError,
    KeyFileError,
    TrustError,
    EnrolmentError,
    OutboxFromTheFutureError,
    TraceError,
    ValueError,
    OSError,
    sqlite3.Error,
)
"""Errors of operation: a sentence and exit code 1, no traceback."""
SHORT_TRACE_S = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except EXPECTED as error:
        print(error, file=sys.stderr)  # noqa: T201 (a command line prints)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m edge", description="The gateway of a bar.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    configured = argparse.ArgumentParser(add_help=False)
    configured.add_argument("--config", type=Path, help="TOML file of settings; the environment wins over it")
    for name, command, words in (
        ("run", _run, "weigh, keep and publish until SIGTERM"),
        ("identity", _identity, "make the key if there is none and print the public key"),
        ("status", _status, "show how a running gateway is"),
        ("selftest", _selftest, "check what the gateway needs; exit code 1 when something fails"),
    ):
        sub = commands.add_parser(name, help=words, description=words, parents=[configured])
        sub.set_defaults(command=command)
        if name == "status":
            sub.add_argument("--json", action="store_true", help="as JSON")
    for name, command, words in (
        ("calibrate", _calibrate, "calibrate a scale in three steps: empty pad, known weight, check"),
        ("tare", _tare, "take what a scale reads now as its zero"),
    ):
        sub = commands.add_parser(name, help=words, description=words, parents=[configured])
        sub.add_argument("scale", metavar="SCALE", help="name of the scale, as `status` shows it")
        sub.add_argument("--undo", action="store_true", help="take the last calibration or tare back")
        sub.set_defaults(command=command)
        if name == "calibrate":
            _add_calibrate(sub)
    add_enrol(commands)
    add_rotate(commands, configured)
    add_broker(commands, configured)
    vision_command.add(commands, configured, _print)
    _add_movements(commands.add_parser("movements", help="print what the engine finds in a recorded trace"))
    return parser


def _add_calibrate(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--weight", type=float, action="append", metavar="G", help="known weight; give several for a line"
    )
    sub.add_argument(
        "--check", type=float, metavar="G", help="weight of the check (default: the first again)"
    )
    sub.add_argument("--new-cell", action="store_true", help="the cell was changed: the span may be another")
    sub.add_argument("--show", action="store_true", help="show what is in force, and when to redo it")


def _add_movements(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("trace", type=Path, help="CSV with a header, one sample per row")
    sub.add_argument("--rate", type=float, default=10.0, metavar="HZ", help="samples per second (default 10)")
    sub.add_argument("--column", help="default: the first whose name ends in _kg or _g")
    sub.add_argument("--unit", choices=("kg", "g"), help="default: the ending of the column's name")
    sub.add_argument(
        "--tare-weight", type=float, default=0.0, metavar="G", help="empty bottle (default unknown)"
    )
    sub.add_argument("--density", type=float, metavar="G_PER_ML", help="of the liquid; gives volumes")
    sub.add_argument("--full-volume", type=float, metavar="ML", help="of a full bottle; finds swaps")
    sub.set_defaults(command=_movements)


def _run(options: argparse.Namespace) -> int:
    settings = load(options.config)
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if not settings.layout_file.exists() and settings.local_page_port is not None:
        asyncio.run(until_enrolled(settings))
    if asyncio.run(app.run(settings, process_clock(trust_host=settings.trust_host_clock))):
        logging.getLogger(__name__).info("starting anew, as the cloud asked")
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves, once more
    return 0


def _identity(options: argparse.Namespace) -> int:
    _print(public_key_base64(load_or_make_key(key_path(load(options.config).data_dir))))
    return 0


def _selftest(options: argparse.Namespace) -> int:
    try:
        settings = load(options.config)
    except SettingsError as error:
        _print("\n".join(f"FAIL  settings: {line}" for line in str(error).splitlines()))
        return 1
    results = asyncio.run(checks(settings, process_clock(trust_host=settings.trust_host_clock)))
    _print(report(results))
    return int(any(check.problem for check in results))


def _status(options: argparse.Namespace) -> int:
    settings = load(options.config)
    try:
        status = StatusFile(settings.data_dir).read()
    except ValidationError:
        status = None
    if status is None:
        _print(f"no status in {settings.data_dir}: the gateway has not run there; start `python -m edge run`")
        return 1
    waiting = _waiting(settings)
    if options.json:
        lanes = {name: lane.model_dump() for name, lane in waiting.items()}
        _print(json.dumps({**status.model_dump(mode="json"), "lanes": lanes}))
        return 0
    _print(table(status, waiting, process_clock().real_s()))
    page = PageFile(settings.data_dir).read()
    if page is not None:
        _print(f"\nlocal page {page.url}   PIN {page.pin}")
    return 0


def _calibrate(options: argparse.Namespace) -> int:
    calibrating = Calibrating(load(options.config), options.scale, process_clock().now, _print, _asked)
    if options.undo:
        return calibrating.undo()
    if options.show:
        return calibrating.show()
    if not options.weight:
        raise ValueError(f"say what you put on: `python -m edge calibrate {options.scale} --weight 1000`")
    return calibrating.calibrate(options.weight, options.check, is_new_cell=options.new_cell)


def _tare(options: argparse.Namespace) -> int:
    calibrating = Calibrating(load(options.config), options.scale, process_clock().now, _print, _asked)
    return calibrating.undo() if options.undo else calibrating.tare()


def _asked(words: str) -> None:
    """Wait for Enter. Raises ValueError when there is nobody to press it."""
    try:
        input(words)
    except EOFError:
        raise ValueError("stopped: nothing was changed") from None


def _waiting(settings: Settings) -> dict[str, LaneStatus]:
    lanes = peek(settings.data_dir / app.OUTBOX_NAME)
    return {
        lane.value: LaneStatus(waiting=state.waiting, acknowledged=state.acknowledged)
        for lane, state in lanes.items()
    }


def _movements(options: argparse.Namespace) -> int:
    if not 1 <= options.rate <= 1000:
        raise TraceError(f"--rate {options.rate}: give 1 to 1000 samples per second")
    profile = _profile(options)
    columns = [options.column] if options.column else weight_columns(options.trace)
    traces = {name: read_trace(options.trace, name, options.unit) for name in columns}
    found = findings_of_traces(traces, options.rate, profile)
    lines = [
        (seen.known_s, {"column": name, **_movement(seen, profile)})
        for name, movements in found.movements.items()
        for seen in movements
    ]
    lines += [(moved.at_s, _moved(moved)) for moved in found.moved]
    for _, line in sorted(lines, key=lambda one: one[0]):
        _print(json.dumps(line))
    samples = max(weight_g.size for weight_g in traces.values())
    if not lines and samples / options.rate < SHORT_TRACE_S:
        _say_short(samples, options.rate)
    return 0


def _say_short(samples: int, rate_hz: float) -> None:
    """A rate that is too high is the usual reason why nothing is found in a short trace."""
    sentence = (
        f"nothing found: {samples} samples at {rate_hz:g} per second are {samples / rate_hz:.1f} s, and a "
        f"movement needs {NEEDED_S:g} s of rest or more; is the rate that of the rows in the file? (a device "
        "that averages three conversions of ten per second writes 3.3)"
    )
    print(sentence, file=sys.stderr)  # noqa: T201 (a command line prints)


def _moved(moved: ShelfMoved) -> dict[str, object]:
    shifts = {step.scale_id: round(step.delta_g, 1) for step in moved.steps}
    return {"shelf_moved": shifts, "known_s": round(moved.at_s, 1), "hint": moved.sentence}


def _profile(options: argparse.Namespace) -> ScaleProfile:
    full_g = None
    if options.full_volume is not None:
        full_g = options.tare_weight + options.full_volume * (options.density or 1.0)
    return ScaleProfile(
        "trace", tare_weight_g=options.tare_weight, density_g_per_ml=options.density, full_weight_g=full_g
    )


def _movement(seen: Handled, profile: ScaleProfile) -> dict[str, object]:
    assert seen.kind is not None, "a trace's movements have a kind"
    change, volume = seen.change, volume_ml(seen.kind, seen.change, profile)
    return {
        "movement": seen.kind.value,
        "delta_g": round(change.delta_g, 1),
        "delta_sigma_g": round(change.sigma_g, 2),
        "weight_before_g": round(change.before.weight_g, 1),
        "weight_after_g": round(change.after.weight_g, 1),
        "volume_ml": None if volume is None else round(volume[0], 1),
        "touched_s": round(seen.touched_s, 1),
        "still_s": round(seen.ended_s, 1),
        "known_s": round(seen.known_s, 1),
        "was_lifted": change.was_lifted,
        "doubts": list(doubts(seen.kind, change, profile)),
    }


def _print(text: str) -> None:
    print(text)  # noqa: T201 (a command line prints)


if __name__ == "__main__":
    sys.exit(main())
