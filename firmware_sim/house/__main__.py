"""The command behind ./dev demo."""

import argparse
import signal
import sys
from pathlib import Path

from firmware_sim.errors import SimulatorError
from firmware_sim.house.demo import Demo, DemoError, Plan
from firmware_sim.house.house import CORNER_BAR, CommandError
from firmware_sim.layout_file import load_layout
from firmware_sim.scenario import scenario_names

DEMO_DIR = Path(__file__).parents[2] / ".demo"


def main() -> int:
    """Run the demo; 0 when the person stopped it, 1 with a sentence when it could not go on."""
    options = parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        Demo(plan_of(options)).run()
    except KeyboardInterrupt:
        return 0
    except (DemoError, SimulatorError, CommandError, RuntimeError, TimeoutError) as error:
        print(f"\nThe demo cannot go on: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Describe the demo's options."""
    words = argparse.ArgumentParser(
        prog="./dev demo",
        description="A whole bar on this machine: PostgreSQL, a broker, the cloud, two gateways and a "
        "simulated Friday with 24 bottles on load cells. Watch it in the browser; Ctrl-C stops everything.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    words.add_argument(
        "--speed", type=float, default=6.0, help="seconds of the bar per second of yours, to 60"
    )
    words.add_argument("--scenario", default="friday_rush", help=f"one of {', '.join(scenario_names())}")
    words.add_argument("--sales", type=Path, help="pour what this file says a bar sold (.csv or .parquet)")
    words.add_argument("--days", type=int, default=90, help="days of history to load at the first start")
    words.add_argument("--seed", type=int, default=1, help="the same seed gives the same night")
    words.add_argument("--port", type=int, default=8080, help="of the pages")
    words.add_argument("--demo-dir", type=Path, default=DEMO_DIR, help="where the demo keeps its data")
    words.add_argument(
        "--camera", metavar="SHELF", default="", help="a simulated camera sees it (needs the extra `vision`)"
    )
    keeping = words.add_mutually_exclusive_group()
    keeping.add_argument("--wipe", action="store_true", help="begin anew, without the data of earlier demos")
    keeping.add_argument(
        "--keep", action="store_true", help="go on with the data of the last demo (the default)"
    )
    return words


def plan_of(options: argparse.Namespace) -> Plan:
    """Turn the options into a plan; raises DemoError for one out of range."""
    if not 0 < options.speed <= 60:
        raise DemoError(f"--speed {options.speed:g}: choose one over 0 and up to 60")
    if not 1 <= options.days <= 400:
        raise DemoError(f"--days {options.days}: choose 1 to 400")
    shelves = [shelf.id for shelf in load_layout(CORNER_BAR).shelves]
    if options.camera and options.camera not in shelves:
        raise DemoError(f"--camera {options.camera}: no such shelf; there are {', '.join(shelves)}")
    if options.sales is not None and not options.sales.is_file():
        raise DemoError(f"--sales {options.sales}: there is no such file")
    return Plan(
        directory=options.demo_dir.resolve(),
        speed=options.speed,
        port=options.port,
        days=options.days,
        seed=options.seed,
        scenario=options.scenario,
        sales=options.sales,
        wipe=options.wipe,
        camera=options.camera,
    )


if __name__ == "__main__":
    sys.exit(main())
