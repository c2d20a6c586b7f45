"""What the choice of a base model says, in Russian and in English.

Here: sentences and table cells from numbers. Not here: the numbers (choosing).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Language = Literal["ru", "en"]

_TEXTS: dict[str, dict[str, str]] = {
    "ru": {
        "chosen": "выбрана",
        "fits": "подходит",
        "load": "не загружается: {error}",
        "answer": "не отвечает: {error}",
        "licence": "лицензия не подходит для base_model.use: {use} ({terms})",
        "memory": "не помещается: нужно {need:.2f} ГиБ, есть {budget:g} ГиБ ({methods})",
        "four_bits": "с LoRA не помещается ({methods}; есть {budget:g} ГиБ), а 4-битные веса не работают: {error}",
        "none": "ни один из кандидатов не подходит (бюджет {budget:g} ГиБ): {lines}. Увеличьте base_model.memory_gib, "
        "уменьшите training.batch_size или max_length, или добавьте в base_model.candidates другую модель: "
        "`ft-pipeline doctor --catalogue` покажет, какие помещаются",
        "why": "Выбрана модель {id}: обучение займёт по оценке {need:.2f} из {budget:g} ГиБ памяти, метод {method}.",
        "qlora": "LoRA в бюджет не помещается или не задана, поэтому QLoRA: веса в 4 битах.",
        "fallback": "С LoRA понадобилось бы {need:.2f} ГиБ, поэтому QLoRA: веса в 4 битах.",
        "only": "Других кандидатов, подходящих по бюджету, нет.",
        "unasked": "Пробных вопросов не задано, поэтому выбрана модель с наименьшим числом параметров.",
        "best": "До обучения она верно отвечает на большее число проверочных вопросов, чем остальные.",
        "equal": "До обучения лучшие кандидаты отвечают одинаково, поэтому выбрана модель меньшего размера.",
        "terms": "Условия лицензии: {terms}.",
        "unknown_terms": "Лицензия модели не известна: прочитайте её до запуска ({terms}).",
        "head": "| кандидат | параметров, млн | лицензия | токенов на слово | память, ГиБ | верно до обучения "
        "| с примерами | обновление | решение |",
        "of": "{share:.1f} % из {count}",
        "unlicensed": "неизвестна",
        "minutes": "≈ {minutes:.0f} мин",
        "measured": "{minutes:.0f} мин",
        "cost": ", {amount:.2f} {currency}",
        "foot": "«≈» — оценка по скорости матричных произведений, без знака — по скорости прошлого обучения.",
    },
    "en": {
        "chosen": "chosen",
        "fits": "fits",
        "load": "does not load: {error}",
        "answer": "does not answer: {error}",
        "licence": "its licence does not allow base_model.use: {use} ({terms})",
        "memory": "does not fit: needs {need:.2f} GiB, there are {budget:g} GiB ({methods})",
        "four_bits": "does not fit with LoRA ({methods}; budget {budget:g} GiB), and 4-bit weights do not run: {error}",
        "none": "no candidate can be used (budget {budget:g} GiB): {lines}. Raise base_model.memory_gib, lower "
        "training.batch_size or max_length, or add another model to base_model.candidates: "
        "`ft-pipeline doctor --catalogue` shows which ones fit",
        "why": "{id} was chosen: training it is estimated to take {need:.2f} GiB of {budget:g} GiB, method {method}.",
        "qlora": "LoRA does not fit the budget or was not asked for, hence QLoRA: weights in 4 bits.",
        "fallback": "LoRA would need {need:.2f} GiB, hence QLoRA: weights in 4 bits.",
        "only": "No other candidate fits the budget.",
        "unasked": "No trial questions are configured, so the model with the fewest parameters was taken.",
        "best": "Before training it answers more validation questions correctly than the others.",
        "equal": "Before training the best candidates answer equally well, so the smaller model was taken.",
        "terms": "Licence terms: {terms}.",
        "unknown_terms": "The model's licence is not known: read it before you go live ({terms}).",
        "head": "| candidate | parameters, M | licence | tokens per word | memory, GiB | right before training "
        "| with examples | a refresh | verdict |",
        "of": "{share:.1f} % of {count}",
        "unlicensed": "unknown",
        "minutes": "≈ {minutes:.0f} min",
        "measured": "{minutes:.0f} min",
        "cost": ", {amount:.2f} {currency}",
        "foot": '"≈" is estimated from the speed of matrix products; without it, from an earlier training.',
    },
}
_BAD = ("load", "answer", "licence", "memory", "four_bits")


def say(key: str, language: Language, /, **values: Any) -> str:
    """A sentence in the task's language."""
    return _TEXTS[language][key].format(**values)


def reasons(
    row: Mapping[str, Any], others: Sequence[Mapping[str, Any]], table: Sequence[Mapping[str, Any]], language: Language
) -> list[str]:
    """Why this row was chosen, and why the ones that cannot be used were not."""

    def text(key: str, **values: Any) -> str:
        return say(key, language, **values)

    found = [
        text("why", id=row["candidate"], need=row["memory_gib"], budget=row["budget_gib"], method=row["method"].upper()
             .replace("LORA", "LoRA")),
    ]  # fmt: skip
    if row["method"] == "qlora":
        lora = row["methods"].get("lora")
        found.append(text("fallback", need=lora) if lora else text("qlora"))
    if row["allowed"] in {"conditions", "unknown"}:
        found.append(text("terms" if row["allowed"] == "conditions" else "unknown_terms", terms=row["terms"]))
    if not others:
        found.append(text("only"))
    elif row["score"] is None:
        found.append(text("unasked"))
    else:
        best = max(best_score(other) for other in others)
        found.append(text("best" if best_score(row) > best else "equal"))
    return found + [f"{other['candidate']}: {other['verdict']}." for other in table if other["state"] in _BAD]


def best_score(row: Mapping[str, Any]) -> float:
    """The better of the two rounds; 0 where no question was asked."""
    return max(row["score"] or 0.0, row["few_shot_score"] or 0.0)


def markdown(
    table: Sequence[Mapping[str, Any]], times: Mapping[str, Mapping[str, Any]], lines: Sequence[str], language: Language
) -> str:
    """The comparison as a table with the reasons below it."""
    made = [say("head", language), "|---|---:|---|---:|---:|---:|---:|---:|---|"]
    for row in table:
        size = "—" if row["parameters"] is None else f"{row['parameters'] / 1e6:.1f}"
        per_word = "—" if row["tokens_per_word"] is None else f"{row['tokens_per_word']:.2f}"
        memory = "—" if row["memory_gib"] is None else f"{row['memory_gib']:.2f} ({row['method']})"
        cells = [
            row["candidate"],
            size,
            row["licence"] or say("unlicensed", language),
            per_word,
            memory,
            _share(row["score"], row["questions"], language),
            _share(row["few_shot_score"], row["questions"], language),
            _time(times.get(row["candidate"]), language),
            row["verdict"],
        ]
        made.append("| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    foot = [say("foot", language)] if times else []
    return "\n".join([*made, "", *(f"- {line}" for line in lines), *([""] if foot else []), *foot]) + "\n"


def _share(value: float | None, count: int, language: Language) -> str:
    return "—" if value is None else say("of", language, share=100 * value, count=count)


def _time(found: Mapping[str, Any] | None, language: Language) -> str:
    if found is None:
        return "—"
    text = say("measured" if found["is_measured"] else "minutes", language, minutes=max(1, found["seconds"] / 60))
    if found.get("cost") is not None:
        text += say("cost", language, amount=found["cost"], currency=found["currency"])
    return text
