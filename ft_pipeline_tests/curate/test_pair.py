"""Dialogues become one question and one answer, or say why not."""

from __future__ import annotations

import pytest

from ft_pipeline.curate.pair import pair
from ft_pipeline.curate.rows import Exchange, Refused
from ft_pipeline.curate.tickets import as_tickets
from ft_pipeline.curate.verdicts import asks_for_number, holds_for_one_case, says_nothing
from ft_pipeline.task import Data
from ft_pipeline_tests.curate.tickets_by_hand import ticket

STORAGE = "На терминале груз бесплатно хранится 2 дня после прибытия."


def paired(*said: tuple[str, str], status: str = "resolved") -> Exchange | Refused:
    (only,) = as_tickets(ticket("1", *said, status=status), data=Data())
    return pair(only)


def test_the_question_is_the_first_message_with_substance_and_what_the_customer_adds() -> None:
    found = paired(
        ("customer", "Добрый день!"),
        ("bot", "Выберите тему."),
        ("customer", "оператор"),
        ("customer", "Груз уже на терминале"),
        ("customer", "Сколько его хранят бесплатно?"),
        ("agent", f"Здравствуйте! {STORAGE} Если будут вопросы, пишите."),
        ("customer", "Спасибо!"),
        ("agent", "Рады помочь!"),
    )
    assert isinstance(found, Exchange)
    assert found.question == "Груз уже на терминале. Сколько его хранят бесплатно?"
    assert found.answer == STORAGE
    assert found.turn_ids == ("3", "4", "5")


def test_bots_and_private_notes_never_answer() -> None:
    found = paired(("customer", "Сколько хранят груз?"), ("bot", STORAGE), ("note", STORAGE))
    assert isinstance(found, Refused) and found.reason == "no_answer"


def test_an_unresolved_ticket_gives_no_pair() -> None:
    found = paired(("customer", "Сколько хранят груз?"), ("agent", STORAGE), status="open")
    assert isinstance(found, Refused) and found.reason == "unresolved"


def test_the_last_answer_of_a_reopened_ticket_counts() -> None:
    found = paired(
        ("customer", "Сколько хранят груз?"),
        ("agent", "Подробности есть в разделе «Терминалы» нашего сайта."),
        ("customer", "Нашёл только про приём."),
        ("agent", STORAGE),
        status="reopened",
    )
    assert isinstance(found, Exchange) and found.answer == STORAGE


def test_an_answer_that_did_not_help_is_passed_over() -> None:
    found = paired(
        ("customer", "Сколько хранят груз?"),
        ("agent", "Подробности есть в разделе «Терминалы» нашего сайта."),
        ("customer", "Это не то, что я спрашивал"),
        ("agent", STORAGE),
    )
    assert isinstance(found, Exchange) and found.answer == STORAGE


def test_a_second_question_of_the_same_ticket_does_not_replace_the_first_answer() -> None:
    found = paired(
        ("customer", "Сколько хранят груз?"),
        ("agent", STORAGE),
        ("customer", "А до скольки работает терминал?"),
        ("agent", "Терминалы работают ежедневно, 8:00–22:00."),
    )
    assert isinstance(found, Exchange) and found.answer == STORAGE


def test_what_the_agent_asked_back_joins_the_question() -> None:
    found = paired(
        ("customer", "Сколько идёт груз?"),
        ("agent", "Подскажите, пожалуйста, куда отправляете?"),
        ("customer", "В Новосибирск"),
        ("agent", "В Сибирь груз идёт 6–9 дней, точный срок покажет калькулятор."),
    )
    assert isinstance(found, Exchange)
    assert found.question == "Сколько идёт груз? В Новосибирск"
    assert found.kind == "standard"


def test_asking_for_a_number_to_look_something_up_is_the_answer() -> None:
    asking = "Чтобы найти ваш груз, пришлите, пожалуйста, номер накладной. Специалист посмотрит, где он, и ответит."
    found = paired(
        ("customer", "Где мой груз?"),
        ("agent", asking),
        ("customer", "12345678"),
        ("agent", "Ваш груз прибыл в Казань, можно забрать сегодня."),
    )
    assert isinstance(found, Exchange)
    assert (found.kind, found.answer) == ("needs_lookup", asking)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Сообщите, пожалуйста, номер накладной вашей отправки. Специалист проверит дату и напишет её.", True),
        ("Назовите, пожалуйста, номер счёта. Специалист проверит, поступили ли деньги.", True),
        ("Пришлите номер заявки, посмотрю.", True),
        ("Какой у вас номер претензии?", True),
        ("Пришлите ИНН вашей организации и номер заявки на schet@verstovik.example. Счёт выставим за 1 час.", False),
        ("Для возврата груза отправителю пришлите заявление с номером накладной.", False),
        ("На сайте нажмите «Регистрация», введите номер телефона и код из СМС.", False),
        ("Получателю достаточно назвать код из СМС, который приходит на номер из заявки.", False),
        ("Пришлите фото и описание товара, декларант подберёт код.", False),
    ],
)
def test_asking_for_a_number_is_told_from_its_near_misses(text: str, asks: bool) -> None:
    assert asks_for_number(text) is asks


@pytest.mark.parametrize(
    ("text", "nothing"),
    [
        ("Передал ваш вопрос коллегам, ожидайте.", True),
        ("Минутку, уточню.", True),
        ("Ваше обращение принято. Мы свяжемся с вами.", True),
        ("Приносим извинения за неудобства! Уже разбираемся.", True),
        ("Рассмотрим и сообщим результат дополнительно", True),
        ("Сейчас такой возможности нет, но мы передали идею разработчикам.", False),
        ("Предоставить доступ можно только зарегистрированному пользователю.", False),
        ("Да, перевозку может оплатить получатель.", False),
        ("Напишите на kachestvo@verstovik.example: отдел проверит и ответит.", False),
        ("Мы проверим по коду товара, нужен ли сертификат. Срок оформления — от 12 дней.", False),
    ],
)
def test_an_answer_that_says_nothing_is_told_from_its_near_misses(text: str, nothing: bool) -> None:
    assert says_nothing(text) is nothing


@pytest.mark.parametrize(
    ("text", "one_case"),
    [
        ("Ваш груз прибыл в терминал, можете забрать сегодня.", True),
        ("По вашей заявке назначен водитель, он позвонит.", True),
        ("Проверили: деньги поступили.", True),
        ("Ваша претензия рассмотрена, возмещение одобрено.", True),
        ("Груз прибудет завтра к обеду.", True),
        ("Если вашу заявку отклонили, напишите на partners@rutube.ru.", False),
        ("Отметьте в заявке «оплата получателем», и мы возьмём плату с него при выдаче груза.", False),
        ("Если заявка принята до 16:00, машина приедет на следующий день.", False),
        ("Письменный ответ придёт на адрес, указанный в вашем обращении.", False),
    ],
)
def test_an_answer_for_one_case_is_told_from_its_near_misses(text: str, one_case: bool) -> None:
    assert holds_for_one_case(text) is one_case


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("Передал ваш вопрос коллегам, ожидайте.", "answer_says_nothing"),
        ("Ваш груз прибыл в терминал, можете забрать сегодня.", "answer_for_one_case"),
        ("Мы не занимаемся страхованием автомобилей, вы ошиблись компанией.", "off_topic"),
        ("О каком терминале вы спрашиваете?", "answer_asks_back"),
    ],
)
def test_an_answer_that_cannot_be_learnt_is_refused_with_its_reason(answer: str, reason: str) -> None:
    found = paired(("customer", "Сколько хранят груз на терминале?"), ("agent", answer))
    assert isinstance(found, Refused) and found.reason == reason


def test_a_promise_before_the_answer_does_not_become_part_of_it() -> None:
    found = paired(("customer", "Сколько хранят груз?"), ("agent", "Минутку, уточню у коллег."), ("agent", STORAGE))
    assert isinstance(found, Exchange) and found.answer == STORAGE
