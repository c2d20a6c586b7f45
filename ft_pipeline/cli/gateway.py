"""`serve`, `stop`, `chat` and `hello`: the gateway started, ended and asked.

Here: one question over HTTP, the words around it. Not here: the gateway (serve), which release it serves (switching).
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from ft_pipeline.cli.frame import TASK, JsonOption, TaskOption, clear_errors, load, say

_QUESTIONS = {"ru": "Как получить счёт на оплату для организации?", "en": "How do I get an invoice for my company?"}


def serve(
    task: TaskOption = TASK,
    detach: Annotated[bool, typer.Option("--detach", help="Start in the background and return.")] = False,
) -> None:
    """Run the gateway: POST /v1/chat/completions, in the shape of OpenAI's API."""
    from ft_pipeline.serve import run_gateway, start_detached

    with clear_errors():
        if not detach:
            run_gateway(task)
            return
        status = start_detached(task)
    say(f"gateway {status.url} (pid {status.pid}, log {status.log})")


def stop(task: TaskOption = TASK) -> None:
    """End the gateway that runs in the background; requests in flight are answered first."""
    from ft_pipeline.serve import stop as stop_gateway

    with clear_errors():
        say("stopped" if stop_gateway(task) else "no gateway was running")


def chat(question: str, task: TaskOption = TASK, as_json: JsonOption = False) -> None:
    """Ask the gateway one question."""
    import httpx

    from ft_pipeline.serve import base_url
    from ft_pipeline.serve.process import api_keys

    with clear_errors():
        url = base_url(load(task))
    headers = {"Authorization": f"Bearer {key}"} if (key := next(iter(api_keys()), "")) else {}
    body = {"messages": [{"role": "user", "content": question}]}
    try:
        answer = httpx.post(f"{url}/chat/completions", json=body, headers=headers, timeout=60, trust_env=False)
    except httpx.HTTPError as error:
        typer.secho(f"no gateway at {url} ({error}); start it with `ft-pipeline serve`", err=True, fg="red")
        raise typer.Exit(1) from None
    found: dict[str, Any] = answer.json()
    if as_json or answer.status_code != 200:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print(found["choices"][0]["message"]["content"])
    raise typer.Exit(0 if answer.status_code == 200 else 1)


def hello(task: TaskOption = TASK) -> None:
    """Print a curl line for the gateway, and what it answers."""
    from ft_pipeline.serve import base_url, status

    with clear_errors():
        loaded = load(task)
        served = status(task)
    if not served.release:
        say("\nNo release is served: the report above says why. What is not proven is not deployed.")
        return
    question = _QUESTIONS[loaded.language]
    body = json.dumps({"messages": [{"role": "user", "content": question}]}, ensure_ascii=False)
    say(f"\ncurl -s {base_url(loaded)}/chat/completions -H 'Content-Type: application/json' -d '{body}'")
    chat(question, task=task)
