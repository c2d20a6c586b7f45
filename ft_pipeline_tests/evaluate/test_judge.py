"""The judge, against a real HTTP server that answers in OpenAI's shape."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ft_pipeline.evaluate import Trials
from ft_pipeline.evaluate.judge import Case, JudgeError, LanguageModelJudge, calibrate
from ft_pipeline_tests.evaluate.trial import trial

RIGHT = Case("Сколько стоит?", "250 ₽", "250 рублей", "300 рублей")
WRONG = Case("Сколько стоит?", "250 ₽", "300 рублей", "250 рублей")


class Server:
    """Answers every request with what `reply` makes of the parts that the judge was shown."""

    def __init__(self, reply: Callable[[dict[str, str]], str]) -> None:
        self.seen: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.seen.append({"path": self.path, "key": self.headers["Authorization"], **body})
                said = reply(json.loads(body["messages"][-1]["content"]))
                message = {"role": "assistant", "content": said}
                choice = {"index": 0, "message": message, "finish_reason": "stop"}
                data = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(data).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[dict[str, str]], str]], Server]]:
    started: list[Server] = []

    def start(reply: Callable[[dict[str, str]], str]) -> Server:
        started.append(Server(reply))
        return started[-1]

    yield start
    for server in started:
        server.http.shutdown()
        server.http.server_close()


def honest(shown: dict[str, str]) -> str:
    verdict = {name: shown[f"{name}_answer"].startswith("250") for name in ("first", "second")}
    return json.dumps({f"{name}_is_right": value for name, value in verdict.items()} | {"reason": "the price"})


def test_an_honest_judge_is_believed_and_asked_blind_in_both_orders(serve: Any) -> None:
    server = serve(honest)
    found = LanguageModelJudge(server.url, "judge", "secret").judge([RIGHT, WRONG])
    assert [item.value for item in found] == [1.0, 0.0]
    shown = [json.loads(item["messages"][-1]["content"]) for item in server.seen]
    assert len(shown) == 4 and {item["path"] for item in server.seen} == {"/v1/chat/completions"}
    assert {item["first_answer"] for item in shown} == {"250 рублей", "300 рублей"}
    assert all(set(item) == {"question", "reference", "first_answer", "second_answer"} for item in shown)
    assert server.seen[0]["key"] == "Bearer secret" and server.seen[0]["temperature"] == 0


def test_a_judge_that_prefers_the_first_place_is_unscored(serve: Any) -> None:
    server = serve(lambda _: '{"first_is_right": true, "second_is_right": false, "reason": ""}')
    (found,) = LanguageModelJudge(server.url, "judge").judge([RIGHT])
    assert (found.value, found.reason) == (None, "depends_on_the_order")


@pytest.mark.parametrize(
    "said", ["", "Both are fine!", "{", '{"first_is_right": "yes", "second_is_right": true}', '{"verdict": 1}']
)
def test_a_verdict_that_cannot_be_read_is_unscored_and_never_zero(serve: Any, said: str) -> None:
    (found,) = LanguageModelJudge(serve(lambda _: said).url, "judge").judge([RIGHT])
    assert (found.value, found.reason) == (None, "unreadable_verdict")


def test_a_verdict_inside_a_code_fence_is_read(serve: Any) -> None:
    server = serve(lambda shown: f"```json\n{honest(shown)}\n```")
    assert LanguageModelJudge(server.url, "judge").judge([RIGHT])[0].value == 1.0


def test_no_server_is_an_error_that_says_what_to_check() -> None:
    with pytest.raises(JudgeError, match=r"check evaluation\.judge"):
        LanguageModelJudge("http://127.0.0.1:1/v1", "judge").judge([RIGHT])


def test_a_page_in_place_of_a_completion_is_an_error_that_names_it() -> None:
    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>Please log in</html>")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        with pytest.raises(JudgeError, match=r"Please log in.*check that evaluation\.judge\.url"):
            LanguageModelJudge(f"http://127.0.0.1:{http.server_address[1]}", "judge").judge([RIGHT])
        http.shutdown()


def test_an_unreachable_judge_stops_the_evaluation_before_anything_is_asked() -> None:
    told: list[str] = []
    with pytest.raises(JudgeError, match=r"check evaluation\.judge"):
        trial(trials=Trials(judge=LanguageModelJudge("http://127.0.0.1:1/v1", "judge")), progress=told.append)
    assert told == []


@pytest.mark.parametrize(
    ("n", "mistakes", "may_gate"),
    [(49, 0, False), (50, 0, True), (60, 6, True), (60, 24, False), (0, 0, False)],
)
def test_a_judge_may_gate_only_when_fifty_human_verdicts_vouch_for_it(n: int, mistakes: int, may_gate: bool) -> None:
    human = [place % 2 == 0 for place in range(n)]
    judged = [right if place >= mistakes else not right for place, right in enumerate(human)]
    found = calibrate([*judged, None, True], [*human, True, None], least_verdicts=50, least_kappa=0.6)
    assert (found.agreement.n, found.may_gate) == (n, may_gate)


def test_a_judge_that_always_says_the_same_cannot_be_calibrated() -> None:
    found = calibrate([True] * 80, [True] * 80, least_verdicts=50, least_kappa=0.6)
    assert found.agreement.agreed == 1.0 and not found.may_gate and "cannot be computed" in found.reason


def test_the_judges_verdicts_on_the_challenger_are_kept_and_only_advise(serve: Any) -> None:
    server = serve(lambda _: '{"first_is_right": false, "second_is_right": false, "reason": "no"}')
    evaluation = trial(trials=Trials(judge=LanguageModelJudge(server.url, "judge")))
    judgement = evaluation.judgement
    assert judgement is not None and judgement.judged == 100 and judgement.right.share == 0.0
    assert not judgement.may_gate and evaluation.decision.verdict == "promote"
    kept = [score for score in evaluation.side_scores if score.scorer == "judge"]
    assert len(kept) == 100 and {score.value for score in kept} == {0.0}


def test_a_calibrated_judge_stops_a_release_that_it_finds_wrong(serve: Any) -> None:
    def strict(shown: dict[str, str]) -> str:
        verdict = {name: "1 дня" in shown[f"{name}_answer"] for name in ("first", "second")}
        return json.dumps({f"{name}_is_right": value for name, value in verdict.items()} | {"reason": ""})

    human = {f"e{number:04}": number % 5 == 0 for number in range(60)}  # only «Тема 1» takes one day
    evaluation = trial(trials=Trials(judge=LanguageModelJudge(serve(strict).url, "judge"), human_verdicts=human))
    assert evaluation.judgement is not None and evaluation.judgement.may_gate, evaluation.judgement
    assert [reason.rule for reason in evaluation.decision.reasons] == ["judge_agrees"]
