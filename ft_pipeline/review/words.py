"""The words on the sheet, in Russian and English; both are understood when it comes back."""

from __future__ import annotations

from collections.abc import Mapping

VERDICTS: Mapping[str, tuple[str, str]] = {
    "right": ("верно", "right"),
    "wrong": ("неверно", "wrong"),
    "unsure": ("не знаю", "unsure"),
}
DECISIONS: Mapping[str, tuple[str, str]] = {
    "approve": ("выпускать", "release"),
    "reject": ("не выпускать", "do not release"),
}
COLUMNS: Mapping[str, tuple[str, str]] = {
    "code": ("Код", "Code"),
    "question": ("Вопрос", "Question"),
    "answer": ("Ответ", "Answer"),
    "verdict": ("Верно?", "Right?"),
    "comment": ("Замечание", "Remark"),
}
FIELDS: Mapping[str, tuple[str, str]] = {
    "sheet_id": ("Лист", "Sheet"),
    "release_id": ("Выпуск", "Release"),
    "adapter_hash": ("Адаптер", "Adapter"),
    "signer": ("Проверил (имя)", "Reviewed by (name)"),
    "decision": ("Решение", "Decision"),
    "remark": ("Замечание к решению", "Remark on the decision"),
}
PLACES: Mapping[str, tuple[str, str]] = {"table": ("строка", "row"), "form": ("ответ", "answer")}
TABS: Mapping[str, tuple[str, str]] = {
    "answers": ("Ответы", "Answers"),
    "signature": ("Подпись", "Signature"),
    "help": ("Как заполнять", "How to fill in"),
}
HELP: tuple[tuple[str, str], ...] = (
    (
        "Перед вами вопросы клиентов и ответы на них. Чьи это ответы — моделей или человека — не сказано нарочно.",
        "These are customers' questions and answers to them. Whose answers these are is hidden on purpose.",
    ),
    (
        "В столбце «Верно?» напишите у каждого ответа: верно, неверно или не знаю. Пустых быть не должно.",
        "In the column “Right?” write for every answer: right, wrong or unsure. None may stay empty.",
    ),
    (
        "Верно — если этот ответ можно отправить клиенту: числа, сроки и контакты правильные, вопрос решён.",
        "Right: this answer could go to the customer: figures, terms and contacts are right, the question is solved.",
    ),
    (
        "На листе «Подпись» впишите своё имя и решение: выпускать или не выпускать.",
        "On the tab “Signature” write your name and the decision: release or do not release.",
    ),
    (
        "Коды, вопросы и ответы не меняйте. Сохраните файл и положите его в папку reviews/inbox хранилища.",
        "Leave codes, questions and answers as they are. Save the file into the folder reviews/inbox of the store.",
    ),
)


def say(words: tuple[str, str], language: str) -> str:
    """The Russian or the English one of a pair of texts."""
    return words[0] if language == "ru" else words[1]


def meaning(word: str, words: Mapping[str, tuple[str, str]]) -> str:
    """The key that a word of either language stands for; "" where it stands for none."""
    plain = " ".join(word.lower().replace("ё", "е").split())
    return next((key for key, pair in words.items() if plain in {text.replace("ё", "е") for text in pair}), "")


def allowed(words: Mapping[str, tuple[str, str]], language: str) -> str:
    """The words that may be written, as a list."""
    return ", ".join(say(pair, language) for pair in words.values())
