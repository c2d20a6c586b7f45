"""Russian declension of people's names by rule, and check digits: what both halves of the labelled set share.

Written for the benchmark: the recognisers decline by a dictionary, so an error there is not repeated here.
"""

from __future__ import annotations

import random

CASES = ("nom", "gen", "dat", "acc", "ins", "prep")
_HUSHING = "жшчщц"
_STEMS = {"Павел": "Павл", "Лев": "Льв", "Пётр": "Петр"}


def given(name: str, case: str, *, is_woman: bool) -> str:
    """A given name or its short form in a case."""
    if case == "nom":
        return name
    if name.endswith("ия") or (name.endswith("ий") and not is_woman):
        endings = ("и", "и", "ю", "ей", "и") if name.endswith("я") else ("я", "ю", "я", "ем", "и")
        return name[:-1] + _at(endings, case)
    return _noun(name, case, is_woman=is_woman)


def patronymic(name: str, case: str) -> str:
    """Иванович, Ивановна in a case."""
    return name if case == "nom" else _noun(name, case, is_woman=name.endswith("на"))


def surname(name: str, case: str, *, is_woman: bool) -> str:
    """A surname, given in its male form, in a case; `=` at the end marks a noun ("Цой=", "Коган="), `-` joins two."""
    if "-" in name:
        return "-".join(surname(part, case, is_woman=is_woman) for part in name.split("-"))
    is_noun, name = name.endswith("="), name.rstrip("=")
    if name in {"Тер", "Тор"} or name.endswith(("ых", "их")):
        return name
    if not is_noun and name.endswith(("ов", "ев", "ёв", "ин", "ын")):
        if is_woman:
            return name + _at(("а", "ой", "ой", "у", "ой", "ой"), case, with_nominative=True)
        return name + _at(("", "а", "у", "а", "ым", "е"), case, with_nominative=True)
    if not is_noun and name.endswith(("ий", "ый", "ой")):
        if is_woman:
            return name[:-2] + _at(("ая", "ой", "ой", "ую", "ой", "ой"), case, with_nominative=True)
        soft = "им" if name.endswith("ий") else "ым"
        return name[:-2] + _at((name[-2:], "ого", "ому", "ого", soft, "ом"), case, with_nominative=True)
    if case == "nom" or (is_woman and name[-1] not in "ая"):
        return name
    return _noun(name, case, is_woman=is_woman)


def _noun(name: str, case: str, *, is_woman: bool) -> str:
    last = name[-1]
    if last == "а":
        plural = "и" if name[-2] in "гкхжшчщ" else "ы"
        return name[:-1] + _at((plural, "е", "у", "ей" if name[-2] in _HUSHING else "ой", "е"), case)
    if last == "я":
        return name[:-1] + _at(("и", "е", "ю", "ей", "е"), case)
    if last in "оеиуэюыё":
        return name
    if is_woman:
        return name[:-1] + _at(("и", "и", "ь", "ью", "и"), case) if last == "ь" else name
    if last in "йь":
        return name[:-1] + _at(("я", "ю", "я", "ем", "е"), case)
    return _STEMS.get(name, name) + _at(("а", "у", "а", "ем" if last in _HUSHING else "ом", "е"), case)


def _at(endings: tuple[str, ...], case: str, *, with_nominative: bool = False) -> str:
    return endings[CASES.index(case) - (0 if with_nominative else 1)]


def digits(source: random.Random, count: int) -> str:
    """Random digits, the first of them not 0."""
    return str(source.randint(1, 9)) + "".join(str(source.randint(0, 9)) for _ in range(count - 1))


def card(source: random.Random, prefix: str, length: int = 16, *, is_sound: bool = True) -> str:
    """A card number with (or, for a typed error, without) a right Luhn digit."""
    body = prefix + "".join(str(source.randint(0, 9)) for _ in range(length - 1 - len(prefix)))
    total = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(body)))
    check = -total % 10
    return body + str(check if is_sound else (check + 1 + source.randint(0, 7)) % 10)


def snils(source: random.Random, *, is_sound: bool = True) -> str:
    """Eleven digits of a СНИЛС."""
    body = digits(source, 9)
    total = sum(int(d) * (9 - i) for i, d in enumerate(body)) % 101 % 100
    return f"{body}{total if is_sound else (total + 7) % 100:02d}"


def inn(source: random.Random, length: int, *, is_sound: bool = True) -> str:
    """An ИНН of 10 (company) or 12 (person) digits."""
    body = digits(source, length - (1 if length == 10 else 2))
    for weights in (
        ((2, 4, 10, 3, 5, 9, 4, 6, 8),)
        if length == 10
        else (
            (7, 2, 4, 10, 3, 5, 9, 4, 6, 8),
            (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8),
        )
    ):
        body += str(sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11 % 10)
    return body if is_sound else body[:-1] + str((int(body[-1]) + 3) % 10)
