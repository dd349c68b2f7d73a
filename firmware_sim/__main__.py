"""The simulator's command line: run | history | replay | scenarios."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

from firmware_sim.errors import SimulatorError
from firmware_sim.history.command import HistoryOptions, history
from firmware_sim.node import Broker
from firmware_sim.replay import ReplayOptions, replay
from firmware_sim.run import RunOptions, run
from firmware_sim.scenario import load_scenario, scenario_names

PASSWORD_VARIABLE = "BARBACK_SIM_BROKER_PASSWORD"  # noqa: S105  the variable's name, not a password

EXAMPLES = """\
examples:
  python -m firmware_sim scenarios
  python -m firmware_sim run --layout firmware_sim/bars/corner_bar.toml --scenario friday_rush \\
      --broker localhost:1883 --seed 1 --truth night.jsonl
  python -m firmware_sim history --layout firmware_sim/bars/corner_bar.toml --days 90 --seed 1 \\
      --until 2026-11-20T19:30:00+00:00 --cloud http://localhost:8000 --keys gateways --state start.json
  python -m firmware_sim replay run1.csv --layout firmware_sim/bars/corner_bar.toml --scale top-cell-1 \\
      --broker localhost:1883 --rate 10

BARBACK_BARTIME gives all processes of a bar the same simulated time and speed; without it bar time is real.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns 0, or 1 after saying in a sentence what to put right."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="firmware_sim: %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    command: Callable[[argparse.Namespace], None] = options.command
    try:
        command(options)
    except (SimulatorError, ValueError) as error:
        sys.stderr.write(f"firmware_sim: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m firmware_sim",
        description="A bar that does not exist: load cells, bottles, staff and the shelf nodes that publish.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="play a scenario", epilog=_RUN_HELP))
    _add_history(commands.add_parser("history", help="load the days before it", epilog=_HISTORY_HELP))
    _add_replay(commands.add_parser("replay", help="play a recorded trace", epilog=_REPLAY_HELP))
    commands.add_parser("scenarios", help="list the scenarios").set_defaults(command=_list_scenarios)
    return parser


_RUN_HELP = (
    "If bar time lies within the scenario's night (its weekday and hours at the site), the night began by "
    "the calendar and what is past is played at once, unpublished; else it begins now. After the last guest "
    "the nodes go on publishing until --duration or Ctrl-C. The same seed gives the same night at any speed."
)
_HISTORY_HELP = (
    "Interrupted, run the same command again: it goes on where the cloud's mark stands. The epoch follows "
    "from seed, days and until, so another --until is another history beside the first."
)
_REPLAY_HELP = (
    "Kilograms become counts by the inverse of the scale's calibration. After the trace its last 5 seconds, "
    "mirrored back and forth, hold the last weight for --hold seconds so that an engine can settle; then the "
    "node says goodbye and the command ends."
)


def _add_run(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    _add_broker(parser)
    parser.add_argument(
        "--scenario", required=True, metavar="NAME", help="a name from `scenarios`, or a .toml file"
    )
    parser.add_argument(
        "--truth", type=Path, metavar="FILE", help="write what really happened, as JSON lines"
    )
    parser.add_argument(
        "--duration", type=_positive, metavar="BAR_MINUTES", help="stop after so many bar minutes"
    )
    parser.add_argument(
        "--start-state", type=Path, metavar="FILE", help="begin with the bottles of this file"
    )
    parser.add_argument("--end-state", type=Path, metavar="FILE", help="write what stands where at the end")
    parser.add_argument(
        "--sales", type=Path, metavar="FILE", help="sales (.parquet, .csv) that drive the pours"
    )
    parser.add_argument("--sales-day", type=date.fromisoformat, metavar="DATE", help="day of the sales file "
                        "(default: the busiest of the scenario's weekday)")  # fmt: skip
    parser.add_argument(
        "--camera-shelf", metavar="SHELF", help="keep a picture of this shelf as it looks now"
    )
    parser.add_argument("--camera-file", type=Path, metavar="FILE.ppm", help="where that picture is kept")
    parser.set_defaults(command=_run)


def _add_history(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument(
        "--days", type=_positive, default=90.0, metavar="N", help="how many days (default 90)"
    )
    parser.add_argument(
        "--until", type=_instant, required=True, metavar="ISO", help="end, with its UTC offset"
    )
    parser.add_argument("--cloud", required=True, metavar="URL", help="for example http://localhost:8000")
    parser.add_argument("--keys", type=Path, required=True, metavar="DIR", help="holds <gateway>/gateway.key")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="write the bottles at the end, for --start-state"
    )
    parser.set_defaults(command=_history)


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("trace", type=Path, metavar="FILE.csv", help="a CSV with a header")
    _add_common(parser)
    _add_broker(parser)
    parser.add_argument(
        "--scale", required=True, metavar="SCALE_ID", help="the scale of the layout to play as"
    )
    parser.add_argument(
        "--rate", type=_positive, required=True, metavar="HZ", help="samples per second of bar time"
    )
    parser.add_argument("--column", default="weight_kg", help="column of kilograms (default weight_kg)")
    parser.add_argument(
        "--hold", type=_positive, default=10.0, metavar="BAR_SECONDS", help="hold the end (default 10)"
    )
    parser.set_defaults(command=_replay)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--layout", type=Path, required=True, metavar="FILE", help="the site, .toml or .json")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="same seed, same bar (default 1)")


def _add_broker(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--broker", required=True, metavar="HOST:PORT", help="the shelf's MQTT broker")
    parser.add_argument("--user", help=f"name at the broker; the password comes from {PASSWORD_VARIABLE}")


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not over 0")
    return value


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} needs an offset, for example {text}+00:00")
    return instant


def _broker(options: argparse.Namespace) -> Broker:
    return Broker.parse(options.broker, options.user, os.environ.get(PASSWORD_VARIABLE))


def _run(options: argparse.Namespace) -> None:
    run(
        RunOptions(
            layout=options.layout,
            scenario=options.scenario,
            broker=_broker(options),
            seed=options.seed,
            truth=options.truth,
            duration_minutes=options.duration,
            start_state=options.start_state,
            end_state=options.end_state,
            sales=options.sales,
            sales_day=options.sales_day,
            camera_shelf=options.camera_shelf,
            camera_file=options.camera_file,
        )
    )


def _history(options: argparse.Namespace) -> None:
    history(
        HistoryOptions(
            layout=options.layout,
            days=options.days,
            until=options.until,
            seed=options.seed,
            cloud=options.cloud,
            keys=options.keys,
            state=options.state,
        )
    )


def _replay(options: argparse.Namespace) -> None:
    replay(
        ReplayOptions(
            trace=options.trace,
            layout=options.layout,
            scale=options.scale,
            broker=_broker(options),
            rate_hz=options.rate,
            column=options.column,
            hold_s=options.hold,
            seed=options.seed,
        )
    )


def _list_scenarios(_options: argparse.Namespace) -> None:
    for name in scenario_names():
        sys.stdout.write(f"{name:<14} {load_scenario(name).title}\n")


if __name__ == "__main__":
    sys.exit(main())
