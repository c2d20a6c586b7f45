"""Turns a dialogue into one self-contained question and the answer that resolved it, or says why it cannot.

Here: which messages are the question, which are the answer. Not here: what one message is worth (verdicts), lengths and
other quality limits (quality), wording of answers across tickets (answers).

Written by hand: no library knows which of an agent's messages resolved a ticket. The rules, in order:

1. Only messages of the customer and of agents count; bots and private notes never become an answer.
2. The question is the first customer message with substance, joined with what the customer adds before the answer.
3. The answer is the agent's next block with substance. A block that asks back is a clarification: the customer's reply
   joins the question and the next block is the answer. Where the customer says that it did not help, or the ticket
   was reopened, the last block is the answer.
4. Where the first block asks for a number in order to look something up, that block is the answer (needs_lookup).
5. What the customer asks after an answer, and nobody understands without it ("А если он тяжелее?"), is a follow-up with
   an answer of its own, found by rules 2-4 in what comes after. A further question that stands alone is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ft_pipeline.curate.follow_ups import needs_context
from ft_pipeline.curate.rows import Exchange, FollowUp, Message, Refused, Ticket
from ft_pipeline.curate.verdicts import (
    asks_back,
    asks_for_number,
    holds_for_one_case,
    is_off_topic,
    names_a_number,
    says_nothing,
    without_empty_promises,
)

_STAGE = "curate.pair"
_MOST_JOINED_WORDS = 80  # customer messages are joined up to this length

_HAS_NUMBER = re.compile(r"\d{3,}|[A-ZА-Я]{1,4}-?\d{2,}")
_DID_NOT_HELP = re.compile(
    r"не помог|не то\b|не об этом|не про это|не отве(?:тили|чаете)|(?:всё|все) (?:равно|ещё|еще) не"
    r"|по-прежнему не|так и не|не работает|не получ(?:илось|ается)|вы не поняли|я спрашива",
    re.IGNORECASE,
)
_TO_BOT = re.compile(
    r"^\W*(?:(?:позовите |соедините (?:меня )?(?:с )?|переключите (?:на )?|нужен |хочу |дайте )?(?:живой "
    r"|живого |живым )?(?:оператор\w*|человек\w*|менеджер\w*|специалист\w*)"
    r"|ещё вопрос|другое|да|нет|ок|ау|алло|[\d\W]+|start|/start|меню|начать|есть кто(?:-нибудь)?(?: живой)?"
    r"|вы (?:тут|здесь))\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Block:
    """Messages of one side without an interruption by the other."""

    role: str
    texts: tuple[str, ...]
    turn_ids: tuple[str, ...]
    created_at: str  # of the last message for agents, of the first for customers

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


def pair(ticket: Ticket) -> Exchange | Refused:
    """The exchange of a ticket; the module's charter says which messages it takes."""
    if ticket.status == "open":
        return Refused(_STAGE, "unresolved")
    blocks = _blocks(ticket.messages)
    first = next((number for number, block in enumerate(blocks) if block.role == "customer"), None)
    if first is None:
        return Refused(_STAGE, "no_question")
    question = blocks[first]
    rest = blocks[first + 1 :]
    if not any(block.role == "agent" for block in rest):
        spoke = any(message.role == "agent" for message in ticket.messages)
        return Refused(_STAGE, "answer_says_nothing" if spoke else "no_answer")
    return _answered(question, rest, is_reopened=ticket.status == "reopened")


def answered_plainly(asked: Sequence[tuple[str, str]], answer: tuple[str, str, str]) -> Exchange:
    """The exchange of messages that are known to be its question and its answer.

    Args:
        asked: text and turn id of the customer's messages, each followed by one of the agent.
        answer: text, turn id and time.
    """
    text, turn_id, created_at = answer
    if len(asked) == 1:
        return Exchange(asked[0][0], text, "standard", (asked[0][1], turn_id), created_at)
    blocks = [_Block("customer", (question,), (asked_in,), "") for question, asked_in in asked]
    return _exchange(blocks, _Block("agent", (text,), (turn_id,), created_at), "standard")


def is_to_bot(text: str) -> bool:
    """True where a customer speaks to a bot, or calls for a human, before any agent came."""
    return _TO_BOT.match(text) is not None


def _answered(question: _Block, rest: Sequence[_Block], *, is_reopened: bool) -> Exchange | Refused:
    asking = _asking_block(rest, may_be_later=is_reopened)
    if asking is not None:
        return _exchange([question], asking, "needs_lookup")
    if all(says_nothing(block.text) for block in rest if block.role == "agent"):
        return Refused(_STAGE, "answer_says_nothing")
    return _resolved(question, rest, is_reopened=is_reopened)


def _resolved(question: _Block, rest: Sequence[_Block], *, is_reopened: bool) -> Exchange | Refused:
    asked = [question]
    answer: _Block | None = None
    follow_up: FollowUp | None = None
    for number, block in enumerate(rest):
        if block.role == "customer":
            if answer is None:
                asked.append(block)
            elif any(later.role == "agent" for later in rest[number:]):
                if _DID_NOT_HELP.search(block.text):
                    answer = None
                elif not is_reopened and needs_context(block.text):
                    found = _answered(block, rest[number + 1 :], is_reopened=False)
                    follow_up = FollowUp(block.turn_ids[0], found)
                    break
            continue
        if says_nothing(block.text) or (answer is not None and not is_reopened):
            continue
        if asks_back(block.text) and any(
            later.role == "agent" and not says_nothing(later.text) for later in rest[number + 1 :]
        ):
            continue
        answer = block
    if answer is None:
        return Refused(_STAGE, "answer_says_nothing")
    text = without_empty_promises(answer.text)
    if is_off_topic(text):
        return Refused(_STAGE, "off_topic")
    if asks_back(text):
        return Refused(_STAGE, "answer_asks_back")
    if holds_for_one_case(text):
        return Refused(_STAGE, "answer_for_one_case")
    return _exchange(asked, _Block(answer.role, (text,), answer.turn_ids, answer.created_at), "standard", follow_up)


def _asking_block(rest: Sequence[_Block], *, may_be_later: bool) -> _Block | None:
    """The message that asks for a number, where it is the first thing with substance that an agent says.

    In a reopened ticket what came first did not help, so it may come later there.
    """
    for number, block in enumerate(rest):
        if block.role != "agent":
            continue
        for position, text in enumerate(block.texts):
            is_last = names_a_number(text) and position + 1 == len(block.texts)
            has_number = is_last and _HAS_NUMBER.search(_reply(rest, number)) is not None
            if asks_for_number(text, has_reply_with_number=has_number):
                return _Block(block.role, (text,), (block.turn_ids[position],), block.created_at)
            if not (may_be_later or says_nothing(text) or asks_back(text)):
                return None
    return None


def _blocks(messages: Sequence[Message]) -> list[_Block]:
    blocks: list[_Block] = []
    for message in messages:
        role = message.role
        if role not in {"customer", "agent"} or not message.text:
            continue
        if role == "customer" and not any(block.role == "agent" for block in blocks) and is_to_bot(message.text):
            continue
        last = blocks[-1] if blocks else None
        if last is not None and last.role == role:
            blocks[-1] = _joined([last, _block(message)])
        else:
            blocks.append(_block(message))
    return blocks


def _block(message: Message) -> _Block:
    return _Block(message.role, (message.text,), (message.turn_id,), message.created_at)


def _joined(blocks: Sequence[_Block]) -> _Block:
    """One block of several; what a customer adds beyond the limit is left out."""
    first = blocks[0]
    texts, turn_ids = first.texts, first.turn_ids
    for block in blocks[1:]:
        words = sum(len(text.split()) for text in (*texts, *block.texts))
        if first.role == "agent" or words <= _MOST_JOINED_WORDS:
            texts, turn_ids = texts + block.texts, turn_ids + block.turn_ids
    last = blocks[-1] if first.role == "agent" else first
    return _Block(first.role, texts, turn_ids, last.created_at)


def _exchange(asked: Sequence[_Block], answer: _Block, kind: str, follow_up: FollowUp | None = None) -> Exchange:
    question = _joined(asked)
    sentences_asked = [text if text[-1:] in ".!?…,:;" else f"{text}." for text in question.texts[:-1]]
    text = " ".join([*sentences_asked, question.texts[-1]])
    return Exchange(text, answer.text, kind, question.turn_ids + answer.turn_ids, answer.created_at, follow_up)


def _reply(blocks: Sequence[_Block], number: int) -> str:
    """What the customer answers to a block of the agent."""
    following = blocks[number + 1 : number + 2]
    return following[0].text if following and following[0].role == "customer" else ""
