"""People's names in Latin letters: Russian ones written back into Cyrillic and looked up, English ones by a list.

Here: which Latin words are a person. A given name alone is none ("Max", "Rose"): a second capitalised word or a cue
must stand beside it. Not here: Cyrillic names (names.py), placeholders (masking).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache

from ft_pipeline.redact.findings import words_of
from ft_pipeline.redact.morphology import read_word

_WORD = r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’]*(?:-[A-Za-zÀ-ɏ]+)?"
_WORDS = re.compile(_WORD)
_HAS_PAIR = re.compile(r"[A-Za-z]\.? [A-Za-z]")
_CUE = re.compile(
    r"(?:\b(?:my name is|hi|hello|dear|mr\.?|mrs\.?|ms\.?|regards,?|thanks,?|thank you,?|cheers,?|best,?|"
    r"sincerely,?|yours,?|passengers?|card ?holder|holder|client|customer|patient|guest|recipient|sender|from:|to:|"
    r"name\"?:|"
    r"латиницей:?|меня зовут|имя:?|держател\w+(?: карты)?|владел\w+(?: карты)?|пассажир\w?|на карте|на билете|в "
    r"паспорте|гость|i'm|i am|"
    r"this is|i’m|получател\w+|отправител\w+|клиент\w?|фио)[ :,\"–—-]{0,3}\s{0,2})$",
    re.IGNORECASE,
)
_CUE_PARTS = (  # every cue holds one of these: the cheap test before the dear pattern
    *(
        "name",
        "hi",
        "hello",
        "dear",
        "mr",
        "ms",
        "regards",
        "thank",
        "cheers",
        "best",
        "sincerely",
        "passenger",
        "from:",
        "to:",
    ),
    *(
        "зовут",
        "имя",
        "латин",
        "держат",
        "владел",
        "пассаж",
        "карте",
        "билете",
        "паспорте",
        "гость",
        "holder",
        "client",
    ),
    *(
        "customer",
        "patient",
        "guest",
        "recipient",
        "sender",
        "i'm",
        "i am",
        "i’m",
        "this is",
        "получат",
        "отправит",
        "клиент",
        "фио",
    ),
)
_STRONG_CUE = re.compile(
    r"name is|passenger|зовут|имя|латиницей|holder|держат|владел|пассаж|билете|фио|name\"?:", re.IGNORECASE
)
_LABEL = re.compile(
    r"(?:holder|passengers?|name is|держател\w+(?: карты)?|владел\w+(?: карты)?|пассажир\w?|билете|латиницей|name)[ "
    r":\"–—-]{1,3}$",
    re.IGNORECASE,
)
# Behind these a person stands whatever the name is, where each of its words has a capital letter.
_PRESENTED = re.compile(
    r"(?:\b(?:hello|hi|hey),? (?:this is|i'm|i am) |\bmy (?:wife|husband|son|daughter|mother|father|brother|sister|"
    r"friend|colleague|boss|partner) |\b(?:your|the) (?:agent|manager|operator|courier|driver|colleague) |"
    r"\b(?:recipient|passenger|sender|guest)[:,]? |выбито |написали |"
    r"\b(?:regards|thanks|best|cheers|sincerely|wishes),?[ \t]*\n\s{0,2})$",
    re.IGNORECASE,
)
_PICKS_UP = re.compile(r"(?: [A-Za-z'’-]+)? will (?:pick|collect|come|receive|be)\b", re.IGNORECASE)
_SPEAKS = re.compile(r" (?:wrote|writes|said|called|signed|asked|here|speaking|replied|from)\b", re.IGNORECASE)
# "On Mon, Jane Doe <jane@a.com> wrote": whoever has an address in angle brackets is named before it
_HEADER = re.compile(r"(?<![\w.-])(?P<name>[A-Z][A-Za-z'’.-]*(?: [A-Z][A-Za-z'’.-]*){0,2})\"?\s?<(?=[\w.+-]{1,64}@)")
_AFTER_WEAK_CUE = re.compile(r"[ \t]*(?:[,!.\"]|\n|$)")
_ENGLISH = words_of(
    "adam alan albert alex alice allison amanda amy andrea andrew angela ann anne anthony arthur ashley barbara "
    "ben benjamin betty bill bob bonnie brad brandon brenda brian bruce bryan carl charlie carol caroline "
    "catherine charles charlotte chris christian christina christine christopher cindy claire craig daniel dave "
    "david dean deborah dennis diane donald donna dorothy doug douglas dylan edward eleanor elizabeth ellen emily "
    "emma eric ethan eugene evelyn frank fred gabriel gary george gerald gloria grace greg gregory hannah harold "
    "harry heather helen henry howard ian isabella jack jacob james jane janet jason jean jeff jeffrey jennifer "
    "jeremy jerry jessica jim joan joe john johnny jonathan jordan jose joseph joshua joyce juan judith judy "
    "julia julie justin karen karl kate katherine kathleen keith kelly ken kenneth kevin kim kyle larry laura "
    "lauren lawrence lee leo leon leslie linda lisa logan louis lucas lucy luke margaret maria marie marilyn "
    "martha martin mary matt matthew megan melissa michael michelle mike nancy natalie nathan nicholas nick "
    "nicole noah olivia oscar pamela patricia patrick paul peter philip phillip rachel ralph randy raymond "
    "rebecca richard rick rob robert robin roger ronald roy russell ryan sally sam samantha samuel sandra sara "
    "sarah scott sean sharon shirley simon sophia stephanie stephen steve steven stuart susan teresa thomas tim "
    "wei ming jing chen zhang wang yang hui lin xiao mei hao jun yan hassan hussein mahmoud mohamed mohammed "
    "muhammad ahmed ahmad omar khalid fatima "
    "aisha yusuf ibrahim mustafa mehmet ayse emre murat abdullah abdul said samir tariq karim amir raj rahul priya "
    "amit sanjay anil vijay ravi "
    "sunil deepak lars erik anders hans jens niels olaf sven bjorn ingrid astrid karl klaus jurgen wolfgang stefan "
    "dieter heinz fritz pierre jean "
    "luc michel jacques marc philippe francois giovanni marco luigi paolo giuseppe carlos miguel jose juan pedro "
    "luis pablo diego javier sofia lucia "
    "carmen pavel jan piotr marek tomasz krzysztof agnieszka katarzyna zoltan laszlo istvan mihai ion vasile andrei "
    "radu janis andris juris "
    "hiroshi takashi kenji yuki akira min-jun ji-hoon nguyen tran thi minh duc huong linh ruzanna ani hovhannes gor "
    "vahe levan nino tamar "
    "leah chloe siobhan oliver rosa bruno duncan aidan callum fiona eilidh niamh ciaran liam mason ethan ava mia zoe "
    "lily ella freya imogen alistair hamish angus giorgi levon tigran matteo elena chiara camila mateo santiago "
    "timothy todd tom tony tyler victoria vincent walter wayne wendy william zachary "
)
_NO_SURNAMES = words_of(
    "i i'm i’m it's i've i'd the and for with team support service group company store shop street city bank card "
    "pay pro max plus mini "
    "air ltd inc llc corp studio premium online desk help order your you this that is are was on in at of to we "
    "here there sent wrote from january february march april may june july august september october november "
    "december monday tuesday wednesday thursday friday saturday sunday am pm hello hi dear thanks regards "
    "passenger phone name cardholder holder client customer patient guest recipient sender card visa mastercard "
    "sorry not so very just "
    "also still already waiting trying looking having getting going unable able sure happy new using writing now "
    "really asking reaching "
    "passengers my square drive road avenue lane museum park university school airport center centre "
)
_SOUNDS = (
    *(("shch", ("щ",)), ("sch", ("щ", "ш")), ("zh", ("ж",)), ("kh", ("х",)), ("ts", ("ц",)), ("tz", ("ц",))),
    *(("ch", ("ч",)), ("sh", ("ш",)), ("ya", ("я", "ья")), ("yu", ("ю", "ью")), ("yo", ("ё",)), ("ye", ("е", "ье"))),
    *(("ia", ("ия", "я")), ("iy", ("ий",)), ("ey", ("ей",)), ("ei", ("ей",)), ("ay", ("ай",)), ("ai", ("ай",))),
    *(
        ("ii", ("ий", "ии")),
        ("iu", ("ю",)),
        ("ck", ("к",)),
        ("x", ("кс",)),
        ("w", ("в",)),
        ("j", ("дж", "й")),
        ("h", ("х", "г")),
    ),
    *(("y", ("й", "ы", "ий")), ("e", ("е", "э")), ("c", ("к", "ц")), ("q", ("к",))),
)
_LEAST_NAMES = 2
_SURNAMES_TOO = words_of("park lane street may")
_VOWELS = frozenset("aeiouyl")
_LETTERS = dict(zip("abdfgiklmnoprstuvz", "абдфгиклмнопрстувз", strict=True))


def find_latin_names(text: str) -> Iterator[tuple[int, int]]:
    """Spans of names in Latin letters."""
    if "<" in text and "@" in text:
        for header in _HEADER.finditer(text):
            words = [
                word for word in _WORDS.finditer(text, *header.span("name")) if word[0].lower() not in _NO_SURNAMES
            ]
            if words:
                yield words[0].start(), header.end("name")
    if not _HAS_PAIR.search(text) and not _may_hold_cue(text.lower()):
        return
    words = list(_WORDS.finditer(text))
    position = 0
    while position < len(words):
        word = words[position]
        run = [word]
        for following in itertools.islice(words, position + 1, position + 3):
            if text[run[-1].end() : following.start()] not in {" ", ". "} or not _is_like(run[0][0], following[0]):
                break
            run.append(following)
        taken = _person(text, run)
        if taken:
            yield run[taken[0]].start(), run[taken[-1]].end()
        position += max(1, len(taken))


def _may_hold_cue(lowered: str) -> bool:
    return any(part in lowered for part in _CUE_PARTS)


def _is_like(first: str, other: str) -> bool:
    return (
        (first.islower() and other.islower())
        or (first[0].isupper() and other[0].isupper() and not first.isupper() and not other.isupper())
        or (first.isupper() and other.isupper() and min(len(first), len(other)) > 2)
    )


def _person(text: str, run: list[re.Match[str]]) -> range:
    """How much of a run of words, from its first one on, is a person."""
    before = text[max(0, run[0].start() - 24) : run[0].start()]
    cue = _CUE.search(before)
    words = [word[0] for word in run]
    if before.endswith(("/", "@", ".", "_")) or (words[0].lower() in _NO_SURNAMES and cue is None):
        return range(0)
    if len(words) > 1 and words[1].lower() not in _NO_SURNAMES:
        has_given = [_is_given(word) for word in words[:2]]
        # In small letters any two words stand side by side: both must look like a name.
        is_person = any(has_given) and (
            words[0][0].isupper() or cue is not None or all(_is_given(word) or _is_surname(word) for word in words[:2])
        )
        if is_person and all(len(word) > 1 for word in words[:2]):
            is_longer = len(words) > 2 and words[2].lower() not in _NO_SURNAMES and _is_surname(words[2])
            is_longer = is_longer or len(_presented(text, run)) > 2
            return range(3 if is_longer else 2)
        is_label = _LABEL.search(before) is not None or (
            words[0][0].isupper()
            and words[1][0].isupper()
            and _SPEAKS.match(text, run[1].end()) is not None
            and _is_given(words[0])
        )
        if is_label and all(len(word) > 1 for word in words[:2]):
            return range(2)
        is_named = cue is not None and _STRONG_CUE.search(cue[0]) is not None
        if is_named and all(word[0].isupper() and len(word) > 1 for word in words[:2]):
            return range(2)
    presented = _presented(text, run)
    if presented:
        return presented
    if cue and words[0][0].isupper() and words[0].lower() not in _NO_SURNAMES:
        is_strong = _STRONG_CUE.search(cue[0]) is not None
        is_code = words[0].isupper() and len(words[0]) < 5 and not _is_given(words[0])  # "name: API"
        if (is_strong and not is_code) or (_is_given(words[0]) and _AFTER_WEAK_CUE.match(text, run[0].end())):
            return range(1)
    return range(0)


def _presented(text: str, run: list[re.Match[str]]) -> range:
    """Two or three capitalised words where somebody is presented: "My wife Nguyen Thi Lan"."""
    known = _NO_SURNAMES - _SURNAMES_TOO
    names = list(itertools.takewhile(lambda word: word[0][0].isupper() and word[0].lower() not in known, run))
    if len(names) < _LEAST_NAMES:
        return range(0)
    is_presented = _PRESENTED.search(text, max(0, run[0].start() - 40), run[0].start()) is not None
    return range(len(names) if is_presented or _PICKS_UP.match(text, names[-1].end()) else 0)


@lru_cache(maxsize=50_000)
def _is_given(word: str) -> bool:
    lower = word.lower()
    return lower in _ENGLISH or any(
        reading.is_known and reading.given >= 0.1 for reading in map(read_word, _in_cyrillic(lower))
    )


@lru_cache(maxsize=50_000)
def _is_surname(word: str) -> bool:
    lower = word.lower()
    return lower not in _NO_SURNAMES and any(
        (reading.is_known and reading.surname >= 0.2) or (not reading.is_known and reading.has_surname_form)
        for reading in map(read_word, _in_cyrillic(lower))
    )


def _in_cyrillic(word: str) -> tuple[str, ...]:
    """The Russian words that a Latin one may stand for, at most 48."""
    forms = [""]
    position = 0
    while position < len(word):
        for sound, letters in _SOUNDS:
            if word.startswith(sound, position):
                forms = [form + letter for form in forms for letter in letters][:48]
                position += len(sound)
                break
        else:
            letter = _LETTERS.get(word[position], "")
            forms = [form + letter for form in forms]
            if letter == "л" and word[position + 1 : position + 2] not in _VOWELS:  # Olga, Igor: nobody writes the ь
                forms = [*forms, *(form + "ь" for form in forms)][:48]
            position += 1
    if word.endswith(("r", "n", "t", "v")):
        forms += [form + "ь" for form in forms]
    if word.endswith("y"):
        forms += [form[:-2] + "ий" for form in forms if form.endswith("ий")]
    return tuple(dict.fromkeys(form for form in forms if len(form) > 1))
