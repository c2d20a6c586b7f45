"""Is a filled sheet complete and is it ours? Every problem with its place and what to write; else a checked review.

Pure functions. Not here: reading files (workbook, form), whose answers these are (unblinding).
"""

from __future__ import annotations

from dataclasses import dataclass

from ft_pipeline.review.filled import FilledSheet, ReviewError
from ft_pipeline.review.sheet import BlindSheet, folded
from ft_pipeline.review.words import DECISIONS, FIELDS, PLACES, VERDICTS, allowed, meaning, say

_MOST_PROBLEMS = 12  # said one by one; the rest are counted


@dataclass(frozen=True, slots=True)
class CheckedReview:
    """A sheet that is complete and about this release."""

    sheet_id: str
    release_id: str
    adapter_hash: str
    signer: str
    decision: str  # approve | reject
    remark: str
    verdicts: dict[str, str]  # code -> right | wrong | unsure
    comments: dict[str, str]  # code -> remark, only where there is one


def check(filled: FilledSheet, sheet: BlindSheet, *, signer: str = "") -> CheckedReview:
    """Compares a filled sheet with the one that was given out.

    Args:
        filled: as found in the file.
        sheet: the sheet of the newest evaluation.
        signer: who hands it in; "" = the name in the file.

    Raises:
        ReviewError: it is about another release, incomplete or changed; all problems, one per line.
    """
    language = sheet.language
    _must_be_this_sheet(filled, sheet)
    name, problems = _signer(filled, signer, language)
    decision = meaning(filled.fields.get("decision", ""), DECISIONS)
    if not decision:
        problems.append(
            f"{say(FIELDS['decision'], language)}: "
            + _found(filled.fields.get("decision", ""), allowed(DECISIONS, language), language)
        )
    verdicts = _verdicts(filled, sheet, problems)
    if problems:
        head = say(("не принято, ничего не записано", "not accepted, nothing was recorded"), language)
        shown = [f"- {problem}" for problem in problems[:_MOST_PROBLEMS]]
        hidden = len(problems) - len(shown)
        more = [f"- {say(('и ещё', 'and more'), language)}: {hidden}"] if hidden else []
        raise ReviewError("\n".join([f"{filled.file}: {head}:", *shown, *more]))
    return CheckedReview(
        sheet_id=sheet.sheet_id,
        release_id=sheet.release_id,
        adapter_hash=sheet.adapter_hash,
        signer=name,
        decision=decision,
        remark=filled.fields.get("remark", ""),
        verdicts=verdicts,
        comments={row.code: row.comment for row in filled.rows if row.comment},
    )


def _must_be_this_sheet(filled: FilledSheet, sheet: BlindSheet) -> None:
    """A signature counts for the adapter that was judged, and for no other."""
    text = (
        "{file}: эта подпись — про {what} {found}, а последняя оценка — про {what} {expected}. Возьмите новый лист "
        "(ft-pipeline review --export ПАПКА), посмотрите его ответы и подпишите его",
        "{file}: this signature is for the {what} {found}; the newest evaluation is of the {what} {expected}; export "
        "the newest sheet (`ft-pipeline review --export FOLDER`), look at its answers and sign that one",
    )
    names = {"adapter_hash": ("адаптер", "adapter"), "release_id": ("выпуск", "release"), "sheet_id": ("лист", "sheet")}
    for name, what in names.items():
        found, expected = filled.fields.get(name, ""), str(getattr(sheet, name))
        if found != expected:
            raise ReviewError(
                say(text, sheet.language).format(
                    file=filled.file, what=say(what, sheet.language), found=found[:40] or "—", expected=expected[:40]
                )
            )


def _signer(filled: FilledSheet, given: str, language: str) -> tuple[str, list[str]]:
    field = say(FIELDS["signer"], language)
    own = filled.fields.get("signer", "")
    if given and own and folded(given).lower() != folded(own).lower():
        text = (
            "{field}: в файле «{own}», а сдаёт «{given}»; напишите в обоих местах одно имя",
            "{field}: the file says “{own}”, handed in by “{given}”; write the same name in both places",
        )
        return "", [say(text, language).format(field=field, own=own, given=given)]
    if not (given or own):
        text = ("{field}: пусто; напишите имя и фамилию", "{field}: found nothing; write your first and last name")
        return "", [say(text, language).format(field=field)]
    return folded(given or own), []


def _found(found: str, words: str, language: str) -> str:
    text = ("написано «{found}»; напишите одно из: {words}", "found “{found}”; write one of: {words}")
    empty = ("пусто; напишите одно из: {words}", "found nothing; write one of: {words}")
    return say(text if found else empty, language).format(found=found, words=words)


def _verdicts(filled: FilledSheet, sheet: BlindSheet, problems: list[str]) -> dict[str, str]:
    language, given = sheet.language, {row.code: row for row in sheet.rows}
    verdicts: dict[str, str] = {}
    for row in filled.rows:
        expected = given.get(row.code)
        place = f"{say(PLACES[filled.kind], language)} {row.number} ({row.code or '—'})"
        if expected is None:
            text = (
                "{place}: такого кода на листе нет; верните код как был",
                "{place}: this code is not on the sheet; restore it as exported",
            )
        elif row.code in verdicts:
            text = ("{place}: код стоит дважды; оставьте одну строку", "{place}: the code stands twice; keep one row")
        elif folded(row.question) != folded(expected.question) or folded(row.answer) != folded(expected.answer):
            text = (
                "{place}: вопрос или ответ изменён; верните текст как был",
                "{place}: question or answer was changed; restore the exported text",
            )
        else:
            verdicts[row.code] = meaning(row.verdict, VERDICTS)
            if not verdicts[row.code]:
                problems.append(f"{place}: {_found(row.verdict, allowed(VERDICTS, language), language)}")
            continue
        problems.append(say(text, language).format(place=place))
    missing = [code for code in given if code not in {row.code for row in filled.rows}]
    if missing:
        text = (
            "не хватает строк: {n} ({codes}); верните их из выданного листа",
            "rows are missing: {n} ({codes}); restore them from the exported sheet",
        )
        codes = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
        problems.append(say(text, language).format(n=len(missing), codes=codes))
    return verdicts
