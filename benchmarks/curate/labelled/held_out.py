"""The second half of the labelled set: held out once, worked on since its first look.

Here: how its texts are put together. The result is frozen in `held_out.jsonl`; the gates are judged on `unseen`.
`python -m benchmarks.curate.labelled.held_out` writes the file anew.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

from benchmarks.curate.labelled import grammar
from benchmarks.curate.labelled import held_out_words as words
from benchmarks.curate.labelled.text import Labelled, Piece, joined, pieces_of, read_jsonl, write_jsonl

FROZEN = Path(__file__).with_name("held_out.jsonl")
_SEED = 20_260_930
_TEXTS = 2_600


def held_out() -> list[Labelled]:
    """The frozen texts."""
    return read_jsonl(FROZEN)


def generate(*, seed: int = _SEED, count: int = _TEXTS) -> list[Labelled]:
    """The texts as they were frozen; the same seed gives the same texts."""
    source = random.Random(seed)
    return [_text(source) for _ in range(count)]


def _text(source: random.Random) -> Labelled:
    sentences = [source.choice(words.SENTENCES_WITHOUT_DATA) for _ in range(source.choice((0, 1, 1, 2)))]
    sentences += [source.choice(words.SENTENCES_WITH_DATA) for _ in range(source.choice((0, 1, 1, 2)))]
    source.shuffle(sentences)
    pieces = [piece for sentence in sentences for piece in [*pieces_of(sentence, _filler(source)), Piece(" ")]]
    roll = source.random()
    if roll < 0.2:
        pieces = [_cased(piece, is_upper=False) for piece in pieces]
    elif roll < 0.26:
        pieces = [_cased(piece, is_upper=True) for piece in pieces]
    if source.random() < 0.25:
        pieces = [_mistyped(piece, source) for piece in pieces]
    return joined(pieces[:-1])


def _cased(piece: Piece, *, is_upper: bool) -> Piece:
    if piece.kind in {"ПОЧТА", "НИК"} or piece.style == "contract":
        return piece
    text = piece.text.upper() if is_upper else piece.text.lower()
    return Piece(text, piece.kind, f"{piece.style} {'caps' if is_upper else 'lower'}" if piece.kind else "")


def _mistyped(piece: Piece, source: random.Random) -> Piece:
    """Slips of a hurried hand: two letters swapped, one lost, one doubled; names suffer less than other words."""
    share = {"": 0.1, "ИМЯ": 0.04}.get(piece.kind, 0.0)
    text = re.sub(r"[а-яё]{5,}", lambda m: _slip(m[0], source) if source.random() < share else m[0], piece.text)
    changed = text != piece.text and bool(piece.kind)
    return Piece(text, piece.kind, f"{piece.style} typo" if changed else piece.style)


def _slip(word: str, source: random.Random) -> str:
    at = source.randrange(1, len(word) - 1)
    return source.choice(
        (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
        )
    )


def _filler(source: random.Random) -> Callable[[str, str], Piece]:
    def fill(slot: str, argument: str) -> Piece:
        if slot in {"name", "short", "surname", "initials", "surname_initials"}:
            return _name(source, slot, argument)
        if slot == "latin":
            name = source.choice(words.LATIN)
            return Piece(name if source.random() < 0.7 else " ".join(reversed(name.split())), "ИМЯ", "latin")
        if slot in _IDENTIFIERS:
            kind, make = _IDENTIFIERS[slot]
            return Piece(make(source), kind, slot)
        return Piece(_near_miss(source, slot))

    return fill


# -- names -------------------------------------------------------------------------------------------------------


def _name(source: random.Random, slot: str, case: str) -> Piece:
    is_woman = source.random() < 0.5
    base = source.choices((words.SURNAMES_COMMON, words.SURNAMES_RARE, words.SURNAMES_WORDS), weights=(5, 5, 1))[0]
    rarity = {id(words.SURNAMES_COMMON): "common", id(words.SURNAMES_RARE): "rare"}.get(id(base), "word")
    surname = grammar.surname(source.choice(base), case, is_woman=is_woman)
    first_name = source.choice(words.WOMEN if is_woman else words.MEN)
    first = grammar.given(first_name, case, is_woman=is_woman)
    father = source.choice(words.FATHERS)
    middle_name = father + ("на" if is_woman else "ич")
    middle = grammar.patronymic(middle_name, case)
    if slot == "short":
        short = source.choice(words.SHORT_WOMEN if is_woman else words.SHORT_MEN)
        return Piece(grammar.given(short, case, is_woman=True), "ИМЯ", "diminutive")
    if slot == "surname":
        return Piece(surname, "ИМЯ", f"surname {rarity}")
    initials = f"{first_name[0]}.{source.choice(('', ' '))}{middle_name[0]}."
    if slot in {"initials", "surname_initials"}:
        is_behind = slot == "surname_initials" or source.random() < 0.6
        return Piece(f"{surname} {initials}" if is_behind else f"{initials} {surname}", "ИМЯ", f"initials {rarity}")
    shape = source.choices(("sfm", "fs", "sf", "fm", "f", "s", "fms"), weights=(4, 4, 3, 3, 3, 2, 1))[0]
    text = " ".join({"s": surname, "f": first, "m": middle}[part] for part in shape)
    return Piece(
        text, "ИМЯ", {"f": "given", "fm": "given patronymic", "s": f"surname {rarity}"}.get(shape, f"full {rarity}")
    )


# -- identifiers: kind and maker per slot ------------------------------------------------------------------------


def _phone(source: random.Random) -> str:
    code = source.choice(("903", "916", "921", "950", "965", "982", "999"))
    a, b, c = f"{source.randint(100, 999)}", f"{source.randint(0, 99):02d}", f"{source.randint(0, 99):02d}"
    return source.choice(
        (
            f"+7({code}){a}-{b}-{c}",
            f"8-{code}-{a} {b} {c}",
            f"8 {code} {a}{b}{c}",
            f"+7 {code} {a}.{b}.{c}",
            f"8{code}{a}{b}{c}",
            f"+7{code}{a}{b}{c}",
            f"8 ({code}) {a} {b}-{c}",
            f"7 {code} {a}-{b}-{c}",
            f"8({source.choice(('3452', '8412'))}){a[:2]}-{b}-{c}",
            f"+375 {source.choice(('29', '33', '44'))} {a}-{b}-{c}",
            f"+998 {source.choice(('90', '93'))} {a} {b} {c}",
            f"+7 (777) {a} {b} {c}",
        )
    )


def _mailbox(source: random.Random) -> str:
    user = source.choice(
        ("n.morozova", "fedya_77", "tarasov-gleb", "buh", "olga.sok", "zakupki2", "k.mkrtchyan", "info.sklad", "m1ron")
    )
    return user + str(source.choice(("", "", source.randint(1, 99))))


_HOSTS = ("rambler.ru", "bk.ru", "proton.me", "sklad-ural.ru", "mail.torg-dom.com", "почта.рф", "hotmail.com", "uni.kz")


def _email(source: random.Random) -> str:
    plus = source.choice(("", "", "", "+sklad"))
    return f"{_mailbox(source)}{plus}@{source.choice(_HOSTS)}"


def _loose_email(source: random.Random) -> str:
    host = source.choice(("bk.ru", "rambler.ru", "mail.ru"))
    return f"{_mailbox(source)}{source.choice((' @ ', '(собака)', ' собака '))}{host}"


def _handle(source: random.Random) -> str:
    return (
        "@" + source.choice(("nord_wind", "gleb_tar", "OlgaSok", "mironoff", "sklad_ural")) + str(source.randint(1, 99))
    )


def _profile(source: random.Random) -> str:
    host = source.choice(("t.me/", "https://vk.com/", "https://t.me/", "ok.ru/profile/"))
    return host + (str(source.randint(10**8, 10**9)) if "ok.ru" in host else _handle(source)[1:])


def _address(source: random.Random) -> str:
    street = source.choice(words.STREETS)
    kind = source.choice(("улица", "ул.", "проспект", "пр-т", "переулок", "ул", "бульвар"))
    house = str(source.randint(1, 180)) + source.choice(("", "", "а", "/2", "к1"))
    flat = source.choice(
        ("", f", кв. {source.randint(1, 300)}", f"-{source.randint(1, 300)}", f" кв {source.randint(1, 99)}")
    )
    return f"{kind} {street}, {source.choice(('д. ', 'дом ', ''))}{house}{flat}"


def _small_address(source: random.Random) -> str:
    street = source.choice([street for street in words.STREETS if street[0].isalpha()]).lower()
    return (
        f"{source.choice(('ул', 'улица', 'проспект'))} {street} дом {source.randint(1, 99)} кв {source.randint(1, 99)}"
    )


def _spaced(number: str, *sizes: int, mark: str = " ") -> str:
    parts, position = [], 0
    for size in sizes:
        parts.append(number[position : position + size])
        position += size
    return mark.join(parts)


def _card(source: random.Random, *, is_sound: bool = True) -> str:
    number = grammar.card(source, source.choice(("2202", "2204", "4276", "5469", "5536")), is_sound=is_sound)
    return source.choice((number, _spaced(number, 4, 4, 4, 4), _spaced(number, 4, 4, 4, 4, mark="-")))


def _passport(source: random.Random) -> str:
    series, number = f"{source.randint(10, 99)}{source.randint(10, 23)}", grammar.digits(source, 6)
    spaced = f"{series[:2]} {series[2:]}"
    return source.choice(
        (
            f"{series} {number}",
            f"{spaced} {number}",
            f"{series}{number}",
            f"{series} № {number}",
            f"{spaced} номер {number}",
        )
    )


def _snils(source: random.Random, *, is_sound: bool = True) -> str:
    number = grammar.snils(source, is_sound=is_sound)
    tail = source.choice((" ", "-"))
    return source.choice(
        (number, _spaced(number[:9], 3, 3, 3, mark="-") + tail + number[9:], _spaced(number, 3, 3, 3, 2))
    )


def _account(source: random.Random) -> str:
    number = source.choice(("40817", "40802", "40702", "42301")) + "810" + grammar.digits(source, 12)
    return source.choice((number, number, _spaced(number, 5, 3, 4, 4, 4), _spaced(number, 5, 3, 1, 4, 7)))


def _contract(source: random.Random) -> str:
    n = source.randint(100, 9999)
    return source.choice((f"КП-{n}/26", f"{n}-ТР/2025", f"Д{n}{n}", f"26/{n:04d}-У", f"{source.randint(10**6, 10**8)}"))


def _order(source: random.Random) -> str:
    n = grammar.digits(source, source.choice((7, 8, 9, 10)))
    return source.choice((n, n, f"ЗК-{n}", f"{n}-2"))


def _track(source: random.Random) -> str:
    return source.choice(
        (
            "80" + grammar.digits(source, 12),
            f"R{source.choice('ABCE')}{grammar.digits(source, 9)}RU",
            "1" + grammar.digits(source, 9),
            f"{grammar.digits(source, 8)}-{grammar.digits(source, 4)}",
        )
    )


def _plate(source: random.Random) -> str:
    letters = [source.choice("АВЕКМНОРСТУХ") for _ in range(3)]
    region = source.choice(("45", "58", "72", "163", "777", "196"))
    gap = source.choice(("", " "))
    return f"{letters[0]}{source.randint(100, 999)}{letters[1]}{letters[2]}{gap}{region}"


_IDENTIFIERS = {
    "phone": ("ТЕЛЕФОН", _phone),
    "email": ("ПОЧТА", _email),
    "loose_email": ("ПОЧТА", _loose_email),
    "handle": ("НИК", _handle),
    "profile": ("НИК", _profile),
    "address": ("АДРЕС", _address),
    "small_address": ("АДРЕС", _small_address),
    "card": ("КАРТА", _card),
    "bad_card": ("КАРТА", lambda source: _card(source, is_sound=False)),
    "passport": ("ПАСПОРТ", _passport),
    "snils": ("СНИЛС", _snils),
    "bad_snils": ("СНИЛС", lambda source: _snils(source, is_sound=False)),
    "inn": ("ИНН", lambda source: grammar.inn(source, source.choice((10, 12)))),
    "person_inn": ("ИНН", lambda source: grammar.inn(source, 12)),
    "bad_inn": ("ИНН", lambda source: grammar.inn(source, source.choice((10, 12)), is_sound=False)),
    "account": ("СЧЁТ", _account),
    "personal_account": ("НОМЕР", lambda source: grammar.digits(source, source.choice((7, 9, 10)))),
    "contract": ("НОМЕР", _contract),
    "order": ("НОМЕР", _order),
    "track": ("НОМЕР", _track),
    "plate": ("АВТО", _plate),
}


# -- near misses -------------------------------------------------------------------------------------------------

_CITY_CASES = {"city_acc": "acc", "city_gen": "gen", "city_prep": "prep"}


def _near_miss(source: random.Random, slot: str) -> str:
    city = source.choice(words.CITIES)
    if slot in _CITY_CASES:
        is_soft = city[-1] in "аы"
        return grammar.given(city, _CITY_CASES[slot], is_woman=True) if is_soft else _town(city, _CITY_CASES[slot])
    number = source.randint(2, 98)
    choices = {
        "city": (city,),
        "brand": words.BRANDS,
        "product": words.PRODUCTS,
        "tariff": words.TARIFFS,
        "price": (
            f"{number} 450 руб.",
            f"{number}90 ₽",
            f"{number} тыс.",
            f"{number}500.00 рублей",
            f"1 {number}0 000 р",
        ),
        "date": (f"{number % 28 + 1:02d}.09.2026", f"{number % 28 + 1} октября", f"2026-08-{number % 28 + 1:02d}"),
        "time": (f"{number % 24}:30", f"{number % 24}.00", f"{number % 12 + 8} часов"),
        "article": (f"{number}{number}10", f"AR{number}5-X", f"{number}.{number}.7", f"TX {number}00"),
        "weight": (f"{number},5 кг", f"{number}00 г", f"{number}.2 тонны"),
        "volume": (f"0,{number} м3", f"{number} литров"),
        "size": (f"{number}0х{number}5х40 см", f"{number}*{number}*120"),
        "count": (str(number), str(number * 100)),
        "days": (str(number),),
        "flight": (f"SU {number}12", f"U6-{number}3"),
    }
    return source.choice(choices[slot])


def _town(city: str, case: str) -> str:
    stem = {"Орёл": "Орл", "Елец": "Ельц"}.get(city, city)
    if city == "Сочи" or case == "acc":
        return city
    endings = {"gen": "я", "prep": "е"} if city[-1] == "ь" else {"gen": "а", "prep": "е"}
    return (stem[:-1] if city[-1] in "ь" else stem) + endings[case]


if __name__ == "__main__":
    write_jsonl(FROZEN, generate())
