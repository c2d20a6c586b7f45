"""Children stay on their parent's side, differ from it, and ask for the same thing."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from ft_pipeline.augment import Augmented, augment, build_training_set, noise
from ft_pipeline.augment.from_documents import from_documents
from ft_pipeline.records import Document, QAPair
from ft_pipeline.task import Augmentation

QUESTIONS = [
    "Сколько стоит заезд машины по городу?",
    "Где посмотреть часы работы терминала, если он новый?",
    "Можно ли оплатить картой 2200 0000 в офисе?",
    "Ключ API не подходит, напишите на a@firma.ru",
    "Хочу вернуть предоплату за отменённую заявку",
]
DOCUMENT = Document(
    "kb1",
    "Хранение",
    "# Хранение\n\n## Сколько хранится груз\nГруз бесплатно хранится 2 дня после прибытия на терминал.\n\n"
    "Потом платно.\n\n"
    "## Условия\nОбщие условия хранения действуют для всех терминалов компании.\n\n## Пусто\n\nКак забрать груз?\n"
    "Возьмите паспорт и назовите код из СМС сотруднику терминала.\n",
    "2026-01-01",
    "kb",
)


def pair(number: int, question: str, split: str = "train") -> QAPair:
    return QAPair(
        pair_id=f"p{number}",
        question=question,
        answer=f"Ответ {number}.",
        answer_id=f"a{number}",
        intent="тема",
        kind="standard",
        language="ru",
        split=split,
        cluster_id=f"k{number}",
        customer_id=f"c{number}",
        ticket_id=f"t{number}",
        turn_ids="0 1",
        evidence=f"Ответ {number}.",
        created_at="2026-01-01",
        valid_from="2026-01-01",
        valid_to="",
        source="chat",
    )


def pairs() -> list[QAPair]:
    sides = ["train", "train", "train", "validation", "eval"]
    return [pair(n, f"{QUESTIONS[n % 5]} Вопрос {'абвгдежзиклмн'[n // 5] * 4}", sides[n // 5 % 5]) for n in range(50)]


@pytest.fixture(scope="module")
def made() -> Augmented:
    return augment(pairs(), [DOCUMENT], config=Augmentation(per_pair=3, target_rows=1000), seed=7)


def test_only_training_pairs_have_children_and_the_children_are_train(made: Augmented) -> None:
    sides = {row.pair_id: row.split for row in pairs()}
    assert {row.split for row in made.rows} == {"train"}
    assert {sides[row.parent_id] for row in made.rows if row.parent_id} == {"train"}
    assert {row.method for row in made.rows} == {"typo", "layout", "wrapper", "case", "document"}


def test_no_child_equals_its_parent_or_another_row(made: Augmented) -> None:
    questions = [row.question for row in made.rows]
    assert len(set(questions)) == len(questions)
    assert not set(questions) & {row.question for row in pairs()}


def test_a_child_keeps_its_parents_answer(made: Augmented) -> None:
    answers = {row.pair_id: (row.answer, row.answer_id) for row in pairs()}
    assert all(answers[row.parent_id] == (row.answer, row.answer_id) for row in made.rows if row.parent_id)


def test_caps_hold() -> None:
    per_pair = augment(pairs(), [], config=Augmentation(per_pair=1, target_rows=1000), seed=7)
    assert max(Counter(row.parent_id for row in per_pair.rows).values()) == 1
    assert len(augment(pairs(), [DOCUMENT], config=Augmentation(per_pair=9, target_rows=17), seed=7).rows) == 17
    assert augment(pairs(), [DOCUMENT], config=Augmentation(enabled=False), seed=7).rows == []
    assert {row.method for row in augment(pairs(), [], config=Augmentation(methods=("case",)), seed=7).rows} == {"case"}


def test_the_same_seed_gives_the_same_rows_in_any_order_of_pairs(made: Augmented) -> None:
    again = augment(list(reversed(pairs())), [DOCUMENT], config=Augmentation(per_pair=3, target_rows=1000), seed=7)
    other = augment(pairs(), [DOCUMENT], config=Augmentation(per_pair=3, target_rows=1000), seed=8)
    assert again.rows == made.rows
    assert other.rows != made.rows


def test_a_child_too_near_to_eval_is_refused_with_its_reason() -> None:
    result = augment(
        pairs(), [DOCUMENT], config=Augmentation(), seed=7, is_held_out=lambda question: "груз" in question.lower()
    )
    assert not any("груз" in row.question.lower() for row in result.rows)
    assert "held_out_with_eval" in {row.reason for row in result.rejected}


def test_a_document_row_that_contradicts_a_pair_is_refused() -> None:
    known = [pair(0, "Как забрать груз")]
    result = augment(known, [DOCUMENT], config=Augmentation(methods=("document",)), seed=7)
    assert ("augment.document", "contradicts_another_row") in {(row.stage, row.reason) for row in result.rejected}


@pytest.mark.parametrize("method", [noise.typo, noise.layout, noise.wrapper, noise.case])
@pytest.mark.parametrize(
    "question", ["Где груз 12345678?", "Пишу с a@firma.ru, ответа нет", "Я [ИМЯ], где мой заказ", "да", "Цена 1 200 ₽?"]
)
def test_numbers_addresses_and_placeholders_survive_every_method(method: object, question: str) -> None:
    kept = re.findall(r"\d+|\S+@\S+?(?=,|$)|\[[А-ЯЁ]+\]", question)
    for seed in range(40):
        child = method(question, random.Random(seed))  # type: ignore[operator]
        assert all(part in child or part.lower() in child for part in kept), child


def test_a_typing_error_changes_one_word_and_leaves_it_recognisable() -> None:
    for seed in range(50):
        question = "Сколько стоит доставка груза"
        child = noise.typo(question, random.Random(seed))
        changed = [(one, other) for one, other in zip(question.split(), child.split(), strict=True) if one != other]
        assert len(changed) <= 1
        assert all(abs(len(one) - len(other)) <= 1 and one[0] == other[0] for one, other in changed)


def test_the_wrong_layout_is_what_the_same_keys_give() -> None:
    assert noise.layout("Сколько стоит", random.Random(0)) == "Crjkmrj cnjbn"
    assert noise.layout("Ключ API", random.Random(0)) == "Ключ API"


def test_a_document_answers_its_headings_word_by_word() -> None:
    found = list(from_documents([DOCUMENT]))
    assert [item.question for item in found] == ["Сколько хранится груз?", "Хранение: условия?", "Как забрать груз?"]
    assert all(item.answer in DOCUMENT.text for item in found)


def test_the_training_set_is_train_and_validation_and_their_children_sorted(made: Augmented) -> None:
    rows = build_training_set(pairs(), made.rows)
    assert [row.row_id for row in rows] == sorted(row.row_id for row in rows)
    assert Counter(row.split for row in rows if row.origin == "ticket") == {"train": 30, "validation": 10}
    assert not {row.row_id for row in rows} & {row.pair_id for row in pairs() if row.split == "eval"}


def test_a_synthetic_row_of_an_eval_parent_is_never_taken(made: Augmented) -> None:
    eval_pair = next(row for row in pairs() if row.split == "eval")
    child = next(row for row in made.rows if row.parent_id)
    stray = type(child)(
        **{name: getattr(child, name) for name in type(child).__slots__} | {"parent_id": eval_pair.pair_id}
    )
    with pytest.raises(ValueError, match="parent"):
        build_training_set(pairs(), [stray])
