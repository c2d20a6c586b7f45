"""Where a person can be reached on the net: e-mail, messenger handles and profiles.

Here: recognisers by shape and by the name of the messenger. Not here: phones (numbers.py), postal addresses
(addresses.py), what belongs to the company itself (masking).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_pipeline.redact.findings import EMAIL, HANDLE, Finding

_ZONES = r"(?:ru|com|net|org|su|by|kz|ua|info|pro|me|io|de|рф|рус|gmail)"
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]*\w[+%-]?@(?:[\w-]+\.)+[^\W\d_]{2,24}")
_AT = r"(?: @ ?| ?@ |\s?[\[(]\s?(?:at|собака|собачка)\s?[\])]\s?| собак[аой] | собачка )"
_DOT = r"(?:\.|,| точка | dot )"
_LOOSE_EMAIL = re.compile(
    rf"(?<![\w.+-])[A-Za-z0-9][\w.+-]{{1,63}}{_AT}[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{0,3}}?{_DOT}{_ZONES}\b",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@./+-])@[A-Za-z]\w{3,31}\b(?!\.\w)")
_PROFILE_HOST = r"(?:t\.me|telegram\.me|vk\.com|vk\.ru|ok\.ru/profile|instagram\.com|facebook\.com|wa\.me)"
_PROFILE = re.compile(
    rf"(?:https?://)?(?:www\.|m\.)?{_PROFILE_HOST}"
    r"/@?(?!(?:share|joinchat|video|wall|feed|help|support)\b)[\w.+-]*[\w]",
    re.IGNORECASE,
)
_PROFILE_HOSTS = (".me/", "vk.com/", "vk.ru/", "ok.ru/", "instagram.com/", "facebook.com/")
_MESSENGERS = ("теле", "tele", "скайп", "skype", "инстаграм", "instagram", "вконтакте")
_SHORT_MESSENGERS = re.compile("(?<![а-яёa-z])(?:тг|tg|ник|вк)(?:нейм)?(?![а-яё]{3})")
_NAMED_HANDLE = re.compile(
    r"(?<![а-яёА-ЯЁA-Za-z])(?i:телегра?мм?\w?|telegram|тг|tg|скайп\w?|skype|инстаграм\w*|instagram|ник(?:нейм)?\w?|вконтакте|вк)"
    r"\s?(?:ник|логин|аккаунт)?\s?[:—–-]?\s?(@?[A-Za-z][A-Za-z0-9_.]*[A-Za-z0-9_])(?![\w/])"
)
_LATIN = re.compile(r"[a-z]")


def find_contacts(text: str, lowered: str) -> Iterator[Finding]:
    """All findings of this module; overlapping ones are left to the caller.

    Args:
        text: any text.
        lowered: the same in small letters.
    """
    if "@" in text or "собак" in lowered or "собач" in lowered or "at)" in lowered or "at]" in lowered:
        for pattern, score in ((_EMAIL, 0.97), (_LOOSE_EMAIL, 0.8)):
            for match in pattern.finditer(text):
                yield Finding(*match.span(), EMAIL, score)
        for match in _HANDLE.finditer(text):
            yield Finding(*match.span(), HANDLE, 0.8)
    if _LATIN.search(lowered):
        yield from _handles(text, lowered)


def _handles(text: str, lowered: str) -> Iterator[Finding]:
    if any(host in lowered for host in _PROFILE_HOSTS):
        for match in _PROFILE.finditer(text):
            yield Finding(*match.span(), HANDLE, 0.8)
    if not any(name in lowered for name in _MESSENGERS) and not _SHORT_MESSENGERS.search(lowered):
        return
    for match in _NAMED_HANDLE.finditer(text):
        word = match[1]
        is_word = word.isalpha() and not text[match.start() : match.start(1)].rstrip().endswith((":", "—", "–", "-"))
        if len(word.lstrip("@")) >= 4 and not is_word and not re.fullmatch(r"(?i)(?:www|https?)\b.*", word):
            yield Finding(*match.span(1), HANDLE, 0.7)
