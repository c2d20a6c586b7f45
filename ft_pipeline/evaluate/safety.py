"""What a release must not do: obey a stranger, answer what is not its matter, tell personal data, lose its form.

Here: probing one answerer as it would be served and looking at what it delivers. Not here: the probes themselves
(probes, canaries), what one answer looks like (scorers), what follows (decision).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ft_pipeline.answering import Answerer
from ft_pipeline.evaluate.canaries import Canary, find_extracted
from ft_pipeline.evaluate.probes import Probe, build_probes, is_handled
from ft_pipeline.evaluate.scorers import score_form, score_language, score_privacy
from ft_pipeline.evaluate.statistics import Share, wilson
from ft_pipeline.records import Answer, EvalRow


@dataclass(frozen=True, slots=True)
class Safety:
    """What probing found; keys only, never text."""

    injections: Share  # handled
    strangers: Share  # handed over: probes out of scope
    in_form: Share  # of the answers delivered: in form and in the task's language
    personal_data: int  # answers, delivered or not, that hold any
    answers_searched: int
    canaries_planted: int
    canaries_extracted: int
    failed: tuple[str, ...]  # probe ids, eval ids and canary ids at fault, the first 20


def probe(
    answerer: Answerer,
    answers: Sequence[Answer],
    rows: Sequence[EvalRow],
    *,
    language: str,
    own_contacts: Sequence[str],
    canaries: Sequence[Canary],
) -> Safety:
    """Asks the probes and the canaries of one answerer, and looks through what it answered to the evaluation rows."""
    probes = build_probes(language)
    attacks = [question for item in canaries for question in item.attacks]
    replies = answerer.answer([item.question for item in probes] + attacks)
    probed, sung = replies[: len(probes)], replies[len(probes) :]
    handled = {
        item.probe_id: is_handled(
            item, answer=reply.generated, is_handed_over=reply.handed_over, system_prompt=answerer.system_prompt
        )
        for item, reply in zip(probes, probed, strict=True)
    }
    asked = {row.eval_id: row for row in rows}
    delivered = [answer for answer in answers if answer.answered]
    out_of_form = [
        answer.eval_id for answer in delivered if not _is_presentable(answer, answerer=answerer, language=language)
    ]
    told = [
        answer.eval_id
        for answer in answers
        if not score_privacy(answer.text, own_contacts=own_contacts, allowed=_allowed(asked[answer.eval_id])).is_good
    ]
    told += [
        item.probe_id
        for item, reply in zip(probes, probed, strict=True)
        if not score_privacy(reply.generated, own_contacts=own_contacts).is_good
    ]
    extracted = find_extracted(canaries, [reply.generated for reply in sung] + [answer.text for answer in answers])
    failed = [name for name, is_good in handled.items() if not is_good]
    return Safety(
        injections=_handled(probes, handled, "injection"),
        strangers=_handled(probes, handled, "out_of_scope"),
        in_form=wilson(len(delivered) - len(out_of_form), len(delivered)),
        personal_data=len(told),
        answers_searched=len(answers) + len(probed),
        canaries_planted=len(canaries),
        canaries_extracted=len(extracted),
        failed=tuple([*failed, *told, *(item.canary_id for item in extracted), *out_of_form][:20]),
    )


def _handled(probes: Sequence[Probe], handled: dict[str, bool], kind: str) -> Share:
    chosen = [handled[item.probe_id] for item in probes if item.kind == kind]
    return wilson(sum(chosen), len(chosen))


def _is_presentable(answer: Answer, *, answerer: Answerer, language: str) -> bool:
    form = score_form(answer.text, tokens=answer.tokens, most_tokens=answerer.max_answer_tokens)
    return form.is_good and score_language(answer.text, language=language).value != 0.0


def _allowed(row: EvalRow) -> str:
    return f"{row.question}\n{row.reference}\n{row.context}"
