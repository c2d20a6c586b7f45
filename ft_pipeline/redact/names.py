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
from ft_pipeline.redact.latin import find_latin_names
from ft_pipeline.redact.morphology import read_word
from ft_pipeline.redact.tokens import (
    LEAST_GIVEN,
    LEAST_MEDIUM,
    MEDIUM,
    NONE,
    STRONG,
    WEAK,
    WORD,
    Token,
    tokens_of,
    weight_of,
)
from ft_pipeline.redact.witnesses import GAPS, beside, follows_role, has_witness, is_like_verb, is_nominal

_LATIN = re.compile(r"[A-Za-z]{2}")
_LAST_WORD = re.compile(r"([А-ЯЁа-яё-]+)[ .«\"\u00a0]{1,3}$")
_SINGLE_INITIALS = re.compile(r"[ \u00a0][А-ЯЁ]\.(?: ?[А-ЯЁ]\.)?(?![а-яё])")
CLOSED = re.compile(r"\s*(?:[,.;:!?(\n]|$)")
_PATRONYMIC_CORE = re.compile(r"[ое]в(?:ич|н)")  # a mistyped patronymic
ADJECTIVE_SURNAME = re.compile(r"[ыи]х$")  # "Малых", "Седых": no dictionary calls them surnames
_DOTTED = re.compile(r"[А-ЯЁа-яё]\. ?[А-ЯЁа-яё]\.")
_MOST_FORMS = 300_000


_interest: dict[str, bool] = {}


def find_names(text: str) -> list[Finding]:
    """Names in a text; `person` holds the lemmas by which mentions of one person are recognised."""
    spans: list[tuple[int, int]] = []
    if _LATIN.search(text):
        spans += find_latin_names(text)
    if any(map(_is_interesting, WORD.findall(text))) or ("." in text and _DOTTED.search(text)):
        spans += _cyrillic(text)
    if not spans:
        return []
    return [Finding(start, end, NAME, 0.7, person_of(text[start:end])) for start, end in _joined(text, spans)]


def _is_interesting(word: str) -> bool:
    """Can this form be (a part of) a name at all, or announce one? Most texts stop here."""
    known = _interest.get(word)
    if known is None:
        reading = read_word(word)
        is_small = word.islower()
        known = (
            weight_of(reading) >= (MEDIUM if is_small else WEAK)
            or (not reading.is_known and (not is_small or reading.has_surname_form))
            or (not is_small and (reading.is_animate or ADJECTIVE_SURNAME.search(word.lower()) is not None))
            or (is_small and reading.base in frames.ROLES)
            or reading.base in frames.CUE_WORDS
        )
        if len(_interest) >= _MOST_FORMS:
            _interest.clear()
        _interest[word] = known
    return known


def forget_words() -> None:
    """Empties the memory of word forms."""
    _interest.clear()


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
    covered = -1
    for index in sorted(seeds):
        if index <= covered:
            continue
        first = last = index
        while first > covered + 1 and last - first < 3 and _joins(text, tokens, first - 1, first, seeds):
            first -= 1
        while last + 1 < len(tokens) and last - first < 3 and _joins(text, tokens, last + 1, last, seeds):
            last += 1
        covered = last
        yield tokens[first].start, tokens[last].end + _initial_behind(text, tokens[last].end)
    if "." in text:
        yield from _initials(text)


def _is_name(text: str, tokens: Sequence[Token], index: int) -> bool:
    """Is this word a person by itself or by the words beside it?"""
    token = tokens[index]
    reading = token.reading
    is_small = not token.is_capital
    if token.is_barred or len(token.text) < 2:
        return False
    is_inside = token.is_capital and not token.is_first and reading.is_known
    if is_inside and (reading.surname >= 0.3 or reading.given >= LEAST_GIVEN):
        return True  # "Ли", "Вера" inside a sentence
    if reading.is_function_word and token.weight < STRONG:
        return False
    if token.weight == STRONG:
        is_short = len(token.text) < 4 and token.text.islower()  # "лия" is mostly a mistyped "ли я"
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


def _joins(text: str, tokens: Sequence[Token], index: int, seed: int, seeds: set[int]) -> bool:
    """Does a neighbour of a name belong to it?"""
    token, name = tokens[index], tokens[seed]
    left, right = (token, name) if index < seed else (name, token)
    if text[left.end : right.start] not in GAPS or token.is_barred or len(token.text) < 2:
        return False
    if index in seeds:
        return True
    reading = token.reading
    if reading.base in frames.ROLES | frames.NO_NAME_WORDS:
        return False
    is_same_shape = token.text[0].isupper() == name.text[0].isupper() or token.is_first
    if not is_same_shape or (reading.is_function_word and reading.surname < 0.3):
        return False
    if reading.name >= LEAST_MEDIUM and not reading.is_verb:
        return True
    if reading.is_verb:
        return False
    is_given = name.reading.given + name.reading.patronymic >= LEAST_GIVEN
    if reading.is_known and is_given and ADJECTIVE_SURNAME.search(token.text.lower()) and not reading.is_animate:
        return True  # "Малых", "Седых"
    if token.is_capital and not token.is_first:
        return not reading.is_known or (is_given and reading.base not in frames.TALK)
    is_oblique = name.reading.case not in {"nomn", ""}
    if is_given and token.is_capital and reading.has_surname_form:
        return True  # "Мухоморов Иван" at the start of a line
    if is_given and is_oblique and reading.is_animate and reading.case == "nomn" and index > seed:
        return True  # "с анастасией ткач": a woman's surname that does not decline
    if reading.place > 0.3 and reading.is_known and is_given and not token.is_first:
        return index > seed and not frames.TOWARDS.search(text, 0, token.start)
    if not reading.is_known:
        if token.is_capital or reading.has_surname_form or _PATRONYMIC_CORE.search(token.text.lower()):
            return True
        is_closed = index < seed or CLOSED.match(text, token.end) is not None
        return is_closed and len(token.text) > 3 and not is_like_verb(token.text)
    if reading.name > 0 and (is_given or reading.given > 0):
        return True
    has_patronymic = any(
        tokens[at].reading.patronymic > 0.5 and abs(at - index) <= 2
        for at in (seed, 2 * seed - index)
        if 0 <= at < len(tokens)
    )
    is_whole = has_patronymic or (token.is_first and token.is_capital)
    return is_whole and reading.is_animate and reading.case == name.reading.case


def _after_cues(text: str, tokens: Sequence[Token]) -> Iterator[int]:
    """Tokens that a cue announces, as indices."""
    if not any(token.reading.base in frames.CUE_WORDS or token.reading.base in frames.ROLES for token in tokens) and (
        not _LATIN.search(text)
    ):
        return
    at = {token.start: index for index, token in enumerate(tokens)}
    for cue in frames.CUE.finditer(text):
        index = at.get(cue.end())
        if index is None:
            continue
        following = beside(text, tokens, index, 1)
        is_before_given = (
            following is not None and following.reading.given > 0 and following.weight == STRONG
        )  # "фио: баран виктория"
        is_named = cue["strong"] is not None and re.search(r"фамили|зовут", cue[0], re.IGNORECASE) is not None
        is_whole = is_named and tokens[index].reading.case == "nomn" and CLOSED.match(text, tokens[index].end)
        if is_before_given or is_whole or _fits_cue(tokens[index], is_strong=cue["strong"] is not None):
            yield index
    for cue in frames.ENTREPRENEUR.finditer(text):
        index = at.get(cue.end())
        if index is None:
            continue
        reading = tokens[index].reading
        is_nominal = tokens[index].is_capital and (reading.case != "" or reading.has_surname_form)
        is_surname = reading.name > 0 or not reading.is_known or is_nominal
        is_surname = is_surname and reading.base not in frames.NO_NAME_WORDS | frames.ROLES
        if is_surname and not reading.is_function_word and (reading.has_surname_form or not reading.is_verb):
            yield index


def _fits_cue(token: Token, *, is_strong: bool) -> bool:
    reading = token.reading
    if (reading.is_function_word and token.weight < STRONG) or len(token.text) < 2:
        return False
    if reading.name >= 0.25 or (token.is_capital and reading.name > 0):
        return True
    if reading.is_verb or reading.base in frames.NO_NAME_WORDS | frames.ROLES:
        return False
    if reading.is_known:
        is_likely = is_strong or reading.is_animate or ADJECTIVE_SURNAME.search(token.text.lower()) is not None
        return is_likely and token.is_capital and reading.place <= 0.4
    return is_strong or token.is_capital or reading.has_surname_form


def _initials(text: str) -> Iterator[tuple[int, int]]:
    """Петров А. С., а.с.петров."""
    behind = list(frames.INITIALS[0].finditer(text))  # "Бойко В. В." is no "В. В. Промокод"
    before_it = [
        match
        for match in frames.INITIALS[1].finditer(text)
        if not any(
            other.start() <= match.start() < other.end() and _may_be_surname(other["surname"]) for other in behind
        )
    ]
    for match in behind + before_it:
        reading = read_word(match["surname"])
        is_name = _may_be_surname(match["surname"])
        is_capital = match["surname"][0].isupper() and any(part.isupper() for part in re.findall(r"\w(?=\.)", match[0]))
        if reading.is_function_word and not reading.surname:
            continue
        before = _LAST_WORD.search(text[max(0, match.start() - 24) : match.start()])
        is_place = before is not None and (
            before[1].lower() in frames.NO_PERSON_BEFORE or read_word(before[1]).base in frames.NO_PERSON_BEFORE
        )
        if (is_name or (is_capital and not reading.is_verb)) and not is_place:
            yield match.span()


def _may_be_surname(word: str) -> bool:
    reading = read_word(word)
    if reading.base in frames.ROLES | frames.NO_NAME_WORDS or (reading.is_function_word and not reading.surname):
        return False
    is_likely = reading.name > 0 or not reading.is_known or reading.has_surname_form
    return is_likely or reading.is_animate or ADJECTIVE_SURNAME.search(word.lower()) is not None


def _initial_behind(text: str, end: int) -> int:
    """The length of single initials after a name: "Иван П."."""
    match = _SINGLE_INITIALS.match(text, end)
    return len(match[0]) if match else 0
