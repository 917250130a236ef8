"""What all tests share: lines for the reader, printed at the end, and a real browser."""

import os
import shutil
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture
def tell(record_property):
    """Prints a line below the results, for counts that a reader should see."""
    return lambda text: record_property("told", text)


def pytest_terminal_summary(terminalreporter) -> None:
    reports = terminalreporter.stats.get("passed", [])
    told = [text for report in reports for key, text in report.user_properties if key == "told"]
    if told:
        terminalreporter.section("counts")
    for text in told:
        terminalreporter.line(text)


@pytest.fixture(scope="session")
def browser():
    """Chromium, as the distribution has it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium: " + ", ".join(BROWSERS))
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # root has none
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=sandbox)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser):
    """Opens a file in a context of the test's own; at the end, nothing may have gone wrong."""
    context = browser.new_context(accept_downloads=True)
    said, asked = [], []

    def open_(path: Path, width: int = 1280, height: int = 800):
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"uncaught: {error}"))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_
    context.close()
    own = ("file:", "data:", "blob:")
    assert [url for url in asked if not url.startswith(own)] == []
    assert len([url for url in asked if url.startswith("file:")]) > 0
    assert [line for line in said if line.startswith(("error", "warning", "uncaught"))] == []
