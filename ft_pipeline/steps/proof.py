"""The step that proves the adapter: every arm on the same unseen rows, served times, report, decision.

Reads eval_set, the incoming sample, training_set, lora_adapter and the champion from the ledger; writes eval_report.
Not here: what makes a model answer and what makes it a release (bundling).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from ft_pipeline import contracts
from ft_pipeline.records import Answer, EvalRow, IncomingRow, Score, TrainingRow, read_table, write_table
from ft_pipeline.steps.bundling import ANSWER_ALWAYS, Champion, Model, live_champion, make_answerer, make_bundle
from ft_pipeline.steps.model import base_path
from ft_pipeline.steps.project import Progress, Project, silent
from ft_pipeline.steps.reporting import write_report
from ft_pipeline.store import MEASURED, TIMING, Version, write_json
from ft_pipeline.task import Task

JUDGE_KEY = "FT_PIPELINE_JUDGE_KEY"  # environment variable with the key of the judge's server


@dataclass(frozen=True)
class Inputs:
    """The versions that an evaluation reads."""

    eval_set: Version
    cleaned: Version
    training_set: Version
    choice: Version
    adapter: Version
    champion: Champion | None

    @property
    def model(self) -> Model:
        """What is proven here."""
        return Model(choice=self.choice, adapter=self.adapter)


def publish_eval_report(project: Project, *, progress: Progress = silent) -> Version:
    """Evaluates the newest adapter against base, look-up and champion, and decides."""
    from ft_pipeline.preparation import preparation_version

    store, task = project.store, project.task
    found = Inputs(
        eval_set=store.need("eval_set"),
        cleaned=store.need("cleaned_qa_pairs"),
        training_set=store.need("training_set"),
        choice=store.need("base_model_choice"),
        adapter=store.need("lora_adapter"),
        champion=live_champion(project),
    )
    for version in (found.eval_set, found.cleaned, found.training_set):
        contracts.require_passing(version)
    inputs = {
        version.asset: version.data_hash
        for version in (found.eval_set, found.cleaned, found.training_set, found.choice, found.adapter)
    } | {"champion": found.champion.release_id if found.champion else ""}
    config = {
        "kpis": task.kpis.model_dump(mode="json"),
        "evaluation": task.evaluation.model_dump(mode="json"),
        "promotion": task.promotion.model_dump(mode="json"),
        "signature_required": task.deployment.signature_required,
        "handover_text": task.deployment.handover_text,
        "language": task.language,
        "system_prompt": task.system_prompt(),
        "preparation": preparation_version(),
    }

    def build(folder: Path) -> Mapping[str, Any]:
        return _evaluate(project, found, folder=folder, progress=progress)

    return store.publish("eval_report", inputs=inputs, config=config, build=build)


def _evaluate(project: Project, found: Inputs, *, folder: Path, progress: Progress) -> Mapping[str, Any]:
    from ft_pipeline.evaluate import Contestants, as_json, evaluate
    from ft_pipeline.evaluate.canaries import SOURCE, is_planted
    from ft_pipeline.serve import write_bundle
    from ft_pipeline.serve.timing import time_answers

    started = monotonic()
    task = project.task
    rows = [row for row in read_table(found.eval_set.file("rows.parquet"), EvalRow) if row.source != SOURCE]
    incoming = [
        row for row in read_table(found.cleaned.file("incoming.parquet"), IncomingRow) if not is_planted(row.ticket_id)
    ]
    training = read_table(found.training_set.file("rows.parquet"), TrainingRow)
    base = base_path(found.choice)
    adapter = found.adapter.file("adapter")
    challenger = make_answerer(project, base=base, adapter=adapter, threshold=ANSWER_ALWAYS)
    champion = None
    if found.champion:
        champion = make_answerer(
            project,
            base=found.champion.bundle.base,
            adapter=found.champion.bundle.adapter,
            threshold=found.champion.bundle.threshold,
        )
    questions = [row.question for row in _spread(rows, task.evaluation.timed_questions)]
    answerers = {
        "base": make_answerer(project, base=base, adapter=None, threshold=ANSWER_ALWAYS),
        "challenger": challenger,
    }
    timings: dict[str, Sequence[float]] = {}
    for arm, answerer in answerers.items():
        progress(f"{arm}: timing {len(questions)} single answers over HTTP")
        bundle = make_bundle(project, found.model, answerer, threshold=ANSWER_ALWAYS, questions=questions)
        timings[arm] = time_answers(task, bundle, questions, work=project.folder / "work" / "timing" / arm)
    result = evaluate(
        rows,
        incoming,
        training,
        contestants=Contestants(
            base=answerers["base"],
            challenger=challenger,
            champion=champion,
            is_champion=found.champion is not None and found.champion.adapter_hash == found.adapter.data_hash,
        ),
        task=task,
        timings=timings,
        trials=_trials(task),
        signature_required=task.deployment.signature_required,
        progress=progress,
    )
    bundle = make_bundle(project, found.model, challenger, threshold=result.threshold.value, questions=questions)
    as_of = _as_of(project)
    summary = as_json(result, task=task, release=bundle.release_id, as_of=as_of)
    _write_tables(folder, answers=result.answers, scores=[*result.scores, *result.side_scores])
    _write_tables(folder, answers=result.incoming_answers, scores=result.incoming_scores, prefix="incoming_")
    write_json(folder / "threshold.json", summary["threshold"])
    write_json(folder / MEASURED / "result.json", summary)
    write_json(folder / MEASURED / "timings.json", {arm: list(values) for arm, values in timings.items()})
    write_bundle(folder / MEASURED / "release", bundle)
    write_json(folder / TIMING, {"seconds": round(monotonic() - started, 1)})
    write_report(project, folder)
    return {"release_id": bundle.release_id, "verdict": summary["decision"]["verdict"], "as_of": as_of}


def _trials(task: Task) -> Any:
    """What else the challenger is tried with: the canaries that were planted, a judge where the task names one."""
    from ft_pipeline.evaluate import Trials
    from ft_pipeline.evaluate.canaries import make_canaries
    from ft_pipeline.evaluate.judge import LanguageModelJudge

    judge = task.evaluation.judge
    return Trials(
        canaries=make_canaries(task.evaluation.canaries, seed=task.training.seed),
        judge=LanguageModelJudge(judge.url, judge.model, os.environ.get(JUDGE_KEY, "")) if judge.url else None,
    )


def _as_of(project: Project) -> str:
    return str(project.store.need("raw_transcripts").facts["as_of"])


def _spread(rows: Sequence[EvalRow], number: int) -> list[EvalRow]:
    """`number` rows evenly spread over the evaluation set."""
    step = max(1, len(rows) // max(1, number))
    return list(rows[::step])[:number]


def _write_tables(folder: Path, *, answers: Sequence[Answer], scores: Sequence[Score], prefix: str = "") -> None:
    write_table(folder / f"{prefix}answers.parquet", [replace(answer, seconds=0.0) for answer in answers], Answer)
    write_table(folder / f"{prefix}scores.parquet", scores, Score)
