"""The step that proves the adapter: every arm on the same unseen rows, served times, report, decision.

Reads eval_set, the incoming sample, training_set, lora_adapter and the champion from the ledger; writes eval_report
and the release bundle that `deployed_endpoint` may serve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ft_pipeline import contracts
from ft_pipeline.answering import Answerer
from ft_pipeline.records import Answer, EvalRow, IncomingRow, Score, TrainingRow, read_table, write_table
from ft_pipeline.serve import Bundle, Parity
from ft_pipeline.steps.model import base_path
from ft_pipeline.steps.project import Progress, Project, silent
from ft_pipeline.store import MEASURED, Version, hash_json, read_json, write_json, write_text
from ft_pipeline.task import Task

ANSWER_ALWAYS = -1e9  # a threshold below every confidence; JSON has no minus infinity
_PARITY_QUESTIONS = 5


@dataclass(frozen=True)
class Champion:
    """The release that is served now."""

    release_id: str
    adapter_hash: str
    bundle: Bundle


@dataclass(frozen=True)
class Inputs:
    """The versions that an evaluation reads."""

    eval_set: Version
    cleaned: Version
    training_set: Version
    choice: Version
    adapter: Version
    champion: Champion | None


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
        champion=_champion(project),
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
        "handover_text": task.deployment.handover_text,
        "language": task.language,
        "system_prompt": task.system_prompt(),
        "preparation": preparation_version(),
    }

    def build(folder: Path) -> Mapping[str, Any]:
        return _evaluate(project, found, folder=folder, progress=progress)

    return store.publish("eval_report", inputs=inputs, config=config, build=build)


def release_bundle(report: Version) -> Path:
    """The folder that the gateway loads to serve what this report judged."""
    return report.path / MEASURED / "release"


def _evaluate(project: Project, found: Inputs, *, folder: Path, progress: Progress) -> Mapping[str, Any]:
    from ft_pipeline.evaluate import Contestants, as_json, evaluate
    from ft_pipeline.serve import write_bundle
    from ft_pipeline.serve.timing import time_answers

    task = project.task
    rows = read_table(found.eval_set.file("rows.parquet"), EvalRow)
    incoming = read_table(found.cleaned.file("incoming.parquet"), IncomingRow)
    training = read_table(found.training_set.file("rows.parquet"), TrainingRow)
    base = base_path(found.choice)
    adapter = found.adapter.file("adapter")
    challenger = _answerer(project, base=base, adapter=adapter, threshold=ANSWER_ALWAYS)
    champion = None
    if found.champion:
        champion = _answerer(
            project,
            base=found.champion.bundle.base,
            adapter=found.champion.bundle.adapter,
            threshold=found.champion.bundle.threshold,
        )
    questions = [row.question for row in _spread(rows, task.evaluation.timed_questions)]
    answerers = {"base": _answerer(project, base=base, adapter=None, threshold=ANSWER_ALWAYS), "challenger": challenger}
    timings: dict[str, Sequence[float]] = {}
    for arm, answerer in answerers.items():
        progress(f"{arm}: timing {len(questions)} single answers over HTTP")
        bundle = _bundle(project, found, answerer, threshold=ANSWER_ALWAYS, questions=questions)
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
        progress=progress,
    )
    bundle = _bundle(project, found, challenger, threshold=result.threshold.value, questions=questions)
    as_of = _as_of(project)
    summary = as_json(result, task=task, release=bundle.release_id, as_of=as_of)
    _write_tables(folder, answers=result.answers, scores=result.scores)
    _write_tables(folder, answers=result.incoming_answers, scores=result.incoming_scores, prefix="incoming_")
    write_json(folder / "threshold.json", summary["threshold"])
    write_json(folder / MEASURED / "result.json", summary)
    write_json(folder / MEASURED / "timings.json", {arm: list(values) for arm, values in timings.items()})
    write_bundle(folder / MEASURED / "release", bundle)
    _write_report(project, found, folder=folder, rows=rows, result=result, summary=summary)
    return {"release_id": bundle.release_id, "verdict": summary["decision"]["verdict"], "as_of": as_of}


def _answerer(project: Project, *, base: Path, adapter: Path | None, threshold: float) -> Answerer:
    from ft_pipeline.engines import load_engine

    task = project.task
    return Answerer(
        engine=load_engine(base, adapter=adapter, threads=task.training.threads),
        redact=project.prepare,
        system_prompt=task.system_prompt(),
        threshold=threshold,
        handover_text=task.deployment.handover_text,
        max_answer_tokens=task.evaluation.max_answer_tokens,
    )


def _bundle(
    project: Project, found: Inputs, answerer: Answerer, *, threshold: float, questions: Sequence[str]
) -> Bundle:
    """What the gateway needs to serve a model, with answers that it has to reproduce before it switches."""
    from ft_pipeline.preparation import preparation_version
    from ft_pipeline.serve.bundle import ask_parity

    task = project.task
    adapter = found.adapter.file("adapter") if answerer.engine.model_hash != found.choice.facts["base_hash"] else None
    settings: dict[str, Any] = {
        "task": task.name,
        "threshold": threshold,
        "handover_text": task.deployment.handover_text,
        "system_prompt": task.system_prompt(),
        "own_contacts": task.data.own_contacts,
        "redaction_version": preparation_version(),
        "max_answer_tokens": task.evaluation.max_answer_tokens,
    }
    release_id = f"{task.name}-{hash_json([settings, answerer.engine.model_hash])[:12]}"
    draft = Bundle(
        release_id=release_id,
        base=base_path(found.choice),
        adapter=adapter,
        parity=(Parity(question="draft", answer=""),),
        **settings,
    )
    masked = [project.prepare(question) for question in questions[:_PARITY_QUESTIONS]]
    return draft.model_copy(update={"parity": ask_parity(answerer.engine, draft, masked)})


def _champion(project: Project) -> Champion | None:
    from ft_pipeline.ledger import Ledger, ledger_url
    from ft_pipeline.serve import read_bundle

    name = project.task.name
    ledger = Ledger(ledger_url(project.task)).open()
    live = ledger.live(name)
    release = ledger.release(name, live.release_id) if live else None
    ledger.close()
    if release is None:
        return None
    return Champion(release.release_id, release.adapter_hash, read_bundle(Path(release.bundle)))


def _as_of(project: Project) -> str:
    return str(project.store.need("raw_transcripts").facts["as_of"])


def _spread(rows: Sequence[EvalRow], number: int) -> list[EvalRow]:
    """`number` rows evenly spread over the evaluation set."""
    step = max(1, len(rows) // max(1, number))
    return list(rows[::step])[:number]


def _write_tables(folder: Path, *, answers: Sequence[Answer], scores: Sequence[Score], prefix: str = "") -> None:
    write_table(folder / f"{prefix}answers.parquet", [replace(answer, seconds=0.0) for answer in answers], Answer)
    write_table(folder / f"{prefix}scores.parquet", scores, Score)


def _write_report(
    project: Project, found: Inputs, *, folder: Path, rows: Sequence[EvalRow], result: Any, summary: Mapping[str, Any]
) -> None:
    from ft_pipeline import report

    task: Task = project.task
    samples = report.pick_samples(
        rows, result.answers, result.scores, n=task.evaluation.samples, seed=task.training.seed
    )
    parts: dict[str, Any] = {
        "samples": samples,
        "funnel": [(str(name), int(count)) for name, count in found.cleaned.facts["funnel"]],
        "history": read_json(found.adapter.file("history.json")),
        "training_words": found.adapter.facts.get(f"words_{task.language}", ""),
        "curve": [asdict(point) for point in result.curve],
        "language": task.language,
    }
    write_text(folder / MEASURED / "report.md", report.report_markdown(summary, **parts))
    write_text(folder / MEASURED / "report.html", report.report_html(summary, **parts))
    write_text(folder / MEASURED / "table.md", report.table_markdown(summary, language=task.language))
    write_text(folder / MEASURED / "samples.md", report.samples_markdown(samples, language=task.language))
