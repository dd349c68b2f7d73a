"""The commands about seeing: model (import, list, back, teach), camera (look, places, enrol), bench vision.

Owns their arguments; edge/vision_models_command.py and edge/vision_camera_command.py do the work.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from edge import vision_camera_command as on_camera
from edge import vision_models_command as on_models
from edge.vision_keys import Say

MISSING = "{} is not installed: `pip install -r requirements/vision.txt` puts what cameras need here"
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
    sub = _sub(group, "import", configured, _with_vision(on_models.bring_model, say), words)
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
    words = "say which models are used, and who vouches for them"
    _sub(group, "list", configured, _with_vision(on_models.list_models, say), words)
    sub = _sub(
        group,
        "back",
        configured,
        _with_vision(on_models.go_back, say),
        "use the model before the newest again",
    )
    sub.add_argument("kind", choices=("bottle_detector", "fill_level", "bottle_identity"))
    words = "calibrate levels on the crops whose contents the scale knows; used only where it is no worse"
    sub = _sub(group, "teach", configured, _with_vision(on_models.teach, say), words)
    sub.add_argument(
        "--now", action="store_true", help="use it at once instead of letting it read along first"
    )
    sub.add_argument("--undo", action="store_true", help="go back to the calibration before")


def _add_camera(group: Group, configured: argparse.ArgumentParser, say: Say) -> None:
    sub = _sub(
        group,
        "look",
        configured,
        _with_vision(on_camera.look, say),
        "take a picture and say what is to be seen",
    )
    sub.add_argument("camera", help="name of the camera in the settings")
    sub.add_argument("--out", type=Path, metavar="FILE.png", help="write the picture with boxes and places")
    words = "show or draw where the slots are in a camera's picture"
    sub = _sub(group, "places", configured, _with_vision(on_camera.places, say), words)
    sub.add_argument("camera", help="name of the camera in the settings")
    sub.add_argument(
        "--set", action="append", default=[], metavar="SLOT=L,T,R,B", help="shares of the picture, 0..1"
    )
    sub.add_argument(
        "--from-bottles", metavar="SLOT,SLOT", help="these slots, left to right, are where bottles stand now"
    )
    sub = _sub(
        group,
        "enrol",
        configured,
        _with_vision(on_camera.enrol, say),
        "learn what the bottle in a slot looks like",
    )
    sub.add_argument("camera", help="name of the camera in the settings")
    sub.add_argument("slot", help="the slot in which the product's bottle stands")


def _add_bench(group: Group, configured: argparse.ArgumentParser, say: Say) -> None:
    words = "time FP32 and INT8 of every model here and use the fastest from the next start on"
    sub = _sub(group, "vision", configured, _with_vision(on_models.bench, say), words)
    sub.add_argument("--runs", type=int, default=40, help="pictures per file (default 40)")
    sub.add_argument("--dry", action="store_true", help="only print")
