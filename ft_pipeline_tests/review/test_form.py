"""The HTML sheet in a real browser: filled in, left, opened again, saved, accepted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.review import check, form_html, read_form
from ft_pipeline_tests.report.test_page import CHROMIUM, FLAGS
from ft_pipeline_tests.review.test_review import make


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM or not shutil.which(CHROMIUM):
        pytest.skip("no Chromium on this machine: install the package `chromium` to test pages")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


def test_a_reviewer_without_a_spreadsheet_fills_in_leaves_returns_and_saves(browser: Any, tmp_path: Path) -> None:
    sheet, _ = make()
    (tmp_path / "sheet.html").write_text(form_html(sheet), encoding="utf-8")
    context = browser.new_context(viewport={"width": 390, "height": 800}, accept_downloads=True)
    asked: list[str] = []
    opened = context.new_page()
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto((tmp_path / "sheet.html").as_uri())
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390
    assert opened.inner_text("#left").endswith(str(len(sheet.rows)))
    opened.evaluate("document.querySelectorAll('article[data-code] input[value=верно]').forEach(dot => dot.click())")
    opened.fill("input[name=signer]", "Анна Петрова")
    opened.check("input[name=decision][value='не выпускать']")
    opened.reload()
    assert opened.input_value("input[name=signer]") == "Анна Петрова", "what was filled in survives a reload"
    assert opened.inner_text("#left").endswith(" 0")
    with opened.expect_download() as download:
        opened.click("#save")
    download.value.save_as(tmp_path / "saved.json")
    context.close()
    review = check(read_form(tmp_path / "saved.json", "ru"), sheet)
    assert (review.signer, review.decision) == ("Анна Петрова", "reject")
    assert set(review.verdicts.values()) == {"right"} and len(review.verdicts) == len(sheet.rows)
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
