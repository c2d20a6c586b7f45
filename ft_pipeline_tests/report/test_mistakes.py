"""Wrong answers find their cause and the ticket that taught them."""

from __future__ import annotations

from ft_pipeline.records import Answer, EvalRow, Score
from ft_pipeline.report import MistakeGroup, group_mistakes, intent_lines
from ft_pipeline.report.intents import intents_svg, weakest
from ft_pipeline.report.material import IntentLine
from ft_pipeline.report.mistake_words import lesson_words
from ft_pipeline_tests.evaluate.trial import ANSWERS, eval_row
from ft_pipeline_tests.report.full import pair, taught

TRAINING = [
    taught(1, "Тема 1"),
    taught(2, "Тема 2", "Сколько стоит перевозка мебели?"),
    taught(3, "Тема 2", "Какой срок у тарифа два?"),
]
PAIRS = [pair(number, row.answer) for number, row in enumerate(TRAINING, 1)]


def grouped(row: EvalRow, said: str, reason: str = "missing_facts: 1", *, answered: bool = True) -> list[MistakeGroup]:
    answers = [Answer(row.eval_id, "challenger", said, -0.1, answered, 5, 0.0)]
    scores = [Score(row.eval_id, "challenger", "key_facts", 0.0, reason)]
    return group_mistakes([row], answers, scores, training=TRAINING, pairs=PAIRS)


def test_an_answer_of_another_topic_names_the_nearest_ticket_that_taught_it() -> None:
    row = eval_row(0, question="А перевозка мебели сколько стоит?")  # topic 1
    (group,) = grouped(row, ANSWERS["Тема 2"])
    assert (group.cause, group.asked_about, group.answered_about) == ("other_topic", "Тема 1", "Тема 2")
    lesson = group.mistakes[0].lesson
    assert lesson is not None and lesson.ticket_id == "T-2"
    assert lesson_words(lesson, "ru") == "Научило обращение T-2 от 05.03.2026: «Вопрос пары 2?»"


def test_each_cause_has_its_name() -> None:
    cases = [
        (eval_row(0, kind="out_of_scope", reference=""), ANSWERS["Тема 1"], "answered_out_of_scope", "out_of_scope"),
        (eval_row(3), ANSWERS["Тема 1"], "missing_facts: 4", "not_taught"),  # topic 4 is not in training
        (eval_row(0), "Доставка стоит 999 рублей.", "contradicting_facts: 999", "wrong_facts"),
        (eval_row(0), "Смотря какая доставка.", "other_words", "own_words"),
    ]
    assert [grouped(row, said, reason)[0].cause for row, said, reason, _ in cases] == [cause for *_, cause in cases]


def test_an_answer_that_was_handed_over_is_no_mistake_that_a_customer_saw() -> None:
    assert grouped(eval_row(0), ANSWERS["Тема 2"], answered=False) == []


def test_an_invented_answer_has_no_ticket() -> None:
    (group,) = grouped(eval_row(0), "Доставка стоит 999 рублей.", "contradicting_facts: 999")
    assert group.mistakes[0].lesson is None
    assert "ни в одном обращении" in lesson_words(None, "ru")


def test_topics_come_weakest_first_and_tiny_ones_are_added_up() -> None:
    rows = [eval_row(number) for number in range(50)]
    scores = [Score(row.eval_id, "challenger", "s", float(row.intent != "Тема 1"), "") for row in rows]
    lines = intent_lines(rows, scores)
    assert lines[0] == IntentLine("Тема 1", 10, 0, 0)
    assert sum(line.n for line in lines) == 50
    many = [IntentLine(f"тема {number}", 6, 0, number % 7) for number in range(40)] + [IntentLine("одна", 1, 0, 0)]
    first, second = weakest(many, "ru")
    assert len(first) == 12 and len(second) == 13
    assert sum(line.n for line in first + second) == 241
    assert "остальные темы (17), вместе" in intents_svg(second, language="ru")
