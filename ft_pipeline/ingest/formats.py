"""The registry of named formats: exports of one program, whose fields have fixed names.

Here: which format has which reader, and which of them read each file on its own. Not here: the readers (one module
per program), general tables (table_formats.py), plain documents (documents.py), databases (database.py).

A reader of a named format gets all files of its format in one source at once, since threads and tickets may be spread
over files. Its table carries our column names (`ticket_id`, `role`, `text`, `created_at` …; `title`, `text` for
documents) and our role words (customer, agent, bot, note, system), its rows the name of their file in
`file`. The same files and options always give the same table: what was read once is kept and not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ft_pipeline.ingest import (
    freshdesk,
    helpscout,
    intercom,
    jira,
    mail,
    office_documents,
    telegram,
    whatsapp,
    zendesk,
)
from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.tables import Options, Table

Reader = Callable[[Sequence[SourceFile], Options], Table]

NAMED: dict[str, Reader] = {
    "zendesk": zendesk.read,
    "freshdesk": freshdesk.read,
    "intercom": intercom.read,
    "jira": jira.read,
    "helpscout": helpscout.read,
    "telegram": telegram.read,
    "whatsapp": whatsapp.read,
    "mbox": mail.read_mbox,
    "eml": mail.read_eml,
    "docx": office_documents.read_docx,
    "pdf": office_documents.read_pdf,
}
ALONE: frozenset[str] = frozenset({"docx", "pdf"})  # each file is read on its own: one new file costs one reading
