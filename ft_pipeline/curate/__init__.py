"""Turns transcripts into clean, redacted question-answer pairs on three sides: train, validation and eval.

Reads: turns of all sources, the questions held out for evaluation, the fingerprints of earlier eval questions.
Writes: pairs, the incoming sample, rejected rows with stage and reason, a funnel.

Here: the order of the steps and the account of every ticket. Each step is a module of its own: repair → strip →
pair → language → redact → filter (quality) → answers → intents → duplicates → split. Pairing stands before language
and redaction because only what leaves a ticket needs them: a tenth of the text, and nothing unredacted gets past.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from ft_pipeline.collector import collector_off
from ft_pipeline.curate.answers import group_answers
from ft_pipeline.curate.duplicates import remove_duplicates
from ft_pipeline.curate.eval_set import EvalSet, build_eval_set
from ft_pipeline.curate.intents import name_intents
from ft_pipeline.curate.language import languages_of
from ft_pipeline.curate.leaks import count_leaks, find_leaks, held_out_guard
from ft_pipeline.curate.memo import RedactionMemo
from ft_pipeline.curate.pair import has_placeholder, pair
from ft_pipeline.curate.quality import judge
from ft_pipeline.curate.rows import Candidate, Curated, CurateError, Exchange, Refused, Ticket
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
from ft_pipeline.curate.tickets import MOST_CHARS, as_tickets, first_customer_text
from ft_pipeline.curate.times import iso
from ft_pipeline.curate.wording import fingerprint, question_form, short_hash
from ft_pipeline.letter import strip_edges, strip_frame
from ft_pipeline.records import IncomingRow, QAPair, Rejected, Turn
from ft_pipeline.task import Data

__all__ = [
    "CurateError",
    "Curated",
    "EvalSet",
    "RedactionMemo",
    "build_eval_set",
    "count_leaks",
    "curate",
    "find_leaks",
    "held_out_guard",
]

_LANGUAGE = "curate.language"


def curate(
    turns: Sequence[Turn],
    *,
    data: Data,
    as_of: datetime | None,
    redact: Callable[[str], str],
    prior_eval: frozenset[str] = frozenset(),
    held_out_questions: Sequence[str] = (),
) -> Curated:
    """Clean pairs from tickets, with an account of every ticket.

    Args:
        turns: all turns of all sources, in any order.
        data: what to keep and how to split.
        as_of: later turns do not exist for this run; None = all turns.
        redact: masks personal data; called once per distinct text that leaves a ticket; a `RedactionMemo` asks less.
        prior_eval: `eval_fingerprints` of the refresh before; questions that were eval stay eval.
        held_out_questions: questions written for evaluation; pairs near-same to them are held out of training.

    Raises:
        CurateError: more pairs than `data.held_out_ceiling` would be held out, or a ticket got lost (a defect).
    """
    with collector_off():
        return _curate(
            turns,
            data=data,
            as_of=as_of,
            mask=redact if isinstance(redact, RedactionMemo) else RedactionMemo(redact),
            prior_eval=prior_eval,
            held_out_questions=held_out_questions,
        )


def _curate(
    turns: Sequence[Turn],
    *,
    data: Data,
    as_of: datetime | None,
    mask: RedactionMemo,
    prior_eval: frozenset[str],
    held_out_questions: Sequence[str],
) -> Curated:
    moment = iso(as_of) if as_of is not None else ""
    tickets = as_tickets([turn for turn in turns if not moment or turn.created_at <= moment], data=data)
    sample = draw_incoming([ticket.key for ticket in tickets], data)
    funnel = [("tickets", len(tickets))]
    notes: list[str] = []

    refused: dict[tuple[str, str], Refused] = {}
    candidates: list[Candidate] = []
    exchanges = [_exchange(ticket) for ticket in tickets]
    strip_answer = lru_cache(maxsize=100_000)(strip_edges)
    language = _languages([found for found in exchanges if isinstance(found, Exchange)])
    for ticket, exchange in zip(tickets, exchanges, strict=True):
        found: Candidate | Exchange | Refused = exchange
        if isinstance(exchange, Exchange):
            spoken = _language(exchange, language)
            found = _candidate(ticket, exchange, language=spoken, data=data, mask=mask, strip_answer=strip_answer)
        if isinstance(found, Candidate):
            candidates.append(found)
        elif isinstance(found, Refused):
            refused[ticket.key] = found
    funnel += _funnel_of_refusals(len(tickets), refused)

    grouped = group_answers(candidates, data.same_answer_jaccard)
    left = _left(candidates, refused, funnel, "answers")
    name_intents(left)

    sampled = [ticket for ticket in tickets if ticket.key in sample]
    sample_questions = {ticket.key: mask(first_customer_text(ticket)) for ticket in sampled}
    paired = {item.ticket.key: item for item in left}
    questions = [item.question for item in left] + list(sample_questions.values()) + list(held_out_questions)
    neighbours = Neighbours([question_form(question) for question in questions], min(NEAR, data.near_duplicate_jaccard))
    form_of = {item.ticket.key: neighbours.form_of[number] for number, item in enumerate(left)}
    sample_forms = neighbours.form_of[len(left) : len(left) + len(sampled)]
    held_out_forms = neighbours.form_of[len(left) + len(sampled) :]
    clusters = name_clusters(neighbours)
    clusters_of_all = [clusters[form] for form in neighbours.form_of]
    remembered = remembered_clusters(questions, clusters_of_all, prior_eval)
    for item in left:
        item.cluster_id = clusters[form_of[item.ticket.key]]

    everything = left
    remove_duplicates(left, neighbours, [form_of[item.ticket.key] for item in left], data.near_duplicate_jaccard)
    left = _left(left, refused, funnel, "duplicates")
    draw_sides(left, data, remembered)
    hold_out(
        left,
        data=data,
        sampled_clusters=_sampled_clusters(sample, paired, form_of, sample_forms, clusters),
        near_held_out=near_of(neighbours, set(held_out_forms), data.near_duplicate_jaccard),
        forms=[form_of[item.ticket.key] for item in left],
    )
    left = _left(left, refused, funnel, "split")

    eval_clusters = {item.cluster_id for item in left if item.split == "eval"}
    fingerprints = prior_eval | {fingerprint(item.question) for item in everything if item.cluster_id in eval_clusters}
    rejected = [
        Rejected(reason.stage, reason.reason, key[1], reason.detail, key[0]) for key, reason in sorted(refused.items())
    ]
    pairs = sorted((_as_pair(item) for item in left), key=lambda row: row.pair_id)
    _check_account(tickets, left, refused)
    notes += _notes(tickets, sample, data, grouped.superseded, refused)
    return Curated(
        pairs=pairs,
        incoming=[_incoming(ticket, sample_questions[ticket.key], paired.get(ticket.key)) for ticket in sampled],
        rejected=rejected + grouped.superseded,
        funnel=funnel + [(side, sum(row.split == side for row in pairs)) for side in ("train", "validation", "eval")],
        tickets_in=len(tickets),
        eval_fingerprints=frozenset(fingerprints),
        superseded=len(grouped.superseded),
        notes=notes,
        as_of=as_of,
    )


def _exchange(ticket: Ticket) -> Exchange | Refused:
    if any(len(message.turn.text) > MOST_CHARS for message in ticket.messages):
        return Refused("curate.repair", "message_too_long", f"above {MOST_CHARS} characters")
    return pair(ticket)


def _candidate(
    ticket: Ticket,
    exchange: Exchange,
    *,
    language: str,
    data: Data,
    mask: Callable[[str], str],
    strip_answer: Callable[[str], str],
) -> Candidate | Refused:
    """One exchange through the steps that look at one ticket only."""
    if language not in data.languages:
        return Refused(_LANGUAGE, "language_not_in_task", language)
    question = strip_frame(mask(exchange.question))
    answer = strip_answer(mask(exchange.answer))
    if has_placeholder(answer):
        return Refused("curate.pair", "answer_for_one_case", "personal data or a number of one case in the answer")
    verdict = judge(question, answer, data=data)
    if verdict is not None:
        return verdict
    return Candidate(
        ticket=ticket,
        question=question,
        answer=answer,
        kind=exchange.kind,
        language=language,
        turn_ids=" ".join(exchange.turn_ids),
        created_at=exchange.created_at,
    )


def _languages(exchanges: Sequence[Exchange]) -> dict[str, str]:
    """The language of each distinct text."""
    texts = list({text: None for exchange in exchanges for text in (exchange.question, exchange.answer)})
    return dict(zip(texts, languages_of(texts), strict=True))


def _language(exchange: Exchange, of: Mapping[str, str]) -> str:
    """The question's language; mixed where the answer is in another one of ours."""
    asked, answered = of[exchange.question], of[exchange.answer]
    if answered in {asked, "mixed"} or ({asked, answered} == {"ru", "other"} and len(exchange.answer) < 20):
        return asked
    if asked == "other" and len(exchange.question) < 20:
        return answered
    return "other" if "other" in {asked, answered} else "mixed"


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


def _sampled_clusters(
    sample: frozenset[tuple[str, str]],
    paired: dict[tuple[str, str], Candidate],
    form_of: dict[tuple[str, str], int],
    sample_forms: Sequence[int],
    clusters: Sequence[str],
) -> frozenset[str]:
    """Clusters of the sampled tickets: of their first message, and of the question that became a pair."""
    forms = {*sample_forms, *(form_of[key] for key in sample if key in paired)}
    return frozenset(clusters[form] for form in forms)


def _as_pair(item: Candidate) -> QAPair:
    source, ticket_id = item.ticket.key
    return QAPair(
        pair_id=short_hash("pair", source, ticket_id),
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
