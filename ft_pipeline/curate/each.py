"""Looks at each ticket by itself: its question and answer, masked and judged, or why it gives none.

Here: the steps that need one ticket only, over all tickets at once where that is faster; whole columns of texts go
through repair, stripping, language and masking. A memo answers for the tickets that it knows. Not here: the steps
themselves, and what only many tickets together can tell (answers, duplicates, split).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ft_pipeline.curate.conversations import Following, follow
from ft_pipeline.curate.language import languages_of
from ft_pipeline.curate.memo import RedactionMemo
from ft_pipeline.curate.plans import pair_all
from ft_pipeline.curate.quality import judge
from ft_pipeline.curate.rows import Candidate, Exchange, Made, Refused, Ticket
from ft_pipeline.curate.talks import Talks, as_talks
from ft_pipeline.curate.ticket_memo import Remembered, TicketMemo, key_of
from ft_pipeline.curate.tickets import Boilerplate, Key, Texts, as_ticket
from ft_pipeline.curate.verdicts import has_placeholder
from ft_pipeline.letter import strip_edges, strip_edges_all, strip_frame, strip_frame_all
from ft_pipeline.records import Turn
from ft_pipeline.task import Data

_LANGUAGE = "curate.language"
_TICKETS = 50_000  # looked at together: what is needed for one chunk only is freed before the next


@dataclass(frozen=True)
class Looked:
    """What became of each ticket by itself."""

    tickets: list[Ticket]  # sorted by source and id; with messages where they are wanted whole
    candidates: list[Candidate]
    following: list[Following]
    refused: dict[Key, Refused]


def look_at_each(
    by_key: dict[Key, list[Turn]],
    *,
    data: Data,
    mask: RedactionMemo,
    memo: TicketMemo | None,
    whole: Collection[Key],
) -> Looked:
    """Every ticket through the steps that need no other ticket.

    Args:
        by_key: the turns of each ticket, as `tickets.group` returns them; is emptied, so that memory is freed.
        data: what to keep.
        mask: masks personal data.
        memo: what became of tickets in an earlier run; is brought up to date. None = every ticket is looked at.
        whole: tickets that are wanted with their messages, whatever the memo knows.
    """
    hashes = {key: key_of(found) for key, found in by_key.items()} if memo is not None else {}
    known = _known(hashes, memo)
    kept = {key: by_key[key] for key in known}  # their turns, should the boilerplate have changed
    tickets: dict[Key, Ticket] = {}
    talks = _read(by_key, tickets, bare=known, whole=whole)
    said: dict[Key, tuple[str, ...]] = {key: found.said for key, found in known.items()}
    for talk in talks:
        said |= talk.said_by_agents()
    boilerplate = Boilerplate(said) if data.drop_repeated_boilerplate else None
    now = boilerplate.hashes if boilerplate is not None else {}
    if memo is None:
        said.clear()  # millions of texts that nothing asks for any more
    else:  # what is boilerplate now may have been none then, or the other way round
        again = {key: kept[key] for key in known if memo.saw(hashes[key], key[0]) != now.get(key[0], "")}
        known = {key: found for key, found in known.items() if key not in again}
        talks += _read(again, tickets, bare=(), whole=whole)
    looked = _Outcomes({}, {}, {})
    while talks:  # what was looked at is let go
        outcomes = _look(talks.pop(), boilerplate, data, mask, with_made=memo is not None)
        looked.add(outcomes)
    if memo is not None:
        new = {
            hashes[key]: Remembered(tuple(said[key]), outcome)
            for key, outcome in looked.outcomes.items()
            if key not in looked.following
        }
        memo.looked_at = len(tickets) - len(known)
        memo.write(list(hashes.values()), new, now)
    return _merged(list(tickets.values()), known, looked)


def _known(hashes: Mapping[Key, bytes], memo: TicketMemo | None) -> dict[Key, Remembered]:
    if memo is None:
        return {}
    return {key: found for key, hashed in hashes.items() if (found := memo.find(hashed)) is not None}


def _read(
    by_key: dict[Key, list[Turn]], tickets: dict[Key, Ticket], *, bare: Collection[Key], whole: Collection[Key]
) -> list[Talks]:
    """What is said in the tickets, but for the bare ones; takes them out of `by_key`, which frees their turns.

    Args:
        by_key: the turns of each ticket.
        tickets: are added to: all of them, those wanted whole with messages.
        bare: tickets that are not looked at.
        whole: tickets that are wanted with their messages.
    """
    talks: list[Talks] = []
    for chunk in _chunks(list(by_key)):
        found = {key: by_key.pop(key) for key in chunk}
        looked_at = {key: turns for key, turns in found.items() if key not in bare}
        texts = Texts([*looked_at.values(), *(found[key] for key in chunk if key in bare and key in whole)])
        tickets |= {key: as_ticket(key, turns, texts if key in whole else None) for key, turns in found.items()}
        talks.append(as_talks(tickets, looked_at, texts))
    return talks


def _chunks(keys: Sequence[Key]) -> list[Sequence[Key]]:
    return [keys[start : start + _TICKETS] for start in range(0, len(keys), _TICKETS)]


def _without_messages(ticket: Ticket) -> Ticket:
    if not ticket.messages:
        return ticket
    return Ticket(ticket.key, (), ticket.status, ticket.category, ticket.customer_id, ticket.created_at)


@dataclass(frozen=True)
class _Outcomes:
    outcomes: dict[Key, Made | Refused]  # what was made of a ticket only where a memo wants it beside the candidate
    following: dict[Key, list[Following]]
    candidates: dict[Key, Candidate]

    def add(self, more: _Outcomes) -> None:
        self.outcomes.update(more.outcomes)
        self.following.update(more.following)
        self.candidates.update(more.candidates)


def _look(
    talks: Talks, boilerplate: Boilerplate | None, data: Data, mask: RedactionMemo, *, with_made: bool
) -> _Outcomes:
    exchanges = pair_all(talks, talks.without(boilerplate) if boilerplate is not None else talks.texts)
    spoken = _languages([found for found in exchanges if isinstance(found, Exchange)])
    looked = _Outcomes({}, {}, {})
    asked: list[tuple[Ticket, Exchange, str]] = []
    for ticket, found in zip(talks.tickets, exchanges, strict=True):
        if isinstance(found, Refused):
            looked.outcomes[ticket.key] = found
        elif (language := _language(found, spoken)) not in data.languages:
            looked.outcomes[ticket.key] = Refused(_LANGUAGE, "language_not_in_task", language)
        else:
            asked.append((ticket, found, language))
    questions = _each(strip_frame_all, mask.all([found.question for _, found, _ in asked]))
    answers = _each(strip_edges_all, mask.all([found.answer for _, found, _ in asked]))
    for (ticket, found, language), question, answer in zip(asked, questions, answers, strict=True):
        outcome = _made(found, question, answer, language=language, data=data)
        if isinstance(outcome, Made):
            looked.candidates[ticket.key] = as_candidate(_without_messages(ticket), outcome)
        if with_made or isinstance(outcome, Refused):
            looked.outcomes[ticket.key] = outcome
    for ticket, found in zip(talks.tickets, exchanges, strict=True):
        if isinstance(found, Exchange) and found.follow_up is not None:
            make = _maker_of_follow_ups(_without_messages(ticket), data=data, mask=mask)
            looked.following[ticket.key] = follow(ticket.key, found, looked.candidates.get(ticket.key), make=make)
    return looked


def _each(change: Callable[[Sequence[str]], list[str]], texts: Sequence[str]) -> list[str]:
    """A change of whole columns, for each distinct text once."""
    distinct = list(dict.fromkeys(texts))
    changed = dict(zip(distinct, change(distinct), strict=True))
    return [changed[text] for text in texts]


def _made(exchange: Exchange, question: str, answer: str, *, language: str, data: Data) -> Made | Refused:
    """The masked and stripped question and answer of an exchange, judged."""
    if has_placeholder(answer):
        return Refused("curate.pair", "answer_for_one_case", "personal data or a number of one case in the answer")
    verdict = judge(question, answer, data=data)
    if verdict is not None:
        return verdict
    return Made(question, answer, exchange.kind, language, " ".join(exchange.turn_ids), exchange.created_at)


def as_candidate(ticket: Ticket, made: Made) -> Candidate:
    """A ticket's pair at the beginning of its way."""
    return Candidate(ticket, made.question, made.answer, made.kind, made.language, made.turn_ids, made.created_at)


def _maker_of_follow_ups(
    ticket: Ticket, *, data: Data, mask: RedactionMemo
) -> Callable[[Exchange, Candidate], Candidate | Refused]:
    """A follow-up is judged by its length and language together with the question before it: alone it says little."""

    def make(exchange: Exchange, before: Candidate) -> Candidate | Refused:
        whole = replace(exchange, question=f"{before.question}\n{exchange.question}")
        language = _language(whole, _languages([whole]))
        if language not in data.languages:
            return Refused(_LANGUAGE, "language_not_in_task", language)
        question, answer = strip_frame(mask(whole.question)), strip_edges(mask(whole.answer))
        found = _made(whole, question, answer, language=language, data=data)
        if isinstance(found, Refused):
            return found
        return replace(as_candidate(ticket, found), question=strip_frame(mask(exchange.question)))

    return make


def _merged(tickets: Sequence[Ticket], known: Mapping[Key, Remembered], looked: _Outcomes) -> Looked:
    candidates: list[Candidate] = []
    following: list[Following] = []
    refused: dict[Key, Refused] = {}
    for ticket in tickets:
        key = ticket.key
        if key in looked.candidates:
            candidates.append(looked.candidates[key])
        else:
            outcome = known[key].outcome if key in known else looked.outcomes[key]
            if isinstance(outcome, Refused):
                refused[key] = outcome
            else:
                candidates.append(as_candidate(ticket, outcome))
        following += looked.following.get(key, ())
    return Looked(list(tickets), candidates, following, refused)


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
