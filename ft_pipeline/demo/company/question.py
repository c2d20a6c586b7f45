"""The customer's question as one message: greeting, personal data, the wording, an e-mail's frame and signature.

Here: the message that a customer who writes again repeats word for word. Not here: what follows it (conversation).
"""

from __future__ import annotations

from ft_pipeline.demo.company.people import load_lists
from ft_pipeline.demo.company.stage import Stage

_PERSONAL_SHARE = 0.35  # of the questions, besides signatures


def joined(parts: list[str]) -> str:
    """The parts one after the other, the empty ones left out; a new line after one without an end mark."""
    text = ""
    for part in filter(None, parts):
        text += ("" if not text else " " if text[-1] in ".,!?" else "\n") + part
    return text


def compose_question(stage: Stage) -> str:
    """The customer's question as the one message that a resend repeats: greeting, personal data, wording, signature."""
    body = stage.noisy(_core(stage))
    if "{number}" in body:
        body = body.replace("{number}", stage.order)
        stage.planted.append(stage.order)
    is_russian = stage.plan.kind != "english"
    parts = [body]
    if is_russian and stage.plan.kind != "off_topic" and stage.chance(_PERSONAL_SHARE):
        if stage.chance(0.5):
            parts.insert(0, stage.fill(stage.pick("personal_before")))
        else:
            parts.append(stage.fill(stage.pick("personal_after")))
    elif not is_russian and stage.chance(0.3):
        parts.append(stage.fill("My order is {order}."))
    if stage.plan.channel == "email":
        return _letter(stage, parts, is_russian=is_russian)
    if is_russian and stage.chance(0.55):
        parts.insert(0, stage.pick("customer_hello"))
    if is_russian and stage.chance(0.12):
        parts.append(stage.pick("customer_closing"))
    return joined(parts)


def _core(stage: Stage) -> str:
    plan = stage.plan
    if plan.intent is None:
        return (
            stage.texts.english[plan.text_index][0]
            if plan.kind == "english"
            else stage.texts.off_topic[plan.text_index][0]
        )
    lists = load_lists()
    wording = plan.intent.wordings[plan.text_index]
    here, there = stage.rng.sample([name for name, _ in lists.cities], 2)
    goods = stage.rng.choice(lists.goods_of.get(plan.intent.id, lists.goods))
    filled = wording.replace("{city2}", there).replace("{city}", here).replace("{goods}", goods)
    return filled[:1].upper() + filled[1:] if wording.startswith("{goods}") else filled


def _letter(stage: Stage, parts: list[str], *, is_russian: bool) -> str:
    intent = stage.plan.intent
    subject = intent.name if intent is not None and stage.chance(0.25) else stage.pick("email_subject")
    head, hello = (f"Тема: {subject}", stage.pick("email_hello")) if is_russian else ("Subject: Question", "Hello,")
    lines = [head, "", hello, "", joined(parts)]
    if is_russian and stage.chance(0.3):
        lines += ["", stage.pick("customer_closing")]
    if is_russian and stage.chance(0.85):
        lines += ["", *_signature(stage)]
    return "\n".join(lines)


def _signature(stage: Stage) -> list[str]:
    lines = ["--"] if stage.chance(0.5) else []
    lines += [stage.pick("email_signature"), stage.fill("{full_name}")]
    if stage.chance(0.6):
        lines.append(f"{stage.pick('position')}, {stage.fill('{company}')}")
    lines.append(stage.fill("тел. {phone}"))
    if stage.chance(0.3):
        lines.append(stage.fill("{email}"))
    if stage.chance(0.2):
        lines += ["", stage.pick("disclaimer")]
    return lines
