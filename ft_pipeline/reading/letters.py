"""How Russian a string looks: graded letter pairs, and the keyboard layout that turns `crjkmrj` into «сколько».

Here: the table of letter pairs, the score over it, the layout mapping and the test for a wrong layout.
Not here: what is done with the verdict (curate's repair and language, this package's `Reader`).

The grades were counted over 307,000 letter pairs of this project's own Russian texts: 0 = never seen, 9 = most
frequent, linear in the logarithm of the frequency. «_» is a word's edge; «ё» counts as «е».
"""

from __future__ import annotations

import itertools
import re

_LETTERS = "_абвгдежзийклмнопрстуфхцчшщъыьэюя"
_GRADES = (
    "078989869809889998988676864000756"  # _
    "927868778478888278894566775000367"  # а
    "563001710606645737407030016573035"  # б
    "883504805807756856666054435385405"  # в
    "672017500704504808016000100000000"  # г
    "784644850706727857657045230564105"  # д
    "956778677477889469894665666000244"  # е
    "574037810705237400005000000003000"  # ж
    "895656650706566615055003510265015"  # з
    "956756857767888557893666664000167"  # и
    "800005000005335321660201431000000"  # й
    "891642724803725907678004000000200"  # к
    "781053851906535720557201320058067"  # л
    "883100802705666860517002104064105"  # м
    "792446825906307820678405421087057"  # н
    "928888787788887678884655764000456"  # о
    "570204800705804939147003310042035"  # п
    "794555963806476944578244442076046"  # р
    "875636702708866776696354710367238"  # с
    "983756903807457978747310400279236"  # т
    "936567677166675176770060755000270"  # у
    "550000400602202705045300100030000"  # ф
    "760450300401404725434000010000000"  # х
    "560200701700000410005002000040000"  # ц
    "470001811706107402076000030005012"  # ч
    "650200700705605404056000000012000"  # ш
    "050000700600002100004000000005000"  # щ
    "000000600000000000000000000000005"  # ъ
    "805646625274664055660060551000001"  # ы
    "904163604307067000650003064000054"  # ь
    "000005000005522023360301010000100"  # э
    "804234013003120005560000605000030"  # ю
    "902635645233555004471045524000053"  # я
)
_INDEX = {letter: number for number, letter in enumerate(_LETTERS)}
_PAIR = {a + b: int(_GRADES[_INDEX[a] * len(_LETTERS) + _INDEX[b]]) for a in _LETTERS for b in _LETTERS}
_WORD = re.compile(r"[а-я]+")

_QWERTY = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./" + '~QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>?&@#$^'
_RUSSIAN = "ёйцукенгшщзхъфывапролджэячсмитьбю." + 'ЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,?"№;:'
TO_RUSSIAN = str.maketrans(_QWERTY, _RUSSIAN)
TO_LATIN = str.maketrans(_RUSSIAN, _QWERTY)
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_ADDRESS = re.compile(r"\S{0,100}(?:@|://|www\.)\S*|\b[\w-]{1,60}\.(?:ru|com|org|net|example)\b\S*", re.IGNORECASE)
_VOWELS = frozenset("аеиоуыэюя")


def pairs(table: str) -> dict[str, str]:
    """A table of replacements out of text: `from=to from=to …`."""
    return dict(pair.split("=") for pair in table.split())


def grades() -> str:
    """The table itself, 33 × 33 digits, first letter by second; place 0 is a word's edge, then а … я without ё."""
    return _GRADES


def russian_score(text: str) -> float:
    """Mean grade of the letter pairs of all Cyrillic words, 0..9; running Russian text lies above 6.5."""
    total = count = 0
    for word in _WORD.findall(text.lower().replace("ё", "е")):
        edged = f"_{word}_"
        for first, second in itertools.pairwise(edged):
            total += _PAIR[first + second]
        count += len(edged) - 1
    return total / count if count else 0.0


def as_if_typed_in_russian(text: str) -> str:
    """The same key presses with the Russian layout switched on."""
    return text.translate(TO_RUSSIAN)


def is_wrong_layout(text: str) -> bool:
    """True where Latin text is Russian that was typed with the English layout on."""
    if not _LATIN_WORD.search(text):
        return False
    bare = _ADDRESS.sub(" ", text)
    latin = _LATIN_WORD.findall(bare)
    letters = sum(char.isalpha() for char in bare)
    if not latin or letters < 5 or sum(map(len, latin)) < 0.7 * letters:
        return False
    mapped = as_if_typed_in_russian(bare).lower()
    words = _WORD.findall(mapped.replace("ё", "е"))
    with_vowel = sum(1 for word in words if _VOWELS & set(word) or len(word) == 1)
    return russian_score(mapped) >= 6.3 and with_vowel >= 0.8 * len(words)
