"""The fresh set: a fourth labelled half, written by somebody who had seen neither the rules nor the halves before it.

Here: how its texts are put together. The result is frozen in `fresh.jsonl`, whose hash stands in a test;
`python -m benchmarks.curate.labelled.fresh` writes it again. Not here: words, templates, numbers, slips (fresh_*).

What is labelled, as a data-protection officer would mark it:

- ИМЯ: every name of a person (customer, agent, third person): full, given, diminutive, patronymic or surname alone,
  initials with surname, Latin letters too; one entity for the words that stand together. No title before it ("врач",
  "ИП", "тётя"). No film, brand, assistant, hotel, metro station or street that is named after somebody.
- ТЕЛЕФОН: every number to call, a hotline and a firm's number too; the extension after "доб." is not part of it.
- ПОЧТА, НИК: the address, the @name, the t.me link, or a bare name that the text calls a Telegram name.
- АДРЕС: from the index or the town, where it stands in the same comma-separated address, to the house or the flat. A
  town alone is none, nor is one before "на улице …".
- КАРТА: the whole number; the last four digits alone are not.
- ПАСПОРТ: from the first to the last digit of series and number. Who issued it and when is not.
- СНИЛС, ИНН: the number; a firm's ИНН too.
- СЧЁТ: accounts of 20 digits, the correspondent account, and the personal account with a utility or a provider. БИК,
  КПП, КБК are public and none of them is one.
- НОМЕР: contracts, policies, orders, tracking numbers, bookings, where the text makes clear what it is. Neither "№" nor
  "#" before it is part. Articles of goods, standards, laws, error codes, versions, flights, ISBN are none.
- АВТО: the number plate with its region.
- Dates (birth too), sums, tariffs and promotional codes are none.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.curate.labelled import fresh_numbers as numbers
from benchmarks.curate.labelled import fresh_words as words
from benchmarks.curate.labelled.fresh_fillers import FILLERS
from benchmarks.curate.labelled.fresh_forms import ENGLISH, FORMS, LETTERS
from benchmarks.curate.labelled.fresh_misses import MISSES
from benchmarks.curate.labelled.fresh_shapes import AGENTS, CHAT
from benchmarks.curate.labelled.fresh_typos import AGENT_MODES, FIXED, MODES, written
from benchmarks.curate.labelled.text import Labelled, Piece, joined, pieces_of, read_jsonl, write_jsonl

FROZEN = Path(__file__).with_name("fresh.jsonl")
SEED = 20_261_122
PER_SHAPE, PER_MISS = 10, 7  # texts of one template
NAME = "ИМЯ"
_SEXES = re.compile(r"^([mfx]{1,2})\|")
_PERSON = re.compile(r"^(fio|iof|io|fi|if|ini|nif|dim|f|i|o)(2?)$")
# how many at the head of the lists are Russian
_RUSSIAN_MALE, _RUSSIAN_FEMALE = words.MALE.index("Ярослав") + 1, words.FEMALE.index("Яна") + 1
_RUSSIAN_FATHERS = 20
_OPENINGS = (
    "Здравствуйте! ",
    "Добрый день. ",
    "Приветствую. ",
    "Доброе утро! ",
    "Добрый вечер! ",
    "Привет! ",
    "Уважаемая поддержка! ",
    "Повторяю вопрос. ",
    "День добрый! ",
)
_CLOSINGS = (
    " Спасибо",
    " Жду ответа!",
    " Помогите, пожалуйста",
    " Заранее благодарю.",
    " Надоело уже.",
    " Очень срочно!!!",
    " Ответьте хоть что-нибудь",
)

NUMBERS: dict[str, Callable[[random.Random, str], Piece]] = {
    "phone": numbers.phone,
    "mail": lambda rng, _: numbers.mail(rng),
    "card": lambda rng, _: numbers.card(rng),
    "passport": lambda rng, _: numbers.passport(rng),
    "snils": lambda rng, _: numbers.snils(rng),
    "inn": lambda rng, style: numbers.inn(rng, style or "person"),
    "acc": numbers.account,
    "contract": lambda rng, _: numbers.contract(rng),
    "order": lambda rng, _: numbers.order(rng),
    "track": lambda rng, _: numbers.track(rng),
    "booking": lambda rng, _: numbers.booking(rng),
    "policy": numbers.policy,
    "plate": lambda rng, _: numbers.plate(rng),
    "nick": numbers.nick,
    "addr": numbers.address,
    "address_en": lambda rng, _: numbers.address_abroad(rng),
}


def fresh() -> list[Labelled]:
    """The frozen set."""
    return read_jsonl(FROZEN)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a text."""

    is_female: bool
    surname: str
    given: str
    short: str
    father: tuple[str, ...]
    whole: str = ""  # a name of another order, used as it is where the full name stands in the nominative

    def written(self, form: str, case: str) -> Piece:
        """The name in a form and a case, as an entity whose style is the form."""
        surname = words.surname(self.surname, self.is_female, case)
        given = words.given(self.given, self.is_female, case)
        father = words.patronymic(self.father, self.is_female, case)
        initials = (f"{self.given[0]}.", f"{self.father[0][0]}.")
        if form == "fio" and case == "n" and self.whole:
            return Piece(self.whole, NAME, "other_order")
        texts = {
            "fio": (f"{surname} {given} {father}", "full"),
            "iof": (f"{given} {father} {surname}", "full"),
            "io": (f"{given} {father}", "given_patronymic"),
            "fi": (f"{surname} {given}", "given_surname"),
            "if": (f"{given} {surname}", "given_surname"),
            "ini": (f"{surname} {initials[0]}{initials[1]}", "initials"),
            "nif": (f"{initials[0]} {initials[1]} {surname}", "initials"),
            "dim": (words.given(self.short, self.is_female, case), "diminutive"),
            "f": (surname, "surname"),
            "i": (given, "given"),
            "o": (father, "patronymic"),
        }
        text, style = texts[form]
        return Piece(text, NAME, style)


def _somebody(rng: random.Random, sex: str) -> Person:
    is_female = sex == "f" or (sex == "x" and rng.random() < 0.5)
    names, russian = (words.FEMALE, _RUSSIAN_FEMALE) if is_female else (words.MALE, _RUSSIAN_MALE)
    is_russian = rng.random() < 0.55
    whole = ""
    if rng.random() < 0.05:
        whole = rng.choice(words.WHOLE_FEMALE if is_female else words.WHOLE_MALE)
    return Person(
        is_female,
        rng.choice(words.SURNAMES),
        rng.choice(names[:russian] if is_russian else names[russian:]),
        rng.choice(words.SHORT_FEMALE if is_female else words.SHORT_MALE),
        rng.choice(words.FATHERS[:_RUSSIAN_FATHERS] if is_russian else words.FATHERS[_RUSSIAN_FATHERS:]),
        whole,
    )


def _two_people(rng: random.Random, sexes: str) -> tuple[Person, Person]:
    first = _somebody(rng, sexes[:1] or "x")
    while True:
        second = _somebody(rng, sexes[1:2] or "x")
        if second.surname != first.surname and second.given != first.given and second.short != first.short:
            return first, second


def make(template: str, rng: random.Random, *, mode: str, opening: str = "", closing: str = "") -> Labelled:
    """One text of a template."""
    prefix = _SEXES.match(template)
    body = template[prefix.end() :] if prefix else template
    people = _two_people(rng, prefix[1] if prefix else "")

    def fill(slot: str, argument: str) -> Piece:
        person = _PERSON.match(slot)
        if person:
            return people[bool(person[2])].written(person[1], argument)
        if slot in ("v", "v2"):
            return Piece(argument.split("_")[people[slot == "v2"].is_female])
        if slot in NUMBERS:
            return NUMBERS[slot](rng, argument)
        if slot.startswith("latin"):
            name = rng.choice(words.LATIN_PEOPLE)
            return Piece(name.split()[0] if slot == "latin_first" else name, NAME, "latin")
        return Piece(FILLERS[slot](rng, argument), "", FIXED)

    return joined(written(pieces_of(opening + body + closing, fill), mode, rng))


def generate() -> list[Labelled]:
    """All texts, in the order of a seeded shuffle; the same on every call."""
    rng = random.Random(SEED)
    texts: dict[str, Labelled] = {}
    for templates, count, has_frame in (
        (CHAT, PER_SHAPE, True),
        (AGENTS, PER_SHAPE, False),
        (FORMS, PER_SHAPE, False),
        (LETTERS, PER_SHAPE, False),
        (ENGLISH, PER_SHAPE, False),
        (MISSES, PER_MISS, True),
    ):
        for template in templates:
            for item in _of_template(template, count, rng, has_frame=has_frame):
                texts.setdefault(item.text, item)
    everything = list(texts.values())
    rng.shuffle(everything)
    return everything


def _of_template(template: str, count: int, rng: random.Random, *, has_frame: bool) -> list[Labelled]:
    body = template.split("|")[-1] if _SEXES.match(template) else template
    is_latin = body[:1].isascii() and body[:1].isalpha()
    may_open = has_frame and not is_latin and not body.lower().startswith(("здравствуйте", "добр", "алло", "{fio:n} {"))
    modes = AGENT_MODES if template in AGENTS else MODES
    found = []
    for _ in range(count):
        opening = _one_of(_OPENINGS, rng, 0.3) if may_open else ""
        closing = _one_of(_CLOSINGS, rng, 0.2) if may_open else ""
        if closing and body[-1] not in ".!?":
            closing = "." + closing
        mode = rng.choices(list(modes), weights=list(modes.values()))[0]
        found.append(make(template, rng, mode=mode, opening=opening, closing=closing))
    return found


def _one_of(options: Sequence[str], rng: random.Random, share: float) -> str:
    return rng.choice(options) if rng.random() < share else ""


if __name__ == "__main__":
    write_jsonl(FROZEN, generate())
