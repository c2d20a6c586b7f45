"""Single values of a source -> our values: times, roles, and the mapping of columns.

Here: pure functions on strings. Not here: files, rows.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from ft_pipeline.ingest.files import IngestError
from ft_pipeline.task import Source

REQUIRED = {
    "tickets": ("ticket_id", "role", "text", "created_at"),
    "pairs": ("question", "answer"),
    "documents": ("text",),
    "held_out_questions": ("question_id", "stratum", "question", "answer", "kind", "valid_from", "valid_to"),
}
OPTIONAL = {
    "tickets": ("turn_id", "customer_id", "channel", "status", "category"),
    "pairs": ("id", "created_at", "customer_id", "category", "kind"),
    "documents": ("document_id", "title", "updated_at"),
    "held_out_questions": (),
}
ROLES = ("customer", "agent", "bot", "note", "system")
_KNOWN_ROLES = {
    "customer": "customer client user end-user end_user requester contact клиент пользователь покупатель заявитель",
    "agent": "agent admin operator support employee staff teammate оператор сотрудник поддержка менеджер специалист",
    "bot": "bot chatbot robot бот чат-бот чатбот робот автоответ",
    "note": "note internal private заметка",
    "system": "system event система",
}
_KNOWN_STATUSES = {
    "resolved": "resolved solved closed done решено решён решен закрыто закрыт закрыта выполнено",
    "reopened": "reopened переоткрыт переоткрыто повторно",
    "open": "open new pending hold waiting открыт открыто открыта новый новая ожидает",
}
_STATUS_OF_WORD = {word: status for status, words in _KNOWN_STATUSES.items() for word in words.split()}
_ROLE_OF_WORD = {word: role for role, words in _KNOWN_ROLES.items() for word in words.split()}
_MONTH_WORDS = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
_MONTHS = _MONTH_WORDS.split()
_CLOCK = r"(?:[ T,]+(?:в )?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?"
_DOTTED = re.compile(r"(\d{1,2})[.-](\d{1,2})[.-](\d{4}|\d{2})(?: ?г\.?)?" + _CLOCK)
_WORDED = re.compile(r"(\d{1,2}) (" + "|".join(_MONTHS) + r") (\d{4})(?: ?г\.?| года)?" + _CLOCK, re.IGNORECASE)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?")
_YEARS = range(1990, 2101)
_USUAL = re.compile(r"(?:199\d|20\d\d)-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?", re.ASCII)


def to_utc(value: str) -> str | None:
    """A time as the source writes it -> ISO-8601 in UTC, to the second; "" stays ""; None where it is no time.

    Read: ISO-8601 (a time without an offset is taken as UTC), dd.mm.yyyy and dd-mm-yyyy with an optional clock, and
    "1 марта 2026 г., 09:30". mm/dd/yyyy is not read: nobody can tell it from dd/mm/yyyy.
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
    moment = _iso(text) if _ISO.fullmatch(text) else _russian(text)
    if moment is None or moment.year not in _YEARS:
        return None
    return utc_text(moment)


def utc_text(moment: datetime) -> str:
    """A moment in the form of all tables; a naive one is taken as UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="seconds")


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(re.sub(r" ?(?:UTC|GMT)$", "+00:00", text).replace(" +", "+"))
    except ValueError:
        return None


def _russian(text: str) -> datetime | None:
    match = _DOTTED.fullmatch(text) or _WORDED.fullmatch(text)
    if match is None:
        return None
    day, month, year, hour, minute, second = match.groups()
    number = _MONTHS.index(month.lower()) + 1 if not month.isdigit() else int(month)
    full_year = int(year) + 2000 if len(year) == 2 else int(year)
    try:
        return datetime(full_year, number, int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC)
    except ValueError:
        return None


def role_words(source: Source) -> dict[str, str]:
    """Role word (lower case) -> our role: the well-known words, then the source's own.

    Raises:
        IngestError: the source maps a word to something that is no role.
    """
    for word, role in source.roles.items():
        if role not in ROLES:
            close = difflib.get_close_matches(role, ROLES, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"write one of {', '.join(ROLES)}"
            raise IngestError(f"source {source.name}: roles: found `{word}: {role}`; {hint}")
    return _ROLE_OF_WORD | {word.strip().lower(): role for word, role in source.roles.items()}


def to_status(word: str) -> str:
    """resolved, reopened or open for the well-known words of help desks; any other word stays as it is."""
    return _STATUS_OF_WORD.get(word.lower(), word)


def map_columns(source: Source, file_name: str, found: Sequence[str]) -> dict[str, str]:
    """Our column -> the file's column, for every column of ours that the file has.

    Raises:
        IngestError: task.yaml names a column of ours that does not exist, or one that the file does not have, or a
            required one has no counterpart, or the counterpart stands twice in the file.
    """
    required, optional = REQUIRED[source.kind], OPTIONAL[source.kind]
    ours = (*required, *optional)
    for name in source.columns:
        if name not in ours:
            raise IngestError(
                f"source {source.name}: columns: `{name}` is no column of kind={source.kind}; {_hint(name, ours)}"
            )
    mapping = {name: source.columns.get(name, name) for name in ours}
    missing = [name for name in ours if mapping[name] not in found and (name in required or name in source.columns)]
    if missing:
        wanted = ", ".join(f"{name} (as `{mapping[name]}`)" for name in missing)
        advice = "; ".join(f"{name}: {_hint(mapping[name], found)}" for name in missing)
        example = ", ".join(f"{name}: <column of the file>" for name in missing)
        raise IngestError(
            f"source {source.name}: {file_name}: found the columns {list(found)}; expected {wanted}; {advice}; "
            f"write in task.yaml under this source: columns: {{{example}}}"
        )
    twice = sorted({mapping[name] for name in ours if found.count(mapping[name]) > 1})
    if twice:
        raise IngestError(f"source {source.name}: {file_name}: the columns {twice} stand twice; rename one in the file")
    return {name: column for name, column in mapping.items() if column in found}


def _hint(name: str, known: Sequence[str]) -> str:
    lowered: Mapping[str, str] = {item.lower(): item for item in known}
    close = difflib.get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.6)
    return f"did you mean `{lowered[close[0]]}`?" if close else f"there are {', '.join(known) or 'none'}"


def show_value(value: str) -> str:
    """What may stand in a reject's detail: numbers and signs as they are, anything with letters only by its length."""
    return repr(value[:30]) if not re.search(r"[^\W\d_]", value) else f"{len(value)} characters with letters"


@lru_cache(maxsize=10_000)  # the same few words stand in every row of a source whose roles are not mapped yet
def show_role(word: str) -> str:
    """The role word for whoever has to map it; masked, because exports put agents' names into this column."""
    from ft_pipeline.redact import redact

    shown = redact(word[:40]).text
    return f"`{shown}`; write roles: {{{shown}: customer | agent | bot | note}} in task.yaml"
