"""One thread per loaded model: questions that wait are answered together, one batch at a time.

Here: the queue in front of an engine. Not here: HTTP, which release is current.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from ft_pipeline.engines import Engine, Generation, Message


@dataclass
class _Job:
    prompt: Sequence[Message]
    answer: Future[Generation] = field(default_factory=Future)


class Worker:
    """Answers conversations by an engine, in the order in which they come, until it is closed."""

    def __init__(self, engine: Engine, *, max_new_tokens: int, batch_size: int) -> None:
        self._engine = engine
        self._max_new_tokens = max_new_tokens
        self._batch_size = batch_size
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="generate", daemon=True)
        self._thread.start()

    def submit(self, prompt: Sequence[Message]) -> Future[Generation]:
        """Queues a conversation; must not be called after `close`."""
        job = _Job(prompt)
        self._jobs.put(job)
        return job.answer

    def close(self) -> None:
        """Lets everything that was submitted be answered, then ends the thread; does not wait."""
        self._jobs.put(None)

    def join(self, timeout_s: float) -> None:
        """Waits for the thread's end."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        is_open = True
        while is_open:
            batch: list[_Job] = []
            job = self._jobs.get()
            while job is not None:
                batch.append(job)
                if len(batch) == self._batch_size or self._jobs.empty():
                    break
                job = self._jobs.get()
            is_open = job is not None
            if batch:
                self._answer(batch)

    def _answer(self, batch: Sequence[_Job]) -> None:
        try:
            found = self._engine.generate([job.prompt for job in batch], max_new_tokens=self._max_new_tokens)
        except Exception as error:  # whatever it is, it belongs to the request and not to this thread
            if len(batch) == 1:
                batch[0].answer.set_exception(error)
                return
            for job in batch:  # one bad conversation must not fail its neighbours
                self._answer([job])
            return
        for job, generation in zip(batch, found, strict=True):
            job.answer.set_result(generation)
