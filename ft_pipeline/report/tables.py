"""The owner's table: before and after the fine-tuning, targets, strata, rules.

Reads the result of an evaluation (the mapping of `result.json`). Writes nothing: each function
returns a `Table` or a text. Not here: samples, pictures, the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ft_pipeline.reasons import read_reason
from ft_pipeline.report.wording import (
    ARMS,
    NBSP,
    RULES,
    STRATA,
    VERDICTS,
    Language,
    decimal,
    evidence,
    name_of,
    percent,
    rule_sentence,
    say,
    seconds_text,
    share_text,
    short_percent,
    whole,
)

Result = Mapping[str, Any]
_FIGURE_OF_RULE = {
    "correct_of_answers_given": "correct_of_answered",
    "correct_of_all_questions": "correct",
    "share_answered": "answered",
    "load_reduction": "load_reduction",
}
_SIGNIFICANT = 0.05
_MARKS = {True: "✓", False: "✗", None: "—"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table of plain texts; whoever renders it escapes them."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def escape_markdown(text: str) -> str:
    """A text as one inert line of Markdown: no markup, no HTML, no cell border of its own."""
    flat = re.sub(r"[^\S\u00a0]+", " ", text).strip()  # a no-break space stays one
    for sign in "\\`*_[]|~#!":
        flat = flat.replace(sign, "\\" + sign)
    return flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def render_markdown(table: Table) -> str:
    """A table as Markdown."""
    lines = [table.header, tuple("---" for _ in table.header), *table.rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text if text == "---" else escape_markdown(text)


def main_table(result: Result, language: Language) -> Table:
    """Показатель | До | После | Цель | Итог."""
    base, after = result["arms"]["base"], result["arms"]["challenger"]
    targets = result["targets"]
    of_answers = targets["correct_of"] == "answers_given"
    least = targets["least_answered_share"] if of_answers else None
    correct_rows = [
        ("correct", "correct_of_all_questions", None if of_answers else targets["correct_share"]),
        ("correct_of_answered", "correct_of_answers_given", targets["correct_share"] if of_answers else None),
        ("answered", "share_answered", least),
    ]
    rows = []
    for figure, rule, target in correct_rows:
        kind = "point" if rule == "share_answered" else targets["rule"]
        rows.append(
            (
                name_of(RULES, rule, language),
                share_text(base[figure], language),
                share_text(after[figure], language),
                _target(target, kind, language),
                _mark(result, rule),
            )
        )
    rows.append(
        (
            name_of(RULES, "answer_time_p95", language),
            seconds_text(base["answer_s"]["p95"], language),
            seconds_text(after["answer_s"]["p95"], language),
            f"<{NBSP}{_limit(targets['answer_s'], language)}",
            _mark(result, "answer_time_p95"),
        )
    )
    rows.append(
        (
            name_of(RULES, "load_reduction", language),
            say(("0 % (модели нет)", "0 % (no model)"), language),
            share_text(result["load_reduction"], language),
            _target(targets["load_reduction_share"], targets["rule"], language),
            _mark(result, "load_reduction"),
        )
    )
    header = (
        ("Показатель", "До (базовая модель)", "После", "Цель", "Итог"),
        ("Figure", "Before (base model)", "After", "Target", "Met"),
    )
    return Table(header[0] if language == "ru" else header[1], tuple(rows))


def arms_table(result: Result, language: Language) -> Table:
    """Every arm on the same questions; the look-up is cut at the new model's share answered."""
    rows = []
    known = ("base", "retrieval", "champion", "challenger")
    for arm in [known[0], *(name for name in result["arms"] if name not in known), *known[1:]]:
        figures = result["arms"].get(arm)
        if figures is None:
            continue
        rows.append(
            (
                name_of(ARMS, arm, language),
                *(
                    share_text(figures[name], language, has_n=False)
                    for name in ("correct_of_answered", "answered", "correct")
                ),
                _against(result, arm, language),
            )
        )
    header = (
        ("Кто отвечает", "Верных из данных ответов", "Отвечает сам", "Верных из всех", "Новая лучше (из всех) на"),
        ("Who answers", "Correct of answers given", "Answers itself", "Correct of all", "New one better (of all) by"),
    )
    return Table(header[0] if language == "ru" else header[1], tuple(rows))


def effort_table(result: Result, language: Language, *, currency: str = "") -> Table | None:
    """Time, length and price of an answer, arm by arm; None where an older result does not hold them."""
    rows = []
    for arm, figures in result["arms"].items():
        if figures is None or "tokens" not in figures:
            continue
        tokens, cost, seconds = figures["tokens"], figures["cost_per_1000"], figures["answer_s"]
        rows.append(
            (
                name_of(ARMS, arm, language),
                seconds_text(seconds["p50"], language),
                seconds_text(seconds["p95"], language),
                "—" if tokens is None else decimal(tokens, 0, language),
                "—" if cost is None else f"{decimal(cost, 2, language)}{NBSP}{currency}".rstrip(),
            )
        )
    header = (
        ("Кто отвечает", "Ответ, обычно", "Ответ, в 95 из 100 случаев до", "Токенов в ответе", "1000 ответов, машина"),
        ("Who answers", "Answer, usually", "Answer, in 95 of 100 up to", "Tokens per answer", "1,000 answers, machine"),
    )
    return Table(header[0] if language == "ru" else header[1], tuple(rows)) if rows else None


def follow_up_words(result: Result, language: Language) -> str:
    """How the new model answers inside a conversation; "" where nothing was asked there."""
    texts = {
        "needing_context": (
            "Уточнения («а если он тяжелее?»): верных {inside}. Те же вопросы без разговора: {alone}.",
            "Follow-ups that need the conversation: {inside} right. The same ones without it: {alone}.",
        ),
        "follow_ups": (
            "Второй вопрос разговора, о другом: верных {inside}. Те же вопросы без разговора: {alone}.",
            "A second question about another matter: {inside} right. The same ones without the conversation: {alone}.",
        ),
    }
    said = []
    for name, text in texts.items():
        found = result.get(name)
        if found and found["correct"]["n"]:
            inside, alone = (share_text(found[part], language) for part in ("correct", "alone"))
            said.append(say(text, language).format(inside=inside, alone=alone))
    return " ".join(said)


def strata_table(result: Result, language: Language) -> Table:
    """Share correct by kind of question, all questions of that kind."""
    base, after = result["arms"]["base"], result["arms"]["challenger"]
    retrieval = result["arms"].get("retrieval") or {}
    rows = [
        (
            name_of(STRATA, stratum, language),
            str(after[stratum]["n"]),
            share_text(base[stratum], language, has_n=False),
            share_text(retrieval.get(stratum), language, has_n=False),
            share_text(after[stratum], language, has_n=False),
        )
        for stratum in ("usual", "rare", "noisy", "tickets")
        if stratum in after
    ]
    header = (
        ("Вопросы", "n", "До (базовая модель)", "Поиск готового ответа", "После"),
        ("Questions", "n", "Before (base model)", "Look-up of a stored answer", "After"),
    )
    return Table(header[0] if language == "ru" else header[1], tuple(rows))


def rules_table(result: Result, language: Language) -> Table:
    """Every promotion rule: what was found, what was expected, whether it is met."""
    rows = []
    for rule in result["decision"]["rules"]:
        name = name_of(RULES, rule["rule"], language)
        if not rule["is_required"]:
            name += say((" (не обязательно)", " (not required)"), language)
        rows.append(
            (name, _found(result, rule, language), evidence(rule["expected"], language), _MARKS[rule["is_met"]])
        )
    header = (("Правило", "Получено", "Нужно", "Итог"), ("Rule", "Found", "Expected", "Met"))
    return Table(header[0] if language == "ru" else header[1], tuple(rows))


def verdict_sentence(result: Result, language: Language) -> str:
    """The decision in one sentence."""
    verdict, failed = result["decision"]["verdict"], _failed(result)
    if verdict == "keep_champion" and (not failed or _is_champion(result)):
        verdict = "is_champion"
    return name_of(VERDICTS, verdict, language).format(failed=len(failed))


def verdict_reasons(result: Result, language: Language) -> list[str]:
    """The rules that decided: those that are not met, or else all required ones."""
    failed = _failed(result)
    chosen = failed or [rule for rule in result["decision"]["rules"] if rule["is_required"]]
    reasons = [
        rule_sentence(rule["rule"], _found(result, rule, language), evidence(rule["expected"], language), language)
        for rule in chosen
    ]
    rows = result.get("rows_needed")
    if rows and any(rule["rule"].startswith("correct_of_") for rule in failed):
        text = (
            "При сегодняшней доле верных цель можно доказать примерно на стольких ответах: {n}",
            "At today's share of correct answers about so many answers would prove the target: {n}",
        )
        reasons.append(say(text, language).format(n=rows))
    return reasons


def table_markdown(result: Result, *, language: Language) -> str:
    """The owner's table with the verdict, the other arms and the strata, as Markdown."""
    reasons = "\n".join(f"- {escape_markdown(reason)}" for reason in verdict_reasons(result, language))
    return "\n\n".join(
        [
            render_markdown(main_table(result, language)),
            f"**{escape_markdown(verdict_sentence(result, language))}**",
            reasons,
            *(f"_{escape_markdown(note)}_" for note in notes(result, language)),
            render_markdown(arms_table(result, language)),
            render_markdown(strata_table(result, language)),
        ]
    )


def notes(result: Result, language: Language) -> list[str]:
    """What a reader has to know to read the figures rightly."""
    texts = [
        say(
            (
                "В скобках — 95 %-ный интервал Уилсона, n — число вопросов. «Из всех вопросов» считает и те ответы, "
                "которые модель не выдала, а передала специалисту.",
                "In brackets: the 95 % Wilson interval; n is the number of questions. “Of all questions” also counts "
                "answers that the model did not deliver but handed over.",
            ),
            language,
        )
    ]
    handed = result.get("out_of_scope_handed_over")
    if handed and handed["n"]:
        text = ("Вопросов не по теме передано специалисту", "Out-of-scope questions handed over")
        texts.append(f"{say(text, language)}: {share_text(handed, language)}.")
    champion = result.get("comparisons", {}).get("champion") or {}
    if champion.get("rows_needed") and champion["p_value"] >= _SIGNIFICANT:
        more = (
            "Новую модель от действующей по этим вопросам не отличить. Чтобы отличить, нужно примерно столько: {n}.",
            "These questions do not tell the new model from the live one. About so many would: {n}.",
        )
        texts.append(say(more, language).format(n=whole(int(champion["rows_needed"]), language)))
    return texts


def _failed(result: Result) -> list[Mapping[str, Any]]:
    rules: Sequence[Mapping[str, Any]] = result["decision"]["rules"]
    return [rule for rule in rules if rule["is_required"] and rule["is_met"] is not True]


def _found(result: Result, rule: Mapping[str, Any], language: Language) -> str:
    """What a rule found, in the same figures as the tables above it."""
    figures = result["arms"]["challenger"] | {"load_reduction": result["load_reduction"]}
    share = figures.get(_FIGURE_OF_RULE.get(rule["rule"], ""))
    if share is not None:
        return share_text(share, language)
    if rule["rule"] == "answer_time_p95":
        return seconds_text(figures["answer_s"]["p95"], language)
    return evidence(rule["found"], language)


def _is_champion(result: Result) -> bool:
    return any(read_reason(reason).rule == "already_served" for reason in result["decision"]["reasons"])


def _mark(result: Result, rule: str) -> str:
    marks = {item["rule"]: _MARKS[item["is_met"]] for item in result["decision"]["rules"]}
    return marks.get(rule, "—")


def _target(target: float | None, rule: str, language: Language) -> str:
    if target is None:
        return "—"
    bound = say((", нижняя граница", ", lower bound"), language) if rule == "lower_bound" else ""
    return f"≥{NBSP}{short_percent(target, language)}{bound}"


def _limit(seconds: float, language: Language) -> str:
    text = f"{seconds:g}"
    return (text.replace(".", ",") + "\u00a0с") if language == "ru" else text + "\u00a0s"


def _against(result: Result, arm: str, language: Language) -> str:
    test = result.get("comparisons", {}).get(arm)
    if test is None:
        return "—"
    points = percent(test["difference"], language).removesuffix("%").rstrip("\u00a0")
    sign = "+" if test["difference"] > 0 else ""
    p_value = f"<{NBSP}0.001" if test["p_value"] < 0.001 else f"={NBSP}{test['p_value']:.3f}"
    p_text = p_value.replace(".", ",") if language == "ru" else p_value
    return f"{sign}{points}{NBSP}{say((f'п.{NBSP}п.', 'points'), language)}, p{NBSP}{p_text}"
