"""Bytes of a text file -> text, or an honest "unreadable".

Here: byte-order marks, strict UTF-8, UTF-16 without a mark, the ladder of Russian single-byte encodings scored by
letter pairs, charset-normalizer last. Not here: repair of text that was decoded wrongly before (curation does that).
Nothing is ever decoded with `errors="replace"`: that would lose text for good. UTF-8 with a few broken bytes stays
UTF-8, and the bytes stay visible: a guess at another encoding would garble the whole file for them.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LADDER = ("cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic")
# The most frequent letter pairs of Russian prose; together they cover about 60 % of all pairs in it, and about a
# fifth of the pairs of a wrong decoding.
_FREQUENT = (
    "ст но то на ен ов ни ра во ко ро ос не по ре ли пр та ор го ер ет те ал ка ан ес ол ан ом за от ва ел ил ла ль ит "
    "ть ве де ри ин ак ам ат об од он ог да до ди ие ий ия ка ки кл ку ле ло лю ма ме ми мо му мы на нн ны ня од ое ой "
    "ок оп ох оч па пе пи пл пу ру ры се си ск сл см со сп сс ся та ти тр ту ты уд ус ут уч хо че чи чт ше ши эт ют "
    "ас ар ад ав ап аз аш аю бы бо бе ви вл вс вы ег ед ее ей ек ем еп еш же зд из им их иш иц ие ул ую яв ят"
)
_PAIRS = frozenset(_FREQUENT.split())
_WORD = re.compile(r"[А-Яа-яЁё]+")
_AT_HOME = re.compile(r"[А-Яа-яЁё«»„“”’—–…№₽€•°\u00a0]")  # what Russian text holds beside ASCII
_LEAST_SCORE = 0.2
_RARE = 0.2  # hardly anybody writes these two; small letters of mac-cyrillic are those of cp1251
_SAMPLE_BYTES = 256 * 1024
_ESCAPED = re.compile(r"[\udc80-\udcff]")
_WIDE = re.compile(r"[^\x00-\x7f]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Decoded:
    """The text of a file and the encoding that gave it; `text` is None where none fits."""

    text: str | None
    encoding: str


def decode(data: bytes, *, encoding: str = "") -> Decoded:
    """Decodes a text file strictly.

    Args:
        data: the file's bytes.
        encoding: a Python encoding name that is used and nothing else; "" = detect.

    Raises:
        LookupError: `encoding` names no encoding.
    """
    if encoding:
        return _strict(data, codecs.lookup(encoding).name)
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _strict(data, name)
    wide = _wide_encoding(data[:_SAMPLE_BYTES])
    if wide:
        return _strict(data, wide)
    decoded = _strict(data, "utf-8")
    if decoded.text is not None:
        return decoded
    return _damaged_utf8(data) or _from_ladder(data) or _from_charset_normalizer(data)


def is_damaged(text: str) -> bool:
    """True where a decoded text holds bytes that are no text (as lone surrogates): its rows have to be looked at."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _damaged_utf8(data: bytes) -> Decoded | None:
    """UTF-8 with a few bytes broken: they become lone surrogates, so that their rows are rejected and no others."""
    text = data.decode("utf-8", errors="surrogateescape")
    broken = len(_ESCAPED.findall(text))
    whole = len(_WIDE.findall(text)) - broken
    return Decoded(text, "utf-8") if whole > broken else None


def russian_score(text: str) -> float:
    """How Russian a text reads: at most 1; frequent letter pairs speak for it, broken case and odd signs against."""
    pairs = hits = broken = 0
    for word in _WORD.findall(text):
        lower = word.lower()
        regular = word == lower or word[1:] == lower[1:] or word.isupper()
        pairs += len(word) - 1
        hits += sum(lower[i : i + 2] in _PAIRS for i in range(len(word) - 1))
        broken += 0 if regular else len(word) - 1
    wide = [character for character in text if ord(character) > 127]
    foreign = sum(not _AT_HOME.match(character) for character in wide)
    return (hits - broken) / pairs - 2 * foreign / len(wide) if pairs else 0.0


def _strict(data: bytes, name: str) -> Decoded:
    try:
        return Decoded(data.decode(name), name)
    except UnicodeDecodeError:
        return Decoded(None, name)


def _wide_encoding(sample: bytes) -> str:
    """UTF-16 without a mark: Russian in it is also valid UTF-8, so it has to be asked first."""
    half = len(sample) // 2
    if half < 8:
        return ""
    even, odd = sample[0 : 2 * half : 2], sample[1 : 2 * half : 2]
    even_high = sum(even.count(byte) for byte in (0, 4)) / half
    odd_high = sum(odd.count(byte) for byte in (0, 4)) / half
    if odd_high > 0.9 and even_high < 0.2:
        return "utf-16-le"
    if even_high > 0.9 and odd_high < 0.2:
        return "utf-16-be"
    return ""


def _from_ladder(data: bytes) -> Decoded | None:
    """The best single-byte Russian decoding, where it reads like Russian."""
    scored = []
    for rank, name in enumerate(LADDER):
        sample = _strict(data[:_SAMPLE_BYTES], name)
        if sample.text is not None:
            rarity = _RARE if name in {"iso8859-5", "mac-cyrillic"} else 0.0
            scored.append((russian_score(sample.text) - rarity, -rank, name))
    if not scored or max(scored)[0] < _LEAST_SCORE:
        return None
    decoded = _strict(data, max(scored)[2])
    return decoded if decoded.text is not None else None


def _from_charset_normalizer(data: bytes) -> Decoded:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE_BYTES]).best()
    if best is None:
        return Decoded(None, "unknown")
    decoded = _strict(data, best.encoding)
    if decoded.text is None or len(_CONTROL.findall(decoded.text)) > len(decoded.text) / 100:
        return Decoded(None, best.encoding)
    return decoded
