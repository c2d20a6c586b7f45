"""Counts how much of the eval set can be found in the training rows: zero is what the contract wants.

Here: the independent check after the split, the guard that keeps synthetic questions away from eval, what reading
brings near.
Not here: the split itself. The check compares every eval row with every training row that shares a rare 4-gram; it
does not trust cluster ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ft_pipeline.curate.similar import grams, similar_pairs
from ft_pipeline.curate.wording import question_form
from ft_pipeline.records import EvalRow, QAPair, TrainingRow, asked_in_all


def find_leaks(
    eval_rows: Sequence[EvalRow], training_rows: Sequence[TrainingRow], *, pairs: Sequence[QAPair], threshold: float
) -> dict[str, list[str] | None]:
    """Ids of the training rows that leak, by rule; None where a rule does not apply to these data.

    Args:
        eval_rows: the eval set.
        training_rows: train, validation and synthetic rows.
        pairs: the pairs behind both; they know the customers.
        threshold: Jaccard similarity of character 4-grams from which two questions are the same.

    Returns:
        `exact`: same normal form · `near`: near-same but not exact · `same_customer`: the row or its parent comes
        from a customer of the eval set (None without customer ids) · `synthetic_child`: its parent is in eval.
    """
    eval_forms = {question_form(asked_in_all(row.question, row.context)) for row in eval_rows}
    forms = [question_form(asked_in_all(row.question, row.context)) for row in training_rows]
    near = _near_to_eval(sorted(set(forms)), sorted(eval_forms), threshold)
    customer = {pair.pair_id: pair.customer_id for pair in pairs}
    held = {pair.pair_id for pair in pairs if pair.split == "eval"} | {row.eval_id for row in eval_rows}
    customers = {row.customer_id for row in eval_rows} - {""}
    same_customer: list[str] | None = None
    if any(customer.values()):
        same_customer = [
            row.row_id for row in training_rows if customer.get(row.parent_id or row.row_id, "") in customers
        ]
    return {
        "exact": [row.row_id for row, form in zip(training_rows, forms, strict=True) if form in eval_forms],
        "near": [row.row_id for row, form in zip(training_rows, forms, strict=True) if form in near],
        "same_customer": same_customer,
        "synthetic_child": [row.row_id for row in training_rows if row.parent_id in held],
    }


def count_leaks(
    eval_rows: Sequence[EvalRow], training_rows: Sequence[TrainingRow], *, pairs: Sequence[QAPair], threshold: float
) -> dict[str, int | None]:
    """The number of leaking training rows by rule; None = not applicable. See `find_leaks`."""
    leaks = find_leaks(eval_rows, training_rows, pairs=pairs, threshold=threshold)
    return {rule: None if keys is None else len(keys) for rule, keys in leaks.items()}


def held_out_guard(questions: Sequence[str], threshold: float) -> Callable[[str], bool]:
    """A function that says of a new question whether it is the same or near-same as one of these."""
    sets = sorted({grams(question_form(question)) for question in questions}, key=sorted)
    index: dict[str, list[int]] = {}
    for number, members in enumerate(sets):
        for gram in members:
            index.setdefault(gram, []).append(number)

    def is_held_out(question: str) -> bool:
        mine = grams(question_form(question))
        shared: dict[int, int] = {}
        for gram in mine:
            for number in index.get(gram, ()):
                shared[number] = shared.get(number, 0) + 1
        return any(common >= threshold * (len(mine) + len(sets[number]) - common) for number, common in shared.items())

    return is_held_out


def brought_near(
    rows: Sequence[TrainingRow],
    asked: Mapping[str, str],
    eval_rows: Sequence[EvalRow],
    *,
    read: Callable[[str], str],
    threshold: float,
) -> frozenset[str]:
    """Ids of the training rows that only reading makes near-same as an eval question.

    A row that was near before is none of them: that is a leak of the split, which `find_leaks` has to find.

    Args:
        rows: training rows as the model sees them.
        asked: their questions as they were asked, by row id, where those differ.
        eval_rows: the eval set, as it was asked.
        read: how a question is read before the model sees it.
        threshold: as in `find_leaks`.
    """
    questions = [asked_in_all(row.question, row.context) for row in eval_rows]
    is_near = held_out_guard(questions, threshold)
    is_near_when_read = held_out_guard([*questions, *map(read, questions)], threshold)
    return frozenset(
        row.row_id
        for row in rows
        if is_near_when_read(asked_in_all(row.question, row.context))
        and not is_near(asked_in_all(asked.get(row.row_id, row.question), row.context))
    )


def _near_to_eval(training: Sequence[str], held: Sequence[str], threshold: float) -> frozenset[str]:
    """Training forms near-same, but not equal, to an eval form."""
    known = set(held)
    forms = [*held, *(form for form in training if form not in known)]
    pairs = similar_pairs([grams(form) for form in forms], threshold)
    return frozenset(forms[second] for first, second, _ in pairs if first < len(held) <= second)
