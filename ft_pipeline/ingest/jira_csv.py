"""The CSV of Jira's issue navigator -> issues with their comments.

Here: a table whose column "Comment" stands as often as the longest issue has comments, each cell being
"date;author;text". Not here: who an author is (jira.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from ft_pipeline.ingest.delimited import records_of
from ft_pipeline.ingest.export import Place, Record, Rows
from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.tables import Options, read_text

_FIELDS = {
    "issue id": "id",
    "issue key": "key",
    "summary": "summary",
    "description": "description",
    "reporter": "reporter",
    "reporter id": "reporter_id",  # Cloud: comments carry the id, `Reporter` the name
    "creator": "creator",
    "status": "status_name",
    "created": "created",
    "resolved": "resolved",
    "issue type": "issue_type",
    # the Russian interface, in its several wordings
    **dict.fromkeys(("id проблемы", "id задачи", "id запроса", "идентификатор проблемы", "идентификатор задачи"), "id"),
    **dict.fromkeys(("ключ проблемы", "ключ задачи", "ключ запроса", "код проблемы", "код задачи", "код"), "key"),
    **dict.fromkeys(("тема", "резюме", "сводка", "название"), "summary"),
    "описание": "description",
    "автор": "reporter",
    "создатель": "creator",
    "статус": "status_name",
    **dict.fromkeys(("создано", "дата создания", "создана"), "created"),
    **dict.fromkeys(("решено", "дата решения", "решена"), "resolved"),
    **dict.fromkeys(("тип проблемы", "тип задачи", "тип запроса"), "issue_type"),
}
_KEYS = frozenset(name for name, ours in _FIELDS.items() if ours == "key")
_COMMENTS = frozenset({"comment", "comments", "комментарий", "комментарии"})
_COMMENT = re.compile(r"\s*([^;\n]{6,40});([^;\n]{0,80});(.*)\Z", re.DOTALL)
_MONTHS = "jan янв|feb фев|mar мар|apr апр|may мая май|jun июн|jul июл|aug авг|sep сен|oct окт|nov ноя|dec дек"
_MONTH_OF_WORD = {word: number for number, words in enumerate(_MONTHS.split("|"), start=1) for word in words.split()}
_SHOWN_TIME = re.compile(
    r"(\d{1,2})[/. ]([^\W\d_]{3,9})\.?[/. ](\d{4}|\d{2})[ ,]+(\d{1,2}):(\d{2})(?::\d{2})?(?:\s*([AaPp])\.?[Mm]\.?)?"
)


@dataclass(frozen=True)
class NavigatorIssue:
    """One line of the table: the issue, and its comments each at a place of its own."""

    place: Place
    record: Record
    comments: list[tuple[Place, Record]]


def read_navigator(file: SourceFile, options: Options, rows: Rows) -> list[NavigatorIssue] | None:
    """The issues of the table; None where the file is another table."""
    text = read_text(file.path, options) if file.path.suffix.lower() == ".csv" else None
    if text is None or not any(name in text[:20_000].lower() for name in _KEYS):
        return None
    header: list[str] = []
    issues = []
    for number, cells, problem in records_of(text):
        if not header:
            header = [cell.strip().lower().removeprefix("\ufeff") for cell in cells]
            if not (_KEYS & set(header) and "summary" in map(_FIELDS.get, header)):
                return None
        elif problem or len(cells) != len(header):
            detail = problem or f"line {number}: found {len(cells)} fields, expected {len(header)}"
            rows.reject(rows.place(file.name), "wrong_number_of_fields", detail)
        elif any(cell.strip() for cell in cells):
            issues.append(_issue(file.name, header, cells, rows))
    return issues


def _issue(file: str, header: list[str], cells: list[str], rows: Rows) -> NavigatorIssue:
    place = rows.place(file)
    record = Record()
    comments = []
    for name, cell in zip(header, cells, strict=True):
        if name in _COMMENTS and cell.strip():
            comments.append((rows.place(file), _comment(cell)))
        elif name in _FIELDS and cell.strip():
            record[_FIELDS[name]] = cell
    if not record.text("id") and record.text("key"):
        record["id"] = record.text("key")
    record["created"] = shown_time(record.text("created"))
    return NavigatorIssue(place, record, comments)


def _comment(cell: str) -> Record:
    found = _COMMENT.fullmatch(cell)
    if found is None:
        return Record(body=cell)
    moment, author, body = found.groups()
    return Record(created=shown_time(moment), author_id=author.strip(), author_name=author.strip(), body=body)


def shown_time(text: str) -> str:
    """A time as Jira shows it ("10/Nov/20 7:19 PM", "10/ноя/20 19:19") as ISO; anything else stays as it is."""
    found = _SHOWN_TIME.fullmatch(text.strip())
    month = _MONTH_OF_WORD.get(found.group(2).lower()[:3]) if found else None
    if found is None or month is None:
        return text.strip()
    day, _, year, hour, minute, half = found.groups()
    clock = int(hour) % 12 + (12 if half.lower() == "p" else 0) if half else int(hour)
    try:
        moment = datetime(int(year) + (2000 if len(year) == 2 else 0), month, int(day), clock, int(minute))
    except ValueError:
        return text.strip()
    return moment.isoformat()
