"""The second detector on its own: it has to see without the recognisers."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType

import pytest

from ft_pipeline.redact import find_residue, residue, residue_lists, residue_names

SEEN = [
    ("пишите ivan@mail.ru", ["email"]),
    ("8 916 123-45-67", ["phone"]),
    ("+79161234567", ["phone"]),
    ("карта 4276 3800 1234 5679", ["card"]),
    ("500100732259", ["inn"]),
    ("11223344595", ["snils"]),
    ("a@b.ru и 8(916)123-45-67", ["email", "phone"]),
    ("паспорт серия 4508 номер 123456", ["passport"]),
    ("р/с 40817 810 0 9991 0004312", ["account"]),
    ("пропуск на а123вс77", ["plate"]),
    ("пишите в телеграм @ivan_petrov", ["handle"]),
    ("улица Ленина, д. 5, кв. 12", ["address"]),
    ("звонила Петрова Анна", ["name"]),
    ("иванов пётр сергеевич ждёт", ["name"]),
    ("спросите ольгу, она в курсе", ["name"]),
    ("Передайте Айгуль спасибо", ["name"]),
    ("привет Юра, что с заказом", ["name"]),
    ("разговаривал с Мухортовым дважды", ["name"]),
    ("Водитель Пантелеев уехал", ["name"]),
    ("согласовано с к.р. пономарёвым", ["name"]),
    ("Подпись: Ткач А. И.", ["name"]),
    ("My name is Dmitriy Novikov", ["name"]),
    ("Passenger EKATERINA ANTONOVA", ["name"]),
]
UNSEEN = [
    "",
    "[ТЕЛЕФОН] и [ПОЧТА]",
    "4276380012345672",
    "500100732258",
    "11223344596",
    "1 200 ₽",
    "000000000000",
    "заказ 1234567890",
    "счет для безналичной оплаты",
    "Роман лежит на складе, Вера в сервис потеряна",
    "улица Ленина закрыта, пункт на Садовой работает",
    "[ИМЯ_1] и [ИМЯ_2], паспорт [ПАСПОРТ]",
    "артикул 22007001234 в наличии, 1 200 000 ₽",
    "погрузку сделают наши люди, света нет, вики закрыта",
    "Мария-Ра и «Максим» не отвечают, улица Марины Расковой тоже",
    "и т. д. и т. п., т. к. посылка не пришла",
    "заявка для магазинов, складов и маркетплейсов",
    "Diana Hotel и Victoria Secret в наличии",
    "инн не подходит, до костей промёрз, машу рукой",
]


@pytest.mark.parametrize(("text", "kinds"), SEEN)
def test_personal_data_is_seen(text: str, kinds: list[str]) -> None:
    assert find_residue(text) == kinds


@pytest.mark.parametrize("text", UNSEEN)
def test_a_near_miss_is_no_residue(text: str) -> None:
    assert find_residue(text) == []


def test_own_contacts_are_no_residue() -> None:
    own = ["rutube.ru", "8 (495) 123-45-67"]
    assert find_residue("help@rutube.ru, +7 495 123-45-67", own_contacts=own) == []
    assert find_residue("help@notrutube.ru", own_contacts=own) == ["email"]


@pytest.mark.parametrize("module", [residue, residue_names, residue_lists])
def test_it_shares_no_code_with_the_recognisers(module: ModuleType) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    allowed = {
        "ft_pipeline.redact.residue_names",
        "ft_pipeline.redact",
    }  # the room itself: only its own lists, see below
    assert {name for name in imported if name.startswith("ft_pipeline")} <= allowed
    taken = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "ft_pipeline.redact"
        for alias in node.names
    }
    assert taken <= {"residue_lists"}
