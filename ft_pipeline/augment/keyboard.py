"""The Russian keyboard: which keys lie side by side, and what a key gives with the other layout on.

Here: geometry only. Not here: which texts are changed (noise).
"""

from __future__ import annotations

_ROWS = ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю")
_RUSSIAN = "ёйцукенгшщзхъфывапролджэячсмитьбю."
_LATIN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./"
_SHIFTED = str.maketrans("[];',./`", '{}:"<>?~')

TO_LATIN = str.maketrans(
    _RUSSIAN + _RUSSIAN[:-1].upper() + ',?"№;:',
    _LATIN + _LATIN[:-1].upper().translate(_SHIFTED) + "?&@#$^",
)


def _neighbours() -> dict[str, str]:
    near: dict[str, str] = {}
    for number, row in enumerate(_ROWS):
        for place, key in enumerate(row):
            others = [row[place - 1] if place else "", row[place + 1] if place + 1 < len(row) else ""]
            for other_row in (number - 1, number + 1):
                if 0 <= other_row < len(_ROWS) and place < len(_ROWS[other_row]):
                    others.append(_ROWS[other_row][place])
            near[key] = "".join(others)
    return near


NEIGHBOURS = _neighbours()  # key -> the keys beside, above and below it
