"""A second, independent look for personal data in a text that has been redacted.

Here: the `no personal data left` check. Where the recognisers match shapes and ask a morphological dictionary, this one
collects every run of digits whatever separates it and judges it by length, checksum and the word before; people it
knows by a list of given names of its own (residue_names.py). It shares no code and no word list with them on purpose:
a fault there must not blind this. It blocks a refresh, so it speaks up only where a reader would, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ft_pipeline.redact.residue_names import has_name

_EMAIL = re.compile(r"[^\s@\[\]<>(),;:\"']+@[^\s@\[\]<>(),;:\"']+\.[^\W\d_]{2,}")
_HANDLE = re.compile(r"(?:^|[\s:(,])@[A-Za-z][A-Za-z0-9_]{3,}(?![\w.@])")
_RUN = re.compile(r"(?<![\w.,/=#-])\+?\(?\d(?:[ \u00a0().-]{0,3}\d){6,24}(?![\w/]|-\w|[.,]\d)")
_AFTER_RUN = re.compile(r"\s?(?:₽|руб|р\b|р\.|кг|шт|см|мм|м\d?\b|%|тыс|млн|час|просмотр|подписчик)", re.IGNORECASE)
_DATE_OR_TIME = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b\d{4}-\d\d-\d\d\b|\d:\d\d")
_PASSPORT = re.compile(r"(?:(?<!\[)паспорт|сери[яи])[^\d\]]{0,12}\d{2} ?\d{2}\D{0,9}\d{6}(?!\w)", re.IGNORECASE)
_PLATE_LETTER = "[авекмнорстухАВЕКМНОРСТУХABEKMHOPCTYX]"
_PLATE = re.compile(rf"(?<!\w){_PLATE_LETTER}\d{{3}}{_PLATE_LETTER}{{2}} ?-?\d{{2,3}}(?!\d)")
_HOME = re.compile(
    r"(?<!\w)(?:улица|ул\.?|проспект|пр-т|переулок|пер\.|бульвар|шоссе) [^\d\n\[\].;!?]{3,25}[ ,]"
    r"(?:(?:д\.? ?|дом )\d{1,3}|\d{1,3}\w?,? ?(?:кв|квартира|оф|офис)\.? ?\d)",
    re.IGNORECASE,
)
_WORDS_BEFORE = {
    "passport": re.compile(r"паспорт|серия", re.IGNORECASE),
    "snils": re.compile(r"снилс", re.IGNORECASE),
    "inn": re.compile(r"\bинн\b", re.IGNORECASE),
    "card": re.compile(r"\bкарт[аыуе]", re.IGNORECASE),
    "phone": re.compile(r"\bтел\b|телефон|звони|набер", re.IGNORECASE),
}
_LENGTHS = {"passport": (10,), "snils": (11,), "inn": (10, 12), "card": (16, 18, 19), "phone": (7, 10, 11, 12)}
_INN_WEIGHTS = ((7, 2, 4, 10, 3, 5, 9, 4, 6, 8), (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8))


def find_residue(text: str, *, own_contacts: Sequence[str] = ()) -> list[str]:
    """The kinds of personal data that are left, sorted; empty where nothing is.

    Kinds: account, address, card, email, handle, inn, name, passport, phone, plate, snils.

    Args:
        text: a redacted text.
        own_contacts: the company's own domains, e-mail addresses, phones and handles; they are no residue.
    """
    found: set[str] = set()
    own = [contact.strip().lower() for contact in own_contacts]
    if "@" in text:
        found |= set(_mail_and_handles(text, own))
    if any(character.isdigit() for character in text):
        own_tails = {tail for contact in own if len(tail := re.sub(r"\D", "", contact)[-10:]) >= 7}
        found |= set(_in_digits(text, own_tails))
        if _PLATE.search(text):
            found.add("plate")
        if _PASSPORT.search(text):
            found.add("passport")
        if any(
            not any(_flat(contact) in _flat(match[0]) for contact in own if contact) for match in _HOME.finditer(text)
        ):
            found.add("address")
    if has_name(text):
        found.add("name")
    return sorted(found)


def _flat(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


def _mail_and_handles(text: str, own: Sequence[str]) -> Iterator[str]:
    hosts = [contact.rsplit("@", 1)[-1] for contact in own]
    for match in _EMAIL.finditer(text):
        host = match[0].lower().rsplit("@", 1)[-1]
        if not any(host == mine or host.endswith("." + mine) for mine in hosts):
            yield "email"
    for match in _HANDLE.finditer(text):
        if match[0].strip(" \n:(,").lower() not in own:
            yield "handle"


def _in_digits(text: str, own_tails: set[str]) -> Iterator[str]:
    """Every run of digits, judged by its length, its checksum and the word before it."""
    for match in _RUN.finditer(text):
        run = re.sub(r"\D", "", match[0])
        if run[-10:] in own_tails or len(set(run)) == 1 or _AFTER_RUN.match(text, match.end()):
            continue
        if _DATE_OR_TIME.search(match[0]):
            continue
        before = re.split(r"[\d\n\]]", text[max(0, match.start() - 24) : match.start()])[-1]
        is_plain = match[0].isdigit()
        is_no_phone = len(run) == 10 and run[0] not in "3489"
        yield from (
            kind
            for kind, word in _WORDS_BEFORE.items()
            if not (kind == "phone" and is_no_phone)
            and len(run) in _LENGTHS[kind]
            and word.search(before)
            and not re.search(r"[\[\].;]", before[-12:])
        )
        if len(run) == 20 and run[0] in "34":
            yield "account"
        if len(run) == 16 and run[0] in "23456" and _luhn_total(run) % 10 == 0:
            yield "card"
        if len(run) == 11 and run[:2] in {"79", "89", "73", "74", "78", "83", "84"} and _is_dialled(match[0]):
            yield "phone"
        if is_plain and len(run) == 12 and _is_inn([int(digit) for digit in run]):
            yield "inn"
        if len(run) == 11 and _is_snils([int(digit) for digit in run]) and run[0] not in "78":
            yield "snils"


def _is_dialled(run: str) -> bool:
    """ "+7 916 123-45-67", "89161234567"; an order number that begins with 8 has no such groups."""
    return run.startswith(("+7", "89", "79")) or re.match(r"[78][ -]?\(?\d{3}\)?[ -]?\d{3}", run) is not None


def _luhn_total(run: str) -> int:
    total = 0
    for place, digit in enumerate(map(int, run[::-1])):
        total += sum(divmod(2 * digit, 10)) if place % 2 == 1 else digit
    return total


def _is_inn(number: list[int]) -> bool:
    """Both check digits of a person's ИНН."""
    checks = [
        sum(weight * digit for weight, digit in zip(weights, number, strict=False)) % 11 % 10
        for weights in _INN_WEIGHTS
    ]
    return checks == number[10:]


def _is_snils(number: list[int]) -> bool:
    """The two check digits of a СНИЛС."""
    rest = sum((9 - place) * digit for place, digit in enumerate(number[:9])) % 101
    return (0 if rest == 100 else rest) == 10 * number[9] + number[10]
