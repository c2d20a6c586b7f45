"""From published results to the report's files: what the page needs is read here, in one place.

Reads eval_report's folder, the versions above it, the ledger's interactions and ratings; writes report.html, report.md,
table.md and samples.md. Not here: evaluating (proof), how the page looks (report).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ft_pipeline import contracts
from ft_pipeline.records import Answer, EvalRow, QAPair, Score, TrainingRow, read_table
from ft_pipeline.steps.project import Project
from ft_pipeline.steps.reviewing import INBOX, SHEET, write_sheet
from ft_pipeline.store import CONTRACT_REPORT, MANIFEST, MEASURED, TIMING, Version, read_json, write_text

if TYPE_CHECKING:
    from ft_pipeline.report import Confirmed, Contract, Material, Sheet, Usage

_ASSETS = (
    "raw_transcripts",
    "cleaned_qa_pairs",
    "eval_set",
    "synthetic_augmentation",
    "training_set",
    "base_model_choice",
    "lora_adapter",
)


def write_report(project: Project, folder: Path) -> None:
    """Writes the report's files into an eval_report folder whose tables and result are there already."""
    from ft_pipeline import report

    draft = gather(project, folder)
    _give_out_sheet(project, folder, shown=frozenset(sample.eval_id for sample in draft.samples))
    material = replace(draft, sheet=_sheet(folder))
    language = material.language
    measured = folder / MEASURED
    write_text(measured / "report.md", report.report_markdown(material))
    write_text(measured / "report.html", report.report_html(material))
    write_text(measured / "table.md", report.table_markdown(material.result, language=language))
    write_text(measured / "samples.md", report.samples_markdown(list(material.samples), language=language))


def render_page(project: Project) -> str:
    """The newest report's page, made anew with prices and people as they stand in task.yaml now."""
    from ft_pipeline import report

    folder = project.store.need("eval_report").path
    return report.report_html(replace(gather(project, folder), sheet=_sheet(folder)))


def gather(project: Project, folder: Path) -> Material:
    """Everything on the report page, from manifests, results and task.yaml as it is now."""
    from ft_pipeline import report

    task = project.task
    result: dict[str, Any] = read_json(folder / MEASURED / "result.json")
    versions = _versions(project, folder)
    adapter, cleaned = versions["lora_adapter"], versions["cleaned_qa_pairs"]
    answers = read_table(folder / "answers.parquet", Answer)
    rows = _asked(versions["eval_set"], answers)
    scores = deciding_scores(read_table(folder / "scores.parquet", Score), task.evaluation.scorer)
    return report.Material(
        result=result,
        language=task.language,
        task=task,
        samples=report.pick_samples(rows, answers, scores, n=task.evaluation.samples, seed=task.training.seed),
        intents=report.intent_lines(rows, scores),
        mistakes=report.group_mistakes(
            rows,
            answers,
            scores,
            training=read_table(versions["training_set"].file("rows.parquet"), TrainingRow),
            pairs=read_table(cleaned.file("pairs.parquet"), QAPair),
        ),
        funnel=[(str(name), int(count)) for name, count in cleaned.facts["funnel"]],
        history=read_json(adapter.file("history.json")),
        best_epoch=int(adapter.facts.get("best_epoch", 0)),
        training_words=str(adapter.facts.get(f"reason_{task.language}") or ""),
        curve=_curve(rows, answers, scores),
        facts={asset: version.facts for asset, version in versions.items()},
        contracts={asset: _contract(version) for asset, version in versions.items() if _is_checked(version)},
        sheet=_sheet(folder),
        confirmed=_confirmed(project),
        usage=_usage(project, folder, adapter, answers, rows),
    )


def deciding_scores(scores: Sequence[Score], scorer: str) -> list[Score]:
    """The scores of the scorer that defines "correct"; all of them where it is named otherwise."""
    return [score for score in scores if score.scorer == scorer] or list(scores)


def _curve(rows: Sequence[EvalRow], answers: Sequence[Answer], scores: Sequence[Score]) -> list[Mapping[str, float]]:
    from ft_pipeline.evaluate.threshold import curve

    judged = [row.eval_id for row in rows if row.kind != "out_of_scope" and row.reference.strip()]
    confidences = {answer.eval_id: answer.confidence for answer in answers if answer.arm == "challenger"}
    verdicts = {score.eval_id: bool(score.value) for score in scores if score.arm == "challenger"}
    points = curve([confidences[name] for name in judged], [verdicts[name] for name in judged])
    return [asdict(point) for point in points]


def _is_checked(version: Version) -> bool:
    return (version.path / CONTRACT_REPORT).is_file()


def _contract(version: Version) -> Contract:
    from ft_pipeline.report import Contract

    results = contracts.read_report(version).results
    failed = tuple(result.rule for result in results if result.status == "failed")
    return Contract(passed=sum(result.status == "passed" for result in results), failed=failed)


def _asked(eval_set: Version, answers: Sequence[Answer]) -> list[EvalRow]:
    """The rows that were asked as questions; planted canaries are asked in another way."""
    asked = {answer.eval_id for answer in answers}
    return [row for row in read_table(eval_set.file("rows.parquet"), EvalRow) if row.eval_id in asked]


def _give_out_sheet(project: Project, folder: Path, *, shown: frozenset[str]) -> None:
    versions = _versions(project, folder)
    answers = read_table(folder / "answers.parquet", Answer)
    write_sheet(
        project,
        folder,
        adapter_hash=versions["lora_adapter"].data_hash,
        rows=_asked(versions["eval_set"], answers),
        answers=answers,
        scores=deciding_scores(read_table(folder / "scores.parquet", Score), project.task.evaluation.scorer),
        shown=shown,
    )


def _sheet(folder: Path) -> Sheet | None:
    from ft_pipeline.report import Sheet

    path = folder / SHEET / "sheet.json"
    if not path.is_file():
        return None
    data = read_json(path)
    questions = {row["code"].split("-")[0] for row in data["rows"]}
    return Sheet(sheet_id=data["sheet_id"], questions=len(questions), answers=len(data["rows"]), folder=INBOX)


def _versions(project: Project, folder: Path) -> dict[str, Version]:
    """The versions that this evaluation read; the newest ones while it is being built."""
    manifest = folder / MANIFEST
    inputs = read_json(manifest)["inputs"] if manifest.is_file() else {}
    found = {}
    for asset in _ASSETS:
        used = [version for version in project.store.versions(asset) if version.data_hash == inputs.get(asset)]
        version = used[-1] if used else project.store.latest(asset)
        if version is not None:
            found[asset] = version
    return found


def _confirmed(project: Project) -> Confirmed:
    """Counted in the ledger: a rating counts once per answer, the newest one, and not for a ticket opened again."""
    from ft_pipeline.ledger import Ledger, ledger_url
    from ft_pipeline.report import Confirmed

    name = project.task.name
    ledger = Ledger(ledger_url(project.task)).open()
    asked = ledger.interactions(name)
    answered = {item.interaction_id: item for item in asked if not item.handed_over}
    newest = {rating.interaction_id: rating.value for rating in reversed(ledger.ratings(name))}
    ledger.close()
    rated = {key: value for key, value in newest.items() if key in answered}
    until = _reopened(project) if any(item.ticket_id for item in answered.values()) else {}
    again = {key for key, item in answered.items() if item.ticket_id and until.get(item.ticket_id, "") > item.at}
    return Confirmed(
        asked=len(asked),
        answered=len(answered),
        rated=len(rated),
        rated_right=sum(value == 1 and key not in again for key, value in rated.items()),
        reopened=len(again),
        since=min((item.at for item in asked), default=""),
    )


def _reopened(project: Project) -> dict[str, str]:
    """Tickets that the newest transcripts call reopened, with the time of their last message.

    A message after the model's answer means that the ticket was opened again after it.
    """
    import pyarrow.parquet as pq

    raw = project.store.latest("raw_transcripts")
    if raw is None:
        return {}
    table = pq.read_table(raw.file("turns.parquet"), columns=["ticket_id", "created_at", "status"])
    found: dict[str, str] = {}
    for ticket_id, created_at, status in zip(*(table[name].to_pylist() for name in table.column_names), strict=True):
        if status == "reopened":
            found[ticket_id] = max(found.get(ticket_id, ""), created_at)
    return found


def _usage(
    project: Project, folder: Path, adapter: Version, answers: Sequence[Answer], rows: Sequence[EvalRow]
) -> Usage:
    from ft_pipeline.report import Usage

    timing = read_json(adapter.file(TIMING)) if (adapter.path / TIMING).is_file() else {}
    own = read_json(folder / TIMING) if (folder / TIMING).is_file() else {}
    texts = [answer.text for answer in answers if answer.arm == "challenger"]
    prompt = len(project.task.system_prompt())
    return Usage(
        training_s=float(timing.get("seconds", 0.0)),
        evaluation_s=float(own.get("seconds", 0.0)),
        cores=int(timing.get("threads", 1)),
        gpu=str(timing.get("gpu", "")),
        question_chars=prompt + sum(len(row.question) for row in rows) / max(1, len(rows)),
        answer_chars=sum(map(len, texts)) / max(1, len(texts)),
    )
