"""A mail keeps what its author wrote and loses what the program quoted under it."""

from __future__ import annotations

import pytest

from ft_pipeline.ingest.quotes import reply_of_html, reply_of_text
from ft_pipeline_tests.ingest.exports import sample

INTRODUCTIONS = [
    "On Mon, Apr 2, 2012 at 6:26 PM, Megan One <xxx@gmail.com> wrote:",
    "On Mon, Apr 2, 2012 at 6:26 PM, Megan One <\nxxx@gmail.com> wrote:",
    '02.04.2012 14:20 пользователь "bob@xxx.ru" <\nbob@xxx.ru> написал:',
    "ср, 30 апр. 2025\u202fг. в 15:19, Анна <a@mail.ru>:",
    '14.05.2020, 12:30, "Анна Петрова" <a@yandex.ru>:',
    "Понедельник, 6 апреля 2020, 12:00 +03:00 от Анна <a@mail.ru>:",
    "Thu, 26 Jun 2014 14:00:51 +0400 от Alexander L <abc@example.com>:",
    "5 мая 2020 г., в 12:00, Анна <a@mail.ru> написал(а):",
    "Анна Петрова <a@mail.ru> пишет:",
    "-----Original Message-----",
    "-------- Пересылаемое сообщение --------",
    "От: Анна <a@mail.ru>\nОтправлено: 5 мая 2020 г. 12:00\nКому: help@shop.ru\nТема: Заказ",
    "From: Anna [mailto:a@mail.ru]\nSent: Tuesday, 14 May 2013 6:18 AM\nTo: help@shop.ru\nSubject: Order",
    "________________________________\nFrom: Anna <a@mail.ru>\nSent: Thursday, September 26, 2019\nTo: x",
    "##- Please type your reply above this line -##",
    "##- Введите свой ответ над этой строкой -##",
]


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
def test_what_stands_under_an_introduction_is_cut(introduction: str) -> None:
    assert reply_of_text(f"Спасибо, помогло.\nИ ещё вопрос\n\n{introduction}\n\nстарое письмо") == (
        "Спасибо, помогло.\nИ ещё вопрос"
    )


@pytest.mark.parametrize("introduction", INTRODUCTIONS[:9])
def test_quoted_lines_are_cut_even_without_a_blank_line_above(introduction: str) -> None:
    assert reply_of_text(f"Спасибо.\n{introduction}\n> старое\n> письмо") == "Спасибо."


@pytest.mark.parametrize(
    "text",
    [
        "На почту a@mail.ru 5 мая мне ответили:\nзаказ отменён. Почему?",
        "5 мая писал на a@mail.ru, ответили:\nничего",
        "Мне нужно:\n1. счёт от 05.05.2026\n2. акт",
        "В письме от 5 мая вы писали:\nвозврат три дня. Уже пять.",
        "I parse mails from: john@example.com and from: jane@example.com",
        "Тема: другая\nа тут вопрос",
        "Вот форматы дат:\n2024-01-15 14:30:25\n15.01.2024 14:30",
        "---------------\nэто моя черта",
        "Кому: мне\nвопрос про доставку",
        "вс нормально? жду ответ в 12:00:",
    ],
)
def test_the_authors_own_words_stay(text: str) -> None:
    assert reply_of_text(text) == text


def test_an_answer_below_or_between_the_quoted_lines_stays() -> None:
    below = "5 мая 2020, Анна <a@mail.ru> пишет:\n> Когда привезут?\n> И сколько стоит?\n\nЗавтра, 300 рублей."
    assert reply_of_text(below) == "Завтра, 300 рублей."
    between = "> Когда привезут?\nЗавтра.\n> Сколько стоит?\n300 рублей."
    assert reply_of_text(between) == "Завтра.\n300 рублей."


def test_a_mail_that_is_only_a_forwarded_letter_keeps_it() -> None:
    forwarded = "-------- Пересылаемое сообщение --------\nОт: a@mail.ru\n\nГде заказ?"
    assert "Где заказ?" in reply_of_text(forwarded)
    assert "Где заказ?" in reply_of_html(f"<blockquote>{forwarded}</blockquote>")


def test_quotes_of_html_mails_are_cut_by_their_marks() -> None:
    gmail = '<div>Да</div><div class="gmail_quote gmail_quote_container">05.05.2026, Анна: <p>старое</p></div>'
    outlook = '<div>Да</div><hr id="stopSpelling"><p>старое</p><div>ещё старое</div>'
    nested = '<div><p>Да</p><div id="divRplyFwdMsg">От: Анна</div></div><div>старое</div>'
    for content in (gmail, outlook, nested):
        assert reply_of_html(content) == "Да"
    assert reply_of_html("<blockquote>цитата</blockquote><p>Ответ</p>") == "Ответ"


def test_the_cost_of_hostile_text_stays_linear() -> None:
    hostile = "On " + "a " * 50_000 + "\n" + "> " * 50_000 + "\n" + ("1.1.2020 <a@b.ru" + "\n") * 5_000
    assert reply_of_text(hostile)


def test_the_real_html_replies_of_four_programs_are_cut() -> None:
    for path in sorted(sample("email_html_replies").glob("*.html")):
        words = reply_of_html(path.read_text(encoding="utf-8")).split()
        assert words == ["Hi.", "I", "am", "fine.", "Thanks,", "Alex"], path.name


def test_the_real_text_replies_lose_their_quotes_and_false_friends_stay_whole() -> None:
    folder = sample("email_reply_txt")
    whole = "email_tricky_1_on_false_positive email_tricky_3_code_block email_tricky_4_from_in_body email_with_regards"
    for name in f"{whole} email_tricky_7_multiple_dashes email_tricky_13_timestamp_variations email_emoji".split():
        text = (folder / f"{name}.txt").read_text(encoding="utf-8")
        assert reply_of_text(text).split() == text.split(), name
    cut = "email_russian email_22 email_24 email_en_multiline_2 email_gmail_split_line_from"
    for name in [*cut.split(), "email_tricky_12_no_space_after_header"]:
        reply = reply_of_text((folder / f"{name}.txt").read_text(encoding="utf-8"))
        assert reply.endswith("nec nec nibh."), name


@pytest.mark.parametrize(
    ("mail", "kept"),
    [
        ("Здравствуйте.\n\nВы писали 5 мая 2026 г., 10:15:\n\n> Номер заказа?\n\n123456\n", "Здравствуйте.\n\n123456"),
        ("Добрый день!\n5.05.2026 10:15, Анна пишет:\n> Номер?\n123\n> Город?\nМосква", "Добрый день!\n\n123\nМосква"),
        ("Да.\n5.05.2026 10:15, Анна пишет:\n> Номер?\n-- \nИван", "Да."),
        (
            "Да.\n5.05.2026 10:15, Анна пишет:\n> Длинная строка цитаты, которую программа сама перенесла на\nдругую",
            "Да.",
        ),
        ("Да.\n\nВы писали 5 мая 2026 г., 10:15:\n\nАП> Номер заказа?\n", "Да."),
        ("Да.\n\n05.05.2026, 10:15, a@mail.ru пишет:\nстарое", "Да."),
        ("Да.\n\nПятница, 5 мая 2026, 10:15 +03:00 от a@mail.ru:\n\nстарое", "Да."),
        (
            "Да.\n\n----------------\nКому: a@mail.ru;\nТема: Заказ;\n05.05.2026, 10:15, Анна <a@mail.ru>:\nстарое",
            "Да.",
        ),
        ("Да.\n-------- Исходное сообщение --------От: Анна <a@b.ru> Дата: 05.05.2026 Кому: x\nстарое", "Да."),
        ("Мне 5 мая в 10:15 ответили:\nзаказ отменён", "Мне 5 мая в 10:15 ответили:\nзаказ отменён"),
    ],
)
def test_answers_below_and_between_quoted_lines_stay_and_the_quote_goes(mail: str, kept: str) -> None:
    assert reply_of_text(mail) == kept


@pytest.mark.parametrize(
    "quote",
    [
        '<div>----------------</div><div>Кому: a@mail.ru;</div><div>Тема: Заказ;</div><div>05.05.2026, 10:15, "А" '
        "&lt;a@mail.ru&gt;:</div><blockquote>старое</blockquote>",
        '<div id="mail-editor-reference-message-container"><b>From:</b> Анна &lt;a@mail.ru&gt;<br>старое</div>',
        "<hr><span><b>From:</b> a@mail.ru<br><b>Date:</b> Friday, May 5, 2026<br><b>To:</b> x<br></span>старое",
    ],
)
def test_quotes_of_more_programs_in_html_are_cut(quote: str) -> None:
    assert reply_of_html(f"<div><div>Да.</div>{quote}</div>") == "Да."
