"""A Chromium for the browser tests; without one they are skipped with a sentence."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud.dashboard.bundle import STATIC

CHROMIUM = Path("/usr/bin/chromium")
AXE = (
    Path(__file__).parents[2] / "cloud" / "dashboard" / "assets" / "node_modules" / "axe-core" / "axe.min.js"
)
ARRIVED = """Promise.allSettled(document.getAnimations()
  .filter(animation => Number.isFinite(animation.effect.getComputedTiming().endTime))
  .map(animation => animation.finished))"""
"""Resolves when what fades in has done so: half faded in, anything has too little contrast."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
SCREENS = {"phone": PHONE, "desktop": DESKTOP}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed (requirements/dev.txt)"
    )
    if not CHROMIUM.exists():
        pytest.skip("there is no /usr/bin/chromium; on Debian: apt install chromium")
    if not (STATIC / "manifest.json").exists():
        pytest.skip("the dashboard's assets are not built; run ./dev build")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open a page in a fresh context; whatever it complains about in its console fails the test."""
    contexts, complaints = [], []

    def open_it(url: str, screen: str = "desktop", **options: Any) -> Any:
        context = chromium.new_context(**SCREENS[screen], **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on(
            "console", lambda message: complaints.append(message.text) if _is_complaint(message) else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []


def _is_complaint(message: Any) -> bool:
    # A stream that is cut is the subject of a test and shows in the console by itself.
    is_network = (
        "net::ERR" in message.text or "network error" in message.text or "Failed to fetch" in message.text
    )
    return message.type in ("error", "warning") and not is_network


@pytest.fixture
def violations() -> Callable[[Any], list[str]]:
    """What axe finds against WCAG 2.2 AA, as 'rule: element'."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed; run npm ci in cloud/dashboard/assets (or ./dev build)")

    def find(page: Any) -> list[str]:
        # Evaluated by the debugger, which the page's own policy does not bind.
        page.evaluate(AXE.read_text("utf-8"))
        page.evaluate(ARRIVED)
        tags = json.dumps(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
        found = page.evaluate(f"axe.run(document, {{runOnly: {tags}}}).then(result => result.violations)")
        return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]

    return find
