"""`python -m firmware_sim.render sheet OUT.jpg`: writes the contact sheet; `time` times rendering."""

import argparse
import sys
import time
from pathlib import Path

import cv2

from firmware_sim.render.crops import render_crop
from firmware_sim.render.scene import render_scene
from firmware_sim.render.sheet import contact_sheet


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m firmware_sim.render", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    sheet = commands.add_parser("sheet", help="write a contact sheet (.jpg or .png)")
    sheet.add_argument("out", type=Path)
    sheet.add_argument("--seed", type=int, default=1)
    sheet.add_argument("--quality", type=int, default=78, help="of a .jpg, 1..100")
    timing = commands.add_parser(
        "time", help="render pictures and crops on one thread and say how long each took"
    )
    timing.add_argument("--count", type=int, default=40)
    given = parser.parse_args(arguments)
    if given.command == "sheet":
        return _sheet(given.out, given.seed, given.quality)
    return _time(given.count)


def _sheet(out: Path, seed: int, quality: int) -> int:
    if not cv2.imwrite(str(out), contact_sheet(seed), [cv2.IMWRITE_JPEG_QUALITY, quality]):
        sys.stderr.write(
            f"{out} could not be written: does its folder exist, and does it end in .jpg or .png?\n"
        )
        return 1
    sys.stdout.write(f"{out}: {out.stat().st_size / 1000:.0f} kB\n")
    return 0


def _time(count: int) -> int:
    cv2.setNumThreads(1)
    started = time.perf_counter()
    for seed in range(count):
        render_scene(seed)
    middle = time.perf_counter()
    for seed in range(count):
        render_crop(seed)
    ended = time.perf_counter()
    scene_ms, crop_ms = 1000 * (middle - started) / count, 1000 * (ended - middle) / count
    sys.stdout.write(f"scenes 320 x 320: {scene_ms:.1f} ms each, {1000 / scene_ms:.0f}/s\n")
    sys.stdout.write(f"crops 192 px: {crop_ms:.1f} ms each, {1000 / crop_ms:.0f}/s\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
