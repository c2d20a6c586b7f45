"""The words beside a word that speak for a person: a role, a verb of people, a preposition, another name.

Here: questions about the place of one token. Not here: what a token can be by itself (tokens.py), the
decision (names.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ft_pipeline.redact import frames
from ft_pipeline.redact.tokens import LEAST_MEDIUM, MEDIUM, WEAK, Token

GAPS = frozenset({" ", "\u00a0", "  "})
_CALL = re.compile(r"[,!]\s*(?:добр|здрав|прив|подск|помог|спас|вы\b|у меня)", re.IGNORECASE)
_THANKS = re.compile(r"(?:спасибо|благодар\w+|уважением|жду(?: ответа)?)[.,!]*\s*\n\s*$", re.IGNORECASE)
_VERB_ENDING = re.compile(r"(?:[аиея]л[аои]?|[аеиу]т|т[ьеи]|с[яь]|[аеиоыяь]м|ого|[ыо]й)$")


def is_nominal(token: Token) -> bool:
    return not token.reading.is_verb and token.reading.base not in frames.NO_NAME_WORDS | frames.ROLES


def beside(text: str, tokens: Sequence[Token], index: int, step: int) -> Token | None:
    """The neighbouring word, where only a space (or a colon or a dash after a role) stands between."""
    other = index + step
    if not 0 <= other < len(tokens):
        return None
    left, right = sorted((index, other))
    gap = text[tokens[left].end : tokens[right].start]
    return tokens[other] if gap in GAPS or (step < 0 and gap.strip() in {":", "—", "–", "-"}) else None


def has_witness(text: str, tokens: Sequence[Token], index: int, *, is_everyday: bool = False) -> bool:
    """Do the words beside it speak of a person?"""
    token = tokens[index]
    before = text[max(0, token.start - 40) : token.start]
    if not is_everyday and token.reading.given > 0 and token.reading.is_known and frames.GREETING.search(before):
        return True
    if not is_everyday and token.reading.given > 0 and token.reading.is_known and _is_called(text, token):
        return True
    if not is_everyday and _is_last_line(text, token) and _THANKS.search(before):
        return token.is_capital or token.weight >= MEDIUM
    left, right = beside(text, tokens, index, -1), beside(text, tokens, index, 1)
    if not is_everyday and any(_completes(token, other) for other in (left, right)):
        return True
    if left is not None and _points_at(text, tokens, index, left, is_everyday=is_everyday):
        return True
    if right is None or is_everyday or (token.reading.case not in {"nomn", ""} and token.reading.is_known):
        return False
    verb = right
    if right.text.lower() == "не":
        verb = beside(text, tokens, index + 1, 1) or right
    is_small_guess = token.weight < MEDIUM and (not token.is_capital or (token.is_first and not token.reading.is_known))
    if verb.text.lower().endswith(("те", "ть", "ти", "чь")):
        return False  # "Вайлдберриз работаете?"
    return verb.reading.is_verb and verb.reading.base in frames.HUMAN_VERBS and not is_small_guess


def _completes(token: Token, other: Token | None) -> bool:
    """ "надежды штольц": a given name and a surname side by side, both of them likely."""
    if other is None or other.is_barred or min(token.weight, other.weight) < MEDIUM:
        return False
    pairs = ((token.reading, other.reading), (other.reading, token.reading))
    return any(first.given >= 0.1 and second.surname >= LEAST_MEDIUM for first, second in pairs)


def follows_role(text: str, tokens: Sequence[Token], index: int) -> bool:
    """ "водитель перебейнос", "водитель Зима": right after a role in the nominative."""
    left = beside(text, tokens, index, -1)
    is_role = left is not None and left.reading.base in frames.ROLES and left.reading.case == "nomn"
    return is_role and not is_like_verb(tokens[index].text)


def _points_at(text: str, tokens: Sequence[Token], index: int, left: Token, *, is_everyday: bool) -> bool:
    """Does the word before point at a person: a role, a verb of people, "к", "от", "вместо"?"""
    token, word = tokens[index], left.reading
    is_guess = not token.reading.is_known or token.weight >= WEAK or is_everyday
    if word.base in frames.ROLES and word.name < 0.5:
        return (
            is_guess
            and not token.reading.is_verb
            and (token.is_capital or (token.weight >= MEDIUM and token.reading.is_known))
        )
    if word.is_verb and word.base in frames.SUBJECT_VERBS | frames.ADDRESSING_VERBS:
        return (token.is_capital and not token.is_first) or token.weight >= MEDIUM
    further = beside(text, tokens, index - 1, -1)
    if (
        further is not None
        and further.reading.base in frames.ADDRESSING_VERBS
        and (token.reading.given >= LEAST_MEDIUM or (token.is_capital and (token.reading.given > 0 or is_everyday)))
    ):
        return True  # "отдайте посылку юре"
    if left.text.lower() not in frames.PERSON_PREPOSITIONS or token.is_first:
        return False
    if further is not None and further.reading.base in frames.TALK:
        return token.is_capital or token.weight >= MEDIUM or (is_guess and token.reading.has_surname_form)
    if token.is_capital:
        return (token.weight >= WEAK or token.reading.has_surname_form) and not token.reading.place
    return not token.reading.is_known and token.reading.has_surname_form and token.reading.surname >= 0.2


def _is_called(text: str, token: Token) -> bool:
    """ "Роман, добрый день": a call at the start of the text; "Спасибо!\nВера": a signature at its end."""
    if not text[: token.start].strip() and text[token.end : token.end + 1] in {",", "!"}:
        return token.reading.given >= 0.5 or _CALL.match(text, token.end) is not None
    return _is_last_line(text, token)


def _is_last_line(text: str, token: Token) -> bool:
    return text[: token.start].rstrip(" ").endswith("\n") and not text[token.end :].strip(" .!\n")


def is_like_verb(word: str) -> bool:
    """A mistyped "сказала" is no surname."""
    return _VERB_ENDING.search(word.lower()) is not None
