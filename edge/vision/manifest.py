"""manifest.json of a model: how to feed it, what comes out, the sums of its files, and who vouches for it.

The signature is Ed25519 over the manifest without its `signature`, as canonical JSON behind a prefix; since
the manifest holds the files' sums, it covers them too.
"""

import json
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Collection
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.vision.onnx_header import NoOnnxError, read_header

NAME = "manifest.json"
PREFIX = b"barback-model-v1\n"
MAX_MANIFEST_BYTES = 64 * 1024
MAX_MODEL_BYTES = 64 * 1024 * 1024
OPSETS = range(7, 27)
"""What onnxruntime 1.24 and newer runs (its Versioning page)."""

Side = Annotated[int, Field(ge=16, le=2048)]
Kind = Literal["bottle_detector", "fill_level", "bottle_identity"]
Preset = Literal["boxes", "yolox", "nanodet-plus", "picodet"]


class ModelRefusedError(ValueError):
    """A model is not used; the message says why and what to do."""


class Trust(StrEnum):
    """Who vouches for a model."""

    SHIPPED = "shipped"
    """Unsigned, in the folder that came with this software: its installer vouches for it."""
    SIGNED = "signed"


class Input(BaseModel):
    """How a picture is fed: channels, (value - mean) * scale of each, letterboxed or stretched."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    width: Side
    height: Side
    channels: Literal["BGR", "RGB"] = "BGR"
    range: tuple[float, float] = (0.0, 255.0)
    fit: str = "stretch"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def is_letterboxed(self) -> bool:
        """Whether the picture keeps its shape, upper left in a grey field."""
        return self.fit.startswith("letterbox")


class ModelFile(BaseModel):
    """One file of a model."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,80}$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    bytes: Annotated[int, Field(ge=0)] = 0


class Manifest(BaseModel):
    """A whole manifest; keys that are not known here are kept out of the way."""

    model_config = ConfigDict(extra="ignore", frozen=True, protected_namespaces=())

    model: Kind
    version: Annotated[str, Field(max_length=40)] = "1"
    licence: Annotated[str, Field(max_length=80)] = ""
    preset: Preset = "boxes"
    wanted_class: Annotated[int, Field(ge=0, le=10_000)] = 0
    input: Input
    thresholds: dict[str, float] = {}
    gallery: dict[str, float] = {}
    opset: Annotated[int, Field(ge=1, le=100)]
    files: Annotated[tuple[ModelFile, ...], Field(min_length=1, max_length=8)]

    def threshold(self, name: str, otherwise: float) -> float:
        """Return a threshold, or what stands for one that is not there."""
        return self.thresholds.get(name, otherwise)


def read_manifest(folder: Path) -> tuple[Manifest, dict[str, Any]]:
    """Return a folder's manifest, read and raw. Raises ModelRefusedError."""
    path = folder / NAME
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelRefusedError(
            f"{folder} holds no {NAME} ({error.strerror}): import the model again"
        ) from None
    if len(data) > MAX_MANIFEST_BYTES:
        raise ModelRefusedError(f"{path} has {len(data)} bytes: that is no manifest")
    try:
        raw = json.loads(data)
        return Manifest.model_validate(raw), raw
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ModelRefusedError(f"{path}: {where}: {first['msg']}") from None
    except (ValueError, TypeError):
        raise ModelRefusedError(f"{path} is not JSON: import the model again") from None


def model_bytes(folder: Path, manifest: Manifest, file: str) -> bytes:
    """Return a model's file after checking it against its manifest. Raises ModelRefusedError."""
    entry = next((one for one in manifest.files if one.file == file), None)
    if entry is None:
        known = ", ".join(one.file for one in manifest.files)
        raise ModelRefusedError(f"{folder}: the manifest names no file {file}; it has {known}")
    path = folder / file
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_MODEL_BYTES else b""
    except OSError as error:
        raise ModelRefusedError(
            f"{path} cannot be read ({error.strerror}): install the model again"
        ) from None
    if size > MAX_MODEL_BYTES:
        raise ModelRefusedError(f"{path} has {size} bytes, at most {MAX_MODEL_BYTES} are loaded")
    if not data:
        raise ModelRefusedError(f"{path} is empty (0 bytes): it was not copied whole, install it again")
    if sha256(data).hexdigest() != entry.sha256:
        raise ModelRefusedError(
            f"{path} is not the file that its manifest describes (sha256 differs): it was changed or "
            "damaged, install it again"
        )
    check_opset(data, path, manifest.opset)
    return data


def check_opset(data: bytes, path: Path, stated: int | None = None) -> int:
    """Return the opset of a model's bytes. Raises ModelRefusedError where it is not one we run."""
    try:
        opset = read_header(data).opset
    except NoOnnxError as error:
        raise ModelRefusedError(f"{path}: {error}") from None
    if opset not in OPSETS:
        raise ModelRefusedError(
            f"{path} needs ONNX opset {opset}; this gateway runs {OPSETS.start} to {OPSETS.stop - 1}: "
            "export it with opset 17"
        )
    if stated is not None and opset != stated:
        raise ModelRefusedError(f"{path} has opset {opset}, its manifest says {stated}: import it again")
    return opset


def signing_input(raw: dict[str, Any]) -> bytes:
    """Return the bytes that are signed."""
    unsigned = {name: value for name, value in raw.items() if name != "signature"}
    return PREFIX + json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def signed(raw: dict[str, Any], key: Ed25519PrivateKey, by: str) -> dict[str, Any]:
    """Return a manifest with this site's signature."""
    signature = {
        "scheme": "ed25519",
        "by": by,
        "key": b64encode(key.public_key().public_bytes_raw()).decode(),
        "signature": b64encode(key.sign(signing_input(raw))).decode(),
    }
    return {**raw, "signature": signature}


def trust_of(raw: dict[str, Any], folder: Path, keys: Collection[bytes], *, is_shipped: bool) -> Trust:
    """Say who vouches for a manifest. Raises ModelRefusedError when nobody does whom this gateway trusts.

    `keys` are raw Ed25519 public keys; `is_shipped`: the folder came with this software.
    """
    signature = raw.get("signature")
    if signature is None:
        if is_shipped:
            return Trust.SHIPPED
        raise ModelRefusedError(
            f"{folder} is not signed: import it with `python -m edge model import` on this gateway"
        )
    try:
        key, told = b64decode(signature["key"]), b64decode(signature["signature"])
        known = key in set(keys)
        Ed25519PublicKey.from_public_bytes(key).verify(told, signing_input(raw))
    except (KeyError, TypeError, ValueError, Base64Error, InvalidSignature):
        raise ModelRefusedError(
            f"{folder}: the signature does not fit the manifest, which was changed after it was signed: "
            "import the model again"
        ) from None
    if not known:
        raise ModelRefusedError(
            f"{folder} is signed by {signature.get('by', 'somebody')}, whose key is not trusted here: add it "
            "to model_keys, or import the model here"
        )
    return Trust.SIGNED
