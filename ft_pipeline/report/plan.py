"""The written refresh plan (регламент): who renews the model, when, by which rules, and how to go back.

Reads task.yaml only. Not here: doing any of it (schedules, sensors, the command line).
"""

from __future__ import annotations

from collections.abc import Mapping

from ft_pipeline.report.tables import Table
from ft_pipeline.report.wording import NBSP, Language, say, short_percent
from ft_pipeline.task import Task

_MONTHS: Mapping[Language, tuple[str, ...]] = {
    "ru": (
        *("января", "февраля", "марта", "апреля", "мая", "июня"),
        *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


def plan_table(task: Task, language: Language) -> Table:
    """Question | answer, filled from the task."""
    rows = (
        (say(("Когда", "When"), language), _when(task, language)),
        (say(("Почему раньше срока", "Why earlier"), language), _triggers(task, language)),
        (say(("Кто следит", "Who watches"), language), task.refresh.owner or _nobody("owner", language)),
        (say(("Кто смотрит ответы", "Who looks at answers"), language), _reviewer(task, language)),
        (say(("Что происходит", "What happens"), language), _steps(language)),
        (say(("Когда новая модель выходит", "When a new model goes out"), language), _gate(task, language)),
        (say(("Если не вышла", "If it does not"), language), _otherwise(language)),
        (say(("Как вернуть прежнюю", "How to go back"), language), _rollback(language)),
    )
    header = (("Вопрос", "Ответ"), ("Question", "Answer"))
    return Table(header[0] if language == "ru" else header[1], rows)


def has_people(task: Task) -> bool:
    """Whether the plan names who watches and who looks at the answers."""
    return bool(task.refresh.owner and task.refresh.reviewer)


def cron_words(cron: str, language: Language) -> str:
    """A yearly or quarterly cron line in words; any other line as it is."""
    parts = cron.split()
    if len(parts) == 5 and parts[4] == "*" and all(part.isdigit() for part in parts[:3]):
        minute, hour, day, months, _ = parts
        numbers = months.split(",")
        if all(number.isdigit() and 1 <= int(number) <= 12 for number in numbers):
            names = ", ".join(_MONTHS[language][int(number) - 1] for number in numbers)
            clock = f"{int(hour):02}:{int(minute):02}"
            return f"{int(day)} {names}, {clock}" if language == "ru" else f"on the {int(day)}. of {names}, {clock}"
    return f"cron: {cron}"


def _when(task: Task, language: Language) -> str:
    return f"{cron_words(task.refresh.cron, language)} ({task.refresh.timezone})"


def _triggers(task: Task, language: Language) -> str:
    text = (
        "Пришло не меньше {n} новых обращений. Проверка каждые {minutes} мин; идёт обновление — второе не начнётся.",
        "At least {n} new tickets came. Checked every {minutes} min; while one refresh runs, no second one starts.",
    )
    minutes = max(1, round(task.refresh.sensor_interval_s / 60))
    return say(text, language).format(n=task.refresh.min_new_tickets, minutes=minutes)


def _reviewer(task: Task, language: Language) -> str:
    name = task.refresh.reviewer or _nobody("reviewer", language)
    must = (
        ("Без подписи выпуска не будет.", "Nothing goes out without a signature.")
        if task.deployment.signature_required
        else ("Подпись не обязательна.", "A signature is not required.")
    )
    return f"{name}. {say(must, language)}"


def _steps(language: Language) -> str:
    text = (
        "Читаются все обращения, убираются личные данные, вопросы делятся на учебные и проверочные, модель учится и "
        "сдаёт проверку рядом с действующей на одних вопросах. Проверочные вопросы прошлых кварталов остаются "
        "проверочными.",
        "All tickets are read, personal data are removed, questions are split into training and proof, the model "
        "learns and is proven beside the live one on the same questions. Proof questions of earlier quarters stay so.",
    )
    return say(text, language)


def _gate(task: Task, language: Language) -> str:
    kpis = task.kpis
    of = ("данных ответов", "the answers given") if kpis.correct_of == "answers_given" else ("всех вопросов", "all")
    bound = (" по нижней границе", " by the lower bound") if kpis.rule == "lower_bound" else ("", "")
    text = (
        "Верных из {of} не меньше {share}{bound}; ответ быстрее {seconds} с; нагрузка меньше хотя бы на {load}; "
        "лучше базовой модели; не хуже действующей; ни одна тема не стала хуже.",
        "At least {share} right of {of}{bound}; an answer within {seconds} s; load reduced by at least {load}; better "
        "than the base model; not worse than the live one; no topic became worse.",
    )
    seconds = f"{kpis.answer_s:g}".replace(".", "," if language == "ru" else ".")
    return say(text, language).format(
        of=say(of, language),
        share=short_percent(kpis.correct_share, language),
        bound=say(bound, language),
        seconds=seconds,
        load=short_percent(kpis.load_reduction_share, language),
    )


def _otherwise(language: Language) -> str:
    text = (
        "Клиентам отвечает прежняя модель. Причина стоит в отчёте первой; чаще всего помогают новые обращения по "
        "слабым темам.",
        "The earlier model goes on answering. The report begins with the reason; most often more tickets on the weak "
        "topics help.",
    )
    return say(text, language)


def _rollback(language: Language) -> str:
    text = (
        "Команда ft-pipeline rollback возвращает прежний выпуск без перерыва в работе; ft-pipeline releases{nbsp}— "
        "список. Повод: жалобы, доля плохих оценок выросла, в ответе оказались личные данные.",
        "The command ft-pipeline rollback serves the earlier release again without a break; ft-pipeline releases "
        "lists them. Causes: complaints, more bad ratings, personal data in an answer.",
    )
    return say(text, language).format(nbsp=NBSP)


def _nobody(key: str, language: Language) -> str:
    text = ("не назначен: впишите refresh.{key} в task.yaml", "nobody yet: write refresh.{key} into task.yaml")
    return say(text, language).format(key=key)
