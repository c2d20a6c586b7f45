"""The language model as judge on its way: made from task.yaml, asked about a blind sheet, compared with the human.

Reads task.yaml, the judge's key from the environment, filled sheets; writes the judge's verdicts on a sheet beside the
sheet's key (never beside the sheet: its reader has to stay blind) and the comparison into the ledger. Not here: asking
and reading one verdict (evaluate.judge), the sheet itself (reviewing).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ft_pipeline.ledger import JudgeCheck, Ledger, ledger_url
from ft_pipeline.store import read_json, write_json
from ft_pipeline.task import Task

if TYPE_CHECKING:
    from ft_pipeline.evaluate.judge import Case, LanguageModelJudge
    from ft_pipeline.review import BlindSheet, Key, KeyRow

JUDGE_KEY = "FT_PIPELINE_JUDGE_KEY"  # environment variable with the key of the judge's server
_HUMAN = "human"


def make_judge(task: Task, environment: Mapping[str, str] | None = None) -> LanguageModelJudge | None:
    """The judge that task.yaml names, or None."""
    from ft_pipeline.evaluate.judge import LanguageModelJudge

    settings = task.evaluation.judge
    key = (os.environ if environment is None else environment).get(JUDGE_KEY, "")
    return LanguageModelJudge(settings.url, settings.model, key) if settings.url else None


def earlier_verdicts(task: Task, judge: LanguageModelJudge | None) -> list[tuple[bool, bool]]:
    """Verdicts (judge, human) on the answers of all filled sheets; of exactly this model told exactly this."""
    if judge is None:
        return []
    ledger = Ledger(ledger_url(task)).open()
    found = ledger.judge_checks(task.name, judge.model, judge.prompt_version)
    ledger.close()
    return [pair for check in found for pair in check.pairs]


def judge_sheet(
    judge: LanguageModelJudge, sheet: BlindSheet, key: Key, references: Mapping[str, str], path: Path
) -> None:
    """Asks the judge about every answer on a sheet that a model gave, and keeps what it says in a file.

    An unreachable judge leaves its reason there: the sheet goes out without it, and calibrates nothing.

    Args:
        judge: to be compared with the human.
        sheet: as the human gets it.
        key: of the same sheet.
        references: eval id -> right answer.
        path: JSON file, beside the key.
    """
    from ft_pipeline.evaluate.judge import JudgeError

    rows = [row for row in key.rows if set(row.arms) != {_HUMAN}]
    found: dict[str, object] = {"model": judge.model, "prompt_version": judge.prompt_version}
    try:
        looks = judge.judge(_cases(rows, sheet, references))
    except JudgeError as error:
        found["problem"] = str(error)
    else:
        found["verdicts"] = {row.code: look.value for row, look in zip(rows, looks, strict=True)}
    write_json(path, found)
    path.chmod(0o600)


def compare(task: str, review_id: str, verdicts: Mapping[str, str], path: Path) -> JudgeCheck | None:
    """The judge against the human on one sheet; None where no judge was asked or it said nothing that can be read.

    Args:
        task: its name.
        review_id: of the filled sheet.
        verdicts: code -> right | wrong | unsure, the human's.
        path: what `judge_sheet` wrote.

    Raises:
        ReviewError: the file is damaged.
    """
    if not path.is_file():
        return None
    found = _read(path)
    said: Mapping[str, float | None] = found.get("verdicts", {})
    cells = Counter(
        (bool(value), verdicts[code] == "right")
        for code, value in said.items()
        if value is not None and verdicts.get(code) in {"right", "wrong"}
    )
    if not cells:
        return None
    return JudgeCheck(
        task=task,
        review_id=review_id,
        model=found["model"],
        prompt_version=found["prompt_version"],
        both_right=cells[True, True],
        only_human=cells[False, True],
        only_judge=cells[True, False],
        both_wrong=cells[False, False],
    )


def _read(path: Path) -> dict[str, Any]:
    from ft_pipeline.review import ReviewError

    try:
        found = read_json(path)
        if not (isinstance(found, dict) and {"model", "prompt_version"} <= set(found)):
            raise ValueError("it holds no model and no prompt_version")
    except ValueError as error:
        raise ReviewError(
            f"{path}: the judge's verdicts on this sheet cannot be read ({error}); restore the file from a backup of "
            "the store, or delete it: then this sheet says nothing about the judge"
        ) from None
    return found


def _cases(rows: list[KeyRow], sheet: BlindSheet, references: Mapping[str, str]) -> list[Case]:
    """Each answer beside the next one to the same question, as the judge meets them in an evaluation."""
    from ft_pipeline.evaluate.judge import Case

    shown = {row.code: row for row in sheet.rows}
    codes: dict[str, list[str]] = {}
    for row in rows:
        codes.setdefault(row.eval_id, []).append(row.code)
    cases = []
    for row in rows:
        mine = codes[row.eval_id]
        other = mine[(mine.index(row.code) + 1) % len(mine)]
        beside = shown[other].answer if other != row.code else ""
        cases.append(Case(shown[row.code].question, references[row.eval_id], shown[row.code].answer, beside))
    return cases
