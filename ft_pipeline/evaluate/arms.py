"""The arms of an evaluation: who answers, and what of it is delivered.

Here: asking every arm the same questions and cutting retrieval at the challenger's coverage. Not here: verdicts
(scoring), shares and decisions.
"""

from __future__ import annotations

from collections.abc import Sequence

from ft_pipeline.answering import Answerer
from ft_pipeline.evaluate.retrieval import look_up
from ft_pipeline.records import Answer, EvalRow, TrainingRow


def ask(arm: str, answerer: Answerer, rows: Sequence[EvalRow], *, batch_size: int = 32) -> list[Answer]:
    """What one model arm answers; `text` is what the model said, `answered` whether it is delivered."""
    replies = answerer.answer([row.question for row in rows], batch_size=batch_size)
    return [
        Answer(row.eval_id, arm, reply.generated, reply.confidence, not reply.handed_over, reply.tokens, 0.0)
        for row, reply in zip(rows, replies, strict=True)
    ]


def ask_retrieval(
    training: Sequence[TrainingRow], rows: Sequence[EvalRow], *, like: Sequence[Answer], in_scope: frozenset[str]
) -> list[Answer]:
    """The look-up's answers, cut so that it answers as large a share of the in-scope rows as the arm `like`."""
    found = look_up(training, [row.question for row in rows])
    wanted = sum(answer.answered for answer in like if answer.eval_id in in_scope)
    ranked = sorted(
        (item.similarity for row, item in zip(rows, found, strict=True) if row.eval_id in in_scope), reverse=True
    )
    cut = ranked[wanted - 1] if wanted else float("inf")
    return [
        Answer(row.eval_id, "retrieval", item.text, item.similarity, item.similarity >= cut, 0, item.seconds)
        for row, item in zip(rows, found, strict=True)
    ]
