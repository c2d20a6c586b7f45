"""What the model costs and saves, from prices in task.yaml: three scenarios, assumed and confirmed apart.

Reads measured figures and prices; computes and writes tables. Amounts are in the task's currency. A price of 0 is
unknown: what depends on it is left out. Not here: measuring anything, reading the ledger (the caller).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ft_pipeline.report.material import Confirmed, Usage
from ft_pipeline.report.tables import Table
from ft_pipeline.report.wording import NBSP, Language, decimal, percent, say, whole
from ft_pipeline.task import Economics

CHARS_PER_TOKEN = 2.5  # of Russian text in the tokenisers of large models; English has about 4
_SCENARIOS = ("low", "base", "high")


@dataclass(frozen=True, slots=True)
class RefreshCost:
    """What one refresh costs."""

    machine: float
    labelling: float
    review: float
    machine_hours: float  # of one core, or of the GPU

    @property
    def total(self) -> float:
        """Machine and people together."""
        return self.machine + self.labelling + self.review


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way in which it may turn out; amounts per month unless said otherwise."""

    name: str  # low | base | high
    share: float  # of incoming tickets, answered alone and right
    handled: float  # tickets
    saved: float
    costs: float
    net: float
    per_question: float  # own model, one question
    per_question_api: float | None  # a priced API, one question; None = no price given
    per_handled: float | None  # own model, one ticket handled; None where none is
    human: float  # one ticket handled by a human
    break_even_month: int | None  # counted from the release; None = never


def refresh_cost(usage: Usage, prices: Economics) -> RefreshCost:
    """Machine hours, labelling and review of one refresh."""
    seconds = usage.training_s + usage.evaluation_s
    hours = seconds / 3600 * (1 if usage.gpu else usage.cores)
    rate = prices.gpu_hour_cost if usage.gpu else prices.cpu_core_hour_cost
    return RefreshCost(
        machine=hours * rate,
        labelling=prices.labelling_hours_per_refresh * prices.hour_cost,
        review=prices.review_hours_per_refresh * prices.hour_cost,
        machine_hours=hours,
    )


def scenarios(load_reduction: Mapping[str, Any], usage: Usage, prices: Economics) -> list[Scenario]:
    """Low, base and high; [] where tickets per month or the cost of a human answer is unknown.

    Low takes the lower bound of the measured load reduction, human work `spread` cheaper and own costs `spread` dearer;
    high the other way round.
    """
    if load_reduction["share"] is None or not prices.tickets_per_month or not prices.human_cost_per_ticket:
        return []
    refresh = refresh_cost(usage, prices)
    shares = (load_reduction["low"], load_reduction["share"], load_reduction["high"])
    return [
        _scenario(name, share, refresh, usage, prices, worse=worse)
        for name, share, worse in zip(_SCENARIOS, shares, (prices.spread, 0.0, -prices.spread), strict=True)
    ]


def _scenario(
    name: str, share: float, refresh: RefreshCost, usage: Usage, prices: Economics, *, worse: float
) -> Scenario:
    human = prices.human_cost_per_ticket * (1 - worse)
    once = (prices.project_cost + refresh.total) * (1 + worse)
    costs = (prices.server_cost_per_month + refresh.total * prices.refreshes_per_year / 12) * (1 + worse)
    handled = prices.tickets_per_month * share
    saved = handled * human
    net = saved - costs
    return Scenario(
        name=name,
        share=share,
        handled=handled,
        saved=saved,
        costs=costs,
        net=net,
        per_question=costs / prices.tickets_per_month,
        per_question_api=_api_price(usage, prices, worse=worse),
        per_handled=costs / handled if handled else None,
        human=human,
        break_even_month=max(1, math.ceil(once / net)) if net > 0 else None,
    )


def _api_price(usage: Usage, prices: Economics, *, worse: float) -> float | None:
    if not (prices.api_input_price or prices.api_output_price) or not usage.answer_chars:
        return None
    thousands_in = usage.question_chars / CHARS_PER_TOKEN / 1000
    thousands_out = usage.answer_chars / CHARS_PER_TOKEN / 1000
    return (thousands_in * prices.api_input_price + thousands_out * prices.api_output_price) * (1 + worse)


def money(value: float, currency: str, language: Language) -> str:
    """ "12 340 ₽"; kopecks only below ten, and no minus zero."""
    digits = 2 if abs(value) < 10 and round(value, 2) else 0
    sign = "−" if value < 0 and round(value, digits) else ""
    number = decimal(abs(value), digits, language) if digits else whole(round(abs(value)), language)
    return f"{sign}{number}{NBSP}{currency}"


def refresh_table(usage: Usage, prices: Economics, language: Language) -> Table:
    """What this refresh cost, line by line."""
    cost = refresh_cost(usage, prices)
    rate = prices.gpu_hour_cost if usage.gpu else prices.cpu_core_hour_cost
    unit = say(("ч видеокарты", "GPU h"), language) if usage.gpu else say(("ч ядра", "core h"), language)
    hours = say(("ч", "h"), language)
    lines = [
        (("Вычисления: обучение и оценка", "Computing: training and evaluation"), cost.machine_hours, unit, rate),
        (("Разметка людьми", "Labelling by people"), prices.labelling_hours_per_refresh, hours, prices.hour_cost),
        (("Просмотр ответов людьми", "Review by people"), prices.review_hours_per_refresh, hours, prices.hour_cost),
    ]
    rows = [
        (
            say(name, language),
            f"{decimal(amount, 2, language)}{NBSP}{of}",
            money(price, prices.currency, language) if price else _unknown(language),
            money(amount * price, prices.currency, language) if price or not amount else _unknown(language),
        )
        for name, amount, of, price in lines
    ]
    rows.append((say(("Всего", "Total"), language), "", "", money(cost.total, prices.currency, language)))
    header = (("Статья", "Сколько", "Цена за час", "Сумма"), ("Item", "Amount", "Price per hour", "Sum"))
    return Table(header[0] if language == "ru" else header[1], tuple(rows))


def scenario_table(found: list[Scenario], prices: Economics, language: Language) -> Table:
    """The three scenarios side by side."""

    def line(name: tuple[str, str], texts: list[str]) -> tuple[str, ...]:
        return (say(name, language), *texts)

    def amount(value: float | None) -> str:
        return "—" if value is None else money(value, prices.currency, language)

    rows = [
        line(
            ("Доля обращений, которые модель закроет сама", "Share of tickets that the model handles alone"),
            [percent(item.share, language) for item in found],
        ),
        line(
            ("Закрытых обращений в месяц", "Tickets handled a month"),
            [whole(round(item.handled), language) for item in found],
        ),
        line(("Сбережённый труд в месяц", "Work saved a month"), [amount(item.saved) for item in found]),
        line(("Расходы на модель в месяц", "Costs of the model a month"), [amount(item.costs) for item in found]),
        line(("Остаётся в месяц", "Left over a month"), [amount(item.net) for item in found]),
        line(("Один вопрос: своя модель", "One question: own model"), [amount(item.per_question) for item in found]),
    ]
    if found[0].per_question_api is not None:
        name = ("Один вопрос: платный внешний API", "One question: a priced API")
        rows.append(line(name, [amount(item.per_question_api) for item in found]))
    rows += [
        line(
            ("Одно закрытое обращение: модель", "One ticket handled: the model"),
            [amount(item.per_handled) for item in found],
        ),
        line(
            ("Одно закрытое обращение: человек", "One ticket handled: a human"), [amount(item.human) for item in found]
        ),
        line(("Окупится на месяце", "Breaks even in month"), [_month(item, language) for item in found]),
    ]
    header = (("", "Осторожно", "Ожидаемо", "Удачно"), ("", "Low", "Base", "High"))
    return Table(header[0] if language == "ru" else header[1], tuple(rows))


def economics_notes(found: list[Scenario], usage: Usage, prices: Economics, language: Language) -> list[str]:
    """How the figures came about, and what is missing for more."""
    notes = []
    if found:
        text = (
            "Это оценка, не факт. «Осторожно» берёт нижнюю границу измеренной доли, труд на {spread} дешевле и свои "
            "расходы на {spread} дороже; «удачно» — наоборот. Расходы в месяц: сервер и обновления ({n} в год). "
            "Окупаемость считает и то, что потрачено один раз: проект и это обновление.",
            "An estimate, not a fact. Low takes the lower bound of the measured share, human work {spread} cheaper "
            "and own costs {spread} dearer; high the other way round. Monthly costs: server and refreshes ({n} a "
            "year). The break-even also counts what is spent once: the project and this refresh.",
        )
        notes.append(
            say(text, language).format(spread=percent(prices.spread, language, digits=0), n=prices.refreshes_per_year)
        )
    if found and found[0].per_question_api is not None:
        text = (
            "Внешний API: вопрос с инструкцией в среднем {question} знаков, ответ {answer}; 1 токен ≈ {rate} знака. "
            "Считается, что он закрывал бы ту же долю обращений; тексты клиентов при этом уходили бы наружу.",
            "Priced API: a question with its instruction has {question} characters on average, an answer {answer}; "
            "1 token ≈ {rate} characters. It is assumed to handle the same share; customers' texts would "
            "leave the house.",
        )
        notes.append(
            say(text, language).format(
                question=round(usage.question_chars),
                answer=round(usage.answer_chars),
                rate=decimal(CHARS_PER_TOKEN, 1, language),
            )
        )
    missing = missing_prices(prices)
    if missing:
        text = (
            "Не хватает цен, поэтому часть строк опущена. Впишите в task.yaml, раздел economics: {names}.",
            "Prices are missing, so some lines are left out. Write into task.yaml, section economics: {names}.",
        )
        notes.append(say(text, language).format(names=", ".join(missing)))
    return notes


def confirmed_words(confirmed: Confirmed, prices: Economics, language: Language) -> str:
    """What is confirmed: answers that people called right and whose ticket was not opened again; nothing else."""
    if not confirmed.asked:
        text = (
            "Подтверждённая экономия: 0. Модель ещё не отвечала клиентам: подтверждают только их оценки.",
            "Confirmed savings: 0. The model has not answered customers yet: only their ratings confirm.",
        )
        return say(text, language)
    text = (
        "Подтверждённая экономия: {sum}. С {since} клиенты задали {asked} вопросов, модель ответила "
        "сама на {answered}, "
        "оценили {rated} ответов, верными назвали {right}. {again}Считаются только эти {right}.",
        "Confirmed savings: {sum}. Since {since} customers asked {asked} questions, the model answered {answered} "
        "itself, {rated} answers were rated, {right} of them right. {again}Only these {right} count.",
    )
    again = (
        "Обращение после ответа открыли снова: {n}, такие ответы подтверждёнными не считаются. ",
        "Tickets opened again after the answer: {n}; such answers do not count as confirmed. ",
    )
    price = prices.human_cost_per_ticket
    total = money(confirmed.rated_right * price, prices.currency, language) if price else _unknown(language)
    return say(text, language).format(
        sum=total,
        since=confirmed.since[:10],
        asked=whole(confirmed.asked, language),
        answered=whole(confirmed.answered, language),
        rated=whole(confirmed.rated, language),
        right=whole(confirmed.rated_right, language),
        again=say(again, language).format(n=whole(confirmed.reopened, language)) if confirmed.reopened else "",
    )


def missing_prices(prices: Economics) -> list[str]:
    """The keys of task.yaml without which lines are left out."""
    needed = ("tickets_per_month", "human_cost_per_ticket", "server_cost_per_month", "hour_cost")
    missing = [name for name in needed if not getattr(prices, name)]
    if not (prices.gpu_hour_cost or prices.cpu_core_hour_cost):
        missing.append("cpu_core_hour_cost (gpu_hour_cost)")
    if not (prices.api_input_price or prices.api_output_price):
        missing.append("api_input_price, api_output_price")
    return missing


def _month(scenario: Scenario, language: Language) -> str:
    if scenario.break_even_month is None:
        return say(("не окупится", "never"), language)
    return str(scenario.break_even_month)


def _unknown(language: Language) -> str:
    return say(("цена не указана", "no price given"), language)
