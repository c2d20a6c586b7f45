"""How people really type: pure functions from a clean text and a random generator to a badly typed one.

Here: slips of the finger, spelling by ear, the wrong keyboard layout, Latin letters, lost punctuation, slang. Each
result remembers which clean word stands where, so that training can tell the model what was meant. Not here: greetings
and other wrappers, anything about topics.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

WORD = re.compile(r"[А-Яа-яЁё]+")
_LAYOUT = dict(
    zip(
        "йцукенгшщзхъфывапролджэячсмитьбюёЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ.,?№",
        "qwertyuiop[]asdfghjkl;'zxcvbnm,.`QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>~/?&#",
        strict=True,
    )
)
_KEYS = ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю")
_LATIN = {
    "а": ("a",), "б": ("b",), "в": ("v",), "г": ("g",), "д": ("d",), "е": ("e",), "ё": ("e", "yo"), "ж": ("zh",),
    "з": ("z",), "и": ("i",), "й": ("y", "i", "j"), "к": ("k",), "л": ("l",), "м": ("m",), "н": ("n",), "о": ("o",),
    "п": ("p",), "р": ("r",), "с": ("s",), "т": ("t",), "у": ("u",), "ф": ("f",), "х": ("h", "kh", "x"),
    "ц": ("ts", "c"), "ч": ("ch",), "ш": ("sh",), "щ": ("sch", "shch"), "ъ": ("",), "ы": ("y", "i"), "ь": ("", "'"),
    "э": ("e",), "ю": ("yu", "u"), "я": ("ya", "ia"),
}  # fmt: skip
_BY_EAR = (
    ("ться", "тся"), ("тся", "ться"), ("тся", "ца"), ("ого", "ова"), ("его", "ево"), ("что", "што"), ("чтобы", "штоб"),
    ("сч", "щ"), ("щ", "сч"), ("нн", "н"), ("сс", "с"), ("лл", "л"), ("о", "а"), ("а", "о"), ("е", "и"), ("и", "е"),
    ("я", "и"), ("я", "е"), ("ъе", "ье"), ("ъё", "ье"), ("ъ", "ь"), ("жи", "жы"), ("ши", "шы"), ("вк", "фк"),
    ("вс", "фс"), ("дк", "тк"), ("бк", "пк"), ("зк", "ск"), ("жк", "шк"), ("ь", ""), ("здн", "зн"), ("стн", "сн"),
    ("э", "е"), ("ю", "у"), ("ё", "о"),
)  # fmt: skip
_BY_EAR_END = (("г", "к"), ("в", "ф"), ("д", "т"), ("з", "с"), ("б", "п"), ("ж", "ш"), ("и", "е"), ("ей", "ий"))
SLANG = {
    "сколько": ("скока", "скок", "скоко", "скольк"), "что": ("чё", "чо", "шо", "што"), "сейчас": ("щас", "ща", "счас"),
    "сегодня": ("сёдня", "сёня", "сегодне"), "пожалуйста": ("плиз", "пож", "пжлст", "пожалуста", "плз"),
    "здравствуйте": ("здрасте", "здрасьте", "здравствуте"), "вообще": ("ваще", "вобще"), "только": ("тока", "токо"),
    "когда": ("када", "кагда"), "человек": ("чел",), "интернет": ("инет",), "нормально": ("норм",),
    "спасибо": ("спс", "пасиб", "спасиб"), "телефон": ("тел", "мобила"), "рублей": ("руб", "р", "рэ"),
    "тысяч": ("тыщ", "тыс"), "тысячи": ("тыщи", "тыс"), "какой": ("кокой",), "может": ("мож",), "хочу": ("хачу",),
    "если": ("есле", "ежели"), "ничего": ("ниче", "ничо"), "это": ("эт", "ето"), "потом": ("патом",),
    "тогда": ("тада",), "его": ("ево",), "килограммов": ("кг", "кило"), "килограмм": ("кг", "кило"), "или": ("иль",),
    "почему": ("пачему", "почемуу"), "нужно": ("надо", "нуно"), "сюда": ("сюды",), "куда": ("куды",),
    "можно": ("мона", "можна"),
}  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """A text as typed, and for each word (start, end, the clean lower-case word that was meant)."""

    text: str
    words: tuple[tuple[int, int, str], ...]


def as_is(text: str) -> Typed:
    """The text untouched, with its words marked."""
    return Typed(text, tuple((m.start(), m.end(), m[0].lower()) for m in WORD.finditer(text)))


def _neighbour(letter: str, rng: random.Random) -> str:
    for row in _KEYS:
        place = row.find(letter)
        if place >= 0:
            near = row[max(0, place - 1) : place + 2].replace(letter, "")
            return rng.choice(near)
    return letter


def slip(word: str, rng: random.Random) -> str:
    """One slip of the finger: a letter dropped, doubled, swapped with the next, or hit on the next key."""
    if len(word) < 3:
        return word
    place = rng.randrange(len(word))
    kind = rng.random()
    if kind < 0.35:
        return word[:place] + word[place + 1 :]
    if kind < 0.55:
        return word[:place] + word[place] + word[place:]
    if kind < 0.75 and place + 1 < len(word):
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return word[:place] + _neighbour(word[place].lower(), rng) + word[place + 1 :]


def by_ear(word: str, rng: random.Random) -> str:
    """One mistake of somebody who writes as he hears."""
    if len(word) < 3:
        return word
    if rng.random() < 0.2:
        for end, heard in _BY_EAR_END:
            if word.endswith(end):
                return word[: -len(end)] + heard
    fitting = [pair for pair in _BY_EAR if pair[0] in word[1:]]
    if not fitting:
        return slip(word, rng)
    written, heard = rng.choice(fitting)
    place = 1 + rng.choice([m.start() for m in re.finditer(re.escape(written), word[1:])])
    return word[:place] + heard + word[place + len(written) :]


def _rebuild(text: str, change: dict[int, str]) -> Typed:
    """Put the changed words (keyed by their number) into the text and mark where each word now stands."""
    parts: list[str] = []
    words: list[tuple[int, int, str]] = []
    at, last = 0, 0
    for number, match in enumerate(WORD.finditer(text)):
        between = text[last : match.start()]
        new = change.get(number, match[0])
        at += len(between)
        words.append((at, at + len(new), match[0].lower()))
        parts += [between, new]
        at += len(new)
        last = match.end()
    parts.append(text[last:])
    return Typed("".join(parts), tuple(words))


def misspell(text: str, rng: random.Random, *, share: float) -> Typed:
    """Misspell about `share` of the words, at least one; known words may become slang."""
    change: dict[int, str] = {}
    matches = list(WORD.finditer(text))
    long = [number for number, match in enumerate(matches) if len(match[0]) > 3]
    sure = rng.choice(long) if long else -1
    for number, match in enumerate(matches):
        word = match[0]
        if word.lower() in SLANG and rng.random() < 0.5 * share + 0.15:
            change[number] = rng.choice(SLANG[word.lower()])
        elif number == sure or rng.random() < share:
            change[number] = (slip if rng.random() < 0.5 else by_ear)(word, rng)
            if rng.random() < 0.15:
                change[number] = slip(change[number], rng)
    return _rebuild(text, change)


def bare(typed: Typed, rng: random.Random) -> Typed:
    """No capitals, and mostly no punctuation (each mark becomes a space or goes)."""
    text = typed.text.lower()
    if rng.random() < 0.7:
        keep_last = rng.random() < 0.3
        kept: list[str] = []
        shift, place = [0] * (len(text) + 1), 0
        for index, letter in enumerate(text):
            shift[index] = place
            dropped = letter in '.,;:!?«»"()—–' and not (keep_last and index == len(text) - 1)
            if not dropped and not (letter == " " and kept and kept[-1] == " "):
                kept.append(letter)
                place += 1
        shift[len(text)] = place
        return Typed("".join(kept), tuple((shift[a], shift[b - 1] + 1, word) for a, b, word in typed.words if b > a))
    return Typed(text, typed.words)


def without_yo(typed: Typed) -> Typed:
    """ё written as е."""
    return Typed(typed.text.replace("ё", "е").replace("Ё", "Е"), typed.words)


def wrong_layout(typed: Typed) -> Typed:
    """Russian typed with the English keyboard layout: привет → ghbdtn."""
    return Typed("".join(_LAYOUT.get(letter, letter) for letter in typed.text), typed.words)


def in_latin(typed: Typed, rng: random.Random) -> Typed:
    """Russian spelt with Latin letters; one writer keeps to one spelling of each letter."""
    habit = {letter: rng.choice(ways) for letter, ways in _LATIN.items()}
    shift, parts, place = [], [], 0
    for letter in typed.text:
        shift.append(place)
        new = habit.get(letter.lower(), letter)
        parts.append(new.upper() if letter.isupper() and len(new) == 1 else new)
        place += len(new)
    shift.append(place)
    return Typed("".join(parts), tuple((shift[a], shift[b], word) for a, b, word in typed.words))


def type_badly(text: str, rng: random.Random) -> Typed:
    """One writer's manner, drawn at random: from clean to Latin letters."""
    draw = rng.random()
    if draw < 0.25:
        typed = as_is(text)
    elif draw < 0.40:
        typed = bare(as_is(text), rng)
    elif draw < 0.60:
        typed = misspell(text, rng, share=0.12)
        typed = bare(typed, rng) if rng.random() < 0.5 else typed
    elif draw < 0.80:
        typed = bare(misspell(text, rng, share=0.4), rng)
    elif draw < 0.84:
        typed = misspell(text, rng, share=0.15) if rng.random() < 0.5 else as_is(text)
        typed = Typed(typed.text.upper(), typed.words)
    elif draw < 0.92:
        typed = wrong_layout(bare(as_is(text), rng) if rng.random() < 0.8 else as_is(text))
    else:
        typed = in_latin(bare(as_is(text), rng) if rng.random() < 0.8 else as_is(text), rng)
    return without_yo(typed) if rng.random() < 0.5 else typed
