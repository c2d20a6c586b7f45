"""A text -> the same text with placeholders, and the list of what was replaced.

Here: which findings win, what belongs to the company itself and stays, which placeholder stands where. Not here: the
rules that find (numbers, contacts, names).

Idempotent by construction: while rules look at a text, each placeholder is one mark that no rule matches across, and
the rules run until they find nothing more. So the result holds nothing that they would find again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from ft_pipeline.redact.addresses import find_addresses
from ft_pipeline.redact.contacts import find_contacts
from ft_pipeline.redact.findings import (
    ADDRESS,
    EMAIL,
    HANDLE,
    MARK,
    NAME,
    PLACEHOLDER,
    Finding,
    RedactionError,
    digits_of,
)
from ft_pipeline.redact.lettering import plain
from ft_pipeline.redact.names import find_names
from ft_pipeline.redact.numbers import find_numbers, find_shown_cards, longest_run
from ft_pipeline.redact.plates import find_plates
from ft_pipeline.redact.references import find_references

_HAS_DIGIT = re.compile(r"\d")
_HAS_SHAPE = re.compile(r"[\d@A-Za-z]")  # without one of these (or "собака") there is nothing but names to find
_HARMLESS = re.compile(  # of small letters: amounts, spans of time, times of day, days of a month
    r"(?<![\w.,/:№#+()-])(?:\d{1,3}(?:[ \u00a0]\d{3}){1,2}|\d{1,6})(?:[.,]\d{1,2})?[ \u00a0]?"
    r"(?:₽|%|(?:руб(?:\.|л\w+)?|р|тыс|млн|коп\w*|дн[яейю]\w*|день|час\w*|мин\w*|сут\w*|лет|год\w*|месяц\w*|недел\w*|"
    r"раза?|шт\w*|кг|гр?|тонн\w*|км|с?м|мм|январ\w+|феврал\w+|марта|апрел\w+|мая|июн\w+|июл\w+|август\w*|сентябр\w+|"
    r"октябр\w+|ноябр\w+|декабр\w+)(?![\w-]))|(?<![\w.,/:+()-])\d{1,2}:\d{2}(?![\w:/-])"
)
_INDEX_DIGITS = 6  # of a post code
_KEPT = re.compile(rf"{PLACEHOLDER.pattern}|{MARK}")
_LIBRARIES = ("pymorphy3", "pymorphy3-dicts-ru", "natasha", "phonenumbers", "python-stdnum")


@dataclass(frozen=True, slots=True)
class Span:
    """One replaced piece: [start, end) in the original text."""

    start: int
    end: int
    type: str
    placeholder: str


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without personal data and what was replaced, in order."""

    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one mark of the working text stands for."""

    start: int  # in the original text
    end: int
    literal: str  # placeholder of the input (or a mark character in it), "" for a finding
    type: str = ""
    person: frozenset[str] = frozenset()


def redact(text: str, *, own_contacts: Sequence[str] = (), names: bool = True) -> Redacted:
    """Masks personal data in a text.

    Args:
        text: any text; placeholders in it stay as they are.
        own_contacts: the company's own domains, e-mail addresses, phones, handles, postal addresses, and its name where
            that may be taken for a person's (one word, whatever its ending): never masked.
        names: whether people's names are masked too.

    Raises:
        RedactionError: a library that a rule needs is missing; nothing is let through half redacted.
    """
    return redact_ticket([text], own_contacts=own_contacts, names=names)[0]


def redact_many(texts: Iterable[str], *, own_contacts: Sequence[str] = (), names: bool = True) -> list[Redacted]:
    """Masks many texts, each as `redact` would, in their order; a text that comes back is masked once."""
    own = _own(tuple(own_contacts))
    known: dict[str, Redacted] = {}
    results: list[Redacted] = []
    for text in texts:
        result = known.get(text)
        if result is None:
            pieces = _pieces(text, own, names)
            result = _composed([text], [pieces])[0] if pieces else Redacted(text, ())
            known[text] = result
        results.append(result)
    return results


def redact_all(texts: Sequence[str], *, own_contacts: Sequence[str] = (), names: bool = True) -> list[str]:
    """The texts of `redact_many` without their spans: what a memory of masked texts keeps."""
    return [result.text for result in redact_many(texts, own_contacts=own_contacts, names=names)]


def redact_ticket(texts: Sequence[str], *, own_contacts: Sequence[str] = (), names: bool = True) -> list[Redacted]:
    """Masks the messages of one ticket: the same person has the same placeholder in all of them."""
    own = _own(tuple(own_contacts))
    return _composed(texts, [_pieces(text, own, names) for text in texts])


def _composed(texts: Sequence[str], pieces: Sequence[list[_Piece]]) -> list[Redacted]:
    """The texts with their pieces replaced; people are numbered over all of them."""
    if not any(pieces):
        return [Redacted(text, ()) for text in texts]
    labels = _people([piece.person for found in pieces for piece in found if piece.type == NAME], texts)
    return [_compose(text, found, labels) for text, found in zip(texts, pieces, strict=True)]


def _pieces(text: str, own: _Own, names: bool) -> list[_Piece]:
    """Every placeholder of the input and every finding, by place in the original text."""
    pieces: list[_Piece] = []
    working, places = plain(text)
    offsets: list[int] = []
    if "[" in text or MARK in text:
        working, offsets = _with_marks(working, places, pieces)
    elif places is not None:
        offsets = [*places, len(text)]
    while True:
        found = _choose(working, _find(working, names), own)
        if found and not offsets:
            offsets = list(range(len(text) + 1))
        if not found:
            return sorted(pieces, key=lambda piece: piece.start)
        for finding in reversed(found):
            start, end = offsets[finding.start], offsets[finding.end - 1] + 1
            pieces.append(_Piece(start, end, "", finding.type, finding.person))
            working = working[: finding.start] + MARK + working[finding.end :]
            offsets[finding.start : finding.end] = [start]


def _with_marks(text: str, places: list[int] | None, pieces: list[_Piece]) -> tuple[str, list[int]]:
    """Every placeholder as one mark, kept in `pieces`, and the place of each character in the original text."""
    places = places if places is not None else list(range(len(text)))
    working: list[str] = []
    offsets: list[int] = []
    position = 0
    for match in _KEPT.finditer(text):
        working += [text[position : match.start()], MARK]
        offsets += [*places[position : match.start()], places[match.start()]]
        pieces.append(_Piece(places[match.start()], places[match.end() - 1] + 1, match[0]))
        position = match.end()
    offsets += [*places[position:], places[-1] + 1]
    return "".join([*working, text[position:]]), offsets


def _find(text: str, names: bool) -> Iterable[Finding]:
    if _HAS_SHAPE.search(text) or "обак" in text or "ОБАК" in text or "обач" in text:
        lowered = text.lower()
        if _HAS_DIGIT.search(text) and _HAS_DIGIT.search(_HARMLESS.sub("", lowered)):
            longest = longest_run(text)
            if longest:
                yield from find_numbers(text, lowered, longest=longest)
            yield from find_shown_cards(text, lowered)
            yield from find_plates(text, lowered)
            yield from find_references(text, lowered, longest_run=longest)
            yield from find_addresses(text, lowered)
        yield from find_contacts(text, lowered)
    if names:
        yield from find_names(text)


def _choose(text: str, findings: Iterable[Finding], own: _Own) -> list[Finding]:
    """Findings without overlaps, in order; nothing that touches a mark or belongs to the company."""
    findings = list(findings)
    if not findings:
        return []
    own_places = own.places(text)
    chosen: list[Finding] = []
    taken: list[tuple[int, int]] = []
    for finding in sorted(findings, key=lambda item: (-item.score, item.start - item.end, item.start)):
        part = text[finding.start : finding.end]
        if not part or MARK in part or any(start < finding.end and finding.start < end for start, end in taken):
            continue
        is_own_place = any(_is_within(text, finding, place) for place in own_places)
        # What is the company's own takes its place too: "495 123 45 67" inside its phone is no other phone.
        taken.append((finding.start, finding.end))
        if not is_own_place and not own.holds(finding, part):
            chosen.append(finding)
    return sorted(chosen, key=lambda item: item.start)


def _is_within(text: str, finding: Finding, place: tuple[int, int]) -> bool:
    """Is a finding a part of the company's own address, or that address with its town and index?"""
    start, end = place
    if start <= finding.start and finding.end <= end:
        return True
    if finding.type != ADDRESS or not (finding.start <= start and end <= finding.end):
        return False
    beside = text[finding.start : start] + " " + text[end : finding.end]
    return all(len(digits) == _INDEX_DIGITS for digits in re.findall(r"\d+", beside))


def _compose(text: str, pieces: Sequence[_Piece], labels: dict[frozenset[str], str]) -> Redacted:
    out: list[str] = []
    spans: list[Span] = []
    position = 0
    for piece in pieces:
        placeholder = piece.literal or f"[{labels[piece.person] if piece.type == NAME else piece.type}]"
        out += [text[position : piece.start], placeholder]
        if not piece.literal:
            spans.append(Span(piece.start, piece.end, piece.type, placeholder))
        position = piece.end
    out.append(text[position:])
    return Redacted("".join(out), tuple(spans))


def _people(mentions: Sequence[frozenset[str]], texts: Sequence[str]) -> dict[frozenset[str], str]:
    """Mention -> ИМЯ, or ИМЯ_1, ИМЯ_2 where there is more than one person.

    Mentions are one person when they share a part of the name and no part contradicts: "Иван Петров" and "Петров" are
    one, "Иван Петров" and "Иван Сидоров" are two.
    """
    people: list[set[str]] = []
    number_of: dict[frozenset[str], int] = {}
    for mention in sorted(dict.fromkeys(mentions), key=lambda parts: -len(parts)):
        at = next((at for at, person in enumerate(people) if _is_same_person(mention, person)), None)
        if at is None:
            people.append(set(mention))
        else:
            people[at] |= mention
        number_of[mention] = len(people) - 1 if at is None else at
    taken = [int(number) for text in texts for number in re.findall(rf"\[{NAME}_(\d{{1,6}})\]", text)]
    has_plain = any(f"[{NAME}]" in text for text in texts)
    if len(people) == 1 and not taken and not has_plain:
        return dict.fromkeys(mentions, NAME)
    first = max(taken, default=int(has_plain)) + 1
    in_order = list(dict.fromkeys(number_of[mention] for mention in mentions))
    return {mention: f"{NAME}_{first + in_order.index(number_of[mention])}" for mention in mentions}


def _is_same_person(mention: frozenset[str], person: set[str]) -> bool:
    if not mention & person:
        return not mention and not person
    for kind in ("g:", "p:", "s:"):
        mine, theirs = ({part for part in parts if part.startswith(kind)} for parts in (mention, person))
        if mine and theirs and not mine & theirs:
            return False
    return True


class _Own:
    """The company's own contacts, in every form in which a text may write them."""

    def __init__(self, contacts: Sequence[str]) -> None:
        cleaned = [contact.strip().lower() for contact in contacts if contact.strip()]
        self.mails = {contact for contact in cleaned if re.fullmatch(r"\S+@\S+", contact)}
        hosts = [re.sub(r"^(?:https?://)?(?:www\.)?", "", contact) for contact in cleaned if "@" not in contact]
        self.links = {host.rstrip("/") for host in hosts if re.fullmatch(r"[\w.-]+\.[^\W\d_]{2,}(?:/\S*)?", host)}
        self.domains = {host for host in self.links if "/" not in host}
        self.handles = {contact.lstrip("@") for contact in cleaned if re.fullmatch(r"@\w+", contact)}
        self.handles |= {link.split("/", 1)[1] for link in self.links if link.startswith(("t.me/", "vk.com/"))}
        self.phones = {digits_of(contact)[-10:] for contact in cleaned if re.fullmatch(r"[+\d][\d\s().-]{5,}", contact)}
        self.words = tuple(contact for contact in cleaned if re.fullmatch(r"[^\W\d_]{3,}", contact))
        plain = [c for c in cleaned if " " in c and not re.fullmatch(r"[+\d][\d\s().-]*", c)]
        self.addresses = [_address_pattern(contact) for contact in plain]

    def holds(self, finding: Finding, part: str) -> bool:
        """Is this finding one of the company's own contacts?"""
        lower = part.lower()
        if finding.type == NAME:
            return bool(self.words) and " " not in part and lower.startswith(self.words)
        if finding.type == EMAIL:
            host = lower.rsplit("@", 1)[-1]
            return lower in self.mails or any(host == name or host.endswith(f".{name}") for name in self.domains)
        if finding.type == HANDLE:
            bare = re.sub(r"^(?:https?://)?(?:www\.|m\.)?", "", lower)
            return bare.lstrip("@") in self.handles or bare.rstrip("/") in self.links
        digits = digits_of(part)
        return 6 <= len(digits) <= 12 and finding.type != ADDRESS and digits[-10:] in self.phones

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where the company's own postal addresses stand."""
        return [match.span() for pattern in self.addresses for match in pattern.finditer(text)]


def _address_pattern(address: str) -> re.Pattern[str]:
    """The words and numbers of an address in order, whatever stands between them."""
    parts = [re.escape(part) for part in re.findall(r"\w+", address)]
    return re.compile(r"\b" + r"\W{1,4}".join(parts) + r"\b(?!\W{1,3}(?:кв|оф)\b)", re.IGNORECASE)


@lru_cache(maxsize=16)
def _own(contacts: tuple[str, ...]) -> _Own:
    return _Own(contacts)


@lru_cache(maxsize=1)
def rules_version() -> str:
    """12 hex digits over the rules of this room and the libraries that they ask."""
    seen = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):  # every module here, so that no new one is forgotten
        seen.update(path.name.encode() + path.read_bytes())
    for library in _LIBRARIES:
        try:
            seen.update(f"{library}=={metadata.version(library)}".encode())
        except metadata.PackageNotFoundError as error:
            raise RedactionError(f"{library} is not installed; install ft-pipeline with its dependencies") from error
    return seen.hexdigest()[:12]
