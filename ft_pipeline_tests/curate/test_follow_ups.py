"""A further question that nobody understands alone becomes a pair with the turns that it needs."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from ft_pipeline.augment import augment, build_training_set
from ft_pipeline.curate import Curated, build_eval_set, count_leaks, curate
from ft_pipeline.curate.follow_ups import needs_context
from ft_pipeline.curate.pair import pair
from ft_pipeline.curate.rows import Exchange, Refused
from ft_pipeline.curate.tickets import as_tickets
from ft_pipeline.records import QAPair, Turn, as_dict, earlier_turns
from ft_pipeline.task import Augmentation, Data
from ft_pipeline_tests.curate.test_curate import NO_REDACTION, SMALL, WORDS, many_tickets
from ft_pipeline_tests.curate.tickets_by_hand import flat, ticket

PRICE = "Забор груза весом до 100 кг стоит 900 ₽."
HEAVIER = "За груз тяжелее 100 кг доплатите 7 ₽ за каждый килограмм."
QUESTION = "Сколько стоит забор груза со склада?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("А если он тяжелее?", True),
        ("а если груз хрупкий", True),
        ("Спасибо! А если он тяжелее?", True),
        ("А зимой?", True),
        ("А для юрлиц?", True),
        ("Сколько это займёт?", True),
        ("Где её посмотреть в личном кабинете?", True),
        ("На какой срок?", True),
        ("Тогда сколько будет стоить доставка до двери?", True),
        ("В этом случае обрешётка нужна?", True),
        ("Можно ли его вернуть на другой терминал?", True),
        ("Эту услугу можно заказать на выходные?", True),
        ("And what if it is heavier?", True),
        ("How long does that take?", True),
        # near misses
        ("А до скольки работает терминал?", False),
        ("А если груз хрупкий, нужна ли обрешётка?", False),
        ("Груз задержали, когда его доставят?", False),
        ("Получатель не пришёл. Можно ли отдать груз его соседу?", False),
        ("Сколько стоит доставка?", False),
        ("Какие у вас тарифы?", False),
        ("Работает ли терминал на этой неделе?", False),
        ("Нужен ли пропуск?", False),
        ("Спасибо, понятно, это помогло", False),
        ("Понятно, спасибо за быстрый ответ.", False),
        ("Вот номер: ВР-6896555", False),
        ("Вы тут?", False),
        ("Долго ещё ждать", False),
        ("Is parking at the terminal free?", False),
        ("", False),
    ],
)
def test_a_message_needs_the_turns_before_it_or_stands_alone(text: str, expected: bool) -> None:
    assert needs_context(text) is expected


def paired(*said: tuple[str, str], status: str = "resolved") -> Exchange | Refused:
    (only,) = as_tickets(ticket("1", *said, status=status), data=Data())
    return pair(only)


def test_a_follow_up_gets_the_answer_that_came_after_it() -> None:
    found = paired(
        ("customer", QUESTION),
        ("agent", PRICE),
        ("customer", "А если он тяжелее?"),
        ("agent", f"Минутку, уточню. {HEAVIER}"),
        ("customer", "Спасибо!"),
    )
    assert isinstance(found, Exchange) and found.question == QUESTION and found.answer == PRICE
    assert found.follow_up is not None and isinstance(found.follow_up.found, Exchange)
    assert found.follow_up.found.question == "А если он тяжелее?" and found.follow_up.found.answer == HEAVIER
    assert found.follow_up.found.turn_ids == ("2", "3")


@pytest.mark.parametrize(
    "after",
    [
        [("customer", "Спасибо, понятно!"), ("agent", "Рады помочь!")],
        [("customer", "А до скольки работает терминал?"), ("agent", "Терминалы работают ежедневно, 8:00–22:00.")],
        [("customer", "А если он тяжелее?")],  # nobody answered
        [("customer", "Это не то, что я спрашивал"), ("agent", PRICE)],
    ],
)
def test_thanks_a_question_that_stands_alone_and_an_unanswered_one_are_no_follow_ups(
    after: Sequence[tuple[str, str]],
) -> None:
    found = paired(("customer", QUESTION), ("agent", PRICE), *after)
    assert isinstance(found, Exchange) and found.answer == PRICE and found.follow_up is None


def test_in_a_reopened_ticket_the_last_answer_counts_and_nothing_is_a_follow_up() -> None:
    said = (("customer", QUESTION), ("agent", PRICE), ("customer", "А если он тяжелее?"), ("agent", HEAVIER))
    found = paired(*said, status="reopened")
    assert isinstance(found, Exchange) and found.answer == HEAVIER and found.follow_up is None


def conversations() -> list[Turn]:
    """40 tickets with a follow-up, every fifth of them with an answer that says nothing, some with a second one."""
    turns = []
    for number, first in enumerate(_first_questions()):
        more = [("customer", "А зимой?"), ("agent", "Зимой возим так же, цены не меняются.")] if number % 4 == 0 else []
        reply = "Уточню у коллег и вернусь к вам с ответом." if number % 5 == 4 else HEAVIER
        said = [("customer", first), ("agent", PRICE), ("customer", "А если он тяжелее?"), ("agent", reply), *more]
        turns.append(ticket(f"f{number}", *said, day=number, customer=f"g{number}", category="забор"))
    return flat(turns)


def _first_questions() -> list[str]:
    return [f"Вопрос про забор: {' '.join(random.Random(f'забор {place}').sample(WORDS, 5))}?" for place in range(40)]


@pytest.fixture(scope="module")
def curated() -> Curated:
    return curate(many_tickets() + conversations(), data=SMALL, as_of=None, redact=NO_REDACTION)


def follow_ups(curated: Curated) -> list[QAPair]:
    return [row for row in curated.pairs if row.context]


def test_every_ticket_and_every_follow_up_is_one_pair_or_one_rejected_row(curated: Curated) -> None:
    rejected = [row for row in curated.rejected if row.reason != "fact_superseded"]
    assert curated.tickets_in == 200 and curated.follow_ups_in == 48
    assert len(curated.pairs) + len(rejected) == curated.tickets_in + curated.follow_ups_in
    assert len({row.pair_id for row in curated.pairs}) == len(curated.pairs)
    reasons = {row.reason for row in rejected if "#" in row.key}
    assert {"answer_says_nothing", "follow_up_of_refused"} <= reasons


def test_a_follow_up_carries_the_kept_question_and_its_canonical_answer(curated: Curated) -> None:
    found = follow_ups(curated)
    assert len(found) > 10
    firsts = {row.ticket_id: row for row in curated.pairs if not row.context}
    for row in found:
        turns = earlier_turns(row.context)
        first = firsts[row.ticket_id]
        assert turns[0] == {"role": "user", "content": first.question}
        assert turns[1] == {"role": "assistant", "content": first.answer}
        assert (row.split, row.cluster_id) == (first.split, first.cluster_id)
    chained = [row for row in found if row.question == "А зимой?"]
    assert chained and all(len(earlier_turns(row.context)) == 4 for row in chained)


def test_follow_ups_do_not_leak_from_one_side_to_the_other(curated: Curated) -> None:
    rows = build_eval_set(curated.pairs, [], as_of=None, data=SMALL).rows
    children = augment(curated.pairs, [], config=Augmentation(target_rows=60), seed=1).rows
    training = build_training_set(curated.pairs, children)
    leaks = count_leaks(rows, training, pairs=curated.pairs, threshold=SMALL.near_duplicate_jaccard)
    assert not any(leaks.values())
    assert any(row.context for row in training)
    assert all(row.context for row in children if row.parent_id in {item.pair_id for item in follow_ups(curated)})
    assert {row.context for row in rows} <= {row.context for row in curated.pairs if row.split == "eval"}


def test_tickets_without_follow_ups_give_what_they_gave_before() -> None:
    turns = many_tickets()
    alone = curate(turns, data=SMALL, as_of=None, redact=NO_REDACTION)
    assert alone.follow_ups_in == 0 and not follow_ups(alone)
    assert "follow_ups" not in dict(alone.funnel)
    thanked = [
        *turns,
        *(Turn(**(as_dict(turn) | {"turn_id": "9", "position": 9, "role": "customer", "text": "Спасибо, это помогло!"}))
          for turn in turns if turn.role == "customer"),
    ]  # fmt: skip
    again = curate(thanked, data=SMALL, as_of=None, redact=NO_REDACTION)
    assert again.pairs == alone.pairs and again.rejected == alone.rejected and again.funnel == alone.funnel


def test_the_turns_of_a_follow_up_are_masked() -> None:
    def mask(text: str) -> str:
        return text.replace("Петров", "[ИМЯ]")

    turns = ticket("1", ("customer", f"{QUESTION} Это Петров."), ("agent", PRICE), ("customer", "А если он тяжелее?"),
                   ("agent", HEAVIER))  # fmt: skip
    found = curate(turns, data=SMALL, as_of=None, redact=mask)
    (row,) = follow_ups(found)
    assert "Петров" not in row.context and "склада" in row.context
