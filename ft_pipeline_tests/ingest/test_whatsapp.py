"""WhatsApp exports: lines of Android and iOS, Russian and English, order of day and month, what is no message."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from ft_pipeline_tests.ingest.exports import read, read_files, reasons, said, sample

NAME = "WhatsApp Chat with Анна.txt"


@pytest.mark.parametrize(
    ("line", "created_at"),
    [
        ("31.12.2025, 22:01 - Анна: вопрос", "2025-12-31T22:01:00"),
        ("31.12.25, 22:01 - Анна: вопрос", "2025-12-31T22:01:00"),
        ("12/31/25, 10:01 PM - Анна: вопрос", "2025-12-31T22:01:00"),
        ("12/31/25, 10:01\u202fPM - Анна: вопрос", "2025-12-31T22:01:00"),
        ("31/12/2025, 10:01 p. m. - Анна: вопрос", "2025-12-31T22:01:00"),
        ("31/12/2025, 12:01 a. m. - Анна: вопрос", "2025-12-31T00:01:00"),
        ("[31.12.2025, 22:01:15] Анна: вопрос", "2025-12-31T22:01:15"),
        ("\u200e[31.12.25, 22:01:15] Анна: вопрос", "2025-12-31T22:01:15"),
        ("[31/12/25 22:01] Анна: вопрос", "2025-12-31T22:01:00"),
        ("2025-12-31, 22:01 - Анна: вопрос", "2025-12-31T22:01:00"),
        ("31-12-2025, 22.01 - Анна: вопрос", "2025-12-31T22:01:00"),
    ],
)
def test_a_line_as_phones_write_it(tmp_path: Path, line: str, created_at: str) -> None:
    turn = read_files(tmp_path, {NAME: line}, "whatsapp").turns[0]
    assert (turn.role, turn.text, turn.created_at) == ("customer", "вопрос", f"{created_at}+00:00")


def test_the_contact_in_the_file_name_is_the_customer_and_lines_without_a_date_go_on(tmp_path: Path) -> None:
    chat = (
        "01.03.2026, 09:00 - Сообщения и звонки защищены сквозным шифрованием.\n"
        "01.03.2026, 09:01 - Анна: Здравствуйте\nгде мой заказ: 12345?\n\nжду\n"
        "01.03.2026, 09:05 - Магазин: В пути\n"
    )
    result = read_files(tmp_path, {"Чат WhatsApp с контактом Анна.txt": chat}, "whatsapp")
    assert [(role, text) for _, role, text in said(result)] == [
        ("customer", "Здравствуйте\nгде мой заказ: 12345?\n\nжду"),
        ("agent", "В пути"),
    ]
    assert reasons(result) == {"system_line": 1}
    ticket = result.turns[0].ticket_id
    assert ticket.startswith("wa-")
    assert "Анна" not in ticket + result.turns[0].customer_id


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("Анна: <Без медиафайлов>", "media_without_text"),
        ("Анна: <Media omitted>", "media_without_text"),
        ("Анна: image omitted", "media_without_text"),
        ("Анна: \u200eизображение отсутствует", "media_without_text"),
        ("Анна: IMG-20260301-WA0001.jpg (файл добавлен)", "media_without_text"),
        ("Анна: Данное сообщение удалено", "deleted_message"),
        ("Анна: This message was deleted.", "deleted_message"),
        ("Анна: Missed voice call", "system_line"),
        ("Анна добавила +7 900 000-00-00", "system_line"),
        ("+12 345 578 created group «Заказы: опт»", "system_line"),
        ("Олег изменил тему с «а» на «б: в»", "system_line"),
        # near misses: words of a customer
        ("Анна: у меня пишет media omitted, что делать?", ""),
        ("Анна: Missed voice call from you yesterday, why?", ""),
        ("Анна: Данное сообщение удалено из приложения, верните", ""),
        ("Анна: мой друг вышел: из группы", ""),
        ("Анна:", "no_text"),
    ],
)
def test_what_is_a_message_and_what_is_not(tmp_path: Path, body: str, reason: str) -> None:
    result = read_files(tmp_path, {NAME: f"01.03.2026, 09:00 - {body}\n"}, "whatsapp")
    assert reasons(result) == ({reason: 1} if reason else {})


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (["01/02/2026", "13/02/2026"], "2026-02-01"),  # a 13th month does not exist
        (["01/02/2026", "01/13/2026"], "2026-01-02"),
        (["03/01/2026", "04/01/2026", "02/02/2026"], "2026-01-03"),  # month first would go back in time
        (["01/30/2026", "02/02/2026"], "2026-01-30"),
        (["05/06/2026"], "2026-06-05"),  # nothing tells: day first
    ],
)
def test_the_order_of_day_and_month_is_told_by_the_whole_file(tmp_path: Path, dates: list[str], first: str) -> None:
    chat = "\n".join(f"{date}, 09:00 - Анна: вопрос {number}" for number, date in enumerate(dates))
    result = read_files(tmp_path, {NAME: chat}, "whatsapp")
    assert min(turn.created_at for turn in result.turns)[:10] == first


def test_names_in_roles_win_and_without_anything_nobody_is_guessed(tmp_path: Path) -> None:
    chat = "01.03.2026, 09:00 - Анна: вопрос\n01.03.2026, 09:01 - Олег: ответ\n"
    unknown = read_files(tmp_path, {"chat.txt": chat}, "whatsapp")
    assert reasons(unknown) == {"unknown_role": 2}
    assert not any("Анна" in row.detail for row in unknown.rejected)
    named = read_files(tmp_path, {"chat.txt": chat}, "whatsapp", roles={"Олег": "agent"})
    assert [role for _, role, _ in said(named)] == ["customer", "agent"]


def test_an_edited_mark_is_cut_and_a_file_without_messages_is_one_row(tmp_path: Path) -> None:
    chat = "01.03.2026, 09:00 - Анна: вопрос <Сообщение изменено>\n"
    result = read_files(tmp_path, {NAME: chat, "other.txt": "просто текст\nбез дат\n", "empty.txt": ""}, "whatsapp")
    assert [text for _, _, text in said(result)] == ["вопрос"]
    assert reasons(result) == {"not_a_chat_line": 1, "empty_file": 1}


def test_the_real_samples_agree_on_the_same_chat_in_three_styles() -> None:
    folder = sample("whatsapp_txt")
    result = read(folder / "*.txt", "whatsapp", roles={"John Doe": "agent"})
    chats: dict[str, list[tuple[str, str]]] = {}
    for turn in result.turns:
        chats.setdefault(turn.ticket_id[:15], []).append((turn.created_at, turn.text))
    assert len(chats) == 3
    assert len({tuple(messages) for messages in chats.values()}) == 1
    assert reasons(result) == {"system_line": 6}


@pytest.mark.parametrize(
    ("body", "text", "reason"),
    [
        ("\u200eизображение отсутствует", "", "media_without_text"),
        ("\u200eкружок отсутствует", "", "media_without_text"),
        ("счёт.pdf • \u200e3 страницы \u200eдокумент отсутствует", "", "media_without_text"),
        ("Вот чек \u200e<прикреплено: 00000012-PHOTO.jpg>", "Вот чек", ""),
        ("IMG-20260301-WA0001.jpg (файл добавлен)\nВот чек", "Вот чек", ""),
        ("IMG-20260301-WA0001.jpg (файл добавлен)", "", "media_without_text"),
        ("<Medien ausgeschlossen>", "", "media_without_text"),
        ("<Multimedia omitido>", "", "media_without_text"),
        ("Однократный просмотр фото", "", "media_without_text"),
        ("\u200eВы удалили данное сообщение.", "", "deleted_message"),
        ("Diese Nachricht wurde gelöscht.", "", "deleted_message"),
        ("Пропущенный аудиозвонок. \u200eНажмите, чтобы перезвонить", "", "system_line"),
        ("\u200eАудиозвонок. \u200e2 мин.", "", "system_line"),
        ("Voice call, 2 min", "", "system_line"),
        ("\u200eBeliebige Zeile des Programms", "", "system_line"),
        ("Спасибо! \u200e<Сообщение изменено>", "Спасибо!", ""),
        ("видеозвонок не работает, что делать?", "видеозвонок не работает, что делать?", ""),
        ("фото чека отправлю завтра", "фото чека отправлю завтра", ""),
        ("сообщение удалено не мной, верните", "сообщение удалено не мной, верните", ""),
        ("цена <100 ₽> верна?", "цена <100 ₽> верна?", ""),
    ],
)
def test_what_the_program_wrote_is_told_from_what_the_sender_typed(
    tmp_path: Path, body: str, text: str, reason: str
) -> None:
    result = read_files(tmp_path, {NAME: f"[01.03.2026, 09:00:00] Анна: {body}"}, "whatsapp")
    assert ([turn.text for turn in result.turns], reasons(result)) == (([text], {}) if text else ([], {reason: 1}))


def test_a_contact_that_nobody_saved_and_letters_in_two_pieces_are_still_the_same_person(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "WhatsApp Chat with Андрей.txt")
    chat = "[01.03.2026, 09:00:00] Андрей: вопрос\n[01.03.2026, 09:01:00] ~\u202fМагазин: ответ\n"
    assert [role for _, role, _ in said(read_files(tmp_path, {decomposed: chat}, "whatsapp"))] == ["customer", "agent"]
    named = read_files(tmp_path / "b", {"chat.txt": chat}, "whatsapp", roles={"Магазин": "agent"})
    assert [role for _, role, _ in said(named)] == ["customer", "agent"]


@pytest.mark.parametrize(
    ("line", "created_at"),
    [
        ("3/5/24, 2:22\u202fPM - Анна: вопрос", "2024-03-05T14:22:00"),
        ("05/03/2024, 2:22 pm - Анна: вопрос", "2024-03-05T14:22:00"),
        ("05.03.2024, 2:22 ПП - Анна: вопрос", "2024-03-05T14:22:00"),
        ("5.3.2024 klo 14.22 - Анна: вопрос", "2024-03-05T14:22:00"),
    ],
)
def test_a_date_that_could_be_either_is_read_as_its_country_writes_it(
    tmp_path: Path, line: str, created_at: str
) -> None:
    assert read_files(tmp_path, {NAME: line}, "whatsapp").turns[0].created_at == f"{created_at}+00:00"
