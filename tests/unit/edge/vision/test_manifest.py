"""What a model must be before it is used, and the sentence that refuses it."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.vision.manifest import ModelRefusedError, Trust, signed
from edge.vision.model_folder import open_model, read_choice, write_choice
from edge.vision.onnx_header import NoOnnxError, read_header
from tests.unit.edge.vision.onnx_files import constant_model, write_model

BOX = np.array([[[4, 4, 20, 28, 0.9]]])
MODEL = constant_model([BOX], (1, 3, 32, 32))
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
SHIPPED = Path(__file__).parents[4] / "models"


def opened(folder: Path, *, keys=(PUBLIC,), is_shipped: bool = True, **words):
    return open_model(folder, "bottle_detector", keys=keys, is_shipped=is_shipped, **words)


def sign(folder: Path, key: Ed25519PrivateKey = KEY) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(signed(json.loads(path.read_text()), key, "gw-well")))


@pytest.mark.parametrize("kind", ["bottle_detector", "fill_level"])
def test_the_shipped_models_are_what_their_manifests_say(kind) -> None:
    for file in ("model.onnx", "model.int8.onnx"):
        model = open_model(SHIPPED / kind, kind, keys=(), is_shipped=True, file=file)
        assert (model.file, model.trust) == (file, Trust.SHIPPED)
        assert "shipped" in model.name


def test_a_model_signed_on_this_site_is_taken(tmp_path) -> None:
    sign(write_model(tmp_path / "m", MODEL))
    assert opened(tmp_path / "m", is_shipped=False).trust is Trust.SIGNED


def test_an_unsigned_model_is_taken_only_from_the_shipped_folder(tmp_path) -> None:
    folder = write_model(tmp_path / "m", MODEL)
    assert opened(folder).trust is Trust.SHIPPED
    with pytest.raises(ModelRefusedError, match="is not signed: import it"):
        opened(folder, is_shipped=False)


def test_a_manifest_that_was_changed_after_signing_is_refused(tmp_path) -> None:
    sign(write_model(tmp_path / "m", MODEL))
    path = tmp_path / "m" / "manifest.json"
    path.write_text(path.read_text().replace('"score_shown": 0.3', '"score_shown": 0.1'))
    with pytest.raises(ModelRefusedError, match="changed after it was signed"):
        opened(tmp_path / "m", is_shipped=False)


def test_a_strangers_signature_is_refused(tmp_path) -> None:
    sign(write_model(tmp_path / "m", MODEL), Ed25519PrivateKey.from_private_bytes(b"x" * 32))
    with pytest.raises(ModelRefusedError, match="signed by gw-well, whose key is not trusted here"):
        opened(tmp_path / "m", is_shipped=False)


def test_an_empty_file_is_refused(tmp_path) -> None:
    folder = write_model(tmp_path / "m", MODEL)
    (folder / "model.onnx").write_bytes(b"")
    with pytest.raises(ModelRefusedError, match=r"is empty \(0 bytes\): it was not copied whole"):
        opened(folder)


def test_another_file_than_the_manifests_is_refused(tmp_path) -> None:
    folder = write_model(tmp_path / "m", MODEL)
    (folder / "model.onnx").write_bytes(MODEL + b" ")
    with pytest.raises(ModelRefusedError, match="sha256 differs"):
        opened(folder)


def test_an_opset_of_the_future_is_refused(tmp_path) -> None:
    data = constant_model([BOX], (1, 3, 32, 32), opset=99)
    with pytest.raises(ModelRefusedError, match="needs ONNX opset 99; this gateway runs 7 to 26"):
        opened(write_model(tmp_path / "m", data, opset=99))


def test_an_opset_that_is_not_the_manifests_is_refused(tmp_path) -> None:
    with pytest.raises(ModelRefusedError, match="has opset 17, its manifest says 12"):
        opened(write_model(tmp_path / "m", MODEL, opset=12))


def test_an_input_of_another_size_is_refused(tmp_path) -> None:
    shape = {"name": "images", "width": 64, "height": 32}
    with pytest.raises(ModelRefusedError, match="its manifest says 1 x 3 x 32 x 64"):
        opened(write_model(tmp_path / "m", MODEL, input=shape))


def test_an_input_of_another_name_is_refused(tmp_path) -> None:
    shape = {"name": "picture", "width": 32, "height": 32}
    with pytest.raises(ModelRefusedError, match="has no input 'picture' but images"):
        opened(write_model(tmp_path / "m", MODEL, input=shape))


def test_a_model_of_another_kind_is_refused(tmp_path) -> None:
    with pytest.raises(ModelRefusedError, match="is a fill_level, not a bottle_detector"):
        opened(write_model(tmp_path / "m", MODEL, kind="fill_level"))


def test_nonsense_with_the_right_sum_is_refused_by_onnxruntime_in_one_sentence(tmp_path) -> None:
    cut = MODEL[: len(MODEL) // 2]
    folder = write_model(tmp_path / "m", MODEL)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][0]["sha256"] = sha256(cut).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "model.onnx").write_bytes(cut)
    with pytest.raises(ModelRefusedError, match="no ONNX file, or only a part of one"):
        opened(folder)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is not JSON"),
        ("[]", "manifest.json"),
        ('{"model": "bottle_detector"}', "input: Field required"),
    ],
)
def test_a_manifest_that_is_none_is_refused(tmp_path, text, sentence) -> None:
    folder = write_model(tmp_path / "m", MODEL)
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ModelRefusedError, match=sentence):
        opened(folder)


def test_a_folder_without_a_manifest_is_refused(tmp_path) -> None:
    with pytest.raises(ModelRefusedError, match=r"holds no manifest\.json"):
        opened(tmp_path)


def test_the_head_of_a_model_is_read_and_what_is_none_is_not() -> None:
    assert read_header(MODEL).opset == 17
    for data in (b"", b"\x00" * 40, b"GIF89a" * 10, MODEL[:200]):
        with pytest.raises(NoOnnxError):
            read_header(data)


def test_the_choice_of_a_bench_is_kept_and_a_broken_one_is_none(tmp_path) -> None:
    assert read_choice(tmp_path) == {}
    write_choice(tmp_path, {"fill_level": "model.int8.onnx"})
    assert read_choice(tmp_path) == {"fill_level": "model.int8.onnx"}
    (tmp_path / "vision_choice.json").write_text("{")
    assert read_choice(tmp_path) == {}
