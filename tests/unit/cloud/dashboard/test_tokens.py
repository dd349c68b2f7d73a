"""The colours of the pages: all text can be read, light and dark (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[4] / "cloud" / "dashboard" / "assets" / "src"
_TOKEN = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{6});")

TEXT_ON_PAPER = ["ink", "soft", "accent", "ok", "low", "out", "check", "offline", "stale"]
TEXT_PAIRS = [(name, "paper") for name in TEXT_ON_PAPER] + [
    ("ink", "raised"),
    ("soft", "raised"),
    ("accent", "raised"),
    ("ink", "accent-wash"),
    ("loud-ink", "loud"),
]
PICTURE_PAIRS = [
    ("liquid-ruby", "glass"),
    ("liquid-brown", "glass"),
    ("bar-now", "paper"),
    ("glass-edge", "raised"),
]


def tokens() -> dict[str, dict[str, str]]:
    text = (SOURCES / "tokens.css").read_text("utf-8")
    light, dark = text.split("@media (prefers-color-scheme: dark)")
    return {
        "light": dict(_TOKEN.findall(light)),
        "dark": dict(_TOKEN.findall(light)) | dict(_TOKEN.findall(dark)),
    }


def luminance(colour: str) -> float:
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_of_contrast_is_right():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_can_be_read_on_its_ground(scheme, text, ground):
    colours = tokens()[scheme]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), PICTURE_PAIRS)
def test_shapes_that_carry_meaning_stand_out(scheme, shape, ground):
    colours = tokens()[scheme]
    assert contrast(colours[shape], colours[ground]) >= 2.4


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("liquid", ["clear", "straw", "amber", "ruby", "brown"])
def test_every_liquid_is_seen_in_its_glass(scheme, liquid):
    colours = tokens()[scheme]
    assert contrast(colours[f"liquid-{liquid}"], colours["glass"]) >= 1.25


def test_dark_renames_every_colour_of_light():
    text = (SOURCES / "tokens.css").read_text("utf-8")
    light, dark = (dict(_TOKEN.findall(part)) for part in text.split("@media (prefers-color-scheme: dark)"))
    same = {"shade-left"}
    assert set(light) == set(dark) | same


def test_colours_sizes_and_weights_stand_in_the_tokens_alone():
    for sheet in SOURCES.glob("*.css"):
        if sheet.name != "tokens.css":
            text = sheet.read_text("utf-8")
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", text), (
                f"a colour of its own in {sheet.name}"
            )
            assert set(re.findall(r"font-weight:\s*([^;]+);", text)) <= {"var(--plain)", "var(--strong)"}
            sizes = set(re.findall(r"font-size:\s*([^;]+);", text))
            assert sizes <= {"var(--small)", "var(--text)", "var(--title)", "var(--big)", "100%"}
