"""The words beside a word that speak for a person: a role, a verb of people, a preposition, another name.

Here: questions about the place of one token. Not here: what a token can be by itself (tokens.py), the
decision (names.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ft_pipeline.redact import frames, given
from ft_pipeline.redact.mistyped import is_slip
from ft_pipeline.redact.morphology import Reading, read_word
from ft_pipeline.redact.tokens import LEAST_GIVEN, LEAST_MEDIUM, MEDIUM, WEAK, Token

GAPS = frozenset({" ", "\u00a0", "  "})
_WORDS_BEHIND = re.compile(r"(?: [А-ЯЁа-яё-]+){1,6}")
_ASKING = frozenset(
    {"где", "это", "а", "или", "ваш", "ваша", "сам", "сама", "снова", "опять", "кто", "почему", "когда", "куда", "не"}
)
_SELVES = frozenset({"я", "мы", "он", "она", "муж", "жена"})
_CALL = re.compile(r"[,!]\s*(?:добр|здрав|прив|подск|помог|спас|скаж|прош|вы\b|у меня)", re.IGNORECASE)
_THANKS = re.compile(r"(?:спасибо|благодар\w+|уважением|жду(?: ответа)?)[.,!]*\s*\n\s*$", re.IGNORECASE)
_OBLIQUE_SURNAME = re.compile(r"(?:[оеё]в|[иы]н)(?:ой|ым)$")
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
    is_given = token.reading.given > 0 and (token.reading.is_known or token.reading.given >= LEAST_MEDIUM)
    if not is_everyday and is_given and (frames.GREETING.search(before) or _is_called(text, token)):
        return True
    if not is_everyday and _is_last_line(text, token) and _THANKS.search(before):
        return token.is_capital or token.weight >= MEDIUM
    left, right = beside(text, tokens, index, -1), beside(text, tokens, index, 1)
    is_beside = left is not None and text[left.end : token.start] in GAPS
    if not is_everyday and (_completes(token, right) or (is_beside and _completes(token, left))):
        return True
    if left is not None and _points_at(text, tokens, index, left, is_everyday=is_everyday):
        return True
    if right is None or is_everyday or (token.reading.is_known and "nomn" not in token.reading.cases):
        return left is not None and left.text.lower() == "вместо" and _is_replaced(token, right)
    verb = _verb_behind(text, token)
    is_guess = token.is_first and not token.reading.is_known and token.reading.surname < 0.5
    is_small_guess = token.weight < MEDIUM and (not token.is_capital or is_guess)
    if verb is None or is_small_guess:
        return False
    is_plain = token.reading.is_known and token.reading.name < LEAST_GIVEN
    is_thing = is_plain and (
        token.is_first or not token.reading.is_animate or not token.reading.surname
    )  # "Сервер отвечает"
    return verb.is_verb and verb.base in frames.HUMAN_VERBS and not is_thing


def _verb_behind(text: str, token: Token) -> Reading | None:
    """The verb behind a word, small words between them left aside: "Цыбуля мне так и не ответил"."""
    words = _WORDS_BEHIND.match(text, token.end)
    for word in words[0].lower().split() if words else ():
        if word in frames.BETWEEN_VERB:
            continue
        is_told = word.endswith(("те", "ть", "ти", "чь"))  # "Вайлдберриз работаете?"
        return None if is_told else read_word(word)
    return None


def has_verb_behind(text: str, token: Token) -> bool:
    """Does a verb of people follow, small words between left aside?"""
    verb = _verb_behind(text, token)
    return verb is not None and verb.is_verb and verb.base in frames.HUMAN_VERBS


def _is_replaced(token: Token, right: Token | None) -> bool:
    """ "вместо надежды приедет Лев" """
    return right is not None and token.weight >= WEAK and right.reading.base in frames.ARRIVING


def _completes(token: Token, other: Token | None) -> bool:
    """ "надежды штольц", "Грант Зайцев": a given name and a surname side by side, in one case of declension."""
    if other is None or other.is_barred or min(token.weight, other.weight) < WEAK:
        return False
    pairs = ((token.reading, other.reading), (other.reading, token.reading))
    if min(token.weight, other.weight) >= MEDIUM:
        return any(first.given >= 0.1 and second.surname >= LEAST_MEDIUM for first, second in pairs)
    least = 0.1 if token.is_capital and other.is_capital else LEAST_MEDIUM
    return any(
        first.given > 0 and second.surname >= least and (first.given_cases or first.cases) & second.surname_cases
        for first, second in pairs
    )


def follows_role(text: str, tokens: Sequence[Token], index: int) -> bool:
    """ "водитель перебейнос", "водитель Зима": right after a role in the nominative."""
    left = beside(text, tokens, index, -1)
    is_role = left is not None and left.reading.base in frames.ROLES and left.reading.case == "nomn"
    return is_role and not is_like_verb(tokens[index].text)


def _points_at(text: str, tokens: Sequence[Token], index: int, left: Token, *, is_everyday: bool) -> bool:
    """Does the word before point at a person: a role, a verb of people, "к", "от", "вместо"?"""
    token, word = tokens[index], left.reading
    is_guess = not token.reading.is_known or token.weight >= WEAK or is_everyday
    is_surname = token.reading.has_surname_form and not is_like_verb(token.text)
    if word.base in frames.ROLES and word.name < 0.5:
        is_apposed = bool(word.cases & token.reading.cases) or not token.reading.cases or "nomn" in word.cases
        return (
            is_guess
            and (is_apposed or is_surname or token.weight >= MEDIUM)  # but "с продавцами Мегамаркета"
            and not token.reading.is_verb
            and (token.is_capital or token.weight >= MEDIUM or (is_surname and not token.reading.is_known))
        )
    if word.is_verb and word.base in frames.SUBJECT_VERBS | frames.ADDRESSING_VERBS:
        return (token.is_capital and not token.is_first) or token.weight >= MEDIUM
    further = beside(text, tokens, index - 1, -1)
    if left.text.lower() in _ASKING and _is_coined_surname(token):
        return True  # "где юнусов", "это тарутин"
    if word.base in frames.TALK and not word.is_verb and _is_owner(token):
        return True  # "смена козодоевой", "данных Цыбули"
    if left.text.lower() == "и" and further is not None and further.text.lower() in _SELVES:
        return token.is_capital or token.reading.given >= LEAST_MEDIUM or is_surname  # "я и тарутин"
    if (
        further is not None
        and not word.is_function_word
        and further.reading.base in frames.ADDRESSING_VERBS
        and (_is_receiver(token) or (token.is_capital and (token.reading.given > 0 or is_everyday)))
    ):
        return True  # "отдайте посылку юре"
    if left.text.lower() not in frames.PERSON_PREPOSITIONS or token.is_first:
        return False
    if further is not None and further.reading.base in frames.TALK:
        return token.is_capital or token.weight >= MEDIUM or (is_guess and token.reading.has_surname_form)
    if token.is_capital:
        return (token.weight >= WEAK or token.reading.has_surname_form) and not token.reading.place
    if given.share_of(token.text.lower(), is_known=True) and token.reading.given >= LEAST_MEDIUM:
        return bool(token.reading.given_cases - {"nomn"})  # "мы с шотой"
    is_likely = is_surname and token.reading.surname >= 0.2 and (len(token.text) > 5 or not is_slip(token.text.lower()))
    return not token.reading.is_known and (is_likely or token.reading.given >= LEAST_MEDIUM)


def _is_coined_surname(token: Token) -> bool:
    """Is it no word that the dictionary knows, with the ending of a surname, and no slip?"""
    reading = token.reading
    is_surname = reading.has_surname_form and reading.surname >= 0.2 and len(token.text) >= 6
    return not reading.is_known and is_surname and not is_slip(token.text.lower())


def _is_owner(token: Token) -> bool:
    """Can it be a person in the genitive, by more than a guess?"""
    reading = token.reading
    if reading.given >= LEAST_MEDIUM:
        is_listed = given.share_of(token.text.lower(), is_known=reading.is_known) > 0
        return "gent" in reading.given_cases and (is_listed or reading.given >= 0.5)
    return "gent" in reading.cases and _is_coined_surname(token)


def _is_receiver(token: Token) -> bool:
    return token.reading.given >= LEAST_MEDIUM or (token.weight >= MEDIUM and "datv" in token.reading.cases)


def _is_called(text: str, token: Token) -> bool:
    """ "Роман, добрый день": a call at the start of the text; "Спасибо!\nВера": a signature at its end."""
    if text[token.end : token.end + 1] in {",", "!"}:
        is_start = not text[: token.start].strip()
        return (is_start and token.reading.given >= 0.5) or _CALL.match(text, token.end) is not None
    return _is_last_line(text, token)


def _is_last_line(text: str, token: Token) -> bool:
    before = text[: token.start].rstrip(" ")
    return (
        (not before or before.endswith(("\n", ". ", "!", ".")))
        and (bool(before) or token.reading.given > 0)
        and not text[token.end :].strip(" .!\n")
    )


def is_like_verb(word: str) -> bool:
    """A mistyped "сказала" is no surname."""
    return _VERB_ENDING.search(word.lower()) is not None and _OBLIQUE_SURNAME.search(word.lower()) is None
