"""Identifiers and near misses of the unseen half: its own groupings, separators and prefixes.

Here: one maker per slot. Not here: names and sentences (unseen_words), how a text is put together (unseen).
"""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.curate.labelled import grammar
from benchmarks.curate.labelled import unseen_words as words

Make = Callable[[random.Random], str]


def _cut(number: str, *sizes: int, mark: str = " ") -> str:
    parts, position = [], 0
    for size in sizes:
        parts.append(number[position : position + size])
        position += size
    return mark.join(parts)


def _phone(source: random.Random) -> str:
    code = source.choice(("901", "906", "912", "917", "926", "937", "953", "960", "977", "985", "987", "996"))
    n = f"{source.randint(0, 9_999_999):07d}"
    a, b, c = n[:3], n[3:5], n[5:]
    return source.choice(
        (
            f"+7 ({code}) {a} {b} {c}",
            f"8.{code}.{a}.{b}.{c}",
            f"8{code} {a} {b}{c}",
            f"{code}-{a}-{b}-{c}",
            f"{code} {a} {b} {c}",
            f"+7-{code}-{a}-{b}-{c}",
            f"+7 {code} {n}",
            f"8 {code} {n[:2]} {n[2:4]} {n[4:]}",
            f"8\u2013{code}\u2013{a}\u2013{b}\u2013{c}",
            f"+7\u00a0{code}\u00a0{a}-{b}-{c}",
            f"8({code}){n}",
            f"7{code}{n}",
            f"8 ({code}) {a}-{b}{c}",
            f"8(843){n[:3]}-{b}-{c}",
            f"+7 (495) {a} {b} {c}",
            f"+996 {source.choice(('555', '700'))} {n[:2]} {n[2:4]} {n[4:6]}",
            f"+374 {source.choice(('91', '77'))} {n[:6]}",
            f"+380 ({source.choice(('67', '50'))}) {a}-{b}-{c}",
            f"+995 5{n[:2]} {n[2:4]} {n[4:6]} {n[5:7]}",
            f"+77{source.choice(('01', '05', '77'))}{n}",
        )
    )


def _local_phone(source: random.Random) -> str:
    n = f"{source.randint(2, 7)}{source.randint(0, 999_999):06d}"
    return source.choice((f"{n[0]}-{n[1:3]}-{n[3:5]}", f"{n[:3]}-{n[3:5]}-{n[5:]}", f"{n[:2]}-{n[2:4]}-{n[4:6]}", n))


_USERS = (
    *("kirill.orlov", "VASILIY-STEPANOV", "geo_chkheidze", "zarina2001", "e.tsvetkov", "buhgalteria", "1c-support"),
    *("tim0fey", "milana.k", "aslan_05", "sale.msk", "olesya-p", "ooo.vasilek"),
)
_HOSTS = ("yandex.com", "gmail.com", "inbox.ru", "list.ru", "corp.vasilek.su", "yahoo.de", "icloud.com", "tut.by")


def _email(source: random.Random) -> str:
    user = source.choice(_USERS) + str(source.choice(("", "", source.randint(1970, 2005))))
    mail = f"{user}@{source.choice(_HOSTS)}"
    return source.choice((mail, mail, mail, mail.upper(), f"{user}@xn--80aswg.xn--p1ai"))


def _loose_email(source: random.Random) -> str:
    user = source.choice(_USERS).lower()
    return source.choice(
        (
            f"{user} собака yandex точка ru",
            f"{user}(at)mail.ru",
            f"{user} [at] inbox.ru",
            f"{user} собачка gmail.com",
            f"{user}@ mail.ru",
            f"{user} @list.ru",
        )
    )


def _bare_handle(source: random.Random) -> str:
    return source.choice(("kirill_orl", "zarinka", "VasyaStep", "geo.chkh", "tim0fey")) + str(source.randint(1, 999))


def _handle(source: random.Random) -> str:
    return "@" + _bare_handle(source).replace(".", "_")


def _profile(source: random.Random) -> str:
    nick = _bare_handle(source)
    return source.choice(
        (
            f"https://vk.com/id{source.randint(10**6, 10**9)}",
            f"vk.com/{nick}",
            f"https://t.me/{nick.replace('.', '_')}",
            f"http://instagram.com/{nick}",
            f"www.facebook.com/{nick}",
            f"https://ok.ru/profile/{source.randint(10**9, 10**11)}",
        )
    )


def _address(source: random.Random) -> str:
    street = source.choice(words.STREETS)
    house, flat = source.randint(1, 140), source.randint(1, 280)
    is_feminine = street.endswith("ая")
    choices = [
        f"ул.{street},д.{house},кв.{flat}",
        f"{street} ул., {house}-{flat}",
        f"пр-кт {street} д{house} к2 кв{flat}",
        f"ул. {street} {house} корпус 3 подъезд 2 этаж 5",
        f"ул. {street}, д. {house}, стр. 1, пом. {flat % 9 + 1}Н",
        f"улица {street}, {house}/{flat % 20 + 1}",
        f"б-р {street}, {house}, офис {flat}",
        f"мкр. Юбилейный, дом {house}, кв. {flat}",
        f"наб. реки Фонтанки, {house}",
        f"{source.randint(2, 5)}-я Садовая ул., д. {house}",
        f"шоссе Энтузиастов {house}с{flat % 50 + 1}",
        f"пер. Кривой {house}, строение {flat % 5 + 1}",
        f"проезд {street}, влд. {house}",
        f"ул {street} д {house} кв {flat}",
        f"{street}, дом {house}, квартира {flat}",
        f"д. Малые Вязёмы, дом {house}",
    ]
    if is_feminine:
        choices += [f"{street} улица, {house}, кв {flat}", f"улице {street[:-2]}ой, дом {house}"]
    return source.choice(choices)


def _small_address(source: random.Random) -> str:
    street = source.choice([street for street in words.STREETS if street[0].isalpha()]).lower()
    house, flat = source.randint(1, 99), source.randint(1, 99)
    return source.choice(
        (
            f"ул {street} {house}-{flat}",
            f"{street} д {house} кв {flat}",
            f"ул.{street} дом {house}",
            f"пр {street} {house} корп 2 кв {flat}",
            f"{street} {house} квартира {flat}",
        )
    )


def _card(source: random.Random, *, is_sound: bool = True) -> str:
    prefix = source.choice(("2200", "2203", "4081", "4377", "5213", "5484", "6762"))
    number = grammar.card(source, prefix, is_sound=is_sound)
    if is_sound and source.random() < 0.1:
        long = grammar.card(source, "2202", 19)
        return _cut(long, 4, 4, 4, 4, 3)
    return source.choice(
        (
            number,
            _cut(number, 4, 4, 4, 4),
            _cut(number, 4, 4, 4, 4, mark="\u00a0"),
            _cut(number, 4, 4, 8),
            _cut(number, 4, 4, 4, 4, mark="."),
            _cut(number, 8, 8),
            _cut(number, 4, 4, 4, 4, mark="  "),
        )
    )


def _passport(source: random.Random) -> str:
    series = f"{source.randint(1, 99):02d}{source.randint(0, 25):02d}"
    number = f"{source.randint(100_000, 999_999)}"
    return source.choice(
        (
            f"{series} {number}",
            f"{series[:2]} {series[2:]} №{number}",
            f"{series[:2]} {series[2:]} номер {number[:3]} {number[3:]}",
            f"{series}{number}",
            f"{series[:2]}-{series[2:]} {number}",
            f"{series[:2]} {series[2:]}, {number}",
            f"{series}/{number}",
            f"{series}-{number}",
        )
    )


def _snils(source: random.Random, *, is_sound: bool = True) -> str:
    number = grammar.snils(source, is_sound=is_sound)
    return source.choice(
        (
            number,
            _cut(number[:9], 3, 3, 3, mark="-") + " " + number[9:],
            _cut(number, 3, 3, 3, 2),
            _cut(number[:9], 3, 3, 3, mark=".") + "-" + number[9:],
            _cut(number, 3, 3, 3, 2, mark="-"),
        )
    )


def _inn(source: random.Random, length: int, *, is_sound: bool = True) -> str:
    number = grammar.inn(source, length, is_sound=is_sound)
    return source.choice((number, number, _cut(number, 4, 6) if length == 10 else _cut(number, 4, 4, 4)))


def _account(source: random.Random) -> str:
    number = source.choice(("40817", "40802", "40703", "42306")) + "810" + grammar.digits(source, 12)
    return source.choice(
        (
            number,
            number,
            _cut(number, 5, 3, 1, 4, 7),
            _cut(number, 5, 3, 12),
            _cut(number, 5, 3, 1, 4, 7, mark="."),
            _cut(number, 4, 4, 4, 4, 4),
        )
    )


def _contract(source: random.Random) -> str:
    n = source.randint(1_000, 99_999)
    return source.choice(
        (
            f"{n}/03-26",
            f"Д-2026-{n}",
            f"ДГ00{n}",
            f"{n}/У",
            f"МСК-00{n}",
            f"А-{n % 90 + 10}/{n}",
            f"{n}{n}",
            f"RU-{n}-KZ",
        )
    )


def _order(source: random.Random) -> str:
    n = grammar.digits(source, source.choice((6, 7, 8, 9, 11)))
    return source.choice((n, n, n, f"INT-{n}", f"MSK{n}", f"{n[:3]}-{n[3:]}", f"О-{n}", f"{n}/1", f"WB_{n}"))


def _track(source: random.Random) -> str:
    nine = grammar.digits(source, 9)
    return source.choice(
        (
            f"800{grammar.digits(source, 11)}",
            f"E{source.choice('ABM')}{nine}CN",
            f"LP00{grammar.digits(source, 12)}",
            f"{nine}{source.randint(0, 9)}",
            f"TMT{nine}",
            f"R{source.choice('ZN')} {nine[:3]} {nine[3:6]} {nine[6:]} RU",
        )
    )


def _plate(source: random.Random) -> str:
    letters = [source.choice("АВЕКМНОРСТУХ") for _ in range(3)]
    n, region = f"{source.randint(1, 999):03d}", source.choice(("05", "16", "50", "95", "102", "750", "799"))
    plate = f"{letters[0]}{n}{letters[1]}{letters[2]}"
    latin = plate.translate(str.maketrans("АВЕКМНОРСТУХ", "ABEKMHOPCTYX"))
    return source.choice(
        (
            f"{plate}{region}",
            f"{plate} {region}",
            f"{letters[0]} {n} {letters[1]}{letters[2]} {region}",
            f"{latin}{region}",
            f"{latin} {region} RUS",
            f"{plate.lower()} {region}",
            f"{plate}-{region}",
        )
    )


def _trailer(source: random.Random) -> str:
    letters = "".join(source.choice("АВЕКМНОРСТУХ") for _ in range(2))
    return f"{letters} {source.randint(1000, 9999)} {source.choice(('16', '50', '77'))}"


IDENTIFIERS: dict[str, tuple[str, Make]] = {
    "phone": ("ТЕЛЕФОН", _phone),
    "local_phone": ("ТЕЛЕФОН", _local_phone),
    "email": ("ПОЧТА", _email),
    "loose_email": ("ПОЧТА", _loose_email),
    "handle": ("НИК", _handle),
    "bare_handle": ("НИК", _bare_handle),
    "profile": ("НИК", _profile),
    "address": ("АДРЕС", _address),
    "small_address": ("АДРЕС", _small_address),
    "card": ("КАРТА", _card),
    "bad_card": ("КАРТА", lambda source: _card(source, is_sound=False)),
    "passport": ("ПАСПОРТ", _passport),
    "foreign_passport": ("ПАСПОРТ", lambda source: f"7{source.randint(0, 9)} {source.randint(10**6, 10**7 - 1)}"),
    "snils": ("СНИЛС", _snils),
    "bad_snils": ("СНИЛС", lambda source: _snils(source, is_sound=False)),
    "inn": ("ИНН", lambda source: _inn(source, source.choice((10, 12)))),
    "person_inn": ("ИНН", lambda source: _inn(source, 12)),
    "bad_inn": ("ИНН", lambda source: _inn(source, source.choice((10, 12)), is_sound=False)),
    "account": ("СЧЁТ", _account),
    "personal_account": ("НОМЕР", lambda source: grammar.digits(source, source.choice((6, 8, 10, 12)))),
    "contract": ("НОМЕР", _contract),
    "order": ("НОМЕР", _order),
    "track": ("НОМЕР", _track),
    "plate": ("АВТО", _plate),
    "trailer": ("АВТО", _trailer),
}

_CITY_CASES = {"city_acc": "acc", "city_gen": "gen", "city_prep": "prep"}
_FIXED = {"Тбилиси", "Кемерово"}


def near_miss(source: random.Random, slot: str) -> str:
    """What looks like personal data and is none."""
    if slot in _CITY_CASES:
        return _city(source.choice(words.CITIES), _CITY_CASES[slot])
    n, k = source.randint(2, 98), source.randint(100, 999)
    choices: dict[str, tuple[str, ...]] = {
        "city": tuple(words.CITIES),
        "brand": words.BRANDS,
        "product": words.PRODUCTS,
        "tariff": words.TARIFFS,
        "price": (f"{n} {k} руб", f"{n}{k} р.", f"{n},5 тыс. руб", f"{k}.90 ₽", f"{n} {k} 000 ₽", f"{k} рэ", f"{n}к"),
        "date": (
            f"{n % 28 + 1}.{n % 12 + 1:02d}",
            f"{n % 28 + 1} ноября",
            f"{n % 28 + 1:02d}/{n % 12 + 1:02d}/2026",
            f"{n % 28 + 1:02d}-{n % 12 + 1:02d}-26",
            f"2026.{n % 12 + 1:02d}.{n % 28 + 1:02d}",
        ),
        "time": (f"{n % 24:02d}:{n % 60:02d}", f"{n % 12 + 1}-00", f"с {n % 12 + 1} до {n % 12 + 9}"),
        "article": (f"{k}{k}{n:02d}", f"{k}-{n}-{k}", f"KT-{k}{n}", f"Б{k}.{n}", f"{k}{k}{k}"),
        "barcode": (f"460{k}{k}{k}{n % 10}", f"4 60{k % 10} {k}{k % 10}{k}{n:02d}"),
        "weight": (f"{n}.{k % 10} кг", f"{k} гр", f"{n} т"),
        "size": (f"{n}0x{n}5x{k}", f"120 х 80 х {k} см", f"{n},5*{n}*{k} мм"),
        "count": (f"{k}", f"{n}", f"{n} {k}"),
        "flight": (f"DP {k}", f"FV-6{k}", f"N4 {k}"),
    }
    return source.choice(choices[slot])


def _city(city: str, case: str) -> str:
    if city in _FIXED or (case == "acc" and city[-1] not in "аы"):
        return city
    if city.endswith("ое"):
        return city[:-2] + {"gen": "ого", "prep": "ом"}.get(case, "ое")
    if city.endswith(("ый", "ий")):
        return city[:-2] + {"gen": "ого", "prep": "ом"}[case]
    if city[-1] == "ь":
        return city[:-1] + {"gen": "я", "prep": "е"}[case]
    return grammar.given(city, case, is_woman=city[-1] in "аы")
