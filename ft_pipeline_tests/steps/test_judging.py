"""A judge is compared with the humans who filled in blind sheets, and trusted only as the very judge it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ft_pipeline.evaluate import Trials
from ft_pipeline.evaluate.judge import LanguageModelJudge
from ft_pipeline.ledger import JudgeCheck, Ledger, ledger_url
from ft_pipeline.report.judge import judge_words
from ft_pipeline.review import Question, ReviewError, check, make_sheet, read_workbook, write_workbook
from ft_pipeline.steps import open_project, reviewing
from ft_pipeline.steps.judging import compare, earlier_verdicts, judge_sheet, make_judge
from ft_pipeline.store import read_json
from ft_pipeline.task import Evaluation, Judge
from ft_pipeline_tests.defs.test_signature import World
from ft_pipeline_tests.evaluate.test_judge import Server, honest
from ft_pipeline_tests.evaluate.test_judge import serve as serve
from ft_pipeline_tests.evaluate.trial import WRONG, make_task, trial

Serve = Callable[[Callable[[dict[str, str]], str]], Server]
QUESTIONS = [
    Question(
        f"e{number}",
        f"Сколько стоит доставка {number}?",
        {"base": f"Не знаю, {number}.", "challenger": f"250 рублей, номер {number}.", "human": f"250 ₽ за {number}."},
    )
    for number in range(10)
]
PLACES = ("first", "second")
REFERENCES = {question.eval_id: question.answers["human"] for question in QUESTIONS}


def a_check(review_id: str, **changes: Any) -> JudgeCheck:
    return replace(JudgeCheck("trial", review_id, "judge", "p1", 20, 1, 1, 8), **changes)


def test_the_judge_is_asked_about_every_answer_of_a_model_and_compared_with_the_human(
    serve: Serve, tmp_path: Path
) -> None:
    sheet, key = make_sheet(QUESTIONS, task="trial", release_id="r1", adapter_hash="a", language="ru", secret="s")
    judge, kept = LanguageModelJudge(serve(honest).url, "judge"), tmp_path / "sheet.judge.json"
    judge_sheet(judge, sheet, key, REFERENCES, kept)
    assert len(read_json(kept)["verdicts"]) == 20 and kept.stat().st_mode & 0o077 == 0
    write_workbook(sheet, tmp_path / "filled.xlsx")
    book = openpyxl.load_workbook(tmp_path / "filled.xlsx")
    for place, row in enumerate(sheet.rows, 2):  # the human does not believe the first of the challenger's answers
        is_right = row.answer.startswith("250") and not row.answer.endswith("номер 0.")
        book["Ответы"].cell(place, 4).value = "верно" if is_right else "неверно"
    book["Подпись"]["B4"], book["Подпись"]["B5"] = "Анна Петрова", "выпускать"
    book.save(tmp_path / "filled.xlsx")
    verdicts = check(read_workbook(tmp_path / "filled.xlsx", "ru"), sheet).verdicts
    found = compare("trial", "review", verdicts, kept)
    assert found == JudgeCheck("trial", "review", "judge", judge.prompt_version, 9, 0, 1, 10)


def test_without_a_judge_or_with_an_unreachable_one_there_is_nothing_to_compare(tmp_path: Path) -> None:
    sheet, key = make_sheet(QUESTIONS, task="trial", release_id="r1", adapter_hash="a", language="ru", secret="s")
    assert compare("trial", "review", {}, tmp_path / "missing.judge.json") is None
    kept = tmp_path / "sheet.judge.json"
    judge_sheet(LanguageModelJudge("http://127.0.0.1:1/v1", "judge"), sheet, key, REFERENCES, kept)
    assert "check evaluation.judge" in read_json(kept)["problem"]
    assert compare("trial", "review", {row.code: "right" for row in sheet.rows}, kept) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"verdicts": {}}'])
def test_damaged_verdicts_of_the_judge_are_named_and_nothing_is_compared(content: str, tmp_path: Path) -> None:
    (tmp_path / "sheet.judge.json").write_text(content, encoding="utf-8")
    with pytest.raises(ReviewError, match="restore the file from a backup"):
        compare("trial", "review", {"a": "right"}, tmp_path / "sheet.judge.json")


@pytest.mark.parametrize(
    ("model", "prompt", "expected"), [("judge", "p1", 60), ("another", "p1", 0), ("judge", "p2", 0)]
)
def test_another_judge_or_another_instruction_starts_at_nothing(
    model: str, prompt: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Evaluation(judge=Judge(url="http://127.0.0.1:1/v1", model=model))
    task = make_task().model_copy(update={"store": tmp_path, "evaluation": settings})
    ledger = Ledger(ledger_url(task)).open()
    for review in ("one", "two", "two"):  # the same sheet twice counts once
        ledger.record_judge_check(a_check(review))
    ledger.close()
    monkeypatch.setattr(LanguageModelJudge, "prompt_version", prompt)
    assert len(earlier_verdicts(task, make_judge(task))) == expected
    assert earlier_verdicts(task, None) == []


@pytest.mark.parametrize(
    ("check_of", "may_gate"), [((40, 2, 2, 16), True), ((30, 1, 1, 8), False), ((20, 20, 5, 15), False)]
)
def test_the_judge_decides_only_after_fifty_verdicts_that_it_shares(
    check_of: tuple[int, int, int, int], may_gate: bool, serve: Serve
) -> None:
    server = serve(lambda _: json.dumps({"first_is_right": False, "second_is_right": False, "reason": "no"}))
    judge = LanguageModelJudge(server.url, "judge")
    pairs = JudgeCheck("trial", "r", "judge", judge.prompt_version, *check_of).pairs
    found = trial(trials=Trials(judge=judge, judge_verdicts=pairs))
    assert found.judgement is not None and found.judgement.may_gate is may_gate
    assert found.judgement.human_verdicts == sum(check_of)
    assert (found.judgement.model, found.judgement.prompt_version) == ("judge", judge.prompt_version)
    assert (found.decision.verdict == "promote") is not may_gate  # it finds every answer wrong


def test_a_filled_sheet_that_comes_back_is_compared_and_kept_in_the_ledger(serve: Serve, tmp_path: Path) -> None:
    server = serve(lambda shown: json.dumps({f"{name}_is_right": shown[f"{name}_answer"] != WRONG for name in PLACES}))
    settings = Evaluation(review_questions=6, judge=Judge(url=server.url, model="judge"))
    task = make_task().model_copy(update={"store": tmp_path, "evaluation": settings})
    world = World(task, open_project(task), instance=None)  # type: ignore[arg-type]
    report = world.evaluate("r1", "weights")
    reviewing.import_sheet(world.project, world.fill(report, "filled.xlsx"))
    reviewing.import_sheet(world.project, world.fill(report, "filled.xlsx"))
    pairs = earlier_verdicts(task, make_judge(task))
    assert len(pairs) >= 6 and all(mine == theirs for mine, theirs in pairs)
    assert not list(report.path.rglob("*judge*"))  # the sheet's reader stays blind


def test_the_judge_counts_the_answers_that_the_kpi_speaks_of(serve: Serve) -> None:
    def picky(shown: dict[str, str]) -> str:
        return json.dumps({f"{name}_is_right": shown[f"{name}_answer"] != WRONG for name in PLACES})

    def judged(**kpis: object) -> Any:
        judge = LanguageModelJudge(serve(picky).url, "judge")
        places = range(0, 120, 2)  # wrong, and handed over
        task = make_task(**kpis)
        return trial(wrong=places, unsure=places, task=task, trials=Trials(judge=judge)).judgement

    of_given, of_all = judged(correct_of="answers_given"), judged(correct_of="all_questions")
    assert of_given.right.share == 1.0 and of_given.right.n < of_given.judged
    assert of_all.right.n == of_all.judged and of_all.right.share < 0.7


def test_a_trusted_judge_whose_verdicts_cannot_be_read_lets_nothing_pass(serve: Serve) -> None:
    judge = LanguageModelJudge(serve(lambda _: "Both are fine!").url, "judge")
    pairs = JudgeCheck("trial", "r", "judge", judge.prompt_version, 40, 1, 1, 18).pairs
    found = trial(trials=Trials(judge=judge, judge_verdicts=pairs))
    assert [(reason.rule, reason.observed) for reason in found.decision.reasons] == [("judge_agrees", "no rows")]


@pytest.mark.parametrize(("language", "word"), [("ru", "только советует"), ("en", "only advises")])
def test_the_report_says_who_judged_how_and_how_far_it_counts(language: Any, word: str) -> None:
    share = {"share": 0.9, "low": 0.8, "high": 0.95, "n": 100}
    found = {
        "judged": 100, "unscored": 3, "right": share, "kappa_with_humans": 0.41, "human_verdicts": 60,
        "may_gate": False, "model": "big-one", "prompt_version": "abc",
    }  # fmt: skip
    words = judge_words({"judge": found}, language)
    assert word in words and "big-one" in words and "abc" in words and "60" in words
    assert "0,41" in words if language == "ru" else "0.41" in words
    assert word not in judge_words({"judge": found | {"may_gate": True}}, language)
    assert judge_words({"judge": None}, language) == judge_words({}, language) == ""
