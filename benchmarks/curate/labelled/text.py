"""A text and where its personal data stands.

Here: the record, its JSONL form, and templates whose slots become labelled pieces. Not here: any list of names or any
template: those belong to one half.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_SLOT = re.compile(r"\{(\w+)(?::(\w+))?\}")


@dataclass(frozen=True, slots=True)
class Entity:
    """Personal data at [start, end); `style` says how it is written, for figures per style."""

    start: int
    end: int
    kind: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with all its entities, in order."""

    text: str
    entities: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text; `kind` is empty where it is no personal data."""

    text: str
    kind: str = ""
    style: str = ""


def pieces_of(template: str, fill: Callable[[str, str], Piece]) -> list[Piece]:
    """A template such as `звоните {phone}` as pieces; `fill(slot, argument)` gives the piece of a slot."""
    pieces = []
    position = 0
    for match in _SLOT.finditer(template):
        pieces += [Piece(template[position : match.start()]), fill(match[1], match[2] or "")]
        position = match.end()
    return [piece for piece in [*pieces, Piece(template[position:])] if piece.text]


def joined(pieces: Sequence[Piece]) -> Labelled:
    """Pieces as one text with the places of its entities."""
    text = ""
    entities = []
    for piece in pieces:
        if piece.kind:
            entities.append(Entity(len(text), len(text) + len(piece.text), piece.kind, piece.style))
        text += piece.text
    return Labelled(text, tuple(entities))


def write_jsonl(path: Path, texts: Iterable[Labelled]) -> None:
    """One text per line: {"text", "entities": [[start, end, kind, style], …]}."""
    lines = (
        json.dumps(
            {"text": item.text, "entities": [[e.start, e.end, e.kind, e.style] for e in item.entities]},
            ensure_ascii=False,
        )
        for item in texts
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_jsonl(path: Path) -> list[Labelled]:
    """What `write_jsonl` wrote."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [Labelled(row["text"], tuple(Entity(*entity) for entity in row["entities"])) for row in rows]
