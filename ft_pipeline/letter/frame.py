"""Takes a customer's question out of the letter around it: subject line, salutation, contacts, signature.

Here: what stands around a *question* after redaction. Not here: greetings and closings of short messages (strip),
damage done by an export (repair). Nothing is taken away where less than a few words would be left.
"""

from __future__ import annotations

import re

from ft_pipeline.letter.strip import sentences, strip_edges

_LEAST_WORDS = 3  # of a question that is left
_MOST_OTHER_WORDS = 7  # words besides placeholders in a sentence that only says who somebody is
_SUBJECT = re.compile(r"^\W*(?:тема|subject|re|fw|fwd)\s*:[^\n]*\n+", re.IGNORECASE)
_SALUTATION = re.compile(
    r"^[^\n.?!]{0,60}\b(?:здравствуйте|добрый день|доброе утро|добрый вечер|hello)\b[^\n.?!]{0,30}[!.,]*\s*(?:\n|$)",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"\n\s*(?:с уважением|всего (?:доброго|хорошего|наилучшего)|(?:заранее )?(?:спасибо|благодар\w+)"
    r"|best regards|kind regards)[\s,.!]*\n(?P<rest>(?:[^\n?]{0,80}\n?){0,8})$",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"\[[А-ЯЁ]+(?:_\d+)?\]")
_WORD = re.compile(r"[^\W\d_]{2,}")


def strip_frame(text: str) -> str:
    """The question alone.

    A near miss that stays: a sentence with a placeholder that asks something ("Что с претензией [НОМЕР]?").
    """
    body = _kept(_SUBJECT.sub("", text, count=1), text)
    body = _kept(_SALUTATION.sub("", body, count=1), body)
    sign_off = _SIGN_OFF.search(body)
    if sign_off is not None:
        body = _kept(body[: sign_off.start()], body)
    body = _kept(strip_edges(body), body)
    parts = sentences(body)
    asking = [part for part in parts if not _only_says_who(part)]
    if asking and len(asking) < len(parts):
        body = _kept(strip_edges(" ".join(asking)), body)
    return body.strip()


def _only_says_who(sentence: str) -> bool:
    """True for "Перезвоните мне: [ТЕЛЕФОН]." or "ООО «Лес», ИНН [ИНН]."; a question never is one."""
    if "?" in sentence or not _PLACEHOLDER.search(sentence):
        return False
    return len(_WORD.findall(_PLACEHOLDER.sub(" ", sentence))) <= _MOST_OTHER_WORDS


def _kept(shorter: str, longer: str) -> str:
    return shorter if len(_WORD.findall(_PLACEHOLDER.sub(" ", shorter))) >= _LEAST_WORDS else longer
