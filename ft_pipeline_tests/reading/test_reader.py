"""Reading: what the customer meant is found where it can be known, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from ft_pipeline.preparation import prepare_question
from ft_pipeline.reading import (
    LexiconError,
    Reader,
    count_words,
    open_reader,
    read_keyboard,
    read_lexicon,
    write_lexicon,
)

TEXTS = [
    "Сколько стоит обрешётка на один куб? Груз страхуем, страховка по тарифу.",
    "Как получить декларацию соответствия на груз и сколько стоит страховка?",
    "Нужна машина с гидробортом, груз на складе, обрешётка не нужна, страховка нужна.",
    "Декларация нужна? Обрешётка нужна? Уведомления о доставке не приходят, груз на складе.",
    "Уведомление пришло, претензию отправили, деньги за груз не вернули, декларация есть.",
    "Уведомления включены, претензию приняли, деньги вернули.",
    "Уведомления нужны, претензию рассмотрели, деньги пришли, гидроборт был.",
]
WORDS = count_words([*TEXTS, *["Маркетплейс просит гидроборт и уведомления"] * 10])


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(WORDS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("скока стоит страхофка груза", "сколько стоит страховка груза"),
        ("абрешотка дорогая?", "обрешетка дорогая?"),
        ("Деклорация саответствия нужна", "Декларация соответствия нужна"),
        ("ни приходят увидомленя", "ни приходят уведомления"),
        ("деньги ни вирнули", "деньги ни вернули"),
        ("сочинил притензию", "сочинил претензию"),
        ("НУЖЕН ГИДРАБОРТ СКОКА СТОИТ", "Нужен гидроборт сколько стоит"),
        ("савсем нет машины", "совсем нет машины"),
        ("адрес нельзя менятсья", "адрес нельзя меняться"),
    ],
)
def test_a_misspelt_word_is_read_as_the_company_writes_it(reader: Reader, typed: str, meant: str) -> None:
    assert reader.read(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "Сколько стоит доставка в Астану?",
        "Маркетплейса два, гидроборта нет, гидробортами не пользуемся",  # cases of words that no dictionary has
        "Меня зовут [ИМЯ], договор [НОМЕР], почта [ПОЧТА_2]",
        "Груз 4471-2093 и код АБ12ВГ лежат на складе",
        "Письмо на страхофка@verstovik.example и сайт https://страхофка.example/да",
        "Работаете через Диадок и Сбермаркет?",  # names in the middle of a sentence
        "Пришлите счёт и УПД для ООО",
        "How much does delivery to Moscow cost? I want to pay by card at the terminal.",
        "Do you ship to Kazakhstan and what documents are needed",
        "payment failed please help me",
        "API key for the webhook returns error 401",
        "",
    ],
)
def test_what_is_no_slip_is_left_alone(reader: Reader, text: str) -> None:
    assert reader.read(text) == text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("crjkmrj cnjbn cnhf[jdrf", "сколько стоит страховка"),
        ("Rfr gjkexbnm ltrkfhfwb.", "Как получить декларацию"),
        ("gde moya strahovka gruza", "где моя страховка груза"),
        ("Kogda privezut moy gruz 4415-7702", "Когда привезут мой груз 4415-7702"),
        ("gde moy gruz, pishite na anna@firma.example", "где мой груз, пишите на anna@firma.example"),
    ],
)
def test_russian_in_latin_letters_is_read_as_russian(typed: str, meant: str) -> None:
    assert read_keyboard(typed) == meant


def test_a_name_typed_with_the_wrong_layout_is_masked_all_the_same() -> None:
    prepared = prepare_question("vtyz pjden Fyyf Jhkjdf? ult vjq uhep 4471-2093", ())
    assert "Орлов" not in prepared and "Jhkjd" not in prepared
    assert "[ИМЯ]" in prepared


@pytest.mark.parametrize("text", [*TEXTS, "скока стоит абришотка", "crjkmrj cnjbn j,htitnrf", "ГДЕ МОЙ ГРУЗ"])
def test_reading_twice_changes_nothing_more(reader: Reader, text: str) -> None:
    once = reader.read(text)
    assert reader.read(once) == once


def test_only_words_that_are_surely_right_are_counted() -> None:
    words = count_words(["груз грузз", "груз грузз", "груз грузз", *["эдошка"] * 10, "склад"])
    assert words == {"эдошка": 10, "груз": 3}


def test_a_lexicon_is_written_and_read(tmp_path: Path) -> None:
    write_lexicon(tmp_path / "lexicon.json", WORDS)
    assert read_lexicon(tmp_path / "lexicon.json") == WORDS
    assert open_reader(tmp_path / "lexicon.json").read("страхофка") == "страховка"


@pytest.mark.parametrize("content", ["", "[]", '{"words": 3}', '{"words": {"а": "много"}}', '{"other": {}}'])
def test_a_broken_lexicon_is_refused_with_what_to_do(tmp_path: Path, content: str) -> None:
    path = tmp_path / "lexicon.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LexiconError, match="materialize training_set again"):
        read_lexicon(path)
