"""People in a text that has been redacted: the second detector's own way of seeing names.

Here: forms of frequent given names made from a list by rules of declension, endings of patronymics and surnames, and
what stands beside them. No dictionary, no list and no code of the recognisers: a fault there must not blind this.
It blocks a refresh, so a word that is also a word of every day, a brand or a street is left alone. Not here: numbers
and addresses (residue.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ft_pipeline.redact import residue_lists

_ENDINGS = {  # of the nominative -> of the other cases
    "ий": ("ия", "ию", "ием", "ии"),
    "й": ("я", "ю", "ем", "е"),
    "ь": ("я", "ю", "ем", "е"),
    "ия": ("ии", "ию", "ией"),
    "ья": ("ьи", "ье", "ью", "ьей"),
    "а": ("ы", "и", "е", "у", "ой", "ей"),
    "я": ("и", "е", "ю", "ей"),
    "": ("а", "у", "ом", "ем", "е"),
}
_IRREGULAR = (
    "павла павлу павлом павле льва льву львом петра петру петром петре айгули асели гузели любови нелли эмиля эмилю"
)
_WORD = re.compile(r"[А-ЯЁа-яё]+(?:-[А-ЯЁа-яё]+)*")
_PATRONYMIC = re.compile(r"(?:[а-яё]{2,}(?:ович|евич|ьич)(?:а|у|ем|е)?|[а-яё]{2,}(?:овн|евн|иничн)(?:а|ы|е|у|ой))")
_SURNAME = re.compile(
    r"[а-яё]{2,}(?:(?:[оеё]в|[иы]н)(?:а|у|ым|е|ой)?|(?:ск|цк)(?:ий|ая|ого|ому|ой|им|ую)|енк[оу]|чук(?:а|у|ом)?|"
    r"[еоая]?ян(?:а|у|ом|ц)?|швили|дзе|штейн(?:а|у|ом)?|берг(?:а|у|ом)?|[кр]ман(?:а|у|ом)?|[оы]?ых)"
)
_STREET_BEFORE = re.compile(
    r"(?:\bул|улиц\w*|\bпр|проспект\w*|\bпер|переул\w*|площад\w*|\bпл|шоссе|бульвар\w*|набережн\w*|станци\w*|метро|"
    r"имени|\bим|"
    r"парк\w*|музе\w*|сервис\w*|магазин\w*|салон\w*|кафе|компани\w*|бренд\w*|театр\w*|храм\w*|остров\w*|тариф\w*|"
    r"пицц\w*|картош\w+|кроват\w*|диван\w*|шоколад\w*|духи|торт\w*|салат\w*|остановк\w+|памятник\w*|сквер\w*|"
    r"город\w*|\bг|дом|жк|тц|трц|"
    r"«|\"|„|“|(?<=\w)-)[.,:]?\s?$",
    re.IGNORECASE,
)
_ROLE_BEFORE = re.compile(
    r"(?:менеджер\w*|водител\w*|оператор\w*|курьер\w*|специалист\w*|сотрудни\w*|директор\w*|кладовщи\w*|"
    r"экспедитор\w*|получател\w*|"
    r"отправител\w*|клиент\w*|господин\w*|госпож\w*|гражданин\w*|гражданк\w*|зовут|фамилия|фио|ф\.и\.о\.|имя|"
    r"уважением|ип)"
    r"[:,—–-]{0,2}\s{1,2}$",
    re.IGNORECASE,
)
_INITIALS = re.compile(
    r"(?<![А-ЯЁа-яё.])(?:[А-ЯЁ]\.[ \u00a0]?[А-ЯЁ]\.[ \u00a0]?[А-ЯЁ][А-ЯЁа-яё]{2,}|"
    r"[А-ЯЁ][А-ЯЁа-яё]{2,}[ \u00a0][А-ЯЁ]\.[ \u00a0]?[А-ЯЁ]\.)(?![А-ЯЁа-яё])"
)
_ANNOUNCED = re.compile(
    rf"(?<![А-ЯЁа-яё])(?i:{residue_lists.PERSON_CUES})(?: [а-яё]{{4,9}}:| ?[:,—–-])"
    rf"?\s{{1,2}}(?P<word>[А-ЯЁ][а-яё]{{3,}}(?:-[А-ЯЁ][а-яё]+)?)(?![А-ЯЁа-яё»\"-])"
)
_ADJECTIVE = re.compile(r"[сц]к(?:ий|ая|ого|ому|ой|им|ую)$")
_SMALL_INITIALS = (
    re.compile(r"(?<![А-ЯЁа-яё.])[а-яёА-ЯЁ]\.[ \u00a0]?[а-яёА-ЯЁ]\.[ \u00a0]?(?P<word>[а-яёА-ЯЁ]{4,})(?![А-ЯЁа-яё])"),
    re.compile(r"(?<![А-ЯЁа-яё.])(?P<word>[а-яёА-ЯЁ]{4,})[ \u00a0][а-яёА-ЯЁ]\.[ \u00a0]?[а-яёА-ЯЁ]\.(?![А-ЯЁа-яё])"),
)
_OBLIQUE = re.compile(  # "у Власовой", "к Ивановым": streets and towns stand in other cases
    r"(?<![А-ЯЁа-яё])(?:у|к|ко|с|со|от|для|без|про|бронь на|доверенность на) [А-ЯЁ][а-яё]{2,}(?:ов|ев|ёв|ин|ын)(?:ой|"
    r"ым|ых|у)(?![А-ЯЁа-яё»\"-])"
)
_FIELD = re.compile(  # in a form, whatever the case of letters
    r"(?i:фамилия|фио|ф\. ?и\. ?о\.(?: \w+)?|пассажир|получатель|отправитель|гость|заявитель)"
    r"\s?[:—–-]\s(?P<word>[А-ЯЁа-яё]{5,})(?![А-ЯЁа-яё-])"
)
_PERSON_VERB = re.compile(
    r" (?:(?:не|уже|мне|нам|так|и|вчера|сегодня|опять|снова) ){0,4}(?:сказал|обещал|(?:пере)?звонил|позвонил|ответил|"
    r"отвечал|оплатил|получил|приехал|приедет|подписал|"
    r"говорил|забрал|заберёт|заберет|уволил|нагрубил|принял|привёз|привез|передал|оформил|просит|просил|жд[её]т|"
    r"написал|"
    r"заказал)(?![а-яё]{3})"
)
_WITH_SOMEBODY = re.compile(r"[а-яё]{3,}(?:[оеё]в|ин)ым")  # "с Петровым": no street has this case
_CUE_BEFORE = re.compile(
    r"(?:name is|passenger:?|cardholder:?|держател\w+ карты:?|латиницей:?|билете:?|i'm|hello,|hi,|dear|mr\.?|mrs\.?|"
    r"ms\.?)\s{1,2}$",
    re.IGNORECASE,
)
_LATIN_PAIR = re.compile(r"(?<![\w.@/-])([A-Z][a-z]{2,}|[A-Z]{3,}) ([A-Z][a-z]{2,}|[A-Z]{3,})(?![\w@])")
_LATIN_SURNAME = re.compile(
    r"\w+(?:[oe]va?|ina?|sk(?:y|iy|i|aya|aia|oy)|enko|[yi]an|ch?uk|shvili|dze|ich|ullin|berg|baev|bekov|iuk|yuk)",
    re.IGNORECASE,
)
_SCHEMES = tuple(
    dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", scheme.split(), strict=True))
    for scheme in (
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya",
        "a b v g d e yo zh z i i k l m n o p r s t u f h ts ch sh sch - y - e iu ia",
    )
)
_SPACES = frozenset({" ", "\u00a0"})


def has_name(text: str) -> bool:
    """Is a person left in a text?"""
    words = [(match.start(), match.end(), match[0]) for match in _WORD.finditer(text)]
    if any(_is_person(text, words, at) for at in _interesting(words)):
        return True
    if any(word.lower() in residue_lists.FATHER_MARKS for _, _, word in words):
        return True
    if any(map(_is_announced, (*_ANNOUNCED.finditer(text), *_FIELD.finditer(text)))) or _OBLIQUE.search(text):
        return True
    if "." in text and (
        _INITIALS.search(text)
        or any(_is_initialled(match) for pattern in _SMALL_INITIALS for match in pattern.finditer(text))
    ):
        return True
    return any(_is_latin_person(text, match) for match in _LATIN_PAIR.finditer(text))


def _is_announced(match: re.Match[str]) -> bool:
    """A word with a capital and the ending of a surname, right behind a word that announces a person."""
    word = match["word"].lower()
    if _ADJECTIVE.search(word) and match[0].lower().startswith(("от ", "для ", "без ", "вместо ", "это ")):
        return False  # "от Партнёрской программы"
    return word not in residue_lists.NO_PEOPLE and word not in residue_lists.NO_SURNAMES and _is_surname(word)


def _is_initialled(match: re.Match[str]) -> bool:
    """ "к.р. пономарёвым", but "т.к. посылка" """
    return _is_surname(match["word"])


def _is_latin_person(text: str, match: re.Match[str]) -> bool:
    first, second = match[1].lower(), match[2].lower()
    has_given = first in _latin_names() or second in _latin_names()
    has_surname = _LATIN_SURNAME.fullmatch(first) is not None or _LATIN_SURNAME.fullmatch(second) is not None
    return has_given and (
        has_surname or _CUE_BEFORE.search(text, max(0, match.start() - 16), match.start()) is not None
    )


def _interesting(words: Sequence[tuple[int, int, str]]) -> Iterator[int]:
    for at, (_, _, word) in enumerate(words):
        if _kind(word):
            yield at


@lru_cache(maxsize=200_000)
def _kind(word: str) -> str:
    """given | doubtful | patronymic | surname (with a capital only) | "" """
    lower = word.lower()
    if lower in _forms():
        return "doubtful" if lower in residue_lists.DOUBTFUL else "given"
    if len(lower) > 6 and _PATRONYMIC.fullmatch(lower):
        return "patronymic"
    return "surname" if word.istitle() and len(lower) > 4 and _is_surname(word) else ""


def _is_surname(word: str) -> bool:
    return _SURNAME.fullmatch(word.lower()) is not None and word.lower() not in residue_lists.NO_SURNAMES


def _is_person(text: str, words: Sequence[tuple[int, int, str]], at: int) -> bool:
    start, end, word = words[at]
    kind = _kind(word)
    before = text[max(0, start - 24) : start]
    if _STREET_BEFORE.search(before) or text[end : end + 1] in {"»", '"', "”", "-"}:
        return False
    if kind == "given":
        return not (word.isupper() and len(word) < 5)
    left = words[at - 1][2] if at and text[words[at - 1][1] : start] in _SPACES else ""
    right = words[at + 1][2] if at + 1 < len(words) and text[end : words[at + 1][0]] in _SPACES else ""
    if kind == "patronymic":
        return word.istitle() or bool(left and (_kind(left) or (left.islower() and len(left) > 3)))
    if kind == "doubtful":
        is_inside = word.istitle() and left.islower()
        is_beside = any(_kind(other) in {"patronymic", "surname"} for other in (left, right))
        return is_inside or (is_beside and word.istitle()) or _is_small_pair(word, left, right)
    is_inside = left.islower() and _WITH_SOMEBODY.fullmatch(word.lower()) is not None
    return is_inside or _ROLE_BEFORE.search(before) is not None or _PERSON_VERB.match(text, end) is not None


def _is_small_pair(word: str, left: str, right: str) -> bool:
    """ "юра иванов": a doubtful name in small letters beside the ending of a surname."""
    return word.islower() and any(len(other) > 5 and _is_surname(other) for other in (left, right))


@lru_cache(maxsize=1)
def _forms() -> frozenset[str]:
    """All cases of all given names."""
    names = residue_lists.MEN | residue_lists.WOMEN | residue_lists.SHORT
    forms = {*_IRREGULAR.split(), *names}
    for name in names:
        ending = next(ending for ending in _ENDINGS if name.endswith(ending))
        if name[-1] not in "оеиуэюё" and name not in {"павел", "пётр", "петр", "лев", "нелли"}:
            forms |= {name[: len(name) - len(ending)] + other for other in _ENDINGS[ending]}
    return frozenset(forms)


@lru_cache(maxsize=1)
def _latin_names() -> frozenset[str]:
    """Given names in two ways of writing them in Latin letters."""
    names = [name for name in residue_lists.MEN | residue_lists.WOMEN if len(name) > 3]
    return frozenset(
        "".join(scheme[letter] for letter in name).replace("-", "") for name in names for scheme in _SCHEMES
    )
