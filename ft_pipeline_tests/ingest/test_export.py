"""What all named exports share: subjects, people, times, ids that hold no name."""

from __future__ import annotations

import pytest

from ft_pipeline.ingest.export import People, Rows, Ticket, bare_subject, epoch_to_iso, pseudonym, with_subject


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("Где посылка", "Трек молчит", "Где посылка\n\nТрек молчит"),
        ("Re: Fwd: Где посылка", "Трек молчит", "Где посылка\n\nТрек молчит"),
        ("Где посылка", "Добрый день! Где посылка 5?", "Добрый день! Где посылка 5?"),
        ("ГДЕ ПОСЫЛКА", "где посылка?", "где посылка?"),
        ("Здравствуйте, подскажите, когда…", "Здравствуйте, подскажите, когда привезут?", ""),
        ("(без темы)", "Трек молчит", ""),
        ("No subject", "Трек молчит", ""),
        ("Conversation with Анна", "Трек молчит", ""),
        ("#12345", "Трек молчит", ""),
        ("Чат", "Трек молчит", ""),
        ("Чаты пропали", "Открываю, пусто", "Чаты пропали\n\nОткрываю, пусто"),
        ("Тестовый период", "Как продлить?", "Тестовый период\n\nКак продлить?"),
        ("", "Трек молчит", ""),
        ("Где посылка", "  ", "  "),
    ],
)
def test_a_subject_stands_in_front_only_where_it_says_something_new(subject: str, text: str, expected: str) -> None:
    assert with_subject(subject, text) == (expected or text)


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Re: Заказ", "Заказ"),
        ("RE[2]: Fwd: Отв: Заказ", "Заказ"),
        ("[Поддержка] Re: Заказ", "Заказ"),
        ("Рекомендация: Заказ", "Рекомендация: Заказ"),
        ("Report: Заказ", "Report: Заказ"),
        ("Ответственность: чья", "Ответственность: чья"),
    ],
)
def test_a_bare_subject(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare


@pytest.mark.parametrize(
    ("mark", "role"),
    [
        ("help@shop.ru", "agent"),
        ("Олег <HELP@shop.ru>", "agent"),
        ("a@mail.shop.ru", "agent"),
        ("noreply@shop.ru", "bot"),
        ("a@myshop.ru", ""),
        ("a@shop.ru.evil.com", ""),
        ("shop.ru@mail.com", ""),
        ("Анна   Иванова", "agent"),
        ("анна иванова", "agent"),
        ("Анна", ""),
        ("", ""),
    ],
)
def test_people_are_known_by_name_address_and_domain(mark: str, role: str) -> None:
    people = People({"shop.ru": "agent", "noreply@shop.ru": "bot", "Анна Иванова": "agent"})
    assert people.role(mark) == role


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("1772355600", "2026-03-01T09:00:00+00:00"),
        ("1772355600000", "2026-03-01T09:00:00+00:00"),
        ("2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z"),
        ("20260301", "20260301"),
        ("9999999999999999", "9999999999999999"),
        ("", ""),
    ],
)
def test_seconds_and_milliseconds_become_a_time_and_nothing_else_does(value: str, iso: str) -> None:
    assert epoch_to_iso(value) == iso


def test_a_pseudonym_is_stable_and_says_nothing() -> None:
    assert pseudonym("Anna@Mail.ru ") == pseudonym("anna@mail.ru") != pseudonym("boris@mail.ru")
    assert pseudonym("") == ""


def test_rows_come_out_in_the_order_of_their_files_whenever_they_were_taken() -> None:
    rows = Rows()
    first, second, third = rows.place("a"), rows.place("b"), rows.place("a")
    for place in (third, second, first):
        rows.keep(place, Ticket("1"), turn_id="", role="customer", text="т", created_at="")
    assert [(row.file, row.number) for row in rows.table().rows] == [("a", 1), ("a", 2), ("b", 1)]
