"""The whole chain: every ticket is accounted for, nothing personal leaves, nothing unseen is trained on."""

from __future__ import annotations

import csv
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ft_pipeline.augment import build_training_set
from ft_pipeline.curate import Curated, CurateError, build_eval_set, count_leaks, curate, find_leaks, held_out_guard
from ft_pipeline.curate.wording import normal_form
from ft_pipeline.records import HeldOutQuestion, Rejected, TrainingRow, Turn
from ft_pipeline.task import Data
from ft_pipeline_tests.curate.tickets_by_hand import asked_and_answered, flat, moment, ticket

RUTUBE = Path(__file__).parents[3] / "shared" / "data" / "rutube_support" / "cases.csv"
TOPICS = {
    "груз": "Груз на терминале бесплатно хранится 2 дня после прибытия.",
    "счёт": "Счёт для организации выставим по ИНН в течение часа.",
    "обрешётка": "Обрешётку изготовим на терминале, она стоит 1 100 ₽ за м³.",
    "пропуск": "Для въезда закажите пропуск за сутки в разделе «Заявки».",
}
WORDS = [
    "вечером",
    "коробка",
    "шофёр",
    "ангар",
    "ливень",
    "платёжка",
    "брус",
    "стекло",
    "фура",
    "ворота",
    "охрана",
    "юрист",
    "смена",
    "зима",
    "отпуск",
    "брокер",
    "паллета",
    "лодка",
    "рояль",
    "кирпич",
    "сервер",
    "мотор",
    "ковёр",
    "шкаф",
    "диван",
    "краска",
    "цемент",
    "удобрение",
    "семена",
    "мёд",
    "кабель",
    "насос",
    "бухгалтер",
    "завод",
]
NO_REDACTION = str
SMALL = Data(eval_share=0.2, validation_share=0.1, incoming_sample=5, held_out_ceiling=0.9, split_salt="test")


def many_tickets() -> list[Turn]:
    """160 resolved tickets with different questions about four topics; every fortieth is a regular customer's."""
    turns = []
    for number in range(160):
        topic = sorted(TOPICS)[number % 4]
        question = f"Вопрос про {topic}: {' '.join(random.Random(number).sample(WORDS, 5))}?"
        customer = "regular" if number % 40 == 0 else f"c{number}"
        turns.append(
            asked_and_answered(f"t{number}", question, TOPICS[topic], day=number, customer=customer, category=topic)
        )
    return flat(turns)


@pytest.fixture(scope="module")
def curated() -> Curated:
    return curate(many_tickets(), data=SMALL, as_of=None, redact=NO_REDACTION)


def reasons(curated: Curated) -> Counter[str]:
    return Counter(row.reason for row in curated.rejected)


def tickets_rejected(curated: Curated) -> list[Rejected]:
    return [row for row in curated.rejected if row.reason != "fact_superseded"]


def test_every_ticket_is_one_pair_or_one_rejected_row(curated: Curated) -> None:
    keys = [pair.ticket_id for pair in curated.pairs] + [row.key for row in tickets_rejected(curated)]
    assert sorted(keys) == sorted(f"t{number}" for number in range(160))
    assert curated.tickets_in == 160
    assert curated.funnel[0] == ("tickets", 160)
    assert dict(curated.funnel)["split"] == len(curated.pairs)


def test_all_three_sides_get_pairs_and_every_intent_gives_to_eval(curated: Curated) -> None:
    sides = Counter(pair.split for pair in curated.pairs)
    assert min(sides["train"], sides["validation"], sides["eval"]) > 0
    assert {pair.intent for pair in curated.pairs if pair.split == "eval"} == set(TOPICS)


def test_no_cluster_and_no_customer_stands_on_two_sides(curated: Curated) -> None:
    in_eval = [pair for pair in curated.pairs if pair.split == "eval"]
    others = [pair for pair in curated.pairs if pair.split != "eval"]
    assert not {pair.cluster_id for pair in in_eval} & {pair.cluster_id for pair in others}
    assert not {pair.customer_id for pair in in_eval} & {pair.customer_id for pair in others}


def test_the_check_of_leaks_finds_none_after_the_split(curated: Curated) -> None:
    rows = build_eval_set(curated.pairs, [], as_of=None, data=SMALL).rows
    training = build_training_set(curated.pairs, [])
    counts = count_leaks(rows, training, pairs=curated.pairs, threshold=SMALL.near_duplicate_jaccard)
    assert rows and training
    assert counts == {"exact": 0, "near": 0, "same_customer": 0, "synthetic_child": 0}


def test_the_check_of_leaks_finds_each_kind_that_is_planted(curated: Curated) -> None:
    rows = build_eval_set(curated.pairs, [], as_of=None, data=SMALL).rows
    base = build_training_set(curated.pairs, [])[0]

    def training_row(name: str, question: str, parent: str = "") -> TrainingRow:
        return TrainingRow(
            name, question, base.answer, base.answer_id, "", "standard", "train", "synthetic", parent, "typo"
        )

    same_customer = next(pair.pair_id for pair in curated.pairs if pair.split == "eval")
    planted = [
        training_row("exact", rows[0].question.upper()),
        training_row("near", rows[0].question + " да"),
        training_row("child", "Совсем другой вопрос о погоде", parent=same_customer),
        training_row("clean", "Совсем другой вопрос о природе"),
    ]
    leaks = find_leaks(rows, planted, pairs=curated.pairs, threshold=SMALL.near_duplicate_jaccard)
    assert leaks == {"exact": ["exact"], "near": ["near"], "same_customer": ["child"], "synthetic_child": ["child"]}


def test_the_guard_knows_a_paraphrase_of_an_eval_question_from_another_question(curated: Curated) -> None:
    question = next(pair.question for pair in curated.pairs if pair.split == "eval")
    is_held_out = held_out_guard([question], SMALL.near_duplicate_jaccard)
    assert is_held_out(question.upper()) and is_held_out(question + " да")
    assert not is_held_out("Совсем другой вопрос о природе")


def test_the_incoming_sample_is_drawn_before_filtering_and_never_trained_on(curated: Curated) -> None:
    sampled = {row.ticket_id for row in curated.incoming}
    assert len(sampled) == SMALL.incoming_sample
    assert not sampled & {pair.ticket_id for pair in curated.pairs if pair.split != "eval"}
    assert all(row.reference for row in curated.incoming), "all of these tickets have an answer"


def test_what_was_eval_stays_eval_when_tickets_are_added_and_when_the_data_are_rebuilt(curated: Curated) -> None:
    more = flat(
        [
            asked_and_answered(
                f"n{n}", f"Новый вопрос номер {'абвгд'[n] * 9} про пломбу?", "Пломбу ставим бесплатно.", day=200 + n
            )
            for n in range(5)
        ]
    )
    before = {pair.ticket_id for pair in curated.pairs if pair.split == "eval"}
    other_salt = SMALL.model_copy(update={"split_salt": "another", "incoming_sample": 0})
    after = curate(
        many_tickets() + more, data=other_salt, as_of=None, redact=NO_REDACTION, prior_eval=curated.eval_fingerprints
    )
    assert before <= {pair.ticket_id for pair in after.pairs if pair.split == "eval"}
    assert curated.eval_fingerprints <= after.eval_fingerprints
    again = curate(
        many_tickets() + more, data=other_salt, as_of=None, redact=NO_REDACTION, prior_eval=curated.eval_fingerprints
    )
    assert again.pairs == after.pairs


def test_a_pair_near_a_held_out_question_leaves_training_and_the_held_out_question_stays() -> None:
    plain = curate(many_tickets(), data=SMALL, as_of=None, redact=NO_REDACTION)
    victim = next(pair for pair in plain.pairs if pair.split == "train")
    held = curate(
        many_tickets(), data=SMALL, as_of=None, redact=NO_REDACTION, held_out_questions=[victim.question + " да"]
    )
    row = next(row for row in held.rejected if row.key == victim.ticket_id)
    assert (row.stage, row.reason) == ("curate.split", "held_out_with_eval")


def test_more_held_out_pairs_than_the_ceiling_stop_the_run_with_the_numbers() -> None:
    turns = [Turn(**{**_as_dict(turn), "customer_id": "the only one"}) for turn in many_tickets()]
    with pytest.raises(CurateError, match=r"\d+ of \d+ pairs \(\d+%\).*held_out_ceiling"):
        curate(turns, data=SMALL.model_copy(update={"held_out_ceiling": 0.3}), as_of=None, redact=NO_REDACTION)


def _as_dict(turn: Turn) -> dict[str, object]:
    return {name: getattr(turn, name) for name in Turn.__slots__}


def test_without_customer_ids_the_customer_rule_is_not_applicable_rather_than_passed() -> None:
    turns = [Turn(**{**_as_dict(turn), "customer_id": ""}) for turn in many_tickets()]  # type: ignore[arg-type]
    result = curate(turns, data=SMALL, as_of=None, redact=NO_REDACTION)
    rows = build_eval_set(result.pairs, [], as_of=None, data=SMALL).rows
    training = build_training_set(result.pairs, [])
    assert count_leaks(rows, training, pairs=result.pairs, threshold=0.75)["same_customer"] is None
    assert any("not applicable" in note for note in result.notes)


def test_of_near_same_questions_the_newest_stays() -> None:
    answer = TOPICS["груз"]
    turns = flat(
        [
            asked_and_answered("old", "Сколько дней груз хранится бесплатно?", answer, day=1),
            asked_and_answered("new", "сколько дней груз хранится бесплатно", answer, day=2),
            asked_and_answered("near", "Сколько дней груз хранится бесплатно у вас?", answer, day=0),
            asked_and_answered("other", "За пролежавшую неделю коробку возьмут деньги?", answer, day=0),
        ]
    )
    result = curate(turns, data=SMALL.model_copy(update={"eval_share": 0.0}), as_of=None, redact=NO_REDACTION)
    assert {pair.ticket_id for pair in result.pairs} == {"new", "other"}
    assert reasons(result) == {"duplicate_question": 2}


def test_of_near_same_questions_one_that_was_not_reopened_stays_though_it_is_older() -> None:
    answer, question = TOPICS["груз"], "Сколько дней груз хранится бесплатно?"
    turns = flat(
        [
            asked_and_answered("calm", question, answer, day=1),
            asked_and_answered("again", question, answer, day=5, status="reopened"),
        ]
    )
    result = curate(turns, data=SMALL.model_copy(update={"eval_share": 0.0}), as_of=None, redact=NO_REDACTION)
    assert [pair.ticket_id for pair in result.pairs] == ["calm"]
    assert reasons(result) == {"duplicate_question": 1}


def test_every_pair_carries_ticket_turns_span_and_date_that_the_source_holds(curated: Curated) -> None:
    turns = {(turn.ticket_id, turn.turn_id): turn for turn in many_tickets()}
    for pair in curated.pairs:
        said = [turns[pair.ticket_id, turn_id] for turn_id in pair.turn_ids.split()]
        assert {turn.role for turn in said} == {"customer", "agent"}
        assert pair.evidence and pair.evidence in said[-1].text
        assert pair.created_at == said[-1].created_at


def test_where_the_same_question_got_different_answers_the_majority_wins() -> None:
    right, wrong = TOPICS["груз"], TOPICS["счёт"]
    question = "Сколько дней груз хранится бесплатно?"
    turns = flat([asked_and_answered(f"r{n}", question, right, day=n) for n in range(3)])
    turns += asked_and_answered("w", question, wrong, day=9)
    result = curate(turns, data=SMALL, as_of=None, redact=NO_REDACTION)
    assert [pair.ticket_id for pair in result.pairs] == ["r2"]
    assert reasons(result) == {"duplicate_question": 2, "contradicting_answer": 1}


def test_every_text_that_leaves_is_redacted() -> None:
    def redact(text: str) -> str:
        return text.replace("Чингачгук", "[ИМЯ]").replace("12345678", "[НОМЕР]")

    question = "Где хранят груз 12345678 для Чингачгук бесплатно?"
    turns = flat(
        [
            asked_and_answered("q", question, TOPICS["груз"]),
            asked_and_answered(
                "a", "Кто везёт мой груз до склада?", "Груз до склада везёт водитель Чингачгук на газели."
            ),
            *[asked_and_answered(f"m{n}", f"Вопрос Чингачгук {n} 12345678", "Ожидайте") for n in range(30)],
        ]
    )
    result = curate(turns, data=SMALL, as_of=None, redact=redact)
    everything = repr(result.pairs) + repr(result.incoming) + repr(result.rejected)
    assert "Чингачгук" not in everything and "12345678" not in everything
    assert any(row.key == "a" and row.reason == "answer_for_one_case" for row in result.rejected)


def test_a_language_that_the_task_does_not_want_is_refused_by_name() -> None:
    turns = asked_and_answered(
        "en", "Where is my cargo and when does it come?", "Please wait at the terminal with your passport."
    )
    result = curate(turns, data=SMALL, as_of=None, redact=NO_REDACTION)
    assert reasons(result) == {"language_not_in_task": 1}
    wanted = curate(turns, data=SMALL.model_copy(update={"languages": ("ru", "en")}), as_of=None, redact=NO_REDACTION)
    assert [pair.language for pair in wanted.pairs] == ["en"]


def test_a_question_in_the_wrong_layout_stays_as_it_was_typed() -> None:
    result = curate(
        asked_and_answered("1", "crjkmrj lytq uhep [hfybncz ,tcgkfnyj", TOPICS["груз"]),
        data=SMALL,
        as_of=None,
        redact=NO_REDACTION,
    )
    assert [(pair.question, pair.language) for pair in result.pairs] == [("crjkmrj lytq uhep [hfybncz ,tcgkfnyj", "ru")]


def test_turns_after_the_moment_of_the_run_do_not_exist_for_it() -> None:
    result = curate(many_tickets(), data=SMALL, as_of=datetime(2026, 1, 11, tzinfo=UTC), redact=NO_REDACTION)
    assert result.tickets_in == 10
    assert max(pair.created_at for pair in result.pairs) <= "2026-01-11"


def test_tickets_of_two_sources_with_the_same_id_are_two_tickets() -> None:
    answer = TOPICS["груз"]
    turns = ticket("1", ("customer", "Сколько хранят груз?"), ("agent", answer), source="a")
    turns += ticket("1", ("customer", "Что с пролежавшей коробкой?"), ("agent", answer), source="b")
    result = curate(turns, data=SMALL, as_of=None, redact=NO_REDACTION)
    assert len({pair.pair_id for pair in result.pairs}) == result.tickets_in == 2


def test_the_result_depends_neither_on_the_order_of_turns_nor_on_the_hash_seed(curated: Curated) -> None:
    shuffled = curate(list(reversed(many_tickets())), data=SMALL, as_of=None, redact=NO_REDACTION)
    assert shuffled.pairs == curated.pairs and shuffled.rejected == curated.rejected
    code = (
        "from ft_pipeline_tests.curate.test_curate import *\n"
        "import hashlib; c = curate(many_tickets(), data=SMALL, as_of=None, redact=NO_REDACTION)\n"
        "print(hashlib.sha256(repr((c.pairs, c.rejected, c.incoming)).encode()).hexdigest())"
    )
    root = Path(__file__).parents[2]
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


@pytest.mark.timeout(20)
@pytest.mark.parametrize("length", [12_000, 400_000])
@pytest.mark.parametrize(
    "junk",
    [
        "!",
        "http://",
        "<script",
        "<div>",
        "&lt;",
        "С уважением ",
        "Здравствуйте, ",
        "спасибо ",
        "> ",
        "12 3",
        "\x00",
        "Ð¿",
        "\ud800",
        "а\n",
    ],
)
def test_a_monstrous_message_costs_a_rejected_row_and_no_time(junk: str, length: int) -> None:
    turns = asked_and_answered("1", junk * (length // len(junk)), TOPICS["груз"])
    turns += asked_and_answered("2", "Сколько дней хранится груз?", junk * (length // len(junk)))
    started = time.process_time()
    result = curate(turns, data=SMALL, as_of=None, redact=NO_REDACTION)
    assert len(tickets_rejected(result)) == 2 and not result.pairs
    assert time.process_time() - started < 10


def test_held_out_questions_join_the_eval_set_while_they_are_valid(curated: Curated) -> None:
    answer = TOPICS["груз"]

    def held(name: str, question: str, text: str, *, start: str = "2025-01-01", end: str = "") -> HeldOutQuestion:
        kind = "standard" if text else "out_of_scope"
        return HeldOutQuestion(name, "rare", question, text, kind, start, end, "hand")

    questions = [
        held("1", "Коробка полежит у вас денёк даром?", answer.upper()),
        held("2", "Какая завтра погода?", ""),
        held("3", "Старая цена?", answer, end="2026-01-01"),
        held("4", "Будущая цена?", answer, start="2027-01-01"),
        held("5", "коробка полежит у вас денёк даром", answer),
        held("6", "Неделя бесплатно?", answer.replace("2 дня", "7 дней")),
    ]
    built = build_eval_set(curated.pairs, questions, as_of=datetime(2026, 6, 1, tzinfo=UTC), data=SMALL)
    rows = {row.question: row for row in built.rows if row.origin == "held_out_question"}
    group = next(pair.answer_id for pair in curated.pairs if pair.answer == answer)
    assert rows["Коробка полежит у вас денёк даром?"].answer_id == group
    assert rows["Какая завтра погода?"].reference == "" == rows["Какая завтра погода?"].answer_id
    assert rows["Неделя бесплатно?"].answer_id == "", "the same words with another fact are another answer"
    assert {(row.key, row.reason) for row in built.rejected} == {
        ("3", "not_valid_any_more"),
        ("4", "not_valid_yet"),
        ("5", "duplicate_question"),
    }


@pytest.fixture(scope="module")
def rutube() -> list[Turn]:
    if not RUTUBE.is_file():
        pytest.skip(f"the real support cases are missing: {RUTUBE}")
    with RUTUBE.open(encoding="utf-8-sig", newline="") as stream:
        cases = list(csv.DictReader(stream))
    return flat(
        [
            asked_and_answered(str(n), row["Вопрос пользователя"], row["Ответ сотрудника"], day=n % 28)
            for n, row in enumerate(cases)
        ]
    )


def test_real_answers_that_repeat_share_one_answer_id_and_the_company_keeps_its_addresses(rutube: list[Turn]) -> None:
    from ft_pipeline.redact import redact

    raw = {turn.ticket_id: turn.text for turn in rutube if turn.role == "agent"}
    assert len(raw) - len({text.strip() for text in raw.values()}) == 44, "the data set is the one that was measured"
    assert len(raw) - len({normal_form(text) for text in raw.values()}) == 47
    addresses = {name: re.findall(r"[\w.-]+@[\w.-]+\w", text) for name, text in raw.items() if "@" in text}
    assert len(addresses) == 42
    for name, found in addresses.items():
        kept = redact(raw[name], own_contacts=["rutube.ru"], names=False).text
        assert re.findall(r"[\w.-]+@[\w.-]+\w", kept) == found
    result = curate(rutube, data=Data(incoming_sample=0, eval_share=0.0), as_of=None, redact=NO_REDACTION)
    ids: dict[str, set[str]] = {}
    for pair in result.pairs:
        ids.setdefault(normal_form(raw[pair.ticket_id]), set()).add(pair.answer_id)
    assert all(len(found) == 1 for found in ids.values()), "the same text is one answer"
    assert len({pair.answer_id for pair in result.pairs}) <= len(ids) - 20, "near-same answers are grouped with them"


def test_real_cases_keep_their_answers_grouped_their_addresses_and_no_invisible_character(rutube: list[Turn]) -> None:
    data = Data(incoming_sample=0, eval_share=0.0)
    result = curate(rutube, data=data, as_of=None, redact=NO_REDACTION)
    assert result.tickets_in == 580
    assert len(result.pairs) >= 560
    repeats = len(result.pairs) - len({pair.answer_id for pair in result.pairs})
    assert repeats >= 47 - (580 - len(result.pairs)), "repeated answers are grouped, their questions stay"
    texts = "".join(pair.question + pair.answer + pair.evidence for pair in result.pairs)
    assert not re.search("[\u200b-\u200f\u2060\ufeff\u00ad\u00a0]", texts)
    kept = {pair.ticket_id for pair in result.pairs}
    raw = {turn.ticket_id: turn.text for turn in rutube if turn.role == "agent"}
    with_address = {name for name, text in raw.items() if "@" in text and name in kept}
    assert len(with_address) >= 38
    assert with_address <= {pair.ticket_id for pair in result.pairs if "@" in pair.evidence}
    assert moment(0) <= min(pair.created_at for pair in result.pairs)
