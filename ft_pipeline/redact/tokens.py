"""The words of a text with what they can be and where they stand: what names.py decides upon.

Here: a token, its weight as a name by the dictionary alone, and places that bar a name (a street, a brand, a town).
Not here: the words beside it that speak for a person (witnesses.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ft_pipeline.redact import frames, given
from ft_pipeline.redact.mistyped import is_slip
from ft_pipeline.redact.morphology import Reading, read_word

WORD = re.compile(r"[А-ЯЁа-яё]+(?:-[А-ЯЁа-яё]+)*")
_NUMBER_BEHIND = re.compile(r"-?\d")
_SMALL_WORD_BEHIND = re.compile(r" ([а-яё]{4,})")
_SMALL_NUMBER_BEHIND = re.compile(r" \d{1,2}(?![\d.:-])")
_TWO_WORDS_BEHIND = re.compile(r" ([А-ЯЁа-яё]+)(?: ([А-ЯЁа-яё]+))?")
_ABBREVIATED = re.compile(r"\. [а-яё]|\. ?[А-ЯЁA-Z]{0,3}\d")
_ABBREVIATIONS = frozenset({"макс", "вит", "кат", "вал", "ник", "ген", "рим", "мед", "арт"})
ADJECTIVE_SURNAME = re.compile(r"[ыи]х$")  # "Малых", "Седых": no dictionary calls them surnames
_BEFORE_STREET = (" на ", " с ", " до ", " по ", " у ", " НА ", " С ", " ДО ", " ПО ", " У ")
_SINGULAR_SURNAME = re.compile(r"(?:[оеё]в(?:а|у|ой|ым)|[иы]н(?:у|ой|ым))$")  # no noun has these endings in the plural
_LEAST_COINED = 6  # letters of a surname that no dictionary knows
_REACH = 4  # words beside an interesting one that are looked at
NONE, WEAK, MEDIUM, STRONG = range(4)
LEAST_STRONG = 0.8  # share of name readings from which a word is a name wherever it stands
LEAST_GIVEN = 0.04  # the same for a given name: who writes "Надежду" with a capital means a person
LEAST_MEDIUM = 0.28  # share from which a capital inside a sentence is enough


@dataclass(frozen=True, slots=True)
class Form:
    """A word in one way of writing, with all that needs no neighbour to be said of it; remembered."""

    reading: Reading
    weight: int
    is_capital: bool  # "Иван"
    is_upper: bool  # "ИВАН"
    is_likely: bool  # can it be (a part of) a name at all?
    is_cue: bool  # can it announce one? Most texts hold neither


@dataclass(slots=True)
class Token:
    start: int
    end: int
    text: str
    reading: Reading
    weight: int  # as a name
    is_capital: bool
    is_upper: bool
    is_cue: bool
    is_first: bool = False  # of its sentence
    is_barred: bool = False  # stands for a place or a brand here


_forms: dict[str, Form] = {}
_MOST_FORMS = 300_000


def form_of(word: str) -> Form:
    """What is known of a word as it is written."""
    known = _forms.get(word)
    if known is None:
        reading = read_word(word)
        weight, is_small = weight_of(reading), word.islower()
        is_upper = len(word) > 1 and word.isupper()
        is_short = len(reading.lemma) < 5 or (len(reading.lemma) == 5 and reading.lemma[-1] in "аеиоуыэюя")
        is_short = is_short and not (reading.has_surname_form and len(word) >= _LEAST_COINED)  # "юнусов"
        if weight == STRONG and is_small and is_short and reading.given > reading.surname:
            weight = STRONG if reading.lemma in frames.FREQUENT or given.is_sure(word) else MEDIUM
        if not reading.is_known and len(word) < 5 and not word.istitle():
            weight = NONE if weight < STRONG else weight  # "ЭДО", "мона"
        if (
            not reading.is_known
            and reading.given > reading.surname
            and not given.share_of(word.lower(), is_known=False)
        ):
            weight = min(weight, WEAK) if is_slip(word.lower()) else weight  # "Цина": a rare name, or a price
        # "маркетплейсов" is no surname; "юнусову" can be nothing else
        is_surname = reading.has_sure_form or (
            reading.has_surname_form and (word.istitle() or _SINGULAR_SURNAME.search(word.lower()) is not None)
        )
        if is_surname and not reading.is_known and len(word) >= _LEAST_COINED and weight < STRONG:
            weight = weight if is_slip(word.lower()) else STRONG
        is_likely = (
            weight >= (MEDIUM if is_small else WEAK)
            or (not reading.is_known and (not is_small or reading.has_surname_form))
            or (not is_small and (reading.is_animate or ADJECTIVE_SURNAME.search(word.lower()) is not None))
        )
        is_likely = is_likely or word.lower() in frames.MARKS_OF_FATHER
        is_cue = reading.base in frames.CUE_WORDS or reading.base in frames.ROLES or word.lower() in frames.CUE_FORMS
        known = Form(reading, weight, word[0].isupper() and not is_upper, is_upper, is_likely, is_cue)
        if len(_forms) >= _MOST_FORMS:
            _forms.clear()
        _forms[word] = known
    return known


def forget_words() -> None:
    """Empties the memory of word forms."""
    _forms.clear()


def weight_of(reading: Reading) -> int:
    share = reading.name
    if reading.is_function_word and share < LEAST_STRONG:
        return NONE
    if not reading.is_known:
        if reading.patronymic >= 1 or reading.given >= LEAST_STRONG:
            return STRONG
        return (
            MEDIUM
            if (reading.has_surname_form and share > 0) or reading.given >= LEAST_MEDIUM
            else (WEAK if share > 0 else NONE)
        )
    if share >= LEAST_STRONG or (share >= 0.5 and share + reading.place >= 0.95):
        return STRONG
    return MEDIUM if share >= LEAST_MEDIUM else (WEAK if share > 0 else NONE)


def tokens_of(text: str) -> list[Token]:
    """The words that are a name, may be one, announce one, or stand near such a word."""
    words = list(WORD.finditer(text))
    forms = [form_of(word[0]) for word in words]
    near: set[int] = set()
    for index, form in enumerate(forms):
        if form.is_likely:
            near.update(range(index - _REACH, index + _REACH + 1))
        elif form.is_cue:
            near.update(range(index - 1, index + _REACH + 1))
    quoted = _quoted_words(text)
    tokens: list[Token] = []
    for index, (word, form) in enumerate(zip(words, forms, strict=True)):
        if index not in near:
            continue
        start, end = word.span()
        token = Token(start, end, word[0], form.reading, form.weight, form.is_capital, form.is_upper, form.is_cue)
        if form.weight or not form.reading.is_known or form.is_capital or form.is_upper:
            token.is_first = _is_sentence_start(text, start)
            previous = tokens[-1] if tokens else None
            token.is_barred = word[0].lower() in quoted or _stands_for_place(text, token, previous)
        tokens.append(token)
    return tokens


def may_hold_names(text: str) -> bool:
    """Is there a word in it at which the dear look begins?"""
    for word in WORD.findall(text):
        known = _forms.get(word)
        form = known or form_of(word)
        if form.is_likely or form.is_cue:
            return True
    return False


def _is_sentence_start(text: str, start: int) -> bool:
    position = start - 1
    while position >= 0 and text[position] in " \t\u00a0":
        position -= 1
    if position < 0 or text[position] in frames.SENTENCE_ENDS:
        return True
    return text[position] in "-»)" and (position == 0 or text[position - 1] in "\n.!?")


def _quoted_words(text: str) -> frozenset[str]:
    """Words of short quotations are titles and brands, in and outside the quotation marks."""
    if not any(mark in text for mark in '«"„“'):
        return frozenset()
    short = [match[1] for match in frames.QUOTED.finditer(text) if match[1].count(" ") < 3]
    return frozenset(word.lower() for quotation in short for word in WORD.findall(quotation))


def _stands_for_place(text: str, token: Token, previous: Token | None) -> bool:
    """ "ул. Гагарина", "в Киров": a street, an institution, a product or a town that bears a person's name."""
    if token.text.lower() in _ABBREVIATIONS and _ABBREVIATED.match(text, token.end):
        return True  # "Макс. вес"
    if previous is not None and _is_after_place(text, previous.text, previous.reading, previous.end, token.start):
        return True
    if previous is not None and _continues_barred(text, token, previous):
        return True
    if token.text.lower() in frames.ASSISTANTS and frames.ASSISTANT.match(text, token.end):
        return True
    if _is_scenery(text, token):
        return True
    if _has_complement(text, token) or _describes(text, token) or _NUMBER_BEHIND.match(text, token.end):
        return True
    reading = token.reading
    before = text[max(0, token.start - 24) : token.start]
    is_author = token.text.endswith(("ого", "ова", "ева", "ина", "ой"))
    if is_author and not reading.given and frames.WORK_BEFORE.search(before):
        return True  # "роман Толстого"
    if reading.surname > reading.given and frames.HOUSE_BEHIND.match(text, token.end):
        return True
    if previous is not None and previous.text.lower() == "с" and frames.DEVICE_WITH.search(before):
        return True  # "колонка с Алисой"
    if reading.surname > reading.given and before.endswith(_BEFORE_STREET) and frames.PLACES.search(before):
        return True
    is_listed = before.rstrip().endswith(",") and frames.PHONE_BEHIND.match(text, token.end) is not None
    is_town = reading.place > 0 or bool({token.text.lower().replace("ё", "е"), reading.lemma} & frames.TOWNS)
    follows_role = previous is not None and (
        previous.reading.base in frames.ROLES or (previous.is_cue and ":" in text[previous.end : token.start])
    )
    if is_town and not follows_role and (is_listed or frames.STREET_BEHIND.match(text, token.end)):
        return True  # in an address
    if token.text.lower() == "роман" and frames.NOVEL_BY.match(text, token.end):
        return True
    if reading.surname and frames.LANDMARK_BEHIND.match(text, token.end):
        return True
    if previous is not None and _is_model(text, token, previous):
        return True
    return (
        is_town
        and not follows_role
        and (frames.TOWARDS.search(before) is not None or bool(re.match(r"\s?[—–→-]", text[token.end : token.end + 2])))
    )


def _is_model(text: str, token: Token, previous: Token) -> bool:
    """ "шкаф-купе Марсель 2": a thing, a name and a small number."""
    thing = previous.reading
    is_thing = thing.is_known and thing.is_noun and not thing.is_animate and thing.base not in frames.CUE_WORDS
    return (
        is_thing
        and not token.reading.surname
        and text[previous.end : token.start] == " "
        and _SMALL_NUMBER_BEHIND.match(text, token.end) is not None
    )


def _is_after_place(text: str, word: str, reading: Reading, end: int, start: int) -> bool:
    """Is the word that ends at `end` one that a place, a product or a brand follows, with nothing else between?"""
    return (
        start - end < 4
        and not (word.lower() == "имени" and text[:end].lower().endswith("по имени"))
        and not text[end:start].strip(' .«"\u00a0')
        and (reading.base in frames.NO_PERSON_BEFORE or word.lower() in frames.NO_PERSON_BEFORE)
    )


def _has_complement(text: str, token: Token) -> bool:
    """ "Вера в сервис", "Слава богу": but "Вера в отпуске" """
    preposition, case = frames.COMPLEMENTS.get(token.text.lower(), ("?", ""))
    following = _TWO_WORDS_BEHIND.match(text, token.end)
    if preposition == "?" or following is None:
        return False
    governed = following[2] if preposition and following[1].lower() == preposition else None
    governed = following[1] if not preposition else governed
    if governed is None:
        return False
    cases = read_word(governed).cases
    return case in cases and not (case == "accs" and "loct" in cases and "nomn" not in cases)


def _continues_barred(text: str, token: Token, previous: Token) -> bool:
    """ "духи Кристиан Диор", "парк Юрия Гагарина": what bars the first word bars the second."""
    is_beside = text[previous.end : token.start] == " " and previous.is_capital == token.is_capital
    is_whole = previous.reading.patronymic or token.reading.patronymic
    return previous.is_barred and is_beside and not is_whole and previous.reading.name > 0


def _is_scenery(text: str, token: Token) -> bool:
    """ "Роман в двух томах", "Роза ветров", "Лев на упаковке": a given name that is a word of every day, and what "
    "it is of."""
    if token.text.lower() not in frames.EVERYDAY_NAMES:
        return False
    behind = _TWO_WORDS_BEHIND.match(text, token.end)
    if behind is None or not behind[1].islower():
        return False
    if behind[1] in {"в", "на", "с", "из", "для", "и", "без", "к"} and behind[2]:
        noun = read_word(behind[2])
        return behind[2].islower() and noun.base not in frames.WHEREABOUTS and not noun.name and not noun.is_verb
    reading = read_word(behind[1])
    return reading.is_noun and reading.case == "gent" and not reading.is_verb and reading.base not in frames.ROLES


def _describes(text: str, token: Token) -> bool:
    """ "Павловская курочка": an adjective-like word right before a common noun."""
    if token.reading.surname >= LEAST_STRONG and token.text.endswith(("овой", "евой", "иной")):
        return False  # "к Жуковой претензий нет"
    if not token.text.endswith(("ий", "ая", "ой", "ого", "скую", "ым", "ый")) or token.reading.given > 0.5:
        return False
    following = _SMALL_WORD_BEHIND.match(text, token.end)
    if following is None:
        return False
    noun = form_of(following[1]).reading
    is_noun = noun.is_known and noun.is_noun and not noun.is_verb and not noun.is_function_word and not noun.name
    return is_noun and noun.base not in frames.ROLES and bool(noun.cases & token.reading.cases)
