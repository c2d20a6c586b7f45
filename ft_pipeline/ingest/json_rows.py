"""JSON and JSONL -> a sheet.

Here: objects to rows (nested ones by dotted names), JSON that lies: repeated keys, NaN, lone surrogates. Not here: the
exports of single programs, whose fields have a meaning.

Python's C scanner does the work with hooks that are C functions as well: an object becomes a tuple of its pairs, so
that repeated keys stay visible, and a number stays the text that the file has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ft_pipeline.ingest.encoding import is_damaged
from ft_pipeline.ingest.tables import (
    Options,
    Sheet,
    cell_problem,
    cell_text,
    encoding_problem,
    read_text,
    unreadable,
    without_surrogates,
)

_MAX_DEPTH = 64
_MAY_BE_UNSAFE = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")


class _Constant(str):
    """NaN, Infinity: not JSON, though Python's parser takes them."""


_decode = json.JSONDecoder(
    object_pairs_hook=tuple, parse_constant=_Constant, parse_int=str, parse_float=str
).decode  # 1.10 and 12345678901234567890 must not change


def read_json(path: Path, options: Options) -> Sheet:
    """Reads a list of objects, an object that holds one list, or a single object."""
    text = read_text(path, options)
    if text is None:
        return encoding_problem(options)
    try:
        content = _decode(text)
    except ValueError as error:
        if str(error).startswith("Extra data") and "\n" in text.strip():
            return _of_lines(text)  # JSON lines under another name
        return unreadable("broken_json", without_surrogates(str(error)))
    except RecursionError:
        return unreadable("nested_too_deep", "expected a list of objects")
    if isinstance(content, tuple):
        lists = [value for _, value in content if isinstance(value, list)]
        content = lists[0] if len(lists) == 1 else [content]
    if not isinstance(content, list):
        return unreadable("not_an_object", f"found {_kind(content)}, expected a list of objects")
    rows = _Rows(may_be_unsafe=bool(_MAY_BE_UNSAFE.search(text)) or is_damaged(text))
    for number, element in enumerate(content, start=1):
        rows.take(number, element)
    return rows.sheet()


def read_jsonl(path: Path, options: Options) -> Sheet:
    """Reads one object per line."""
    text = read_text(path, options)
    if text is None:
        return encoding_problem(options)
    if text.lstrip().startswith("["):
        try:
            _decode(text)
        except (ValueError, RecursionError):
            pass
        else:
            return read_json(path, options)  # one list under another name
    return _of_lines(text)


def _of_lines(text: str) -> Sheet:
    rows = _Rows(may_be_unsafe=bool(_MAY_BE_UNSAFE.search(text)) or is_damaged(text))
    for number, line in enumerate(text.split("\n"), start=1):
        if not line or line.isspace():
            rows.reject(number, "blank_row", "")
            continue
        try:
            element = _decode(line)
        except ValueError as error:
            rows.reject(number, "broken_json", without_surrogates(str(error)))
        except RecursionError:
            rows.reject(number, "nested_too_deep", "")
        else:
            rows.take(number, element)
    return rows.sheet(are_lines=True)


class _Rows:
    """Collects elements as rows."""

    def __init__(self, *, may_be_unsafe: bool) -> None:
        self.may_be_unsafe = may_be_unsafe
        self.values: list[dict[str, str]] = []
        self.numbers: list[int] = []
        self.bad: dict[int, tuple[str, str]] = {}
        self.names: dict[str, None] = {}

    def take(self, number: int, element: Any) -> None:
        """One element of the file."""
        if not isinstance(element, tuple):
            self.reject(number, "not_an_object", f"found {_kind(element)}, expected an object with named fields")
            return
        values: dict[str, str] = {}
        reason = _flatten(element, values)
        if reason:
            names = without_surrogates(", ".join(sorted(values)))
            self.reject(number, reason, f"keys: {names[:120]}")
            return
        if self.may_be_unsafe:
            texts = [*values, *values.values()]
            problem = next((found for text in texts if (found := cell_problem(text))), None)
            if problem:
                self.reject(number, *problem)
                return
        if not any(value and not value.isspace() for value in values.values()):
            self.reject(number, "blank_row", "")
            return
        if not values.keys() <= self.names.keys():
            self.names.update(dict.fromkeys(values))
        self.values.append(values)
        self.numbers.append(number)

    def reject(self, number: int, reason: str, detail: str) -> None:
        """One element that is no row."""
        self.bad[len(self.values)] = (reason, detail)
        self.values.append({})
        self.numbers.append(number)

    def sheet(self, *, are_lines: bool = False) -> Sheet:
        """All rows; blank lines behind the last row are the file's end, not data."""
        end = len(self.values)
        while are_lines and end and self.bad.get(end - 1, ("", ""))[0] == "blank_row":
            end -= 1
        values = self.values[:end]
        cells = {name: [row.get(name, "") for row in values] for name in self.names}
        bad = {row: problem for row, problem in self.bad.items() if row < end}
        return Sheet(tuple(self.names), cells, self.numbers[:end], bad)


def _flatten(pairs: Sequence[tuple[str, Any]], into: dict[str, str], prefix: str = "", depth: int = 1) -> str:
    """Puts an object's values by dotted key into a mapping; "" or the reason why it is no row."""
    if depth > _MAX_DEPTH:
        return "nested_too_deep"
    for key, value in pairs:
        name = prefix + key if prefix else key
        if name in into:
            return "duplicate_key"
        kind = type(value)
        if kind is str:
            into[name] = value
        elif kind is tuple:
            reason = _flatten(value, into, f"{name}.", depth + 1)
            if reason:
                return reason
        elif kind is _Constant:
            return "not_a_number"
        elif kind is list:
            plain = _plain(value, depth + 1)
            if plain is _TOO_DEEP:
                return "nested_too_deep"
            into[name] = json.dumps(plain, ensure_ascii=False)
        else:
            into[name] = cell_text(value)
    return ""


_TOO_DEEP = object()


def _plain(value: Any, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        return _TOO_DEEP
    if isinstance(value, tuple):
        items = {key: _plain(item, depth + 1) for key, item in value}
        return _TOO_DEEP if any(item is _TOO_DEEP for item in items.values()) else items
    if isinstance(value, list):
        elements = [_plain(item, depth + 1) for item in value]
        return _TOO_DEEP if any(item is _TOO_DEEP for item in elements) else elements
    return value


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else "a single value"
