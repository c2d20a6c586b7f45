"""What somebody answered in a mail -> without the mails that their program quoted under it.

Here: quoted parts of HTML mails, lines that introduce a quote, quoted lines, delimiters of help desks. Not here:
greetings and signatures (letter/), headers of a mail (mail.py). Nothing is taken away where nothing would be left: a
mail that is one forwarded letter keeps it.

Own rules instead of mail-parser-reply: out of the box it knows no Russian introduction (0 of 6), it takes text for a
signature (letter/ does that, for all sources), and its patterns backtrack without a bound on hostile input. Every
pattern here stands on one line of bounded length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ft_pipeline.ingest.html import drop, flush, parse_html, text_of_tree

_QUOTED_NODES = (
    ".//blockquote"
    " | .//*[contains(concat(' ', @class, ' '), ' gmail_quote ')]"
    " | .//*[contains(@class, 'gmail_attr') or contains(@class, 'moz-cite-prefix') or contains(@class, 'yahoo_quoted')"
    " or contains(@class, 'protonmail_quote') or contains(@class, 'zmail_extra')]"
)
_QUOTE_STARTS = (  # everything behind these in the mail is the quote
    ".//*[@id='divRplyFwdMsg' or @id='appendonsend' or @id='stopSpelling' or @id='reply-intro'"
    " or @id='mail-editor-reference-message-container']"
    " | .//div[contains(translate(@style, ' ', ''), 'border-top:solid#E1E1E1')"
    " or contains(translate(@style, ' ', ''), 'border-top:solid#B5C4DF')]"
)
_LONGEST_INTRO = 300  # characters; what introduces a quote stands on at most three lines
_ADDRESS = re.compile(r"[\w.+-]{1,80}@[\w-]{1,80}(?:\.[\w-]{1,40}){1,4}")
_DATE = re.compile(
    r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}:\d{2}\b"
    r"|\b\d{1,2}\.? (?:янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек)[а-я]{0,6}\b"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? \d{1,2}\b"
    r"|\b\d{1,2}\.? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"\b(?:wrote|writes|пишет|писал[аи]?|написал[аи]?|написал\(а\)|schrieb|a écrit|escribió|skrev|scrisse|ha scritto"
    r"|kirjoitti|escreveu|schreef|napisał\w*)\b",
    re.IGNORECASE,
)
_WROTE_LAST = re.compile(r" (?:wrote|пишет|написала?)$", re.IGNORECASE)  # some programs forget the colon
_ON_WROTE = re.compile(r"on .{4,200} wrote:?", re.IGNORECASE)
_BARE_ADDRESS_LAST = re.compile(  # "05.05.2026 10:15, a@b.ru пишет:", "… +03:00 от a@b.ru:"
    r"(?:\b(?:от|from) [\w.+-]{1,80}@[\w.-]{3,80}|[\w.+-]{1,80}@[\w.-]{3,80} (?:wrote|пишет|написал(?:а|\(а\))?)):$",
    re.IGNORECASE,
)
_ADDRESS_LAST = re.compile(r"@[\w.-]{3,80}[>\])\"'»]{1,4}(?:\s{0,3}[\w()]{2,14}){0,3}:?$")
_OPENS_INTRO = re.compile(
    r"^\W{0,3}(?:on |вы писали|пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|сред[ау]|четверг|пятниц[ау]|суббот[ау]"
    r"|воскресенье|mon|tue|wed|thu|fri|sat|sun|am |le |el |den |op |\d{1,2}[./ -]|\d{4}-|[\"«<]?[^\n:]{1,60}<)",
    re.IGNORECASE,
)
_DELIMITER = re.compile(
    r"^\W*(?:-{3,} ?(?:original message|original appointment|исходное сообщение|forwarded message"
    r"|begin forwarded message|пересылаемое сообщение|пересланное сообщение|конец пересылаемого сообщения"
    r"|oprindelig besked|ursprüngliche nachricht|message d'origine|mensaje original|mensagem original) ?-{0,}"
    r"(?:(?:от|from):.*)?"
    r"|(?:begin forwarded message|начало переадресованного сообщения|начало переадресованного письма):?)\W*$",
    re.IGNORECASE,
)
_REPLY_LINE = re.compile(
    r"(?:(?:please )?(?:type|write) your reply above this line|reply above this line"
    r"|(?:введите|пишите|напишите) (?:свой )?ответ (?:выше|над) эт(?:ой|ого) (?:строк|черт|лини))",
    re.IGNORECASE,
)
_FROM = re.compile(r"^[\s*>|]{0,4}(?:from|от|от кого|von|de|da|fra)\s*:[\s*]", re.IGNORECASE)
_HEADER = re.compile(
    r"^[\s*>|]{0,4}(?:from|sent|to|cc|subject|date|reply-to|от|от кого|отправлено|дата|кому|копия|тема|von|gesendet|an"
    r"|betreff|de|da|fra|envoyé|inviato|dato|à|a|til|objet|oggetto|emne)\s*:[\s*]",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^[ \t]{0,3}(?:[A-ZА-ЯЁ]{0,3}>|\|>)")  # The Bat! puts the writer's initials in front
_RULE = re.compile(r"^\s*[-_]{8,}\s*$")
_FOOTER = re.compile(
    r"^(?:--|__|—) ?$|^(?:you received this message because|вы получили это (?:письмо|сообщение))", re.I
)
_WRAPPED_FROM = 50  # characters; programs wrap quoted lines from here on
_UNDERSCORES = re.compile(r"^\s*[_-]{20,}\s*$")


def reply_of_html(content: str) -> str:
    """The text of an HTML mail without what it quotes.

    Raises:
        NestedTooDeepError: see `html_to_text`.
    """
    tree = parse_html(content)
    if tree is None:
        return ""
    whole = flush(text_of_tree(tree))
    for start in tree.xpath(_QUOTE_STARTS):
        _drop_behind(start)
    drop(tree, _QUOTED_NODES)
    return reply_of_text(flush(text_of_tree(tree))) or reply_of_text(whole)


def _drop_behind(start: Any) -> None:
    """Takes away a node and everything that stands behind it in the mail."""
    node = start
    while node is not None and node.getparent() is not None:
        for sibling in list(node.itersiblings()):
            sibling.getparent().remove(sibling)
        node.tail = None
        node = node.getparent()
    if start.getparent() is not None:
        start.getparent().remove(start)


def reply_of_text(text: str) -> str:
    """The text of a plain mail without what it quotes; the whole text where nothing else would be left."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").split("\n")
    end = _first_quote(lines)
    above = [line for line in lines[: _without_header_lines(lines, end)] if not _QUOTED.match(line)]
    kept = _joined(above)
    if kept:
        return _joined([kept, "", *_answers_below(lines, end)])
    # An answer below or between the quoted lines.
    below = [line for line in lines[end:] if not _QUOTED.match(line)]
    has_quotes = len(below) < len(lines) - end
    return (_joined(_without_intro(below)) if has_quotes else "") or _joined(lines)


def _first_quote(lines: Sequence[str]) -> int:
    """The line at which the quoted mail begins; the number of lines where none does."""
    for number, line in enumerate(lines):
        if _REPLY_LINE.search(line) or _DELIMITER.match(line[:_LONGEST_INTRO]):
            return number
        if _is_header_block(lines, number):
            return number - 1 if number and _UNDERSCORES.match(lines[number - 1]) else number
        if _intro_length(lines, number):
            return number
    return len(lines)


def _is_header_block(lines: Sequence[str], number: int) -> bool:
    """From:/Sent:/To:/Subject: one under the other, with a sender or a date in front."""
    block = [line[:_LONGEST_INTRO] for line in lines[number : number + 8] if line.strip()][:4]
    if len(block) < 2 or not _HEADER.match(block[0]) or _QUOTED.match(block[0]):
        return False
    found = sum(bool(_HEADER.match(line)) for line in block)
    has_sender = any(_FROM.match(line) for line in block)
    return (
        has_sender and found >= 2 and (found >= 3 or any(_ADDRESS.search(line) or _DATE.search(line) for line in block))
    )


def _intro_length(lines: Sequence[str], number: int) -> int:
    """How many lines the introduction of a quote ("… wrote:", "… пишет:") takes that begins here; 0 = none begins."""
    if not lines[number].strip():
        return 0
    for length in (1, 2, 3):
        piece = [line.strip() for line in lines[number : number + length]]
        if len(piece) < length or not piece[-1] or sum(map(len, piece)) > _LONGEST_INTRO:
            return 0
        behind = [line for line in lines[number + length : number + length + 4] if line.strip()]
        if _introduces(" ".join(piece), behind):
            # A line that does not open an introduction, above one that is complete, is the answer's last line.
            is_answer = not _OPENS_INTRO.match(piece[0]) and any(
                _introduces(" ".join(piece[skip:]), behind) for skip in range(1, length)
            )
            return 0 if is_answer else length
    return 0


def _introduces(intro: str, behind: Sequence[str]) -> bool:
    """True for "5 мая 2026, Анна <a@b.ru> пишет:"; not for the writer's own "На a@b.ru 5 мая мне ответили:"."""
    if not (intro.endswith(":") or _WROTE_LAST.search(intro)):
        return False
    has_date, says_wrote = bool(_DATE.search(intro)), bool(_WROTE.search(intro))
    if not (has_date or says_wrote):
        return False
    if _ADDRESS_LAST.search(intro) or (has_date and _ON_WROTE.fullmatch(intro)):
        return True
    if has_date and _BARE_ADDRESS_LAST.search(intro) and _OPENS_INTRO.match(intro):
        return True
    is_quoted = bool(behind) and bool(_QUOTED.match(behind[0]))
    return _OPENS_INTRO.match(intro) is not None and (is_quoted or (has_date and not behind))


def _without_header_lines(lines: Sequence[str], end: int) -> int:
    """Where the quote begins that some programs open with a rule and "Кому:", "Тема:" above its introduction."""
    start = end
    while start and (not lines[start - 1].strip() or _HEADER.match(lines[start - 1])):
        start -= 1
    return start - 1 if 0 < start < end and _RULE.match(lines[start - 1]) else end


def _answers_below(lines: Sequence[str], start: int) -> list[str]:
    """What stands between and below the lines of a quote that begins here, where each of its lines is marked.

    A line straight below a long marked one is the rest of it, that a program wrapped.
    """
    behind = start + _intro_length(lines, start) if start < len(lines) else start
    block = lines[behind:]
    if behind == start or not _QUOTED.match(next((line for line in block if line.strip()), "")):
        return []
    answers: list[str] = []
    was_long = False
    for line in block[: _next_delimiter(block)]:
        if _QUOTED.match(line):
            was_long = len(line) >= _WRAPPED_FROM
        elif not was_long or not line.strip():
            was_long = False
            answers.append(line)
    return answers


def _next_delimiter(lines: Sequence[str]) -> int:
    """The first line that is a rule, a signature's dashes, a delimiter or a header block of another mail."""
    for number, line in enumerate(lines):
        is_mark = _UNDERSCORES.match(line) or _FOOTER.match(line) or _DELIMITER.match(line[:_LONGEST_INTRO])
        if not _QUOTED.match(line) and (is_mark or _is_header_block(lines, number)):
            return number
    return len(lines)


def _without_intro(lines: Sequence[str]) -> list[str]:
    number = next((place for place, line in enumerate(lines) if line.strip()), 0)
    for length in (3, 2, 1):
        intro = " ".join(line.strip() for line in lines[number : number + length])
        if intro.endswith(":") and len(intro) <= _LONGEST_INTRO and (_WROTE.search(intro) or _ADDRESS.search(intro)):
            return list(lines[number + length :])
    return list(lines)


def _joined(lines: Sequence[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()
