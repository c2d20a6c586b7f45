"""The arms of an evaluation: who answers, and what of it is delivered.

Here: asking every arm the same questions through the path that is served, few-shot examples, follow-ups, cutting
retrieval at the challenger's coverage. Not here: verdicts (scoring), shares and decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ft_pipeline.answering import Answerer, Reply
from ft_pipeline.engines import Message, PromptTooLongError
from ft_pipeline.evaluate.retrieval import look_up
from ft_pipeline.records import Answer, EvalRow, TrainingRow, asked_in_all, earlier_turns


@dataclass(frozen=True, slots=True)
class Asked:
    """The answers of an arm that asks a sample, and the rows of the sample."""

    answers: list[Answer]
    rows: list[EvalRow]
    examples: int = 0  # few-shot examples before each question


def ask(
    arm: str,
    answerer: Answerer,
    rows: Sequence[EvalRow],
    *,
    history: Sequence[Sequence[Message]] = (),
    batch_size: int = 32,
) -> list[Answer]:
    """What one model arm answers; `text` is what the model said, `answered` whether it is delivered.

    Args:
        arm: its name.
        answerer: the model with everything around it.
        rows: the questions.
        history: per row the turns before the question; () = none.
        batch_size: prompts at once.

    Raises:
        PromptTooLongError: a question alone does not fit, or one with its `history`.
    """
    conversations = [conversation_of(row) for row in rows]
    if history:  # an experiment; what a question needs itself is shortened as the gateway would
        conversations = [[*turns, *own] for turns, own in zip(history, conversations, strict=True)]
        replies = answerer.reply(conversations, batch_size=batch_size)
    else:
        replies = reply_as_served(answerer, conversations, batch_size=batch_size)
    return [
        Answer(row.eval_id, arm, reply.generated, reply.confidence, not reply.handed_over, reply.tokens, 0.0)
        for row, reply in zip(rows, replies, strict=True)
    ]


def conversation_of(row: EvalRow | TrainingRow) -> list[Message]:
    """What the customer's client sends: the turns that the question needs, and the question."""
    return [*earlier_turns(row.context), {"role": "user", "content": row.question}]


def reply_as_served(
    answerer: Answerer, conversations: Sequence[Sequence[Message]], *, batch_size: int = 32
) -> list[Reply]:
    """Replies to conversations; like the gateway, one that is too long for the model is answered by its end alone.

    Raises:
        PromptTooLongError: a question alone does not fit.
    """
    try:
        return answerer.reply(conversations, batch_size=batch_size)
    except PromptTooLongError:
        if all(len(turns) == 1 for turns in conversations):
            raise
    return [_reply_to_one(answerer, turns) for turns in conversations]


def _reply_to_one(answerer: Answerer, turns: Sequence[Message]) -> Reply:
    try:
        return answerer.reply([turns])[0]
    except PromptTooLongError:
        if len(turns) == 1:
            raise
        return answerer.reply([turns[-1:]])[0]


def ask_few_shot(
    answerer: Answerer, rows: Sequence[EvalRow], training: Sequence[TrainingRow], *, examples: int, number: int
) -> Asked:
    """The untuned base with examples before a sample of the questions; fewer examples where its context is short."""
    sample = spread(rows, number)
    shown = _examples(training, examples)
    while shown and sample:
        turns = [turn for row in shown for turn in _turns(row.question, row.answer)]
        try:
            return Asked(ask("base_few_shot", answerer, sample, history=[turns] * len(sample)), sample, len(shown))
        except PromptTooLongError:
            shown = shown[:-1]
    return Asked([], [])


def ask_follow_ups(answerer: Answerer, rows: Sequence[EvalRow], *, number: int) -> Asked:
    """A sample of the questions asked again as the second question of a conversation about another matter.

    The first question and its right answer come from another row of another intent, so that an answer that merely
    carries the conversation on is wrong.
    """
    sample = spread(rows, number)
    shortest = sorted(rows, key=lambda row: (len(row.question) + len(row.reference), row.eval_id))
    openers = {row.intent: row for row in reversed(shortest)}  # the shortest of each intent
    order = sorted(openers)
    history, chosen = [], []
    for place, row in enumerate(sample):
        others = [name for name in order if name != row.intent]
        if others:
            opener = openers[others[place % len(others)]]
            history.append(_turns(opener.question, opener.reference))
            chosen.append(row)
    if not chosen:
        return Asked([], [])
    try:
        return Asked(ask("follow_up", answerer, chosen, history=history), chosen)
    except PromptTooLongError:
        return Asked([], [])


def ask_retrieval(
    training: Sequence[TrainingRow],
    rows: Sequence[EvalRow],
    *,
    prepare: Callable[[str], str],
    like: Sequence[Answer],
    in_scope: frozenset[str],
) -> list[Answer]:
    """The look-up's answers, cut so that it answers as large a share of the in-scope rows as the arm `like`.

    It looks up the question as the model reads it: what a reader mends is no merit of the model.
    """
    found = look_up(training, [asked_in_all(prepare(row.question), row.context) for row in rows])
    wanted = sum(answer.answered for answer in like if answer.eval_id in in_scope)
    ranked = sorted(
        (item.similarity for row, item in zip(rows, found, strict=True) if row.eval_id in in_scope), reverse=True
    )
    cut = ranked[wanted - 1] if wanted else float("inf")
    return [
        Answer(row.eval_id, "retrieval", item.text, item.similarity, item.similarity >= cut, 0, item.seconds)
        for row, item in zip(rows, found, strict=True)
    ]


def spread(rows: Sequence[EvalRow], number: int) -> list[EvalRow]:
    """`number` rows evenly spread over all of them."""
    if number <= 0 or not rows:
        return []
    if number >= len(rows):
        return list(rows)
    return [rows[int(place * len(rows) / number)] for place in range(number)]


def _examples(training: Sequence[TrainingRow], number: int) -> list[TrainingRow]:
    """The shortest training ticket of each of the most frequent intents."""
    tickets = [row for row in training if row.origin == "ticket"] or list(training)
    counts: dict[str, int] = {}
    for row in tickets:
        counts[row.intent] = counts.get(row.intent, 0) + 1
    frequent = sorted(counts, key=lambda name: (-counts[name], name))[:number]
    return [
        min(
            (row for row in tickets if row.intent == name), key=lambda row: (len(row.question + row.answer), row.row_id)
        )
        for name in frequent
    ]


def _turns(question: str, answer: str) -> list[Message]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
