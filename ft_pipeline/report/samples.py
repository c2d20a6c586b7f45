"""Side by side: what the base model said, what the fine-tuned one said, what a human says.

Reads evaluation rows, answers and scores. Writes nothing. Not here: shares and verdicts over all rows (tables).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ft_pipeline.records import Answer, EvalRow, Score, shown_question
from ft_pipeline.report.tables import Table, render_markdown
from ft_pipeline.report.wording import STRATA, Language, decimal, name_of, say

_MOST_CHARS = 420  # of an answer, as shown
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "right": ("верно", "right"),
    "wrong": ("неверно", "wrong"),
    "handed_over": ("передано специалисту", "handed over"),
    "unjudged": ("не оценено", "not judged"),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One question with the answers of both models and of a human."""

    eval_id: str
    stratum: str
    question: str
    base: str
    tuned: str  # what the fine-tuned model said, delivered or not
    reference: str  # "" where the right reaction is to hand over
    is_delivered: bool  # False = handed over
    confidence: float  # summed log-probability of the tuned answer
    base_is_right: bool | None  # None: could not be judged
    tuned_is_right: bool | None

    @property
    def outcome(self) -> str:
        """right | wrong | handed_over | unjudged."""
        if not self.is_delivered:
            return "handed_over"
        if self.tuned_is_right is None:
            return "unjudged"
        return "right" if self.tuned_is_right else "wrong"


def pick_samples(
    rows: Sequence[EvalRow], answers: Sequence[Answer], scores: Sequence[Score], *, n: int, seed: int
) -> list[Sample]:
    """A fair draw of `n` questions: outcomes in their true proportions, every stratum that `n` leaves room for.

    Args:
        rows: all evaluation rows.
        answers: of the arms `base` and `challenger`, one per row.
        scores: of the same answers.
        n: how many to draw; all rows where there are fewer.
        seed: the same seed draws the same samples, in whatever order the rows come.

    Raises:
        ValueError: a row has no answer of one of the two arms.
    """
    everything = _all_samples(rows, answers, scores)
    if n >= len(everything):
        return everything
    random.Random(seed).shuffle(everything)
    outcomes = Counter(sample.outcome for sample in everything)
    quota = _apportion(outcomes, n)
    taken: list[Sample] = []
    strata = Counter(sample.stratum for sample in everything)
    for outcome in sorted(quota, key=lambda name: (outcomes[name], name)):  # rare outcomes choose their strata first
        taken += _draw([sample for sample in everything if sample.outcome == outcome], quota[outcome], strata, taken)
    order = {sample.eval_id: place for place, sample in enumerate(everything)}
    return sorted(taken, key=lambda sample: order[sample.eval_id])


def samples_table(samples: Sequence[Sample], language: Language) -> Table:
    """One line per sample."""
    rows = [
        (
            f"{sample.question} ({name_of(STRATA, sample.stratum, language)})",
            f"{shortened(sample.base, language) or '—'} ({base_text(sample, language)})",
            f"{shortened(sample.tuned, language) or '—'} ({outcome_text(sample, language)})",
            reference_text(sample, language),
            mark(sample),
        )
        for sample in samples
    ]
    header = (
        ("Вопрос", "Базовая модель", "Дообученная модель", "Ответ человека", "Итог"),
        ("Question", "Base model", "Fine-tuned model", "Human answer", "Right"),
    )
    return Table(header[0] if language == "ru" else header[1], tuple(rows))


def samples_markdown(samples: Sequence[Sample], *, language: Language) -> str:
    """The samples side by side, as a Markdown table under a line that counts them."""
    return f"{samples_summary(samples, language)}\n\n{render_markdown(samples_table(samples, language))}"


def samples_summary(samples: Sequence[Sample], language: Language) -> str:
    """How many were drawn, and how many of each outcome."""
    counts = Counter(sample.outcome for sample in samples)
    parts = [f"{name_of(OUTCOMES, name, language)} — {counts[name]}" for name in OUTCOMES if counts[name]]
    text = ("Случайная выборка, вопросов: {n}", "A random draw, questions: {n}")
    detail = f" ({', '.join(parts)})" if parts else ""
    about = (
        " Уверенность — логарифм вероятности ответа: чем ближе к нулю, тем модель увереннее.",
        " Confidence is the answer's log-probability: the nearer to zero, the surer the model.",
    )
    return say(text, language).format(n=len(samples)) + detail + "." + say(about, language)


def outcome_text(sample: Sample, language: Language) -> str:
    """Delivered or handed over, right or wrong, how sure."""
    said = say(("уверенность", "confidence"), language) + " " + decimal(sample.confidence, 2, language)
    if sample.is_delivered:
        return f"{say(('выдано', 'delivered'), language)}, {name_of(OUTCOMES, sample.outcome, language)}, {said}"
    handed = name_of(OUTCOMES, "handed_over", language)
    if sample.tuned_is_right is None or not sample.reference:
        return f"{handed}, {said}"
    would = ("ответ был бы верным", "would have been right") if sample.tuned_is_right else _WOULD_BE_WRONG
    return f"{handed}, {say(would, language)}, {said}"


def shortened(text: str, language: Language) -> str:
    """An answer that does not end, cut for the eyes; how much is missing is said."""
    if len(text) <= _MOST_CHARS:
        return text
    more = say(("ещё {n} знаков", "{n} more characters"), language).format(n=len(text) - _MOST_CHARS)
    return f"{text[:_MOST_CHARS].rstrip()}… ({more})"


def base_text(sample: Sample, language: Language) -> str:
    """Whether the base model was right."""
    outcome = "unjudged" if sample.base_is_right is None else "right" if sample.base_is_right else "wrong"
    return name_of(OUTCOMES, outcome, language)


def reference_text(sample: Sample, language: Language) -> str:
    """The human answer, or that a hand-over is what a human expects."""
    return sample.reference or say(("(передать специалисту)", "(hand over)"), language)


def mark(sample: Sample) -> str:
    """✓ right · ✗ wrong · → handed over · — not judged."""
    return {"right": "✓", "wrong": "✗", "handed_over": "→", "unjudged": "—"}[sample.outcome]


_WOULD_BE_WRONG = ("ответ был бы неверным", "would have been wrong")


def _all_samples(rows: Sequence[EvalRow], answers: Sequence[Answer], scores: Sequence[Score]) -> list[Sample]:
    said = {(answer.arm, answer.eval_id): answer for answer in answers}
    values = {(score.arm, score.eval_id): score.value for score in scores}
    samples = []
    for row in sorted(rows, key=lambda item: item.eval_id):
        base, tuned = said.get(("base", row.eval_id)), said.get(("challenger", row.eval_id))
        if base is None or tuned is None:
            missing = "base" if base is None else "challenger"
            raise ValueError(f"{row.eval_id}: found no answer of the arm {missing}; evaluate all rows with both arms")
        samples.append(
            Sample(
                eval_id=row.eval_id,
                stratum=row.stratum,
                question=shown_question(row.question, row.context),
                base=base.text,
                tuned=tuned.text,
                reference=row.reference,
                is_delivered=tuned.answered,
                confidence=tuned.confidence,
                base_is_right=_is_right(values.get(("base", row.eval_id))),
                tuned_is_right=_is_right(values.get(("challenger", row.eval_id))),
            )
        )
    return samples


def _is_right(value: float | None) -> bool | None:
    return None if value is None else value >= 0.5


def _apportion(counts: Mapping[str, int], n: int) -> dict[str, int]:
    """`n` seats in proportion to the counts, by largest remainders (Hamilton's method)."""
    total = sum(counts.values())
    seats = {name: count * n // total for name, count in counts.items()}
    by_remainder = sorted(counts, key=lambda name: (-(counts[name] * n % total), name))
    for name in by_remainder[: n - sum(seats.values())]:
        seats[name] += 1
    return seats


def _draw(pool: Sequence[Sample], n: int, strata: Mapping[str, int], taken: Sequence[Sample]) -> list[Sample]:
    """`n` of a shuffled pool, each time from the stratum that is least represented so far for its size."""
    have = Counter(sample.stratum for sample in taken)
    left = list(pool)
    drawn: list[Sample] = []
    for _ in range(n):
        chosen = min(left, key=lambda sample: (have[sample.stratum] > 0, have[sample.stratum] / strata[sample.stratum]))
        left.remove(chosen)
        have[chosen.stratum] += 1
        drawn.append(chosen)
    return drawn
