"""The report page in a real browser: opens without network, and nothing is cut off."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.report import report_html
from ft_pipeline_tests.evaluate.trial import eval_row, trial
from ft_pipeline_tests.report.full import full_material
from ft_pipeline_tests.report.test_report import HOSTILE

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


CUT_OFF = """[...document.querySelectorAll("main, main *")].filter(node =>
  !node.closest("thead") && getComputedStyle(node).display !== "inline" && node.scrollWidth > node.clientWidth + 1
).map(node => node.tagName + ": " + node.innerText.slice(0, 60))"""


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The whole page, every part on it, in both languages."""
    folder = tmp_path_factory.mktemp("pages")
    rows = [*(eval_row(number) for number in range(118)), eval_row(900, question=HOSTILE + " " + "й" * 300)]
    found = {}
    for language in ("ru", "en"):
        found[language] = folder / f"{language}.html"
        full = full_material(trial(rows, wrong=[3, 4], unsure=range(10, 40)), rows, language)
        found[language].write_text(report_html(full), encoding="utf-8")
    return found


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_page_cuts_nothing_off_and_asks_nothing_of_the_network(
    browser: Any, paths: dict[str, Path], width: int, language: str
) -> None:
    asked: list[str] = []
    opened = browser.new_page(viewport={"width": width, "height": 900})
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(paths[language].as_uri())
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.evaluate(CUT_OFF) == []
    pictures = opened.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(pictures) == 6
    assert all(size > 0 for size in pictures)
    opened.close()


def test_on_a_phone_every_figure_keeps_the_name_of_its_column(browser: Any, paths: dict[str, Path]) -> None:
    opened = browser.new_page(viewport={"width": 390, "height": 900})
    opened.goto(paths["ru"].as_uri())
    shown = opened.evaluate(
        "[...document.querySelectorAll('table')[0].querySelectorAll('tbody tr:first-child td')]"
        ".map(cell => getComputedStyle(cell, '::before').content)"
    )
    assert any("После" in name for name in shown) and any("Цель" in name for name in shown)
    opened.close()


def test_the_page_prints_on_a_few_sheets_with_its_words_as_text(
    browser: Any, paths: dict[str, Path], tmp_path: Path
) -> None:
    from pypdf import PdfReader

    opened = browser.new_page()
    opened.goto(paths["ru"].as_uri())
    opened.pdf(path=tmp_path / "report.pdf", format="A4")
    opened.close()
    sheets = [sheet.extract_text() for sheet in PdfReader(tmp_path / "report.pdf").pages]
    assert "Решение" in sheets[0]
    assert all(sheet.strip() for sheet in sheets)
    assert "Регламент обновления" in " ".join(sheets)
