"""Numbers that name a thing of one customer: orders, contracts, shipments, policies, medical and other records.

Here: a number beside a word that says what it is the number of; postal, lettered and other codes by their shape.
Numbers of laws, forms and articles stay, and so do years, prices and dates. Not here: what a person is known by
(numbers.py, documents.py), plates of vehicles (plates.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_pipeline.redact.findings import NUMBER, Finding, digits_of, words_of
from ft_pipeline.redact.mistyped import THINGS, is_mistyped
from ft_pipeline.redact.numbers import DATE, LEFT, MONEY_OR_UNIT, RIGHT

# What has a number of its own. A stem in small letters; the word may go on.
_STEMS = tuple(
    words_of(
        "заказ ордер договор контракт соглашени накладн экспедит претензи заявк заявлени обращени жалоб тикет трек "
        "отправ посылк "
        "квитанц чек счёт счет абонент полис рекламаци перевозк груз ттн упд л/с л.с шпи рпо инцидент талон осаго "
        "каско "
        "омс дмс "
        "енп медкарт карт вин vin имей imei серийн бронь брони ваучер сертификат табельн дело пропуск участник "
        "лояльност "
        "клиент id айди order tracking invoice ticket waybill contract claim сдэк cdek сдек боксберри boxberry dpd пэк "
        "накл дог билет код wb ozon озон вайлдберр дпд транзакц платеж платёж операци чека вклад кредит займ ипотек "
        "ссуд "
        "ячейк история истори "
        "номенклатур зачётк зачетк студенч читательск протокол решени уин штраф судебн исполнительн делу сч лс booking "
        "booked reserv policy"
    )
)
_THING = (
    r"(?:заказ|ордер|договор|дог\.|доп\.? ?соглашени|соглашени|контракт|накладн|накл\.|экспедиторск|претензи|заявк|"
    r"заявлени|обращени|"
    r"жалоб|тикет|трек|отправлени|отправк|посылк|бандерол|квитанци|чек|лиц(?:ев\w+|\.)? ?(?:сч[её]т|сч\.)|л/с|л\.с\.?|"
    r"абонент|полис|рекламаци|перевозк|груз|сч[её]т|сч\.|ттн|тн|упд|шпи|рпо|инцидент|талон|осаго|каско|омс|дмс|енп|"
    r"мед\.? ?карт|(?:амбулаторн|медицинск|бонусн|дисконтн|клубн|транспортн|социальн|подарочн|скидочн)\w+ карт|"
    r"карт\w (?:пациент|лояльност|клиент|"
    r"покупател|участник|больн)|истори\w болезни|вин|vin|им[еэ]й|imei|серийн\w+|с/н|s/n|sn|бронь|брони(?!р)|"
    r"бронировани|ваучер|сертификат|"
    r"табельн\w+|(?:личн|уголовн|наследственн)\w+ дел|дел[оаеу] |пропуск|участник|клиент|(?<![а-яёa-z])id(?! товар)|"
    r"айди|сдэк|cdek|сдек|боксберри|boxberry|dpd|дпд|пэк|"
    r"(?:wb|ozon|озон|вайлдберр\w+)(?= ?[№#:]? ?\d{7})|транзакци|плат[её]ж|операци|вклад|кредит|за[йё]м|ипотек|ячейк|"
    r"зач[её]тк|студенческ\w+|читательск\w+|"
    r"(?:проездн|электронн|авиа|жд|ж/д|посадочн)\w* ?билет|билет|протокол|уин|исполнительн\w+ (?:лист|производств)|"
    r"код\w? (?:получени|выдач|бронировани|брони|клиента|заказа|отправлени|пациента|абонента|из смс|подтверждени)|"
    r"номер\w? (?:телефона? )?(?:участника|брони|карты лояльности|счетчика|сч[её]тчика|прибора|пропуска|дела|клиента|"
    r"карты|заявки|полиса)|"
    r"сч[её]тчик|прибор\w* уч[её]та|исх\.|вх\.|акт|order|tracking|track|invoice|ticket|waybill|contract|claim|policy|"
    r"booking|(?<![а-яёa-z])(?<!в )лс(?![а-яё]))"
)
_BRIDGE = (
    r"(?:[ \u00a0№#:—–(|-]|(?:с|под|по|его|мой|моя|моего|вот|такой|этот|это|клиента|заказа|ттн|тн|трек-?|на|от сдэк|"
    r"осаго|каско|омс|дмс|займа|"
    r"аренды|сдэк|cdek|озон|ozon|wb|вб|почты? россии|рф|за|у меня|серии|серия|пациента|покупателя|лояльности|учета|"
    r"учёта|"
    r"поставки|подряда|услуг|страхования|оферты|билета?|карты|счета|был|имеет|будет|отправления|посылки|болезни|"
    r"номер\w{0,2}|ном\.|код\w?|n|no|nr|number|is|id|айди)(?![а-яёa-z])\.?){0,6}"
)
_BEFORE = re.compile(rf"(?<![а-яёa-z/.]){_THING}[а-яёa-z-]{{0,8}}{_BRIDGE}$")
_ON = re.compile(r" (?:на|от) ?$")  # "заказ на 15000": an amount
_ID = r"(?=[\w/-]{0,40}\d{2})(?:[A-ZА-Я]{1,6}[-/_]?)?\d[\w]*(?:[-/_][\w]+)*(?:\.\d{2,}[\w]*)*"
_TOKEN = re.compile(rf"(?<![\w/-]){_ID}|(?<=[А-Яа-яЁё:№#]){_ID}", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_PREFIX = 8  # letters and a mark that may stand before the first digit of a token
_REACH = 64
_FEWEST_DIGITS = 4
_BARE = 0.55  # the word "номер" alone: a long number only
_LISTED = re.compile(r"(?:, ?| и | или |; ?)")
_NUMERO = re.compile(r"(?<![а-яё])(?P<word>[а-яё]*)[ \u00a0]?№[ \u00a0]?$")
_SPACED = re.compile(r"(?<![\d.,-])\d{1,6}(?:[ \u00a0-]\d{2,10}){1,5}(?![\w/])")
_LETTERED_SPACED = re.compile(  # ХХХ 0123456789
    r"(?<![\w-])(?!(?:НА|ДО|ПО|ОТ|ЗА|ИЗ|РФ|НЕ|[СВКОУИ]) )(?:[A-ZА-Я]{1,4}|[xх]{3}|[вe]{3}) ?№? ?\d{6,12}(?![\w-])"
)
_VALUED = re.compile(  # what has a sum as often as it has a number: "ипотека 3500000"
    r"(?:кредит|за[йё]м|ипотек|вклад|каско|осаго|плат[её]ж|сч[её]т|чек|операци|полис|груз|билет|карт\w|страхов|перевод)"
    r"[а-яё]{0,8}(?: (?:на|за|в|по|осаго|каско))? ?$"
)
_RECORD = re.compile(
    r"(?:студенч|читател|амбулатор|мед\w*[ -]?карт|медицин|электронн|бонусн|дисконт|клубн|лицев|лояльн|пациент)"
)
_BOOKING = re.compile(
    r"(?i:бро(?:нь|ни|нированию?|нирования)|pnr|booking|reservation|(?:booked|reserved)[a-z ]{0,16} under)"
    r"(?: номер| №|:| код| number)* ?"
    r"(?i:(?=[A-Z]*\d))((?i:(?=\d*[A-Z]))(?:[A-Z0-9]{5,8}|(?i:[a-z0-9]{6})))(?![\w-])"
)
_BOOKED = re.compile(r"брон[иь]|pnr|booking|booked|reserv")
_POLICY = re.compile(  # the series of a compulsory motor policy and its number
    r"(?<![\w-])(?:([аaвbеeкkмmнhсcтtхx])\1\1|[аa]{2}[вскмнbckmh]) ?№? ?\d{10}(?!\w)"
)
_COLUMNS = re.compile(  # a table whose last column says that it holds the numbers of things
    rf"^[^\n;]*(?:;[^\n;]*)*;\s?\"?(?:номер )?{_THING}[а-яё-]{{0,8}}(?: номер\w*)?\"?[ \r]*\n"
    r"(?P<rows>(?:[^\n;]*(?:;[^\n;]*)+(?:\n|$))+)",
    re.MULTILINE,
)
_LAST_CELL = re.compile(r";\s?\"?([\w/-]*\d{4}[\w/-]*)\"?[ \r]*$", re.MULTILINE)
_LONG_NUMBER = 8  # digits from which a bare number is no sum
_SPACED_AFTER = re.compile(
    rf"{_THING}[а-яёa-z-]{{0,8}}(?:[ \u00a0](?:номер\w*|код|осаго|омс|дмс))?[ \u00a0]?(?:[№#:][ \u00a0:]{{0,2}}|: ?)?$"
)
_IS_MARKED = re.compile(r"(?:номер\w*|код|№|#|:|л/с|л\.с\.?|енп|лиц\w*\.? (?:сч[её]т\w*|сч\.))[ \u00a0:]{0,2}$")
_IS_GROUPED = re.compile(r"(?:номер\w*|код|№|#|:|омс|дмс|полис\w*|билет\w*|л/с|л\.с\.?|енп|сч[её]т\w*)[ \u00a0:]{0,2}$")
_BEHIND = re.compile(
    r"(?: ?(?:[-–—(:,]? ?))(?:это )?(?:мой |наш |его )?(?:номер|№|код|трек)(?: "
    + _THING
    + "|[ -](?:код|номер)|$|[.,!?])"
)
_NAMED = re.compile(r"(?<![а-яё])номер\w{0,2}[ \u00a0]?[:—–-]?[ \u00a0]?$")
_TRACE = re.compile(  # a verb with which one asks after a number
    r"(?:отсл[еиэ][дж]\w+|трекинг\w*|статус\w*|пробейте|пробить|найдите|найти|провер\w+|посмотрите|что с|где|ищу|по "
    r"номеру)"
    r"(?: (?:мой|моя|моё|мое|мою|его|вот|этот|эту|пожалуйста|по|номер\w*|там|сейчас|сам)){0,3}[ \u00a0№#:]{1,3}$"
)
_WORD_BEFORE = re.compile(r"([а-яё-]{5,})[ \u00a0]?[№#:]?[ \u00a0]?$")
_LETTERED = re.compile(  # ВР-1883018, TMT470996790
    r"(?<![\w-])(?!ГОСТ|ISBN|ISO|ТУ|KB|CVE|EAN|RAL|DIN|UTC|GMT)(?:[A-ZА-Я]{1,4}-\d{6,10}|[A-Z]{2,5}\d{8,16})(?![\w-])"
)
_NO_REFERENCE = re.compile(
    r"(?:арт(?:икул\w*|\.)?|штрих-?код\w*|модел\w+|ошибк\w+|гост\w*|верси\w+|тнвэд|тн ?вэд|ean|sku|парт-?номер\w*|"
    r"код товара|каталож\w+ номер|"
    r"isbn|оквэд\w*|id товара|номенклатурн\w+|товар\w*|показани\w+(?: [а-яё]+){0,2}|кбк|октмо|окато|снип\w*|"
    r"госреестр\w*|лицензи\w+)(?: номер)?[ \u00a0№:#-]{0,3}$"
)
_POSTAL = re.compile(  # UPU S10
    r"(?<![A-Za-z0-9])[A-Z]{2} ?\d{3} ?\d{3} ?\d{3} ?[A-Z]{2}(?![A-Za-z0-9])|"
    r"(?<![A-Za-z0-9])[a-z]{2}\d{9}[a-z]{2}(?![A-Za-z0-9])"
)
_LAND = re.compile(rf"{LEFT}\d{{2}}:\d{{2}}:\d{{6,7}}:\d{{1,6}}{RIGHT}")  # of the cadastre
_VEHICLE_ID = re.compile(
    r"(?<![\w-])(?=[A-Z0-9]*[A-Z]{2})(?=(?:[A-Z]*\d){5})[A-HJ-NPR-Z0-9]{17}(?![\w-])", re.IGNORECASE
)
_MAIL_ID = re.compile(
    rf"{LEFT}[1-8]\d{{5}}[ ]?\d\d[ ]?\d{{5}}[ ]?\d{RIGHT}"
)  # ШПИ of the Russian post: 14 digits from an index
_PUBLIC_NUMBERS = re.compile(
    r"закон|фз|постановл|приказ|стат|тариф|пункт|гост|форм|школ|пп|дом|лет|кабинет|прилож|палат|аптек|поликлин|"
    r"больниц|детск|"
    r"сад|отделен|маршрут|автобус|трамва|троллейб|касс|окн|кабин|указ|распоряж|инструкц|санпин|снип|лицензи|вариант|"
    r"урок|глав|правил"
)
_PUBLIC_WORDS = words_of("закон закону закона законом постановление постановлению приказ приказу статья статье")
_FOUR_DIGITS = re.compile(r"\d\D{0,3}\d\D{0,3}\d\D{0,3}\d")


def find_references(text: str, lowered: str, *, longest_run: int) -> Iterator[Finding]:
    """All findings of this module; overlapping ones are left to the caller.

    Args:
        text: any text with a digit in it.
        lowered: the same in small letters.
        longest_run: digits of its longest run, as `numbers.longest_run` counts them.
    """
    if len(lowered) != len(text):
        lowered = text
    if longest_run or _FOUR_DIGITS.search(text) or _BOOKED.search(lowered):
        yield from _announced(text, lowered)
    if longest_run >= 6:
        for pattern in (_POSTAL, _LETTERED, _VEHICLE_ID, _LAND):
            for match in pattern.finditer(text):
                if not _NO_REFERENCE.search(lowered, max(0, match.start() - 24), match.start()):
                    yield Finding(*match.span(), NUMBER, 0.66)
    if longest_run >= 10:
        for match in _POLICY.finditer(lowered):
            yield Finding(*match.span(), NUMBER, 0.82)
    if longest_run >= 14:
        for match in _MAIL_ID.finditer(text):
            if not _NO_REFERENCE.search(lowered, max(0, match.start() - 24), match.start()):
                yield Finding(*match.span(), NUMBER, 0.5)


def _announced(text: str, lowered: str) -> Iterator[Finding]:
    has_thing = any(stem in lowered for stem in _STEMS)
    end_of_last = -1
    for token in _tokens(text):
        if len(digits_of(token[0])) < _FEWEST_DIGITS and not _LISTED.match(text, token.end()):
            end_of_last = -1  # too short to be a number itself, and nothing is listed behind it
            continue
        score = _score_of(lowered, *token.span(), has_thing=has_thing)
        if not score and end_of_last >= 0 and _LISTED.fullmatch(text, end_of_last, token.start()):
            score = 0.7
        end_of_last = token.end() if score and score != _BARE else -1
        if score != _BARE or len(digits_of(token[0])) >= 6:
            yield from _reference(text, *token.span(), score)
    if not has_thing:
        return
    for table in _COLUMNS.finditer(lowered) if ";" in text and "\n" in text else ():
        for cell in _LAST_CELL.finditer(text, *table.span("rows")):
            yield Finding(*cell.span(1), NUMBER, 0.6)
    for match in _BOOKING.finditer(text):
        yield Finding(*match.span(1), NUMBER, 0.7)
    for pattern in (_SPACED, _LETTERED_SPACED):
        for match in pattern.finditer(text):
            before = lowered[max(0, match.start() - _REACH) : match.start()]
            if _is_spaced_number(text, before, match, is_lettered=pattern is _LETTERED_SPACED):
                yield Finding(*match.span(), NUMBER, 0.76)


def _is_spaced_number(text: str, before: str, match: re.Match[str], *, is_lettered: bool) -> bool:
    if DATE.search(match[0]) or MONEY_OR_UNIT.match(text, match.end()) or not _SPACED_AFTER.search(before):
        return False
    return is_lettered or _IS_GROUPED.search(before) is not None


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """Words that may be a number of something, looked for around the digits only."""
    end = 0
    for digits in _DIGITS.finditer(text):
        if digits.end() <= end:
            continue
        first = max(end, digits.start() - _PREFIX)
        token = next(filter(None, (_TOKEN.match(text, at) for at in range(first, digits.start() + 1))), None)
        if token is not None:
            end = token.end()
            yield token


def _score_of(lowered: str, start: int, end: int, *, has_thing: bool) -> float:
    """How surely the words beside a token call it the number of something; 0 where they do not."""
    before = lowered[max(0, start - _REACH) : start]
    if _NO_REFERENCE.search(before):
        return 0.0
    if has_thing and _BEFORE.search(before) and not _ON.search(before):
        is_sum = end - start < _LONG_NUMBER and lowered[start:end].isdigit() and lowered[start] != "0"
        is_sum = is_sum and _VALUED.search(before) is not None and not _RECORD.search(before)
        return 0.0 if is_sum and not _IS_MARKED.search(before) else 0.75
    numero = _NUMERO.search(before) if "№" in before else None
    if numero and not _PUBLIC_NUMBERS.match(numero["word"]) and not is_mistyped(numero["word"], _PUBLIC_WORDS):
        return 0.65
    if _BEHIND.match(lowered, end):
        return 0.65
    if "номер" in before and _NAMED.search(before):
        return _BARE
    if end - start >= 8 and _TRACE.search(before):
        return 0.6
    word = _WORD_BEFORE.search(before)
    return _BARE if word and is_mistyped(word[1], THINGS) else 0.0


def _reference(text: str, start: int, end: int, score: float) -> Iterator[Finding]:
    """A token beside a word for an order is its number when it is long enough and no price, date or amount."""
    token = text[start:end]
    numeral = digits_of(token)
    is_year = len(numeral) == 4 and numeral[:2] in {"19", "20"}
    starts_marked = text[max(0, start - 2) : start].rstrip().endswith(("№", "#"))
    least = _FEWEST_DIGITS if starts_marked or re.search(r"[A-Za-zА-Яа-я]", token) else 5
    dated = DATE.match(text, start)
    if not score or len(numeral) < least or (is_year and len(token) == 4) or (dated and dated.end() >= end):
        return
    if MONEY_OR_UNIT.match(text, end) or re.match(r"[.,]\d", text[end : end + 2]):
        return
    yield Finding(start, end, NUMBER, score)
