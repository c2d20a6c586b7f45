"""Words and numbers of the report, in Russian and English.

Here: how a share, a time or a rule is said. Not here: which of them are shown (tables, samples, page).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ft_pipeline.reasons import Reason

Language = Literal["ru", "en"]
NBSP = "\u00a0"

ARMS: Mapping[str, tuple[str, str]] = {
    "base": ("базовая модель", "base model"),
    "base_few_shot": ("базовая модель с примерами в запросе", "base model with examples in the prompt"),
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
    "answer_time_p95": ("Время ответа (в 95 случаях из 100 не дольше)", "Answer time (in 95 of 100 cases at most)"),
    "load_reduction": ("Снижение нагрузки на поддержку (оценка)", "Load reduction for support (estimated)"),
    "better_than_base": ("Лучше базовой модели", "Better than the base model"),
    "not_worse_than_champion": ("Не хуже действующей модели", "Not worse than the live model"),
    "better_than_champion": ("Лучше действующей модели", "Better than the live model"),
    "no_intent_worse": ("Ни одна тема не стала хуже", "No intent became worse"),
    "golden_questions_intact": ("Золотые вопросы не испорчены", "Golden questions intact"),
    "out_of_scope_handed_over": ("Вопросы не по теме переданы человеку", "Out-of-scope questions handed over"),
    "injections_handled": ("Попытки обмануть модель отбиты", "Prompt injections handled"),
    "form_and_language": ("Язык и вид ответа верны", "Language and form are right"),
    "no_personal_data": ("В ответах нет личных данных", "No personal data in answers"),
    "no_canary_extracted": ("Подложенные секреты не выдаются", "No planted secret comes back"),
    "judge_agrees": ("Модель-судья согласна", "The judge agrees"),
}
# what may decide beside the rules: the words are whole, so what was observed (a name, a remark) is never translated
BESIDE_RULES: Mapping[str, tuple[str, str]] = {
    "already_served": ("Проверенная модель и есть та, что уже работает", "The model that was judged is served already"),
    "signature_missing": (
        "Подписи под этим выпуском ещё нет; заполненный лист положите в папку хранилища",
        "Nobody has signed this release yet; put the filled sheet into the folder of the store",
    ),
    "signed": ("Подписано", "Signed"),
    "signed_against": ("Подписано: не выпускать", "Signed: do not release"),
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
    "repair": ("Текст прочитан и исправлен", "Text read and repaired"),
    "pair": ("Есть вопрос и ответ, решивший его", "With a question and the answer that resolved it"),
    "language": ("На языке задачи", "In the task's language"),
    "filter": ("Прошли фильтры качества", "Passed the quality filters"),
    "answers": ("С проверенным каноническим ответом", "With a canonical answer"),
    "duplicates": ("Без повторов", "Without duplicates"),
    "split": ("Осталось после деления", "Left after the split"),
    "follow_ups": ("С уточнениями, непонятными без разговора", "With follow-ups that need the conversation"),
    "no_personal_data": ("Второй детектор не видит личных данных", "No personal data for the second detector"),
    "train": ("из них для обучения", "of them for training"),
    "validation": ("из них для подбора порога и эпохи", "of them for validation"),
    "eval": ("из них только для оценки", "of them for evaluation only"),
}
# heading and how to read it, by part of the page
INTRODUCTIONS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "arms": (
        ("На одних и тех же вопросах", "On the same questions"),
        (
            "Все отвечают на одни вопросы, которых в обучении не было. «Поиск готового ответа» берёт ответ самого "
            "похожего учебного вопроса: если модель не лучше такого поиска, учить её незачем.",
            "All answer the same questions, none of which was in training. The look-up takes the answer of the most "
            "similar training question: a model that is no better than that is not worth training.",
        ),
    ),
    "strata": (
        ("По видам вопросов", "By kind of question"),
        (
            "Сколько из всех вопросов каждого вида модель знает. Здесь считаются и ответы, которые она не "
            "решилась дать.",
            "How many questions of each kind the model knows. Answers that it did not dare to give count, too.",
        ),
    ),
    "curve": (
        ("Точность и доля ответов", "Accuracy and coverage"),
        (
            "Чем реже модель отвечает сама, тем чаще она права. Порог выбран на проверочных вопросах, не на этих. "
            "Левее порога модель отвечает сама, остальное передаёт человеку.",
            "The less often the model answers itself, the more often it is right. The threshold was chosen on "
            "validation questions, not on these. Left of it the model answers, the rest goes to a human.",
        ),
    ),
    "intents": (
        ("По темам", "By topic"),
        (
            "Слабые темы стоят первыми: сюда нужны новые обращения. Число справа — сколько вопросов темы модель знает "
            "из заданных; серая полоска — базовая модель.",
            "Weak topics come first: they need more tickets. On the right: questions of the topic that the "
            "model knows, "
            "of those asked; the grey bar is the base model.",
        ),
    ),
    "mistakes": (
        ("Ошибки, которые увидел бы клиент", "Mistakes that a customer would have seen"),
        (
            "Только ответы, которые модель дала сама и ошиблась. Показано обращение, из которого она этот ответ взяла.",
            "Only answers that the model gave itself and that are wrong, with the ticket that each was learned from.",
        ),
    ),
    "samples": (("Примеры ответов", "Sample answers"), ("", "")),
    "data": (
        ("Данные", "Data"),
        (
            "Сколько обращений дошло до обучения. Отсеянное не пропало: команда ft-pipeline rejects покажет "
            "каждую строку "
            "и причину.",
            "How many tickets reached training. What was left out is not lost: ft-pipeline rejects shows "
            "each row and why.",
        ),
    ),
    "training": (
        ("Обучение", "Training"),
        (
            "Модель несколько раз прошла по учебным примерам. После каждого прохода она отвечала на "
            "проверочные вопросы; "
            "оставлен проход, после которого верных ответов больше.",
            "The model passed over the training rows several times. After each pass it answered validation questions; "
            "the pass with most right answers was kept.",
        ),
    ),
    "rules": (
        ("Правила выпуска", "Release rules"),
        (
            "Модель выходит к клиентам, только если выполнены все обязательные правила.",
            "The model goes out to customers only if every required rule is met.",
        ),
    ),
    "economics": (
        ("Деньги", "Money"),
        (
            "Сначала то, что подтверждено клиентами, потом то, что предполагается. Цены взяты из task.yaml.",
            "First what customers confirmed, then what is assumed. Prices come from task.yaml.",
        ),
    ),
    "checklist": (
        ("Девять пунктов перед запуском", "Nine points before the launch"),
        (
            "Каждый пункт заполнен по факту. «За человеком» — то, что машина сделать не может.",
            "Each point is filled from a fact. “Up to a person” is what a machine cannot do.",
        ),
    ),
    "plan": (
        ("Регламент обновления", "Refresh plan"),
        (
            "Кто, когда и по каким правилам обновляет модель. Меняется в task.yaml.",
            "Who renews the model, when and by which rules. Changed in task.yaml.",
        ),
    ),
    "glossary": (("Как читать числа", "How to read the figures"), ("", "")),
}
GLOSSARY: Sequence[tuple[tuple[str, str], tuple[str, str]]] = (
    (
        ("93 % [90–96], n = 400", "93 % [90–96], n = 400"),
        (
            "На 400 вопросах верных 93 %. На других таких же вопросах доля почти наверняка была бы от 90 до 96 %.",
            "93 % of 400 questions. On other questions of the same kind it would almost surely be between 90 and 96 %.",
        ),
    ),
    (
        ("«п. п.» и p", "points and p"),
        (
            "Разница двух долей в процентных пунктах. p меньше 0,05 — разница вряд ли случайна.",
            "The difference of two shares in percentage points. p below 0.05: hardly by chance.",
        ),
    ),
    (
        ("Базовая модель", "Base model"),
        ("Та же модель до обучения на ваших обращениях.", "The same model before it learned from your tickets."),
    ),
    (
        ("Отвечает сама, передаёт", "Answers itself, hands over"),
        (
            "Если модель не уверена, клиент видит, что ответит человек. Такой вопрос ошибкой не считается.",
            "Where the model is not sure, the customer reads that a human will answer. That is no mistake.",
        ),
    ),
    (
        ("Уверенность, порог", "Confidence, threshold"),
        (
            "Насколько вероятным модель считает свой ответ: 0 — полная уверенность, дальше вниз — меньше. Ниже порога "
            "вопрос уходит человеку.",
            "How likely the model holds its own answer: 0 is fully sure, further down is less. Below the threshold the "
            "question goes to a human.",
        ),
    ),
    (
        ("Верный ответ", "A right answer"),
        (
            "Все числа, сроки, телефоны и адреса те же, что в ответе человека, лишних нет, смысл близок.",
            "All figures, terms, phones and addresses of the human answer, no others, and similar words.",
        ),
    ),
    (
        ("Снижение нагрузки", "Load reduction"),
        (
            "Доля всех обращений подряд, на которые модель ответила сама и верно. Это оценка; подтверждают её клиенты.",
            "The share of all tickets as they come that the model answered itself and rightly. An estimate; customers "
            "confirm it.",
        ),
    ),
)
_RUSSIAN_PHRASES = (
    ("better than the champion, one-sided", "лучше действующей модели, односторонний"),
    ("loses at most ", "теряет не больше "),
    (" of the questions: lower bound > ", " вопросов: нижняя граница > "),
    ("at most ", "не больше "),
    (" answers with contacts, cards or numbers of persons", " ответов с контактами, картами и номерами людей"),
    ("none planted (evaluation.canaries)", "секреты не подложены (evaluation.canaries)"),
    ("0 planted canaries come back", "0 секретов выдано"),
    ("exact McNemar", "точный критерий Макнемара"),
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
    (" answers", " ответов"),
    (" of ", " из "),
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


def reason_text(reason: Reason, language: Language) -> str:
    """A reason as a sentence."""
    if reason.rule in RULES:
        found, needed = evidence(reason.observed, language), evidence(reason.needed, language)
        return rule_sentence(reason.rule, found, needed, language)
    parts = name_of(BESIDE_RULES, reason.rule, language), reason.observed, reason.needed
    return ": ".join(part for part in parts if part)


def rule_sentence(rule: str, found: str, needed: str, language: Language) -> str:
    """What a rule found and what it wants, already in the report's language."""
    sentence = f"{name_of(RULES, rule, language)}: {found}"
    return f"{sentence}; {say(('нужно', 'expected'), language)}: {needed}" if needed else sentence


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
