"""Lines of the event stream, packed once for all pages. Pure.

A packed line is a run of deflate blocks that ends with a full flush: it refers to nothing before it and
ends on a byte, so any packed lines in any order behind PACKED_HEAD are a valid gzip stream. Thus a drawing
is compressed once however many pages are open, and a page costs the server no memory for a window.
"""

import zlib
from dataclasses import dataclass

PACKED_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""The head of a gzip member without name or time (RFC 1952, 2.3)."""

_LEVEL = 6
_RAW_DEFLATE = -15


@dataclass(frozen=True, slots=True)
class Line:
    """One line, plain and packed."""

    text: bytes
    packed: bytes

    @classmethod
    def of(cls, text: str) -> "Line":
        """Pack a text that ends with a line break."""
        plain, packer = text.encode(), zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_DEFLATE)
        return cls(plain, packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH))


END_OF_MESSAGE = Line.of("\n")


def element_line(element_id: str, html: str) -> Line:
    """The data line that morphs an element into its place in the page."""
    return Line.of(element_text(element_id, html).decode())


def element_text(element_id: str, html: str) -> bytes:
    """As element_line, plain; html must be free of line breaks."""
    assert "\n" not in html, "a fragment is one line"
    return f'data: <hx-partial hx-target="#{element_id}" hx-swap="outerMorph">{html}</hx-partial>\n'.encode()
