"""What the language model as judge says, and how far it may be trusted, in words."""

from __future__ import annotations

from ft_pipeline.report.tables import Result
from ft_pipeline.report.wording import Language, decimal, say, share_text, whole


def judge_words(result: Result, language: Language) -> str:
    """The judge's verdict and its agreement with humans; "" where none was asked."""
    found = result.get("judge")
    if not found:
        return ""
    text = (
        "Модель-судья {model} (инструкция {version}): верных {right}, без оценки {unscored}. "
        "Согласие с людьми по заполненным листам: {trust}. {role}",
        "The judge {model} (instruction {version}): {right} right, {unscored} unscored. "
        "Agreement with humans on filled sheets: {trust}. {role}",
    )
    kappa, answers = found["kappa_with_humans"], found["human_verdicts"]
    none = ("сравнить пока не с чем", "nothing to compare with yet")
    same = (f"{answers} ответов, κ не вычислить: все оценки одинаковы", f"{answers} answers, κ cannot be computed")
    if kappa is not None:
        of = ("на ответах:", "on answers:")
        trust = f"κ = {decimal(kappa, 2, language)}, {say(of, language)} {whole(answers, language)}"
    else:
        trust = say(same if answers else none, language)
    roles = {
        True: ("Судья участвует в решении о выпуске.", "It takes part in the decision."),
        False: (
            "Судья только советует и решение не меняет.",
            "It only advises and does not change the decision.",
        ),
    }
    return say(text, language).format(
        model=found.get("model") or "—",
        version=found.get("prompt_version") or "—",
        right=share_text(found["right"], language) if found["right"]["n"] else "—",
        unscored=whole(found["unscored"], language),
        trust=trust,
        role=say(roles[bool(found["may_gate"])], language),
    )
