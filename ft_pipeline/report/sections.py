"""The parts of the report in their order: the owner's table and the verdict first, the refresh plan last.

Here: what stands where, and a sentence on how to read each part. Not here: how a part is computed or rendered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ft_pipeline.report.blocks import Block, Mistakes, Picture, Samples, Section, Verdict
from ft_pipeline.report.charts import curve_svg, loss_svg, score_svg
from ft_pipeline.report.checklist import checklist_table, launch_points
from ft_pipeline.report.economics import (
    confirmed_words,
    economics_notes,
    refresh_table,
    scenario_table,
    scenarios,
)
from ft_pipeline.report.intents import intents_svg, weakest
from ft_pipeline.report.judge import judge_words
from ft_pipeline.report.material import Material
from ft_pipeline.report.pictures import data_uri, funnel_svg
from ft_pipeline.report.plan import plan_table
from ft_pipeline.report.tables import (
    Result,
    Table,
    arms_table,
    effort_table,
    follow_up_words,
    main_table,
    notes,
    rules_table,
    strata_table,
    verdict_reasons,
    verdict_sentence,
)
from ft_pipeline.report.wording import GLOSSARY, INTRODUCTIONS, STEPS, Language, name_of, say, whole


def sections(material: Material) -> list[Section]:
    """Every part that the material holds something for."""
    result, language = material.result, material.language
    found = [
        Section("", (main_table(result, language), verdict(result, language), *notes(result, language))),
        _section("arms", _arms(material), language),
        _section("strata", _strata(material), language),
    ]
    if material.curve:
        found.append(_section("curve", _curves(material), language, kind="pair"))
    if material.intents:
        found.append(_section("intents", _intents(material), language, kind="pair"))
    found.append(_mistakes(material))
    if material.samples:
        found.append(_section("samples", (Samples(tuple(material.samples)),), language))
    if material.funnel:
        found.append(_section("data", funnel_blocks(material.funnel, language)[:1], language))
    if material.history:
        found.append(_section("training", _training(material), language, kind="pair"))
    judged = judge_words(result, language)
    found.append(_section("rules", (rules_table(result, language), *([judged] if judged else [])), language))
    if material.task is not None:
        found.append(_economics(material))
        points = launch_points(material)
        found.append(_section("checklist", (checklist_table(points, language),), language))
        found.append(_section("plan", (plan_table(material.task, language),), language))
    found.append(_glossary(language))
    return [section for section in found if section.blocks]


def verdict(result: Result, language: Language) -> Verdict:
    """The decision with its reasons, coloured by the rules and not by its name."""
    required = [rule["is_met"] is True for rule in result["decision"]["rules"] if rule["is_required"]]
    return Verdict(verdict_sentence(result, language), tuple(verdict_reasons(result, language)), all(required))


def funnel_blocks(funnel: Sequence[tuple[str, int]], language: Language) -> tuple[Picture, Table]:
    """The funnel as a picture and as a table."""
    words = say(("Сколько строк осталось после каждого шага", "Rows left after each step"), language)
    rows = tuple((name_of(STEPS, step, language), whole(count, language)) for step, count in funnel)
    header = (("Шаг", "Строк"), ("Step", "Rows"))
    table = Table(header[0] if language == "ru" else header[1], rows)
    return Picture(data_uri(funnel_svg(funnel, language=language), "svg"), words), table


def title(result: Result, language: Language) -> str:
    """The heading of the page."""
    return f"{say(('Отчёт об оценке', 'Evaluation report'), language)}: {result['task']}"


def about(result: Result, language: Language) -> str:
    """Which release, which data."""
    parts = [
        f"{say(('выпуск', 'release'), language)} {result['release']}",
        f"{say(('данные до', 'data up to'), language)} {_moment(result['as_of'], language)}",
    ]
    return ", ".join(parts)


def _section(name: str, blocks: tuple[Block, ...], language: Language, *, kind: str = "") -> Section:
    heading, introduction = INTRODUCTIONS[name]
    words = say(introduction, language)
    return Section(say(heading, language), ((words, *blocks) if words else blocks), kind)


def _mistakes(material: Material) -> Section:
    if not material.mistakes:
        return Section("", ())
    return _section("mistakes", (Mistakes(tuple(material.mistakes)),), material.language)


def _intents(material: Material) -> tuple[Block, ...]:
    language = material.language
    weak, others = weakest(material.intents, language)
    words = (
        ("Самые слабые темы", "The weakest topics"),
        ("Следующие и остальные", "The next ones and the rest"),
    )
    return tuple(
        Picture(data_uri(intents_svg(lines, language=language), "svg"), say(name, language))
        for name, lines in zip(words, (weak, others), strict=True)
        if lines
    )


def _training(material: Material) -> tuple[Block, ...]:
    history, language, best = material.history, material.language, material.best_epoch
    scores = data_uri(score_svg(history, language=language, best_epoch=best), "svg")
    losses = data_uri(loss_svg(history, language=language, best_epoch=best), "svg")
    return (
        Picture(scores, say(("Верные ответы на проверке", "Right validation answers"), language)),
        Picture(losses, say(("Ошибка обучения (меньше — лучше)", "Loss (less is better)"), language)),
        *((_sentence(material.training_words),) if material.training_words else ()),
    )


def _economics(material: Material) -> Section:
    task, usage, language = material.task, material.usage, material.language
    assert task is not None
    prices = task.economics
    found = scenarios(material.result["load_reduction"], usage, prices)
    blocks: list[Block] = [confirmed_words(material.confirmed, prices, language)]
    if found:
        blocks.append(scenario_table(found, prices, language))
    blocks += economics_notes(found, usage, prices, language)
    blocks.append(say(("Во что обошлось это обновление:", "What this refresh cost:"), language))
    blocks.append(refresh_table(usage, prices, language))
    return _section("economics", tuple(blocks), language)


def _glossary(language: Language) -> Section:
    rows = tuple((say(term, language), say(meaning, language)) for term, meaning in GLOSSARY)
    header = (("Слово или знак", "Что значит"), ("Word or sign", "Meaning"))
    return _section("glossary", (Table(header[0] if language == "ru" else header[1], rows),), language)


def _arms(material: Material) -> tuple[Block, ...]:
    currency = material.task.economics.currency if material.task else ""
    effort = effort_table(material.result, material.language, currency=currency)
    return (arms_table(material.result, material.language), *([effort] if effort else []))


def _strata(material: Material) -> tuple[Block, ...]:
    words = follow_up_words(material.result, material.language)
    return (strata_table(material.result, material.language), *([words] if words else []))


def _curves(material: Material) -> tuple[Block, ...]:
    """The curve on validation questions, where the threshold was chosen, and the one on unseen questions."""
    language = material.language
    unseen = ("На новых вопросах: что вышло", "On unseen questions: what came of it")
    pictures = [_curve_picture(material, material.curve, say(unseen, language))]
    validation = material.result.get("validation_curve")
    if validation:
        chosen = (
            "На проверочных вопросах: здесь выбран порог",
            "On validation questions: the threshold was chosen here",
        )
        pictures.insert(0, _curve_picture(material, validation, say(chosen, language)))
    return tuple(pictures)


def _curve_picture(material: Material, curve: Sequence[Mapping[str, float]], words: str) -> Picture:
    result, language = material.result, material.language
    targets, threshold = result["targets"], (result.get("threshold") or {}).get("value")
    of_answers = targets["correct_of"] == "answers_given"
    image = curve_svg(
        curve,
        language=language,
        threshold=threshold,
        target=targets["correct_share"] if of_answers else None,
    )
    return Picture(data_uri(image, "svg"), words)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith(".") else ".")


def _moment(as_of: str, language: Language) -> str:
    """A time of the manifest as people write it; the text itself where it is no time."""
    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError:
        return as_of
    zone = " UTC" if moment.utcoffset() in {None, timedelta()} else f" UTC{moment:%z}"
    return moment.strftime("%d.%m.%Y %H:%M" if language == "ru" else "%Y-%m-%d %H:%M") + zone
