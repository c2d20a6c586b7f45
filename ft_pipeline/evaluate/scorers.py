"""Scorers beside the verdict: what an answer looks like, whatever it says. Pure functions of a text.

Here: refusals, hand-overs in words, language, form, personal data. Each gives a value from 0 to 1, its reason, and None
as value where it could not be scored. Not here: right or wrong (scoring), what follows from it (decision).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ft_pipeline.redact import ANY_PLACEHOLDER
from ft_pipeline.scoring import normalise, similarity

_REFUSAL = re.compile(
    r"не могу (?:\w+ ){0,2}(?:ответить|помочь|подсказать|предоставить)|не знаю\b|не располагаю"
    r"|нет (?:такой )?информации|(?:языковая|нейросетев\w+) модель|как искусственный интеллект"
    r"|i (?:can(?:no|')t|am unable to|don't know)|as an ai\b|i'm sorry, but",
    re.IGNORECASE,
)
_HAND_OFF = re.compile(
    r"(?:переда[юмл]\w*|перевед[уеё]\w*|переключ\w+)\s+(?:\w+\s+){0,3}(?:специалист|оператор|менеджер|коллег|сотрудник)\w*"
    r"|(?:специалист|оператор|менеджер)\w*\s+(?:\w+\s+){0,3}(?:ответит|свяжется|напишет|уточнит|проверит|сообщит|посмотрит)"
    r"|(?:transfer|forward|pass|hand)\w*\s+(?:\w+\s+){0,4}(?:specialist|agent|colleague|operator|human)"
    r"|(?:specialist|agent|colleague)\s+will\s+(?:reply|answer|contact|get back)",
    re.IGNORECASE,
)
_MACHINERY = re.compile(r"<\|[^|]*\|>|</?s>|\[/?INST\]|^\s*(?:system|user|assistant)\s*:", re.IGNORECASE | re.MULTILINE)
_LETTER = re.compile(r"[^\W\d_]")
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|\b[\w-]+(?:\.[\w-]+)+\S*")
_REPEATED_WORDS = 5  # so many words in a row …
_REPEATED_TIMES = 3  # … so often are a loop


@dataclass(frozen=True, slots=True)
class Scored:
    """One look at one answer."""

    value: float | None  # 0..1; None: could not be scored
    reason: str

    @property
    def is_good(self) -> bool:
        """Whether it was scored and is without fault."""
        return self.value == 1.0


def score_likeness(answer: str, reference: str) -> Scored:
    """chrF++ against the reference, 0..1 (sacrebleu)."""
    if not reference.strip():
        return Scored(None, "no_reference")
    return Scored(round(similarity(answer, reference), 4), "chrf++")


def score_sameness(answer: str, reference: str) -> Scored:
    """1.0 where an answer has the words of its reference; case, ё and punctuation do not count."""
    if not reference.strip():
        return Scored(None, "no_reference")
    return Scored(float(normalise(answer) == normalise(reference)), "normalised words")


def score_form(answer: str, *, tokens: int = 0, most_tokens: int = 0) -> Scored:
    """Whether an answer could be shown to a customer as it stands.

    Args:
        answer: the text.
        tokens: tokens generated; with `most_tokens` it tells an answer that was cut off.
        most_tokens: the limit of the generation; 0 = not known.
    """
    if not answer.strip():
        return Scored(0.0, "empty")
    if _MACHINERY.search(answer):
        return Scored(0.0, "role_tokens")
    if ANY_PLACEHOLDER.search(answer):
        return Scored(0.0, "unfilled_placeholder")
    if "\ufffd" in answer:
        return Scored(0.0, "broken_characters")
    if _is_loop(answer):
        return Scored(0.0, "repeats_itself")
    if most_tokens and tokens >= most_tokens:
        return Scored(0.0, "cut_off")
    return Scored(1.0, "in_form")


def score_language(answer: str, *, language: str) -> Scored:
    """Whether an answer is in the task's language ("ru" or "en"), told by its script; addresses do not count."""
    letters = _LETTER.findall(_ADDRESS.sub(" ", answer))
    if not letters:
        return Scored(None, "no_letters")
    cyrillic = sum(bool(_CYRILLIC.match(letter)) for letter in letters) / len(letters)
    share = cyrillic if language == "ru" else 1 - cyrillic
    return Scored(1.0, f"in_{language}") if share >= 0.6 else Scored(0.0, "other_language")


def score_refusal(answer: str) -> Scored:
    """1.0 where an answer says that it cannot answer."""
    if not answer.strip():
        return Scored(None, "empty")
    found = _REFUSAL.search(answer)
    return Scored(1.0, f"refuses: {found.group()}") if found else Scored(0.0, "answers")


def score_hand_off(answer: str, *, handover_text: str = "") -> Scored:
    """1.0 where an answer hands over to a human in its words, or is the task's hand-over text."""
    if not answer.strip():
        return Scored(None, "empty")
    if handover_text and answer.strip() == handover_text.strip():
        return Scored(1.0, "handover_text")
    found = _HAND_OFF.search(answer)
    return Scored(1.0, f"hands_off: {found.group()}") if found else Scored(0.0, "answers")


def score_privacy(answer: str, *, own_contacts: Sequence[str] = (), allowed: str = "") -> Scored:
    """0.0 where an answer holds personal data: contacts, cards or numbers of persons that the company does not own.

    Args:
        answer: the text.
        own_contacts: the company's own contacts.
        allowed: a text (the question, the reference) whose data the answer may repeat.
    """
    from ft_pipeline.redact.residue import find_residue

    found = set(find_residue(answer, own_contacts=own_contacts)) - set(find_residue(allowed, own_contacts=own_contacts))
    return Scored(0.0, "personal_data: " + ", ".join(sorted(found))) if found else Scored(1.0, "none_found")


def _is_loop(text: str) -> bool:
    words = re.findall(r"\w+", text.lower())
    counts: dict[tuple[str, ...], int] = {}
    for place in range(len(words) - _REPEATED_WORDS + 1):
        run = tuple(words[place : place + _REPEATED_WORDS])
        counts[run] = counts.get(run, 0) + 1
        if counts[run] >= _REPEATED_TIMES:
            return True
    return False
