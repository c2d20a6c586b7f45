"""How hurried people write in the fresh set: slips of the keyboard, lower case, capitals, voice input, look-alikes.

Here: changes of single pieces, so that the places of the entities stay true. Not here: templates and names.
"""

from __future__ import annotations

import random
import re

from benchmarks.curate.labelled.text import Piece

_ROWS = ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю")
_NEIGHBOURS = {
    letter: "".join(row[place] for place in (at - 1, at + 1) if 0 <= place < len(row))
    for row in _ROWS
    for at, letter in enumerate(row)
}
_LOOK_ALIKE = {"а": "a", "о": "o", "е": "e", "с": "c", "р": "p", "х": "x", "у": "y"}
_LONG_WORD = re.compile(r"[а-яё]{5,}", re.IGNORECASE)
_MARKS = re.compile(r"[?!.,:;«»()—]")
_SPACES = re.compile(r" {2,}")
FIXED = "fixed"  # the style of a filled piece that is no personal data: dates, prices; no slips there
NAME, ADDRESS = "ИМЯ", "АДРЕС"

MODES = {
    "plain": 47,
    "lower": 12,
    "caps": 5,
    "slips": 14,
    "voice": 6,
    "names_lower": 4,
    "names_caps": 4,
    "no_yo": 6,
    "look_alikes": 2,
}
AGENT_MODES = {"plain": 75, "slips": 12, "no_yo": 10, "names_caps": 3}  # agents write neatly


def written(pieces: list[Piece], mode: str, rng: random.Random) -> list[Piece]:
    """The pieces as somebody writes them in that mode."""
    if mode == "voice" and any(_is_unfit_for_voice(piece) for piece in pieces):
        mode = "lower"
    changed = [_piece(piece, mode, rng) for piece in pieces]
    return [piece for piece in changed if piece.text]


def _is_unfit_for_voice(piece: Piece) -> bool:
    is_literal = not piece.kind and piece.style != FIXED
    return is_literal and ("\n" in piece.text or any(mark.isdigit() or mark in "+|<>@№#" for mark in piece.text))


def _piece(piece: Piece, mode: str, rng: random.Random) -> Piece:
    text, style, is_name = piece.text, piece.style, piece.kind == NAME
    is_literal = not piece.kind and style != FIXED
    if mode in ("lower", "voice"):
        text = text.lower()
        if mode == "voice" and is_literal:
            text = _SPACES.sub(" ", _MARKS.sub("", text))
    elif mode == "caps":
        text = text.upper()
    elif mode == "no_yo":
        text = text.replace("ё", "е").replace("Ё", "Е")
    elif mode == "slips" and (is_literal or is_name):
        text = slipped(text, rng, 0.22 if is_literal else 0.35, may_join=is_literal)
    elif is_name and mode == "names_lower":
        text = text.lower()
    elif is_name and mode == "names_caps":
        text = text.upper()
    elif is_name and mode == "look_alikes":
        text = look_alike(text, rng)
    if is_name:
        labels = {"lower": "lower", "voice": "lower", "names_lower": "lower", "caps": "caps", "names_caps": "caps"}
        if mode in ("slips", "look_alikes") and text != piece.text:
            labels[mode] = mode
        style = f"{style}_{labels[mode]}" if mode in labels else style
    return Piece(text, piece.kind, style)


def slipped(text: str, rng: random.Random, share: float, *, may_join: bool) -> str:
    """Slips in some of the words of five letters or more, never in the first letter."""

    def word(match: re.Match[str]) -> str:
        return _one_slip(match[0], rng) if rng.random() < share else match[0]

    changed = _LONG_WORD.sub(word, text)
    gaps = [match.start() for match in re.finditer(r"(?<=[а-яё]) (?=[а-яё])", changed)]
    if may_join and gaps and rng.random() < 0.15:
        place = rng.choice(gaps)
        changed = changed[:place] + changed[place + 1 :]
    return changed


def _one_slip(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word) - 1)
    letter = word[place]
    kind = rng.choice(("neighbour", "dropped", "swapped", "doubled"))
    if kind == "neighbour":
        return word[:place] + rng.choice(_NEIGHBOURS.get(letter.lower(), letter)) + word[place + 1 :]
    if kind == "dropped":
        return word[:place] + word[place + 1 :]
    if kind == "swapped":
        return word[:place] + word[place + 1] + letter + word[place + 2 :]
    return word[:place] + letter + word[place:]


def look_alike(text: str, rng: random.Random) -> str:
    """One Cyrillic letter of the text, not its first, as the Latin one that looks the same."""
    places = [place for place, letter in enumerate(text) if place and letter in _LOOK_ALIKE]
    if not places:
        return text
    place = rng.choice(places)
    return text[:place] + _LOOK_ALIKE[text[place]] + text[place + 1 :]
