"""`python -m benchmarks.vision_memory`: what the whole vision loop holds: camera, detector, levels, identity.

A fresh process opens a picture file as its camera, all models and a gallery of 20 products, and looks 20
times, as the gateway's vision room does. Nothing of the simulation is in it.
"""

import asyncio
import multiprocessing as mp
import sys
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

MODELS = Path(__file__).resolve().parents[1] / "models"
LIMIT_MB, LOOKS, PRODUCTS, CROPS = 250.0, 20, 20, 5
PLACES = tuple(f"top-{n}" for n in range(6))
Boxes = dict[str, tuple[float, float, float, float]]


def furnish(folder: Path) -> Boxes:
    """Write a shelf's picture, 1280 x 720, and a gallery; where its places are."""
    import cv2

    from edge.vision.workshop import GALLERY
    from firmware_sim.render.bar_view import BarView, Standing, bar_products

    view = BarView(PLACES, seed=1, width=1280, height=720)
    bottles = {p: Standing(n, 0.6) for p, n in zip(PLACES, bar_products(len(PLACES), 1), strict=True)}
    shown = view.picture(bottles, 1)
    cv2.imwrite(str(folder / "shelf.png"), shown.image)
    crops = [shown.image[int(y1) : int(y2), int(x1) : int(x2)] for x1, y1, x2, y2 in shown.boxes.values()]
    for product in range(PRODUCTS):
        home = folder / GALLERY / f"product-{product}"
        home.mkdir(parents=True)
        for number in range(CROPS):
            cv2.imwrite(str(home / f"{number}.jpg"), crops[product % len(crops)])
    return {place: view.place_box(place) for place in PLACES}


def loop(folder: Path, models: Path, boxes: Boxes, say: Connection) -> None:
    """Look, and say how much memory that took and in how many slots a product was named."""
    from edge.domain.sight import Box, Look, Place
    from edge.vision.room import CameraPlace, VisionRoom
    from edge.vision.timing import resident_mb

    room = VisionRoom([CameraPlace("cam", f"file:{folder}/shelf.png")], folder, models, frozenset())
    places = [Place(slot, Box(*box)) for slot, box in boxes.items()]

    async def looked() -> Look:
        for _ in range(LOOKS - 1):
            await room.look("cam", places)
        look = await room.look("cam", places)
        await room.close()
        return look

    look = asyncio.run(looked())
    read = sum(one.level is not None and one.who is not None for one in look.slots)
    say.send((resident_mb(), read))


def measured(models: Path = MODELS) -> tuple[float, int]:
    """Megabytes of a fresh process, and how many of its slots had level and name read."""
    context = mp.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process = context.Process(target=loop, args=(folder, models, furnish(folder), there))
        process.start()
        there.close()
        found: tuple[float, int] = here.recv()
        process.join()
    return found


def main() -> int:
    """Prints the figure; fails above the limit, or where not every model was at work."""
    megabytes, read = measured()
    good = megabytes <= LIMIT_MB and read > 0
    print(
        f"{'ok  ' if good else 'MISS'} memory of the whole vision loop: {megabytes:.0f} MB (at most "
        f"{LIMIT_MB:.0f}); level and product read in {read} of {len(PLACES)} slots"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
