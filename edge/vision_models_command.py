"""The commands `model import, list, back, teach` and `bench vision`: what reads pictures. Owns their words.

OpenCV and onnxruntime are imported only when one of them runs.
"""

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edge.domain.sight import Box
from edge.settings import load
from edge.uplink.signing import key_path, load_or_make_key
from edge.vision_keys import Say, shipped_models, trusted_keys

if TYPE_CHECKING:
    from edge.vision.importing import Trial
    from edge.vision.pictures import Bgr


def bring_model(options: argparse.Namespace, say: Say) -> int:
    """Write a model's manifest, try it, sign it and use it. Raises ValueError or OSError."""
    from edge.vision import importing, pictures, trial_picture  # noqa: PLC0415
    from edge.vision.model_book import ModelBook  # noqa: PLC0415

    settings = load(options.config)
    key, book = (
        load_or_make_key(key_path(settings.data_dir)),
        ModelBook(settings.data_dir, shipped_models(settings)),
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


def list_models(options: argparse.Namespace, say: Say) -> int:
    """Say which models are used, and who vouches for them. Raises ValueError or OSError."""
    from edge.vision.manifest import ModelRefusedError  # noqa: PLC0415
    from edge.vision.model_book import KINDS, ModelBook  # noqa: PLC0415
    from edge.vision.model_folder import open_model, read_choice  # noqa: PLC0415

    settings = load(options.config)
    book, choice = ModelBook(settings.data_dir, shipped_models(settings)), read_choice(settings.data_dir)
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


def go_back(options: argparse.Namespace, say: Say) -> int:
    """Use the model before the newest again. Raises ValueError or OSError."""
    from edge.vision.model_book import ModelBook  # noqa: PLC0415

    settings = load(options.config)
    book = ModelBook(settings.data_dir, shipped_models(settings))
    if book.use(options.kind).active is None:
        raise ValueError(f"the shipped {options.kind} is in use already: there is none before it")
    book.go_back(options.kind, "a person went back")
    say(f"{options.kind} {book.use(options.kind).active or 'as shipped'} is used again.")
    return 0


def teach(options: argparse.Namespace, say: Say) -> int:
    """Calibrate levels on what the scale knows. Raises ValueError or OSError."""
    from edge.curve_book import CurveBook  # noqa: PLC0415
    from edge.vision.lessons import give_lesson  # noqa: PLC0415
    from edge.vision.workshop import Workshop  # noqa: PLC0415

    settings = load(options.config)
    if options.undo:
        if not CurveBook(settings.data_dir).undo():
            raise ValueError("nothing to take back: the calibration has not been changed here")
        say("The calibration before is used again.")
        return 0
    workshop = Workshop(settings.data_dir, shipped_models(settings), trusted_keys(settings))
    workshop.refresh()
    taught = give_lesson(
        settings.data_dir, workshop.models.reader, datetime.now(UTC), say, is_at_once=options.now
    )
    return 0 if taught else 1


def bench(options: argparse.Namespace, say: Say) -> int:
    """Time every model file and choose the fastest. Raises ValueError or OSError."""
    from edge.vision.model_book import ModelBook  # noqa: PLC0415
    from edge.vision.model_folder import write_choice  # noqa: PLC0415
    from edge.vision.timing import fastest, resident_mb, time_models  # noqa: PLC0415

    settings = load(options.config)
    found = time_models(
        ModelBook(settings.data_dir, shipped_models(settings)), trusted_keys(settings), say, options.runs
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
