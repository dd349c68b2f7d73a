"""The few facts of an ONNX file that onnxruntime does not tell: its opset, read off the protobuf's outermost
fields without decoding the graph (onnx.proto: ModelProto.opset_import is field 8).
"""

from dataclasses import dataclass

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
IR_VERSION, OPSET_IMPORT = 1, 8
DOMAIN, VERSION = 1, 2


class NoOnnxError(ValueError):
    """The bytes are no ONNX model."""


@dataclass(frozen=True, slots=True)
class OnnxHeader:
    """IR version, and the version of ONNX's own operators (0: the file names none)."""

    ir_version: int
    opset: int


def read_header(data: bytes) -> OnnxHeader:
    """Read a model's head. Raises NoOnnxError."""
    if not data:
        raise NoOnnxError("the file is empty (0 bytes)")
    ir_version = opset = 0
    try:
        for field, value in _fields(data):
            if field == IR_VERSION and isinstance(value, int):
                ir_version = value
            elif field == OPSET_IMPORT and isinstance(value, bytes):
                entry = dict(_fields(value))
                version = entry.get(VERSION, 0)
                if entry.get(DOMAIN, b"") in (b"", b"ai.onnx") and isinstance(version, int):
                    opset = version
    except (IndexError, ValueError):
        raise NoOnnxError("this is no ONNX file, or only a part of one") from None
    if not 1 <= ir_version <= 100 or opset == 0:
        raise NoOnnxError("this is no ONNX file: it names no operator set")
    return OnnxHeader(ir_version, opset)


def _fields(data: bytes) -> list[tuple[int, int | bytes]]:
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        field, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = _varint(data, at)
            found.append((field, value))
        elif kind == BYTES:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise ValueError("cut off")
            found.append((field, data[at : at + size]))
            at += size
        elif kind in (FIXED64, FIXED32):
            at += 8 if kind == FIXED64 else 4
        else:
            raise ValueError("no protobuf")
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("too long")
