"""Given names of the peoples of the former Soviet Union and their neighbours, in every case of declension.

For names that the morphological dictionary does not know, or knows as something else first ("Тенгиз" is a town,
"Лиана" a plant). Here: how they decline, how surely a form is a name. Not here: the names themselves (given_sure.py,
given_doubtful.py), the likelihood of a name at its place (names.py), surnames.
"""

from __future__ import annotations

from functools import lru_cache

from ft_pipeline.redact.given_doubtful import DOUBTFUL, EVERYDAY_FORMS
from ft_pipeline.redact.given_sure import SHORT, SURE

_ENDINGS = {  # of the nominative -> of gent, datv, accs, ablt, loct
    "ия": ("ии", "ии", "ию", "ией", "ии"),
    "ья": ("ьи", "ье", "ью", "ьей", "ье"),
    "ий": ("ия", "ию", "ия", "ием", "ии"),
    "а": ("ы", "е", "у", "ой", "е"),
    "я": ("и", "е", "ю", "ей", "е"),
    "й": ("я", "ю", "я", "ем", "е"),
    "ь": ("я", "ю", "я", "ем", "е"),
}
_KNOWN, _KNOWN_DOUBTFUL, _UNKNOWN, _DOUBTED = 0.5, 0.29, 0.9, 0.5  # shares, by what else the word can be
_CASES = ("gent", "datv", "accs", "ablt", "loct")
_HARD = ("а", "у", "а", "ом", "е")
_SOFT_WOMEN = ("гуль", "ель", "аль", "оль", "ирь", "иль")  # "Айгуль": и, и, ь, ью, и


@lru_cache(maxsize=1)
def forms() -> dict[str, tuple[str, frozenset[str], bool]]:
    """Form in small letters -> the name itself, the cases it can stand in, whether it is doubtful."""
    found: dict[str, tuple[str, set[str], bool]] = {}
    for name in sorted(SURE | SHORT | DOUBTFUL):
        is_doubtful = name in DOUBTFUL
        for form, case in _declined(name):
            for spelt in {form, form.replace("ё", "е")}:
                lemma, cases, was_doubtful = found.get(spelt, (name, set(), is_doubtful))
                found[spelt] = (lemma, cases | {case}, was_doubtful or is_doubtful)
    return {form: (lemma, frozenset(cases), doubtful) for form, (lemma, cases, doubtful) in found.items()}


def share_of(word: str, *, is_known: bool) -> float:
    """How likely a word in small letters is a given name where the dictionary does not say so; 0 if unlisted."""
    entry = forms().get(word)
    if entry is None:
        return 0.0
    if is_known:
        return 0.0 if word in EVERYDAY_FORMS else _KNOWN_DOUBTFUL if entry[2] else _KNOWN
    return _DOUBTED if entry[2] or word in EVERYDAY_FORMS else _UNKNOWN


def is_sure(word: str) -> bool:
    """Is a word in small letters a name of the list that needs no witness?"""
    entry = forms().get(word)
    return entry is not None and not entry[2] and word not in EVERYDAY_FORMS


def _declined(name: str) -> list[tuple[str, str]]:
    pairs = [(name, "nomn")]
    if name[-1] in "оеиуэыюё":
        return pairs
    ending = next((ending for ending in _ENDINGS if name.endswith(ending)), "")
    stem = name[: len(name) - len(ending)]
    endings = _ENDINGS.get(ending, _HARD)
    if ending == "а" and stem[-1] in "гкхжшчщц":
        endings = ("ы" if stem[-1] == "ц" else "и", "е", "у", "ей" if stem[-1] in "жшчщц" else "ой", "е")
    elif not ending and stem[-1] in "жшчщц":
        endings = ("а", "у", "а", "ем", "е")
    if len(stem) > 3 and name.endswith(("ёк", "ок")) and not ending:  # Санёк -> Санька
        stem = stem[:-2] + ("ьк" if name.endswith("ёк") else "к")
    pairs += [(stem + end, case) for end, case in zip(endings, _CASES, strict=True)]
    if ending == "ь" and name.endswith(_SOFT_WOMEN):
        pairs += [(stem + end, case) for end, case in zip(("и", "и", "ь", "ью", "и"), _CASES, strict=True)]
    return pairs
