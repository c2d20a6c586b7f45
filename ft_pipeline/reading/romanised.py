"""Russian written with Latin letters, as people do without a Russian keyboard: `skolko stoit strahovka`.

Here: the letters back into Cyrillic. Not here: whether the result is Russian (the package's `Reader`), the wrong
keyboard layout (letters).

Nobody follows a standard when typing like this, so no table of a standard reads it; the sounds are what is kept, and
spelling by sound mends the rest (`prishel`, `podoydet`, `y` for both «й» and «ы»).
"""

from __future__ import annotations

import re

from ft_pipeline.reading.letters import pairs

LATIN_WORD = re.compile(r"(?<![\w@./:-])[A-Za-z']+(?![\w@]|[./:-]\w)")
_LETTERS = pairs("""
shch=щ sch=щ yo=ё jo=ё zh=ж kh=х ts=ц ch=ч sh=ш yu=ю ju=ю ya=я ja=я ia=ия
a=а b=б v=в w=в g=г d=д e=е z=з i=и j=й k=к q=к l=л m=м n=н o=о p=п r=р s=с t=т u=у f=ф h=х c=ц y=ы x=кс '=ь
""")
_Y_AFTER_VOWEL = re.compile(r"(?<=[aeiouy])y(?![aou])")  # moy, podoydet, but moya
_GROUP = re.compile("|".join(sorted(_LETTERS, key=len, reverse=True)))


def as_cyrillic(word: str) -> str:
    """The word with Russian letters for its Latin ones, in lower case."""
    return _GROUP.sub(lambda found: _LETTERS[found.group()], _Y_AFTER_VOWEL.sub("j", word.lower()))
