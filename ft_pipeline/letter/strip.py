"""Takes away what people write around their question or answer: greetings, thanks, signatures, quotes, boilerplate.

Here: patterns. Not here: damage done by an export, sentences that repeat across tickets (both curate), personal data
(redact).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from ft_pipeline.redact.findings import NAME
from ft_pipeline.redact.morphology import dictionary

_MASKED_NAMES = rf"\[{NAME}(?:_\d)?\](?: \[{NAME}(?:_\d)?\])*"
_NAME = rf"(?:[А-ЯЁA-Z][а-яёa-z]+(?:[ -][А-ЯЁA-Z][а-яёa-z]+){{0,2}}|{_MASKED_NAMES})"
_HELLO = (
    r"(?:здравствуй(?:те)?|здраствуй(?:те)?|здрасте|приветству(?:ю|ем)(?: вас)?|привет(?:ик)?(?: всем)?"
    r"|добр(?:ый|ого) (?:день|дня|вечер|вечера)|доброе утро|доброго (?:времени суток|утра)|доброй ночи"
    r"|день добрый|вечер добрый|салют|hello|hi(?: there)?|good (?:morning|afternoon|evening|day))"
)
_GREETING = re.compile(
    rf"^\W*(?:(?P<before>{_NAME}), *)?(?i:{_HELLO})\b"
    rf"(?:[ ,]*(?i:уважаем\w+ )?(?:(?i:коллеги|команда|друзья|поддержка)|(?P<after>{_NAME}))(?=[!.,\n—–-]"
    rf"|$))?[\s!.,)(:;—–-]*"
)
_DEAR = re.compile(
    rf"^\W*(?:(?i:уважаем\w+|dear)\s+(?:{_NAME}|(?i:клиент|коллеги|пользователь|партн[её]р\w*|customer)))[!,.\s]+"
)
_VOCATIVE = re.compile(rf"^\W*{_MASKED_NAMES}[!,.]\s*")

_OPENING = re.compile(
    r"(?:меня зовут [^.!?\n]{2,40}(?:[.!]|$)|(?:это|с вами) [^.!?\n]{0,30}(?:служба|поддержк|специалист"
    r"|оператор)[^.!?\n]{0,60}[.!]"
    r"|(?:большое )?(?:спасибо|благодар(?:им|ю)(?: вас)?),? (?:за|что) (?:ваш[еу]? )?(?:обращени|вопрос|запрос"
    r"|ожидани|терпени|интерес"
    r"|обратил|написал|сообщени|письмо|звонок|уделённое|уделенное|отклик)[^.!?\n]{0,80}[.!]"
    r"|рад(?:ы|а)? (?:вас )?(?:помочь|приветствовать|видеть|слышать)[^.!?\n]{0,50}[.!]"
    r"|thank you for (?:contacting|reaching|your)[^.!?\n]{0,80}[.!])\s*",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:"
    r"(?:большое |огромное )?(?:заранее )?(?:большое |огромное )?(?:спасибо|спс|благодар(?:ю|им|ен|на|ны)"
    r"|thanks|thank you|thx)"
    r"(?: (?:вам|большое|огромное|заранее|всем|you|very much|a lot|in advance))*(?: за (?:помощь|ответ"
    r"|обращение|ожидание|понимание|внимание|вопрос|терпение|консультацию|информацию)[^.!?\n]{0,40})?"
    r"|(?:если |когда )?(?:у вас )?(?:вдруг )?(?:будут|возникнут|появятся|останутся|остались|есть"
    r"|возникли)[^.!?\n]{0,30}(?:вопрос)[^.!?\n]{0,80}"
    r"|(?:если )?(?:что-то|что-нибудь)?[^.!?\n]{0,20}(?:останется|осталось|будет) непонятно[^.!?\n]{0,60}"
    r"|(?:всегда )?рад(?:ы|а)?,? (?:был[аи]? )?(?:вам )?(?:помочь|ответить|видеть)[^.!?\n]{0,40}"
    r"|будем рады[^.!?\n]{0,50}"
    r"|(?:если что|при необходимости)?,?\s*(?:обращайтесь|пишите(?: нам)?|звоните)(?:,? (?:если|в любое время"
    r"|ещ[её]|нам|пожалуйста|поможем)[^.!?\n@\d]{0,60})?"
    r"|(?:желаем |желаю )?(?:вам )?(?:хорошего|приятного|отличного|доброго|удачного)(?: вам)? (?:дня|вечера"
    r"|выходных|настроения|просмотра|утра)[^.!?\n]{0,30}"
    r"|всего (?:доброго|хорошего|наилучшего)[^.!?\n]{0,20}|до свидания|удачи|ждём вас[^.!?\n]{0,30}"
    r"|(?:могу|можем)(?: ли)?(?: я| мы)?(?: вам)? (?:ещ[её] )?чем-(?:то|нибудь)(?: ещ[её])? помочь[^.!?\n]{0,20}"
    r"|(?:надеюсь|надеемся)[^.!?\n]{0,30}(?:помог|ответил|получилось)[^.!?\n]{0,40}"
    r"|(?:очень |с нетерпением |срочно )?(?:жду|жд[её]м|ожидаю|ожидаем) (?:вашего |скорого |быстрого )*"
    r"(?:ответа|обратной связи)(?: с нетерпением)?|(?:жду|ожидаю)(?: с нетерпением)?"
    r"|(?:пожалуйста,? )?(?:ответьте|отпишитесь|помогите|сообщите)(?: мне| нам)?,? (?:пожалуйста,? )?"
    r"(?:как можно )?(?:поскорее|скорее|побыстрее|быстрее|срочно)(?:,? пожалуйста)?"
    r"|буд(?:у|ем) (?:вам )?(?:очень |крайне )?(?:благодар|признател)\w+(?: за [^.!?\n]{0,40})?"
    r"|(?:отправлено|sent) (?:с|из|from) [^.!?\n]{2,40}"
    r"|(?:ваша |с наилучшими пожеланиями,? )?(?:служба|команда|отдел) (?:поддержки|заботы|сервиса"
    r"|технической поддержки)[^.!?\n]{0,40}"
    r"|пожалуйста|best regards[^.!?\n]{0,60}|kind regards[^.!?\n]{0,60}|regards[^.!?\n]{0,40}"
    r")[\s.!,?)(:;🙂😊—–-]*$",
    re.IGNORECASE,
)
_TRAILING_THANKS = re.compile(
    r"[\s,.;!?]*(?<=[\s,.;!?])(?:(?:заранее|большое|огромное|вам) )*спасибо(?: (?:заранее|большое|вам))*[\s!.)]*$",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"(?:^|[\n.!?…,;]|\s)[\s—–-]*(?:с (?:глубоким |искренним )?уважением|с наилучшими пожеланиями"
    r"|искренне ваш[аи]?|всегда ваш[аи]?|best regards|kind regards)\b"
    r"(?P<rest>.{0,400})$",
    re.IGNORECASE | re.DOTALL,
)
_SIGNATURE_LINE = re.compile(r"\n(?:-- ?|__+|—{2,})\n.{0,600}$", re.DOTALL)
_QUOTE_HEAD = re.compile(
    r"^(?:-{2,} ?(?:original message|исходное сообщение|пересылаемое сообщение|forwarded message"
    r"|переадресованное)[^\n]*"
    r"|on .{5,120} wrote:|(?:\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2} [а-я]{3,8}\.? \d{4}|пн|вт|ср|чт|пт|сб"
    r"|вс)[^\n]{0,120}(?:пишет|написала?|писала?):"
    r"|[^\n]{0,80}<[^\n<>@]+@[^\n<>]+>[^\n]{0,20}(?:пишет|написала?|wrote):"
    r"|(?:от|from|кому|to): [^\n]{2,120}\n(?:(?:дата|отправлено|sent|date|кому|to|тема|subject|copy"
    r"|копия): [^\n]*\n?)+)",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED_LINE = re.compile(r"^[ \t]*>.*(?:\n|$)", re.MULTILINE)
# White space behind a stop and before a capital, or a break; it begins with a class, which the engine finds fast.
SENTENCE_END = re.compile(r"\s(?:(?<=[.!?…)]\s)\s*(?=[А-ЯЁA-Z«\"\[\d—–🙂])|(?<=\n)\n*)")
_MAY_END = re.compile(r"[.!?…)\n]")  # before or in every such break
MOST_CHARS = 20_000  # longer messages are no questions; the filter refuses them, patterns would only cost time
_MOST_ROUNDS = 6  # what one round takes away may have hidden something
_LONGEST_THANKS = 60  # characters
_LONGEST_HEAD = 200  # characters in which an opening shows its first words; a name may stand before them
_FIRST_LETTERS = frozenset(  # of every word with which an opening pattern can begin
    {"здр", "при", "доб", "ден", "веч", "сал", "hel", "goo", "ува", "dea"}
    | {"мен", "это", "с в", "бол", "спа", "бла", "рад", "tha"}
)
_LONGEST_BEFORE_SIGNING = 12  # characters of a signing phrase before the stem that betrays it: "с искренним "
_SIGNING = ("уважением", "наилучшими", "искренне ваш", "всегда ваш", "regards")


def strip_quotes(text: str) -> str:
    """The text without quoted replies and what stands under them."""
    may_quote = "\n" in text and (":" in text or "--" in text)  # one at the very start would leave nothing
    head = _QUOTE_HEAD.search(text) if may_quote else None
    if head is not None and head.start() > 0:
        text = text[: head.start()]
    if ">" not in text:
        return text.strip()
    without = _QUOTED_LINE.sub("", text)
    return (without if without.strip() else text).strip()


def strip_edges(text: str, *, also: Callable[[str], str] | None = None) -> str:
    """The text without greeting, introduction, thanks, closing phrases and signature; `also` takes away more."""
    if len(text) > MOST_CHARS:
        return text
    return strip_rounds(_without_signature(strip_quotes(text)), also=also)


def strip_rounds(text: str, *, opens: bool = True, ends: bool = True, also: Callable[[str], str] | None = None) -> str:
    """What `strip_edges` does to a text without quotes and signature, round after round.

    Args:
        text: at most as long as a message.
        opens: False where it is known that no greeting, ends: that no closing stands in it.
        also: takes away more.
    """
    without_end = ""  # what is known to have no closing
    for _ in range(_MOST_ROUNDS):
        before = text
        if opens:
            text = _without_greeting(text)
        if ends and text != without_end:
            opened, text = text, _without_last(text)
            without_end = opened if text == opened else ""
        if also is not None:
            text = also(text)
        if text == before:
            break
    return text.strip()


def sentences(text: str) -> list[str]:
    """A text cut at sentence ends and line breaks; joined again by the breaks they lose nothing but white space."""
    return [part for part in (piece.strip() for piece in SENTENCE_END.split(text)) if part]


def _without_greeting(text: str) -> str:
    if not _may_open(text):
        return text
    for pattern in (_GREETING, _DEAR, _VOCATIVE, _OPENING):
        found = pattern.match(text)
        if found is None:
            continue
        end = found.end()
        if pattern is _GREETING and found.group("after") and not _is_name(found.group("after")):
            end = found.start("after")
        text = text[end:].lstrip(" \n,.!-–—")
        if not _may_open(text):
            break
    return text


def _may_open(text: str) -> bool:
    """False where the first characters show that no opening pattern can match: most texts, in no time.

    They begin with one of a few words, with a sign, or with a name and a comma.
    """
    first = text[:1]
    if not first.isalpha():
        return text != ""
    start = text[:3].lower()
    return start in _FIRST_LETTERS or start[:2] == "hi" or (first.isupper() and "," in text[:_LONGEST_HEAD])


def _without_last(text: str) -> str:
    start = _start_of_last(text)
    last = text[start:]
    if (start > 0 or len(last) < 60) and _closes(last.strip()):
        return text[:start].rstrip()
    tail = max(0, len(text) - _LONGEST_THANKS)
    if "спасибо" not in text[tail:].lower():
        return text
    thanks = _TRAILING_THANKS.search(text[tail:])
    if thanks is None or not text[: tail + thanks.start()].strip():
        return text
    return text[: tail + thanks.start()] + ("?" if "?" in thanks.group() else "")


def _start_of_last(text: str) -> int:
    """Where the last sentence begins."""
    for place in reversed([found.start() for found in _MAY_END.finditer(text)]):
        end = SENTENCE_END.match(text, place if text[place] == "\n" else place + 1)
        if end is not None:
            return end.end()
    return 0


@lru_cache(maxsize=50_000)
def _closes(sentence: str) -> bool:
    return _CLOSING.match(sentence) is not None


def _without_signature(text: str) -> str:
    if "\n-" in text or "\n_" in text or "\n—" in text:
        text = _SIGNATURE_LINE.sub("", text)
    start = _start_of_signature(text)
    found = _SIGNATURE.search(text, start) if start >= 0 else None
    if found is None or len(found.group("rest")) > 250 or "?" in found.group("rest"):
        return text
    head = text[: found.start()]
    return (head + ("." if text[found.start() : found.start() + 1] == "." else "")).strip()


def _start_of_signature(text: str) -> int:
    """A place before which no signature begins, -1 where none does: the pattern is slow from the start of a letter."""
    lowered = text.lower()
    places = [place for place in map(lowered.find, _SIGNING) if place >= 0]
    if not places:
        return -1
    if len(lowered) != len(text):  # a letter that is two in lower case: the places are not those of the text
        return 0
    start = max(0, min(places) - _LONGEST_BEFORE_SIGNING)
    while start > 0 and (text[start - 1].isspace() or text[start - 1] in "—–-"):
        start -= 1
    return max(0, start - 1)


@lru_cache(maxsize=20_000)
def _is_name(words: str) -> bool:
    if words.startswith("["):
        return True
    return any(_can_be_name(word) for word in words.split()[:1])


def _can_be_name(word: str) -> bool:
    return any({"Name", "Patr", "Surn"} & parse.tag.grammemes for parse in dictionary().parse(word))
