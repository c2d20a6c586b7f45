"""Wrong answers in words: the cause as a sentence, the ticket that taught it, what to do about it.

Reads groups of mistakes. Not here: grouping (mistakes), where they stand (sections).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ft_pipeline.report.blocks import Mistakes
from ft_pipeline.report.material import Lesson, Mistake, MistakeGroup
from ft_pipeline.report.mistakes import SHOWN_PER_CAUSE, by_cause
from ft_pipeline.report.samples import shortened
from ft_pipeline.report.tables import Table
from ft_pipeline.report.wording import Language, say

CAUSES: Mapping[str, tuple[str, str]] = {
    "other_topic": ("Ответ на другой вопрос", "The answer to another question"),
    "not_taught": ("Такому ответу не учили", "This answer was not taught"),
    "out_of_scope": ("Вопрос не по теме", "Out of scope"),
    "wrong_facts": ("Тема верна, факты другие", "Right topic, other facts"),
    "own_words": ("Своими словами, не сходится", "Own words that do not match"),
}
_DETAILS: Mapping[str, tuple[str, str]] = {
    "other_topic": (
        "Спросили о «{asked}», ответ — о «{answered}»",
        "Asked about “{asked}”, answered about “{answered}”",
    ),
    "not_taught": (
        "«{asked}»: такого ответа в обучении не было",
        "“{asked}”: training held no such answer",
    ),
    "out_of_scope": (
        "Вопрос не по теме, а модель ответила",
        "Out of scope, and the model answered",
    ),
    "wrong_facts": ("«{asked}»: тема верна, факты другие", "“{asked}”: right topic, other facts"),
    "own_words": ("«{asked}»: ответ своими словами, не сходится", "“{asked}”: own words that do not match"),
}
_REMEDIES: Mapping[str, tuple[str, str]] = {
    "other_topic": (
        "Помогают обращения, где эти темы различаются.",
        "Tickets that tell these topics apart help.",
    ),
    "not_taught": ("Добавьте обращения или документ с этим ответом.", "Add tickets or a document with this answer."),
    "out_of_scope": ("Такое надо передавать человеку.", "Such questions belong to a human."),
    "wrong_facts": ("Проверьте, не устарел ли факт в обращениях.", "Check whether the tickets hold an old fact."),
    "own_words": ("Посмотрите глазами: ответ может быть и верным.", "Look at it: the answer may be right after all."),
}


def group_words(group: MistakeGroup, language: Language) -> str:
    """What was asked and what was answered, with how often."""
    nameless = say(("без темы", "no topic"), language)
    words = say(_DETAILS[group.cause], language).format(
        asked=group.asked_about or nameless, answered=group.answered_about or nameless
    )
    times = say(("раз", "times"), language)
    return words if len(group.mistakes) == 1 else f"{words} ({times}: {len(group.mistakes)})"


def remedy_words(cause: str, language: Language) -> str:
    """What usually helps."""
    return say(_REMEDIES[cause], language)


def more_words(groups: Sequence[MistakeGroup], language: Language) -> str:
    """How many mistakes of one cause are not shown; "" where all are."""
    hidden = sum(len(group.mistakes) for group in groups) - min(len(groups), SHOWN_PER_CAUSE)
    text = ("Ещё таких ошибок, не показанных здесь: {n}.", "More of these, not shown here: {n}.")
    return say(text, language).format(n=hidden) if hidden else ""


def lesson_words(lesson: Lesson | None, language: Language) -> str:
    """The ticket that taught the answer."""
    if lesson is None:
        return say(("Так не написано ни в одном обращении.", "No ticket says so."), language)
    text = (
        "Научило обращение {ticket} от {date}: «{question}»",
        "Learned from ticket {ticket} of {date}: “{question}”",
    )
    year, month, day = [*lesson.created_at[:10].split("-"), "", ""][:3]
    date = (f"{day}.{month}.{year}" if language == "ru" else f"{year}-{month}-{day}") if day else lesson.created_at
    return say(text, language).format(ticket=lesson.ticket_id, date=date or "—", question=lesson.question)


def expected_words(mistake: Mistake, language: Language) -> str:
    """What a human expects."""
    return mistake.expected or say(("(передать специалисту)", "(hand over)"), language)


def mistakes_table(block: Mistakes, language: Language) -> Table:
    """One line per group that is shown, with its first example."""
    rows = []
    for cause, groups in by_cause(block.groups):
        for group in groups[:SHOWN_PER_CAUSE]:
            first = group.mistakes[0]
            rows.append(
                (
                    f"{say(CAUSES[cause], language)}. {group_words(group, language)}",
                    first.question,
                    shortened(first.said, language),
                    expected_words(first, language),
                    lesson_words(first.lesson, language),
                )
            )
    header = (
        ("Что случилось", "Спросили", "Модель сказала", "Верно было бы", "Откуда это"),
        ("What happened", "Asked", "The model said", "Right would be", "Where from"),
    )
    return Table(header[0] if language == "ru" else header[1], tuple(rows))


def mistakes_summary(block: Mistakes, language: Language) -> str:
    """All mistakes, by cause."""
    parts = [
        f"{say(CAUSES[cause], language)} — {sum(len(group.mistakes) for group in groups)}"
        for cause, groups in by_cause(block.groups)
    ]
    total = sum(len(group.mistakes) for group in block.groups)
    return say(("Всего ошибок", "Mistakes in all"), language) + f": {total}. " + "; ".join(parts) + "."
