"""Near-same answers become one, different ones stay apart, and the newest fact wins."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from pathlib import Path

import pytest
import yaml

import ft_pipeline
from ft_pipeline.curate.answers import group_answers
from ft_pipeline.curate.rows import Candidate, Ticket
from ft_pipeline_tests.curate.tickets_by_hand import moment

COMPANY = Path(ft_pipeline.__file__).parent / "demo" / "company"
ENTRY = "Заезд машины по городу стоит {} ₽. Если машина нужна и у отправителя, и у получателя, оплачиваются два заезда."
THRESHOLD = 0.7


def candidate(name: str, answer: str, *, day: int = 0, kind: str = "standard") -> Candidate:
    ticket = Ticket(("chat", name), (), "resolved", "", "", moment(day))
    return Candidate(ticket, f"Вопрос {name}?", answer, kind, "ru", "0 1", moment(day))


def over_time(*runs: tuple[int, int, str]) -> list[Candidate]:
    """Candidates from (first day, number, answer), one a day."""
    return [
        candidate(f"{start:03d}-{number}", answer, day=start + number)
        for start, count, answer in runs
        for number in range(count)
    ]


def test_small_additions_of_an_agent_do_not_make_another_answer() -> None:
    plain = "УПД и акт появляются в личном кабинете в разделе «Документы» через 2 дня после выдачи груза."
    items = [
        candidate("1", plain),
        candidate("2", plain),
        candidate("3", plain.upper()),
        candidate("4", plain + " Оттуда их можно скачать."),
        candidate("5", plain.replace("после выдачи груза", "после выдачи")),
    ]
    group_answers(items, THRESHOLD)
    assert {item.answer_id for item in items} == {items[0].answer_id}
    assert {item.canonical for item in items} == {plain}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Товары с маркировкой перевозим без ограничений.", "Товары с маркировкой не перевозим без ограничений."),
        ("Да, груз можно забрать без накладной по паспорту.", "Нет, груз нельзя забрать без накладной по паспорту."),
        ("Обрешётка стоит 1 100 ₽ за м³ на терминале.", "Сборка паллеты стоит 1 100 ₽ за место на складе."),
    ],
)
def test_answers_that_say_something_else_stay_apart(first: str, second: str) -> None:
    items = [candidate("1", first), candidate("2", second)]
    group_answers(items, THRESHOLD)
    assert items[0].answer_id != items[1].answer_id


def test_a_look_up_never_shares_an_answer_with_a_standard_one() -> None:
    text = "Пришлите, пожалуйста, номер накладной, специалист посмотрит."
    items = [candidate("1", text), candidate("2", text, kind="needs_lookup")]
    group_answers(items, THRESHOLD)
    assert items[0].answer_id != items[1].answer_id


def test_when_a_fact_changes_the_older_questions_get_the_newest_answer_and_the_older_text_is_retired() -> None:
    items = over_time((0, 10, ENTRY.format("1 200")), (30, 4, ENTRY.format("1 350")))
    grouped = group_answers(items, THRESHOLD)
    assert {item.canonical for item in items} == {ENTRY.format("1 350")}
    assert {item.valid_from for item in items} == {moment(30)}
    assert all("1 350" in item.evidence for item in items)
    assert [(row.stage, row.reason) for row in grouped.superseded] == [("curate.answers", "fact_superseded")]
    assert grouped.superseded[0].key != items[0].answer_id
    assert "1 200" in grouped.superseded[0].detail and moment(30) in grouped.superseded[0].detail
    assert all(item.refused is None for item in items)


def test_a_fact_may_change_twice() -> None:
    items = over_time((0, 5, ENTRY.format("1 200")), (30, 5, ENTRY.format("1 350")), (60, 5, ENTRY.format("1 500")))
    grouped = group_answers(items, THRESHOLD)
    assert {item.canonical for item in items} == {ENTRY.format("1 500")}
    assert len(grouped.superseded) == 2


def test_one_agent_who_gives_the_old_price_after_the_change_does_not_undo_it() -> None:
    items = over_time((0, 10, ENTRY.format("1 200")), (30, 10, ENTRY.format("1 350")), (33, 1, ENTRY.format("1 200")))
    group_answers(items, THRESHOLD)
    assert {item.canonical for item in items} == {ENTRY.format("1 350")}


def test_two_tickets_with_a_new_fact_do_not_confirm_it_yet() -> None:
    items = over_time((0, 10, ENTRY.format("1 200")), (30, 2, ENTRY.format("1 350")))
    grouped = group_answers(items, THRESHOLD)
    assert grouped.superseded == []
    assert {item.canonical for item in items if item.refused is None} == {ENTRY.format("1 200")}
    assert [item.refused.reason for item in items if item.refused] == ["contradicting_answer"] * 2


def test_a_new_address_in_two_tickets_is_not_confirmed_yet_either() -> None:
    text = "Московский терминал находится по адресу: {}. Этот адрес можно указать в навигаторе, груз там принимают."
    items = over_time((0, 10, text.format("ул. Складочная, 14")), (30, 2, text.format("Проектируемый проезд, 27")))
    group_answers(items, THRESHOLD)
    assert [item.refused is not None for item in items] == [False] * 10 + [True] * 2


def test_facts_that_are_given_side_by_side_are_different_answers() -> None:
    near, far = "Доставка в Пермь стоит 500 ₽ за место.", "Доставка в Омск стоит 900 ₽ за место."
    items = [candidate(str(day), near if day % 2 else far, day=day) for day in range(12)]
    grouped = group_answers(items, THRESHOLD)
    assert grouped.superseded == []
    assert len({item.answer_id for item in items}) == 2


def test_the_canonical_answer_is_the_most_frequent_form_and_the_newest_on_a_tie() -> None:
    short, long = (
        "Груз бесплатно хранится на терминале 2 дня.",
        "Груз бесплатно хранится на терминале 2 дня после прибытия.",
    )
    items = over_time((0, 2, short), (10, 2, long))
    group_answers(items, THRESHOLD)
    assert {item.canonical for item in items} == {long}
    items = over_time((0, 3, short), (10, 2, long))
    group_answers(items, THRESHOLD)
    assert {item.canonical for item in items} == {short}


@pytest.fixture(scope="module")
def company() -> list[dict[str, object]]:
    files = sorted(COMPANY.glob("[a-e]_*.yaml"))
    if not files:
        pytest.skip("the demo company's wordings (ft_pipeline/demo/company/*.yaml) are missing")
    return [intent for file in files for intent in yaml.safe_load(file.read_text(encoding="utf-8"))]


def test_the_answers_of_all_intents_of_the_demo_company_stay_apart(company: list[dict[str, object]]) -> None:
    items = []
    for number, intent in enumerate(company):
        for version, answer in enumerate(intent["answers"]):  # type: ignore[arg-type,var-annotated]
            for more in range(4):
                name = f"{intent['id']} {version} {more}"
                kind = str(intent["kind"])
                items.append(candidate(name, answer["text"], day=number % 5 + 100 * version + more, kind=kind))
    group_answers(items, THRESHOLD)
    intents_of = defaultdict(set)
    for item in items:
        intents_of[item.answer_id].add(item.ticket.key[1].split()[0])
    assert all(len(intents) == 1 for intents in intents_of.values()), "an answer group mixes intents"
    assert len(intents_of) == len(company), "an intent fell into several answers"
    newest = {str(intent["id"]): intent["answers"][-1]["text"] for intent in company}  # type: ignore[index]
    assert all(item.canonical == newest[item.ticket.key[1].split()[0]] for item in items)


def test_grouping_does_not_depend_on_the_order_of_tickets() -> None:
    items = over_time((0, 6, ENTRY.format("1 200")), (30, 4, ENTRY.format("1 350")))
    again = list(reversed(over_time((0, 6, ENTRY.format("1 200")), (30, 4, ENTRY.format("1 350")))))
    group_answers(items, THRESHOLD)
    group_answers(again, THRESHOLD)
    by_name = {item.ticket.key: item.answer_id for item in again}
    assert all(by_name[item.ticket.key] == item.answer_id for item in items)
    assert all(one.canonical == other.canonical for one, other in combinations(items, 2))
