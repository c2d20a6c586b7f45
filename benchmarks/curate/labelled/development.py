"""The development half of the labelled set: the recognisers may be tuned on it.

Here: how its texts are put together, from a seed; nothing is stored. Not here: the held-out half, which shares no
name, no sentence, no shape of identifier list and no typo model with it.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.curate.labelled import development_words as words
from benchmarks.curate.labelled import grammar
from benchmarks.curate.labelled.text import Labelled, Piece, joined, pieces_of

_NEIGHBOURS = {
    left: right
    for row in ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю")
    for left, right in zip(row, row[1:] + row[-2], strict=True)
}


def development(*, seed: int = 7, count: int = 3_000) -> list[Labelled]:
    """Labelled texts; the same seed gives the same texts."""
    source = random.Random(seed)
    return [_text(source) for _ in range(count)]


def _text(source: random.Random) -> Labelled:
    order = [words.SENTENCES_WITH_DATA, words.SENTENCES_WITHOUT_DATA]
    chosen = [source.choice(source.choices(order, weights=(6, 5))[0]) for _ in range(source.randint(1, 3))]
    pieces = [
        piece for sentence in chosen for piece in [*pieces_of(sentence, _filler(source)), Piece(source.choice("  \n"))]
    ][:-1]
    case = source.choices(("as is", "lower", "caps"), weights=(70, 24, 6))[0]
    if case != "as is":
        pieces = [_in_case(piece, case) for piece in pieces]
    if source.random() < 0.3:
        pieces = [_hurried(piece, source) for piece in pieces]
    return joined(pieces)


def _in_case(piece: Piece, case: str) -> Piece:
    if piece.kind in {"ПОЧТА", "НИК"} or piece.style == "contract":
        return piece
    text = piece.text.lower() if case == "lower" else piece.text.upper()
    return Piece(text, piece.kind, f"{piece.style} {case}" if piece.kind else "")


def _hurried(piece: Piece, source: random.Random) -> Piece:
    """A neighbouring key, ё as е, and no space after a comma."""
    share = {"": 0.02, "ИМЯ": 0.006}.get(piece.kind, 0.0)
    if not share:
        return piece
    text = "".join(
        _NEIGHBOURS.get(letter, letter) if index > 1 and source.random() < share else letter
        for index, letter in enumerate(piece.text)
    ).replace("ё", "е")
    if not piece.kind and source.random() < 0.3:
        text = text.replace(", ", ",")
    is_slip = bool(piece.kind) and text != piece.text.replace("ё", "е")
    return Piece(text, piece.kind, f"{piece.style} typo" if is_slip else piece.style)


def _filler(source: random.Random) -> Callable[[str, str], Piece]:
    def fill(slot: str, argument: str) -> Piece:
        if slot in {"name", "short", "surname", "initials", "surname_initials"}:
            return _name(source, slot, argument)
        if slot == "latin":
            return Piece(source.choice(words.LATIN), "ИМЯ", "latin")
        if slot in _IDENTIFIERS:
            kind, make = _IDENTIFIERS[slot]
            return Piece(make(source), kind, slot)
        return Piece(_near_miss(source, slot))

    return fill


def _name(source: random.Random, slot: str, case: str) -> Piece:
    is_woman = source.random() < 0.5
    rarity = source.choices(("common", "rare", "word"), weights=(5, 5, 1))[0]
    base = {"common": words.SURNAMES_COMMON, "rare": words.SURNAMES_RARE, "word": words.SURNAMES_WORDS}[rarity]
    surname = grammar.surname(source.choice(base), case, is_woman=is_woman)
    first_name = source.choice(words.WOMEN if is_woman else words.MEN)
    first = grammar.given(first_name, case, is_woman=is_woman)
    middle_name = source.choice(words.FATHERS) + ("на" if is_woman else "ич")
    middle = grammar.patronymic(middle_name, case)
    if slot == "short":
        return Piece(
            grammar.given(source.choice(words.SHORT_WOMEN if is_woman else words.SHORT_MEN), case, is_woman=True),
            "ИМЯ",
            "diminutive",
        )
    if slot == "surname":
        return Piece(surname, "ИМЯ", f"surname {rarity}")
    if slot in {"initials", "surname_initials"}:
        gap = source.choice(("", "", " "))
        marks = f"{first_name[0]}.{gap}{middle_name[0]}."
        forms = [f"{surname} {marks}", f"{surname} {marks}", f"{marks} {surname}", f"{marks}{surname}"]
        return Piece(source.choice(forms[:2] if slot == "surname_initials" else forms), "ИМЯ", f"initials {rarity}")
    forms_of = {
        f"full {rarity}": (f"{surname} {first} {middle}", f"{first} {middle} {surname}", f"{first} {surname}")
        + (f"{surname} {first}",) * 2,
        "given patronymic": (f"{first} {middle}",),
        "given": (first,),
        f"surname {rarity}": (surname,),
    }
    style = source.choices(list(forms_of), weights=(11, 3, 3, 2))[0]
    return Piece(source.choice(forms_of[style]), "ИМЯ", style)


# -- identifiers: kind and maker per slot ------------------------------------------------------------------------


def _phone(source: random.Random) -> str:
    number = source.choice(("905", "912", "925", "937", "977", "985")) + grammar.digits(source, 7)
    city = source.choice(("495", "812", "383")) + str(source.randint(2, 9)) + grammar.digits(source, 6)
    form = source.choice(
        (
            "+7 ({0}) {1}-{2}-{3}",
            "8 ({0}) {1}-{2}-{3}",
            "+7 {0} {1} {2} {3}",
            "+7-{0}-{1}-{2}-{3}",
            "8{0}{1}{2}{3}",
            "7{0}{1}{2}{3}",
            "+7{0} {1} {2}{3}",
            "8-{0}-{1}{2}{3}",
            "8.{0}.{1}.{2}.{3}",
            "8 {0} {1}{2} {3}",
        )
    )
    number = city if source.random() < 0.15 else number
    foreign = (f"+380 67 {grammar.digits(source, 7)}", f"+374 91 {grammar.digits(source, 6)}", "+49 30 901820")
    if source.random() < 0.08:
        return source.choice(foreign)
    return form.format(number[:3], number[3:6], number[6:8], number[8:])


def _user(source: random.Random) -> str:
    name = source.choice(("ivanov", "a.petrova", "smirnov_s", "kot-77", "sales", "zakaz.nsk", "e.popova", "lena-1990"))
    return f"{name}{source.choice(('', source.randint(1, 999)))}"


def _email(source: random.Random) -> str:
    return (
        f"{_user(source)}@{source.choice(('mail.ru', 'yandex.ru', 'gmail.com', 'firma-54.ru', 'corp.oil.ru', 'ya.ru'))}"
    )


def _loose_email(source: random.Random) -> str:
    return _user(source) + source.choice((" @mail.ru", " собака mail точка ru", "[at]gmail.com", "@ yandex.ru"))


def _handle(source: random.Random) -> str:
    return "@" + source.choice(("kot_matroskin", "ivan_petrov", "SmirnovS", "lenochka")) + str(source.randint(1, 999))


def _profile(source: random.Random) -> str:
    return source.choice(("https://t.me/", "t.me/", "vk.com/", "https://vk.com/id")) + str(source.randint(10**6, 10**9))


def _address(source: random.Random) -> str:
    street, house = source.choice(words.STREETS), source.randint(1, 210)
    return source.choice(
        (
            f"ул. {street}, д. {house}, кв. {source.randint(1, 400)}",
            f"ул. {street}, {house}",
            f"улица {street} {house}, квартира {source.randint(1, 90)}",
            f"проспект {street}, дом {house} корпус {source.randint(1, 4)}",
            f"пр. {street} {house}-{source.randint(1, 90)}",
            f"пер. {street}, д.{house}/1, оф. {source.randint(1, 90)}",
            f"шоссе {street}, {house}",
        )
    )


def _small_address(source: random.Random) -> str:
    street = source.choice(("ленина", "мира", "победы", "садовая", "генерала белова", "степана разина"))
    return source.choice(
        (
            f"ул {street} {source.randint(1, 99)} кв {source.randint(1, 99)}",
            f"улица {street} дом {source.randint(1, 99)}, квартира {source.randint(1, 99)}",
        )
    )


def _card(source: random.Random, *, is_sound: bool = True) -> str:
    number = grammar.card(source, source.choice(("2200", "4000", "4817", "5213", "2203")), is_sound=is_sound)
    mark = source.choice(("", " ", " ", "-"))
    return mark.join(number[at : at + 4] for at in range(0, 16, 4))


def _passport(source: random.Random) -> str:
    series, number = f"{source.randint(10, 99)}{source.randint(0, 24):02d}", grammar.digits(source, 6)
    return source.choice(
        (
            f"{series} {number}",
            f"{series[:2]} {series[2:]} {number}",
            f"серия {series} номер {number}",
            f"{series} №{number}",
            f"{series}{number}",
            f"{series}-{number}",
        )
    )


def _snils(source: random.Random, *, is_sound: bool = True) -> str:
    number = grammar.snils(source, is_sound=is_sound)
    return source.choice((number, f"{number[:3]}-{number[3:6]}-{number[6:9]} {number[9:]}"))


def _account(source: random.Random) -> str:
    number = source.choice(("40817810", "40702810", "42306840")) + grammar.digits(source, 12)
    return source.choice((number, " ".join(number[at : at + 4] for at in range(0, 20, 4))))


def _contract(source: random.Random) -> str:
    n = source.randint(10, 9999)
    return source.choice((f"{n}/2026", f"АБ-{n}/26", f"№ {n}-К/24", f"ДЛ{n}77", str(source.randint(10**5, 10**9))))


def _order(source: random.Random) -> str:
    n = grammar.digits(source, source.choice((6, 8, 9, 11)))
    return source.choice((n, n, n, f"{n}-1", f"OZ-{n}"))


def _track(source: random.Random) -> str:
    return source.choice(
        (
            "14" + grammar.digits(source, 12),
            f"E{source.choice('DEF')}{grammar.digits(source, 9)}RU",
            grammar.digits(source, 10),
            f"{grammar.digits(source, 2)}-{grammar.digits(source, 11)}",
        )
    )


def _plate(source: random.Random) -> str:
    a, b, c = (source.choice("АВЕКМНОРСТУХ") for _ in range(3))
    return f"{a}{source.randint(100, 999)}{b}{c}{source.choice((' ', ''))}{source.choice(('54', '77', '154', '799'))}"


_IDENTIFIERS: dict[str, tuple[str, Callable[[random.Random], str]]] = {
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
    "personal_account": ("НОМЕР", lambda source: grammar.digits(source, source.choice((6, 8, 10)))),
    "contract": ("НОМЕР", _contract),
    "order": ("НОМЕР", _order),
    "track": ("НОМЕР", _track),
    "plate": ("АВТО", _plate),
}


# -- near misses -------------------------------------------------------------------------------------------------


def _near_miss(source: random.Random, slot: str) -> str:
    n = source.randint(2, 95)
    day = n % 28 + 1
    choices = {
        "city": words.CITIES,
        "city_gen": ("Москвы", "Казани", "Твери", "Омска", "Уфы", "Жуковского", "Гагарина", "Донского"),
        "city_acc": ("Москву", "Самару", "Пермь", "Томск", "Уфу", "Жуковский", "Ермак", "Минск"),
        "city_prep": ("Москве", "Казани", "Рязани", "Воронеже", "Юрге", "Жуковском", "Ангарске"),
        "brand": words.BRANDS,
        "product": words.PRODUCTS,
        "tariff": words.TARIFFS,
        "price": (f"{n} 300 руб", f"{n}00 рублей", f"{n}99р.", f"{n},50 ₽", f"{n} 000 000 руб.", f"{n}5 тысяч"),
        "date": (f"{day}.10.2026", f"{day:02d}/09/26", f"{day} мая", f"2026-03-{day:02d}", f"{day} января 2025 г."),
        "time": (f"{n % 24}:00", f"{n % 12 + 8}-00", f"{n % 12 + 8} утра"),
        "article": (f"{n}{n}3{n}", f"ВК-{n}20", f"{n}-{n}-1", f"SM{n}0B"),
        "weight": (f"{n} кг", f"{n},75 т", f"{n}50 грамм"),
        "volume": (f"{n} куб", f"1,{n} м³"),
        "size": (f"{n}х{n}х{n} см", f"{n}0 на {n}5", f"1,2х0,{n} м"),
        "count": (f"{n}", f"{n}0", f"1{n}00"),
        "days": (str(n % 30 + 2),),
        "flight": (f"S7 {n}23", f"ДР-{n}"),
    }
    return source.choice(choices[slot])
