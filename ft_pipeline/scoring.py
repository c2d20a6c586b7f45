"""Is an answer correct? Pure functions, shared by training, the bake-off and evaluation.

Here: the verdict on one answer against its reference: facts by recall and by contradiction, then words. Not here: what
a fact is (facts), which arm answered, language and form, intervals and decisions (evaluate).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ft_pipeline.facts import Fact, find_facts, key_facts, show

__all__ = ["ScoredAnswer", "key_facts", "normalise", "score_answer", "similarity"]

_QUOTED = re.compile(r"[«\"“„]([^«»\"“”„]+)[»\"”“]")
_NEGATION = re.compile(r"^(?:не|нет|без|ни|нельзя|not|no|cannot|can't|never|without)$")
_ENDING = re.compile(
    r"(?:иями|ями|ами|ого|его|ому|ему|ыми|ими|ться|тся|ешь|ете|ите|ишь|ает|яет|ует|ают|яют|уют|ов|ев|ей|ой|ый|ий|ая|яя|"
    r"ое|ее|ые|ие|ую|юю|ом|ем|ам|ям|ах|ях|ть|ет|ит|ут|ют|ат|ят|им|им|ла|ло|ли|ing|ed|es|s|а|я|о|е|ы|и|у|ю|ь|й)$"
)
_SMALL_WORDS = (
    "и а но или либо то же бы ли в во на за по от до из у к ко с со о об при для над под про через если что чтобы "
    "как это его ее их он она они мы вы вам вас нам нас наш наша наши ваш ваша ваши мой я ты так также тоже уже еще "
    "там тут быть есть был будет будут можно нужно нужен нужна нужны да нет не ни без который которая которые где "
    "когда потом затем сверх только лишь the a an is are be of to in on at for and or by from with you your our we "
    "it this that will can must may just then if up"
)
_SMALL = frozenset(_SMALL_WORDS.split())
# pairs of stems that turn an instruction round
_OPPOSITES = (
    ("откр", "закр"),
    ("включ", "отключ"),
    ("включ", "выключ"),
    ("снача", "потом"),
    ("разреш", "запре"),
    ("приним", "отказ"),
    ("отправ", "получ"),
    ("купи", "прода"),
    ("увелич", "уменьш"),
)


@dataclass(frozen=True, slots=True)
class ScoredAnswer:
    """The verdict on one answer."""

    correct: bool
    reason: str  # exact | same_facts | missing_facts: … | contradicting_facts: … | other_words | empty | no_reference
    chrf: float  # 0..1, similarity to the reference


@lru_cache(maxsize=65536)
def normalise(text: str) -> str:
    """Lower case, ё as е, punctuation and spaces folded: for comparing answers word by word."""
    folded = text.lower().replace("ё", "е")
    return " ".join(re.findall(r"\w+", folded))


@lru_cache(maxsize=65536)
def similarity(answer: str, reference: str) -> float:
    """chrF++ of an answer against its reference, 0..1 (sacrebleu; Popović 2017)."""
    if not answer or not reference:
        return 0.0
    from sacrebleu.metrics.chrf import CHRF

    return float(CHRF(word_order=2).sentence_score(answer, [reference]).score) / 100


@lru_cache(maxsize=65536)
def score_answer(answer: str, reference: str, *, scorer: str, min_chrf: float) -> ScoredAnswer:
    """Judges one answer.

    Args:
        answer: what was answered.
        reference: what a human expects; "" cannot be scored as an answer.
        scorer: "exact" (same words and facts), "key_facts" (every fact of the reference, no other fact, nothing turned
            round, words near enough) or "chrf" (words near enough, facts not looked at).
        min_chrf: with key_facts and chrf, the least likeness: of chrF++, or with key_facts of the share of the
            reference's words that the answer takes up.
    """
    if not answer.strip():
        return ScoredAnswer(False, "empty", 0.0)
    if not reference.strip():
        return ScoredAnswer(False, "no_reference", 0.0)
    if normalise(answer) == normalise(reference) and key_facts(answer) == key_facts(reference):
        return ScoredAnswer(True, "exact", 1.0)  # the words alone would lose the minus of −18
    likeness = similarity(answer, reference)
    if scorer == "exact":
        return ScoredAnswer(False, "other_words", likeness)
    if scorer == "chrf":
        return ScoredAnswer(likeness >= min_chrf, "like" if likeness >= min_chrf else "other_words", likeness)
    problem = _difference(answer, reference)
    if problem:
        return ScoredAnswer(False, problem, likeness)
    if max(likeness, taken_up(answer, reference)) < min_chrf:
        return ScoredAnswer(False, "other_words", likeness)
    lost = _lost_clause(answer, reference)
    if lost:
        return ScoredAnswer(False, f"missing_facts: {lost}", likeness)
    return ScoredAnswer(True, "same_facts", likeness)


def _difference(answer: str, reference: str) -> str:
    """Why the facts of an answer are not those of the reference; "" where they are."""
    found, expected = find_facts(answer), find_facts(reference)
    missing = _unmatched(expected, found)
    if missing:
        return "missing_facts: " + ", ".join(missing)
    added = _unmatched(found, expected)
    if added:
        return "contradicting_facts: " + ", ".join(added)
    for check in (_other_period, _swapped):
        problem = check(found, expected, answer, reference)
        if problem:
            return f"contradicting_facts: {problem}"
    names = _names(reference, elsewhere=answer)
    if names:
        return "missing_facts: " + ", ".join(names)
    names = _names(answer, elsewhere=reference)
    if names:
        return "contradicting_facts: " + ", ".join(names)
    turned = _turned_round(answer, reference)
    return f"contradicting_facts: {turned}" if turned else ""


def _unmatched(facts: tuple[Fact, ...], others: tuple[Fact, ...]) -> list[str]:
    lost = [fact for fact in facts if not fact.is_weak and not any(fact.matches(other) for other in others)]
    return sorted({show(fact) for fact in lost})


def _other_period(found: tuple[Fact, ...], expected: tuple[Fact, ...], *_: str) -> str:
    """ "In a year" for "in a month": both only imply their number, so one alone says nothing."""
    lone = [fact for fact in found if fact.is_weak and not any(fact.matches(other) for other in expected)]
    lost = [fact for fact in expected if fact.is_weak and not any(fact.matches(other) for other in found)]
    for fact in lone:
        if any(fact.dimension == other.dimension for other in lost):
            return show(fact)
    return ""


def _swapped(found: tuple[Fact, ...], expected: tuple[Fact, ...], answer: str, reference: str) -> str:
    """Two facts of one kind that changed places: what stands around each is now what stood around the other."""
    for place, first in enumerate(expected):
        for second in expected[place + 1 :]:
            if first.is_weak or second.is_weak or first.matches(second) or _kind(first) != _kind(second):
                continue
            now_first = [fact for fact in found if fact.matches(first)]
            now_second = [fact for fact in found if fact.matches(second)]
            if len(now_first) != 1 or len(now_second) != 1 or now_first[0].start < now_second[0].start:
                continue
            here = (_around(reference, first), _around(reference, second))
            there = (_around(answer, now_first[0]), _around(answer, now_second[0]))
            kept = len(here[0] & there[0]) + len(here[1] & there[1])
            crossed = len(here[0] & there[1]) + len(here[1] & there[0])
            if crossed > kept:
                return f"{show(first)} and {show(second)} changed places"
    return ""


def _kind(fact: Fact) -> str:
    reading = show(fact)
    return reading.split(":")[0] if ":" in reading else reading.partition(" ")[2]


def _around(text: str, fact: Fact) -> frozenset[str]:
    """Stems of the words of the same clause: up to four before a fact and two after it."""
    before = re.split(r"[.;!?,](?:\s|$)", text[: fact.start])[-1]
    after = re.split(r"[.;!?,](?:\s|$)", text[fact.end :])[0]
    words = re.findall(r"[^\W\d_]{3,}", before)[-4:] + re.findall(r"[^\W\d_]{3,}", after)[:2]
    return frozenset(stem(word) for word in words) - _SMALL


def _names(text: str, *, elsewhere: str) -> list[str]:
    """Names of a text that do not stand elsewhere: quoted words, capitals inside a sentence, abbreviations."""
    facts = find_facts(text)
    quoted = [match.span(1) for match in _QUOTED.finditer(text)]
    small, names = _stems(elsewhere), frozenset(stem(word) for word in re.findall(r"\b[A-ZА-ЯЁ][^\W\d_]*", elsewhere))
    lost = []
    for match in re.finditer(r"[^\W\d_]{2,}", text):
        word, start = match.group(), match.start()
        is_quoted = any(first <= start < last for first, last in quoted)
        is_name = word[0].isupper() and (is_quoted or (len(word) > 1 and word.isupper()) or _is_inside(text, start))
        if not (is_quoted or is_name) or any(fact.start <= start < fact.end for fact in facts):
            continue
        found = stem(word)
        if found not in _SMALL and found not in (names if is_name else small):
            lost.append(found)
    return sorted(set(lost))


def _is_inside(text: str, start: int) -> bool:
    """Whether a word stands inside a sentence, where a capital makes it a name."""
    before = text[:start].rstrip(' «"“„(')
    return bool(before) and before[-1] not in ".!?:;\n—–-•"


@lru_cache(maxsize=65536)
def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in re.findall(r"[^\W\d_]+", text))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A word without its ending, six letters at most: enough to know it again in another form."""
    folded = word.lower().replace("ё", "е")
    cut = _ENDING.sub("", folded) if len(folded) > 3 else folded
    return (cut if len(cut) >= 3 else folded)[:6]


def _turned_round(answer: str, reference: str) -> str:
    """What one text affirms and the other denies; yes for no; to open for to close."""
    opening = (_yes_or_no(answer), _yes_or_no(reference))
    if all(opening) and opening[0] != opening[1]:
        return f"{opening[0]} for {opening[1]}"
    mine, theirs = _denied(answer), _denied(reference)
    affirmed, expected = _stems(answer) - mine, _stems(reference) - theirs
    for denied, other, others_denied in ((mine, expected, theirs), (theirs, affirmed, mine)):
        for word in sorted(denied - others_denied):
            if word in other and len(word) >= 3:
                return f"{word} denied in one of the two"
    if similarity(answer, reference) < 0.6:  # a text in other words says "open" for its own reasons
        return ""
    for one, two in _OPPOSITES:
        for first, second in ((one, two), (two, one)):
            if _only(first, second, answer) and _only(second, first, reference):
                return f"{first}… for {second}…"
    return ""


def _yes_or_no(text: str) -> str:
    match = re.match(r"\W*(да|нет|yes|no)\b", text, re.IGNORECASE)
    return {"да": "yes", "нет": "no"}.get(match.group(1).lower(), match.group(1).lower()) if match else ""


@lru_cache(maxsize=65536)
def _denied(text: str) -> frozenset[str]:
    """Stems of the words right behind a "не", "без", "not"; "нельзя" denies "можно"."""
    words = re.findall(r"[^\W\d_]+(?:'t)?", text.lower().replace("ё", "е"))
    denied = set()
    for place, word in enumerate(words):
        if not _NEGATION.match(word):
            if len(word) > 6 and word.startswith("не"):
                denied.add(stem(word[2:]))
            continue
        if word == "нельзя":
            denied.add(stem("можно"))
        denied.update(stem(following) for following in words[place + 1 : place + 2])
    return frozenset(denied)


def _only(one: str, other: str, text: str) -> bool:
    stems = _stems(text)
    return any(word.startswith(one) for word in stems) and not any(word.startswith(other) for word in stems)


def _content(text: str) -> list[str]:
    return [item for item in (stem(word) for word in re.findall(r"[^\W\d_]{3,}", text)) if item not in _SMALL]


def taken_up(answer: str, reference: str) -> float:
    """The share of the reference's words and facts that the answer takes up, 0..1; a fact weighs two words."""
    words, given = _content(reference), {word[:5] for word in _stems(answer)}
    facts, found = [fact for fact in find_facts(reference) if not fact.is_weak], find_facts(answer)
    whole = len(words) + 2 * len(facts)
    kept = sum(word[:5] in given for word in words)
    return (kept + 2 * sum(any(fact.matches(other) for other in found) for fact in facts)) / whole if whole else 0.0


def _lost_clause(answer: str, reference: str) -> str:
    """A clause of the reference of which the answer takes up no word at all; "" where there is none."""
    for clause in re.split(r"[.;!?]\s|,\s| — | – ", reference):
        words = _content(clause)
        if words and not any(word in _stems(answer) for word in words) and not find_facts(clause):
            return clause.strip()[:60]
    return ""
