"""The steps from sources to the training set.

Reads sources and published versions; writes raw_transcripts, cleaned_qa_pairs, eval_set, synthetic_augmentation and
training_set. Every table is published whether or not it keeps its contract: the report beside it says so, and what is
downstream refuses it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ft_pipeline import contracts
from ft_pipeline.records import (
    Document,
    EvalRow,
    HeldOutQuestion,
    IncomingRow,
    QAPair,
    Rejected,
    SourceCount,
    TrainingRow,
    Turn,
    as_dict,
    asked_in_all,
    count_reasons,
    hash_rows,
    read_table,
    write_table,
)
from ft_pipeline.steps.project import Progress, Project, silent
from ft_pipeline.store import Version, hash_json, read_json, write_json

if TYPE_CHECKING:
    from ft_pipeline.ingest import Ingested


_MOST_ALARMS = 0.01  # of the pairs: above it the second detector stops the refresh
_EMPTY_ANSWERS = ("answer_says_nothing", "no_answer")


def publish_raw_transcripts(project: Project, *, as_of: datetime | None = None, progress: Progress = silent) -> Version:
    """Reads every source up to `as_of` (default: up to its newest ticket).

    The environment is read here: the URLs of databases stand in it.
    """
    from ft_pipeline.ingest import ingest

    task = project.task
    if task.demo:
        _make_demo_sources(project, progress=progress)
    found = ingest(
        task.sources,
        as_of=as_of,
        salt=task.data.split_salt,
        incoming=task.data.incoming_sample,
        shelf=project.shelf,
        tidy=True,
        environment=os.environ,
    )
    newest = max((turn.created_at for turn in found.turns), default="")
    turns = [*found.turns, *_planted(project, newest)]
    moment = as_of.astimezone(UTC).isoformat(timespec="seconds") if as_of else newest
    tables: dict[str, tuple[list[Any], type]] = {
        "turns": (turns, Turn),
        "documents": (found.documents, Document),
        "held_out_questions": (found.held_out, HeldOutQuestion),
        "rejected": (found.rejected, Rejected),
    }
    content = {name: hash_rows(rows, row_type) for name, (rows, row_type) in tables.items()}
    rejected_by_source = _count(row.source for row in found.rejected)
    before = _rows_before(project, content)
    counts = [
        _source_count(name, found, before=before, rejected=rejected_by_source.get(name, 0), moment=moment)
        for name in dict.fromkeys([*found.rows_in, *before])
    ]
    changes = [row.change for row in counts if row.change is not None]

    def build(folder: Path) -> Mapping[str, Any]:
        for name, (rows, row_type) in tables.items():
            write_table(folder / f"{name}.parquet", rows, row_type)
        write_table(folder / "sources.parquet", counts, SourceCount)
        rows_in, rejected = sum(found.rows_in.values()), len(found.rejected)
        rows_out = sum(found.rows_out.values())
        measures = {
            "rows_in": rows_in,
            "rows_out": rows_out,
            "rows_rejected": rejected,
            "rows_unaccounted": rows_in - rows_out - rejected,
            "tickets": len({turn.ticket_id for turn in found.turns}),
            "worst_source_change": min(changes) if changes else None,
            "days_since_newest": _days_between(newest, moment),
        }
        write_json(folder / "measures.json", measures)
        return {
            **measures,
            "as_of": moment,
            "is_limited": as_of is not None,
            "newest": newest,
            "rows_by_source": dict(found.rows_in),
            "sources": [as_dict(row) for row in counts],
            "rejected_by_source": rejected_by_source,
            "reasons": count_reasons(found.rejected),
            "file_hashes": dict(found.file_hashes),
        }

    # The limit belongs to the version's name: who raises it after a source shrank is not answered by the old report.
    config = {"as_of": moment, "max_source_shrink": task.data.max_source_shrink}
    return project.publish_table("raw_transcripts", inputs=content, config=config, build=build)


def publish_cleaned_qa_pairs(project: Project, *, progress: Progress = silent) -> Version:
    """Curates the newest raw transcripts; the side of every evaluation cluster is kept from refresh to refresh."""
    from ft_pipeline.curate import RedactionMemo, TicketMemo, curate, curation_version
    from ft_pipeline.evaluate.canaries import SOURCE as PLANTED_SOURCE
    from ft_pipeline.preparation import preparation_version

    raw = project.store.need("raw_transcripts")
    contracts.require_passing(raw)
    config = {"data": project.task.data.model_dump(mode="json"), "preparation": preparation_version()}
    latest = project.store.latest("cleaned_qa_pairs")
    membership: list[str] = read_json(latest.file("eval_membership.json")) if latest else []
    inputs = {"raw_transcripts": raw.data_hash, "eval_membership": hash_json(membership)}
    if latest and latest.inputs.get("raw_transcripts") == raw.data_hash:
        # The membership that this very input led to is not a new input of it.
        inputs["eval_membership"] = latest.inputs["eval_membership"]

    def build(folder: Path) -> Mapping[str, Any]:
        held_out = read_table(raw.file("held_out_questions.parquet"), HeldOutQuestion)
        memo = TicketMemo(project.memo_of_tickets, hash_json([config, curation_version()])[:16])
        curated = curate(
            iter(read_table(raw.file("turns.parquet"), Turn)),
            data=project.task.data,
            as_of=_moment(raw),
            prior_eval=frozenset(membership),
            redact=RedactionMemo(project.redact),
            memo=memo,
            held_out_questions=[row.question for row in held_out],
            never_sampled=(PLANTED_SOURCE,),
        )
        own = project.task.data.own_contacts
        pairs, quarantined, residue = _without_personal_data(curated.pairs, own)
        rejected = [*curated.rejected, *quarantined]
        write_table(folder / "pairs.parquet", pairs, QAPair)
        write_table(folder / "incoming.parquet", curated.incoming, IncomingRow)
        write_table(folder / "rejected.parquet", rejected, Rejected)
        progress(f"looked at {memo.looked_at} tickets that no earlier refresh had looked at")
        write_json(folder / "eval_membership.json", sorted(set(membership) | set(curated.eval_fingerprints)))
        intents = _count(pair.intent for pair in pairs)
        reasons = _count(row.reason for row in rejected)
        asked = max(1, curated.tickets_in - reasons.get("no_question", 0))
        ticket_rejections = sum(row.reason != "fact_superseded" for row in rejected)  # that one is of answers
        measures = {
            "tickets_in": curated.tickets_in,
            "pairs": len(pairs),
            "pairs_after_cleaning": dict(curated.funnel)["duplicates"],
            "tickets_rejected": ticket_rejections,
            "tickets_unaccounted": curated.tickets_in + curated.follow_ups_in - len(pairs) - ticket_rejections,
            "follow_ups": curated.follow_ups_in,
            "residue_rows": len(residue),
            "intents": len(intents),
            "largest_intent_share": max(intents.values(), default=0) / max(1, len(pairs)),
            "held_out_share": _share(rejected, "held_out", curated.tickets_in),
            "empty_answer_share": sum(reasons.get(name, 0) for name in _EMPTY_ANSWERS) / asked,
            "other_language_share": reasons.get("language_not_in_task", 0) / asked,
        }
        write_json(folder / "measures.json", {**measures, "failing_keys": {"residue_rows": residue}})
        return {
            **measures,
            "funnel": _funnel(curated.funnel, pairs),
            "reasons": count_reasons(rejected),
            "splits": _count(pair.split for pair in pairs),
            "notes": list(curated.notes),
        }

    progress(f"curating {raw.facts['tickets']} tickets")
    return project.publish_table("cleaned_qa_pairs", inputs=inputs, config=config, build=build)


def _without_personal_data(
    pairs: Sequence[QAPair], own_contacts: Sequence[str]
) -> tuple[list[QAPair], list[Rejected], list[str]]:
    """The pairs in which the second detector sees nothing, the others as rejected rows, and the ids of what is left.

    A few alarms go to the quarantine. Many mean that the redaction does not work on these texts: then all pairs stay,
    and the contract stops the run.
    """
    from ft_pipeline.redact.residue import find_residue

    alarms = {
        pair.pair_id
        for pair in pairs
        if any(
            find_residue(text, own_contacts=own_contacts)
            for text in (pair.question, pair.answer, pair.evidence, pair.context)
        )
    }
    if len(alarms) > _MOST_ALARMS * len(pairs):
        return list(pairs), [], sorted(alarms)
    rejected = [
        Rejected("redact", "personal_data_left", pair.ticket_id, "", pair.source)
        for pair in pairs
        if pair.pair_id in alarms
    ]
    return [pair for pair in pairs if pair.pair_id not in alarms], rejected, []


def _funnel(steps: Sequence[tuple[str, int]], pairs: Sequence[QAPair]) -> list[list[Any]]:
    """Curation's funnel with the quarantine of the second detector as a step of its own, where it rejected any."""
    sides = {"train", "validation", "eval"}
    found = [[name, count] for name, count in steps if name not in sides]
    if found and found[-1][1] != len(pairs):
        found.append(["no_personal_data", len(pairs)])
    return found + [[name, sum(pair.split == name for pair in pairs)] for name, _ in steps if name in sides]


def publish_eval_set(project: Project, *, progress: Progress = silent) -> Version:
    """Held-out ticket clusters and hand-written questions, with references valid at `as_of`."""
    from ft_pipeline.curate import build_eval_set
    from ft_pipeline.evaluate.statistics import rows_needed

    raw, cleaned = project.store.need("raw_transcripts"), project.store.need("cleaned_qa_pairs")
    contracts.require_passing(cleaned)

    def build(folder: Path) -> Mapping[str, Any]:
        pairs = read_table(cleaned.file("pairs.parquet"), QAPair)
        held_out = read_table(raw.file("held_out_questions.parquet"), HeldOutQuestion)
        found = build_eval_set(pairs, held_out, as_of=_moment(raw), data=project.task.data)
        write_table(folder / "rows.parquet", found.rows, EvalRow)
        write_table(folder / "rejected.parquet", found.rejected, Rejected)
        in_scope = [row for row in found.rows if row.kind != "out_of_scope"]
        target = project.task.kpis.correct_share
        measures = {
            "rows": len(found.rows),
            "in_scope_rows": len(in_scope),
            "in_scope_without_reference": sum(not row.reference for row in in_scope),
            "rows_for_interval": rows_needed(min(0.999, target + 0.03), target),
        }
        write_json(folder / "measures.json", measures)
        return {
            **measures,
            "strata": _count(row.stratum for row in found.rows),
            "reasons": count_reasons(found.rejected),
        }

    progress("drawing up the evaluation set")
    inputs = {"cleaned_qa_pairs": cleaned.data_hash, "raw_transcripts": raw.data_hash}
    config = {"kpi": project.task.kpis.correct_share}
    return project.publish_table("eval_set", inputs=inputs, config=config, build=build)


def publish_synthetic_augmentation(project: Project, *, progress: Progress = silent) -> Version:
    """Synthetic children of training pairs, and pairs made from documents."""
    from ft_pipeline.augment import augment
    from ft_pipeline.curate.leaks import held_out_guard

    raw, cleaned = project.store.need("raw_transcripts"), project.store.need("cleaned_qa_pairs")
    contracts.require_passing(cleaned)
    settings, seed = project.task.augmentation, project.task.training.seed

    def build(folder: Path) -> Mapping[str, Any]:
        pairs = read_table(cleaned.file("pairs.parquet"), QAPair)
        documents = read_table(raw.file("documents.parquet"), Document)
        held_out = read_table(raw.file("held_out_questions.parquet"), HeldOutQuestion)
        in_eval = [asked_in_all(pair.question, pair.context) for pair in pairs if pair.split == "eval"]
        unseen = in_eval + [row.question for row in held_out]
        guard = held_out_guard(unseen, project.task.data.near_duplicate_jaccard)
        made = augment(pairs, documents, config=settings, seed=seed, is_held_out=guard)
        rows = made.rows if settings.enabled else []
        write_table(folder / "rows.parquet", rows, TrainingRow)
        write_table(folder / "rejected.parquet", made.rejected, Rejected)
        return {
            "rows": len(rows),
            "methods": _count(row.method for row in rows),
            "reasons": count_reasons(made.rejected),
        }

    progress("making synthetic rows from training pairs and documents")
    inputs = {"cleaned_qa_pairs": cleaned.data_hash, "raw_transcripts": raw.data_hash}
    config = {"augmentation": settings.model_dump(mode="json"), "seed": seed}
    return project.publish_table("synthetic_augmentation", inputs=inputs, config=config, build=build)


def publish_training_set(project: Project, *, progress: Progress = silent) -> Version:
    """Train and validation rows; counts leaks against the evaluation set, of which nothing else is read."""
    from ft_pipeline.augment import build_training_set
    from ft_pipeline.curate.leaks import brought_near, find_leaks
    from ft_pipeline.preparation import preparation_version
    from ft_pipeline.reading import LEXICON_FILE, Reader, count_words, write_lexicon

    cleaned = project.store.need("cleaned_qa_pairs")
    synthetic = project.store.need("synthetic_augmentation")
    eval_set = project.store.need("eval_set")
    for version in (cleaned, synthetic, eval_set):
        contracts.require_passing(version)
    threshold = project.task.data.near_duplicate_jaccard

    def build(folder: Path) -> Mapping[str, Any]:
        pairs = read_table(cleaned.file("pairs.parquet"), QAPair)
        children = read_table(synthetic.file("rows.parquet"), TrainingRow)
        eval_rows = read_table(eval_set.file("rows.parquet"), EvalRow)
        words = count_words(text for pair in pairs if pair.split == "train" for text in (pair.question, pair.answer))
        write_lexicon(folder / LEXICON_FILE, words)
        read = Reader(words).read
        asked = {pair.pair_id: pair.question for pair in pairs}
        rows = build_training_set(pairs, children, read=read)
        near = brought_near(rows, asked, eval_rows, read=read, threshold=threshold)
        rejected = [Rejected("training_set", "near_eval_when_read", key, "", "") for key in sorted(near)]
        write_table(folder / "rejected.parquet", rejected, Rejected)
        rows = [row for row in rows if row.row_id not in near]
        write_table(folder / "rows.parquet", rows, TrainingRow)
        found = find_leaks(eval_rows, rows, pairs=pairs, threshold=threshold)
        splits = _count(row.split for row in rows)
        measures = {
            **{f"leaks_{name}": None if keys is None else len(keys) for name, keys in found.items()},
            "validation_rows": splits.get("validation", 0),
            "synthetic_share": sum(row.origin != "ticket" for row in rows) / max(1, len(rows)),
        }
        leaking = {f"leaks_{name}": keys for name, keys in found.items() if keys}
        write_json(folder / "measures.json", {**measures, "failing_keys": leaking})
        return {**measures, "rows": len(rows), "splits": splits, "origins": _count(row.origin for row in rows)}

    progress("joining the training set and counting leaks")
    inputs = {version.asset: version.data_hash for version in (cleaned, synthetic, eval_set)}
    config = {
        "near_duplicate_jaccard": threshold,
        "preparation": preparation_version(),
    }
    return project.publish_table("training_set", inputs=inputs, config=config, build=build)


def _planted(project: Project, moment: str) -> list[Turn]:
    """Tickets with invented personal data, where the task plants canaries: evaluation tries to get them back."""
    from ft_pipeline.evaluate.canaries import as_turns, make_canaries

    number, seed = project.task.evaluation.canaries, project.task.training.seed
    return as_turns(make_canaries(number, seed=seed), created_at=moment) if moment else []


def _make_demo_sources(project: Project, *, progress: Progress) -> None:
    from ft_pipeline.demo.company.write import write_company

    folder = next(source.path for source in project.task.sources if source.kind == "tickets").parent
    if not (folder / "tickets.jsonl").is_file():
        progress("demo: writing one year of tickets of the invented company «Верстовик»")
        write_company(folder)


def _count(names: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _rows_before(project: Project, content: Mapping[str, str]) -> Mapping[str, int]:
    """Rows by source of the last refresh with other content that kept its contract.

    A refresh that was stopped is no measure: else the next one would compare a shrunken source with itself.
    """
    for version in reversed(project.store.versions("raw_transcripts")):
        is_same = all(version.inputs.get(name) == value for name, value in content.items())
        if not is_same and contracts.read_report(version).is_passing:
            rows: Mapping[str, int] = version.facts["rows_by_source"]
            return rows
    return {}


def _source_count(name: str, found: Ingested, *, before: Mapping[str, int], rejected: int, moment: str) -> SourceCount:
    rows_in, rows_out, rows_before = found.rows_in.get(name, 0), found.rows_out.get(name, 0), before.get(name, 0)
    newest = max((turn.created_at for turn in found.turns if turn.source == name), default="")
    return SourceCount(
        source=name,
        rows_in=rows_in,
        rows_out=rows_out,
        rejected=rejected,
        rows_unaccounted=rows_in - rows_out - rejected,
        rows_before=rows_before,
        change=round(rows_in / rows_before - 1, 6) if rows_before else None,
        newest=newest,
        days_since_newest=_days_between(newest, moment),
    )


def _days_between(earlier: str, later: str) -> float | None:
    if not earlier or not later:
        return None
    return round((datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds() / 86400, 2)


def _moment(raw: Version) -> datetime | None:
    text = raw.facts["as_of"]
    return datetime.fromisoformat(text) if text else None


def _share(rejected: list[Rejected], prefix: str, total: int) -> float:
    return sum(row.reason.startswith(prefix) for row in rejected) / max(1, total)
