"""Takes a customer's question out of the letter around it: subject line, salutation, contacts, signature.

Here: what stands around a *question* after redaction. Not here: greetings and closings of short messages (strip),
damage done by an export (repair). Nothing is taken away where less than a few words would be left.
"""

from __future__ import annotations

import re

from ft_pipeline.letter.strip import sentences, strip_edges
from ft_pipeline.redact import ANY_PLACEHOLDER

_LEAST_WORDS = 3  # of a question that is left
_MOST_OTHER_WORDS = 7  # words besides placeholders in a sentence that only says who somebody is
_SUBJECT = re.compile(r"^\W*(?:тема|subject|re|fw|fwd)\s*:[^\n]*\n+", re.IGNORECASE)
_SALUTATION = re.compile(
    r"^[^\n.?!]{0,60}\b(?:здравствуйте|добрый день|доброе утро|добрый вечер|hello)\b[^\n.?!]{0,30}[!.,]*\s*(?:\n|$)",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"\n\s*(?:с уважением|всего (?:доброго|хорошего|наилучшего)|(?:заранее )?(?:спасибо|благодар\w+)"
    r"|best regards|kind regards)[\s,.!]{0,20}\n",
    re.IGNORECASE,
)
_MOST_SIGNED_LINES, _LONGEST_SIGNED_LINE = 8, 80  # what stands under a sign-off: lines, and characters of a line
_HELLO = re.compile(r"здравствуйте|добр(?:ый|ое|ого)|hello", re.IGNORECASE)  # one of these is in every salutation
_WORD = re.compile(r"[^\W\d_]{2,}")


def strip_frame(text: str) -> str:
    """The question alone.

    A near miss that stays: a sentence with a placeholder that asks something ("Что с претензией [НОМЕР]?").
    """
    body = text
    if "\n" in body:
        body = _kept(_SUBJECT.sub("", text, count=1), text)
    if _HELLO.search(body):
        body = _kept(_SALUTATION.sub("", body, count=1), body)
    if "\n" in body:
        body = _kept(_without_sign_off(body), body)
    body = _kept(strip_edges(body), body)
    if "[" not in body:
        return body.strip()
    parts = sentences(body)
    asking = [part for part in parts if not _only_says_who(part)]
    if asking and len(asking) < len(parts):
        body = _kept(strip_edges(" ".join(asking)), body)
    return body.strip()


def _without_sign_off(text: str) -> str:
    """The text up to the first sign-off under which only a few lines stand, none of them a question."""
    for found in _SIGN_OFF.finditer(text):
        under = text[found.end() :]
        lines = sum(max(1, -(-len(line) // _LONGEST_SIGNED_LINE)) for line in under.split("\n"))
        if lines <= _MOST_SIGNED_LINES and "?" not in under:
            return text[: found.start()]
    return text


def _only_says_who(sentence: str) -> bool:
    """True for "Перезвоните мне: [ТЕЛЕФОН]." or "ООО «Лес», ИНН [ИНН]."; a question never is one."""
    if "?" in sentence or not ANY_PLACEHOLDER.search(sentence):
        return False
    return len(_WORD.findall(ANY_PLACEHOLDER.sub(" ", sentence))) <= _MOST_OTHER_WORDS


def _kept(shorter: str, longer: str) -> str:
    if shorter == longer:
        return longer
    return shorter if len(_WORD.findall(ANY_PLACEHOLDER.sub(" ", shorter))) >= _LEAST_WORDS else longer
