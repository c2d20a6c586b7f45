"""The sheet as an HTML page that is filled in without a spreadsheet program, or printed.

The page keeps what was filled in (in the browser), and saves a JSON file that comes back by the same file drop. It asks
nothing of the network. Here: the page and reading its file. Not here: whether it is acceptable (checking).
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from ft_pipeline.review.filled import FilledRow, FilledSheet, ReviewError
from ft_pipeline.review.sheet import BlindSheet, SheetRow
from ft_pipeline.review.words import COLUMNS, DECISIONS, FIELDS, HELP, VERDICTS, say

_STYLE = """
* { box-sizing: border-box; } body { margin: 0; color: #1c2530; font: 16px/1.5 system-ui, Arial, sans-serif; }
main { max-width: 860px; margin: 0 auto; padding: 20px 16px 60px; } h1 { font-size: 1.4rem; margin: 0 0 8px; }
p, h2, label, dd { overflow-wrap: anywhere; } ol { padding-left: 22px; color: #5b6470; }
article { border: 1px solid #d9dfe6; border-radius: 8px; padding: 12px 16px; margin: 12px 0; break-inside: avoid; }
article h2 { font-size: 1rem; margin: 0 0 6px; } .code { color: #5b6470; font-size: .8rem; }
.answer { white-space: pre-wrap; background: #f6f8fa; border-radius: 6px; padding: 8px 12px; }
fieldset { border: 0; padding: 0; margin: 8px 0 0; display: flex; flex-wrap: wrap; gap: 6px 18px; }
input[type=text] { width: 100%; font: inherit; padding: 6px 8px; border: 1px solid #b9c2cc; border-radius: 6px; }
button { font: inherit; padding: 10px 18px; border: 0; border-radius: 8px; background: #1f5fa8; color: #fff; }
#left { font-weight: 600; } .signature { border-color: #1f5fa8; }
@media print { button, #left { display: none; } }
"""
_SCRIPT = """
const form = document.forms[0], key = "review-" + form.dataset.sheet;
const saved = JSON.parse(localStorage.getItem(key) || "{}");
for (const [name, value] of Object.entries(saved)) {
  const field = form.elements[name];
  if (!field) continue;
  if (field instanceof RadioNodeList) field.value = value; else field.value = value;
}
function values() { return Object.fromEntries(new FormData(form).entries()); }
function count() {
  const filled = values(), cards = [...document.querySelectorAll("article[data-code]")];
  const open = cards.filter(card => !filled["verdict-" + card.dataset.code]).length;
  document.getElementById("left").textContent = document.getElementById("left").dataset.words + " " + open;
}
form.addEventListener("input", () => { localStorage.setItem(key, JSON.stringify(values())); count(); });
document.getElementById("save").addEventListener("click", () => {
  const filled = values();
  const rows = [...document.querySelectorAll("article[data-code]")].map(card => ({
    code: card.dataset.code, question: card.dataset.question, answer: card.dataset.answer,
    verdict: filled["verdict-" + card.dataset.code] || "", comment: filled["comment-" + card.dataset.code] || ""}));
  const sheet = {sheet_id: form.dataset.sheet, release_id: form.dataset.release, adapter_hash: form.dataset.adapter,
    signer: filled.signer || "", decision: filled.decision || "", remark: filled.remark || "", rows: rows};
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(sheet, null, 1)], {type: "application/json"}));
  link.download = "review-" + form.dataset.sheet + ".json";
  link.click();
});
count();
"""


def form_html(sheet: BlindSheet) -> str:
    """The whole page."""
    language = sheet.language
    title = say(("Слепой лист", "Blind sheet"), language)
    steps = "".join(f"<li>{escape(line)}</li>" for line in _steps(language))
    cards = "\n".join(_card(row, language) for row in sheet.rows)
    left = escape(say(("Осталось ответов без отметки:", "Answers without a verdict:"), language))
    save = escape(say(("Сохранить заполненный лист", "Save the filled sheet"), language))
    return f"""<!doctype html>
<html lang="{escape(language)}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'unsafe-inline'">
<title>{escape(title)} {escape(sheet.sheet_id)}</title><style>{_STYLE}</style></head><body><main>
<h1>{escape(title)} {escape(sheet.sheet_id)}</h1><ol>{steps}</ol>
<form data-sheet="{escape(sheet.sheet_id)}" data-release="{escape(sheet.release_id)}" \
data-adapter="{escape(sheet.adapter_hash)}" autocomplete="off">
{cards}
{_signature(language)}
<p id="left" data-words="{left}"></p><button type="button" id="save">{save}</button>
</form></main><script>{_SCRIPT}</script></body></html>
"""


def read_form(path: Path, language: str) -> FilledSheet:
    """What the page saved; `language` is that of the error messages.

    Raises:
        ReviewError: the file is not what the page saves.
    """
    broken = (
        "{file}: это не файл, который сохраняет HTML-лист ({error}); нажмите на листе кнопку ещё раз и "
        "положите новый файл",
        "{file}: this is not what the HTML sheet saves ({error}); press its button again and put the new file there",
    )

    def refuse(error: object) -> ReviewError:
        return ReviewError(say(broken, language).format(file=path.name, error=error))

    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise refuse(error) from None
    if not isinstance(data, dict) or not isinstance(data.get("rows"), list):
        raise refuse("rows")
    rows = []
    for number, item in enumerate(data["rows"], 1):
        missing = [name for name in COLUMNS if not isinstance(item, dict) or (name not in item and name != "comment")]
        if missing:
            raise refuse(f"rows[{number}]: {', '.join(missing)}")
        rows.append(FilledRow(number, **{name: _text(item.get(name)) for name in COLUMNS}))
    return FilledSheet(path.name, "form", {name: _text(data.get(name)) for name in FIELDS}, tuple(rows))


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _steps(language: str) -> list[str]:
    last = (
        "Нажмите кнопку внизу и положите сохранённый файл в папку reviews/inbox хранилища.",
        "Press the button at the end and put the saved file into the folder reviews/inbox of the store.",
    )
    return [say(HELP[0], language), say(HELP[2], language), say(last, language)]


def _card(row: SheetRow, language: str) -> str:
    code = escape(row.code)
    options = "".join(
        f'<label><input type="radio" name="verdict-{code}" value="{escape(say(words, language))}"> '
        f"{escape(say(words, language))}</label>"
        for words in VERDICTS.values()
    )
    comment = escape(say(COLUMNS["comment"], language))
    question, answer = escape(row.question), escape(row.answer)
    return (
        f'<article data-code="{code}" data-question="{question}" data-answer="{answer}">'
        f'<p class="code">{code}</p><h2>{question}</h2><p class="answer">{answer}</p>'
        f'<fieldset>{options}</fieldset><label class="code">{comment} '
        f'<input type="text" name="comment-{code}"></label></article>'
    )


def _signature(language: str) -> str:
    options = "".join(
        f'<label><input type="radio" name="decision" value="{escape(say(words, language))}"> '
        f"{escape(say(words, language))}</label>"
        for words in DECISIONS.values()
    )
    signer, decision, remark = (escape(say(FIELDS[name], language)) for name in ("signer", "decision", "remark"))
    return (
        f'<article class="signature"><label>{signer} <input type="text" name="signer"></label>'
        f"<p>{decision}</p><fieldset>{options}</fieldset>"
        f'<label>{remark} <input type="text" name="remark"></label></article>'
    )
