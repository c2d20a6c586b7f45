"""One planned ticket, played: who says what and when, from the bot's greeting to the closing.

Here: chats and e-mails, answers, quotes, the outcomes of each kind of ticket. Not here: which ticket is played (plan),
the question itself (question), the phrases (texts), the right answers (intents).
"""

from __future__ import annotations

import random
import re
from datetime import timedelta

from ft_pipeline.demo.company.intents import Intent, answer_at
from ft_pipeline.demo.company.people import load_lists, make_order, make_person, make_phone
from ft_pipeline.demo.company.plan import Plan
from ft_pipeline.demo.company.question import compose_question, joined
from ft_pipeline.demo.company.stage import Message, Stage, Truth
from ft_pipeline.demo.company.texts import Agent, Texts

ADDITION_SHARE = 0.10  # of the agents' right answers
_MONTHS = "января,февраля,марта,апреля,мая,июня,июля,августа,сентября,октября,ноября,декабря"
_EARLIER = re.compile(r"\n\n(?=\d\d\.\d\d\.\d{4} \d\d:\d\d, .* пишет:\n>)")  # where a quote begins


def play(plan: Plan, *, seed: int, texts: Texts, intents: tuple[Intent, ...]) -> tuple[list[Message], Truth]:
    """The messages of one ticket and the truth about it; the same for the same seed and plan."""
    source = plan.original if plan.original >= 0 else plan.number
    question_rng = random.Random(f"{seed}:question:{source}")
    person = make_person(f"C-{20000 + plan.customer}", random.Random(f"{seed}:person:{plan.customer}"))
    stage = Stage(
        plan=plan,
        person=person,
        texts=texts,
        intents=intents,
        rng=question_rng,
        agent=random.Random(f"{seed}:agent:{plan.number}").choice(texts.agents),
        order=make_order(question_rng),
        clock=plan.when,
    )
    question = compose_question(stage)
    stage.rng = random.Random(f"{seed}:play:{plan.number}")
    _open(stage, question)
    _OUTCOMES[plan.kind](stage)
    if stage.chance(0.08):
        stage.wait(60, 900)
        stage.say("note", stage.pick("note"))
    return _messages(stage), _truth(stage)


def _open(stage: Stage, question: str) -> None:
    """Everything up to and including the question."""
    is_chat, is_plain = stage.plan.channel == "chat", stage.plan.kind in {"duplicate", "english"}
    if is_chat and stage.chance(0.5):
        stage.say("bot", stage.pick("bot_hello"))
        stage.wait(10, 90)
    if is_chat and not is_plain and stage.chance(0.12):  # the greeting as a message of its own
        stage.say("customer", stage.noisy(stage.pick("customer_hello")))
        stage.wait(10, 60)
        if stage.chance(0.5):
            stage.say("agent", joined([stage.agent.hello, stage.pick("agent_listen")]))
            stage.wait(20, 120)
    stage.say("customer", question)
    if is_chat and stage.chance(0.25):
        stage.wait(5, 20)
        stage.say("bot", stage.pick("bot_wait"))
    if not is_chat and stage.chance(0.12):
        stage.wait(5, 20)
        number = 500000 + stage.plan.number
        stage.say("bot", f"Автоматический ответ: ваше обращение № {number} зарегистрировано.")


def _answer(stage: Stage, answer: str, *, addition: bool = True, agent: Agent | None = None) -> None:
    """One answer of an agent: the text itself stands in it unchanged."""
    agent = agent or stage.agent
    parts = [answer]
    if addition and stage.chance(ADDITION_SHARE):
        parts.append(stage.pick("agent_addition"))
        stage.additions += 1
    if stage.plan.channel == "chat":
        hello = agent.hello if not any(role == "agent" for role, _, _ in stage.spoken) else ""
        stage.say("agent", joined([hello, *parts, agent.closing if stage.chance(0.6) else ""]))
        return
    lines = [agent.hello or "Здравствуйте!", "", joined(parts)]
    lines += ["", agent.closing] if agent.closing else []
    lines += ["", "--", agent.name, stage.texts.agent_signature, "verstovik.example"]
    stage.say("agent", "\n".join(lines) + (_quote(stage, "customer") if stage.chance(0.3) else ""))


def _quote(stage: Stage, role: str) -> str:
    """The last message of a role as a mail program quotes it."""
    when, text = next((at, said) for who, at, said in reversed(stage.spoken) if who == role)
    text = _EARLIER.split(text)[0]
    who = stage.fill("{name} {surname}") if role == "customer" else stage.texts.agent_signature
    quoted = "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
    return f"\n\n{when:%d.%m.%Y %H:%M}, {who} пишет:\n{quoted}"


def _thank(stage: Stage, share: float = 0.5) -> None:
    if not stage.chance(share):
        return
    stage.pause()
    text = stage.noisy(stage.pick("customer_thanks"))
    is_letter = stage.plan.channel == "email"
    stage.say("customer", text + (_quote(stage, "agent") if is_letter and stage.chance(0.6) else ""))
    if not is_letter and stage.agent.closing and stage.chance(0.3):
        stage.pause()
        stage.say("agent", stage.agent.closing)
    if not is_letter and stage.chance(0.15):
        stage.wait(5, 60)
        stage.say("bot", stage.pick("bot_rate"))


def _normal(stage: Stage) -> None:
    intent = stage.intent()
    if stage.plan.channel == "chat" and stage.chance(0.12):
        stage.pause()
        stage.say("agent", joined([stage.agent.hello, stage.pick("agent_minute")]))
    stage.pause()
    is_lookup = intent.kind == "needs_lookup"
    _answer(stage, answer_at(intent, stage.clock.date()), addition=not is_lookup)
    if is_lookup:
        _look_up(stage, intent)
    _thank(stage)


def _look_up(stage: Stage, intent: Intent) -> None:
    stage.pause()
    stage.say("customer", stage.fill(stage.pick("customer_number")))
    stage.wait(120, 1500)
    driver = make_person("", stage.rng)
    days = {
        "day": stage.clock + timedelta(days=stage.rng.randint(1, 6)),
        "past": stage.clock - timedelta(days=stage.rng.randint(1, 3)),
    }
    template = stage.rng.choice(stage.texts.lookup[intent.id]).replace(
        "{place}", stage.rng.choice(load_lists().cities)[1]
    )
    for slot, day in days.items():
        template = template.replace(f"{{{slot}}}", f"{day.day} {_MONTHS.split(',')[day.month - 1]}")
    text = stage.fill(template, driver=f"{driver.name} {driver.surname}", driver_phone=make_phone(stage.rng))
    stage.say("agent", text)


def _unresolved(stage: Stage) -> None:
    if stage.chance(0.5):
        stage.pause()
        _answer(stage, stage.pick("agent_later"), addition=False)
    if stage.chance(0.4):
        stage.pause()
        stage.say("customer", stage.noisy(stage.pick("customer_waiting")))


def _reopened(stage: Stage) -> None:
    intent = stage.intent()
    stage.pause()
    today = stage.clock.date()
    outdated = [
        answer.text
        for answer in intent.answers
        if answer.valid_from < today and answer.text != answer_at(intent, today)
    ]
    neighbours = [other for other in stage.intents if other.section == intent.section and other.id != intent.id]
    wrong = outdated[-1] if outdated else answer_at(stage.rng.choice(neighbours), today)
    _answer(stage, wrong, addition=False)
    stage.wait(600, 2 * 86400)
    stage.say("customer", stage.noisy(stage.pick("customer_objects")))
    stage.pause()
    other = stage.rng.choice(stage.texts.agents)
    right = answer_at(intent, stage.clock.date())
    if right == wrong:
        raise ValueError(f"{intent.id}: the wrong answer of a reopened ticket is the right one")
    _answer(stage, f"{stage.pick('agent_sorry')} {right}", addition=False, agent=other)
    _thank(stage)


def _off_topic(stage: Stage) -> None:
    stage.pause()
    replies = stage.texts.off_topic[stage.plan.text_index][1]
    _answer(stage, stage.rng.choice(replies), addition=False)


def _english(stage: Stage) -> None:
    stage.pause()
    stage.say("agent", f"Hello! {stage.texts.english[stage.plan.text_index][1]}")
    if stage.chance(0.5):
        stage.pause()
        stage.say("customer", stage.rng.choice(("Thank you!", "Thanks, that helps.", "Great, thanks")))


def _says_nothing(stage: Stage) -> None:
    stage.pause()
    _answer(stage, stage.pick("agent_nothing"), addition=False)
    if stage.chance(0.3):
        stage.pause()
        stage.say("customer", stage.noisy(stage.pick("customer_waiting")))


_OUTCOMES = {
    "normal": _normal,
    "duplicate": _normal,
    "unresolved": _unresolved,
    "reopened": _reopened,
    "off_topic": _off_topic,
    "english": _english,
    "says_nothing": _says_nothing,
}


def _messages(stage: Stage) -> list[Message]:
    plan = stage.plan
    ticket_id = f"VT-{100000 + plan.number}"
    status = {"unresolved": "open", "reopened": "reopened"}.get(plan.kind, "resolved")
    category = plan.intent.section if plan.intent is not None and stage.chance(0.9) else ""
    return [
        Message(
            ticket_id=ticket_id,
            turn_id=f"{ticket_id}-{position + 1}",
            created_at=when.isoformat(timespec="seconds"),
            role=role,
            text=text,
            customer_id=stage.person.customer_id,
            channel=plan.channel,
            status=status,
            category=category,
        )
        for position, (role, when, text) in enumerate(stage.spoken)
    ]


def _truth(stage: Stage) -> Truth:
    return Truth(
        ticket_id=f"VT-{100000 + stage.plan.number}",
        intent=stage.plan.intent.id if stage.plan.intent is not None else "",
        wording_index=stage.plan.text_index,
        kind=stage.plan.kind,
        personal_data=tuple(dict.fromkeys(stage.planted)),
        customer_messages=sum(role == "customer" for role, _, _ in stage.spoken),
        typos=stage.typos,
        relaxed=stage.relaxed,
        additions=stage.additions,
    )
