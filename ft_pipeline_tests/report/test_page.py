"""The report page in a real browser: opens without network, and nothing is cut off."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline_tests.evaluate.trial import eval_row, trial
from ft_pipeline_tests.report.test_report import HOSTILE
from ft_pipeline_tests.report.test_report import page as make_page

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine: install the package `chromium` to test pages")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_page_fits_and_asks_nothing_of_the_network(browser: Any, tmp_path: Path, width: int, language: str) -> None:
    path = tmp_path / "report.html"
    rows = [*(eval_row(number) for number in range(118)), eval_row(900, question=HOSTILE)]
    path.write_text(make_page(trial(rows, wrong=[3, 4], unsure=range(10, 40)), rows, language), encoding="utf-8")
    asked: list[str] = []
    opened = browser.new_page(viewport={"width": width, "height": 900})
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(path.as_uri())
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.locator("table").count() >= 2
    pictures = opened.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert pictures
    assert all(size > 0 for size in pictures)
    opened.close()
