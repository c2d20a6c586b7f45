"""The demo company keeps what its specification promises; everything is measured on one full year of tickets."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from stdnum import luhn
from stdnum.ru import inn

from ft_pipeline.demo.company import write_company
from ft_pipeline.demo.company.intents import (
    FIRST_DAY,
    FOLDER,
    LAST_DAY,
    CompanyError,
    Intent,
    Validity,
    answer_at,
    check_intents,
    load_eval_questions,
    load_facts,
    load_intents,
)
from ft_pipeline.demo.company.noise import relaxed, with_typos
from ft_pipeline.demo.company.people import load_lists, make_card, make_inn, make_person, make_phone
from ft_pipeline.demo.company.stage import Message, Truth
from ft_pipeline.demo.company.texts import load_texts
from ft_pipeline.demo.company.tickets import make_tickets
from ft_pipeline.demo.company.write import EVAL_COLUMNS, documents_at, eval_rows
from ft_pipeline.store import hash_folder

N = 3600


@dataclass(frozen=True)
class Year:
    intents: dict[str, Intent]
    truth: tuple[Truth, ...]
    tickets: dict[str, list[Message]]

    def of(self, *kinds: str) -> Iterator[tuple[Truth, list[Message]]]:
        return ((row, self.tickets[row.ticket_id]) for row in self.truth if row.kind in kinds)


@pytest.fixture(scope="module")
def year() -> Year:
    intents = load_intents()
    made = make_tickets(2026, N, intents=intents)
    tickets: dict[str, list[Message]] = {}
    for message in made.messages:
        tickets.setdefault(message.ticket_id, []).append(message)
    return Year({intent.id: intent for intent in intents}, made.truth, tickets)


def when(message: Message) -> datetime:
    return datetime.fromisoformat(message.created_at)


def own_words(message: Message) -> str:
    """The message without what it quotes."""
    return re.split(r"\n\n\d\d\.\d\d\.\d{4} .* пишет:\n>", message.text)[0]


def answers_in(message: Message, intent: Intent) -> list[str]:
    return [answer.text for answer in intent.answers if answer.text in own_words(message)]


# --- the texts ---------------------------------------------------------------------------------------------------


def test_there_are_more_than_sixty_intents_and_a_tenth_to_a_quarter_of_them_change() -> None:
    intents = load_intents()
    changed = sum(len(intent.answers) > 1 for intent in intents)
    assert len(intents) == 70
    assert 0.10 <= changed / len(intents) <= 0.25


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda all_: [*all_, all_[0]], "the id stands twice"),
        (lambda all_: all_[:59], "at least 60 expected"),
        (lambda all_: [replace(all_[0], wordings=all_[0].wordings[:19]), *all_[1:]], "19 wordings"),
        (lambda all_: [replace(all_[0], wordings=all_[0].wordings[:1] * 30), *all_[1:]], "1 wordings"),
        (lambda all_: [replace(all_[0], kind="usual"), *all_[1:]], "kind 'usual'"),
        (lambda all_: [replace(all_[0], answers=all_[0].answers[::-1]), *all_[1:]], "rising days"),
        (lambda all_: [replace(all_[0], answers=(Validity(LAST_DAY, "x"),)), *all_[1:]], "2025-10-01 first"),
        (lambda all_: [replace(intent, answers=intent.answers[:1]) for intent in all_], "0 of 70 intents change"),
    ],
)
def test_intents_that_break_a_promise_are_refused_with_the_reason(damage: Any, complaint: str) -> None:
    with pytest.raises(CompanyError, match=re.escape(complaint)):
        check_intents(damage(list(load_intents())))


@pytest.mark.parametrize(
    ("day", "price"),
    [("2025-10-01", "1 200 ₽"), ("2026-06-30", "1 200 ₽"), ("2026-07-01", "1 350 ₽"), ("2026-09-30", "1 350 ₽")],
)
def test_a_new_price_is_right_from_its_first_day_on(day: str, price: str) -> None:
    tariff = next(intent for intent in load_intents() if intent.id == "tariff_city")
    assert price in answer_at(tariff, date.fromisoformat(day))


def test_there_are_enough_off_topic_and_english_texts_and_agents() -> None:
    texts = load_texts()
    assert len({text for text, _ in texts.off_topic}) >= 60
    assert len({question for question, _ in texts.english}) >= 40
    assert len({agent.name for agent in texts.agents}) == 12


def test_the_evaluation_questions_are_the_ones_written_before_any_training() -> None:
    written = (FOLDER / "evaluation.yaml").read_bytes()
    assert hashlib.sha256(written).hexdigest() == "ea6775c73aa7eee8645094fb8f4e4f891a5ac88693416647a139bf10de3b24c9"


def test_no_off_topic_text_is_an_evaluation_question() -> None:
    asked = {question.text.lower() for question in load_eval_questions(load_intents())}
    assert not asked & {text.lower() for text, _ in load_texts().off_topic}


# --- the year ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "share"),
    [
        ("unresolved", 0.04),
        ("reopened", 0.03),
        ("off_topic", 0.04),
        ("english", 0.02),
        ("duplicate", 0.03),
        ("says_nothing", 0.03),
        ("normal", 0.81),
    ],
)
def test_each_kind_of_ticket_has_its_share(year: Year, kind: str, share: float) -> None:
    assert sum(1 for _ in year.of(kind)) == pytest.approx(share * N, abs=1)


def test_every_wording_is_asked_in_a_normal_ticket_and_popular_intents_more_often(year: Year) -> None:
    asked = Counter((row.intent, row.wording_index) for row, _ in year.of("normal"))
    every = {(intent.id, index) for intent in year.intents.values() for index in range(len(intent.wordings))}
    assert set(asked) == every
    with_intent = Counter(row.intent for row in year.truth if row.intent)
    assert 1.6 <= sum(with_intent.values()) / len(every) <= 2.1
    assert with_intent.most_common(1)[0][0] == "where_is_cargo"
    assert max(with_intent.values()) > 3 * min(with_intent.values())


def test_a_wording_stands_in_its_ticket_when_nothing_was_misspelt(year: Year) -> None:
    checked = 0
    for row, messages in year.of("normal"):
        wording = year.intents[row.intent].wordings[row.wording_index]
        if row.typos or row.relaxed or "{" in wording:
            continue
        checked += 1
        assert any(message.role == "customer" and wording in message.text for message in messages), row.ticket_id
    assert checked > 500


def test_no_slot_is_left_unfilled(year: Year) -> None:
    left = [m.text for messages in year.tickets.values() for m in messages if re.search(r"\{\w*\}", m.text)]
    assert not left


def test_sixty_percent_are_chats_and_look_ups_are_always_chats(year: Year) -> None:
    chats = sum(messages[0].channel == "chat" for messages in year.tickets.values())
    assert 0.58 <= chats / N <= 0.62
    lookups = {intent.id for intent in year.intents.values() if intent.kind == "needs_lookup"}
    assert {year.tickets[row.ticket_id][0].channel for row in year.truth if row.intent in lookups} == {"chat"}


def test_all_messages_lie_in_the_year_in_rising_order_and_mostly_in_office_hours(year: Year) -> None:
    starts = [when(messages[0]) for messages in year.tickets.values()]
    assert starts == sorted(starts)
    for messages in year.tickets.values():
        times = [when(message) for message in messages]
        assert times == sorted(times)
        assert times[0].date() >= FIRST_DAY
        assert times[-1].date() <= LAST_DAY
        assert [m.turn_id for m in messages] == [f"{messages[0].ticket_id}-{i + 1}" for i in range(len(messages))]
    assert sum(9 <= start.hour < 18 for start in starts) / N > 0.7
    assert sum(start.weekday() >= 5 for start in starts) / N < 0.15
    assert len({start.strftime("%Y-%m") for start in starts}) == 12


def test_a_fifth_of_the_tickets_comes_from_customers_with_two_or_three(year: Year) -> None:
    per_customer = Counter(messages[0].customer_id for messages in year.tickets.values())
    assert max(per_customer.values()) <= 3
    assert sum(n for n in per_customer.values() if n > 1) / N == pytest.approx(0.20, abs=0.005)


# --- answers -----------------------------------------------------------------------------------------------------


def test_agents_give_the_answer_that_is_right_on_the_day_and_no_other(year: Year) -> None:
    changed = 0
    for row, messages in year.of("normal", "duplicate"):
        intent = year.intents[row.intent]
        given = [(m, answers_in(m, intent)) for m in messages if m.role == "agent" and answers_in(m, intent)]
        assert len(given) == 1, row.ticket_id
        message, answers = given[0]
        assert answers == [answer_at(intent, when(message).date())], row.ticket_id
        changed += len(intent.answers) > 1
    assert changed > 100


def test_a_reopened_ticket_is_first_answered_wrongly_and_then_rightly(year: Year) -> None:
    outdated = 0
    for row, messages in year.of("reopened"):
        intent = year.intents[row.intent]
        agents = [message for message in messages if message.role == "agent"]
        first = next(m for m in agents if any(a.text in m.text for i in year.intents.values() for a in i.answers))
        right = answer_at(intent, when(first).date())
        assert right not in first.text
        last = next(message for message in agents if message is not first and answers_in(message, intent))
        assert answers_in(last, intent) == [answer_at(intent, when(last).date())]
        assert {message.status for message in messages} == {"reopened"}
        outdated += bool(answers_in(first, intent))
    assert outdated >= 3


@pytest.mark.parametrize("kind", ["unresolved", "says_nothing", "off_topic", "english"])
def test_tickets_that_answer_nothing_hold_no_answer_of_an_intent(year: Year, kind: str) -> None:
    answers = [answer.text for intent in year.intents.values() for answer in intent.answers]
    for row, messages in year.of(kind):
        assert not any(answer in message.text for answer in answers for message in messages), row.ticket_id
        assert messages[0].status == ("open" if kind == "unresolved" else "resolved")


def test_half_of_the_unresolved_tickets_have_no_agent_at_all(year: Year) -> None:
    silent = [all(m.role != "agent" for m in messages) for _, messages in year.of("unresolved")]
    assert 0.25 < sum(silent) / len(silent) < 0.75


def test_a_duplicate_repeats_an_earlier_message_of_the_same_customer_word_for_word(year: Year) -> None:
    by_customer: dict[str, list[list[Message]]] = {}
    for messages in year.tickets.values():
        by_customer.setdefault(messages[0].customer_id, []).append(messages)
    for row, messages in year.of("duplicate"):
        earlier = [m.text for m in by_customer[messages[0].customer_id][0] if m.role == "customer"]
        assert next(m.text for m in messages if m.role == "customer") in earlier, row.ticket_id


def test_a_look_up_asks_for_the_number_gets_it_and_answers_the_case(year: Year) -> None:
    lookups = {intent.id for intent in year.intents.values() if intent.kind == "needs_lookup"}
    found = 0
    for row, messages in year.of("normal"):
        if row.intent not in lookups:
            continue
        found += 1
        asking = next(i for i, m in enumerate(messages) if answers_in(m, year.intents[row.intent]))
        number, case = messages[asking + 1 : asking + 3]
        assert (number.role, case.role) == ("customer", "agent")
        assert re.search(r"\d{7}", number.text)
        assert re.search(r"\d", case.text)
    assert found > 150


def test_a_tenth_of_the_answers_has_a_harmless_addition(year: Year) -> None:
    rows = [row for row, _ in year.of("normal", "duplicate") if year.intents[row.intent].kind == "standard"]
    assert 0.07 < sum(row.additions for row in rows) / len(rows) < 0.13


# --- what makes it look like a help desk -------------------------------------------------------------------------


def test_bots_notes_quotes_signatures_and_disclaimers_occur(year: Year) -> None:
    messages = [message for messages in year.tickets.values() for message in messages]
    assert {message.role for message in messages} == {"customer", "agent", "bot", "note"}
    letters = [m for m in messages if m.channel == "email" and m.role == "customer"]
    assert sum(m.text.startswith("Тема: ") for m in letters) > 1000
    assert sum("\n> " in m.text for m in letters) > 100
    assert sum("могут содержать конфиденциальные" in m.text for m in letters) > 30
    assert sum("тел. " in m.text for m in letters) > 800
    assert 0.04 < sum(m.role == "note" for m in messages) / N < 0.12


def test_customers_misspell_a_fifth_of_their_messages_and_write_a_quarter_carelessly(year: Year) -> None:
    russian = [row for row in year.truth if row.kind not in {"english"}]
    total = sum(row.customer_messages for row in russian)
    assert 0.12 < sum(row.typos for row in russian) / total < 0.24
    assert 0.15 < sum(row.relaxed for row in russian) / total < 0.30


def test_personal_data_is_planted_in_more_than_a_third_of_the_tickets_and_stands_in_them(year: Year) -> None:
    planted = [row for row in year.truth if row.personal_data]
    assert len(planted) / N >= 0.35
    for row in planted:
        text = "\n".join(message.text for message in year.tickets[row.ticket_id])
        assert not [value for value in row.personal_data if value not in text], row.ticket_id
    kinds = {
        "card": r"^2200 ?00\d\d ?\d{4} ?\d{4}$",
        "inn": r"^96\d{8}(\d\d)?$",
        "passport": r"^(\d{4} \d{6}|\d\d \d\d \d{6}|серия \d{4} номер \d{6})$",
        "address": r"^г\. .*, ул\. ",
        "email": r"@\w+\.example$",
        "order": r"^(ВР-)?\d{7}$",
    }
    found = {k: sum(bool(re.search(p, v)) for row in planted for v in row.personal_data) for k, p in kinds.items()}
    assert min(found.values()) >= 20, found


def test_check_digits_are_right_and_phones_are_possible_but_nobodys() -> None:
    rng = random.Random(5)
    for _ in range(300):
        assert luhn.is_valid(make_card(rng).replace(" ", ""))
        assert inn.is_valid(make_inn(rng, digits=10))
        assert inn.is_valid(make_inn(rng, digits=12))
        phone = phonenumbers.parse(make_phone(rng), "RU")
        assert phonenumbers.is_valid_number(phone)
        assert str(phone.national_number)[3:6] == "000"


def test_a_person_keeps_sex_and_case_together() -> None:
    people = [make_person("C-1", random.Random(seed)) for seed in range(60)]
    women = {name for name, _, _ in load_lists().women}
    for person in people:
        assert person.surname.endswith("а") == (person.name in women)
        assert person.name_ins.endswith("ой" if person.name in women else "ым")
    assert {person.name in women for person in people} == {True, False}


@pytest.mark.parametrize(
    "untouched", ["ВР-1234567", "8 800 000-11-22", "schet@verstovik.example", "№ 4081237", "г. Уфа, д. 5", "OK?"]
)
def test_typos_never_touch_numbers_addresses_or_latin_text(untouched: str) -> None:
    assert all(with_typos(untouched, random.Random(seed)) == untouched for seed in range(50))


def test_typos_and_careless_writing_are_mild() -> None:
    text = "Подскажите, пожалуйста, сколько стоит доставка до двери?"
    for seed in range(50):
        misspelt = with_typos(text, random.Random(seed))
        assert misspelt != text
        assert abs(len(misspelt) - len(text)) <= 1
        loose = relaxed(text, random.Random(seed))
        assert loose != text
        assert re.sub(r"\W", "", loose.lower()) == re.sub(r"\W", "", text.lower())


# --- the files ---------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    hashes = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_company(tmp_path / name, seed=seed, tickets=300)
        hashes.append(hash_folder(tmp_path / name))
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_fresh_process_with_another_hash_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    write_company(tmp_path / "here", tickets=200)
    command = [sys.executable, "-m", "ft_pipeline.demo.company", "--out", str(tmp_path / "there"), "--tickets", "200"]
    root, env = Path(__file__).parents[2], os.environ | {"PYTHONHASHSEED": "12345"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, env=env)
    assert "200 tickets" in done.stdout
    assert hash_folder(tmp_path / "here") == hash_folder(tmp_path / "there")


def test_until_leaves_out_later_tickets_and_sets_the_documents_back(tmp_path: Path) -> None:
    whole = write_company(tmp_path / "whole", tickets=300)
    june = write_company(tmp_path / "june", tickets=300, until=date(2026, 6, 30))
    lines = june.tickets.read_text(encoding="utf-8").splitlines()
    assert 0.6 * whole.ticket_count < june.ticket_count < 0.9 * whole.ticket_count
    assert max(json.loads(line)["created_at"] for line in lines)[:10] <= "2026-06-30"
    assert set(lines) < set(whole.tickets.read_text(encoding="utf-8").splitlines())
    assert len(june.truth.read_text(encoding="utf-8").splitlines()) == june.ticket_count
    tariffs = [(files.documents / "tarify_i_oplata.md").read_text(encoding="utf-8") for files in (whole, june)]
    assert "1 350 ₽" in tariffs[0]
    assert "1 200 ₽" not in tariffs[0]
    assert "1 200 ₽" in tariffs[1]
    assert june.eval_questions.read_bytes() == whole.eval_questions.read_bytes()


def test_a_line_of_tickets_has_exactly_the_promised_fields_and_nothing_of_the_truth(tmp_path: Path) -> None:
    files = write_company(tmp_path, tickets=100)
    line = json.loads(files.tickets.read_text(encoding="utf-8").splitlines()[0])
    names = "ticket_id turn_id created_at role text customer_id channel status category"
    assert list(line) == names.split(" ")
    assert [field.name for field in dataclasses.fields(Truth)][:4] == ["ticket_id", "intent", "wording_index", "kind"]


def test_too_few_tickets_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 100"):
        make_tickets(1, 99)


def test_eval_rows_cover_every_question_and_every_period_without_a_gap(tmp_path: Path) -> None:
    intents = load_intents()
    by_id = {intent.id: intent for intent in intents}
    questions = load_eval_questions(intents)
    files = write_company(tmp_path, tickets=100)
    with files.eval_questions.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows == eval_rows(intents, questions)
    assert tuple(rows[0]) == EVAL_COLUMNS
    assert len({row["question_id"] for row in rows}) == len(rows) == files.eval_rows
    for question in questions:
        mine = [row for row in rows if row["question"] == question.text]
        assert mine[0]["valid_from"] == "2025-10-01"
        assert [row["valid_to"] for row in mine] == [row["valid_from"] for row in mine[1:]] + [""]
        if question.intent == "out_of_scope":
            assert [(row["answer"], row["kind"]) for row in mine] == [("", "out_of_scope")]
        else:
            assert [row["answer"] for row in mine] == [answer.text for answer in by_id[question.intent].answers]
    assert Counter(q.stratum for q in questions) == {"usual": 210, "rare": 210, "noisy": 140, "out_of_scope": 40}


@pytest.mark.parametrize("day", [FIRST_DAY, date(2026, 5, 31), LAST_DAY])
def test_every_number_and_address_in_the_documents_is_in_an_answer_of_that_day(day: date) -> None:
    intents = load_intents()
    answers = " ".join(answer_at(intent, day) for intent in intents)
    documents = documents_at(load_facts(intents), day)
    assert 6 <= len(documents) <= 8
    for name, text in documents.items():
        body = re.sub(r"Редакция от .*", "", text)
        assert not re.search(r"\{\w+\}", body)
        facts = re.findall(r"\d[\d  ]*(?:,\d+)?(?: ?(?:₽|%|дн\w+|час\w*|минут|кг|м³))?|\S+\.example", body)
        wrong = [fact for fact in facts if fact.strip() not in answers]
        assert not wrong, (name, wrong)


def test_a_document_with_an_unknown_slot_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("Цена {nothing}", encoding="utf-8")
    with pytest.raises(CompanyError, match="nothing"):
        documents_at([], LAST_DAY, folder=tmp_path)


def test_a_fact_that_contradicts_its_intent_is_refused(tmp_path: Path) -> None:
    text = 'x: {intent: vat, values: [{valid_from: 2025-10-01, text: "без НДС"}]}'
    (tmp_path / "facts.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CompanyError, match="x does not agree with the answers of vat"):
        load_facts(load_intents(), folder=tmp_path)
