"""Names of people in Russian text, by three witnesses: a dictionary, cues and a named-entity model.

Here: which words are a person. pymorphy3's dictionary says what a word can be, its place (capital inside a sentence,
after a greeting, beside another name) says what it is; natasha's model is asked only about sentences with capitals
that stay unexplained. After a cue ("меня зовут", "ФИО") small letters count too.
Not here: which placeholder a person gets (masking).

Cities, companies, months and product words are not people.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from ft_pipeline.redact.findings import MARK, NAME, Finding, RedactionError
from ft_pipeline.redact.morphology import Reading, read_word

_WORD = re.compile(r"[А-ЯЁа-яё]+(?:-[А-ЯЁа-яё]+)*")
_CAPITAL = re.compile(r"[А-ЯЁ]")
_SENTENCE_END = re.compile(r"(?:^|[.!?…\n:;•*]|[«\"(—–]|^-|\n-)\s*$")
_PLACE_BEFORE = re.compile(
    r"(?:\b(?:ул|улиц\w+|пр|пр-т|просп|проспект\w*|пер|переул\w+|пл|площад\w+|наб|набережн\w+|б-р|бульвар\w*|шоссе|"
    r"метро|м|ст|станци\w+|"
    r"имени|им|жк|тц|трц|бц|город\w*|г|пос|посёл\w+|посел\w+|село|деревн\w+|область|район\w*|остров\w*|аэропорт\w*|"
    r"театр\w*|музе\w+|компани\w+|фирм\w+|магазин\w*|бренд\w*|кинотеатр\w*|фильм\w*|сериал\w*)\.?)\s*[«\"]?\s*$",
    re.IGNORECASE,
)
_TOWARDS = re.compile(r"(?:\b(?:в|во|из|до|через|под|около|по|г\.|город[ае]?)|[—–→>-])\s*$", re.IGNORECASE)
_HOUSE_BEHIND = re.compile(r",? (?:д\.? ?|дом )?\d")  # "на Ленина 5": a street
_GREETING = re.compile(
    r"(?:здравствуйте|добр(?:ый|ого|ое) (?:день|дня|вечер|вечера|утро|утра|времени суток)|привет\w*|спасибо|благодарю|"
    r"уважаем(?:ый|ая)|дорог(?:ой|ая))"
    r"[ ,!]{1,3}$",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:менеджер\w*|оператор\w*|специалист\w*|сотрудни\w+|курьер\w*|водител\w+|экспедитор\w*|директор\w*|"
    r"бухгалтер\w*|кладовщи\w+|получател\w+|отправител\w+|клиент\w*|покупател\w+|гражданин\w*|гражданк\w+|"
    r"господин\w*|госпож\w+|г-н\w*|г-ж\w+|контактное лицо|"
    r"муж\w*|жен[аеуыо]\w?|брат\w*|сестр\w+|мам\w+|пап\w+|сын\w*|доч\w+)[ :—–-]{1,3}$",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"(?P<strong>\b(?:меня|его|её|ее|нас|мужа|жену|сына|дочь|клиента|водителя|курьера|оператора) "
    r"(?:зовут|звать)\b[ :—–-]{0,3}|"
    r"\bзовут меня[ :—–-]{1,3}|\bмо[её] имя[ :—–-]{1,3}|\bф\. ?и\. ?о\.?[ :—–-]{0,3}|"
    r"\bфио(?: (?:получателя|отправителя|клиента|полностью|заявителя))?[ :—–-]{1,3}|"
    r"\bфамилия(?:,? имя(?:,? (?:и )?отчество)?)?[ :—–-]{1,3}|\b(?:имя|отчество) ?[:—–-] ?|\bmy name is )"
    r"|(?P<weak>\bс уважением[ ,.!—–-]{0,3}\s{0,3}|\bна имя[ :—–-]{1,3}|"
    r"\b(?:получатель|отправитель|заявитель|контактное лицо)(?: груза)? ?[:—–-] ?|"
    r"\b(?:best|kind) regards,?\s{0,3})",
    re.IGNORECASE,
)
_INITIALS = re.compile(
    r"(?<![А-ЯЁа-яё.])(?:[А-ЯЁ][а-яё]+(?:-[А-ЯЁ][а-яё]+)?[ \u00a0][А-ЯЁ]\. ?[А-ЯЁ]\.(?![а-яё])|"
    r"[А-ЯЁ]\. ?(?:[А-ЯЁ]\. ?)[А-ЯЁ][а-яё]{2,}(?:-[А-ЯЁ][а-яё]+)?)"
)
_PATRONYMIC = re.compile(
    r"\b[а-яё]{2,}(?:[ое]вич(?:а|у|ем|е)?|[ое]вн(?:а|ы|е|у|ой)|иничн(?:а|ы|е|у|ой)|ьич(?:а|у|ом|е)?)\b",
    re.IGNORECASE,
)
_SURNAME_FORM = re.compile(
    r"[А-ЯЁ][а-яё]+(?:[оеё]в|[иы]н)(?:а|у|ым|е|ой)?|[А-ЯЁ][а-яё]+(?:ск(?:ий|ая|ого|ому|ой)|енко|чук|юк|дзе|швили|ян)"
)
_ENTREPRENEUR = re.compile(r"\bИП (?=[А-ЯЁ][а-яё])")
_LATIN_NAME = re.compile(r"[A-Z][a-z]+(?: [A-Z][a-z]+){0,2}")
_LEAST_INSIDE = 0.1  # dictionary share of name readings that a capital inside a sentence needs
_LEAST_FIRST = 0.8  # the same for the first word of a sentence, where every word has a capital


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    text: str
    is_first: bool  # of its sentence
    reading: Reading


def find_names(text: str) -> list[Finding]:
    """Names in a text; `person` holds the lemmas by which mentions of one person are recognised."""
    has_capital = _CAPITAL.search(text) is not None
    spans: dict[int, int] = {}
    for start, end in _cued(text):
        spans[start] = max(end, spans.get(start, 0))
    if has_capital:
        for start, end in _capitals(text, spans):
            spans[start] = max(end, spans.get(start, 0))
    return [Finding(start, end, NAME, 0.7, _person(text[start:end])) for start, end in _joined(text, spans)]


def _cued(text: str) -> Iterator[tuple[int, int]]:
    yield from _after_cues(text)
    yield from _after_entrepreneurs(text)
    yield from _initials(text)
    yield from _around_patronymics(text)
    yield from _small_pairs(text)


def _joined(text: str, spans: dict[int, int]) -> list[tuple[int, int]]:
    """Overlapping spans, and spans with one space between them, are one person."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans.items()):
        if joined and (start <= joined[-1][1] or text[joined[-1][1] : start] in {" ", "\u00a0"}):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _person(mention: str) -> frozenset[str]:
    words: list[str] = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", mention)
    full = {read_word(word).lemma if _WORD.fullmatch(word) else word.lower() for word in words if len(word) > 1}
    return frozenset(full or {word.lower() for word in words})


# -- cues, initials, patronymics ---------------------------------------------------------------------------------


def _after_cues(text: str) -> Iterator[tuple[int, int]]:
    for cue in _CUE.finditer(text):
        is_strong = cue["strong"] is not None
        latin = _LATIN_NAME.match(text, cue.end())
        if latin and is_strong:
            yield latin.span()
            continue
        words = _words_from(text, cue.end())
        taken = [word for word in [next(words, None)] if word is not None and _fits_cue(word[0], is_strong)]
        while taken and len(taken) < 4 and (word := next(words, None)) is not None and _continues(word[0]):
            taken.append(word)
        if taken:
            yield taken[0].start(), taken[-1].end()


def _after_entrepreneurs(text: str) -> Iterator[tuple[int, int]]:
    """ИП Ложкарёв: what follows is a surname, whatever the dictionary says."""
    for cue in _ENTREPRENEUR.finditer(text):
        taken = []
        for word in itertools.islice(_words_from(text, cue.end()), 3):
            reading = read_word(word[0])
            if not word[0][0].isupper() or not (reading.name > 0 or _SURNAME_FORM.fullmatch(word[0])):
                break
            taken.append(word)
        if taken:
            yield taken[0].start(), taken[-1].end() + _initial_behind(text, taken[-1].end())


def _words_from(text: str, position: int) -> Iterator[re.Match[str]]:
    """Words that follow each other with one space (or an initial's full stop) between them."""
    match = _WORD.match(text, position)
    while match is not None:
        yield match
        position = match.end()
        gap = re.compile(r"[ \u00a0]").match(text, position)
        match = _WORD.match(text, gap.end()) if gap else None


def _fits_cue(word: str, is_strong: bool) -> bool:
    reading = read_word(word)
    if reading.is_function_word or len(word) < 2:
        return False
    has_capital = word[0].isupper()
    if reading.name >= 0.25 or (has_capital and reading.name > 0):
        return True
    return is_strong and (has_capital or not reading.is_known) and not (reading.is_known and reading.place > 0.4)


def _continues(word: str) -> bool:
    reading = read_word(word)
    if reading.is_function_word:
        return False
    if word[0].isupper():
        return reading.name > 0 or not reading.is_known or _SURNAME_FORM.fullmatch(word) is not None
    return reading.name >= 0.3 or (not reading.is_known and reading.surname >= 0.3)


def _initials(text: str) -> Iterator[tuple[int, int]]:
    for match in _INITIALS.finditer(text):
        surname = max(_WORD.findall(match[0]), key=len)
        reading = read_word(surname)
        if not _PLACE_BEFORE.search(text, 0, match.start()) and (reading.name > 0 or not reading.is_known):
            yield match.span()


def _around_patronymics(text: str) -> Iterator[tuple[int, int]]:
    """иванов иван иванович: small letters or capitals, held together by the patronymic."""
    for match in _PATRONYMIC.finditer(text):
        if read_word(match[0]).patronymic < 0.3 and read_word(match[0]).is_known:
            continue
        start, end = match.span()
        for _ in range(2):
            before = re.search(r"([А-ЯЁа-яё]+(?:-[А-ЯЁа-яё]+)?)[ \u00a0]$", text[max(0, start - 40) : start])
            if before is None or not _continues(before[1]):
                break
            start -= len(before[0])
        after = re.match(r"[ \u00a0]([А-ЯЁа-яё]+(?:-[А-ЯЁа-яё]+)?)", text[end : end + 40])
        if after and _continues(after[1]) and read_word(after[1]).surname >= 0.3:
            end += len(after[0])
        if start < match.start() or match[0][0].isupper():
            yield start, end


def _small_pairs(text: str) -> Iterator[tuple[int, int]]:
    """иванова светлана: two small words of which one is surely a given name and the other a surname."""
    words = [word for word in _WORD.finditer(text) if word[0][0].islower() and len(word[0]) > 2]
    for left, right in pairwise(words):
        if text[left.end() : right.start()] not in {" ", "\u00a0"}:
            continue
        a, b = read_word(left[0]), read_word(right[0])
        if (a.given >= 0.8 and b.is_known and b.surname >= 0.3) or (b.given >= 0.8 and a.is_known and a.surname >= 0.3):
            yield left.start(), right.end()


# -- capitals ----------------------------------------------------------------------------------------------------


def _capitals(text: str, known: dict[int, int]) -> Iterator[tuple[int, int]]:
    tokens = [token for token in _capital_tokens(text) if not _covers(known, token.start)]
    open_tokens: list[_Token] = []
    for run in _runs(text, tokens):
        sure = [token for token in run if _is_surely_name(text, token)]
        if len(run) > 1 and not sure:
            sure = _agreeing(text, run)
        if sure:
            first, last = run.index(sure[0]), run.index(sure[-1])
            while first > 0 and _joins(run[first - 1]):
                first -= 1
            while last + 1 < len(run) and (_joins(run[last + 1]) or not run[last + 1].reading.is_known):
                last += 1
            yield run[first].start, run[last].end + _initial_behind(text, run[last].end)
        else:
            open_tokens += [token for token in run if _is_open(text, token)]
    if open_tokens:
        yield from _confirmed(text, open_tokens)


def _covers(spans: dict[int, int], position: int) -> bool:
    return any(start <= position < end for start, end in spans.items())


def _capital_tokens(text: str) -> Iterator[_Token]:
    for match in _WORD.finditer(text):
        word = match[0]
        if not word[0].isupper() or len(word) < 2:
            continue
        if word.isupper() and read_word(word).name < 0.8:
            continue  # in capitals every word looks like a name: only what can be nothing else counts
        before = text[max(0, match.start() - 12) : match.start()]
        yield _Token(
            match.start(),
            match.end(),
            word,
            _SENTENCE_END.search(before) is not None or not before.strip(),
            read_word(word),
        )


def _runs(text: str, tokens: list[_Token]) -> list[list[_Token]]:
    """Capitalised words with nothing but one space between them; words that can be no name end a run."""
    runs: list[list[_Token]] = []
    for token in tokens:
        is_everyday = token.reading.is_known and token.reading.name == 0
        if token.reading.is_function_word or (is_everyday and not _SURNAME_FORM.fullmatch(token.text)):
            continue
        if runs and text[runs[-1][-1].end : token.start] in {" ", "\u00a0"} and not _stands_for_place(text, token):
            runs[-1].append(token)
        else:
            runs.append([token])
    return runs


def _stands_for_place(text: str, token: _Token) -> bool:
    """ "ул. Гагарина", "в Киров": a street, an institution or a town that bears a person's name."""
    before = text[max(0, token.start - 24) : token.start]
    if _PLACE_BEFORE.search(before):
        return True
    if token.reading.surname > token.reading.given and _HOUSE_BEHIND.match(text, token.end):
        return True
    return token.reading.place > 0 and (
        _TOWARDS.search(before) is not None or bool(re.match(r"\s?[—–→-]", text[token.end : token.end + 2]))
    )


def _is_surely_name(text: str, token: _Token) -> bool:
    reading = token.reading
    if reading.name == 0 or reading.is_function_word or _stands_for_place(text, token):
        return False
    before = text[max(0, token.start - 40) : token.start]
    if reading.given >= 0.01 and reading.is_known and _GREETING.search(before):
        return True
    if _ROLE.search(before) and reading.name >= _LEAST_INSIDE:
        return True
    if reading.patronymic >= 0.5 and not token.is_first:
        return True
    if not reading.is_known or reading.place >= 0.2:
        return False
    if token.is_first:
        is_called = re.match(r",|!", text[token.end : token.end + 1]) is not None
        if is_called and not text[: token.start].strip() and reading.given > 0:
            return True
        return reading.given + reading.patronymic >= (0.25 if is_called else _LEAST_FIRST)
    if len(token.text) < 3:
        return reading.given >= 0.3
    return reading.given >= _LEAST_INSIDE or reading.surname >= 0.3


def _agreeing(text: str, run: list[_Token]) -> list[_Token]:
    """Two doubtful words in a row of which one can be a given name and the other a surname ("Роман Орлов")."""
    free = [token for token in run if token.reading.name > 0 and not _stands_for_place(text, token)]
    for left, right in pairwise(free):
        a, b = left.reading, right.reading
        if (a.given > 0 and b.surname > 0) or (a.surname > 0 and b.given > 0):
            return [left, right]
    return []


def _joins(token: _Token) -> bool:
    reading = token.reading
    return reading.name >= 0.05 or _SURNAME_FORM.fullmatch(token.text) is not None


def _initial_behind(text: str, end: int) -> int:
    """The length of a single initial after a name: "Иван П."."""
    match = re.compile(r"[ \u00a0][А-ЯЁ]\.(?: ?[А-ЯЁ]\.)?(?![а-яё])").match(text, end)
    return len(match[0]) if match else 0


def _is_open(text: str, token: _Token) -> bool:
    reading = token.reading
    if len(token.text) < 3 and reading.given < 0.3:
        return False
    return (reading.name > 0 or not reading.is_known) and not _stands_for_place(text, token)


# -- the model ---------------------------------------------------------------------------------------------------


def _confirmed(text: str, tokens: list[_Token]) -> Iterator[tuple[int, int]]:
    """Open tokens that the model takes for a person too; a lone unknown word needs more than the model's word."""
    for start, end in _sentences(text):
        inside = [token for token in tokens if start <= token.start < end]
        if not inside:
            continue
        for left, right in _people(text[start:end]):
            hit = [token for token in inside if start + left <= token.start < start + right]
            words = _WORD.findall(text[start + left : start + right])
            likely = [
                token for token in hit if token.reading.name > 0 and (token.reading.is_known or not token.is_first)
            ]
            if likely:  # without words that can be no name, which the model likes to take along
                yield hit[0].start, hit[-1].end
            elif hit and len(words) > 1 and all(not read_word(word).is_known for word in words):
                yield start + left, start + right


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in re.finditer(r"[.!?…]+\s+|\n+|$", text):
        if match.start() > start:
            yield start, match.start()
        start = match.end()


@lru_cache(maxsize=1)
def _model() -> tuple[Any, Any, Any]:
    try:
        from natasha import Doc, NewsEmbedding, NewsNERTagger, Segmenter
    except ImportError as error:
        raise RedactionError(
            "natasha is not installed, so names cannot be found; install ft-pipeline with its dependencies"
        ) from error
    return Doc, Segmenter(), NewsNERTagger(NewsEmbedding())


@lru_cache(maxsize=20_000)
def _people(sentence: str) -> tuple[tuple[int, int], ...]:
    """Spans that the model takes for people; never across a placeholder."""
    document_type, segmenter, tagger = _model()
    document = document_type(sentence[:2000])
    document.segment(segmenter)
    document.tag_ner(tagger)
    people = [span for span in document.spans if span.type == "PER"]
    return tuple((span.start, span.stop) for span in people if MARK not in sentence[span.start : span.stop])
