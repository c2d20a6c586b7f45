"""Names of people in a text: the dictionary says what a word can be, its place and its neighbours say what it is.

Here: which words are a person, in any case of letters. A word that can be nothing else is a name; one that can be more
("Роман", "Волков", "Мороз") or that no dictionary knows needs a witness: a cue, a role, a verb of people, another
name beside it, the ending of a surname. Not here: the lists of such words (frames.py), Latin letters (latin.py), which
placeholder a person gets (masking).

Cities, companies, months and product words are not people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ft_pipeline.redact import frames
from ft_pipeline.redact.findings import NAME, Finding
from ft_pipeline.redact.initials import find_initialled, initials_behind
from ft_pipeline.redact.latin import find_latin_names
from ft_pipeline.redact.mistyped import is_slip
from ft_pipeline.redact.morphology import read_word
from ft_pipeline.redact.presented import find_presented
from ft_pipeline.redact.tokens import (
    ADJECTIVE_SURNAME,
    LEAST_GIVEN,
    LEAST_MEDIUM,
    MEDIUM,
    NONE,
    STRONG,
    WEAK,
    WORD,
    Token,
    may_hold_names,
    tokens_of,
)
from ft_pipeline.redact.witnesses import (
    GAPS,
    beside,
    follows_role,
    has_verb_behind,
    has_witness,
    is_like_verb,
    is_nominal,
)

_LATIN = re.compile(r"[A-Za-z]{2}")
_CUE_BEFORE, _CUE_BEHIND = 12, 60  # characters beside a word within which its cue stands
CLOSED = re.compile(r"\s*(?:[,.;:!?(\n]|$)")
_PATRONYMIC_CORE = re.compile(r"[ое]в(?:ич|н)")  # a mistyped patronymic
_ADJECTIVE = re.compile(r"(?:[ыио]й|ая|[ое]го|[ое]му|[ыи]м|ую)$")
_DOUBLE_SURNAME = re.compile(r"[А-ЯЁ][а-яё]{2,}-[А-ЯЁ][а-яё]{2,}")
_LISTING = frozenset({" и ", ", ", " или ", ", ни ", " ни ", ", а ", ", не ", " на "})
_DOTTED = re.compile(r"(?<![А-ЯЁа-яё])[А-ЯЁа-яё]\. ?[А-ЯЁа-яё]")


def find_names(text: str) -> list[Finding]:
    """Names in a text; `person` holds the lemmas by which mentions of one person are recognised."""
    spans: list[tuple[int, int]] = []
    if _LATIN.search(text):
        spans += find_latin_names(text)
    if may_hold_names(text) or ("." in text and _DOTTED.search(text)):
        spans += _cyrillic(text)
        spans += find_presented(text)
    if not spans:
        return []
    return [Finding(start, end, NAME, 0.7, person_of(text[start:end])) for start, end in _joined(text, spans)]


def person_of(mention: str) -> frozenset[str]:
    """Parts of a name with what they are: `g:` given, `p:` patronymic, `s:` surname; initials where nothing else is."""
    parts = set()
    words: list[str] = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", mention)
    for word in words:
        if len(word) < 2:
            continue
        if not WORD.fullmatch(word):
            parts.add(f"s:{word.lower()}")
            continue
        reading = read_word(word)
        if reading.surname >= 0.1 and reading.has_surname_form:  # "Сидоров" is no case of "Сидор" here
            parts.add(f"s:{reading.lemma}")
            continue
        kinds = {"g": reading.given, "p": reading.patronymic, "s": reading.surname or 0.01}
        parts.add(f"{max(kinds, key=lambda kind: kinds[kind])}:{reading.lemma}")
    return frozenset(parts or {f"s:{word.lower()}" for word in words})


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping spans are one person, and so are spans with one space between them."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and (start <= joined[-1][1] or text[joined[-1][1] : start] in GAPS):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _cyrillic(text: str) -> Iterator[tuple[int, int]]:
    tokens = tokens_of(text)
    seeds = {index for index in range(len(tokens)) if _is_name(text, tokens, index)}
    seeds |= set(_after_cues(text, tokens))
    seeds |= {index for index in range(len(tokens)) if index not in seeds and _is_listed(text, tokens, index, seeds)}
    covered = -1
    for index in sorted(seeds):
        if index <= covered:
            continue
        first = last = index
        while first > covered + 1 and last - first < 3 and _joins(text, tokens, first - 1, first, seeds):
            first -= 1
        while last + 1 < len(tokens) and last - first < 3 and _joins(text, tokens, last + 1, last, seeds):
            last += 1
        last = _with_father(tokens, last)
        covered = last
        yield tokens[first].start, tokens[last].end + initials_behind(text, tokens[last].end)
    if "." in text and _DOTTED.search(text):
        yield from find_initialled(text)


def _is_listed(text: str, tokens: Sequence[Token], index: int, seeds: set[int]) -> bool:
    """ "Соколов и Воронов": a word that can be a name beside one that is."""
    token = tokens[index]
    if token.weight < (WEAK if token.is_capital else MEDIUM) or token.is_barred or token.reading.place > 0.3:
        return False
    if not token.is_capital and not (token.reading.given and "nomn" in token.reading.given_cases):
        return False
    return any(
        other in seeds
        and tokens[other].is_capital == token.is_capital
        and tokens[other].reading.cases & token.reading.cases
        and text[min(token.end, tokens[other].end) : max(token.start, tokens[other].start)] in _LISTING
        for other in range(index - 3, index + 4)
        if 0 <= other < len(tokens)
    )


def _with_father(tokens: Sequence[Token], last: int) -> int:
    """ "Рамиз оглы" behind a name belongs to it, and so does a lone "оглы"."""
    for at in (last + 1, last + 2):
        if (
            at < len(tokens)
            and tokens[at].text.lower() in frames.MARKS_OF_FATHER
            and tokens[at].start - tokens[at - 1].end == 1
        ):
            return at
    return last


def _is_name(text: str, tokens: Sequence[Token], index: int) -> bool:
    """Is this word a person by itself or by the words beside it?"""
    token = tokens[index]
    reading = token.reading
    is_small = not token.is_capital
    if (
        index + 1 < len(tokens)
        and tokens[index + 1].text.lower() in frames.MARKS_OF_FATHER
        and not reading.is_function_word
    ):
        return tokens[index + 1].start - token.end == 1 and (
            not reading.is_known or reading.name > 0 or token.is_capital
        )
    if token.is_barred or len(token.text) < 2:
        return False
    is_inside = token.is_capital and not token.is_first and reading.is_known
    if is_inside and (reading.surname >= 0.3 or reading.given >= LEAST_GIVEN):
        return True  # "Ли", "Вера" inside a sentence
    if reading.is_function_word and token.weight < STRONG:
        return False
    if token.weight == STRONG:
        is_short = len(token.text) < 4 and not token.is_capital  # "лия" is mostly a mistyped "ли я"
        return not is_short or has_witness(text, tokens, index)
    if token.weight == NONE and (reading.is_known or (is_small and not reading.has_surname_form)):
        # "Обращался к Окунь": an everyday word in a person's place needs its capital and its witness
        return (
            token.is_capital
            and not token.is_first
            and is_nominal(token)
            and not reading.place
            and (
                reading.is_animate or ADJECTIVE_SURNAME.search(token.text.lower()) or follows_role(text, tokens, index)
            )
            and has_witness(text, tokens, index, is_everyday=True)
        )
    if token.is_capital and not token.is_first:
        if token.weight == MEDIUM and (reading.is_known or reading.has_surname_form):
            return True
        if not reading.is_known and reading.has_surname_form:
            return True
    return has_witness(text, tokens, index)


def _is_line(text: str, start: int, end: int) -> bool:
    """Does nothing else stand on the line?"""
    return text[:start].rpartition("\n")[2].strip() == "" and text[end:].partition("\n")[0].strip(" .!,") == ""


def _joins(text: str, tokens: Sequence[Token], index: int, seed: int, seeds: set[int]) -> bool:
    """Does a neighbour of a name belong to it?"""
    token, name = tokens[index], tokens[seed]
    left, right = (token, name) if index < seed else (name, token)
    if text[left.end : right.start] not in GAPS or token.is_barred or len(token.text) < 2:
        return False
    reading = token.reading
    is_particle = token.text == "ли" and (index < seed or not CLOSED.match(text, token.end))
    if is_particle or reading.base in frames.ROLES | frames.NO_NAME_WORDS:
        return False
    if index in seeds:
        return True
    is_given = name.reading.given + name.reading.patronymic >= LEAST_GIVEN
    if is_given and token.is_capital and not token.is_first and reading.base not in frames.TALK:
        return not reading.is_known or reading.is_noun or not reading.is_function_word
    is_same_shape = token.text[0].isupper() == name.text[0].isupper() or token.is_first
    if not is_same_shape or (reading.is_function_word and reading.surname < 0.3):
        return False
    if reading.name >= LEAST_MEDIUM and not reading.is_verb:
        return True
    if reading.is_verb:
        return False
    if is_given and _agrees(token, name):
        return True
    if token.is_capital and not token.is_first:
        return not reading.is_known or reading.given > 0
    return _joins_small(text, tokens, index, seed)


def _agrees(token: Token, name: Token) -> bool:
    """ "Малых", "Седых"; "Белый Вильгельм", "дикого тимура": a surname that is an adjective, in the name's case."""
    lower = token.text.lower()
    if not token.reading.is_known or token.reading.base in frames.COURTESIES:
        return False
    if ADJECTIVE_SURNAME.search(lower):
        return True
    is_sure = name.reading.patronymic > 0 or (name.weight >= MEDIUM and name.reading.is_known)
    return is_sure and _ADJECTIVE.search(lower) is not None and bool(token.reading.cases & name.reading.cases)


def _joins_small(text: str, tokens: Sequence[Token], index: int, seed: int) -> bool:
    """The same for a word that is not set apart by its capital."""
    token, name = tokens[index], tokens[seed]
    reading = token.reading
    is_given = name.reading.given + name.reading.patronymic >= LEAST_GIVEN
    is_oblique = name.reading.case not in {"nomn", ""}
    if is_given and token.is_capital and reading.has_surname_form:
        return True  # "Мухоморов Иван" at the start of a line
    if is_given and reading.is_animate and index > seed:
        if is_oblique and reading.case == "nomn":
            return True  # "с анастасией ткач": a woman's surname that does not decline
        if name.weight >= MEDIUM and reading.cases & name.reading.cases and CLOSED.match(text, token.end):
            return True  # "галина коваль"
    if reading.place > 0.3 and reading.is_known and is_given and not token.is_first:
        return index > seed and not frames.TOWARDS.search(text, 0, token.start)
    if not reading.is_known:
        if is_like_verb(token.text):
            return reading.has_surname_form
        if token.is_capital or reading.has_surname_form or _PATRONYMIC_CORE.search(token.text.lower()):
            return True
        is_closed = index < seed or CLOSED.match(text, token.end) is not None
        return len(token.text) > 3 and (is_closed or (is_given and not is_slip(token.text.lower())))
    if reading.name >= LEAST_GIVEN and (is_given or reading.given >= LEAST_GIVEN):
        return True
    has_patronymic = any(
        tokens[at].reading.patronymic > 0.5 and abs(at - index) <= 2
        for at in (seed, 2 * seed - index)
        if 0 <= at < len(tokens)
    )
    has_case = reading.case == name.reading.case or bool(reading.cases & name.reading.cases & {"nomn"})
    if has_patronymic and reading.is_noun and has_case:  # "Гвоздь Ангелина Фаридовна"
        return reading.base not in frames.TALK | frames.DOCUMENTS
    if index < seed and is_given and _DOUBLE_SURNAME.fullmatch(token.text) and not reading.place:
        return True  # "Кара-Мурза Владимир"
    left = beside(text, tokens, index, -1) if index < seed else None
    if left is not None and is_given and reading.case == "nomn" and (reading.is_animate or reading.surname > 0):
        # "вместо Дрозд Ольги", "специалист Орёл Мария": nothing but a surname stands there undeclined
        is_pointed = left.text.lower() in frames.PERSON_PREPOSITIONS or left.reading.base in frames.ROLES
        if is_pointed and reading.base not in frames.DOCUMENTS:
            return True
    if is_given and index > seed and reading.is_animate and has_case and has_verb_behind(text, token):
        return True  # "Анна Соловей написала"
    if (
        is_given
        and name.weight == STRONG
        and index > seed
        and _is_line(text, name.start, token.end)
        and reading.is_noun
    ):
        return True  # a line of its own: "фируз гвоздь"
    if (
        is_given and reading.surname > 0 and (has_case or (index > seed and CLOSED.match(text, token.end)))
    ):  # "фируз гвоздь", "гвоздь аким мне не ответил"
        if index < seed:
            return token.is_first
        return CLOSED.match(text, token.end) is not None or has_verb_behind(text, token)
    is_whole = token.is_first and token.is_capital
    return is_whole and reading.is_animate and has_case


def _after_cues(text: str, tokens: Sequence[Token]) -> Iterator[int]:
    """Tokens that a cue announces, as indices."""
    at = {token.start: index for index, token in enumerate(tokens)}
    for cue in _cues(text, tokens):
        index = at.get(cue.end())
        if index is None:
            continue
        following = beside(text, tokens, index, 1)
        is_before_given = (  # "фио: баран виктория", but "получатель перевода Наталья"
            following is not None
            and following.reading.given > 0
            and following.weight == STRONG
            and tokens[index].reading.base not in frames.DOCUMENTS | frames.TALK
        )
        is_named = cue["strong"] is not None and re.search(r"фамили|зовут", cue[0], re.IGNORECASE) is not None
        reading = tokens[index].reading
        is_whole = (
            is_named and (reading.case == "nomn" or reading.surname > 0) and CLOSED.match(text, tokens[index].end)
        )
        if is_before_given or is_whole or _fits_cue(tokens[index], is_strong=cue["strong"] is not None):
            yield index
    for cue in frames.ENTREPRENEUR.finditer(text) if "ип " in text.lower() else ():
        index = at.get(cue.end())
        if index is not None and _is_entrepreneur(tokens[index]):
            yield index


def _cues(text: str, tokens: Sequence[Token]) -> Iterator[re.Match[str]]:
    """Cues around the words that one can hold; looking through the whole text costs more than all the rest."""
    end = 0
    for token in tokens:
        if token.is_cue and token.start >= end:
            for cue in frames.CUE.finditer(text, max(end, token.start - _CUE_BEFORE), token.end + _CUE_BEHIND):
                end = cue.end()
                yield cue
    lowered = text.lower()
    if "name is" in lowered or "regards" in lowered:
        yield from frames.CUE.finditer(text)


def _is_entrepreneur(token: Token) -> bool:
    """ "ИП Метелицын", but "ИП Сколько стоит" """
    reading = token.reading
    is_nominal = token.is_capital and (reading.case != "" or reading.has_surname_form)
    is_surname = reading.name > 0 or not reading.is_known or is_nominal
    is_surname = is_surname and reading.base not in frames.NO_NAME_WORDS | frames.ROLES
    return is_surname and not reading.is_function_word and (reading.has_surname_form or not reading.is_verb)


def _fits_cue(token: Token, *, is_strong: bool) -> bool:
    reading = token.reading
    is_noun_too = token.is_capital and (reading.surname > 0 or reading.is_noun)  # "Фамилия: Бондарь"
    if (reading.is_function_word and token.weight < STRONG and not is_noun_too) or len(token.text) < 2:
        return False
    if reading.name >= 0.25 or (token.is_capital and reading.name > 0):
        return True
    if (reading.is_verb and not is_noun_too) or reading.base in frames.NO_NAME_WORDS | frames.ROLES:
        return False
    if reading.is_known:
        is_likely = is_strong or reading.is_animate or ADJECTIVE_SURNAME.search(token.text.lower()) is not None
        return is_likely and token.is_capital and reading.place <= 0.4
    return is_strong or token.is_capital or reading.has_surname_form
