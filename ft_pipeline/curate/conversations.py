"""Follow-ups of a ticket beside its first question: they inherit its side and carry the turns that they need.

Here: candidates of a ticket's chain of follow-ups, which of them are kept, the turns before each. Not here: which
message is a follow-up (follow_ups), the draw of the sides (split).

A follow-up stands where the question before it stands, and goes where that one goes. The turns before it are the kept
question and its canonical answer, so that a fact that changed is right there too. Its text decides on leaks together
with what the customer asked before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ft_pipeline.curate.leaks import held_out_guard
from ft_pipeline.curate.rows import Candidate, Exchange, FollowUp, Refused
from ft_pipeline.records import Rejected, as_context, asked_in_all, earlier_turns

_STAGE = "curate.conversations"
_NOT_WITHOUT = Refused(_STAGE, "follow_up_of_refused", "the question before it was not kept")


@dataclass(slots=True)
class Following:
    """One follow-up on its way."""

    key: tuple[str, str]  # source, `ticket#turn`
    before: Candidate | None  # the question and answer that it follows; None where that became no candidate
    found: Candidate | Refused

    @property
    def refused(self) -> Refused | None:
        """Why it is not kept, as far as it is known."""
        return self.found.refused if isinstance(self.found, Candidate) else self.found


def follow(
    key: tuple[str, str],
    exchange: Exchange,
    first: Candidate | None,
    *,
    make: Callable[[Exchange, Candidate], Candidate | Refused],
) -> list[Following]:
    """The follow-ups of one ticket, in their order.

    Args:
        key: source and id of the ticket.
        exchange: the ticket's first question and answer, with what follows.
        first: what they became; None where they were refused.
        make: turns the exchange of a follow-up, after the candidate before it, into a candidate.
    """
    chain: list[Following] = []
    before, link = first, exchange.follow_up
    while link is not None:
        found = _found(link, before, make)
        chain.append(Following((key[0], f"{key[1]}#{link.turn_id}"), before, found))
        before = found if isinstance(found, Candidate) else None
        link = link.found.follow_up if isinstance(link.found, Exchange) else None
    return chain


def _found(
    link: FollowUp, before: Candidate | None, make: Callable[[Exchange, Candidate], Candidate | Refused]
) -> Candidate | Refused:
    if isinstance(link.found, Refused):
        return link.found
    return _NOT_WITHOUT if before is None else make(link.found, before)


def settle(
    following: Sequence[Following], kept: Sequence[Candidate], *, held_out_questions: Sequence[str], threshold: float
) -> tuple[list[Candidate], list[Rejected]]:
    """The follow-ups that are kept, with their side and the turns before them, and the rest with reasons.

    Args:
        following: every ticket's follow-ups, each after the one that it follows.
        kept: first questions that were kept, with their sides.
        held_out_questions: written for evaluation only.
        threshold: Jaccard similarity from which two questions are the same.
    """
    if not following:
        return [], []
    alive = {id(item) for item in kept}
    here = []
    for item in following:
        if isinstance(item.found, Candidate) and item.refused is None:
            if item.before is None or id(item.before) not in alive:
                item.found.refused = _NOT_WITHOUT
                continue
            _place(item.found, item.before)
            alive.add(id(item.found))
            here.append(item.found)
    _hold_out(here, kept, held_out_questions=held_out_questions, threshold=threshold)
    _let_go(following)
    rejected = [
        Rejected(item.refused.stage, item.refused.reason, item.key[1], item.refused.detail, item.key[0])
        for item in following
        if item.refused is not None
    ]
    return [item for item in here if item.refused is None], rejected


def _place(item: Candidate, before: Candidate) -> None:
    item.split, item.cluster_id = before.split, before.cluster_id
    item.context = as_context(
        [
            *earlier_turns(before.context),
            {"role": "user", "content": before.question},
            {"role": "assistant", "content": before.canonical},
        ]
    )


def _hold_out(
    items: Sequence[Candidate], kept: Sequence[Candidate], *, held_out_questions: Sequence[str], threshold: float
) -> None:
    """Refuses what is too near to the other side: of eval to what is learned, of the rest to eval."""
    in_eval = [asked_in_all(item.question, item.context) for item in [*kept, *items] if item.split == "eval"]
    learned = [item.question for item in kept if item.split != "eval"]
    is_learned = held_out_guard(learned, threshold)
    is_in_eval = held_out_guard([*in_eval, *held_out_questions], threshold)
    for item in items:
        is_near = is_learned if item.split == "eval" else is_in_eval
        if is_near(asked_in_all(item.question, item.context)):
            item.refused = Refused("curate.split", "held_out_with_eval", "near-same to a question of the other side")


def _let_go(following: Sequence[Following]) -> None:
    """What follows a follow-up that went has lost its turns."""
    for item in following:
        if isinstance(item.found, Candidate) and item.refused is None:
            assert item.before is not None
            if item.before.refused is not None:
                item.found.refused = _NOT_WITHOUT
