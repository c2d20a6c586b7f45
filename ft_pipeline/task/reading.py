"""The file task.yaml -> a checked `Task`, or every mistake in it with its line and what to write instead.

Here: YAML, lines, repeated keys, paths relative to the file, words for each mistake. Not here: what may be set
(settings, source).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from ft_pipeline.task.settings import EXAMPLE_GOAL, Task
from ft_pipeline.task.source import default_name, split_glob


class TaskError(ValueError):
    """task.yaml cannot be used as it is; the message lists every problem with its line."""


def load_task(path: Path, *, check_paths: bool = True) -> Task:
    """Reads and checks task.yaml; relative paths become absolute (relative to the file).

    Raises:
        TaskError: every problem, one per line, as `task.yaml:LINE: key: found …; expected …; write …`.
    """
    if not path.is_file():
        raise TaskError(f"{path}: no such task file; copy task.yaml from the project and adapt it")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise TaskError(f"{path.name}:{line}: found bytes that are not UTF-8; save the file as UTF-8") from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        raise TaskError(f"{path.name}:{line}: not valid YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(raw, Mapping) or node is None:
        found = type(raw).__name__
        raise TaskError(f"{path.name}:1: expected a mapping with name, goal, kpis and sources, found {found}")
    problems = [f"{path.name}:{line}: key `{key}` stands twice; keep one" for key, line in _repeated_keys(node)]
    try:
        task = Task.model_validate(raw)
    except ValidationError as error:
        problems += [_explain(path.name, node, detail) for detail in error.errors()]
        raise TaskError("\n".join(problems)) from None
    task = _with_absolute_paths(task, path.resolve().parent)
    if check_paths and not task.demo:
        problems += _missing_paths(path.name, node, task)
    if problems:
        raise TaskError("\n".join(problems))
    return task


def _with_absolute_paths(task: Task, folder: Path) -> Task:
    sources = tuple(
        source.model_copy(update={"path": folder / source.path, "name": source.name or default_name(source)})
        for source in task.sources
    )
    candidates = tuple(
        candidate.model_copy(update={"path": folder / candidate.path}) if candidate.path is not None else candidate
        for candidate in task.base_model.candidates
    )
    base_model = task.base_model.model_copy(update={"candidates": candidates})
    return task.model_copy(update={"sources": sources, "base_model": base_model, "store": folder / task.store})


def _has_files(path: Path) -> bool:
    folder, pattern = split_glob(path)
    return any(folder.glob(pattern)) if pattern and not path.exists() else path.exists()


def _missing_paths(name: str, node: yaml.Node, task: Task) -> list[str]:
    places: list[tuple[tuple[Any, ...], Path]] = [
        (("sources", index, "path"), source.path)
        for index, source in enumerate(task.sources)
        if not source.url and source.format != "sql"
    ]
    places += [
        (("base_model", "candidates", index, "path"), candidate.path)
        for index, candidate in enumerate(task.base_model.candidates)
        if candidate.path is not None
    ]
    problems = []
    for location, path in places:
        if not _has_files(path):
            problems.append(
                f"{name}:{_line(node, location)}: {_dotted(location)}: found {path}, which does not exist; "
                "expected a file or folder; write a path relative to this task file, or an absolute one"
            )
    return problems


def _explain(name: str, node: yaml.Node, detail: Any) -> str:
    location = tuple(detail["loc"])
    where = f"{name}:{_line(node, location)}: {_dotted(location) or 'task'}"
    if detail["type"] == "extra_forbidden":
        known = _known_keys(location[:-1])
        close = difflib.get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"known keys: {', '.join(sorted(known))}"
        return f"{where}: unknown key; {hint}"
    if detail["type"] == "missing":
        example = _EXAMPLES.get(str(location[-1]), "see task.yaml of the project for an example")
        return f"{where}: missing; {example}"
    found = detail.get("input")
    message = str(detail["msg"]).removeprefix("Value error, ")
    short = str(found) if not isinstance(found, Mapping | list) else type(found).__name__
    return f"{where}: found {short[:80]!r}; {message}"


_EXAMPLES = {
    "kpis": "write kpis: {correct_share: 0.9, answer_s: 1.0, load_reduction_share: 0.3}",
    "correct_share": "a measurable target is required: write correct_share: 0.9",
    "answer_s": "a measurable target is required: write answer_s: 1.0",
    "load_reduction_share": "a measurable target is required: write load_reduction_share: 0.3",
    "goal": f"write goal: {EXAMPLE_GOAL}",
    "name": "write name: my_support",
    "sources": "write sources: [{kind: tickets, path: tickets.csv}]",
    "path": "write path: the file or folder of this source",
    "kind": "write kind: tickets, pairs, documents or held_out_questions",
}


def _known_keys(location: tuple[Any, ...]) -> list[str]:
    model: Any = Task
    for part in location:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        arguments = [item for item in getattr(annotation, "__args__", ()) if isinstance(item, type)]
        models = [item for item in [annotation, *arguments] if isinstance(item, type) and issubclass(item, BaseModel)]
        if not models:
            return []
        model = models[0]
    return list(model.model_fields)


def _line(node: yaml.Node, location: tuple[Any, ...]) -> int:
    """The 1-based line of a key; of its nearest parent where the key itself is missing."""
    current: yaml.Node = node
    line = node.start_mark.line
    for part in location:
        if isinstance(current, yaml.MappingNode):
            pair = next(((key, value) for key, value in current.value if key.value == str(part)), None)
            if pair is None:
                break
            line, current = pair[0].start_mark.line, pair[1]
        elif isinstance(current, yaml.SequenceNode) and isinstance(part, int) and part < len(current.value):
            current = current.value[part]
            line = current.start_mark.line
        else:
            break
    return line + 1


def _dotted(location: tuple[Any, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _repeated_keys(node: yaml.Node) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                found.append((key.value, key.start_mark.line + 1))
            seen.add(key.value)
            found += _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            found += _repeated_keys(item)
    return found
