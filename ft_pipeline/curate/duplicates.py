"""Removes questions that say the same as a newer one, and settles contradictions between their answers.

Here: which of several near-same questions stays. Not here: near-same answers (answers), the split (split).

Stars, newest question first, and those of reopened tickets last, since what they were told first did not help: all
questions near to it vote for their answer; the majority wins, the newest answer on a tie. With the winning answer the
newest question stays and its near-same ones go (`duplicate_question`); whoever
carries a losing answer goes as `contradicting_answer`. Stars rather than connected components, so that a chain of small
differences does not swallow a different question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ft_pipeline.curate.rows import Candidate, Refused
from ft_pipeline.curate.similar import Neighbours

_STAGE = "curate.duplicates"


def remove_duplicates(
    candidates: Sequence[Candidate], neighbours: Neighbours, forms: Sequence[int], threshold: float
) -> None:
    """Marks what is removed.

    Args:
        candidates: grouped pairs, none refused.
        neighbours: the near forms of their questions.
        forms: for each candidate its number of form.
        threshold: Jaccard similarity of character 4-grams from which two questions are the same.
    """
    by_form: dict[int, list[int]] = defaultdict(list)
    for number, form in enumerate(forms):
        by_form[form].append(number)
    order = sorted(
        range(len(candidates)),
        key=lambda number: (
            candidates[number].ticket.status != "reopened",
            candidates[number].created_at,
            candidates[number].ticket.key,
        ),
        reverse=True,
    )
    rank = {number: position for position, number in enumerate(order)}
    settled: set[int] = set()
    for number in order:
        if number in settled:
            continue
        near = neighbours.near_forms(forms[number], threshold)
        star = [other for form in near for other in by_form.get(form, ()) if other not in settled]
        if len(star) == 1:  # most questions; nobody else asks it
            settled.add(number)
            continue
        winner = _majority(star, candidates, rank)
        is_winner = candidates[number].answer_id == winner
        for other in star:
            if candidates[other].answer_id != winner:
                candidates[other].refused = Refused(_STAGE, "contradicting_answer", f"majority answers {winner}")
                settled.add(other)
            elif is_winner and other != number:
                detail = f"same as {candidates[number].ticket.key[1]}"
                candidates[other].refused = Refused(_STAGE, "duplicate_question", detail)
                settled.add(other)
        settled.add(number)


def _majority(star: Sequence[int], candidates: Sequence[Candidate], rank: dict[int, int]) -> str:
    votes: dict[str, int] = defaultdict(int)
    newest: dict[str, int] = {}
    for number in star:
        answer = candidates[number].answer_id
        votes[answer] += 1
        newest[answer] = min(newest.get(answer, rank[number]), rank[number])
    return max(votes, key=lambda answer: (votes[answer], -newest[answer]))
