"""Groups near-same answers under one canonical answer and follows facts that change.

Here: which answers are one answer, which text stands for them, which fact replaced which. Not here: questions.

Three levels, from wide to narrow:

* a *family* holds answers whose words agree once numbers and addresses are masked;
* a *version* is the part of a family that states the same numbers and addresses;
* a *form* is one normalised text.

Where a family has versions that follow each other in time ("1 200 ₽" until June, "1 350 ₽" from July), the fact has
changed: the newest version wins. The questions of the older versions stay in the data and get the newest answer; only
the older answer *text* is retired, as a row `fact_superseded` that names it by its answer id. Versions that run side
by side are different answers. A version seen once or twice in the words of an established one is an agent's slip, or a
change that is not confirmed yet: its tickets are refused as `contradicting_answer`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import chain

from ft_pipeline.curate.forms import all_facts, masked_forms, normal_forms
from ft_pipeline.curate.rows import Candidate, Refused
from ft_pipeline.curate.similar import jaccard, prefix_length
from ft_pipeline.curate.wording import short_hash
from ft_pipeline.records import Rejected

_STAGE = "curate.answers"
_ESTABLISHED = 3  # tickets that make a version more than a slip, and that must follow a change
_MOST_STRAYS = 0.2  # share of the smaller version that may lie on the wrong side of a change
_TURNS_ROUND = frozenset({"не", "нет", "нельзя", "невозможно", "без", "да", "можно"})
_SAME_WORDS = 0.75  # masked word sets that agree so far differ in a fact written as words (an address) at most
_ONLY_TURNED = 0.85  # word sets that agree so far without those words say the opposite


@dataclass(slots=True)
class _Version:
    facts: tuple[str, ...]
    items: list[Candidate] = field(default_factory=list)

    def dates(self) -> list[str]:
        return sorted(item.created_at for item in self.items)


class _Wordings:
    """The forms of all answers of a run, each distinct text looked at once."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        texts = list(dict.fromkeys(item.answer for item in candidates))
        self.masked = dict(zip(texts, masked_forms(texts), strict=True))
        self.normal = dict(zip(texts, normal_forms(texts), strict=True))
        self.facts = dict(zip(texts, all_facts(texts), strict=True))


@dataclass(frozen=True)
class GroupedAnswers:
    """What `group_answers` decided beside what it wrote into the candidates."""

    superseded: list[Rejected]  # one row per retired answer text
    groups: int


def group_answers(candidates: Sequence[Candidate], threshold: float) -> GroupedAnswers:
    """Writes canonical text, answer id, validity and evidence into each candidate, or why it is refused.

    Args:
        candidates: pairs that passed the filter.
        threshold: Jaccard similarity of masked word sets from which two answers belong to one family.
    """
    superseded: list[Rejected] = []
    groups = 0
    wordings = _Wordings(candidates)
    for family in _families(candidates, threshold, wordings):
        if len(family) == 1:  # nothing to compare: most families where agents write freely
            _settle(family, family, wordings, valid_from=family[0].created_at)
            groups += 1
            continue
        versions = _versions(family, wordings)
        chain, side_by_side = _in_time(versions)
        slips = _slips(chain, side_by_side, wordings)
        for version in slips:
            for item in version.items:
                item.refused = Refused(
                    _STAGE, "contradicting_answer", "states another fact than the established answer"
                )
        superseded += _settle_chain(chain, wordings)
        kept = [version for version in side_by_side if version not in slips]
        for version in kept:
            _settle(version.items, version.items, wordings, valid_from=version.dates()[0])
        groups += len(kept) + bool(chain)
    return GroupedAnswers(superseded=sorted(superseded, key=lambda row: row.key), groups=groups)


def _families(candidates: Sequence[Candidate], threshold: float, wordings: _Wordings) -> list[list[Candidate]]:
    """Leader clustering, most frequent wording first; only leaders that share a rare word are compared."""
    by_form: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_form[candidate.kind, wordings.masked[candidate.answer]].append(candidate)
    words = {form: frozenset(form[1].split()) for form in by_form}
    frequency = Counter(chain.from_iterable(words.values()))
    place = {word: rank for rank, word in enumerate(sorted(frequency, key=lambda word: (frequency[word], word)))}
    order = sorted(by_form, key=lambda form: (-len(by_form[form]), form))
    index: dict[tuple[str, str], list[int]] = defaultdict(list)
    leaders: list[tuple[str, str]] = []
    members: list[list[Candidate]] = []
    for form in order:
        mine = words[form]
        ranked = sorted(mine, key=place.__getitem__)
        prefix = ranked[: prefix_length(len(ranked), threshold)]
        close = {number for word in prefix for number in index.get((form[0], word), ())}
        best, best_value = -1, 0.0
        for number in sorted(close):
            value = jaccard(words[leaders[number]], mine)
            if value >= threshold and value > best_value and not _says_the_opposite(leaders[number][1], form[1]):
                best, best_value = number, value
        if best < 0:
            best = len(leaders)
            leaders.append(form)
            members.append([])
            for word in prefix:
                index[form[0], word].append(best)
        members[best] += by_form[form]
    return members


def _says_the_opposite(first: str, second: str) -> bool:
    one, other = frozenset(first.split()), frozenset(second.split())
    if one & _TURNS_ROUND == other & _TURNS_ROUND:
        return False
    return jaccard(one - _TURNS_ROUND, other - _TURNS_ROUND) >= _ONLY_TURNED


def _versions(family: Sequence[Candidate], wordings: _Wordings) -> list[_Version]:
    """The family by its facts; a wording with some facts more or fewer joins the largest version it agrees with."""
    by_facts: dict[tuple[str, ...], _Version] = {}
    for item in family:
        found = wordings.facts[item.answer]
        by_facts.setdefault(found, _Version(found)).items.append(item)
    order = sorted(by_facts.values(), key=lambda version: (-len(version.items), version.facts))
    kept: list[_Version] = []
    for version in order:
        home = next((other for other in kept if _agree(version.facts, other.facts)), None)
        if home is None:
            kept.append(version)
        else:
            home.items += version.items
    return kept


def _agree(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    one, other = Counter(first), Counter(second)
    return one <= other or other <= one


def _in_time(versions: Sequence[_Version]) -> tuple[list[_Version], list[_Version]]:
    """Versions that replaced each other, oldest first, and the rest."""
    order = sorted(versions, key=lambda version: (version.dates()[len(version.items) // 2], version.facts))
    chain: list[_Version] = []
    for version in order:
        if not chain:
            chain = [version]
        elif _change(chain[-1], version):
            chain.append(version)
        elif len(chain) == 1 and len(version.items) > len(chain[0].items):
            chain = [version]
    if len(chain) < 2:
        return [], list(versions)
    return chain, [version for version in versions if version not in chain]


def _change(old: _Version, new: _Version) -> str:
    """The date from which the new version holds, or "" where it did not replace the old one."""
    if len(new.items) < _ESTABLISHED:
        return ""
    timeline = sorted([(date, 0) for date in old.dates()] + [(date, 1) for date in new.dates()])
    strays = len(new.items)  # all new ones lie before a change at the end
    best, start = strays, len(timeline)
    for position in range(len(timeline) - 1, -1, -1):
        strays += -1 if timeline[position][1] else 1
        if strays <= best and timeline[position][1]:
            best, start = strays, position
    after = [is_new for _, is_new in timeline[start:]]
    is_sustained = sum(after) >= _ESTABLISHED and all(after[-_ESTABLISHED:])
    if not is_sustained or best > _MOST_STRAYS * min(len(old.items), len(new.items)) or start == 0:
        return ""
    return timeline[start][0]


def _slips(chain: Sequence[_Version], others: Sequence[_Version], wordings: _Wordings) -> list[_Version]:
    """Versions of one or two tickets in the words of an established one, or after it in nearly its words."""
    established = [*chain, *(version for version in others if len(version.items) >= _ESTABLISHED)]
    usual = {wordings.masked[item.answer] for version in established for item in version.items}
    last = max((version.dates()[-1] for version in established), default="")
    found = []
    for version in others:
        if len(version.items) >= _ESTABLISHED or not usual:
            continue
        forms = {wordings.masked[item.answer] for item in version.items}
        is_late = version.dates()[0] > last and all(_is_close(form, usual) for form in forms)
        if forms <= usual or is_late:
            found.append(version)
    return found


def _is_close(form: str, wordings: Collection[str]) -> bool:
    words = frozenset(form.split())
    return any(jaccard(words, frozenset(other.split())) >= _SAME_WORDS for other in wordings)


def _settle_chain(chain: Sequence[_Version], wordings: _Wordings) -> list[Rejected]:
    if not chain:
        return []
    newest = chain[-1]
    items = [item for version in chain for item in version.items]
    valid_from = _change(chain[-2], newest)
    _settle(items, newest.items, wordings, valid_from=valid_from)
    retired = []
    for number, version in enumerate(chain[:-1]):
        text, answer_id = _canonical(version.items, wordings)
        until = _change(version, chain[number + 1])
        detail = f"replaced by {newest.items[0].answer_id}; valid_to {until}; {len(version.items)} tickets; {text}"
        retired.append(Rejected(_STAGE, "fact_superseded", answer_id, detail, version.items[0].ticket.key[0]))
    return retired


def _settle(items: Sequence[Candidate], current: Sequence[Candidate], wordings: _Wordings, *, valid_from: str) -> None:
    """Gives all items the current canonical answer; an item without the current fact gets the newest evidence."""
    text, answer_id = _canonical(current, wordings)
    carries_it = {id(item) for item in current}
    newest = max(current, key=lambda item: (item.created_at, item.ticket.key))
    for item in items:
        item.canonical, item.answer_id, item.valid_from = text, answer_id, valid_from
        item.evidence = item.answer if id(item) in carries_it else newest.answer


def _canonical(items: Sequence[Candidate], wordings: _Wordings) -> tuple[str, str]:
    """The most frequent form, the newest on a tie, and its id."""
    forms: dict[str, list[Candidate]] = defaultdict(list)
    for item in items:
        forms[wordings.normal[item.answer]].append(item)
    best = max(forms, key=lambda form: (len(forms[form]), max(item.created_at for item in forms[form]), form))
    texts = Counter(item.answer for item in forms[best])
    text = max(texts, key=lambda answer: (texts[answer], answer))
    return text, short_hash("answer", items[0].kind, best)
