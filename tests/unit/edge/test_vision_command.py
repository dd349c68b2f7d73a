"""The commands about seeing, as a technician types them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.__main__ import main
from edge.curve_book import CurveBook
from edge.vision.pairs import PairFolder
from edge.vision.pictures import jpeg
from edge.vision.room import PAIRS
from firmware_sim.render.bar_view import BarView, Standing, bar_products
from firmware_sim.render.crops import render_crop
from tests.unit.edge.domain.test_watch import LAYOUT
from tests.unit.edge.vision.onnx_files import constant_model
from tests.unit.edge.vision.test_presets import LAYOUTS

NAMES = ["top-1", "top-2", "top-3", "top-4"]
VIEW = BarView(NAMES, seed=0)


class Site:
    """A gateway's settings, and a picture file as its camera."""

    def __init__(self, folder: Path, capsys) -> None:
        self.folder, self._capsys = folder, capsys
        (folder / "layout.json").write_text(LAYOUT.model_dump_json())
        (folder / "gw.toml").write_text(
            f'gateway_id = "gw"\nlayout_file = "{folder}/layout.json"\ndata_dir = "{folder}/data"\n'
            'cloud_url = "http://127.0.0.1:9"\n'
            f'cameras = [{{id = "cam", source = "file:{folder}/shelf.png"}}]\n'
        )
        bottles = {
            name: Standing(number, 0.6) for name, number in zip(NAMES, bar_products(4, 0), strict=True)
        }
        cv2.imwrite(str(folder / "shelf.png"), VIEW.picture(bottles, 1).image)

    def run(self, *words: str) -> tuple[int, str]:
        code = main([*words, "--config", str(self.folder / "gw.toml")])
        said = self._capsys.readouterr()
        return code, said.out + said.err


@pytest.fixture
def site(tmp_path, capsys) -> Site:
    return Site(tmp_path, capsys)


def test_places_are_drawn_from_the_bottles_that_stand_there_and_looked_at(site) -> None:
    code, said = site.run("camera", "look", "cam")
    assert (code, "No places are drawn" in said) == (1, True)
    code, said = site.run("camera", "places", "cam", "--from-bottles", ",".join(NAMES))
    assert code == 0, said
    code, said = site.run("camera", "look", "cam", "--out", str(site.folder / "look.png"))
    assert code == 0
    assert said.count("standing") == 4
    assert cv2.imread(str(site.folder / "look.png")).shape == (360, 640, 3)


def test_places_are_drawn_by_figures_and_a_mistyped_one_is_explained(site) -> None:
    assert site.run("camera", "places", "cam", "--set", "top-1=0.1,0.2,0.2,0.9")[0] == 0
    assert "top-1           0.100,0.200,0.200,0.900" in site.run("camera", "places", "cam")[1]
    assert "such as top-1=0.1,0.2,0.2,0.8" in site.run("camera", "places", "cam", "--set", "top-1=a")[1]
    assert (
        "no slot cellar-9; there are: top-1"
        in site.run("camera", "places", "cam", "--set", "cellar-9=0,0,1,1")[1]
    )
    assert (
        "4 bottles are seen, 1 slots were named"
        in site.run("camera", "places", "cam", "--from-bottles", "top-1")[1]
    )


def test_a_bottle_is_enrolled_from_its_slot(site) -> None:
    assert "no place is drawn for top-1" in site.run("camera", "enrol", "cam", "top-1")[1]
    site.run("camera", "places", "cam", "--from-bottles", ",".join(NAMES))
    code, said = site.run("camera", "enrol", "cam", "top-1")
    assert (code, "1 pictures of gin" in said) == (0, True)
    assert len(list((site.folder / "data" / "vision" / "gallery" / "gin").glob("*.jpg"))) == 1


def test_an_unknown_camera_is_named_beside_those_there_are(site) -> None:
    assert site.run("camera", "look", "front") == (1, "no camera front in the settings; there are: cam\n")


@pytest.mark.parametrize("preset", LAYOUTS)
def test_a_detector_of_every_preset_is_imported_signed_and_used(site, preset) -> None:
    model, out = site.folder / "model.onnx", site.folder / "out.png"
    model.write_bytes(constant_model(LAYOUTS[preset][0], (1, 3, 64, 64)))
    code, said = site.run("model", "import", str(model), "--preset", preset, "--out", str(out))
    assert code == 0, said
    assert "1 bottles from a score of 0.3 on" in said
    assert "Signed for this site and in use" in said
    assert cv2.imread(str(out)).shape == (360, 640, 3)
    assert "signed" in site.run("model", "list")[1].splitlines()[0]
    assert "as shipped is used again" in site.run("model", "back", "bottle_detector")[1]


def test_the_shipped_detector_is_found_by_its_own_import(site) -> None:
    shipped = Path(__file__).parents[3] / "models" / "bottle_detector"
    out = str(site.folder / "out.png")
    code, said = site.run("model", "import", str(shipped / "model.onnx"), "--class", "0", "--out", out)
    assert (code, "of the six bottles of the rendered shelf it found 6" in said) == (0, True)
    assert site.run("model", "import", str(shipped), "--out", out)[0] == 0


def test_the_wrong_preset_is_a_sentence_and_leaves_nothing_behind(site) -> None:
    model = site.folder / "model.onnx"
    model.write_bytes(constant_model(LAYOUTS["yolox"][0], (1, 3, 64, 64)))
    code, said = site.run("model", "import", str(model), "--preset", "nanodet-plus")
    assert (code, "does not give what preset nanodet-plus expects" in said) == (1, True)
    assert list((site.folder / "data" / "vision" / "models" / "bottle_detector").iterdir()) == []


def test_a_detector_that_finds_nothing_is_not_used(site) -> None:
    model, out = site.folder / "model.onnx", str(site.folder / "out.png")
    model.write_bytes(constant_model([np.zeros((1, 5, 6))], (1, 3, 64, 64)))
    code, said = site.run("model", "import", str(model), "--out", out)
    assert (code, "try another preset, class or order of channels" in said) == (1, True)
    assert "shipped" in site.run("model", "list")[1].splitlines()[0]


@pytest.mark.parametrize(("data", "sentence"), [(b"", "0 bytes"), (b"GIF89a", "no ONNX file")])
def test_a_file_that_is_no_model_is_a_sentence(site, data, sentence) -> None:
    model = site.folder / "model.onnx"
    model.write_bytes(data)
    code, said = site.run("model", "import", str(model))
    assert (code, sentence in said) == (1, True)


def test_the_bench_picks_the_fastest_file_of_each_model(site) -> None:
    code, said = site.run("bench", "vision", "--runs", "2")
    assert code == 0
    assert said.count("   used") == 3
    choice = json.loads((site.folder / "data" / "vision_choice.json").read_text())
    assert set(choice) == {"bottle_detector", "bottle_identity", "fill_level"}


def test_the_scale_teaches_the_camera_and_the_lesson_can_be_taken_back(site) -> None:
    pairs = PairFolder(site.folder / "data" / PAIRS)
    number, seed = 0, 0
    while number < 24:
        seed += 1
        crop = render_crop(seed)
        if crop.level is None:
            continue
        share = min(1.0, crop.level / 0.95)  # a bottle that is nearly a cylinder
        pairs.add(seed, "gin", (f"s-{seed}", share, crop.level, 0.02), jpeg(crop.image))
        number += 1
    code, said = site.run("model", "teach")
    assert (code, "It reads along" in said) == (0, True)
    book = CurveBook(site.folder / "data")
    assert book.in_force() == {}
    assert set(book.candidate()) == {"", "gin"}
    assert site.run("model", "teach", "--now")[0] == 0
    assert set(book.in_force()) == {"", "gin"}
    assert site.run("model", "teach", "--undo")[0] == 0
    assert book.in_force() == {}


def test_with_nothing_kept_there_is_nothing_to_learn(site) -> None:
    code, said = site.run("model", "teach")
    assert (code, "Nothing is changed" in said) == (1, True)
    assert "nothing to take back" in site.run("model", "teach", "--undo")[1]
