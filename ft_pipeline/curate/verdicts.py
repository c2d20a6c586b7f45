"""Says what an agent's message is worth: nothing, a question back, a plea for a number, or news of one case.

Here: verdicts on one text, each remembered, since agents repeat themselves. Not here: which message of a ticket is the
answer (pair), lengths and other quality limits (quality).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ft_pipeline.letter import sentences
from ft_pipeline.redact import ANY_PLACEHOLDER
from ft_pipeline.screen import NO_WORD, SPACE, widened

_REMEMBERED = 50_000  # verdicts on answer texts: agents repeat themselves
_SAYS_NOTHING = re.compile(
    r"\b(?:переда(?:л|ла|ли|ю|м|дим|ём|но|на|н)\b|перенаправ(?:ил|лен|ляю|им)|пере(?:вед[уё]|вожу|адресова|ключ)"
    r"|ожидайте|ожидать|подождите|минут(?:у|ку|очку)|секунд(?:у|очку)|уточн(?:ю|яю|им|яем)\b|провер(?:ю|яю|им|яем)\b"
    r"|посмотр(?:ю|им)\b|смотр(?:ю|им)\b|верн(?:усь|[её]мся)|свяж(?:усь|емся|ется|утся)|ответ(?:им|ит"
    r"|ят)\b.{0,40}(?:позже|скоро|ближайшее)"
    r"|взял[аи]? в работу|принят[оа]? (?:в работу|к рассмотрению)|принял[аи]? (?:ваш|в работу)|в работе"
    r"|рассмотр(?:им|ит|ят)\b|(?:обращение|заявка|запрос) зарегистрирован[ао]?\b"
    r"|получил[аи]? ваш|разбер(?:усь|[её]мся|утся)|уже (?:занимаемся|работаем|разбираемся)|работаем над"
    r"|напиш(?:у|ем) (?:вам )?(?:позже|как только)"
    r"|как только (?:появится|будет|получ)|сообщ(?:у|им)\b.{0,60}(?:как только|позже|дополнительно|результат)"
    r"|дам знать|будьте на (?:связи|линии)|оставайтесь на (?:связи|линии)|ваше? (?:обращение|вопрос"
    r"|заявка) (?:принят|переда|очень важ|важ)"
    r"|извин(?:ите|яюсь|яемся)|приносим извинения|простите|понимаю вас|сожале(?:ю|ем))",
    re.IGNORECASE,
)
_SHORT_WORDS = (
    r"(?:да|нет|ок|окей|хорошо|понял[аи]?|понятно|ясно|принято|принял[аи]?|готово|сделано|угу|ага|верно"
    r"|конечно|ответил[аи]? (?:вам )?в? ?(?:личк\w+|лс|почт\w+)?"
    r"|спасибо|пожалуйста|рад[аы]? помочь|вс[её]|всё верно|отлично|супер|я здесь|слушаю|чем (?:могу"
    r"|можем) помочь|одн[уо])"
)
_SHORT_NOTHING = re.compile(rf"^\W*{_SHORT_WORDS}[\s!.,?)(]*$", re.IGNORECASE)
_MOST_WORDS_OF_NOTHING = 22
_INFORMS = re.compile(
    r"\b(?:возможност|функци|нельзя|невозможно|можно|только|предусмотрен|поддержива|позволя|потому что|поскольку"
    r"|из-за|так как)",
    re.IGNORECASE,
)
_NUMBER_OF = (
    r"(?:накладн|заявк|претензи|сч[её]т|заказ|отправлен|посылк|договор|обращени|груз|перевозк|трек"
    r"|экспедиторск|декларац|плат[её]ж"
    r"|документ|брони|тикет|рейс)"
)
_ASKS = (
    r"(?:пришлите|сообщите|напишите|укажите|назовите|уточните|подскажите|продиктуйте|скиньте|отправьте"
    r"|направьте|дайте|скажите|введите|нужен|понадобится|требуется"
    r"|необходим|можете (?:прислать|сообщить|назвать)|не подскажете|какой)"
)
_NUMBER_ASKED = re.compile(
    rf"\b{_ASKS}\b[^.!?\n]{{0,60}}?\b(?:(?:трек-?)?номера?\b|№|идентификатор\b|ссылк[уи]\b|код отслеживания"
    rf"|id\b)(?P<rest>[^.!?\n]{{0,80}})"
    rf"|\b{_ASKS}\b[^.!?\n]{{0,20}}\bтрек\b",
    re.IGNORECASE,
)
_NUMBER_FIRST = re.compile(
    rf"\bномер\s+(?:вашей |вашего |вашего )?{_NUMBER_OF}\w*[^.!?\n]{{0,20}}\b(?:пришлите|сообщите|напишите"
    rf"|укажите|назовите)",
    re.IGNORECASE,
)
_LOOKS_UP = re.compile(
    r"\b(?:посмотр(?:ит|ю|им|еть)|провер(?:ит|ю|им|ить|яю)|узна(?:ет|ю|ем|ть)|уточн(?:ит|ю|им|ить)|найти"
    r"|найд(?:у|[её]м|[её]т)|отслед(?:ит|им|ить)|отслежу"
    r"|поищ[уе]\w*|поиск\w*|подскаж(?:ет|у|ем)|сориентиру\w+|разобраться|глян(?:ет|у|ем)|поднимем)\b",
    re.IGNORECASE,
)
_SENDS_ELSEWHERE = re.compile(r"@|https?://|на (?:почту|e-?mail|адрес|электронн)", re.IGNORECASE)
_ORDER = r"(?:подскажите|уточните|сообщите|напишите|скажите|опишите)"
_ORDERS = re.compile(rf"^\W*{_ORDER}\b", re.IGNORECASE)
_ASKS_BACK = re.compile(
    r"^\W*(?:подскажите|уточните|сообщите|напишите|пришлите|скажите|укажите|какой|какая|какие|какое|откуда"
    r"|куда|когда|где|о каком|в каком|из какого|вы|правильно|это|а|для начала|чтобы|как|опишите|приложите"
    r"|с какого|что)\b",
    re.IGNORECASE,
)
_ONE_CASE = re.compile(
    r"\bваш[а-яё]{0,3} (?:груз|заказ|заявк|претензи|посылк|отправлени|плат[её]ж|счет|счёт|аккаунт|канал|видео"
    r"|ролик|документ|возврат|машин|водител)\w*"
    r"(?: (?:№|номер)? ?\S{1,24}){0,5}? (?:уже |сейчас |успешно |был[аои]? |будет )?"
    r"(?:прибы|находится|в пути|доставлен|едет|выехал|отправлен|одобрен|отклон|рассмотрен|поступ|зачислен"
    r"|получен|вернул|восстановл|разблокирован|заблокирован|удал[её]н|проверен|задерж|приедет|придёт|придет"
    r"|готов\b|выдан|прошла|прошёл|выпущен|верифицирован|ожидает)"
    r"|\bпо ваше(?:й|му) (?:заявк|заказ|накладн|груз|претензи|обращени|отправлени"
    r"|плат[её]ж)\w*[^.!?\n]{0,40}(?:назначен|принят|вынесен|одобрен|возврат|прибы|задерж|отправ|сейчас|выпла)"
    r"|^\W*(?:мы )?(?:проверил[аи]?|посмотрел[аи]?|исправил[аи]?|восстановил[аи]?|разблокировал[аи]?"
    r"|вернул[аи]?|начислил[аи]?|отменил[аи]?|перен[её]сл?[аи]?|внесл[аи]?|изменил[аи]?|отправил[аи]?"
    r"|выслал[аи]?|оформил[аи]?|зачислил[аи]?|удалил[аи]?)\b"
    r"|\b(?:сделал|оформил|назначил|оставил|создал)[аи]? (?:для вас|вам|вашу|ваш|заявку|исключение)"
    r"|\bв (?:вашем|виде) исключени|\b(?:персональн|индивидуальн)\w+ (?:скидк|услови)\w+ (?:для вас|вам)"
    r"|\b(?:прибыл|прибудет|доставим|доставят|приедет|выехал|привезём|привезем|заберут"
    r"|подъедет)\w*\b[^.!?\n]{0,40}\b(?:сегодня|завтра|послезавтра|вчера|\d{1,2}[ .](?:янв|фев|мар|апр|мая|июн"
    r"|июл|авг|сен|окт|ноя|дек|\d{2}\b))",
    re.IGNORECASE | re.MULTILINE,
)
_CONDITION = re.compile(r"\b(?:если|в случае|когда|после того|чтобы|как только|обычно|всегда|можно)\b", re.IGNORECASE)
_OFF_TOPIC = re.compile(
    r"не (?:относится|имеет отношения) к (?:наш|работе|услуг|деятельност|тематик|перевозк)|не по (?:нашей"
    r"|адресу)|вы ошиблись (?:адресом|номером|чатом|компанией)"
    r"|(?:мы|я) не (?:занимаемся|консультиру\w+|оказываем таки|сможем помочь с этим|можем помочь с этим"
    r"|продаём|продаем)"
    r"|(?:помогаем|отвечаем|консультируем|помогу|можем помочь) только (?:с|по|на|о|об) |вопрос не по"
    r"|(?:вопрос|это) не к нам\b|таких услуг (?:\S+ ){0,2}не оказыва|на (?:другие|такие) темы"
    r"|(?:коммерческие|рекламные) предложения|(?:реклам\w+|предложени\w+ (?:о|услуг))[^.!?\n]{0,60}"
    r"(?:не (?:нужн|принимаем|рассматриваем|интересу))",
    re.IGNORECASE,
)
# One of these stands in whatever the pattern beside it matches; for what agents say of their own deeds, the start does.
_NAMES_OF_NUMBERS = ("номер", "№", "идентификатор", "ссылк", "код отслеживания", "id", "трек")
_WORDS_OFF_TOPIC = (
    *("относится к", "отношения к", "не по", "вы ошиблись", "мы не ", "я не ", " только", "не к нам"),
    *("таких услуг", " темы", "предложени", "реклам"),
)
_WORDS_OF_ONE_CASE = (
    *("ваш", "вам", "для вас", "заявку", "исключени", "сегодня", "завтра", "вчера"),
    *("прибы", "прибуд", "достав", "приед", "выехал", "привез", "забер", "подъед"),
)
_ONE_CASE_DONE = re.compile(
    r"^\W*(?:мы )?(?:провер|посмотр|исправ|восстан|разблок|верн|начисл|отмен|перен|внес|измен|отправ|высл|оформ"
    r"|зачисл|удал)",
    re.IGNORECASE,
)
# In RE2's syntax and wider than the rules: an agent's text that none of them hits holds no empty sentence, asks
# nothing, and is neither off the topic nor of one case.
UNLESS_PLAIN = (
    widened(_SAYS_NOTHING.pattern),
    rf"(?:^|{NO_WORD}){widened(_SHORT_WORDS)}[{SPACE},(]*(?:[!.?)\n]|$)",
    widened(rf"{_NUMBER_ASKED.pattern}|{_NUMBER_FIRST.pattern}"),
    rf"{_ORDER}|\?[ )]*[{SPACE}]*$",
    widened(_OFF_TOPIC.pattern),
    widened(_ONE_CASE.pattern),
)


@lru_cache(maxsize=_REMEMBERED)
def is_off_topic(text: str) -> bool:
    """True where an answer says that the question is none for this company."""
    return _holds(text, _WORDS_OFF_TOPIC) and _OFF_TOPIC.search(text) is not None


@lru_cache(maxsize=_REMEMBERED)
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(sentences(text))


@lru_cache(maxsize=_REMEMBERED)
def says_nothing(text: str) -> bool:
    """True where every sentence only promises, passes on or is polite."""
    return all(_is_empty_sentence(sentence) for sentence in _sentences(text))


@lru_cache(maxsize=_REMEMBERED)
def without_empty_promises(text: str) -> str:
    """The text without the sentences at its edges that only promise, pass on or are polite."""
    parts = _sentences(text)
    empty = [_is_empty_sentence(part) and _is_brief(part) for part in parts]
    if not any(empty) or all(empty):
        return text
    start, end = 0, len(text)
    for part, is_empty in zip(parts, empty, strict=True):
        if not is_empty:
            break
        start = text.index(part, start) + len(part)
    for part, is_empty in zip(reversed(parts), reversed(empty), strict=True):
        if not is_empty:
            break
        end = text.rindex(part, 0, end)
    return text[start:end].strip()


@lru_cache(maxsize=_REMEMBERED)
def asks_for_number(text: str, *, has_reply_with_number: bool = False) -> bool:
    """True where an answer asks for a number in order to look something up.

    Near misses that are not: "пришлите заявление с номером накладной" (an instruction), "ИНН и номер заявки на
    schet@…" (sent elsewhere, the answer says what happens).
    """
    if not names_a_number(text):
        return False
    for found in (*_NUMBER_ASKED.finditer(text), *_NUMBER_FIRST.finditer(text)):
        if re.search(
            r"\b(?:с|под|без|из|по) (?:номер|указанием)|номера? (?:телефон|карт)", found.group(), re.IGNORECASE
        ):
            continue
        sentence = next((part for part in _sentences(text) if found.group()[:20] in part), found.group())
        if _SENDS_ELSEWHERE.search(sentence):
            continue
        after = text[found.start() :]
        if _LOOKS_UP.search(after) or _LOOKS_UP.search(text[: found.start()]):
            return True
        if (
            len(text.split()) <= 14
            and re.search(_NUMBER_OF, text, re.IGNORECASE)
            and (has_reply_with_number or "?" in text)
        ):
            return True
    return False


def may_ask_for_number(text: str) -> bool:
    """False where no words of a text ask for a number, whatever the customer replies."""
    return names_a_number(text) and (_NUMBER_ASKED.search(text) or _NUMBER_FIRST.search(text)) is not None


@lru_cache(maxsize=_REMEMBERED)
def asks_back(text: str) -> bool:
    """True where an agent's message only asks the customer for more: it ends in a question or an order to tell."""
    parts = _sentences(text)
    if not parts or len(text.split()) > 45:
        return False
    is_question = parts[-1].rstrip(" )").endswith("?")
    orders = _ORDERS.match(parts[-1]) is not None
    told = [part for part in parts[:-1] if not _ASKS_BACK.match(part) and not _is_empty_sentence(part)]
    return (is_question or (orders and not _SENDS_ELSEWHERE.search(text))) and not told


@lru_cache(maxsize=_REMEMBERED)
def holds_for_one_case(text: str) -> bool:
    """True where an answer tells the state of one shipment, payment or account, or names somebody."""
    return any(_is_one_case(part) for part in _sentences(text))


@lru_cache(maxsize=_REMEMBERED)
def _is_one_case(sentence: str) -> bool:
    if not _holds(sentence, _WORDS_OF_ONE_CASE) and not _ONE_CASE_DONE.match(sentence):
        return False
    return _ONE_CASE.search(sentence) is not None and not _CONDITION.search(sentence)


@lru_cache(maxsize=_REMEMBERED)
def names_a_number(text: str) -> bool:
    """False where a text cannot ask for a number."""
    return _holds(text, _NAMES_OF_NUMBERS)


def _holds(text: str, words: Sequence[str]) -> bool:
    """Whether one of the words, in lower case, stands in a text: many times faster than the pattern they are from."""
    lowered = text.lower()
    for word in words:  # noqa: SIM110 - the loop is twice as fast as any()
        if word in lowered:
            return True
    return False


def has_placeholder(text: str) -> bool:
    """True where redaction masked something: such an answer cannot be given to anybody else."""
    return "[" in text and ANY_PLACEHOLDER.search(text) is not None


@lru_cache(maxsize=_REMEMBERED)
def _is_empty_sentence(sentence: str) -> bool:
    if _SHORT_NOTHING.match(sentence):
        return True
    if re.search(r"\d{2,}|@|https?://", sentence) and not re.search(r"\d+ (?:мин|час)", sentence):
        return False
    if _INFORMS.search(sentence):
        return False
    is_short = len(sentence.split()) <= _MOST_WORDS_OF_NOTHING
    return is_short and "?" not in sentence and _SAYS_NOTHING.search(sentence) is not None


def _is_brief(sentence: str) -> bool:
    """A longer promise may carry content ("отдел кадров рассмотрит её и ответит в течение 3 дней")."""
    return len(sentence.split()) <= 8 and not re.search(r"\d|@|, (?:как|где|что|нуж|есть ли)", sentence)
