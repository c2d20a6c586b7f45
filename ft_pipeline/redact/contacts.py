"""Where a person can be reached on the net: e-mail, messenger handles and profiles.

Here: recognisers by shape and by the name of the messenger. Not here: phones (numbers.py), postal addresses
(addresses.py), what belongs to the company itself (masking).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_pipeline.redact.findings import EMAIL, HANDLE, Finding

_ZONES = (
    r"(?:ru|com|net|org|su|by|kz|uz|ua|info|pro|me|io|de|eu|biz|edu|gov|online|shop|team|store|site|app|рф|рус|ру|"
    r"ком|нет|орг|бай)"
)
_HOSTS = (  # mail services, as they are also said and written without their dot
    r"(?:g-?mail|mail|yandex|ya|rambler|inbox|bk|list|icloud|outlook|hotmail|yahoo|proton|джи-?мейл|гмейл|гмайл|мейл|"
    r"мэйл|майл|яндекс|рамблер|айклауд)"
)
_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]*\w[+%-]?@(?:[\w-]+\.)+(?:[xX][nN]--[A-Za-z0-9-]{2,40}|[^\W\d_]{2,24})(?![A-Za-z0-9]*--)"
)
_AT = (
    r"(?: ?@ ?|\s?[\[({]\s?(?:at|эт|собака|собачка)\s?[\])}]\s?| собак[аой] | соба[чк]ка | (?:эт|at)(?= "
    + _HOSTS
    + r"\b) )"
)
_DOT = r"(?: ?\. ?|, ?| ?[\[({]\s?(?:dot|точка)\s?[\])}] ?| точка | тчк | dot )"
_SPELT = r"(?: (?:точка|тире|дефис|минус|(?:нижнее )?подч[её]ркивание|андерскор) )"
_LOOSE_EMAIL = re.compile(
    rf"(?<![\w.+-])[A-Za-z0-9][\w.+-]{{0,63}}(?:{_SPELT}[\w.+-]{{1,40}}){{0,3}}{_AT}[\w-]{{1,63}}"
    rf"(?:{_DOT}[\w-]{{1,63}}){{0,3}}?{_DOT}{_ZONES}(?![\w-])",
    re.IGNORECASE,
)
# ivan@mailru · ivan@gmail com · ivan собака яндекс ру
_KNOWN_HOST = re.compile(
    rf"(?<![\w.+-])[a-z0-9][\w.+-]{{0,63}}(?:{_SPELT}[\w.+-]{{1,40}}){{0,3}}{_AT}{_HOSTS}(?:{_DOT}| )"
    rf"?{_ZONES}(?![\w-])|"
    rf"(?<![\w.+-])[a-z0-9][\w.+-]{{0,63}}@{_HOSTS}(?![\w.-])|"
    rf"(?<![\w.+-])(?:[a-z0-9._-]+ )?[\w.+-]{{1,64}}(?: собак[аой] | соба[чк]ка ){_HOSTS}(?:{_DOT}| )"
    rf"?{_ZONES}(?![\w-])",
    re.IGNORECASE,
)
_SPOKEN = re.compile(  # after a cue the name may be said in several Russian words: "почта иван петров собака мейл ру"
    r"(?:почт\w|e-?mail|[иэе]-?мейл|емайл|мыл[оа]|имейл)(?: мо[яей]+)?(?: на)?[ :—–-]{1,3}"
    rf"([\w.+-]+(?: [\w.+-]+){{0,4}}?(?: собак[аой] | соба[чк]ка ){_HOSTS}(?:{_DOT}| )?{_ZONES})(?![\w-])",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@./+-])@[A-Za-z][\w.]{2,31}\b(?!\.\w)")
_PROFILE_HOST = (
    r"(?:t\.me|telegram\.me|tlgg\.ru|vk\.com|vk\.ru|vk\.me|ok\.ru/profile|instagram\.com|facebook\.com|fb\.com|wa\.me|"
    r"steamcommunity\.com/(?:id|profiles)|tiktok\.com|github\.com|twitter\.com|x\.com|linkedin\.com/in|dzen\.ru/id|"
    r"discord\.gg|max\.ru/u)"
)
_PROFILE = re.compile(
    rf"(?:https?://)?(?:www\.|m\.)?(?<![\w.])(?:www\.|m\.)?{_PROFILE_HOST}"
    r"/@?(?!(?:share|joinchat|video|wall|feed|help|support)\b)[\w.+-]*[\w]",
    re.IGNORECASE,
)
_DEEP_LINK = re.compile(r"tg://resolve\?domain=\w+|skype:[\w.:-]+\?\w+", re.IGNORECASE)
_PROFILE_HOSTS = (
    *(".me/", "vk.com/", "vk.ru/", "ok.ru/", "instagram.com/", "facebook.com/", "fb.com/", "tlgg.ru/", "tiktok.com/"),
    *("steamcommunity.com/", "github.com/", "twitter.com/", "x.com/", "linkedin.com/", "dzen.ru/", "discord.gg/"),
    *("max.ru/", "tg://", "skype:"),
)
_MESSENGERS = (
    *("теле", "tele", "скайп", "skype", "инст", "inst", "вконтакт", "логин", "login", "аккаунт", "профил", "юзер"),
    *("user", "дискорд", "discord", "стим", "steam", "фейсбук", "facebook", "вайбер", "viber", "тикток", "tiktok"),
    *("одноклассник", "ватсап", "whatsapp", "дзен", "макс", "icq", "твич", "twitch", "контакте", "ютуб", "youtube"),
)
_SHORT_MESSENGERS = re.compile(
    "(?<![а-яёa-z])(?:тг|tg|ник|nick|вк|vk|ок|акк?|acc|id|fb|ds|дс)(?:нейм\\w?|name|у|а|е|ом)?(?![а-яёa-z])"
)
_NAMED = (
    r"(?:телег(?:ра?мм?)?\w{0,2}|telegramm?|тг|tg|скайп\w{0,2}|skype|инст\w{0,8}|inst(?:a|agram)?|ник(?:нейм)?\w{0,2}|"
    r"nick(?:name)?|в ?контакте|контакте|вк|vk|дискорд\w{0,2}|discord|фейсбук\w{0,2}|facebook|fb|тик-?ток\w{0,2}|"
    r"tiktok|"
    r"юзер(?:нейм\w{0,2})?|username|вайбер\w?|viber|twitch|твич\w?|icq)"
)
_ACCOUNT = r"(?:логин\w{0,2}|login|аккаунт\w{0,2}|акк\w?|профил[ьяе]|steam|стим\w?|учетк\w|учётк\w)"
_BETWEEN = (
    r"(?:\s?(?:мой|моего|у меня|есть|так|вот|это|в игре|в телеге|пользователя|id|ник|логин|аккаунт|юзернейм|под|там|"
    r"ник(?:ом|е)|именем|имя|канал|мне|на|для связи)){0,3}"
)
_WORD = r"(@?[A-Za-z](?:[A-Za-z0-9_.-]|:(?=[a-z]))*[A-Za-z0-9_](?:#\d{4})?)(?![\w/@])(?!\.\w)"
_NAMED_HANDLE = re.compile(rf"(?<![а-яёА-ЯЁA-Za-z])(?i:{_NAMED}){_BETWEEN}\s?[:—–-]?\s?{_WORD}")
_NAMED_ACCOUNT = re.compile(rf"(?<![а-яёА-ЯЁA-Za-z])(?i:{_ACCOUNT}){_BETWEEN}\s?[:—–-]?\s?{_WORD}")
_PROFILE_ID = re.compile(r"(?<![\w/.-])id\d{5,12}(?!\w)", re.IGNORECASE)  # vk's own form
_LATIN = re.compile(r"[a-z]")
_ANY_AT = ("@", "собак", "собач", "at)", "at]", " at ", " эт ")


def find_contacts(text: str, lowered: str) -> Iterator[Finding]:
    """All findings of this module; overlapping ones are left to the caller.

    Args:
        text: any text.
        lowered: the same in small letters.
    """
    if any(sign in lowered for sign in _ANY_AT):
        for pattern, score in ((_EMAIL, 0.97), (_LOOSE_EMAIL, 0.8), (_KNOWN_HOST, 0.79)):
            for match in pattern.finditer(text):
                yield Finding(*match.span(), EMAIL, score)
        for match in _SPOKEN.finditer(text):
            yield Finding(*match.span(1), EMAIL, 0.98)
        for match in _HANDLE.finditer(text):
            yield Finding(*match.span(), HANDLE, 0.78)
    if _LATIN.search(lowered):
        yield from _handles(text, lowered)


def _handles(text: str, lowered: str) -> Iterator[Finding]:
    if any(host in lowered for host in _PROFILE_HOSTS):
        for pattern in (_PROFILE, _DEEP_LINK):
            for match in pattern.finditer(text):
                yield Finding(*match.span(), HANDLE, 0.8)
    if "id" in lowered:
        for match in _PROFILE_ID.finditer(text):
            yield Finding(*match.span(), HANDLE, 0.7)
    if not any(name in lowered for name in _MESSENGERS) and not _SHORT_MESSENGERS.search(lowered):
        return
    for pattern in (_NAMED_HANDLE, _NAMED_ACCOUNT):
        for match in pattern.finditer(text):
            word = match[1]
            is_marked = text[match.start() : match.start(1)].rstrip().endswith((":", "—", "–", "-"))
            is_word = word.isalpha() and (pattern is _NAMED_ACCOUNT or not is_marked)
            if len(word.lstrip("@")) >= 4 and not is_word and not re.fullmatch(r"(?i)(?:www|https?)\b.*", word):
                yield Finding(*match.span(1), HANDLE, 0.72)
