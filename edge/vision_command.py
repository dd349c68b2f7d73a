"""The commands about seeing: model (import, list, back, teach), camera (look, places, enrol), bench vision.

Owns arguments and words. OpenCV and onnxruntime are imported only when one of these commands runs.
"""

import argparse
import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from contract.sightings import CameraState
from edge.domain.sight import Box, Look, Place
from edge.place_book import DrawnPlace, PlaceBook
from edge.settings import Settings, load, read_layout
from edge.uplink.signing import key_path, load_or_make_key
from edge.vision_keys import trusted_keys

if TYPE_CHECKING:
    from edge.vision.importing import Trial
    from edge.vision.pictures import Bgr
    from edge.vision.room import VisionRoom

SHIPPED_MODELS = Path(__file__).resolve().parents[1] / "models"
MISSING = "{} is not installed: `pip install -r requirements/vision.txt` puts what cameras need here"
Say = Callable[[str], None]
Command = Callable[[argparse.Namespace], int]
Group: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add(commands: Group, configured: argparse.ArgumentParser, say: Say) -> None:
    """Add the commands to the gateway's parser."""
    for name, words, adds in (
        ("model", "bring, list, take back and teach what reads pictures", _add_model),
        ("camera", "look with a camera, draw places, learn bottles", _add_camera),
        ("bench", "time what reads pictures on this device, and use the fastest", _add_bench),
    ):
        group = commands.add_parser(name, help=words, description=words)
        adds(group.add_subparsers(required=True, metavar="WHAT"), configured, say)


def _sub(
    group: Group, name: str, configured: argparse.ArgumentParser, run: Command, words: str
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = group.add_parser(
        name, help=words, description=words, parents=[configured]
    )
    made.set_defaults(command=run)
    return made


def _with_vision(
    run: Callable[[argparse.Namespace, Say], int], say: Say
) -> Callable[[argparse.Namespace], int]:
    def started(options: argparse.Namespace) -> int:
        try:
            return run(options, say)
        except ImportError as error:
            raise ValueError(MISSING.format(error.name)) from None

    return started


def _add_model(group: Group, configured: argparse.ArgumentParser, say: Say) -> None:
    words = "write a detector's manifest, try it on a picture, time it, sign it for this site, and use it"
    sub = _sub(group, "import", configured, _with_vision(_import, say), words)
    sub.add_argument("file", type=Path, help="FILE.onnx, or a folder with a manifest.json of our own models")
    sub.add_argument("--preset", choices=("yolox", "nanodet-plus", "picodet", "boxes"), default="boxes",
                     help="what the model speaks (default boxes)")  # fmt: skip
    sub.add_argument("--class", dest="wanted_class", type=int, default=39, metavar="N",
                     help="number of the class bottle (default 39, as in COCO)")  # fmt: skip
    sub.add_argument(
        "--size", type=int, metavar="PX", help="side of the input, where the file leaves it open"
    )
    sub.add_argument("--channels", choices=("RGB", "BGR"), help="default: as the preset's project does")
    sub.add_argument(
        "--score", type=float, metavar="S", help="score from which a box is a bottle (default 0.3)"
    )
    sub.add_argument("--picture", type=Path, help="try it on this picture (default: a rendered shelf)")
    sub.add_argument(
        "--out", type=Path, default=Path("model-import.png"), help="picture with the boxes drawn in"
    )
    sub.add_argument("--aside", action="store_true", help="keep it without using it")
    sub.add_argument("--anyway", action="store_true", help="use it even when it finds no bottle")
    _sub(
        group,
        "list",
        configured,
        _with_vision(_list, say),
        "say which models are used, and who vouches for them",
    )
    sub = _sub(group, "back", configured, _with_vision(_back, say), "use the model before the newest again")
    sub.add_argument("kind", choices=("bottle_detector", "fill_level", "bottle_identity"))
    words = "calibrate levels on the crops whose contents the scale knows; used only where it is no worse"
    sub = _sub(group, "teach", configured, _with_vision(_teach, say), words)
    sub.add_argument(
        "--now", action="store_true", help="use it at once instead of letting it read along first"
    )
    sub.add_argument("--undo", action="store_true", help="go back to the calibration before")


def _add_camera(group: Group, configured: argparse.ArgumentParser, say: Say) -> None:
    sub = _sub(
        group, "look", configured, _with_vision(_look, say), "take a picture and say what is to be seen"
    )
    sub.add_argument("camera", help="name of the camera in the settings")
    sub.add_argument("--out", type=Path, metavar="FILE.png", help="write the picture with boxes and places")
    words = "show or draw where the slots are in a camera's picture"
    sub = _sub(group, "places", configured, _with_vision(_places, say), words)
    sub.add_argument("camera", help="name of the camera in the settings")
    sub.add_argument(
        "--set", action="append", default=[], metavar="SLOT=L,T,R,B", help="shares of the picture, 0..1"
    )
    sub.add_argument(
        "--from-bottles", metavar="SLOT,SLOT", help="these slots, left to right, are where bottles stand now"
    )
    sub = _sub(
        group, "enrol", configured, _with_vision(_enrol, say), "learn what the bottle in a slot looks like"
    )
    sub.add_argument("camera", help="name of the camera in the settings")
    sub.add_argument("slot", help="the slot in which the product's bottle stands")


def _add_bench(group: Group, configured: argparse.ArgumentParser, say: Say) -> None:
    words = "time FP32 and INT8 of every model here and use the fastest from the next start on"
    sub = _sub(group, "vision", configured, _with_vision(_bench, say), words)
    sub.add_argument("--runs", type=int, default=40, help="pictures per file (default 40)")
    sub.add_argument("--dry", action="store_true", help="only print")


def _shipped(settings: Settings) -> Path:
    return settings.models_dir or SHIPPED_MODELS


def _import(options: argparse.Namespace, say: Say) -> int:
    from edge.vision import importing, pictures, trial_picture  # noqa: PLC0415
    from edge.vision.model_book import ModelBook  # noqa: PLC0415

    settings = load(options.config)
    key, book = (
        load_or_make_key(key_path(settings.data_dir)),
        ModelBook(settings.data_dir, _shipped(settings)),
    )
    if options.file.is_dir():
        raw, files = importing.adopt(options.file)
    else:
        wish = importing.Wish(
            options.file, options.preset, options.wanted_class, options.size, options.channels, options.score
        )
        raw = importing.manifest_of(wish)
        files = {raw["files"][0]["file"]: options.file}
    folder = importing.bring(book, raw, files, key, settings.gateway_id)
    if raw["model"] == "bottle_detector":
        picture = pictures.read(options.picture) if options.picture else trial_picture.trial_picture()
        try:
            trial = importing.tried(folder, key, picture)
        except ValueError:
            importing.discard(book, raw, folder)
            raise
        _show_trial(trial, picture, options, say)
        seen = int((trial.rows[:, 4] >= trial.shown).sum())
        if seen == 0 and not options.anyway:
            importing.discard(book, raw, folder)
            say("It found no bottle, so it is not used: try another preset, class or order of channels.")
            return 1
    if options.aside:
        say(f"Kept in {folder}, not used.")
        return 0
    book.activate(raw["model"], raw["version"])
    say(f"Signed for this site and in use: {raw['model']} {raw['version']}. A running gateway lets it read")
    say(f"along, then takes it over; `python -m edge model back {raw['model']}` goes back.")
    return 0


def _show_trial(trial: "Trial", picture: "Bgr", options: argparse.Namespace, say: Say) -> None:
    from edge.vision import pictures, trial_picture  # noqa: PLC0415

    height, width = picture.shape[:2]
    rows = trial.rows[trial.rows[:, 4] >= trial.shown].tolist()
    say(f"{trial.model.name}: {len(rows)} bottles from a score of {trial.shown:g} on, {trial.ms:.1f} ms")
    for x1, y1, x2, y2, score in rows[:20]:
        say(f"  {score:.2f}   {x1:6.0f} {y1:6.0f} {x2:6.0f} {y2:6.0f}")
    if options.picture is None:
        say(
            f"of the six bottles of the rendered shelf it found {trial_picture.hits(trial.rows, trial.shown)}"
        )
    boxes = [
        (Box(x1 / width, y1 / height, x2 / width, y2 / height), f"{s:.2f}", True)
        for x1, y1, x2, y2, s in rows
    ]
    options.out.write_bytes(pictures.png(pictures.draw(picture, boxes)))
    say(f"boxes drawn into {options.out}")


def _list(options: argparse.Namespace, say: Say) -> int:
    from edge.vision.manifest import ModelRefusedError  # noqa: PLC0415
    from edge.vision.model_book import KINDS, ModelBook  # noqa: PLC0415
    from edge.vision.model_folder import open_model, read_choice  # noqa: PLC0415

    settings = load(options.config)
    book, choice = ModelBook(settings.data_dir, _shipped(settings)), read_choice(settings.data_dir)
    for kind in KINDS:
        use = book.use(kind)
        folder, is_shipped = book.folder(kind, use.active)
        try:
            keys = trusted_keys(settings)
            model = open_model(folder, kind, keys=keys, is_shipped=is_shipped, file=choice.get(kind))
            say(f"{kind:<18}{model.manifest.version:<16}{model.file:<18}{model.trust.value}")
        except ModelRefusedError as error:
            say(f"{kind:<18}none: {error}")
        if use.refused:
            say(f"{'':<18}the last change was taken back: {use.refused}")
    say("`shipped` came unsigned with this software, `signed` was imported on this site.")
    return 0


def _back(options: argparse.Namespace, say: Say) -> int:
    from edge.vision.model_book import ModelBook  # noqa: PLC0415

    settings = load(options.config)
    book = ModelBook(settings.data_dir, _shipped(settings))
    if book.use(options.kind).active is None:
        raise ValueError(f"the shipped {options.kind} is in use already: there is none before it")
    book.go_back(options.kind, "a person went back")
    say(f"{options.kind} {book.use(options.kind).active or 'as shipped'} is used again.")
    return 0


def _teach(options: argparse.Namespace, say: Say) -> int:
    from edge.curve_book import CurveBook  # noqa: PLC0415
    from edge.vision.lessons import give_lesson  # noqa: PLC0415
    from edge.vision.workshop import Workshop  # noqa: PLC0415

    settings = load(options.config)
    if options.undo:
        if not CurveBook(settings.data_dir).undo():
            raise ValueError("nothing to take back: the calibration has not been changed here")
        say("The calibration before is used again.")
        return 0
    workshop = Workshop(settings.data_dir, _shipped(settings), trusted_keys(settings))
    workshop.refresh()
    taught = give_lesson(
        settings.data_dir, workshop.models.reader, datetime.now(UTC), say, is_at_once=options.now
    )
    return 0 if taught else 1


def _look(options: argparse.Namespace, say: Say) -> int:
    from edge.vision import pictures  # noqa: PLC0415

    settings = load(options.config)
    places = PlaceBook(settings.data_dir).places(_camera(settings, options.camera))
    look, picture = asyncio.run(_looked(settings, options.camera, places))
    say(f"camera {look.camera_id}: {look.state.value}, read in {1000 * look.took_s:.0f} ms")
    if look.hint:
        say(look.hint)
    for one in look.slots:
        level = (
            "level not told" if one.level is None else f"level {one.level.level:.2f} ± {one.level.sigma:.2f}"
        )
        who = "" if one.who is None else f", looks like {one.who.product_id or 'no enrolled product'}"
        say(f"  {one.slot_id:<16}{one.state.value:<10}{level if one.box else ''}{who}")
    if look.strays:
        say(f"  {len(look.strays)} bottles beside all places")
    if options.out is not None and picture is not None:
        boxes = [(place.box, place.slot_id, False) for place in places]
        boxes += [
            (one.box, f"{one.slot_id} {one.score:.2f}", True) for one in look.slots if one.box is not None
        ]
        options.out.write_bytes(pictures.png(pictures.draw(picture, boxes)))
        say(f"written: {options.out}")
    return 0 if look.state is CameraState.OK else 1


async def _looked(settings: Settings, camera_id: str, places: tuple[Place, ...]) -> tuple[Look, "Bgr | None"]:
    room = _room(settings, camera_id)
    try:
        look = await room.look(camera_id, places)
        return look, room.newest(camera_id)
    finally:
        await room.close()


def _places(options: argparse.Namespace, say: Say) -> int:
    settings = load(options.config)
    book, camera_id = PlaceBook(settings.data_dir), _camera(settings, options.camera)
    drawn = {place.slot_id: place.box for place in book.places(camera_id)}
    if options.from_bottles:
        drawn |= asyncio.run(_from_bottles(settings, camera_id, options.from_bottles.split(",")))
    for words in options.set:
        slot, box = _box(words)
        drawn[slot] = box
    if options.set or options.from_bottles:
        _known(settings, list(drawn))
        rows = tuple(
            DrawnPlace(slot_id=s, left=b.left, top=b.top, right=b.right, bottom=b.bottom)
            for s, b in drawn.items()
        )
        book.draw(camera_id, rows, datetime.now(UTC))
    for slot, box in drawn.items():
        say(f"{slot:<16}{box.left:.3f},{box.top:.3f},{box.right:.3f},{box.bottom:.3f}")
    if not drawn:
        say("No places are drawn: draw them on the gateway's own page, or with --from-bottles or --set.")
    return 0


async def _from_bottles(settings: Settings, camera_id: str, slots: list[str]) -> dict[str, Box]:
    room = _room(settings, camera_id)
    try:
        found = sorted(await room.bottles(camera_id), key=lambda one: one.box.left)
    finally:
        await room.close()
    if len(found) != len(slots):
        raise ValueError(
            f"{len(found)} bottles are seen, {len(slots)} slots were named: put one into each, or use --set"
        )
    return {slot: one.box for slot, one in zip(slots, found, strict=True)}


def _enrol(options: argparse.Namespace, say: Say) -> int:
    settings = load(options.config)
    places = {
        place.slot_id: place
        for place in PlaceBook(settings.data_dir).places(_camera(settings, options.camera))
    }
    if options.slot not in places:
        raise ValueError(
            f"no place is drawn for {options.slot}: `python -m edge camera places {options.camera}`"
        )
    layout, _ = read_layout(settings)
    product = next((s.product for shelf in layout.shelves for s in shelf.slots if s.id == options.slot), None)
    if product is None:
        raise ValueError(f"no product belongs in {options.slot}: give it one in the layout")

    async def enrolled() -> int:
        room = _room(settings, options.camera)
        try:
            return await room.enrol(options.camera, product, places, options.slot)
        finally:
            await room.close()

    say(f"{asyncio.run(enrolled())} pictures of {product}; three are enough, turned a little each time")
    return 0


def _bench(options: argparse.Namespace, say: Say) -> int:
    from edge.vision.model_book import ModelBook  # noqa: PLC0415
    from edge.vision.model_folder import write_choice  # noqa: PLC0415
    from edge.vision.timing import fastest, resident_mb, time_models  # noqa: PLC0415

    settings = load(options.config)
    found = time_models(
        ModelBook(settings.data_dir, _shipped(settings)), trusted_keys(settings), say, options.runs
    )
    choice = fastest(found)
    say(f"{'model':<18}{'file':<18}{'ms, one thread':>16}{'MB':>7}")
    for one in found:
        used = "   used" if choice[one.kind] == one.file else ""
        say(f"{one.kind:<18}{one.file:<18}{one.ms:>16.2f}{one.megabytes:>7.2f}{used}")
    say(f"memory of this process with all of them: {resident_mb():.0f} MB")
    if not options.dry and choice:
        write_choice(settings.data_dir, choice)
        say("The fastest files are used from the gateway's next start on.")
    return 0


def _camera(settings: Settings, camera_id: str) -> str:
    known = [camera.id for camera in settings.cameras]
    if camera_id not in known:
        raise ValueError(f"no camera {camera_id} in the settings; there are: {', '.join(known) or 'none'}")
    return camera_id


def _room(settings: Settings, camera_id: str) -> "VisionRoom":
    from edge.vision.room import CameraPlace, VisionRoom  # noqa: PLC0415

    _camera(settings, camera_id)
    cameras = [CameraPlace(one.id, one.source, one.rotate) for one in settings.cameras if one.id == camera_id]
    return VisionRoom(cameras, settings.data_dir, _shipped(settings), trusted_keys(settings))


def _box(words: str) -> tuple[str, Box]:
    slot, _, sides = words.partition("=")
    try:
        left, top, right, bottom = (float(side) for side in sides.split(","))
    except ValueError:
        raise ValueError(
            f"--set {words}: give SLOT=LEFT,TOP,RIGHT,BOTTOM, such as top-1=0.1,0.2,0.2,0.8"
        ) from None
    return slot, Box(left, top, right, bottom)


def _known(settings: Settings, slots: list[str]) -> None:
    layout, _ = read_layout(settings)
    known = {slot.id for shelf in layout.shelves for slot in shelf.slots}
    unknown = sorted(set(slots) - known)
    if unknown:
        raise ValueError(
            f"this gateway has no slot {', '.join(unknown)}; there are: {', '.join(sorted(known))}"
        )
