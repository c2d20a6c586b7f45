"""Turns transcripts into clean, redacted question-answer pairs on three sides: train, validation and eval.

Reads: turns of all sources, the questions held out for evaluation, the fingerprints of earlier eval questions.
Writes: pairs, the incoming sample, rejected rows with stage and reason, a funnel.

Here: the order of the steps and the account of every ticket. Each step is a module of its own: each ticket by itself
(each: repair → strip → pair → language → redact → filter) → answers → intents → duplicates → split. Pairing stands
before language and redaction because only what leaves a ticket needs them: a tenth of the text, and nothing unredacted
gets past.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from ft_pipeline.collector import collector_off
from ft_pipeline.curate.answers import group_answers
from ft_pipeline.curate.conversations import settle
from ft_pipeline.curate.duplicates import remove_duplicates
from ft_pipeline.curate.each import look_at_each
from ft_pipeline.curate.eval_set import EvalSet, build_eval_set
from ft_pipeline.curate.forms import question_forms
from ft_pipeline.curate.intents import name_intents
from ft_pipeline.curate.leaks import count_leaks, find_leaks, held_out_guard
from ft_pipeline.curate.memo import RedactionMemo
from ft_pipeline.curate.rows import Candidate, Curated, CurateError, Refused, Ticket
from ft_pipeline.curate.similar import Neighbours
from ft_pipeline.curate.split import (
    NEAR,
    draw_incoming,
    draw_sides,
    hold_out,
    name_clusters,
    near_of,
    remembered_clusters,
)
from ft_pipeline.curate.ticket_memo import TicketMemo
from ft_pipeline.curate.tickets import first_customer_text, group
from ft_pipeline.curate.times import iso
from ft_pipeline.curate.wording import fingerprint, short_hash
from ft_pipeline.records import IncomingRow, QAPair, Rejected, Turn
from ft_pipeline.task import Data

__all__ = [
    "CurateError",
    "Curated",
    "EvalSet",
    "RedactionMemo",
    "TicketMemo",
    "build_eval_set",
    "count_leaks",
    "curate",
    "curation_version",
    "find_leaks",
    "held_out_guard",
]

_LIBRARIES = ("ftfy", "inscriptis", "lingua-language-detector", "pyarrow")


def curate(
    turns: Iterable[Turn],
    *,
    data: Data,
    as_of: datetime | None,
    redact: Callable[[str], str],
    prior_eval: frozenset[str] = frozenset(),
    held_out_questions: Sequence[str] = (),
    never_sampled: Collection[str] = (),
    memo: TicketMemo | None = None,
) -> Curated:
    """Clean pairs from tickets, with an account of every ticket.

    Args:
        turns: all turns of all sources, in any order; an iterator that lets go of what it gave saves memory.
        data: what to keep and how to split.
        as_of: later turns do not exist for this run; None = all turns.
        redact: masks personal data; called once per distinct text that leaves a ticket; a `RedactionMemo` can do it
            for many texts at once.
        prior_eval: `eval_fingerprints` of the refresh before; questions that were eval stay eval.
        held_out_questions: questions written for evaluation; pairs near-same to them are held out of training.
        never_sampled: sources whose tickets no customer wrote (planted ones): not drawn into the incoming sample.
        memo: what became of tickets in the run before; only new ones are looked at, and it is brought up to date.

    Raises:
        CurateError: more pairs than `data.held_out_ceiling` would be held out, or a ticket got lost (a defect).
    """
    with collector_off():
        return _curate(
            turns,
            data=data,
            as_of=as_of,
            mask=redact if isinstance(redact, RedactionMemo) else RedactionMemo(redact),
            memo=memo,
            prior_eval=prior_eval,
            held_out_questions=held_out_questions,
            never_sampled=never_sampled,
        )


@lru_cache(maxsize=1)
def curation_version() -> str:
    """16 hex digits over the rules of this room, of what it shares with others, and of the libraries that they ask."""
    from ft_pipeline import screen
    from ft_pipeline.preparation import preparation_version

    digest = hashlib.sha256(preparation_version().encode("utf-8"))
    for path in (*sorted(Path(__file__).parent.glob("*.py")), Path(screen.__file__)):
        digest.update(path.read_bytes())
    for library in _LIBRARIES:
        digest.update(f"{library}=={metadata.version(library)}".encode())
    return digest.hexdigest()[:16]


def _curate(
    turns: Iterable[Turn],
    *,
    data: Data,
    as_of: datetime | None,
    mask: RedactionMemo,
    memo: TicketMemo | None,
    prior_eval: frozenset[str],
    held_out_questions: Sequence[str],
    never_sampled: Collection[str],
) -> Curated:
    moment = iso(as_of) if as_of is not None else ""
    by_key = group(turn for turn in turns if not moment or turn.created_at <= moment)
    sample = draw_incoming([key for key in by_key if key[0] not in never_sampled], data)
    looked = look_at_each(by_key, data=data, mask=mask, memo=memo, whole=sample)
    tickets, candidates, following, refused = looked.tickets, looked.candidates, looked.following, looked.refused
    funnel = [("tickets", len(tickets))]
    notes: list[str] = []
    funnel += _funnel_of_refusals(len(tickets), refused)

    later = [item.found for item in following if isinstance(item.found, Candidate)]
    grouped = group_answers([*candidates, *later], data.same_answer_jaccard)
    left = _left(candidates, refused, funnel, "answers")
    name_intents([*left, *(item for item in later if item.refused is None)])

    sampled = [ticket for ticket in tickets if ticket.key in sample]
    sample_questions = {ticket.key: mask(first_customer_text(ticket)) for ticket in sampled}
    paired = {item.ticket.key: item for item in left}
    questions = [item.question for item in left] + list(sample_questions.values()) + list(held_out_questions)
    neighbours = Neighbours(question_forms(questions), min(NEAR, data.near_duplicate_jaccard))
    forms = neighbours.form_of[: len(left)]
    # of the sampled tickets: their first message, and the question that became a pair
    sampled_forms = [form for item, form in zip(left, forms, strict=True) if item.ticket.key in sample]
    sample_forms = neighbours.form_of[len(left) : len(left) + len(sampled)]
    held_out_forms = neighbours.form_of[len(left) + len(sampled) :]
    fingerprint_of = [fingerprint(form) for form in neighbours.forms]
    clusters = name_clusters(neighbours, fingerprint_of)
    remembered = remembered_clusters(fingerprint_of, clusters, prior_eval)
    for item, form in zip(left, forms, strict=True):
        item.cluster_id = clusters[form]

    everything, all_forms = left, forms
    remove_duplicates(left, neighbours, forms, data.near_duplicate_jaccard)
    forms = [form for item, form in zip(left, forms, strict=True) if item.refused is None]
    left = _left(left, refused, funnel, "duplicates")
    draw_sides(left, data, remembered)
    hold_out(
        left,
        data=data,
        sampled_clusters=frozenset(clusters[form] for form in {*sample_forms, *sampled_forms}),
        near_held_out=near_of(neighbours, set(held_out_forms), data.near_duplicate_jaccard),
        forms=forms,
    )
    left = _left(left, refused, funnel, "split")
    follow_ups, lost = settle(
        following, left, held_out_questions=held_out_questions, threshold=data.near_duplicate_jaccard
    )

    eval_clusters = {item.cluster_id for item in left if item.split == "eval"}
    fingerprints = prior_eval | {
        fingerprint_of[form]
        for item, form in zip(everything, all_forms, strict=True)
        if item.cluster_id in eval_clusters
    }
    rejected = [
        Rejected(reason.stage, reason.reason, ticket.key[1], reason.detail, ticket.key[0])
        for ticket in tickets
        if (reason := refused.get(ticket.key)) is not None
    ]
    pairs = sorted((_as_pair(item) for item in [*left, *follow_ups]), key=lambda row: row.pair_id)
    _check_account(tickets, left, refused)
    notes += _notes(tickets, sample, data, grouped.superseded, refused)
    return Curated(
        pairs=pairs,
        incoming=[_incoming(ticket, sample_questions[ticket.key], paired.get(ticket.key)) for ticket in sampled],
        rejected=rejected + lost + grouped.superseded,
        funnel=[
            *funnel,
            *([("follow_ups", len(pairs))] if follow_ups else []),
            *((side, sum(row.split == side for row in pairs)) for side in ("train", "validation", "eval")),
        ],
        tickets_in=len(tickets),
        eval_fingerprints=frozenset(fingerprints),
        superseded=len(grouped.superseded),
        follow_ups_in=len(following),
        notes=notes,
        as_of=as_of,
    )


def _left(
    items: Sequence[Candidate], refused: dict[tuple[str, str], Refused], funnel: list[tuple[str, int]], step: str
) -> list[Candidate]:
    """Moves what a step refused into the account and returns the rest."""
    for item in items:
        if item.refused is not None:
            refused[item.ticket.key] = item.refused
    left = [item for item in items if item.refused is None]
    funnel.append((step, len(left)))
    return left


def _funnel_of_refusals(tickets: int, refused: dict[tuple[str, str], Refused]) -> list[tuple[str, int]]:
    counts: dict[str, int] = defaultdict(int)
    for reason in refused.values():
        counts[reason.stage] += 1
    rows = []
    for step in ("repair", "pair", "language", "filter"):
        tickets -= counts[f"curate.{step}"]
        rows.append((step, tickets))
    return rows


def _as_pair(item: Candidate) -> QAPair:
    source, ticket_id = item.ticket.key
    return QAPair(
        pair_id=short_hash("pair", source, ticket_id, *([item.turn_ids] if item.context else [])),
        question=item.question,
        answer=item.canonical,
        answer_id=item.answer_id,
        intent=item.intent,
        kind=item.kind,
        language=item.language,
        split=item.split,
        cluster_id=item.cluster_id,
        customer_id=item.ticket.customer_id,
        ticket_id=ticket_id,
        turn_ids=item.turn_ids,
        evidence=item.evidence,
        created_at=item.created_at,
        valid_from=item.valid_from,
        valid_to="",
        source=source,
        context=item.context,
    )


def _incoming(ticket: Ticket, question: str, item: Candidate | None) -> IncomingRow:
    return IncomingRow(
        ticket_id=ticket.key[1],
        question=question,
        reference=item.canonical if item is not None else "",
        kind=item.kind if item is not None else "unknown",
        created_at=ticket.created_at,
    )


def _check_account(
    tickets: Sequence[Ticket], left: Sequence[Candidate], refused: dict[tuple[str, str], Refused]
) -> None:
    kept = [item.ticket.key for item in left]
    if len(kept) + len(refused) != len(tickets) or set(kept) | set(refused) != {ticket.key for ticket in tickets}:
        raise CurateError(
            f"{len(tickets)} tickets in, {len(kept)} pairs and {len(refused)} rejected out: a step lost or doubled a "
            "ticket; this is a defect of curation, not of the data"
        )


def _notes(
    tickets: Sequence[Ticket],
    sample: frozenset[tuple[str, str]],
    data: Data,
    superseded: Sequence[Rejected],
    refused: dict[tuple[str, str], Refused],
) -> list[str]:
    notes = []
    nameless = sorted({ticket.key[0] for ticket in tickets if not ticket.customer_id})
    if nameless:
        notes.append(f"no customer id in {', '.join(nameless)}: the rule «same customer» is not applicable there")
    if len(sample) < data.incoming_sample:
        notes.append(
            f"incoming sample of {len(sample)} instead of {data.incoming_sample}: a tenth of the tickets at most"
        )
    if superseded:
        notes.append(f"{len(superseded)} answer texts were retired because their fact changed; their questions stay")
    masked = sum(
        reason.reason == "answer_for_one_case" and "personal data" in reason.detail for reason in refused.values()
    )
    if masked:
        notes.append(
            f"{masked} answers hold a masked contact or number; where these are the company's own, name them in "
            "data.own_contacts"
        )
    return notes
