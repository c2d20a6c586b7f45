"""Makes seeded tickets with planted truth: duplicates, personal data, languages, junk.

Here: the generator and the truth that goes with it. Not here: measuring.

Words come from the texts of the invented demo company, put together at random, so that two questions of different
origin share few letter groups, as in a real help desk; what repeats is planted and known.

What asks the same has one origin. That holds for the few foreign templates, where only a code differs that masking
takes out, and for junk, which asks nothing at all. An earlier truth gave each of these an origin of its own, and so
counted five removals in 100,000 tickets as wrong that were right.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import ft_pipeline

EXACT, NEAR, NAMED, CUED = 0.06, 0.10, 0.34, 0.5  # planted shares; CUED is of the named
_INTENTS = 400
_START = datetime(2026, 1, 1, tzinfo=UTC)
_OPENERS = [
    "Подскажите, {0}?",
    "Скажите пожалуйста, {0}?",
    "Почему {0}?",
    "Как быть, если {0}?",
    "Сколько стоит {0}?",
    "Можно ли {0}?",
    "Хочу узнать, {0}.",
    "У меня {0}, что делать?",
    "{0}, как это исправить?",
    "Когда {0}?",
    "Где посмотреть {0}?",
    "Нужно срочно {0}!",
    "{0}?",
    "{0}",
]
_HELLO = ("Здравствуйте! ", "Добрый день! ", "Добрый день, ", "Привет. ", "здравствуйте ", "", "", "", "")
_BYE = ("", "", "", " Спасибо!", " Заранее спасибо.", "\nС уважением")
_AGENT_HELLO = ("Здравствуйте! ", "Добрый день! ", "Здравствуйте, {0}! ", "", "")
_AGENT_BYE = ("", "", " Обращайтесь, если будут вопросы.", " Хорошего дня!", "\nС уважением, {0}, служба поддержки")
_NOTHING = (
    "Передал коллегам.",
    "Ожидайте, пожалуйста.",
    "Уточню и вернусь к вам.",
    "Минуту, смотрю.",
    "Ваше обращение принято.",
)
_FIRST = (
    "Анна",
    "Пётр",
    "Ольга",
    "Сергей",
    "Мария",
    "Игорь",
    "Наталья",
    "Рустам",
    "Елена",
    "Дмитрий",
    "Айгуль",
    "Тимофей",
)
_SURNAME = (
    "Иванов",
    "Кузнецов",
    "Смирнов",
    "Ахметов",
    "Белозёров",
    "Чернышёв",
    "Лаптев",
    "Гусейнов",
    "Мельников",
    "Щукин",
)
_NO_QUESTION = -1  # the origin of junk
_CUES = ("Меня зовут {0}.", "Это {0}, ваш клиент.", "Получатель: {0}.", "С уважением, {0}")
_ENGLISH = [
    "how can i track my order and what does the {0} status mean",
    "please tell me where to find the {0} invoice for my account",
    "i need help with the {0} delivery, it has not arrived yet",
    "what is the price for {0} storage in your warehouse",
]
_OTHER = [  # a code is all that tells two tickets of one template apart
    "Wann kommt meine Lieferung {0} endlich an und wer zahlt",
    "Де моє замовлення {0} і коли його доставлять",
    "Où puis-je trouver ma facture {0} pour le mois dernier",
    "Қашан менің тапсырысым {0} жеткізіледі",
]


@dataclass(frozen=True)
class Planted:
    """What is true of one ticket."""

    origin: int  # tickets with the same origin ask the same; below 0: a foreign template, or nothing that is asked
    kind: str  # unique | exact | near | says_nothing | english | other_language | junk
    name: str  # the customer's name in the text, "" where there is none
    contact: str  # a phone, mail or number in the text, "" where there is none


@lru_cache(maxsize=1)
def words() -> tuple[str, ...]:
    """Russian words of the demo company's texts, sorted."""
    folder = Path(ft_pipeline.__file__).parent / "demo" / "company"
    text = "\n".join(path.read_text(encoding="utf-8").lower() for path in sorted(folder.rglob("*.yaml")))
    return tuple(sorted(set(re.findall(r"(?<![а-яё])[а-яё]{4,12}(?![а-яё])", text))))


def make(rows: int, *, seed: int = 1, new_from: int | None = None) -> tuple[dict[str, list[Any]], list[Planted]]:
    """Turns as columns of `records.Turn`, and the truth per ticket.

    Args:
        rows: number of tickets.
        seed: of everything that is drawn.
        new_from: tickets from this number on come from another seed (the 1 % that a refresh brings).
    """
    maker = _Maker(seed)
    for number in range(rows):
        if number == new_from:
            maker.reseed(seed + 1)
        maker.ticket(number)
    return maker.columns, maker.truth


class _Maker:
    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.words = words()
        self.columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
        self.truth: list[Planted] = []
        self.asked: list[tuple[int, str, str, int]] = []  # origin, question, answer, intent
        fixed = random.Random(seed)
        self.topics = [fixed.sample(self.words, 8) for _ in range(_INTENTS)]
        self.macros = [self._macro(topic, fixed) for topic in self.topics]

    def reseed(self, seed: int) -> None:
        self.draw = random.Random(seed)

    def ticket(self, number: int) -> None:
        draw = self.draw
        chance = draw.random()
        if chance < EXACT + NEAR and self.asked:
            kind = "exact" if chance < EXACT else "near"
            origin, question, answer, intent = draw.choice(self.asked)
            question = question if kind == "exact" else self._varied(question)
        else:
            origin, kind, intent = number, "unique", draw.randrange(_INTENTS)
            question, answer = self._question(intent), self._answer(intent)
            self.asked.append((origin, question, answer, intent))
        if kind == "unique" and chance > 0.86:
            self.asked.pop()
            kind, question, answer, origin = self._odd(question, answer, origin)
        name, contact = "", ""
        if draw.random() < NAMED:
            name = f"{draw.choice(_FIRST)} {draw.choice(_SURNAME)}"
            question += " " + (draw.choice(_CUES) if draw.random() < CUED else "{0}").format(name)
        if draw.random() < 0.2:
            contact = self._contact()
            question += f" {contact}"
        self.truth.append(Planted(origin, kind, name, contact))
        question = self._damaged(draw.choice(_HELLO) + question + draw.choice(_BYE))
        self._write(number, question, answer, intent=intent)

    def _question(self, intent: int) -> str:
        body = self.draw.sample(self.topics[intent], 2) + self.draw.sample(self.words, self.draw.randint(4, 10))
        self.draw.shuffle(body)
        return self.draw.choice(_OPENERS).format(" ".join(body))

    def _macro(self, topic: list[str], draw: random.Random) -> str:
        first = " ".join(draw.sample(self.words, 6) + topic[:3])
        second = " ".join(topic[3:6] + draw.sample(self.words, 5))
        days, price = draw.randint(2, 30), draw.randint(2, 90)
        return f"Для этого {first} в течение {days} дней. Также {second}, стоимость {price}50 рублей."

    def _answer(self, intent: int) -> str:
        macro, chance = self.macros[intent], self.draw.random()
        if chance < 0.5:
            return macro
        if chance < 0.75:
            return macro.replace(" также ", " ещё ").replace(
                "Для этого", self.draw.choice(("Чтобы так было,", "Тогда", "Итак,"))
            )
        return f"{macro} {' '.join(self.draw.sample(self.words, 7)).capitalize()}."

    def _varied(self, question: str) -> str:
        """The same question with one or two of the small changes that people make."""
        for _ in range(self.draw.randint(1, 2)):
            way, place = self.draw.randrange(4), self.draw.randrange(5, len(question) - 2)
            if way == 0:
                question = question[:place] + question[place + 1 :]
            elif way == 1:
                question = question[:place] + question[place] + question[place:]
            elif way == 2:
                question = question.lower().rstrip("?!.")
            else:
                question = f"{question.rstrip('?!.')} да?"
        return question

    def _odd(self, question: str, answer: str, origin: int) -> tuple[str, str, str, int]:
        """Kind, question, answer and origin of a ticket that is no usual one."""
        way, filler = self.draw.randrange(4), " ".join(self.draw.sample(self.words, 1))
        code = f"{self.draw.randrange(10**6)}"
        if way == 0:
            return "says_nothing", question, self.draw.choice(_NOTHING), origin
        if way == 3:
            return "junk", self.draw.choice(("????", "...", "ок", "👍", "123", filler[:2])), answer, _NO_QUESTION
        template = self.draw.choice(_ENGLISH if way == 1 else _OTHER)
        origin = _NO_QUESTION - 1 - [*_ENGLISH, *_OTHER].index(template)
        return "english" if way == 1 else "other_language", template.format(code), answer, origin

    def _contact(self) -> str:
        d = self.draw
        phone = f"+7 9{d.randrange(10**2):02d} {d.randrange(10**3):03d}-{d.randrange(100):02d}-{d.randrange(100):02d}"
        return d.choice((phone, f"user{d.randrange(10**5)}@mail.ru", f"заказ № {d.randrange(10**7, 10**8)}"))

    def _damaged(self, text: str) -> str:
        chance = self.draw.random()
        if chance < 0.01:
            return text.encode("utf-8").decode("cp1251", errors="ignore")
        if chance < 0.04:
            return f"<p>{text.replace('?', '?<br>')}</p>"
        if chance < 0.06:
            return text.replace(" ", "\u00a0", 3) + " \u200c \u200c"
        if chance < 0.07:
            return text.replace(" ", "&nbsp;", 2)
        return text

    def _write(self, number: int, question: str, answer: str, *, intent: int) -> None:
        draw, at = self.draw, _START + timedelta(seconds=number * 20)
        agent = draw.choice(_FIRST)
        reply = draw.choice(_AGENT_HELLO).format(agent) + answer + draw.choice(_AGENT_BYE).format(agent)
        said = [("customer", question), ("agent", reply)]
        if draw.random() < 0.15:
            said.insert(1, ("agent", "Уточните, пожалуйста, о каком городе речь?"))
            said.insert(2, ("customer", f"Город {draw.choice(self.words)}"))
        if draw.random() < 0.3:
            said.append(("customer", "Спасибо!"))
        status = draw.choices(("resolved", "reopened", "open", ""), (88, 4, 2, 6))[0]
        customer = f"c{draw.randrange(10**9)}"
        category = f"Тема {intent}" if intent % 2 else ""
        for position, (role, text) in enumerate(said):
            row = (f"t{number}", str(position), position, role, text, (at + timedelta(minutes=position)).isoformat())
            for name, value in zip(_COLUMNS, (*row, customer, "chat", status, category, "desk", ""), strict=True):
                self.columns[name].append(value)


_COLUMNS = (
    "ticket_id",
    "turn_id",
    "position",
    "role",
    "text",
    "created_at",
    "customer_id",
    "channel",
    "status",
    "category",
    "source",
    "kind",
)
