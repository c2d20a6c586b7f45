"""Words and numbers of the report, in Russian and English.

Here: how a share, a time or a rule is said. Not here: which of them are shown (tables, samples, page).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Literal

Language = Literal["ru", "en"]
NBSP = "\u00a0"

ARMS: Mapping[str, tuple[str, str]] = {
    "base": ("базовая модель", "base model"),
    "retrieval": ("поиск готового ответа, при той же доле ответов", "look-up of a stored answer, same share answered"),
    "champion": ("действующая модель", "live model"),
    "challenger": ("новая модель", "new model"),
}
STRATA: Mapping[str, tuple[str, str]] = {
    "usual": ("обычные", "usual"),
    "rare": ("редкие", "rare"),
    "noisy": ("с опечатками", "with typos"),
    "tickets": ("из обращений", "from tickets"),
    "out_of_scope": ("не по теме", "out of scope"),
}
RULES: Mapping[str, tuple[str, str]] = {
    "correct_of_answers_given": ("Доля верных из данных ответов", "Correct, of the answers given"),
    "correct_of_all_questions": ("Доля верных из всех вопросов", "Correct, of all questions"),
    "share_answered": ("Доля вопросов, на которые модель отвечает сама", "Share of questions the model answers itself"),
    "answer_time_p95": ("Время ответа, p95", "Answer time, p95"),
    "load_reduction": ("Снижение нагрузки на поддержку (оценка)", "Load reduction for support (estimated)"),
    "better_than_base": ("Лучше базовой модели", "Better than the base model"),
    "not_worse_than_champion": ("Не хуже действующей модели", "Not worse than the live model"),
    "no_intent_worse": ("Ни одна тема не стала хуже", "No intent became worse"),
}
VERDICTS: Mapping[str, tuple[str, str]] = {
    "promote": (
        "Решение: выпустить новую модель — все обязательные правила выполнены.",
        "Decision: release the new model — every required rule is met.",
    ),
    "wait_for_signature": (
        "Решение: ждать подписи — все обязательные правила выполнены, не хватает подписи ответственного.",
        "Decision: wait for a signature — every required rule is met, the responsible person has not signed yet.",
    ),
    "keep_champion": (
        "Решение: оставить действующую модель — новая не выполнила обязательные правила (не выполнено: {failed}).",
        "Decision: keep the live model — the new one does not meet the required rules (not met: {failed}).",
    ),
    "refuse": (
        "Решение: не выпускать новую модель — обязательные правила не выполнены (не выполнено: {failed}).",
        "Decision: do not release the new model — required rules are not met (not met: {failed}).",
    ),
    "is_champion": (
        "Решение: оставить всё как есть — проверенная модель и есть та, что уже работает.",
        "Decision: leave things as they are — the model that was judged is the one that is served already.",
    ),
}
STEPS: Mapping[str, tuple[str, str]] = {
    "tickets": ("Обращения в источниках", "Tickets in the sources"),
    "pair": ("Есть вопрос и ответ, решивший его", "With a question and the answer that resolved it"),
    "language": ("На языке задачи", "In the task's language"),
    "filter": ("Прошли фильтры качества", "Passed the quality filters"),
    "answers": ("С проверенным каноническим ответом", "With a canonical answer"),
    "duplicates": ("Без повторов", "Without duplicates"),
    "split": ("Осталось после деления", "Left after the split"),
    "train": ("из них для обучения", "of them for training"),
    "validation": ("из них для подбора порога и эпохи", "of them for validation"),
    "eval": ("из них только для оценки", "of them for evaluation only"),
}
_RUSSIAN_PHRASES = (
    ("no intent with >= ", "ни одна тема с числом вопросов ≥ "),
    (" rows significantly worse", " не стала значимо хуже"),
    ("better than the untuned base", "лучше модели без дообучения"),
    ("not significantly worse", "не хуже значимо"),
    ("too few rows in each of ", "слишком мало вопросов в каждой из тем: "),
    (" intents", ""),
    ("lower bound >= ", "нижняя граница не ниже "),
    ("observed >= ", "не ниже "),
    ("no champion yet", "действующей модели ещё нет"),
    ("not measured", "не измерено"),
    ("no rows", "нет вопросов"),
    ("none of ", "ни одна из "),
    ("(McNemar, Holm)", "(критерий Макнемара, поправка Холма)"),
    ("(McNemar)", "(критерий Макнемара)"),
    (">= ", "≥ "),
)


def say(words: tuple[str, str], language: Language) -> str:
    """The Russian or the English one of a pair of texts."""
    return words[0] if language == "ru" else words[1]


def name_of(words: Mapping[str, tuple[str, str]], key: str, language: Language) -> str:
    """The readable name of a key; the key itself where it has none."""
    return say(words[key], language) if key in words else key


def decimal(value: float, digits: int, language: Language) -> str:
    """A number with a decimal comma (ru) or point (en) and a real minus sign."""
    text = f"{value:.{digits}f}".replace("-", "−")
    return text.replace(".", ",") if language == "ru" else text


def whole(value: int, language: Language) -> str:
    """A count with its thousands apart."""
    return f"{value:,}".replace(",", NBSP if language == "ru" else ",")


def percent(share: float, language: Language, *, digits: int = 1) -> str:
    """A share of 0–1 as "93,4 %" (ru) or "93.4 %" (en)."""
    return f"{decimal(100 * share, digits, language)}{NBSP}%"


def short_percent(share: float, language: Language) -> str:
    """A target: "90 %", with a decimal only where it has one."""
    return percent(share, language, digits=0 if round(share * 100, 6).is_integer() else 1)


def share_text(share: Mapping[str, Any] | None, language: Language, *, has_n: bool = True) -> str:
    """ "93,4 % [90,1–95,7], n = 400"; bounds are rounded outwards, so that none looks better than it is."""
    if share is None:
        return "—"
    if share["share"] is None:
        return say(("нет вопросов", "no questions"), language)
    low = decimal(math.floor(round(share["low"] * 1000, 6)) / 10, 1, language)
    high = decimal(math.ceil(round(share["high"] * 1000, 6)) / 10, 1, language)
    n = f", n{NBSP}={NBSP}{share['n']}" if has_n else ""
    return f"{percent(share['share'], language)} [{low}–{high}]{n}"


def seconds_text(value: float | None, language: Language) -> str:
    """ "0,85 с"; three digits below a tenth of a second, "не измерено" where there is none."""
    if value is None:
        return say(("не измерено", "not measured"), language)
    digits = 2 if value >= 0.1 else 3
    return f"{decimal(value, digits, language)}{NBSP}{say(('с', 's'), language)}"


def evidence(text: str, language: Language) -> str:
    """What a rule found or expected, in the report's language."""
    text = re.sub(r"p = (?:[\d.]+e-\d+|0\.000\d*)", "p < 0.001", text)
    text = re.sub(r"^([+-][\d.]+)%", rf"\1 {say(('п. п.', 'points'), language)}", text)  # a difference of two shares
    text = re.sub(r"(?<=\d)%", f"{NBSP}%", text)
    text = re.sub(r"(?<![\w])-(?=\d)", "−", text)
    if language == "en":
        return text.replace(">= ", "≥ ")
    for english, russian in _RUSSIAN_PHRASES:
        text = text.replace(english, russian)
    text = re.sub(r"(?<=\d)\.(?=\d)", ",", text)
    return re.sub(r"(?<=\d) s\b", f"{NBSP}с", text)
