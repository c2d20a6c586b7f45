"""Single values of a source -> our values: roles, statuses, and the mapping of columns.

Here: pure functions on strings. Not here: times (times.py), files, rows.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
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
MOST_TITLE_LINES = 5  # above the header of a report
ROLES = ("customer", "agent", "bot", "note", "system")
_KNOWN_ROLES = {
    "customer": "customer, client, user, end-user, end_user, end user, requester, contact, visitor, lead, incoming, "
    "inbound, клиент, пользователь, покупатель, заявитель, посетитель, гость, абонент, входящее, входящий",
    "agent": "agent, admin, operator, support, employee, staff, teammate, outgoing, outbound, support agent, "
    "support_agent, оператор, сотрудник, поддержка, менеджер, специалист, консультант, исходящее, исходящий, "
    "сотрудник поддержки, служба поддержки, оператор поддержки, специалист поддержки, техподдержка",
    "bot": "bot, chatbot, robot, auto, autoreply, auto-reply, бот, чат-бот, чатбот, робот, автоответ, автоответчик",
    "note": "note, internal, private, internal note, internal_note, private note, private_note, заметка, "
    "внутренний комментарий, внутренняя заметка, комментарий для коллег",
    "system": "system, event, система, системное",
}
# What the required columns are often called; used where exactly one of these is there.
_KNOWN_COLUMNS = {
    "ticket_id": "ticket, ticket number, conversation id, номер обращения, № обращения, id обращения, номер тикета, "
    "id тикета, номер заявки, № заявки",
    "role": "author role, sender role, author type, sender type, from, sender, author, роль, от кого, тип автора",
    "text": "message, body, content, message text, сообщение, текст, текст сообщения",
    "created_at": "created, date, datetime, timestamp, time, created time, дата, время, дата и время, дата создания, "
    "дата сообщения, создано",
    "question": "q, query, input, prompt, вопрос, вопрос клиента, вопрос пользователя",
    "answer": "a, response, output, completion, ответ, ответ поддержки, ответ сотрудника, ответ оператора",
}
_COLUMN_WORDS = frozenset(
    name.replace("_", " ")
    for names in (*REQUIRED.values(), *OPTIONAL.values(), *(words.split(", ") for words in _KNOWN_COLUMNS.values()))
    for name in names
)
_KNOWN_STATUSES = {
    "resolved": "resolved solved closed done решено решён решен закрыто закрыт закрыта выполнено",
    "reopened": "reopened переоткрыт переоткрыто повторно",
    "open": "open new pending hold waiting открыт открыто открыта новый новая ожидает",
}
_STATUS_OF_WORD = {word: status for status, words in _KNOWN_STATUSES.items() for word in words.split()}
_ROLE_OF_WORD = {word: role for role, words in _KNOWN_ROLES.items() for word in words.split(", ")}


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
    mapping = {name: source.columns.get(name) or own_name(name, found) for name in ours}
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


def titles_above(rows: Sequence[Sequence[str]]) -> int:
    """How many title rows stand above a header of several cells: blank ones, or one cell that names no column."""
    for number, cells in enumerate(rows[: MOST_TITLE_LINES + 1]):
        filled = [cell for cell in cells if cell.strip()]
        if len(filled) > 1:
            return number
        if filled and _plain(filled[0]) in _COLUMN_WORDS:
            return 0
    return 0


def own_name(name: str, found: Sequence[str]) -> str:
    """What the file calls a column that task.yaml does not map: the same in other letters, or a well-known word."""
    if name in found:
        return name
    plain = {column: _plain(column) for column in found}
    same = [column for column in found if plain[column] == name.replace("_", " ")]
    known = _KNOWN_COLUMNS.get(name, "").split(", ")
    close = same or [column for column in found if plain[column] in known]
    return close[0] if len(close) == 1 else name


def _plain(name: str) -> str:
    """A column's name in small letters, one blank between its words."""
    return re.sub(r"[\s_-]+", " ", name).strip().lower()


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
