"""The site in a browser: Debian's ``chromium``, driven by Playwright; axe-core judges whether
everybody can use it. Skipped where one of them is missing (`make browser-test` installs the last
two).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

BROWSER: Final = shutil.which("chromium") or shutil.which("google-chrome")
if BROWSER is None:
    pytest.skip("no browser: install Debian's package chromium", allow_module_level=True)
_WHY: Final = "not installed: call make browser-test"
playwright = pytest.importorskip("playwright.sync_api", reason=f"playwright is {_WHY}")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason=f"axe is {_WHY}")

PATIENCE: Final = 300_000
"""Milliseconds for everything: a busy machine takes half a minute to start a browser."""
QUIET: Final = (
    "--no-sandbox",  # as root, which CI is
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
KINDS: Final = (
    "index.html",
    "0.30.0-embedded/index.html",
    "requirements.html",
    "requirement/BIND-02.html",
    "scenarios.html",
    "0.30.0-embedded/scenario-4-singleton-status.html",
    "failures.html",
    "0.30.0-embedded/failed/test-fails-*.html",
)
"""A page of each kind."""
PHONE, DESK = 360, 1280


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=BROWSER, args=list(QUIET), timeout=PATIENCE
        )
        yield started
        started.close()


def _addresses(folder: Path) -> list[str]:
    found = [path.as_uri() for kind in KINDS for path in folder.glob(kind)]
    assert len(found) == len(KINDS)
    return found


def _page(browser: Any, width: int, scheme: str = "light") -> Any:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.set_default_timeout(PATIENCE)
    return page


def test_pages_load_without_errors_and_ask_nobody(browser: Any, site_folder: Path) -> None:
    page = _page(browser, DESK)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(request.url))
    page.on("request", lambda request: asked.append(request.url))
    for address in _addresses(site_folder):
        page.goto(address)
        bar = page.locator(".top")
        assert bar.evaluate("node => getComputedStyle(node).borderBottomStyle") == "solid"
    page.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file://", "data:,"))] == []


def test_search_and_filters(browser: Any, site_folder: Path) -> None:
    page = _page(browser, DESK)
    start = (site_folder / "requirements.html").as_uri()
    page.goto(start)

    def shown() -> list[str]:
        return list(page.locator("#requirements tbody tr:not([hidden]) th").all_inner_texts())

    everything = ["BIND-01", "BIND-02", "BIND-03", "SCEN-4-01", "AUTHZ-01"]
    assert shown() == everything
    page.get_by_label("Search").fill("bind-0 VALUE")
    assert shown() == ["BIND-01", "BIND-02", "BIND-03"]
    page.get_by_label("Verdict").select_option("known deviation")
    assert shown() == ["BIND-02"]
    assert page.locator("[data-count]").inner_text() == "1 of 5 are shown."
    linked = page.url
    page.get_by_role("button", name="Clear").click()
    page.wait_for_function("document.querySelectorAll('#requirements tr[hidden]').length === 0")
    page.get_by_label("Area").select_option("examples")
    assert shown() == ["SCEN-4-01"]
    page.goto("about:blank")
    page.goto(linked)
    assert shown() == ["BIND-02"]
    page.goto("about:blank")
    page.goto(f"{start}#area=authorization&verdict=no%20check%20yet")
    assert shown() == ["AUTHZ-01"]
    page.close()


def test_the_keyboard_reaches_the_content(browser: Any, site_folder: Path) -> None:
    page = _page(browser, DESK)
    page.goto((site_folder / "index.html").as_uri())
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.inner_text() == "Skip to the content"
    assert focused.bounding_box()["x"] >= 0
    assert focused.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.close()


def test_a_phone_shows_each_page_without_scrolling_sideways(
    browser: Any, site_folder: Path
) -> None:
    page = _page(browser, PHONE)
    wide = {}
    boxes = (
        "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth)"
    )
    for address in _addresses(site_folder):
        page.goto(address)
        cut = page.evaluate(f"{boxes}.map(one => one.getAttribute('aria-label'))")
        assert {*cut} <= {"Timeline"}, address  # a drawing has to keep its width
        if (width := page.evaluate("document.documentElement.scrollWidth")) > PHONE:
            wide[address] = width
    page.goto((site_folder / "requirements.html").as_uri())
    shown = page.locator("tbody tr").first.get_by_text("holds").locator("visible=true")
    box = shown.first.bounding_box()
    assert box["x"] + box["width"] <= PHONE
    page.close()
    assert wide == {}


@pytest.mark.parametrize(("width", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_axe_finds_nothing(browser: Any, site_folder: Path, width: int, scheme: str) -> None:
    page = _page(browser, width, scheme)
    found = {}
    for address in _addresses(site_folder):
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        for rule in axe.Axe().run(page).response["violations"]:
            found[f"{address}: {rule['id']}"] = [node["target"] for node in rule["nodes"]][:3]
    page.close()
    assert found == {}


def test_axe_finds_a_fault(browser: Any) -> None:
    page = _page(browser, DESK)
    page.set_content("<html lang=en><title>x</title><main><h1>x</h1><input></main></html>")
    found = [rule["id"] for rule in axe.Axe().run(page).response["violations"]]
    page.close()
    assert "label" in found
