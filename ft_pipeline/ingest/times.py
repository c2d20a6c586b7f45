"""A time as a source writes it -> ISO-8601 in UTC, to the second.

Here: pure functions on strings; a whole column where only the column tells how it is meant. Not here: which column
holds a time (fields.py, sources.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_RUSSIAN = (
    *("янв(?:аря|арь)?", "фев(?:р|раля|раль)?", "мар(?:та|т)?", "апр(?:еля|ель)?", "ма[йя]", "июн[ья]?", "июл[ья]?"),
    *("авг(?:уста?)?", "сен(?:т|тября|тябрь)?", "окт(?:ября|ябрь)?", "ноя(?:б|бря|брь)?", "дек(?:абря|абрь)?"),
)
_ENGLISH = (
    *("jan(?:uary)?", "feb(?:ruary)?", "mar(?:ch)?", "apr(?:il)?", "may", "june?", "july?", "aug(?:ust)?"),
    *("sept?(?:ember)?", "oct(?:ober)?", "nov(?:ember)?", "dec(?:ember)?"),
)
_MONTH = rf"(?P<month>{'|'.join((*_RUSSIAN, *_ENGLISH))})\.?"
_CLOCK = (
    r"(?:[ T,]+(?:(?:в|at) )?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?)?(?: ?(?P<zone>Z|(?:UTC|GMT)?[+-]\d{1,2}:?(?:\d{2})?|UTC|GMT|MSK|МСК))?"
)
_YEAR_END = r"(?: ?г\.?| года)?"
_SHAPES = tuple(
    re.compile(rf"(?:[^\W\d]{{2,12}}\.?,? )?{date}{_CLOCK}", re.IGNORECASE)
    for date in (
        r"(?P<day>\d{1,2})[.-](?P<month>\d{1,2})[.-](?P<year>\d{4}|\d{2})" + _YEAR_END,
        rf"(?P<day>\d{{1,2}})[ -]{_MONTH}[ -](?P<year>\d{{4}})" + _YEAR_END,
        rf"{_MONTH} (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})",
        r"(?P<year>\d{4})[./-](?P<month>\d{1,2})[./-](?P<day>\d{1,2})",
    )
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?")
_YEARS = range(1990, 2101)
_USUAL = re.compile(r"(?:199\d|20\d\d)-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?", re.ASCII)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?=\D|$)", re.ASCII)


def to_utc(value: str) -> str | None:
    """A time as the source writes it -> ISO-8601 in UTC, to the second; "" stays ""; None where it is no time.

    Read: ISO-8601 (a time without an offset is taken as UTC), the same with slashes or dots, dd.mm.yyyy and dd-mm-yyyy
    with an optional clock and offset, "1 марта 2026 г., 09:30", "1 мар 2026", "Mar 1, 2026 9:30 AM", the date of a
    mail, seconds or milliseconds since 1970. A date like 03/01/2026 is not read alone: see `slashes_told`.
    """
    if _USUAL.fullmatch(value):  # most exports; the general way costs ten times as much
        try:
            datetime.fromisoformat(value[:19])
        except ValueError:
            return None
        return f"{value[:10]}T{value[11:19]}+00:00"
    text = re.sub(r"\s+", " ", value.strip())
    if not text:
        return ""
    moment = (_iso(text) if _ISO.fullmatch(text) else None) or _epoch(text) or _worded(text) or _of_mail(text)
    if moment is None or moment.year not in _YEARS:
        return None
    try:
        return utc_text(moment)
    except OverflowError:
        return None


def utc_text(moment: datetime) -> str:
    """A moment in the form of all tables; a naive one is taken as UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="seconds")


def slashes_told(column: Sequence[str]) -> Sequence[str]:
    """A column of dates like 03/25/2026 as yyyy-mm-dd, where one of its days above 12 tells which number is the day.

    Where none does, or two contradict each other, the column stays: nobody can tell.
    """
    found = [_SLASHED.match(cell) for cell in column]
    if not any(found):
        return column
    is_day_first = any(match is not None and int(match[1]) > 12 for match in found)
    is_month_first = any(match is not None and int(match[2]) > 12 for match in found)
    if is_day_first == is_month_first:
        return column
    return [
        cell if match is None else _dashed(match, is_month_first=is_month_first) + cell[match.end() :]
        for cell, match in zip(column, found, strict=True)
    ]


def _dashed(match: re.Match[str], *, is_month_first: bool) -> str:
    month, day = (match[1], match[2]) if is_month_first else (match[2], match[1])
    year = match[3] if len(match[3]) == 4 else f"20{match[3]}"
    return f"{year}-{int(month):02d}-{int(day):02d}"


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(re.sub(r" ?(?:UTC|GMT)$", "+00:00", text).replace(" +", "+"))
    except ValueError:
        return None


def _epoch(text: str) -> datetime | None:
    if not _EPOCH.fullmatch(text):
        return None
    number = float(text)
    return datetime.fromtimestamp(number / 1000 if number >= 1e11 else number, tz=UTC)


def _worded(text: str) -> datetime | None:
    match = next((found for shape in _SHAPES if (found := shape.fullmatch(text))), None)
    if match is None:
        return None
    parts = match.groupdict(default="")
    year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)
    hour = int(parts["hour"] or 0)
    if parts["half"]:
        hour = hour % 12 + (12 if parts["half"].lower() == "p" else 0)
    clock = (hour, int(parts["minute"] or 0), int(parts["second"] or 0))
    try:
        return datetime(year, _month(parts["month"]), int(parts["day"]), *clock, tzinfo=_zone(parts["zone"]))
    except ValueError:
        return None


def _month(word: str) -> int:
    if word.isdigit():
        return int(word)
    names = _RUSSIAN if re.match("[а-я]", word.lower()) else _ENGLISH
    return next(number for number, name in enumerate(names, start=1) if re.fullmatch(name, word.lower()))


def _zone(word: str) -> timezone:
    """The offset that a word names; UTC where there is none."""
    if word.upper() in {"MSK", "МСК"}:
        return timezone(timedelta(hours=3))
    found = re.search(r"([+-])(\d{1,2}):?(\d{2})?$", word)
    if found is None:
        return UTC
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(offset if found[1] == "+" else -offset)


def _of_mail(text: str) -> datetime | None:
    if not re.match(r"[A-Za-z]{3}, \d", text):
        return None
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
