"""What stands beside personal data in the fresh set and is none: dates, sums, towns, brands, laws, codes.

Here: seeded fillers by slot. Not here: anything that is labelled.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.curate.labelled.fresh_words import (
    ASSISTANTS,
    BRANDS,
    CITIES,
    DEVICES,
    FILMS,
    ORGANISATIONS,
    parts_of,
    words_of,
)

_MONTHS = words_of("января февраля марта апреля мая июня июля августа сентября октября ноября декабря")
_LAWS = parts_of(
    "ст. 18 Закона о защите прав потребителей,ч. 2 ст. 14.8 КоАП РФ,п. 4 ст. 26.1 ЗоЗПП,ст. 159 УК РФ,152-ФЗ,"
    "ст. 395 ГК РФ,п. 2.7 Правил № 2463,ФЗ № 353 «О потребительском кредите»"
)
_TARIFFS = parts_of("Мой выбор 3.0,Всё включено 900,Семья+,Бизнес-500,Мария 50+,Лев Премиум,Старт 2024,Дом 300")
_COURSES = ("Анализ данных с нуля", "Английский B2", "Сметное дело", "Python 3.12", "Бухгалтер 1С 8.3", "Фотография")
_PROMO = ("ROZA15", "VERA2024", "LETO500", "FIRST-300", "НОВЫЙ10", "SALE7000")


def _number(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def _time(rng: random.Random, part: str) -> str:
    first, last = {"early": (8, 12), "late": (14, 21)}.get(part, (8, 21))
    return f"{rng.randint(first, last)}:{rng.choice(('00', '15', '30', '45'))}"


def _price(rng: random.Random, size: str) -> str:
    if size:
        rubles = rng.randint(90, 990) if size == "small" else rng.randint(1_200_000, 9_800_000)
    else:
        rubles = rng.choice((rng.randint(90, 999), rng.randint(1000, 9999), rng.randint(10_000, 180_000)))
    grouped = f"{rubles:,}".replace(",", " ")
    by_ten = rubles // 10 * 10  # so that "рублей" agrees
    return rng.choice((f"{grouped} руб.", f"{grouped} ₽", f"{by_ten} рублей", f"{rubles}р", f"{grouped},50 руб"))


def _date(rng: random.Random, _: str) -> str:
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(2022, 2025)
    return rng.choice(
        (f"{day:02d}.{month:02d}.{year}", f"{day} {_MONTHS[month - 1]}", f"{day:02d}.{month:02d}.{year % 100}")
    )


def _birth(rng: random.Random, _: str) -> str:
    return f"{rng.randint(1, 28):02d}.{rng.randint(1, 12):02d}.{rng.randint(1948, 2015)}"


def _version(rng: random.Random, _: str) -> str:
    return rng.choice(
        (
            f"{rng.randint(1, 14)}.{rng.randint(0, 30)}.{rng.randint(0, 9)}",
            f"{rng.randint(3, 25)}.{rng.randint(0, 12)}",
            f"{rng.randint(2, 9)}.{rng.randint(0, 9)}.{rng.randint(1000, 9999)}",
        )
    )


def _sku(rng: random.Random, _: str) -> str:
    return rng.choice(
        (f"{_number(rng, 3)}-{_number(rng, 4)}", _number(rng, 7), f"KX{_number(rng, 4)}-BL", _number(rng, 5))
    )


def _city(rng: random.Random, case: str) -> str:
    towns = CITIES if case in "ng" else [town for town in CITIES if town[0] != "Владимир"]  # not "в Владимир"
    nominative, genitive, prepositional = rng.choice(towns)
    if case == "a":  # inanimate: as the nominative but for -а
        return nominative[:-1] + "у" if nominative.endswith("а") else nominative
    return {"n": nominative, "g": genitive, "p": prepositional}[case]


FILLERS: dict[str, Callable[[random.Random, str], str]] = {
    "price": _price,
    "date": _date,
    "birth": _birth,
    "ver": _version,
    "sku": _sku,
    "city": _city,
    "time": _time,
    "n": lambda rng, _: str(rng.randint(5, 11)),
    "n3": lambda rng, _: f"{rng.randint(1, 9)}{_number(rng, 2)}",
    "pct": lambda rng, _: rng.choice((f"{rng.randint(3, 30)}%", f"{rng.randint(3, 24)},{rng.randint(1, 9)} %")),
    "year": lambda rng, _: str(rng.randint(1998, 2025)),
    "size": lambda rng, kind: rng.choice(("L", "48", "39") if kind else ("M", "XL", "44-46", "38", "41", "S", "50")),
    "law": lambda rng, _: rng.choice(_LAWS),
    "tarif": lambda rng, _: rng.choice(_TARIFFS),
    "course": lambda rng, _: rng.choice(_COURSES),
    "promo": lambda rng, _: rng.choice(_PROMO),
    "day": lambda rng, _: rng.choice(("понедельник", "среду", "пятницу", "четверг")),
    "month": lambda rng, _: rng.choice(("март", "май", "июль", "август", "октябрь")),
    "month_en": lambda rng, _: rng.choice(("April", "May", "June", "August")),
    "brand": lambda rng, _: rng.choice(BRANDS),
    "film": lambda rng, _: rng.choice(FILMS),
    "bot": lambda rng, _: rng.choice(ASSISTANTS),
    "kettle": lambda rng, _: rng.choice(("Redmond RK-M1721", "Polaris PWK 1725", "Bosch TWK7603", "Kitfort КТ-601")),
    "router": lambda rng, _: rng.choice(("Keenetic Hopper", "TP-Link Archer C6", "ASUS RT-AX53U", "Huawei HG8245")),
    "fridge": lambda rng, _: rng.choice(("Haier HRF-541DM7RU", "Indesit DS 4180 W", "Stinol STS 185", "Бирюса 118")),
    "washer": lambda rng, _: rng.choice(("Bosch WLG20260OE", "LG F2J3NS0W", "Candy CS34 1051", "Вятка Мария 12")),
    "gadget": lambda rng, _: rng.choice(("Samsung Galaxy A54", "Redmi Note 12", "iPhone 13 mini", "Tecno Spark 20")),
    "device": lambda rng, _: rng.choice(DEVICES),
    "org": lambda rng, _: rng.choice(ORGANISATIONS),
    "errcode": lambda rng, _: rng.choice((_number(rng, 4), f"0x8007{_number(rng, 4)}", f"ERR-{_number(rng, 3)}")),
    "euro": lambda rng, _: rng.choice((f"€{rng.randint(10, 900)}", f"${rng.randint(5, 400)}.99")),
    "rate": lambda rng, _: f"{rng.randint(78, 102)},{_number(rng, 2)}",
    "last4": lambda rng, _: _number(rng, 4),
}
