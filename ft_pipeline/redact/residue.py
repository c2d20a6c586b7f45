"""A second, independent look for personal data in a text that has been redacted.

Here: plain shapes and checksums, written apart from the recognisers on purpose: a fault there must not blind this.
It shares no code with them. Not here: names and addresses, which no plain shape tells from other words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_EMAIL = re.compile(r"[^\s@\[\]<>(),;:\"']+@[^\s@\[\]<>(),;:\"']+\.[^\W\d_]{2,}")
_PHONE = re.compile(r"(?<![\w.,/=-])(?:\+7|8|7)[ -]?\(?[3489]\d{2}\)?[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}(?![\w-])")
_RUN = re.compile(r"(?<![\w.,/=-])\d(?:[ -]?\d){9,18}(?![\w/-]|[.,]\d)")
_PLAIN_RUN = re.compile(r"(?<![\w.,/=-])\d{11,12}(?![\w/-]|[.,]\d)")
_INN_WEIGHTS = ((7, 2, 4, 10, 3, 5, 9, 4, 6, 8), (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8))


def find_residue(text: str, *, own_contacts: Sequence[str] = ()) -> list[str]:
    """The kinds of personal data that are left, sorted: card, email, inn, phone, snils; empty where nothing is.

    Args:
        text: a redacted text.
        own_contacts: the company's own domains, e-mail addresses and phones; they are no residue.
    """
    found: set[str] = set()
    own_hosts = tuple(contact.strip().lower().rsplit("@", 1)[-1] for contact in own_contacts)
    if "@" in text:
        hosts = [match[0].lower().rsplit("@", 1)[-1] for match in _EMAIL.finditer(text)]
        if any(not any(host == own or host.endswith("." + own) for own in own_hosts) for host in hosts):
            found.add("email")
    if not any(character.isdigit() for character in text):
        return sorted(found)
    own_tails = {re.sub(r"\D", "", contact)[-10:] for contact in own_contacts}
    if any(re.sub(r"\D", "", match[0])[-10:] not in own_tails for match in _PHONE.finditer(text)):
        found.add("phone")
    runs = [re.sub(r"\D", "", match[0]) for match in _RUN.finditer(text)]
    if any(len(run) == 16 and run[0] in "23456" and len(set(run)) > 1 and _luhn_total(run) % 10 == 0 for run in runs):
        found.add("card")
    for match in _PLAIN_RUN.finditer(text):
        number = [int(digit) for digit in match[0]]
        if len(set(number)) > 1 and len(number) == 12 and _is_inn(number):
            found.add("inn")
        if len(set(number)) > 1 and len(number) == 11 and _is_snils(number):
            found.add("snils")
    return sorted(found)


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
