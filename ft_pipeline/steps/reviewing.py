"""The blind sheet on its way: given out with an evaluation, dropped into the inbox, checked, unblinded, recorded.

Reads eval_report's tables and `reviews/inbox/`; writes the sheet beside the report, the key apart from it in
`reviews/keys/`, reviews to the ledger, accepted files to `reviews/accepted/`. Not here: what is on a sheet and whether
it is complete (review), what a signature allows (release).
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ft_pipeline.ledger import Ledger, Review, ledger_url
from ft_pipeline.records import Answer, EvalRow, Score, read_table, shown_question
from ft_pipeline.steps.judging import compare, judge_sheet, make_judge
from ft_pipeline.steps.project import Project
from ft_pipeline.steps.registering import judged_adapter, read_result, register_release
from ft_pipeline.store import MEASURED, Version, hash_file, read_json, write_json, write_text

if TYPE_CHECKING:
    from ft_pipeline.review import BlindSheet, CheckedReview, DeployDecision, FilledSheet, Key, Question, Unblinded

INBOX = "reviews/inbox"
SHEET = f"{MEASURED}/review"  # folder inside an eval_report version
REASON_ENDING = ".not-accepted.txt"
_ARMS = ("base", "champion", "challenger")
_FILLED = {".xlsx", ".json"}


@dataclass(frozen=True)
class Arrival:
    """A file in the inbox."""

    path: Path
    review_id: str
    problem: str  # "" = it can be accepted


@dataclass(frozen=True)
class Taken:
    """What became of the inbox."""

    accepted: tuple[Review, ...]
    refused: tuple[Arrival, ...]


def write_sheet(
    project: Project,
    folder: Path,
    *,
    adapter_hash: str,
    rows: Sequence[EvalRow],
    answers: Sequence[Answer],
    scores: Sequence[Score],
    shown: frozenset[str],
) -> BlindSheet | None:
    """Draws the questions, shuffles, writes sheet and key; None where task.yaml asks for no questions.

    Args:
        project: of the task.
        folder: of the eval_report version that is being built.
        adapter_hash: content hash of the judged adapter.
        rows: all evaluation rows.
        answers: of all arms.
        scores: of the scorer that defines "correct".
        shown: eval ids that the report page shows; a reader of the page would not be blind to them.
    """
    from ft_pipeline import report, review

    task = project.task
    judged = [row for row in rows if row.kind != "out_of_scope" and row.reference.strip() and row.eval_id not in shown]
    drawn = report.pick_samples(judged, answers, scores, n=task.evaluation.review_questions, seed=task.training.seed)
    if not drawn or not task.evaluation.review_questions:
        return None
    sheet, key = review.make_sheet(
        _questions(judged, answers, frozenset(sample.eval_id for sample in drawn)),
        task=task.name,
        release_id=str(read_json(folder / MEASURED / "result.json")["release"]),
        adapter_hash=adapter_hash,
        language=task.language,
        secret=_secret(project),
    )
    write_json(folder / SHEET / "sheet.json", sheet.as_dict())
    write_text(folder / SHEET / "sheet.html", review.form_html(sheet))
    review.write_workbook(sheet, folder / SHEET / "sheet.xlsx")
    _keep_apart(_key_file(project, sheet.sheet_id), key)
    judge = make_judge(task)
    if judge is not None:
        references = {row.eval_id: row.reference for row in judged}
        judge_sheet(judge, sheet, key, references, _judge_file(project, sheet.sheet_id))
    (project.folder / INBOX).mkdir(parents=True, exist_ok=True)
    return sheet


def export_sheet(project: Project, target: Path) -> list[Path]:
    """Copies the newest sheet (XLSX and HTML) into a folder; a file that is there already is left alone.

    Raises:
        ReviewError: the newest evaluation gave out no sheet, or another file has that name.
    """
    from ft_pipeline.review import ReviewError

    report = project.store.need("eval_report")
    sheet = given_sheet(report)
    target.mkdir(parents=True, exist_ok=True)
    copied = []
    for ending in ("xlsx", "html"):
        source, copy = report.file(f"{SHEET}/sheet.{ending}"), target / f"review-{sheet.sheet_id}.{ending}"
        if copy.exists() and hash_file(copy) != hash_file(source):
            raise ReviewError(
                f"{copy} exists and is not the empty sheet (somebody may have begun to fill it in); nothing was "
                "written; name another folder"
            )
        shutil.copyfile(source, copy)
        copied.append(copy)
    return copied


def given_sheet(report: Version) -> BlindSheet:
    """The sheet that an evaluation gave out.

    Raises:
        ReviewError: it gave out none.
    """
    from ft_pipeline.review import BlindSheet, ReviewError

    path = report.path / SHEET / "sheet.json"
    if not path.is_file():
        raise ReviewError(
            f"eval_report {report.key} has no blind sheet; expected evaluation.review_questions above 0 in task.yaml; "
            "set it and materialize eval_report again"
        )
    return BlindSheet.from_dict(read_json(path))


def import_sheet(project: Project, path: Path, *, signer: str = "") -> Review:
    """Checks one filled sheet, unblinds it and records it in the ledger; the same file again is the same review.

    Raises:
        ReviewError: the file cannot be accepted; nothing was recorded.
    """
    from ft_pipeline import review

    report = project.store.need("eval_report")
    sheet = given_sheet(report)
    checked = review.check(_read(path, sheet.language), sheet, signer=signer)
    found = review.unblind(checked, _key(project, sheet.sheet_id), _scores(project, report))
    ledger = Ledger(ledger_url(project.task)).open()
    register_release(project, report, ledger)
    new = _as_review(project, report, path, checked, found)
    check = compare(new.task, new.review_id, checked.verdicts, _judge_file(project, sheet.sheet_id))
    recorded = ledger.record_review(new)
    if check is not None:
        ledger.record_judge_check(check)
    ledger.close()
    _archive(project, path, recorded.review_id)
    return recorded


def look_at_inbox(project: Project, report: Version) -> list[Arrival]:
    """Every filled sheet in the inbox, with the reason where it cannot be accepted; a note beside it says the same."""
    from ft_pipeline import review

    folder = project.folder / INBOX
    arrivals = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix.lower() not in _FILLED or path.name.startswith((".", "~$")) or not path.is_file():
            continue
        problem = ""
        try:
            review.check(_read(path, project.task.language), given_sheet(report))
        except review.ReviewError as error:
            problem = str(error)
        _note(path, problem)
        arrivals.append(Arrival(path, hash_file(path)[:16], problem))
    return arrivals


def take_in(project: Project, report: Version) -> Taken:
    """Records every acceptable sheet of the inbox and moves its file to `reviews/accepted/`."""
    accepted, refused = [], []
    for arrival in look_at_inbox(project, report):
        if arrival.problem:
            refused.append(arrival)
            continue
        accepted.append(import_sheet(project, arrival.path))
        arrival.path.unlink()
    return Taken(tuple(accepted), tuple(refused))


def signature_state(project: Project, *, is_running: bool) -> DeployDecision:
    """Whether the job `deploy` is due because of a signature; records nothing."""
    from ft_pipeline.review import decide_deploy

    task, report = project.task, project.store.latest("eval_report")
    if is_running or report is None:
        return decide_deploy(release_id="", arrived=(), problems=(), signed="", is_waiting=False, is_running=is_running)
    result = read_result(report)
    release_id, verdict = str(result["release"]), result["decision"]["verdict"]
    arrivals = look_at_inbox(project, report)
    ledger = Ledger(ledger_url(task)).open()
    desired, review = ledger.desired(task.name), standing_review(project, report, ledger)
    ledger.close()
    must_sign = verdict == "wait_for_signature" or (verdict == "promote" and task.deployment.signature_required)
    is_wanted = desired is not None and desired.release_id == release_id
    return decide_deploy(
        release_id=release_id,
        arrived=[arrival.review_id for arrival in arrivals if not arrival.problem],
        problems=[arrival.problem for arrival in arrivals if arrival.problem],
        signed=review.review_id if review is not None and review.decision == "approve" else "",
        is_waiting=must_sign and not is_wanted,
        is_running=False,
    )


def standing_review(project: Project, report: Version, ledger: Ledger) -> Review | None:
    """The newest review of exactly this release and this adapter, or None."""
    release_id, adapter = str(read_result(report)["release"]), judged_adapter(report)
    reviews = ledger.reviews(project.task.name, release_id)
    return next((review for review in reviews if review.adapter_hash == adapter), None)


def sheet_line(project: Project) -> str:
    """Where the newest sheet is and where the filled one goes, in a line."""
    report = project.store.need("eval_report")
    sheet = given_sheet(report)
    return (
        f"sheet {sheet.sheet_id} of release {sheet.release_id}: {len(sheet.rows)} answers in {report.path / SHEET}; "
        f"put the filled file into {project.folder / INBOX}"
    )


def review_line(review: Review) -> str:
    """A signed review in a line."""
    counts = "; ".join(
        f"{arm} {found.get('right', 0)} of {sum(found.values())} right" for arm, found in review.counts.items()
    )
    kappa = "—" if review.kappa is None else f"{review.kappa:.2f}"
    return (
        f"{review.at}  {review.release_id}  {review.decision} by {review.signer}  "
        f"kappa {kappa} (n = {review.kappa_answers})  {counts}"
    )


def _questions(rows: Sequence[EvalRow], answers: Sequence[Answer], drawn: frozenset[str]) -> list[Question]:
    from ft_pipeline.review import Question

    said = {(answer.eval_id, answer.arm): answer.text for answer in answers}
    return [
        Question(
            row.eval_id,
            shown_question(row.question, row.context),
            {arm: said[row.eval_id, arm] or "—" for arm in _ARMS if (row.eval_id, arm) in said}
            | {"human": row.reference},
        )
        for row in rows
        if row.eval_id in drawn
    ]


def _read(path: Path, language: str) -> FilledSheet:
    from ft_pipeline import review

    if not path.is_file():
        raise review.ReviewError(f"{path}: no such file; name the filled sheet (.xlsx, or .json from the HTML sheet)")
    if path.suffix.lower() == ".xlsx":
        return review.read_workbook(path, language)
    if path.suffix.lower() == ".json":
        return review.read_form(path, language)
    raise review.ReviewError(
        f"{path.name}: found {path.suffix or 'no ending'}; expected .xlsx, or the .json that the HTML sheet saves; "
        "save it in one of these forms"
    )


def _as_review(
    project: Project,
    report: Version,
    path: Path,
    checked: CheckedReview,
    found: Unblinded,
) -> Review:
    return Review(
        task=project.task.name,
        review_id=hash_file(path)[:16],
        release_id=checked.release_id,
        adapter_hash=checked.adapter_hash,
        eval_report=report.key,
        sheet_id=checked.sheet_id,
        signer=checked.signer,
        decision=checked.decision,
        remark=project.redact(checked.remark),
        counts=found.counts,
        kappa=found.agreement.kappa,
        kappa_answers=found.agreement.n,
    )


def _scores(project: Project, report: Version) -> list[Score]:
    scorer = project.task.evaluation.scorer
    scores = read_table(report.file("scores.parquet"), Score)
    return [score for score in scores if score.scorer == scorer] or scores


def _secret(project: Project) -> str:
    """What the order on every sheet of this store depends on; made once, readable by its owner only."""
    path = project.folder / "reviews" / "secret"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return path.read_text(encoding="ascii").strip()


def _key_file(project: Project, sheet_id: str) -> Path:
    return project.folder / "reviews" / "keys" / f"{sheet_id}.json"


def _judge_file(project: Project, sheet_id: str) -> Path:
    return _key_file(project, sheet_id).with_suffix(".judge.json")


def _key(project: Project, sheet_id: str) -> Key:
    from ft_pipeline.review import Key, ReviewError

    path = _key_file(project, sheet_id)
    if not path.is_file():
        raise ReviewError(
            f"the key of sheet {sheet_id} is missing ({path}); without it nobody can say whose answers these are; "
            "restore it from a backup of the store, or evaluate again and fill in the new sheet"
        )
    return Key.from_dict(read_json(path))


def _keep_apart(path: Path, key: Key) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, key.as_dict())
    path.chmod(0o600)


def _archive(project: Project, path: Path, review_id: str) -> None:
    target = project.folder / "reviews" / "accepted" / f"{review_id}{path.suffix.lower()}"
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copyfile(path, target)


def _note(path: Path, problem: str) -> None:
    """Tells the person who dropped the file, at the place where they dropped it."""
    note = path.with_name(path.name + REASON_ENDING)
    if not problem:
        note.unlink(missing_ok=True)
    elif not note.is_file() or note.read_text(encoding="utf-8") != problem + "\n":
        write_text(note, problem + "\n")
