"""Repairs text that an export has damaged: wrong decodings, invisible characters, HTML, glued words.

Here: everything that changes the form of a text and never its content. Not here: removing what a person wrote on
purpose (strip), judging the text (quality, language).

The ladder of re-decodings is written by hand because ftfy alone repairs none of the single-byte Cyrillic cases
(cp1251, koi8-r and cp866 read as each other or as Latin-1).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from ft_pipeline.curate.scan import clean_and_russian, letter_grades

_LEAST_CHARS = 6  # shorter strings carry too few letter pairs to be judged
_READ_AS = ("latin-1", "sloppy-windows-1252", "sloppy-windows-1251", "koi8-r", "cp866")
_WAS = ("utf-8", "cp1251", "koi8-r", "cp866")
_READ_RIGHT = 6.0  # grade from which a text is taken as it is
_SURE = 5.0  # … and at least so Russian, grades
_GAIN = 2.0  # a re-decoding must be so much more Russian than what it replaces, grades
_UNUSUAL = re.compile(  # what Russian texts do not hold: neither their letters and signs nor pictures
    r"[^\x00-\x7FА-Яа-яЁё«»„“”‘’—–−…№₽€°²³·•×±§©®™\u00a0\u2000-\u200f\u202f\ufeff"
    r"\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]"
)

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b-\u200f\ud800-\udfff\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t]")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,6});")
_TAG_NAMES = "a|b|blockquote|body|br|center|div|em|font|h[1-6]|head|hr|html|i|img|li|meta|ol|p|pre|s|script|small|span"
_TAG_NAMES += "|strong|style|sub|sup|table|tbody|td|th|thead|title|tr|tt|u|ul|!doctype"
_TAG = re.compile(rf"</?(?:{_TAG_NAMES})(?:\s[^<>]{{0,2000}})?/?>|<!--.{{0,2000}}?-->", re.IGNORECASE | re.DOTALL)
_UNSEEN = re.compile(r"<(script|style|head|title)\b.{0,20000}?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"</?(?:br|p|div|li|tr|h[1-6]|ul|ol|table|blockquote)\b", re.IGNORECASE)
_MOST_CHARS = 50_000  # longer texts are not unglued: no message, and the patterns would cost time
_MOST_TAGS = 2000  # above it nested markup makes a parser slow or silently empty: cut the tags without parsing

_GLUED_COMMA = re.compile(r"(?<=[а-яё]),(?=[А-ЯЁа-яё])")
_GLUED_SENTENCE = re.compile(r"(?<=[а-яё]{2})([.!?…])(?=[А-ЯЁ][а-яё])")
_GLUED_URL = re.compile(r"(?<=[А-Яа-яЁё.,!?:;)])(?=https?://)")
_URL_GLUED = re.compile(r"(https?://[!-~]+?)([.,!?]?)(?=[А-ЯЁ][а-яё]|[а-яё]{3})")
_BLANKS = re.compile(r"[ \t]+")
_SPACE_AT_BREAK = re.compile(r" ?\n ?")
_EMPTY_LINES = re.compile(r"\n{3,}")


def repair(text: str) -> str:
    """The text as its writer saw it: decoded right, without markup and invisible characters."""
    return _repaired([text])[0]


def repair_all(texts: Sequence[str]) -> list[str]:
    """`repair` of each text; those that one pass over all of them shows to be clean are not looked at again."""
    clean, _ = clean_and_russian(texts)
    found = list(texts)
    damaged = [number for number, is_clean in enumerate(clean) if not is_clean]
    for number, text in zip(damaged, _repaired([texts[number] for number in damaged]), strict=True):
        found[number] = text
    return found


def _repaired(texts: Sequence[str]) -> list[str]:
    return [_mended(text) for text in _redecoded([_with_plain_breaks(text) for text in texts])]


def _with_plain_breaks(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _mended(text: str) -> str:
    """A text that is decoded right, mended."""
    text = _INVISIBLE.sub("", text)
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(html.unescape(text))
    if "<" in text and _TAG.search(text):
        text = _without_markup(text)
    text = _SPACES.sub(" ", _INVISIBLE.sub("", text))
    return _tidy(_unglue(text) if len(text) <= _MOST_CHARS else text)


def _redecoded(texts: Sequence[str]) -> list[str]:
    """Each text as it was before it was read with a wrong encoding; where that is true of some lines only, these."""
    found = list(texts)
    suspects = [number for number, text in enumerate(texts) if len(text) >= _LEAST_CHARS and not text.isascii()]
    before = _plausibilities([texts[number] for number in suspects])
    suspects = [number for number, score in zip(suspects, before, strict=True) if score < _READ_RIGHT]
    before = [score for score in before if score < _READ_RIGHT]
    for number, best in zip(suspects, _best([texts[number] for number in suspects], before), strict=True):
        found[number] = best
    by_lines = [number for number in suspects if found[number] is texts[number] and "\n" in texts[number]]
    lines = [texts[number].split("\n") for number in by_lines]
    decoded = iter(_redecoded([line for mine in lines for line in mine]) if lines else ())
    for number, mine in zip(by_lines, lines, strict=True):
        found[number] = "\n".join(islice(decoded, len(mine)))
    return found


def _best(texts: Sequence[str], before: Sequence[float]) -> list[str]:
    """Of each text and its re-decodings the most plausible; a re-decoding must be much more so."""
    import ftfy

    candidates = [[ftfy.fix_encoding(text), *_redecodings(text)] for text in texts]
    scores = iter(_plausibilities([candidate for mine in candidates for candidate in mine]))
    found: list[str] = []
    for text, score_before, mine in zip(texts, before, candidates, strict=True):
        best, best_score = text, max(score_before + _GAIN, _SURE)
        for candidate, score in zip(mine, islice(scores, len(mine)), strict=True):
            if score > best_score:
                best, best_score = candidate, score
        found.append(best)
    return found


def _redecodings(text: str) -> Iterator[str]:
    import ftfy.bad_codecs  # noqa: F401  (registers the sloppy codecs)

    for read_as in _READ_AS:
        try:
            data = text.encode(read_as)
        except UnicodeEncodeError:
            continue
        for was in _WAS:
            if was == read_as:
                continue
            try:
                once = data.decode(was)
            except UnicodeDecodeError:
                continue
            yield once
            if was == "utf-8" and not once.isascii():
                for again in ("latin-1", "sloppy-windows-1252", "sloppy-windows-1251"):
                    try:
                        yield once.encode(again).decode("utf-8")
                    except UnicodeError:
                        continue


def _plausibilities(texts: Sequence[str]) -> list[float]:
    """Grades of the Cyrillic letter pairs, less a penalty for characters that Russian texts do not hold."""
    return [_plausibility(text, *graded) for text, graded in zip(texts, letter_grades(texts), strict=True)]


def _plausibility(text: str, score: float, letters: int, swapped: int) -> float:
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    if foreign == 0:
        return 0.0
    unusual = len(_UNUSUAL.findall(text))
    if letters == 0:
        return 6.0 if unusual == 0 else -9.0 * unusual / foreign
    return score - 9.0 * unusual / foreign - 9.0 * swapped / letters


def _without_markup(text: str) -> str:
    text = _UNSEEN.sub(" ", text)
    if len(_TAG.findall(text)) > _MOST_TAGS:
        return html.unescape(_TAG.sub(lambda tag: "\n" if _BREAK.match(tag.group()) else "", text))
    from inscriptis import get_text

    plain = str(get_text(text.replace("\n", "<br>"), _parser_config()))
    kept, expected = sum(map(str.isalnum, plain)), sum(map(str.isalnum, _TAG.sub("", text)))
    if kept < 0.9 * expected:  # the parser gave up without a word
        return html.unescape(_TAG.sub(" ", text))
    return plain


@lru_cache(maxsize=1)
def _parser_config() -> Any:
    from inscriptis.model.config import ParserConfig

    return ParserConfig(display_links=False)


def _unglue(text: str) -> str:
    text = _GLUED_COMMA.sub(", ", text)
    text = _GLUED_SENTENCE.sub(r"\1 ", text)
    if "http" in text:
        text = _URL_GLUED.sub(r"\1\2 ", _GLUED_URL.sub(" ", text))
    return text


def _tidy(text: str) -> str:
    text = _SPACE_AT_BREAK.sub("\n", _BLANKS.sub(" ", text))
    return _EMPTY_LINES.sub("\n\n", text).strip()
