"""Times as people write them."""

from __future__ import annotations

import re

import pytest

from ft_pipeline.ingest.encoding import LADDER, decode
from ft_pipeline.ingest.fields import show_value
from ft_pipeline.ingest.times import slashes_told, to_utc


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-03-01", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01T09:30:00Z", "2026-03-01T09:30:00+00:00"),
        ("2026-03-01 09:30:15.250", "2026-03-01T09:30:15+00:00"),
        ("2026-03-01T09:30:00+03:00", "2026-03-01T06:30:00+00:00"),
        ("2026-03-01 09:30:00 +0300", "2026-03-01T06:30:00+00:00"),
        ("2026-03-01 09:30:00 UTC", "2026-03-01T09:30:00+00:00"),
        ("01.03.2026", "2026-03-01T00:00:00+00:00"),
        ("1.3.2026 9:05", "2026-03-01T09:05:00+00:00"),
        ("01.03.26, 09:30:59", "2026-03-01T09:30:59+00:00"),
        ("01-03-2026 09:30", "2026-03-01T09:30:00+00:00"),
        ("1 марта 2026 г., 09:30", "2026-03-01T09:30:00+00:00"),
        ("1 марта 2026 года в 09:30", "2026-03-01T09:30:00+00:00"),
        ("2026/03/01 09:30", "2026-03-01T09:30:00+00:00"),
        ("2026-03-01 9:30", "2026-03-01T09:30:00+00:00"),
        ("01.03.2026 09:30:00 +03:00", "2026-03-01T06:30:00+00:00"),
        ("01.03.2026 09:30 МСК", "2026-03-01T06:30:00+00:00"),
        ("1 мар 2026", "2026-03-01T00:00:00+00:00"),
        ("воскресенье, 1 марта 2026 09:30", "2026-03-01T09:30:00+00:00"),
        ("Mar 1, 2026 9:30 PM", "2026-03-01T21:30:00+00:00"),
        ("1 March 2026 12:05 am", "2026-03-01T00:05:00+00:00"),
        ("Sun, 01 Mar 2026 09:30:00 +0300", "2026-03-01T06:30:00+00:00"),
        ("1772357400", "2026-03-01T09:30:00+00:00"),
        ("1772357400000", "2026-03-01T09:30:00+00:00"),
        (" ", ""),
    ],
)
def test_a_time_becomes_iso_in_utc(written: str, utc: str) -> None:
    assert to_utc(written) == utc


@pytest.mark.parametrize(
    "written",
    [
        "вчера",
        "20260301",
        "03/01/2026",
        "31.02.2026",
        "2026-13-01",
        "01.03.1026",
        "12:30",
        "2026-03-01x",
        "1 мартобря 2026",
        "1 may be 2026",
        "123456789",
        "45717.5",
        "25:00 01.03.2026",
        "01.03.2026 09:30 +99:00",
    ],
)
def test_what_is_no_time_for_certain_is_refused(written: str) -> None:
    assert to_utc(written) is None


@pytest.mark.parametrize(
    ("column", "read"),
    [
        (["03/25/2026", "3/1/2026 9:30 AM", ""], ["2026-03-25", "2026-03-01 9:30 AM", ""]),
        (["25/03/2026", "1/3/26 09:30"], ["2026-03-25", "2026-03-01 09:30"]),
        (["03/01/2026", "04/01/2026"], ["03/01/2026", "04/01/2026"]),
        (["25/03/2026", "03/25/2026"], ["25/03/2026", "03/25/2026"]),
        (["2026-03-01"], ["2026-03-01"]),
    ],
)
def test_slashed_dates_are_read_only_where_the_column_tells_day_from_month(column: list[str], read: list[str]) -> None:
    assert list(slashes_told(column)) == read


def test_a_value_with_letters_is_shown_by_its_length_only() -> None:
    assert show_value("31.02.2026") == "'31.02.2026'"
    assert show_value("Иван 8") == "6 characters with letters"


SENTENCES = [
    "Здравствуйте, где мой заказ?",
    "ПОЧЕМУ НЕ РАБОТАЕТ ЛИЧНЫЙ КАБИНЕТ",
    'Ёлка, подъезд, объём; щётка — "съёмка"'.replace("—", "-"),
    "Сколько стоит доставка груза 100 kg в Казань?",
]


@pytest.mark.parametrize("encoding", LADDER[:3])
@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_single_sentence_tells_its_encoding(sentence: str, encoding: str) -> None:
    decoded = decode(sentence.encode(encoding))
    assert decoded.text == sentence


@pytest.mark.parametrize(
    "text",
    ["Grüße aus Köln, schöne Straße, für Äpfel und Öl über alles", "naïve café, déjà vu, très élégant, à bientôt"],
)
def test_western_text_is_not_taken_for_russian(text: str) -> None:
    assert re.search("[А-Яа-я]", decode(text.encode("latin-1")).text or "") is None


def test_utf8_with_one_damaged_byte_is_not_patched() -> None:
    decoded = decode("Привет, как дела? Всё хорошо".encode()[:-1] + b"\xff")
    assert decoded.text is None or "\ufffd" not in decoded.text
