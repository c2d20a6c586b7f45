"""Identifiers with a format for the fresh set: phones, cards, documents, accounts, orders, plates, addresses.

Here: shapes that pass their own check sums where the real ones have them. Not here: names, templates, typos.
"""

from __future__ import annotations

import random
import string

from benchmarks.curate.labelled.fresh_words import CITIES, LANES, STREETS, STREETS_AT, words_of
from benchmarks.curate.labelled.text import Piece

PLATE_LETTERS = "АВЕКМНОРСТУХ"
_LATIN_PLATE = str.maketrans(PLATE_LETTERS, "ABEKMHOPCTYX")
_MOBILE = ("901", "905", "912", "916", "919", "922", "927", "937", "950", "961", "968", "977", "985", "988", "999")
_MAIL = ("mail.ru", "yandex.ru", "ya.ru", "bk.ru", "gmail.com", "rambler.ru", "inbox.ru", "list.ru", "icloud.com")
_LOCAL = words_of(
    "zaripova.g tt_pogosyan kirill-82 olga.sadovod info shogenov1977 lena.krav buh2 a.funk m_dzyuba "
    "svetik-semicvetik kim.v.s taras.skiba zulfia_n office chhaidze.n petr0vich dimon4ik family.house r.zilberman"
)
_NICKS = words_of(
    "zarina_g88 kot_matroskin7 tigran_pgs lexus_driver marina_sews dj_skiba gulya_cakes sergio_dev ulyana_kr "
    "the_real_funk oleg1979spb nika_photo bair_buryat vakhtang_g mamaDvoih noname_404"
)


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def phone(rng: random.Random, style: str = "") -> Piece:
    code, rest = rng.choice(_MOBILE), digits(rng, 7)
    a, b, c = rest[:3], rest[3:5], rest[5:]
    city = rng.choice(("495", "812", "843", "8352", "3412", "347"))
    inner = digits(rng, 10 - len(city))
    shapes = {
        "plus_brackets": f"+7 ({code}) {a}-{b}-{c}",
        "eight_spaces": f"8 {code} {a} {b} {c}",
        "eight_solid": f"8{code}{rest}",
        "plus_solid": f"+7{code}{rest}",
        "eight_dashes": f"8-{code}-{a}-{b}-{c}",
        "eight_brackets": f"8({code}){a}-{b}-{c}",
        "seven_spaces": f"+7 {code} {a} {b} {c}",
        "bare_ten": f"{code} {a}-{b}-{c}",
        "dots": f"8.{code}.{a}.{b}.{c}",
        "solid_ten": f"{code}{rest}",
        "city": f"8 ({city}) {inner[:-4]}-{inner[-4:-2]}-{inner[-2:]}",
        "abroad": rng.choice(
            (
                f"+998 90 {a} {b} {c}",
                f"+375 29 {a}-{b}-{c}",
                f"+996 555 {digits(rng, 6)}",
                f"+994 50 {a} {b} {c}",
                f"+374 91 {digits(rng, 6)}",
                f"+995 599 {b} {c} {digits(rng, 2)}",
            )
        ),
        "hotline": f"8 800 {a}-{b}-{c}",
        "short_city": f"{digits(rng, 2)}-{b}-{c}",
        "english": rng.choice((f"+44 7700 9{digits(rng, 5)}", f"+1 (415) 555-0{digits(rng, 3)}", f"+7 {code} {rest}")),
    }
    special = ("hotline", "short_city", "english")
    chosen = style or rng.choice([name for name in shapes if name not in special])
    return Piece(shapes[chosen], "ТЕЛЕФОН", chosen)


def mail(rng: random.Random) -> Piece:
    local = rng.choice(_LOCAL)
    if rng.random() < 0.5:
        local += rng.choice(("", "_", ".")) + digits(rng, rng.randint(1, 4))
    if rng.random() < 0.06:
        return Piece(f"{local}@почта-дома.рф", "ПОЧТА", "cyrillic_domain")
    if rng.random() < 0.2:
        firm = rng.choice(("stroy-garant.ru", "clinic-zdorovie.com", "mail.tehnoimpuls.su", "school17.edu.ru"))
        return Piece(f"{local}@{firm}", "ПОЧТА", "work")
    return Piece(f"{local}@{rng.choice(_MAIL)}", "ПОЧТА", "free")


def card(rng: random.Random) -> Piece:
    head = rng.choice(("2200", "2202", "2204", "4276", "4377", "5469", "5536", "4081"))
    body = head + digits(rng, 11)
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(body))
    number = body + str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)
    groups = [number[place : place + 4] for place in range(0, 16, 4)]
    style = rng.choice(("spaces", "solid", "dashes", "spaces"))
    return Piece({"spaces": " ", "solid": "", "dashes": "-"}[style].join(groups), "КАРТА", style)


def passport(rng: random.Random) -> Piece:
    region, year, number = f"{rng.randint(10, 99)}", f"{rng.randint(0, 24):02d}", digits(rng, 6)
    shapes = {
        "two_two_six": f"{region} {year} {number}",
        "four_six": f"{region}{year} {number}",
        "solid": f"{region}{year}{number}",
        "sign": f"{region} {year} №{number}",
        "words": f"{region}{year} номер {number}",
        "sign_space": f"{region}{year} № {number}",
    }
    style = rng.choice(list(shapes))
    return Piece(shapes[style], "ПАСПОРТ", style)


def snils(rng: random.Random) -> Piece:
    body = "1" + digits(rng, 8)
    check = sum(int(digit) * (9 - place) for place, digit in enumerate(body)) % 101 % 100
    shapes = {
        "dashes_space": f"{body[:3]}-{body[3:6]}-{body[6:]} {check:02d}",
        "dashes": f"{body[:3]}-{body[3:6]}-{body[6:]}-{check:02d}",
        "solid": f"{body}{check:02d}",
        "spaces": f"{body[:3]} {body[3:6]} {body[6:]} {check:02d}",
    }
    style = rng.choice(list(shapes))
    return Piece(shapes[style], "СНИЛС", style)


def _weighted(number: str, weights: tuple[int, ...]) -> str:
    return str(sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True)) % 11 % 10)


def inn(rng: random.Random, style: str = "person") -> Piece:
    head = f"{rng.randint(1, 92):02d}{rng.randint(1, 60):02d}"
    if style == "firm":
        body = head + digits(rng, 5)
        return Piece(body + _weighted(body, (2, 4, 10, 3, 5, 9, 4, 6, 8)), "ИНН", "firm")
    body = head + digits(rng, 6)
    body += _weighted(body, (7, 2, 4, 10, 3, 5, 9, 4, 6, 8))
    return Piece(body + _weighted(body, (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)), "ИНН", "person")


def account(rng: random.Random, style: str = "") -> Piece:
    if style == "bank":
        return Piece("30101810" + digits(rng, 9) + digits(rng, 3), "СЧЁТ", "bank")
    if style == "home":
        shape = rng.choice((digits(rng, 10), digits(rng, 9), f"{digits(rng, 5)}-{digits(rng, 3)}", digits(rng, 12)))
        return Piece(shape, "СЧЁТ", "home")
    head = "40702810" if style == "firm" else rng.choice(("40817810", "42301810", "40802810"))
    number = head + digits(rng, 12)
    grouped = " ".join(number[place : place + 4] for place in range(0, 20, 4))
    is_grouped = rng.random() < 0.25
    return Piece(grouped if is_grouped else number, "СЧЁТ", "grouped" if is_grouped else "solid")


def contract(rng: random.Random) -> Piece:
    year = rng.randint(18, 25)
    shapes = {
        "slash": f"{digits(rng, 5)}/{year}",
        "letter": f"{rng.choice('ДКРУ')}-20{year}/{digits(rng, 4)}",
        "letters_dashes": f"{rng.choice(('ДУ', 'КФ', 'АБ', 'ИП'))}-{digits(rng, 2)}-{digits(rng, 4)}",
        "dashes": f"{digits(rng, 2)}-{digits(rng, 4)}-{year}",
        "solid": "7" + digits(rng, 8),
    }
    style = rng.choice(list(shapes))
    return Piece(shapes[style], "НОМЕР", f"contract_{style}")


def order(rng: random.Random) -> Piece:
    letters = "".join(rng.choice("ABCDKLMRSTWXZ") for _ in range(2))
    shapes = {
        "six": str(rng.randint(1, 9)) + digits(rng, 5),
        "eight": str(rng.randint(1, 9)) + digits(rng, 7),
        "dashed": f"{digits(rng, 4)}-{digits(rng, 5)}",
        "letters": f"{letters}-{digits(rng, 6)}",
        "triple": f"{digits(rng, 8)}-{digits(rng, 4)}-{rng.randint(1, 9)}",
    }
    style = rng.choice(list(shapes))
    return Piece(shapes[style], "НОМЕР", f"order_{style}")


def track(rng: random.Random) -> Piece:
    shapes = {
        "post_abroad": f"R{rng.choice('ABCEL')}{digits(rng, 9)}RU",
        "post_home": "80" + digits(rng, 12),
        "courier": "1" + digits(rng, 9),
        "china": f"LP00{digits(rng, 12)}",
    }
    style = rng.choice(list(shapes))
    return Piece(shapes[style], "НОМЕР", f"track_{style}")


def booking(rng: random.Random) -> Piece:
    letters = "ABCDEFGHKLMNPQRSTVWXYZ"
    code = rng.choice(letters) + rng.choice("23456789") + "".join(rng.choice(letters + "23456789") for _ in range(4))
    return Piece(code, "НОМЕР", "booking")


def policy(rng: random.Random, style: str = "") -> Piece:
    if style == "health":
        return Piece(f"{rng.randint(1, 9)}{digits(rng, 15)}", "НОМЕР", "policy_health")
    return Piece(f"{rng.choice(('ХХХ', 'ТТТ', 'ААС'))} {digits(rng, 10)}", "НОМЕР", "policy")


def plate(rng: random.Random) -> Piece:
    a, b, c = (rng.choice(PLATE_LETTERS) for _ in range(3))
    region = rng.choice(("16", "77", "102", "116", "777", "05", "163", "198", "74", "26"))
    number = f"{rng.randint(1, 999):03d}"
    shapes = {
        "solid": f"{a}{number}{b}{c}{region}",
        "region_apart": f"{a}{number}{b}{c} {region}",
        "spaces": f"{a} {number} {b}{c} {region}",
        "latin": f"{a}{number}{b}{c}{region}".translate(_LATIN_PLATE),
        "lower": f"{a}{number}{b}{c}{region}".lower(),
    }
    style = rng.choice(list(shapes))
    return Piece(shapes[style], "АВТО", style)


def nick(rng: random.Random, style: str = "") -> Piece:
    name = rng.choice(_NICKS)
    if rng.random() < 0.4:
        name += digits(rng, 2)
    chosen = style or rng.choice(("at", "at", "link"))
    return Piece({"at": f"@{name}", "link": f"t.me/{name}", "bare": name}[chosen], "НИК", chosen)


def _house(rng: random.Random) -> str:
    number = rng.randint(1, 180)
    return rng.choice((f"{number}", f"{number}", f"{number}{rng.choice('абв')}", f"{number}/{rng.randint(1, 9)}"))


def address(rng: random.Random, style: str = "") -> Piece:
    """An address; `full` with its town, `street` without, `at` as after "на"."""
    town = rng.choice(CITIES)[0]
    house, flat = _house(rng), rng.randint(1, 260)
    street = rng.choice((f"ул. {rng.choice(STREETS)}", f"улица {rng.choice(STREETS)}", rng.choice(LANES)))
    if style == "at":
        at = rng.choice(STREETS_AT)
        text = rng.choice((f"улице {at}, {house}", f"улице {at}, дом {house}", f"ул. {at}, д. {house}, кв. {flat}"))
    elif style == "street":
        text = rng.choice(
            (
                f"{street}, {house}",
                f"{street}, д. {house}, кв. {flat}",
                f"{street} {house}-{flat}",
                f"{street}, дом {house}, квартира {flat}",
                f"{street}, д.{house}, корп.{rng.randint(1, 5)}, кв.{flat}",
            )
        )
    else:
        index = f"{rng.randint(101, 692)}{digits(rng, 3)}"
        text = rng.choice(
            (
                f"{index}, г. {town}, {street}, д. {house}, кв. {flat}",
                f"г. {town}, {street}, д. {house}, кв. {flat}",
                f"{town}, {street}, {house}, кв {flat}",
                f"{town}, {street} {house}-{flat}",
                f"г.{town}, {street}, д.{house}",
                f"{index} {town}, {street}, дом {house}, квартира {flat}",
            )
        )
    return Piece(text, "АДРЕС", style or "full")


def address_abroad(rng: random.Random) -> Piece:
    """An address in Latin letters."""
    house, flat = rng.randint(1, 240), rng.randint(1, 90)
    text = rng.choice(
        (
            f"{house} Maple Avenue, Apt {flat}, Portland, OR 97{digits(rng, 3)}",
            f"{house} Kingsway Road, London SE{rng.randint(1, 28)} {rng.randint(1, 9)}QT",
            f"ul. Sadovaya {house}, kv. {flat}, Perm, 614{digits(rng, 3)}",
            f"Lenina st. {house}-{flat}, Omsk",
        )
    )
    return Piece(text, "АДРЕС", "latin")
