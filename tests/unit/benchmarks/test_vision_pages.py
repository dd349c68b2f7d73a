"""Measured figures reach the pages by the command, between their marks."""

from pathlib import Path

import pytest

from benchmarks.vision_pages import Figure, put, shown, write

FROM, TO = "<!-- figures -->", "<!-- end of figures -->"
FIGURES = [
    Figure("eye", "share right", 0.9731, 0.97),
    Figure("eye", "covered", 0.9, 0.5),
    Figure("eye", "covered", 0.9, 0.85, at_least=False),
    Figure("eye", "bytes", 2_956_035.0),
]


def test_figures_replace_what_stood_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "card.md"
    page.write_text(f"before\n{FROM}\nold\n{TO}\nafter\n")
    write(page, FIGURES)
    assert page.read_text().splitlines() == [
        "before",
        FROM,
        "| figure | measured | limit |",
        "|---|---|---|",
        "| share right | 0.973 | at least 0.97 |",
        "| covered | 0.9 | at least 0.5, at most 0.85 (missed) |",
        "| bytes | 2,956,035 | - |",
        TO,
        "after",
    ]


def test_a_text_goes_between_the_marks_of_its_name_only(tmp_path: Path) -> None:
    page = tmp_path / "card.md"
    page.write_text(f"{FROM}\nkept\n{TO}\n<!-- names -->\n<!-- end of names -->\n")
    put(page, "names", "| new |")
    assert page.read_text() == f"{FROM}\nkept\n{TO}\n<!-- names -->\n| new |\n<!-- end of names -->\n"


def test_a_page_without_marks_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "card.md"
    page.write_text("no marks\n")
    with pytest.raises(ValueError, match="what was measured goes between"):
        write(page, FIGURES)


@pytest.mark.parametrize(("value", "text"), [(0.37641, "0.376"), (7.0, "7"), (945768.0, "945,768")])
def test_numbers_are_short(value: float, text: str) -> None:
    assert shown(value) == text
