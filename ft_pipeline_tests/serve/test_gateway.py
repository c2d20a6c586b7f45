"""Switching and answering, with real releases of a tiny model behind a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import sqlalchemy as sa

from ft_pipeline.ledger import Ledger
from ft_pipeline.serve import ServeError, wait_until_live
from ft_pipeline_tests.serve.conftest import HANDOVER, QUESTIONS, TASK, Releases, a_gateway, record, served


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_two_releases_are_switched_under_load_without_a_failed_request(
    database: str, request: pytest.FixtureRequest, releases: Releases, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/l.db" if database == "sqlite" else request.getfixturevalue("postgres_database")
    ledger = Ledger(url).open()
    for bundle in releases.bundles.values():
        record(ledger, tmp_path, bundle)
    ledger.desire(TASK, "r1")
    seen: list[tuple[str, str, str]] = []
    failed: list[Exception] = []
    is_over = threading.Event()

    def keep_asking(url: str, question: str) -> None:
        client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
        while not is_over.is_set():
            try:
                reply = client.chat.completions.create(model=TASK, messages=[{"role": "user", "content": question}])
                seen.append((reply.model, question, reply.choices[0].message.content or ""))
            except Exception as error:
                failed.append(error)

    with served(a_gateway(ledger)) as address:
        assert wait_until_live(address, "r1", 30)["model"] == "r1"
        askers = [threading.Thread(target=keep_asking, args=(address, question)) for question in QUESTIONS * 2]
        for asker in askers:
            asker.start()
        for wanted in ("r2", "r1", "r2"):
            ledger.desire(TASK, wanted)
            wait_until_live(f"{address}/v1", wanted, 30)
        time.sleep(0.2)
        is_over.set()
        for asker in askers:
            asker.join()
    assert failed == []
    assert {release for release, _, _ in seen} == {"r1", "r2"}
    wrong = [item for item in seen if item[2] != releases.answers[item[0]][item[1]]]
    assert wrong == [], "an answer is always the answer of the release that it names"
    assert [(event.kind, event.release_id) for event in ledger.history(TASK)] == [
        (kind, name) for name in ("r1", "r2", "r1", "r2") for kind in ("desired", "live")
    ]
    assert len(ledger.interactions(TASK)) == len(seen), "the probes of wait_until_live are no customers"
    ledger.close()


def test_a_release_that_fails_parity_keeps_the_old_one_and_says_why(
    ledger: Ledger, releases: Releases, tmp_path: Path
) -> None:
    record(ledger, tmp_path, releases.bundles["r1"])
    swapped = releases.bundles["r2"].model_copy(update={"adapter": releases.bundles["r1"].adapter})
    record(ledger, tmp_path, swapped)
    ledger.desire(TASK, "r1")
    with served(a_gateway(ledger)) as address:
        wait_until_live(address, "r1", 30)
        desired = ledger.desire(TASK, "r2")
        with pytest.raises(ServeError, match=r"did not switch to release r2.*parity.*still serves r1"):
            wait_until_live(address, "r2", 30)
        assert wait_until_live(address, "r1", 5)["ft"]["release"] == "r1"
        failure = ledger.failure(TASK, desired)
        assert failure is not None
        assert "parity" in failure.detail
        time.sleep(0.3)
        kinds = [event.kind for event in ledger.history(TASK)]
        assert kinds == ["desired", "live", "desired", "failed"], "a failed wish is tried once, not each second"


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda folder: (folder / "release.json").unlink(), "found no release.json"),
        (lambda folder: (folder / "release.json").write_text("{", encoding="utf-8"), "Invalid JSON"),
        (
            lambda folder: (folder / "release.json").write_text(
                (folder / "release.json").read_text(encoding="utf-8").replace('"task":', '"tsak":'), encoding="utf-8"
            ),
            "task: Field required",
        ),
        (
            lambda folder: (folder / "release.json").write_text(
                (folder / "release.json").read_text(encoding="utf-8").replace('"v1"', '"v0"'), encoding="utf-8"
            ),
            "evaluated with redaction v0",
        ),
        (
            lambda folder: (folder / "release.json").write_text(
                (folder / "release.json").read_text(encoding="utf-8").replace('"r2"', '"r9"'), encoding="utf-8"
            ),
            "is release r9",
        ),
    ],
)
def test_a_broken_bundle_is_a_recorded_failure_and_the_old_release_stays(
    ledger: Ledger,
    releases: Releases,
    tmp_path: Path,
    damage: Callable[[Path], object],
    expected: str,
) -> None:
    for bundle in releases.bundles.values():
        record(ledger, tmp_path, bundle)
    gateway = a_gateway(ledger)
    ledger.desire(TASK, "r1")
    gateway.step()
    damage(tmp_path / "r2")
    desired = ledger.desire(TASK, "r2")
    gateway.step()
    failure = ledger.failure(TASK, desired)
    assert failure is not None
    assert expected in failure.detail
    assert gateway.answer(QUESTIONS[0]).release_id == "r1"
    gateway.close()


def test_a_gateway_that_starts_with_a_broken_wish_serves_what_was_live_before(
    ledger: Ledger, releases: Releases, tmp_path: Path
) -> None:
    for bundle in releases.bundles.values():
        record(ledger, tmp_path, bundle)
    ledger.set_live(TASK, "r1")
    (tmp_path / "r2" / "release.json").unlink()
    ledger.desire(TASK, "r2")
    gateway = a_gateway(ledger)
    for _ in range(3):
        gateway.step()
    assert gateway.release_id == "r1"
    assert gateway.status()["failure"] is not None
    gateway.close()


def test_after_an_upgrade_of_the_redaction_the_live_release_stays_served_but_no_old_one_is_deployed(
    ledger: Ledger, releases: Releases, tmp_path: Path
) -> None:
    for bundle in releases.bundles.values():
        record(ledger, tmp_path, bundle)
    ledger.desire(TASK, "r1")
    ledger.set_live(TASK, "r1")
    gateway = a_gateway(ledger, redaction_version="v2")
    gateway.step()
    assert gateway.release_id == "r1"
    ledger.desire(TASK, "r2")
    gateway.step()
    assert gateway.release_id == "r1"
    assert "redaction" in gateway.status()["failure"]
    gateway.close()


def test_a_restart_tries_a_wish_again_that_failed_before(ledger: Ledger, releases: Releases, tmp_path: Path) -> None:
    record(ledger, tmp_path, releases.bundles["r1"])
    desired = ledger.desire(TASK, "r1")
    ledger.set_failed(TASK, "r1", detail="the disk was away")
    gateway = a_gateway(ledger)
    gateway.step()
    assert gateway.release_id == "r1"
    assert ledger.failure(TASK, desired) is None
    gateway.close()


def test_the_same_release_desired_again_is_confirmed_without_loading_it_again(
    ledger: Ledger, scripted: Callable[..., Any]
) -> None:
    gateway, engine = scripted()
    again = ledger.desire(TASK, "r1")
    gateway.step()
    live = ledger.live(TASK)
    assert live is not None
    assert live.number > again.number
    assert engine.asked == [], "no parity was asked: nothing was loaded"


@pytest.mark.parametrize(
    ("text", "logprob", "handed_over"),
    [
        ("Доставка стоит 350 рублей.", -5.0, False),  # exactly at the threshold: answered
        ("Доставка стоит 350 рублей.", -5.0001, True),
        ("Доставка стоит 350 рублей.", 0.0, False),
        ("Здравствуйте, [ИМЯ]! Доставка стоит 350 рублей.", 0.0, True),
        ("Позвоните по номеру [ТЕЛЕФОН_2].", 0.0, True),
        ("Напишите [СЧЁТ] в поле.", 0.0, True),
        ("Нажмите [Отправить] или [F1].", 0.0, False),  # a button is no placeholder
        ("Тариф [XL] стоит 350 рублей.", 0.0, False),
        ("", 0.0, True),
    ],
)
def test_an_answer_is_given_only_when_it_is_sure_and_complete(
    scripted: Callable[..., Any], text: str, logprob: float, handed_over: bool
) -> None:
    gateway, _ = scripted(text=text, logprob=logprob, threshold=-5.0)
    reply = gateway.answer("Сколько стоит?")
    assert reply.handed_over is handed_over
    assert reply.text == (HANDOVER if handed_over else text)
    assert reply.confidence == logprob


def test_personal_data_reaches_neither_the_model_nor_the_ledger(ledger: Ledger, scripted: Callable[..., Any]) -> None:
    def mask(text: str, own_contacts: Sequence[str], lexicon: Path | None) -> str:
        return text.replace("Иванов", "[ИМЯ]")

    gateway, engine = scripted(prepare=mask)
    gateway.answer("Я Иванов, где груз?", [{"role": "user", "content": "Это Иванов"}])
    assert [turn["content"] for turn in engine.asked[0]] == ["Ты — помощник.", "Это [ИМЯ]", "Я [ИМЯ], где груз?"]
    assert [row.question for row in ledger.interactions(TASK)] == ["Я [ИМЯ], где груз?"]


def test_a_probe_is_answered_and_not_logged(ledger: Ledger, scripted: Callable[..., Any]) -> None:
    gateway, _ = scripted()
    assert gateway.answer("Проверка", is_probe=True).interaction_id == ""
    assert ledger.interactions(TASK) == []
    logged = gateway.answer("Вопрос").interaction_id
    assert [row.interaction_id for row in ledger.interactions(TASK)] == [logged]


def test_the_ticket_of_a_question_is_logged_beside_it(ledger: Ledger, scripted: Callable[..., Any]) -> None:
    gateway, _ = scripted()
    gateway.answer("Где груз?", ticket_id="VT-100\x00")
    gateway.answer("Где груз?")
    assert [row.ticket_id for row in reversed(ledger.interactions(TASK))] == ["VT-100", ""]


def test_an_answer_is_given_even_when_the_ledger_is_broken(ledger: Ledger, scripted: Callable[..., Any]) -> None:
    gateway, engine = scripted()
    with ledger._engine.connect() as connection:
        connection.execute(sa.text("DROP TABLE interactions"))
        connection.execute(sa.text("DROP TABLE events"))
        connection.commit()
    with served(gateway) as address:
        time.sleep(0.2)  # it follows a ledger without events meanwhile
        reply = httpx.post(f"{address}/v1/chat/completions", json={"messages": [{"role": "user", "content": "Как?"}]})
        assert reply.json()["choices"][0]["message"]["content"] == engine.text


def test_a_conversation_that_does_not_fit_is_asked_without_its_history(
    ledger: Ledger, releases: Releases, tmp_path: Path
) -> None:
    record(ledger, tmp_path, releases.bundles["r1"])
    ledger.desire(TASK, "r1")
    gateway = a_gateway(ledger)
    gateway.step()
    long_history = [{"role": "user", "content": "груз " * 600}, {"role": "assistant", "content": "да"}]
    assert gateway.answer(QUESTIONS[0], long_history).text == releases.answers["r1"][QUESTIONS[0]]
    gateway.close()
