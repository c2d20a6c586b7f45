"""The step that proves the adapter: every arm on the same unseen rows, served times, report, decision.

Reads eval_set, the incoming sample, training_set, lora_adapter and the champion from the ledger; writes eval_report.
Not here: what makes a model answer and what makes it a release (bundling).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from ft_pipeline import contracts
from ft_pipeline.records import Answer, EvalRow, IncomingRow, Score, TrainingRow, read_table, write_table
from ft_pipeline.steps.bundling import ANSWER_ALWAYS, Champion, Model, live_champion, make_answerer, make_bundle
from ft_pipeline.steps.judging import earlier_verdicts, make_judge
from ft_pipeline.steps.model import base_path
from ft_pipeline.steps.project import Progress, Project, silent
from ft_pipeline.steps.reporting import write_report
from ft_pipeline.store import MEASURED, TIMING, Version, hash_json, write_json

if TYPE_CHECKING:
    from ft_pipeline.evaluate import Trials


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
        return Model(choice=self.choice, adapter=self.adapter, training_set=self.training_set)

    @property
    def is_champion(self) -> bool:
        """The adapter under evaluation is the one that is served already."""
        return self.champion is not None and self.champion.adapter_hash == self.adapter.data_hash


def publish_eval_report(project: Project, *, progress: Progress = silent) -> Version:
    """Evaluates the newest adapter against base, look-up and champion, and decides."""
    from ft_pipeline.evaluate import Trials
    from ft_pipeline.evaluate.canaries import make_canaries
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
    judge = make_judge(task)
    verdicts = earlier_verdicts(task, judge)
    if judge is not None:  # a filled sheet may give it a voice: then the same model is judged anew
        inputs["judge"] = hash_json([judge.model, judge.prompt_version, sorted(verdicts)])
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
        trials = Trials(
            canaries=make_canaries(task.evaluation.canaries, seed=task.training.seed),
            judge=judge,
            judge_verdicts=verdicts,
        )
        return _evaluate(project, found, trials, folder=folder, progress=progress)

    return store.publish("eval_report", inputs=inputs, config=config, build=build)


def _evaluate(
    project: Project, found: Inputs, trials: Trials, *, folder: Path, progress: Progress
) -> Mapping[str, Any]:
    from ft_pipeline.evaluate import Contestants, as_json, evaluate
    from ft_pipeline.evaluate.canaries import SOURCE, is_planted
    from ft_pipeline.preparation import preparation_version
    from ft_pipeline.serve import write_bundle
    from ft_pipeline.serve.timing import time_answers

    started = monotonic()
    task = project.task
    if trials.judge is not None:
        trials.judge.check()  # before anything is loaded or asked
    rows = [row for row in read_table(found.eval_set.file("rows.parquet"), EvalRow) if row.source != SOURCE]
    incoming = [
        row for row in read_table(found.cleaned.file("incoming.parquet"), IncomingRow) if not is_planted(row.ticket_id)
    ]
    training = read_table(found.training_set.file("rows.parquet"), TrainingRow)
    base = base_path(found.choice)
    adapter = found.adapter.file("adapter")
    lexicon = found.model.lexicon
    challenger = make_answerer(project, base=base, adapter=adapter, lexicon=lexicon, threshold=ANSWER_ALWAYS)
    champion = None
    if found.champion:
        champion = make_answerer(
            project,
            base=found.champion.bundle.base,
            adapter=found.champion.bundle.adapter,
            lexicon=found.champion.bundle.lexicon,
            threshold=found.champion.bundle.threshold,
        )
    questions = [row.question for row in _spread(rows, task.evaluation.timed_questions)]
    answerers = {
        "base": make_answerer(project, base=base, adapter=None, lexicon=lexicon, threshold=ANSWER_ALWAYS),
        "challenger": challenger,
    }
    timings: dict[str, Sequence[float]] = {}
    for arm, answerer in answerers.items():
        progress(f"{arm}: timing {len(questions)} single answers over HTTP")
        bundle = make_bundle(project, found.model, answerer, threshold=ANSWER_ALWAYS, questions=questions)
        timings[arm] = time_answers(task, bundle, questions, work=project.folder / "work" / "timing" / arm)
    if found.champion and found.is_champion:
        timings["champion"] = timings["challenger"]
    elif found.champion:
        progress(f"champion: timing {len(questions)} single answers over HTTP")
        # Its questions are prepared by today's rules, as in the comparison: a gateway takes no release of older ones.
        served = found.champion.bundle.model_copy(update={"redaction_version": preparation_version()})
        timings["champion"] = time_answers(
            task, served, questions, work=project.folder / "work" / "timing" / "champion"
        )
    result = evaluate(
        rows,
        incoming,
        training,
        contestants=Contestants(
            base=answerers["base"],
            challenger=challenger,
            champion=champion,
            is_champion=found.is_champion,
        ),
        task=task,
        timings=timings,
        trials=trials,
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


def _as_of(project: Project) -> str:
    return str(project.store.need("raw_transcripts").facts["as_of"])


def _spread(rows: Sequence[EvalRow], number: int) -> list[EvalRow]:
    """`number` rows evenly spread over the evaluation set."""
    step = max(1, len(rows) // max(1, number))
    return list(rows[::step])[:number]


def _write_tables(folder: Path, *, answers: Sequence[Answer], scores: Sequence[Score], prefix: str = "") -> None:
    write_table(folder / f"{prefix}answers.parquet", [replace(answer, seconds=0.0) for answer in answers], Answer)
    write_table(folder / f"{prefix}scores.parquet", scores, Score)
