"""cloud.live.lines: packed once, joined in any order."""

import gzip
import zlib

import pytest

from cloud.live.lines import END_OF_MESSAGE, PACKED_HEAD, Line, element_line


def test_an_element_is_one_line_that_names_its_place():
    assert element_line("slot-a", "<li>Chärtreuse</li>").text.decode() == (
        'data: <hx-partial hx-target="#slot-a" hx-swap="outerMorph"><li>Chärtreuse</li></hx-partial>\n'
    )


def test_a_fragment_with_a_line_break_is_a_fault_of_ours():
    with pytest.raises(AssertionError, match="one line"):
        element_line("slot-a", "two\nlines")


def test_packed_lines_can_be_read_as_they_come_in_any_order():
    lines = [Line.of(f"data: {name * 40}\n") for name in ("Campari", "Aperol", "Campari")]
    reader = zlib.decompressobj(wbits=31)
    assert reader.decompress(PACKED_HEAD) == b""
    for line in (lines[2], lines[0], END_OF_MESSAGE, lines[1]):
        assert reader.decompress(line.packed) == line.text


def test_packing_saves_most_of_a_drawing():
    line = element_line("pours", '<li class="pour"><span class="pour-name">Campari</span></li>' * 15)
    assert len(line.packed) < len(line.text) / 5
    assert len(line.packed) < len(gzip.compress(line.text)) + 10
