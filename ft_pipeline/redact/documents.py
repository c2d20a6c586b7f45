"""Documents other than the passport of Russia, which a word announces: licences, certificates, foreign passports.

Here: the words, and the shapes of number that may stand behind one. They are masked like a passport. Not here: the
passport of Russia itself, tax and insurance numbers (numbers.py), numbers of orders (references.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_pipeline.redact.findings import PASSPORT, Finding

_CUES = (
    *("пасп", "загран", "удостов", "права", "прав ", "в/у", "ву", "свид", "св-в", "воен", "билет", "внж", "жительств"),
    *("passport", "документ", "удост", "патент", "миграц", "виз", "птс", "стс", "pts", "sts", "диплом", "аттестат"),
)
_DOCUMENT = (
    r"(?:пасп(?:орт\w*)?|загран\w*|удостоверени\w+(?: личности)?|удост\.?|(?:водительск\w+ )?права|(?:номер|серия) "
    r"прав|"
    r"(?:водит\w*|вод)\.? ?(?:уд\w*|права)\.?|в/у|ву|свидетельств\w+(?: о (?:рождени\w+|браке|регистрации|смерти)"
    r"[а-яё ]{0,12})?|"
    r"св-в\w*(?: о \w+)?|свид(?:-во)?\.?(?: о \w+)?|"
    r"военн\w+(?: билет\w*)?|военник\w?|внж|вид\w? на жительство|passport|id-?карт\w+|удостоверяющ\w+ личность|"
    r"патент\w*|"
    r"миграционн\w+ карт\w+|виз[аыу]|птс|стс|диплом\w*|аттестат\w*)"
)
_FILLER = (
    r"(?:[ ,:№#—–-]|(?:гражданина|гражданки|рф|россии|казахстана|узбекистана|таджикистана|киргизии|кыргызстана|"
    r"беларуси|"
    r"армении|азербайджана|грузии|молдовы|украины|китая|моряка|иностранца|иностранный|о|рождении|серии?|серия|сер\.?|"
    r"номер\w?|ном\.?|н\.?|n|no|мой|моего|вот|ребенка|ребёнка|сына|дочери|мужа|жены|водителя|получателя|это|у|меня|на|"
    r"дата|данные|ру|республики)(?![а-яё])\.?){0,8}"
)
_VALUE = (
    r"(?P<value>(?:[ivxlc]{1,5}|[ivхxlс1]{1,5})[ -]?[а-я]{2}[ ,]{0,2}(?:(?:№|n|номер)[ ]?)?\d{6}|"
    r"\d{2} ?[а-я]{2} ?\d{6}|(?:[а-яa-z]{1,2}[ -]?)?(?:№ ?)?\d{7,9}|[а-яa-z]{2} ?№? ?\d{6,8}|"
    r"\d{2}[ -]?\d{2}[ ,-]{0,2}(?:(?:№|n|номер|ном\.)[ ]?)?\d{3}[ ]?\d{3}|\d{2}[ -]?(?:(?:№|n|номер)[ ]?)?\d{7})"
    r"(?![\w])"
)
_ANNOUNCED = re.compile(rf"(?<![а-яёa-z/]){_DOCUMENT}{_FILLER}{_VALUE}")


def find_documents(text: str, lowered: str) -> Iterator[Finding]:
    """Numbers of documents beside the word for one; overlapping findings are left to the caller.

    Args:
        text: any text with six digits in it.
        lowered: the same in small letters.
    """
    if len(lowered) != len(text) or not any(cue in lowered for cue in _CUES):
        return
    for match in _ANNOUNCED.finditer(lowered):
        yield Finding(*match.span("value"), PASSPORT, 0.84)
