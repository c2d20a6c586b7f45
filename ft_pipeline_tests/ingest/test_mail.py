"""Mailboxes and mails: threads, roles, charsets, quoted replies, automatic mails."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.ingest import IngestError
from ft_pipeline_tests.ingest.exports import read, read_files, reasons, said, sample

ROLES = {"shop.ru": "agent", "noreply@shop.ru": "bot"}
CUSTOMER, AGENT = "Анна <anna@mail.ru>", "Поддержка <help@shop.ru>"


def mail(number: int, sender: str, text: str, *, to: str = "", subject: str = "Заказ", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to or (AGENT if "shop.ru" not in sender else CUSTOMER)
    message["Subject"] = subject
    message["Date"] = f"Sun, 01 Mar 2026 12:{number:02}:00 +0300"
    message["Message-ID"] = f"<m{number}@x>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def mbox(*mails: bytes) -> bytes:
    return b"".join(b"From x@y Sun Mar  1 12:00:00 2026\n" + content + b"\n\n" for content in mails)


def roles_of(folder: Path, *mails: bytes, **more: Any) -> list[str]:
    result = read_files(folder, {"box.mbox": mbox(*mails)}, "mbox", roles=more.get("roles", ROLES))
    return [turn.role for turn in result.turns]


def test_a_mailbox_becomes_threads_with_the_companys_domain_as_agent(tmp_path: Path) -> None:
    box = mbox(
        mail(1, CUSTOMER, "Где заказ?", subject="Не пришло"),
        mail(2, AGENT, "В пути.\n\n> Где заказ?\n", subject="Re: Не пришло", In_Reply_To="<m1@x>"),
        mail(3, "boris@mail.ru", "Другой вопрос", subject="Другое"),
    )
    result = read_files(tmp_path, {"box.mbox": box}, "mbox", roles=ROLES)
    assert [(role, text) for _, role, text in said(result)] == [
        ("customer", "Не пришло\n\nГде заказ?"),
        ("agent", "В пути."),
        ("customer", "Другое\n\nДругой вопрос"),
    ]
    first, second, third = result.turns
    assert first.ticket_id == second.ticket_id != third.ticket_id
    assert first.created_at == "2026-03-01T09:01:00+00:00"
    assert "anna" not in f"{first.ticket_id} {first.turn_id} {first.customer_id}"


@pytest.mark.parametrize(
    ("headers", "is_same"),
    [
        ({"In_Reply_To": "<m1@x>"}, True),
        ({"References": "<m1@x> <lost@x>"}, True),
        ({"subject": "Re: Заказ"}, True),
        ({"subject": "Ответ: RE: Заказ"}, True),
        ({"subject": "Заказ"}, False),  # the same words are not a reply
        ({"subject": "Re: Другой заказ"}, False),
        ({"subject": "Re: Заказ", "sender": "boris@mail.ru"}, False),  # another customer
    ],
)
def test_which_mails_belong_together(tmp_path: Path, headers: dict[str, str], is_same: bool) -> None:
    sender = headers.pop("sender", CUSTOMER)
    box = mbox(mail(1, CUSTOMER, "вопрос"), mail(2, sender, "ещё", **headers))
    result = read_files(tmp_path, {"box.mbox": box}, "mbox", roles=ROLES)
    assert (len({turn.ticket_id for turn in result.turns}) == 1) is is_same


def test_the_answers_to_a_newsletter_are_one_ticket_per_customer(tmp_path: Path) -> None:
    box = mbox(
        mail(1, AGENT, "Распродажа", to="all@mail.ru"),
        mail(2, CUSTOMER, "вопрос Анны", In_Reply_To="<m1@x>"),
        mail(3, "boris@mail.ru", "вопрос Бориса", In_Reply_To="<m1@x>"),
        mail(4, AGENT, "ответ Борису", to="boris@mail.ru", In_Reply_To="<m3@x>"),
    )
    result = read_files(tmp_path, {"box.mbox": box}, "mbox", roles=ROLES)
    ticket = {turn.text: turn.ticket_id for turn in result.turns}
    assert ticket["ответ Борису"] in {value for text, value in ticket.items() if "вопрос Бориса" in text}
    assert len(set(ticket.values())) == 3


@pytest.mark.parametrize(
    ("content", "role"),
    [
        (mail(1, AGENT, "Ответ"), "agent"),
        (mail(1, AGENT, "Смотри", to="oleg@shop.ru"), "note"),  # colleagues among themselves
        (mail(1, AGENT, "Ответ", to="oleg@shop.ru, anna@mail.ru"), "agent"),
        (mail(1, "help@support.shop.ru", "Ответ"), "agent"),  # a subdomain
        (mail(1, "help@notshop.ru", "Вопрос"), "customer"),
        (mail(1, "anna@shop.ru.example.com", "Вопрос"), "customer"),
        (mail(1, "noreply@shop.ru", "Заказ принят", to=CUSTOMER), "bot"),
        (mail(1, AGENT, "Мы в отпуске", Auto_Submitted="auto-replied"), "bot"),
        (mail(1, AGENT, "Ответ", Auto_Submitted="no"), "agent"),
        (mail(1, CUSTOMER, "Я в отпуске", subject="Автоответ: Заказ"), "bot"),
        (mail(1, "noreply@shop.ru", "Форма: вопрос", to=AGENT, Reply_To=CUSTOMER), "customer"),
    ],
)
def test_whose_a_mail_is(tmp_path: Path, content: bytes, role: str) -> None:
    assert roles_of(tmp_path, content) == [role]


def test_without_the_companys_domain_the_source_is_refused_with_the_domains_found(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"mail\.ru \(1\).*roles: \{company\.ru: agent\}"):
        read_files(tmp_path, {"box.mbox": mbox(mail(1, CUSTOMER, "вопрос"))}, "mbox")


def test_a_group_address_of_the_company_is_a_list_too_and_its_mails_are_read(tmp_path: Path) -> None:
    headers = {"List_ID": "<support.shop.ru>", "Precedence": "list", "List_Unsubscribe": "<mailto:x>"}
    assert roles_of(tmp_path, mail(1, CUSTOMER, "вопрос", **headers)) == ["customer"]


def raw(headers: bytes, body: bytes) -> bytes:
    start = b"From: anna@mail.ru\nTo: help@shop.ru\nDate: Sun, 01 Mar 2026 12:00:00 +0300\n"
    return start + headers + b"\n" + body


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (b"Content-Type: text/plain; charset=windows-1251\n", "Где мой заказ, он оплачен".encode("cp1251")),
        (b"Content-Type: text/plain; charset=koi8-r\n", "Где мой заказ, он оплачен".encode("koi8-r")),
        (b"Content-Type: text/plain; charset=iso-8859-1\n", "Где мой заказ, он оплачен".encode("cp1251")),  # it lies
        (b"Content-Type: text/plain; charset=us-ascii\n", "Где мой заказ, он оплачен".encode()),
        (b"Content-Type: text/plain; charset=klingon\n", "Где мой заказ, он оплачен".encode()),
        (b"", "Где мой заказ, он оплачен".encode("koi8-r")),
        (
            b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n",
            b"0JPQtNC1INC80L7QuSDQt9Cw0LrQsNC3LCDQvtC9INC+0L/Qu9Cw0YfQtdC9",
        ),
        (
            b"Content-Type: text/plain; charset=windows-1251\nContent-Transfer-Encoding: quoted-printable\n",
            b"=C3=E4=E5 =EC=EE=E9 =E7=E0=EA=E0=E7, =EE=ED =EE=EF=EB=E0=F7=E5=ED",
        ),
        (
            b"Content-Type: text/html; charset=utf-8\n",
            "<html><style>p{}</style><p>Где мой заказ,&nbsp;он <b>оплачен</b></p></html>".encode(),
        ),
    ],
)
def test_bodies_in_the_charsets_that_mails_really_have(tmp_path: Path, headers: bytes, body: bytes) -> None:
    result = read_files(tmp_path, {"a.eml": raw(headers, body)}, "eml", roles=ROLES)
    assert " ".join(result.turns[0].text.split()) == "Где мой заказ, он оплачен"


@pytest.mark.parametrize(
    "subject",
    [
        b"=?utf-8?B?0JLQvtC30LLRgNCw0YIg0LTQtdC90LXQsw==?=",
        b"=?windows-1251?Q?=C2=EE=E7=E2=F0=E0=F2_=E4=E5=ED=E5=E3?=",
        b"=?koi8-r?B?98/a19LBxcIg?==?koi8-r?B?xMXOxcc=?=".replace(b"98/a19LBxcIg", b"98/a19LB1CA="),
        "Возврат денег".encode(),
        "Возврат денег".encode("cp1251"),
    ],
)
def test_subjects_as_programs_write_them(tmp_path: Path, subject: bytes) -> None:
    content = raw(b"Subject: " + subject + b"\n", "Прошу вернуть.".encode())
    result = read_files(tmp_path, {"a.eml": content}, "eml", roles=ROLES)
    assert result.turns[0].text == "Возврат денег\n\nПрошу вернуть."


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "outlook_msg"),
        (b"just a text\n", "not_a_mail"),
        (raw(b"Content-Type: multipart/report; boundary=b\n", b"--b\n\nfailed\n--b--\n"), "delivery_report"),
        (raw(b"", b"Undelivered").replace(b"anna@mail.ru", b"MAILER-DAEMON@mail.ru"), "delivery_report"),
        (raw(b"Content-Type: multipart/encrypted; boundary=b\n", b"--b\n\nx\n--b--\n"), "encrypted"),
        (raw(b"List-Id: News <news.example.com>\n", "Новости".encode()), "mailing_list"),
        (raw(b"List-Unsubscribe: <x>\nPrecedence: list\n", "Новости".encode()), "mailing_list"),
        (raw(b"Content-Type: image/png\nContent-Transfer-Encoding: base64\n", b"iVBORw0KGgo="), "no_text"),
        (raw(b"Content-Type: text/plain; charset=utf-16\n", b"\x98\x98\x81"), "unreadable_encoding"),
        (raw(b"Content-Type: text/html\n", b"<div>" * 400 + b"x"), "nested_too_deep"),
    ],
)
def test_a_mail_that_is_no_message_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reasons(read_files(tmp_path, {"a.eml": content}, "eml", roles=ROLES)) == {reason: 1}


def test_a_line_that_begins_with_from_inside_a_mail_splits_nothing(tmp_path: Path) -> None:
    text = "Дословно:\n\nFrom Monday on it is broken\n\n>From 10:00 Anna\nконец"
    box = mbox(mail(1, CUSTOMER, "x").replace(b"\nx\n", b"\n" + text.encode() + b"\n"))
    result = read_files(tmp_path, {"box.mbox": box}, "mbox", roles=ROLES)
    assert result.rows_in == {"s": 1}
    assert "From 10:00 Anna\nконец" in result.turns[0].text


def test_what_is_no_mailbox_is_named_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    files = {"a.mbox": "просто текст", "b.mbox": mbox(mail(1, CUSTOMER, "вопрос")).replace(b"\n", b"\r\n")}
    result = read_files(tmp_path, files, "mbox", roles=ROLES)
    assert reasons(result) == {"not_an_mbox": 1}
    assert [turn.role for turn in result.turns] == ["customer"]


def test_the_same_mail_from_two_folders_is_one_message(tmp_path: Path) -> None:
    content = mbox(mail(1, CUSTOMER, "вопрос"))
    result = read_files(tmp_path, {"inbox.mbox": content, "all.mbox": content}, "mbox", roles=ROLES)
    assert reasons(result) == {"duplicate_turn": 1}


def test_attachments_and_attached_mails_are_not_the_authors_words(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["To"] = CUSTOMER, AGENT
    message["Date"] = "Sun, 01 Mar 2026 12:00:00 +0300"
    message.set_content("Смотрите вложение")
    message.add_alternative("<p>Смотрите <b>вложение</b></p>", subtype="html")
    message.add_attachment("секрет из файла", filename="a.txt")
    inner = EmailMessage()
    inner["From"] = AGENT
    inner.set_content("старое письмо")
    message.add_attachment(inner)
    result = read_files(tmp_path, {"a.eml": message.as_bytes()}, "eml", roles=ROLES)
    assert [turn.text for turn in result.turns] == ["Смотрите вложение"]


def test_the_real_mails_of_six_programs_are_cut_to_what_was_answered() -> None:
    result = read(sample("email_eml") / "*.eml", "eml", roles={"example.com": "agent"})
    assert [turn.text for turn in result.turns] == ["Hello"] * 5
    assert reasons(result) == {"missing_created_at": 1}  # one sample has no Date at all


def one_mail(tmp_path: Path, body: bytes, **headers: str) -> str:
    lines = {"From": "a@mail.ru", "To": "help@shop.ru", "Date": "Sun, 01 Mar 2026 12:00:00 +0300"} | headers
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items()).encode()
    (turn,) = read_files(tmp_path, {"m.eml": head + b"\r\n" + body}, "eml", roles=ROLES).turns
    return turn.text


def test_text_files_and_pictures_in_a_mail_are_not_what_its_author_wrote(tmp_path: Path) -> None:
    body = (
        "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nСмотрите файл [cid:logo]\r\n"
        "--b\r\nContent-Type: text/plain; name=log.txt\r\nContent-Disposition: inline\r\n\r\nCOUNT=1\r\n--b--"
    )
    assert one_mail(tmp_path, body.encode(), Content_Type="multipart/mixed; boundary=b") == "Смотрите файл"


def test_a_plain_part_that_only_asks_for_an_html_reader_is_passed_over(tmp_path: Path) -> None:
    body = (
        "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nВаша программа не поддерживает HTML.\r\n"
        "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Почему списали дважды?</p>\r\n--b--"
    )
    assert (
        one_mail(tmp_path, body.encode(), Content_Type="multipart/alternative; boundary=b") == "Почему списали дважды?"
    )


def test_lines_that_the_program_wrapped_are_whole_again(tmp_path: Path) -> None:
    body = "Строка, которую \r\nразбили.\r\nНовая.\r\n-- \r\nИван".encode()
    kind = "text/plain; charset=utf-8; format=flowed"
    assert one_mail(tmp_path, body, Content_Type=kind) == "Строка, которую разбили.\nНовая.\n--\nИван"


def test_a_byte_order_mark_in_front_of_the_headers_costs_nothing(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + mail(1, CUSTOMER, "вопрос")
    assert [role for _, role, _ in said(read_files(tmp_path, {"m.eml": data}, "eml", roles=ROLES))] == ["customer"]


def test_an_outsider_who_is_called_support_is_no_agent(tmp_path: Path) -> None:
    mails = (mail(1, "Support <help@partner.com>", "наш счёт"), mail(2, "Поддержка <a@other.ru>", "вопрос"))
    assert roles_of(tmp_path, *mails) == ["customer", "customer"]


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        (
            {"Content_Type": "text/plain; charset=x-mac-cyrillic"},
            "Где мой заказ".encode("mac-cyrillic"),
            "Где мой заказ",
        ),
        ({"Date": "Вс, 1 марта 2026 12:00:00 +0300"}, "вопрос".encode(), "вопрос"),
        ({}, b"<html><body><p>\xd0\xb4\xd0\xb0</p></body></html>", "да"),
    ],
)
def test_odd_charsets_dates_and_types_are_read(tmp_path: Path, headers: dict[str, str], body: bytes, text: str) -> None:
    assert one_mail(tmp_path, body, **headers) == text


def test_a_ticket_number_that_the_help_desk_put_into_the_subject_does_not_part_the_thread(tmp_path: Path) -> None:
    box = mbox(
        mail(1, CUSTOMER, "вопрос", subject="Не пришло"),
        mail(2, AGENT, "ответ", subject="Re: [#12345] Не пришло"),
        mail(3, CUSTOMER, "спасибо", subject="RE: FW: [#12345] Не пришло"),
    )
    assert len({turn.ticket_id for turn in read_files(tmp_path, {"b.mbox": box}, "mbox", roles=ROLES).turns}) == 1
