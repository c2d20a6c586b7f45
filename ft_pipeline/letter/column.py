"""`strip_edges` and `strip_frame` for many texts: one pass over all of them shows which have nothing around them.

Here: patterns wider than the rules of `strip` and `frame`, in RE2's syntax; a test compares both ways. Not here: the
rules.
"""

from __future__ import annotations

from collections.abc import Sequence

from ft_pipeline.letter.frame import strip_frame
from ft_pipeline.letter.strip import MOST_CHARS, strip_edges, strip_rounds
from ft_pipeline.screen import NO_WORD, SPACE, Column

_LINES_OR_QUOTES = r"[\n>]"
_SIGNED = "уважением|наилучшими|искренне ваш|всегда ваш|regards"
_OPENS = (
    r"здравствуй|здраствуй|здрасте|приветству|привет|добр(?:ый|ого|ое|ой) |день добрый|вечер добрый|салют|hello|good "
    rf"|(?:^|{NO_WORD})hi(?:{NO_WORD}|$)|уважаем|dear|\[ИМЯ"
    r"|меня зовут |служба|поддержк|специалист|оператор|(?:спасибо|благодар(?:им|ю)(?: вас)?),? (?:за|что) "
    r"|рад[ыа]? (?:вас )?(?:помочь|приветствовать|видеть|слышать)|thank you for"
)
_ENDS = (
    r"(?:спасибо|спс|благодар|thank|thx|вопрос|непонятно|рад[ыа]?,? (?:был[аи]? )?(?:вам )?(?:помочь|ответить|видеть)"
    r"|будем рады|обращайтесь|пишите|звоните"
    r"|(?:хорошего|приятного|отличного|доброго|удачного)(?: вам)? (?:дня|вечера|выходных|настроения|просмотра|утра)"
    r"|всего (?:доброго|хорошего|наилучшего)|до свидания|удачи|ждём вас|чем-(?:то|нибудь)|надеюсь|надеемся|жду|жд[её]м"
    r"|ожида|(?:ответьте|отпишитесь|помогите|сообщите)[^.!?\n]*(?:скорее|быстрее|срочно)"
    r"|буд(?:у|ем) (?:вам )?(?:очень |крайне )?(?:благодар|признател)|(?:отправлено|sent) "
    r"|(?:служба|команда|отдел) (?:поддержки|заботы|сервиса|технической)|пожалуйста|regards)"
    rf"[^.!?\n]*[{SPACE}.!,?)(:;🙂😊—–-]*$"
)


_FRAMED = r"здравствуйте|добр(?:ый|ое|ого)|hello|[\n\[]"


def strip_edges_all(texts: Sequence[str]) -> list[str]:
    """`strip_edges` of each text."""
    if not texts:
        return []
    column = Column(texts)
    framed = column.holds(f"{_LINES_OR_QUOTES}|{_SIGNED}")
    opens, ends = column.holds(_OPENS), column.holds(_ENDS)
    found = [text.strip() for text in texts]
    for number in (framed | opens | ends).nonzero()[0].tolist():
        text = texts[number]
        if framed[number] or len(text) > MOST_CHARS:
            found[number] = strip_edges(text)
        else:
            found[number] = strip_rounds(found[number], opens=bool(opens[number]), ends=bool(ends[number]))
    return found


def strip_frame_all(texts: Sequence[str]) -> list[str]:
    """`strip_frame` of each text."""
    if not texts:
        return []
    framed = Column(texts).holds(_FRAMED).tolist()
    return [
        strip_frame(text) if is_framed or shorter != text else text.strip()
        for text, shorter, is_framed in zip(texts, strip_edges_all(texts), framed, strict=True)
    ]
