"""The command: python -m benchmarks.soak [NAME ...] [--share S] [--seed N]."""

import argparse
import json
import logging
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from benchmarks.soak.common import SkippedError, Verdict, cpu_s

HERE = Path(__file__).parent
NAMES = tuple(sorted(file.stem for file in HERE.glob("[a-z]*.py") if "def run(share" in file.read_text()))


def main() -> int:
    """Run the soaks that were named, or all, one after the other."""
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--share", type=float, default=1.0, help="of the counts (default 1, tests 0.05)")
    parser.add_argument("--seed", type=int, default=1, help="of the dice")
    parser.add_argument("--keep", action="store_true", help="keep the folders, to look at them")
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    logging.basicConfig(level=logging.CRITICAL)
    statuses = [soak(name, options.share, options.seed, keep=options.keep) for name in options.names or NAMES]
    return max(statuses)


def soak(name: str, share: float, seed: int, *, keep: bool) -> int:
    """Run one, say what it counted, and return 1 when a promise did not hold."""
    began_s, began_cpu_s = time.monotonic(), cpu_s()
    module = import_module(f"benchmarks.soak.{name}")
    print(f"{name}: {module.__doc__.splitlines()[0]}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix=f"soak-{name}-"))
    verdict: Verdict
    try:
        verdict = module.run(share, folder, seed)
    except SkippedError as reason:
        print(f"    skipped: {reason}")
        return 0
    finally:
        if not keep:
            sweep(folder)
    took_s = time.monotonic() - began_s
    print(f"    {verdict}\n    in {took_s:,.0f} s, {cpu_s() - began_cpu_s:,.0f} s of processor", flush=True)
    counts = {"soak": name, "share": share, "seed": seed, **verdict.counts, "broken": verdict.broken}
    if verdict.skipped:
        counts["skipped"] = verdict.skipped
    print(json.dumps(counts, default=str), flush=True)
    return int(bool(verdict.broken))


def sweep(folder: Path) -> None:
    """Delete the folder of a soak."""
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
