"""Personal data as people write it: in forms, in a hurry, in capitals; and what only looks like it.

The tables stand in `as_written/`: a line is a text, `{…}` is what has to be hidden, `\\n` a new line, `#` a heading.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ft_pipeline.redact import find_residue, redact

TABLES = Path(__file__).parent / "as_written"


def lines_of(table: str) -> list[str]:
    lines = (TABLES / table).read_text(encoding="utf-8").splitlines()
    return [line.replace("\\n", "\n") for line in lines if line and not line.startswith("#")]


HIDDEN = [line for table in ("identifiers.txt", "addresses.txt", "names.txt") for line in lines_of(table)]


@pytest.mark.parametrize("line", HIDDEN)
def test_what_is_personal_is_hidden_and_nothing_else(line: str) -> None:
    text = re.sub(r"[{}]", "", line)
    assert [text[span.start : span.end] for span in redact(text).spans] == re.findall(r"\{(.*?)\}", line, re.DOTALL)


@pytest.mark.parametrize("text", lines_of("near_misses.txt"))
def test_what_only_looks_like_it_stays_and_raises_no_alarm(text: str) -> None:
    assert redact(text).text == text
    assert find_residue(text) == []


@pytest.mark.parametrize("line", HIDDEN)
def test_what_is_hidden_once_is_hidden_for_good(line: str) -> None:
    once = redact(re.sub(r"[{}]", "", line)).text
    assert redact(once).text == once


@pytest.mark.parametrize("line", lines_of("names.txt"))
def test_unusual_spaces_and_letters_hide_no_name(line: str) -> None:
    text = re.sub(r"[{}]", "", line)
    changed = text.replace(" ", "\u00a0").replace("а", "a", 1) if text[0] != "а" else text.replace(" ", "\u202f")
    assert [(s.start, s.end) for s in redact(changed).spans] == [(s.start, s.end) for s in redact(text).spans]
