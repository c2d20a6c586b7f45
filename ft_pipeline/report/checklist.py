"""The nine points before a launch, each filled from a fact: done, not done, or to be done by a person.

Reads facts of manifests, contract reports, the evaluation's result and task.yaml. A point without its fact is not done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ft_pipeline.report.material import Material
from ft_pipeline.report.plan import cron_words, has_people
from ft_pipeline.report.tables import Table
from ft_pipeline.report.wording import Language, percent, say, seconds_text, share_text, short_percent, whole

_STATES = {
    "done": ("✓ сделано", "✓ done"),
    "not_done": ("✗ не сделано", "✗ not done"),
    "person": ("○ за человеком", "○ up to a person"),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the list."""

    name: str
    state: str  # done | not_done | person
    fact: str


def launch_points(material: Material) -> list[Point]:
    """The nine points, in the order of the work; [] without a task."""
    if material.task is None:
        return []
    return [
        _goal(material),
        _data(material),
        _cleaning(material),
        _unseen(material),
        _base(material),
        _training(material),
        _proof(material),
        _eyes(material),
        _plan(material),
    ]


def checklist_table(points: list[Point], language: Language) -> Table:
    """Number and name | state | fact."""
    rows = tuple(
        (f"{number}. {point.name}", say(_STATES[point.state], language), point.fact)
        for number, point in enumerate(points, 1)
    )
    header = (("Пункт", "Состояние", "Факт"), ("Point", "State", "Fact"))
    return Table(header[0] if language == "ru" else header[1], rows)


def _point(name: tuple[str, str], is_done: bool, fact: str, language: Language) -> Point:
    return Point(say(name, language), "done" if is_done else "not_done", fact)


def _goal(material: Material) -> Point:
    task, language = material.task, material.language
    assert task is not None
    kpis = task.kpis
    text = (
        "Верных ответов ≥ {share}, ответ < {seconds} с, нагрузка меньше на ≥ {load}.",
        "Right answers ≥ {share}, an answer < {seconds} s, load reduced by ≥ {load}.",
    )
    seconds = f"{kpis.answer_s:g}".replace(".", "," if language == "ru" else ".")
    fact = say(text, language).format(
        share=short_percent(kpis.correct_share, language),
        seconds=seconds,
        load=short_percent(kpis.load_reduction_share, language),
    )
    return _point(("Цель и показатели заданы числами", "Goal and targets are numbers"), True, fact, language)


def _data(material: Material) -> Point:
    language, raw, cleaned = (
        material.language,
        _facts(material, "raw_transcripts"),
        _facts(material, "cleaned_qa_pairs"),
    )
    assert material.task is not None
    least = material.task.data.min_pairs
    pairs = int(cleaned.get("pairs_after_cleaning", cleaned.get("pairs", 0)))
    lost = raw.get("rows_unaccounted")
    text = (
        "Обращений: {tickets}; пар «вопрос — ответ» после очистки: {pairs} (нужно ≥ {least}); потеряно строк: {lost}.",
        "Tickets: {tickets}; question-answer pairs after cleaning: {pairs} (≥ {least} needed); rows lost: {lost}.",
    )
    fact = say(text, language).format(
        tickets=whole(int(raw.get("tickets", 0)), language),
        pairs=whole(pairs, language),
        least=whole(least, language),
        lost="—" if lost is None else lost,
    )
    return _point(("Данных достаточно", "There are enough data"), pairs >= least and lost == 0, fact, language)


def _cleaning(material: Material) -> Point:
    language, cleaned = material.language, _facts(material, "cleaned_qa_pairs")
    residue = cleaned.get("residue_rows")
    contracts = material.contracts
    passed = sum(item.passed for item in contracts.values())
    failed = [f"{asset}: {rule}" for asset, item in contracts.items() for rule in item.failed]
    text = (
        "Личных данных после маскировки найдено строк: {residue}. Правил качества данных выполнено: {passed}, "
        "не выполнено: {failed}.",
        "Rows with personal data left after masking: {residue}. Data quality rules met: {passed}, not met: {failed}.",
    )
    fact = say(text, language).format(
        residue="—" if residue is None else residue,
        passed=passed,
        failed=f"{len(failed)} ({', '.join(failed)})" if failed else 0,
    )
    is_done = residue == 0 and bool(contracts) and not failed
    return _point(("Данные очищены, личное убрано", "Data are clean, personal data gone"), is_done, fact, language)


def _unseen(material: Material) -> Point:
    language, training, rows = material.language, _facts(material, "training_set"), _facts(material, "eval_set")
    leaks = [training.get(f"leaks_{kind}") for kind in ("exact", "near", "same_customer", "synthetic_child")]
    known = [leak for leak in leaks if isinstance(leak, int)]
    text = (
        "Проверочных вопросов: {n}. Из них попало в обучение: {leaks} (одинаковых, похожих, того же клиента).",
        "Proof questions: {n}. Of them in training: {leaks} (equal, similar, of the same customer).",
    )
    fact = say(text, language).format(n=whole(int(rows.get("rows", 0)), language), leaks=sum(known) if known else "—")
    is_done = bool(known) and sum(known) == 0 and int(rows.get("rows", 0)) > 0
    return _point(("Проверочные вопросы отделены", "Proof questions are kept apart"), is_done, fact, language)


def _base(material: Material) -> Point:
    language, choice = material.language, _facts(material, "base_model_choice")
    reasons = " ".join(str(reason) for reason in choice.get("reasons", ())) if language == "ru" else ""
    fact = f"{choice.get('id', '—')}, {choice.get('method', '—')}. {reasons}".strip()
    return _point(("Базовая модель выбрана", "The base model is chosen"), bool(choice.get("id")), fact, language)


def _training(material: Material) -> Point:
    language, adapter = material.language, _facts(material, "lora_adapter")
    rows = (adapter.get("rows") or {}).get("train", "—")
    text = ("Учебных примеров: {rows}. {words}", "Training examples: {rows}. {words}")
    words = material.training_words[:1].upper() + material.training_words[1:]
    fact = say(text, language).format(rows=rows, words=words).strip()
    name = ("Модель обучена, лучшая эпоха сохранена", "The model is trained, the best epoch kept")
    return _point(name, bool(adapter.get("best_epoch")), fact, language)


def _proof(material: Material) -> Point:
    language, result = material.language, material.result
    after = result["arms"]["challenger"]
    failed = [rule for rule in result["decision"]["rules"] if rule["is_required"] and rule["is_met"] is not True]
    text = (
        "Верных из данных ответов {right}; p95 ответа {seconds}; нагрузка меньше на {load}. Не выполнено правил: {n}.",
        "Right of the answers given {right}; p95 of an answer {seconds}; load reduced by {load}. Rules not met: {n}.",
    )
    load = result["load_reduction"]["share"]
    fact = say(text, language).format(
        right=share_text(after["correct_of_answered"], language, has_n=False),
        seconds=seconds_text(after["answer_s"]["p95"], language),
        load="—" if load is None else percent(load, language),
        n=len(failed),
    )
    return _point(
        ("Качество доказано на новых вопросах", "Quality is proven on unseen questions"), not failed, fact, language
    )


def _eyes(material: Material) -> Point:
    language, sheet, task = material.language, material.sheet, material.task
    assert task is not None
    name = say(("Ответы посмотрел человек и подписал", "A person has looked at the answers and signed"), language)
    if sheet is None:
        text = (
            "Слепого листа нет: evaluation.review_questions в task.yaml равно 0.",
            "There is no blind sheet: evaluation.review_questions in task.yaml is 0.",
        )
        return Point(name, "not_done", say(text, language))
    text = (
        "Слепой лист {sheet} готов: вопросов {questions}, ответов {answers}. Заполненный файл положите "
        "в папку {folder} "
        "хранилища. {must}",
        "The blind sheet {sheet} is ready: {questions} questions, {answers} answers. Put the filled file into the "
        "folder {folder} of the store. {must}",
    )
    must = (
        ("Без подписи выпуска не будет.", "Nothing goes out without a signature.")
        if task.deployment.signature_required
        else ("Задача выпускает и без подписи.", "The task releases without a signature, too.")
    )
    fact = say(text, language).format(
        sheet=sheet.sheet_id,
        questions=sheet.questions,
        answers=sheet.answers,
        folder=sheet.folder,
        must=say(must, language),
    )
    return Point(name, "person", fact)


def _plan(material: Material) -> Point:
    language, task = material.language, material.task
    assert task is not None
    name = say(("Регламент обновления написан", "The refresh plan is written"), language)
    when = f"{cron_words(task.refresh.cron, language)}, {task.refresh.timezone}"
    if has_people(task):
        text = ("{when}; следит {owner}, подписывает {reviewer}.", "{when}; {owner} watches, {reviewer} signs.")
        fact = say(text, language).format(when=when, owner=task.refresh.owner, reviewer=task.refresh.reviewer)
        return Point(name, "done", fact)
    text = (
        "{when}. Люди не назначены: впишите refresh.owner и refresh.reviewer в task.yaml.",
        "{when}. Nobody is named: write refresh.owner and refresh.reviewer into task.yaml.",
    )
    return Point(name, "person", say(text, language).format(when=when))


def _facts(material: Material, asset: str) -> Mapping[str, Any]:
    return material.facts.get(asset, {})
