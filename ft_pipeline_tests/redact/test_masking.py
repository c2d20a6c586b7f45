"""What redaction masks, what it leaves, and the properties that always hold."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ft_pipeline.redact
from ft_pipeline.redact import REDACTION_VERSION, RedactionError, find_residue, redact, redact_ticket

MASKED = [
    # phones
    ("Мой телефон 8 916 123-45-67", "Мой телефон [ТЕЛЕФОН]"),
    ("Звоните: +7 (916) 123-45-67!", "Звоните: [ТЕЛЕФОН]!"),
    ("позвоните мне 89161234567 срочно", "позвоните мне [ТЕЛЕФОН] срочно"),
    ("номер +79161234567, жду", "номер [ТЕЛЕФОН], жду"),
    ("тел. 9161234567", "тел. [ТЕЛЕФОН]"),
    ("наберите (916) 123-45-67", "наберите [ТЕЛЕФОН]"),
    ("телефон: 8-9-1-6-1-2-3-4-5-6-7", "телефон: [ТЕЛЕФОН]"),
    ("мой номер +375 29 123-45-67", "мой номер [ТЕЛЕФОН]"),
    ("городской тел. 223-45-67", "городской тел. [ТЕЛЕФОН]"),
    ("пишите на wa.me/79161234567", "пишите на wa.me/[ТЕЛЕФОН]"),
    # e-mail
    ("почта ivan.petrov@mail.ru, спасибо", "почта [ПОЧТА], спасибо"),
    ("пишите на Иван@почта.рф.", "пишите на [ПОЧТА]."),
    ("ivan (собака) yandex.ru", "[ПОЧТА]"),
    ("адрес ivan собака mail точка ru", "адрес [ПОЧТА]"),
    ("ivan77 @ gmail.com", "[ПОЧТА]"),
    # cards
    ("оплатил картой 4276 3800 1234 5676", "оплатил картой [КАРТА]"),
    ("2200 7001 2345 6781 не проходит", "[КАРТА] не проходит"),
    ("карта МИР 2200700123456781", "карта МИР [КАРТА]"),
    ("карта 4276380012345672 заблокирована", "карта [КАРТА] заблокирована"),
    # tax, insurance, passport, accounts
    ("ИНН 500100732259", "ИНН [ИНН]"),
    ("ИНН: 7707083893", "ИНН: [ИНН]"),
    ("ИНН 7707083894 с ошибкой", "ИНН [ИНН] с ошибкой"),
    ("вот 500100732259 без слова", "вот [ИНН] без слова"),
    ("ОГРН 1027700132195", "ОГРН [ИНН]"),
    ("ИНН/КПП 7707083893/773601001", "ИНН/КПП [ИНН]/[ИНН]"),
    ("СНИЛС 112-233-445 95", "СНИЛС [СНИЛС]"),
    ("112-233-445 95 мой", "[СНИЛС] мой"),
    ("снилс 11223344596", "снилс [СНИЛС]"),
    ("паспорт 45 08 123456", "паспорт [ПАСПОРТ]"),
    ("паспорт серия 4508 номер 123456 выдан", "паспорт серия [ПАСПОРТ] выдан"),
    ("код подразделения 770-001", "код подразделения [ПАСПОРТ]"),
    ("р/с 40817810099910004312", "р/с [СЧЁТ]"),
    # orders, contracts, shipments
    ("Где мой заказ 1234567890?", "Где мой заказ [НОМЕР]?"),
    ("заказ №12345 не пришёл", "заказ №[НОМЕР] не пришёл"),
    ("накладная 24-00123456 потерялась", "накладная [НОМЕР] потерялась"),
    ("по договору № ЛД-2024/117 вопрос", "по договору № [НОМЕР] вопрос"),
    ("трек-номер RA123456789RU", "трек-номер [НОМЕР]"),
    ("претензия номер 778899", "претензия номер [НОМЕР]"),
    ("заказы 123456, 234567 и 345678", "заказы [НОМЕР], [НОМЕР] и [НОМЕР]"),
    ("12345678 - номер заказа", "[НОМЕР] - номер заказа"),
    ("груз № 77 12345 678 ждёт", "груз № [НОМЕР] ждёт"),
    # plates and handles
    ("машина А123ВС77 на воротах", "машина [АВТО] на воротах"),
    ("госномер а123вс 777", "госномер [АВТО]"),
    ("мой ник @ivan_petrov", "мой ник [НИК]"),
    ("телеграм: ivan_petrov77", "телеграм: [НИК]"),
    ("пишите https://t.me/ivan_petrov", "пишите [НИК]"),
    # addresses
    ("доставьте на ул. Ленина, д. 5, кв. 12", "доставьте на [АДРЕС]"),
    ("г. Казань, проспект Победы 10/2, кв 3, завтра", "г. Казань, [АДРЕС], завтра"),
    ("ул ленина 5 кв 3", "[АДРЕС]"),
    ("улица ленина дом 5 квартира 3", "[АДРЕС]"),
    ("живу д. 5, кв. 12", "живу [АДРЕС]"),
    ("Адрес: Гагарина 15-23", "Адрес: [АДРЕС]"),
    ("Невский пр., 20", "[АДРЕС]"),
    # names
    ("Меня зовут Иван Петров.", "Меня зовут [ИМЯ]."),
    ("меня зовут айгуль сафиуллина", "меня зовут [ИМЯ]"),
    ("С уважением, Дмитрий", "С уважением, [ИМЯ]"),
    ("С уважением,Дмитрий", "С уважением,[ИМЯ]"),
    ("с уважением, иван", "с уважением, [ИМЯ]"),
    ("ФИО: Кузнецова Мария Сергеевна", "ФИО: [ИМЯ]"),
    ("фио иванов иван иванович", "фио [ИМЯ]"),
    ("груз на имя Тагирова Рашида", "груз на имя [ИМЯ]"),
    ("звонил иванов пётр сергеевич вчера", "звонил [ИМЯ] вчера"),
    ("получатель Петрова А. С.", "получатель [ИМЯ]"),
    ("Здравствуйте, Роман! Где груз?", "Здравствуйте, [ИМЯ]! Где груз?"),
    ("Анна, добрый день!", "[ИМЯ], добрый день!"),
    ("Сегодня мне звонил Роман Орлов из отдела", "Сегодня мне звонил [ИМЯ] из отдела"),
    ("Водитель Кожевников не приехал", "Водитель [ИМЯ] не приехал"),
    ("менеджер Вера обещала перезвонить", "менеджер [ИМЯ] обещала перезвонить"),
    ("ИВАНОВ ИВАН ИВАНОВИЧ ЖДЁТ", "[ИМЯ] ЖДЁТ"),
    ("My name is John Smith", "My name is [ИМЯ]"),
    ("это иванова светлана", "это [ИМЯ]"),
    ("С уважением, Иван Ухватов", "С уважением, [ИМЯ]"),
    ("Пишет Иван Щеглов", "Пишет [ИМЯ]"),
    ("Контактное лицо — Одинцев Ринат", "Контактное лицо — [ИМЯ]"),
    ("директор, ИП Метелицын", "директор, ИП [ИМЯ]"),
    ("ВР-1883018, посмотрите", "[НОМЕР], посмотрите"),
    ("Вот номер: 2995326", "Вот номер: [НОМЕР]"),
    ("ивану петрову позвоните", "[ИМЯ] позвоните"),
    ("Перезвоните Ольге Викторовне", "Перезвоните [ИМЯ]"),
    ("ждём ответа, Гузель Ахметова", "ждём ответа, [ИМЯ]"),
    ("ПОЛУЧАТЕЛЬ: САФИНА ГУЛЬНАРА РАШИТОВНА", "ПОЛУЧАТЕЛЬ: [ИМЯ]"),
    ("Сегодня заказал Лену Миронову", "Сегодня заказал [ИМЯ]"),
    ("Доставка по адресу Москва, Тверская 15, кв 8", "Доставка по адресу Москва, [АДРЕС]"),
    ("г. Тверь, Лиговский пр-т, д. 50, лит. А, оф. 12", "г. Тверь, [АДРЕС]"),
    ("https://a.ru/o?phone=79161234567", "https://a.ru/o?phone=[ТЕЛЕФОН]"),
    ("order 123-4567890-1234567", "order [НОМЕР]"),
]

LEFT = [
    # amounts, times, dates, percents, weights
    "Доставка стоит 1 200 ₽",
    "заказ 15000 руб. уже оплачен",
    "за груз 12345 кг возьмут 250 000 рублей",
    "Приходите с 09:30 до 18:00",
    "с 01.03.2026 по 31.12.2026",
    "01.03.2026 09:30:15 заказ создан",
    "договор от 01.03.2026 действует",
    "заказ 2025 года",
    "скидка 10,5 % и кэшбэк 3%",
    "вес 1234567 г, объём 12,345 м3",
    "у меня 1234567 просмотров и 100000 подписчиков",
    "в 100 км 12 часов пути",
    "срок 7-10 дней",
    "8 800 рублей за 10 000 штук",
    # numbers that look like something else
    "артикул 4276380012345672 есть?",
    "1234567890 в наличии",
    "2200 7001 2345 6789 не проходит",
    "код 500100732258 не подходит",
    "закон № 12345-ФЗ",
    "постановление № 112233",
    "разрешение 1920x1080, битрейт 8000",
    "ISBN 978-5-699-12014-7",
    "пароль из 16 символов",
    "площадь склада 500 кв. м",
    "версия 10.0.19045.3693",
    "https://rutube.ru/video/4276380012345678901/",
    "IP 192.168.100.200",
    # contacts that are none
    "медиа @ работа",
    "собака на складе не кусается",
    "Telegram Premium мне не нужен",
    "канал в телеграм открыт",
    # places, companies, months, product words
    "Отправьте из Москвы в Казань и Нижний Новгород",
    "Доставка в Владимир и Киров",
    "маршрут Москва — Владимир — Киров",
    "офис на улице Ленина закрыт",
    "станция метро Пушкинская",
    "В мае и Августе работаем",
    "Роман «Война и мир» лежит на складе",
    "Вера в сервис потеряна",
    "Любовь к порядку",
    "Почему не работает Рутуб на телевизоре Самсунг?",
    "Спасибо, всё пришло",
    "С уважением, команда поддержки",
    "С уважением, служба поддержки RUTUBE",
    "меня не зовут на собеседование",
    "Добрый день! Канал удалён. Почему?",
    "Яндекс Маркет и Озон не отвечают",
    "Деловые Линии возят дороже",
    "На имя руководителя отправлена претензия",
    "Имя пользователя или пароль неверны",
    "Тариф Экспресс дешевле тарифа Стандарт",
    "Россия, Беларусь и Казахстан",
    "в офис на Ленина 5 можно?",
    "Открываю ИП Сколько это стоит?",
    "ГОСТ-123456 и ISO-27001",
    "номер 5 в очереди",
    "https://company.ru/orders/123456789",
    "Артикул 12345678, размер 42, 120х80х60 см",
    "Отправил из Набережных Челнов в Йошкар-Олу через Казань",
    "Чек 0012 от 5.10.25 на сумму 999р",
    "8:00-20:00, пн-пт, +7 часовой пояс",
]


@pytest.mark.parametrize(("text", "expected"), MASKED, ids=[text[:40] for text, _ in MASKED])
def test_personal_data_is_replaced_by_its_placeholder(text: str, expected: str) -> None:
    found = redact(text).text
    assert found == expected


@pytest.mark.parametrize("text", LEFT, ids=[text[:40] for text in LEFT])
def test_a_near_miss_survives(text: str) -> None:
    assert redact(text).text == text


def test_the_companys_own_contacts_survive_in_every_format() -> None:
    own = ("rutube.ru", "8 (495) 123-45-67", "@rutube_support", "г. Москва, ул. Правды, д. 24", "boss@partner.ru")
    text = (
        "Пишите на help@rutube.ru или help@mail.rutube.ru, звоните +7 495 123 45 67 и 84951234567, @rutube_support, "
        "офис: г. Москва,  ул. Правды, д.24. Партнёр: boss@partner.ru"
    )
    assert redact(text, own_contacts=own).text == text


def test_a_contact_that_only_resembles_an_own_one_is_masked() -> None:
    own = ("rutube.ru", "8 (495) 123-45-67", "ул. Правды, д. 24")
    text = "a@notrutube.ru, b@rutube.ru.evil.com, 8 (495) 123-45-68, ул. Правды, д. 24, кв. 7"
    assert redact(text, own_contacts=own).text == "[ПОЧТА], [ПОЧТА], [ТЕЛЕФОН], [АДРЕС]"


def test_the_companys_name_is_no_person_once_it_is_named() -> None:
    text = "Есть ли у Верстовика бесплатная линия? Меня зовут Иван."
    assert redact(text, own_contacts=("Верстовик",)).text == text.replace("Иван", "[ИМЯ]")


def test_one_person_in_several_forms_has_one_placeholder_and_two_people_have_two() -> None:
    text = "Меня зовут Иван Петров. Ивану Петрову не звонили. Вчера Мария Сергеевна обещала."
    assert redact(text).text == "Меня зовут [ИМЯ_1]. [ИМЯ_1] не звонили. Вчера [ИМЯ_2] обещала."


def test_the_messages_of_one_ticket_share_their_people() -> None:
    first, second = redact_ticket(["Меня зовут Тимур. Менеджер Анна молчит.", "Тимур, добрый день!"])
    assert first.text == "Меня зовут [ИМЯ_1]. Менеджер [ИМЯ_2] молчит."
    assert second.text == "[ИМЯ_1], добрый день!"


def test_names_stay_when_they_are_not_asked_for() -> None:
    assert redact("Меня зовут Иван, 8 916 123-45-67", names=False).text == "Меня зовут Иван, [ТЕЛЕФОН]"


def test_a_new_person_beside_an_old_placeholder_gets_the_next_number() -> None:
    assert redact("[ИМЯ_1] и [ИМЯ_2]. Меня зовут Иван.").text == "[ИМЯ_1] и [ИМЯ_2]. Меня зовут [ИМЯ_3]."


@pytest.mark.parametrize("text", [text for text, _ in MASKED] + LEFT)
def test_a_redacted_text_is_left_as_it_is_and_holds_no_residue(text: str) -> None:
    once = redact(text).text
    assert redact(once).text == once
    assert find_residue(once) == []


PIECES = st.sampled_from(
    [
        *(text for text, _ in MASKED),
        *LEFT,
        *("[ИМЯ]", "[ИМЯ_2]", "[", "]", "■", "заказ ", "№", "8", " 916 ", "1234567", "@", "mail.ru", "Иван", " Петров"),
        *(" ", ", ", ". ", "\n", "ул. ", "д. ", "кв. ", "ИНН ", "\u00a0", "\u200b", "меня зовут ", "с уважением, "),
    ]
)
TEXTS = st.one_of(
    st.lists(PIECES, max_size=8).map("".join),
    st.text(alphabet="абвгИванПетров0123456789 .,-+@()[]_■№\n", max_size=80),
    st.text(max_size=60),
)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_redaction_is_idempotent_and_its_spans_rebuild_its_text(text: str) -> None:
    found = redact(text)
    rebuilt, position = "", 0
    for span in found.spans:
        assert position <= span.start < span.end <= len(text)
        assert span.placeholder.startswith(f"[{span.type}")
        rebuilt += text[position : span.start] + span.placeholder
        position = span.end
    assert rebuilt + text[position:] == found.text
    assert redact(found.text).text == found.text
    assert redact(found.text).spans == ()


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_nothing_that_the_second_detector_sees_is_left(text: str) -> None:
    assert find_residue(redact(text, names=False).text) == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "unit",
    ["а", "1", "1 ", "ул. ", "@", "a@", "a.", "Иван ", "А.", "заказ ", "№1, ", "(", "8 9", "д. 5, ", "собака ", "Ё-"],
)
def test_a_hostile_text_costs_no_more_than_seconds(unit: str) -> None:
    redact(unit * (20_000 // len(unit)))


def test_a_missing_library_stops_redaction_instead_of_letting_names_through(monkeypatch: pytest.MonkeyPatch) -> None:
    from ft_pipeline.redact import morphology, names

    monkeypatch.setitem(sys.modules, "pymorphy3", None)
    monkeypatch.setitem(sys.modules, "natasha", None)
    morphology.dictionary.cache_clear()
    morphology.read_word.cache_clear()
    names._model.cache_clear()
    try:
        with pytest.raises(RedactionError, match="pymorphy3 is not installed"):
            redact("Меня зовут Иван")
        with pytest.raises(RedactionError, match="natasha is not installed"):
            names._people("Айгуль пришла")
    finally:
        morphology.dictionary.cache_clear()
        names._model.cache_clear()


def test_the_version_names_the_rules() -> None:
    assert REDACTION_VERSION == ft_pipeline.redact.REDACTION_VERSION
    assert len(REDACTION_VERSION) == 12
    with pytest.raises(AttributeError):
        _ = ft_pipeline.redact.NO_SUCH_NAME
