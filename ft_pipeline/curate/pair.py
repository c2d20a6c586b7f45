"""Turns a dialogue into one self-contained question and the answer that resolved it, or says why it cannot.

Here: which messages are the question, which are the answer, which answers say nothing, ask for a number or hold for
one case only. Not here: lengths and other quality limits (quality), wording of answers across tickets (answers).

Written by hand: no library knows which of an agent's messages resolved a ticket. The rules, in order:

1. Only messages of the customer and of agents count; bots and private notes never become an answer.
2. The question is the first customer message with substance, joined with what the customer adds before the answer.
3. The answer is the agent's next block with substance. A block that asks back is a clarification: the customer's reply
   joins the question and the next block is the answer. Where the customer says that it did not help, or the ticket
   was reopened, the last block is the answer.
4. Where the first block asks for a number in order to look something up, that block is the answer (needs_lookup).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ft_pipeline.curate.rows import Exchange, Message, Refused, Ticket
from ft_pipeline.letter import sentences

_STAGE = "curate.pair"
_REMEMBERED = 50_000  # verdicts on answer texts: agents repeat themselves
_MOST_JOINED_WORDS = 80  # customer messages are joined up to this length

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
_SHORT_NOTHING = re.compile(
    r"^\W*(?:да|нет|ок|окей|хорошо|понял[аи]?|понятно|ясно|принято|принял[аи]?|готово|сделано|угу|ага|верно"
    r"|конечно|ответил[аи]? (?:вам )?в? ?(?:личк\w+|лс|почт\w+)?"
    r"|спасибо|пожалуйста|рад[аы]? помочь|вс[её]|всё верно|отлично|супер|я здесь|слушаю|чем (?:могу"
    r"|можем) помочь|одн[уо])[\s!.,?)(]*$",
    re.IGNORECASE,
)
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
_HAS_NUMBER = re.compile(r"\d{3,}|[A-ZА-Я]{1,4}-?\d{2,}")
_ASKS_BACK = re.compile(
    r"^\W*(?:подскажите|уточните|сообщите|напишите|пришлите|скажите|укажите|какой|какая|какие|какое|откуда"
    r"|куда|когда|где|о каком|в каком|из какого|вы|правильно|это|а|для начала|чтобы|как|опишите|приложите"
    r"|с какого|что)\b",
    re.IGNORECASE,
)
_DID_NOT_HELP = re.compile(
    r"не помог|не то\b|не об этом|не про это|не отве(?:тили|чаете)|(?:всё|все) (?:равно|ещё|еще) не"
    r"|по-прежнему не|так и не|не работает|не получ(?:илось|ается)|вы не поняли|я спрашива",
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
_TO_BOT = re.compile(
    r"^\W*(?:(?:позовите |соедините (?:меня )?(?:с )?|переключите (?:на )?|нужен |хочу |дайте )?(?:живой "
    r"|живого |живым )?(?:оператор\w*|человек\w*|менеджер\w*|специалист\w*)"
    r"|ещё вопрос|другое|да|нет|ок|ау|алло|[\d\W]+|start|/start|меню|начать|есть кто(?:-нибудь)?(?: живой)?"
    r"|вы (?:тут|здесь))\W*$",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"\[[А-ЯЁ]+(?:_\d+)?\]")


@dataclass(frozen=True, slots=True)
class _Block:
    """Messages of one side without an interruption by the other."""

    role: str
    texts: tuple[str, ...]
    turn_ids: tuple[str, ...]
    created_at: str  # of the last message for agents, of the first for customers

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


def pair(ticket: Ticket) -> Exchange | Refused:
    """The exchange of a ticket; the module's charter says which messages it takes."""
    if ticket.status == "open":
        return Refused(_STAGE, "unresolved")
    blocks = _blocks(ticket.messages)
    first = next((number for number, block in enumerate(blocks) if block.role == "customer"), None)
    if first is None:
        return Refused(_STAGE, "no_question")
    question = blocks[first]
    rest = blocks[first + 1 :]
    if not any(block.role == "agent" for block in rest):
        spoke = any(message.turn.role == "agent" for message in ticket.messages)
        return Refused(_STAGE, "answer_says_nothing" if spoke else "no_answer")
    asking = _asking_block(rest, may_be_later=ticket.status == "reopened")
    if asking is not None:
        return _exchange([question], asking, "needs_lookup")
    if all(says_nothing(block.text) for block in rest if block.role == "agent"):
        return Refused(_STAGE, "answer_says_nothing")
    return _resolved(question, rest, is_reopened=ticket.status == "reopened")


def _resolved(question: _Block, rest: Sequence[_Block], *, is_reopened: bool) -> Exchange | Refused:
    asked = [question]
    answer: _Block | None = None
    for number, block in enumerate(rest):
        if block.role == "customer":
            if answer is None:
                asked.append(block)
            elif _DID_NOT_HELP.search(block.text) and any(later.role == "agent" for later in rest[number:]):
                answer = None
            continue
        if says_nothing(block.text) or (answer is not None and not is_reopened):
            continue
        if asks_back(block.text) and any(
            later.role == "agent" and not says_nothing(later.text) for later in rest[number + 1 :]
        ):
            continue
        answer = block
    if answer is None:
        return Refused(_STAGE, "answer_says_nothing")
    text = without_empty_promises(answer.text)
    if _is_off_topic(text):
        return Refused(_STAGE, "off_topic")
    if asks_back(text):
        return Refused(_STAGE, "answer_asks_back")
    if holds_for_one_case(text):
        return Refused(_STAGE, "answer_for_one_case")
    return _exchange(asked, _Block(answer.role, (text,), answer.turn_ids, answer.created_at), "standard")


def _asking_block(rest: Sequence[_Block], *, may_be_later: bool) -> _Block | None:
    """The message that asks for a number, where it is the first thing with substance that an agent says.

    In a reopened ticket what came first did not help, so it may come later there.
    """
    for number, block in enumerate(rest):
        if block.role != "agent":
            continue
        for position, text in enumerate(block.texts):
            is_last = position + 1 == len(block.texts)
            has_number = is_last and _HAS_NUMBER.search(_reply(rest, number)) is not None
            if asks_for_number(text, has_reply_with_number=has_number):
                return _Block(block.role, (text,), (block.turn_ids[position],), block.created_at)
            if not (may_be_later or says_nothing(text) or asks_back(text)):
                return None
    return None


@lru_cache(maxsize=_REMEMBERED)
def _is_off_topic(text: str) -> bool:
    return _OFF_TOPIC.search(text) is not None


@lru_cache(maxsize=_REMEMBERED)
def says_nothing(text: str) -> bool:
    """True where every sentence only promises, passes on or is polite."""
    return all(_is_empty_sentence(sentence) for sentence in sentences(text))


@lru_cache(maxsize=_REMEMBERED)
def without_empty_promises(text: str) -> str:
    """The text without the sentences at its edges that only promise, pass on or are polite."""
    parts = sentences(text)
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
    for found in (*_NUMBER_ASKED.finditer(text), *_NUMBER_FIRST.finditer(text)):
        if re.search(
            r"\b(?:с|под|без|из|по) (?:номер|указанием)|номера? (?:телефон|карт)", found.group(), re.IGNORECASE
        ):
            continue
        sentence = next((part for part in sentences(text) if found.group()[:20] in part), found.group())
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


@lru_cache(maxsize=_REMEMBERED)
def asks_back(text: str) -> bool:
    """True where an agent's message only asks the customer for more: it ends in a question or an order to tell."""
    parts = sentences(text)
    if not parts or len(text.split()) > 45:
        return False
    is_question = parts[-1].rstrip(" )").endswith("?")
    orders = (
        re.match(r"^\W*(?:подскажите|уточните|сообщите|напишите|скажите|опишите)\b", parts[-1], re.IGNORECASE)
        is not None
    )
    told = [part for part in parts[:-1] if not _ASKS_BACK.match(part) and not _is_empty_sentence(part)]
    return (is_question or (orders and not _SENDS_ELSEWHERE.search(text))) and not told


@lru_cache(maxsize=_REMEMBERED)
def holds_for_one_case(text: str) -> bool:
    """True where an answer tells the state of one shipment, payment or account, or names somebody."""
    return any(_ONE_CASE.search(part) and not _CONDITION.search(part) for part in sentences(text))


def has_placeholder(text: str) -> bool:
    """True where redaction masked something: such an answer cannot be given to anybody else."""
    return "[" in text and _PLACEHOLDER.search(text) is not None


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


def _blocks(messages: Sequence[Message]) -> list[_Block]:
    blocks: list[_Block] = []
    for message in messages:
        role = message.turn.role
        if role not in {"customer", "agent"} or not message.text:
            continue
        if role == "customer" and not any(block.role == "agent" for block in blocks) and _TO_BOT.match(message.text):
            continue
        last = blocks[-1] if blocks else None
        if last is not None and last.role == role:
            blocks[-1] = _joined([last, _block(message)])
        else:
            blocks.append(_block(message))
    return blocks


def _block(message: Message) -> _Block:
    return _Block(message.turn.role, (message.text,), (message.turn.turn_id,), message.turn.created_at)


def _joined(blocks: Sequence[_Block]) -> _Block:
    """One block of several; what a customer adds beyond the limit is left out."""
    first = blocks[0]
    texts, turn_ids = first.texts, first.turn_ids
    for block in blocks[1:]:
        words = sum(len(text.split()) for text in (*texts, *block.texts))
        if first.role == "agent" or words <= _MOST_JOINED_WORDS:
            texts, turn_ids = texts + block.texts, turn_ids + block.turn_ids
    last = blocks[-1] if first.role == "agent" else first
    return _Block(first.role, texts, turn_ids, last.created_at)


def _exchange(asked: Sequence[_Block], answer: _Block, kind: str) -> Exchange:
    question = _joined(asked)
    sentences_asked = [text if text[-1:] in ".!?…,:;" else f"{text}." for text in question.texts[:-1]]
    text = " ".join([*sentences_asked, question.texts[-1]])
    return Exchange(text, answer.text, kind, question.turn_ids + answer.turn_ids, answer.created_at)


def _reply(blocks: Sequence[_Block], number: int) -> str:
    """What the customer answers to a block of the agent."""
    following = blocks[number + 1 : number + 2]
    return following[0].text if following and following[0].role == "customer" else ""
