"""`Gateway`: holds the release that is served, answers by it, and switches to the release that the ledger wants.

Here: loading beside, parity, the atomic switch, hand-over, the log of interactions. Not here: HTTP (app), the process
(process), which release is wanted (whoever writes to the ledger).
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ft_pipeline.answering import why_hand_over
from ft_pipeline.engines import Engine, Message, PromptTooLongError
from ft_pipeline.ledger import Event, Interaction, Ledger
from ft_pipeline.serve.bundle import Bundle, BundleError, ask_parity, read_bundle
from ft_pipeline.serve.worker import Worker

Prepare = Callable[[str, Sequence[str], Path | None], str]  # (text, own contacts, lexicon) -> what the model sees
LoadEngine = Callable[[Bundle], Engine]

_ANSWER_TIMEOUT_S = 120.0
_WARM_UP = "Здравствуйте! Меня зовут Иван Петров, груз едет в Казань."
_log = logging.getLogger(__name__)


class NotReadyError(RuntimeError):
    """No release is loaded yet."""


class UnknownModelError(ValueError):
    """A request names a release that is not the one being served."""


@dataclass(frozen=True)
class Reply:
    """What is sent to whoever asked."""

    text: str
    release_id: str
    confidence: float
    handed_over: bool
    tokens: int
    interaction_id: str  # "" for a probe


@dataclass(frozen=True)
class _Loaded:
    bundle: Bundle
    worker: Worker
    model_hash: str
    since: float  # epoch, s


class Gateway:
    """The current release of one task; `start` follows the ledger until `close`."""

    def __init__(
        self,
        task: str,
        ledger: Ledger,
        *,
        prepare: Prepare,
        redaction_version: str,
        load: LoadEngine,
        poll_s: float = 1.0,
        batch_size: int = 8,
    ) -> None:
        self.task = task
        self._ledger = ledger
        self._prepare = prepare
        self._redaction_version = redaction_version
        self._load_engine = load
        self._poll_s = poll_s
        self._batch_size = batch_size
        self._current: _Loaded | None = None
        self._switching = threading.Lock()  # held while a question is queued, and while the current release is swapped
        self._tried = -1  # number of the desired event that was tried last
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> Gateway:
        """Follows the ledger in a thread of its own."""
        self._thread = threading.Thread(target=self._follow, name="follow-ledger", daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stops following and lets what is queued be answered."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        if self._current is not None:
            self._current.worker.close()
            self._current.worker.join(timeout_s=30)

    @property
    def release_id(self) -> str:
        """The release being served; "" while there is none."""
        return self._current.bundle.release_id if self._current else ""

    def status(self) -> dict[str, Any]:
        """What is served, what is wanted, and why the two differ."""
        desired = self._ledger.desired(self.task)
        failure = self._ledger.failure(self.task, desired) if desired else None
        current = self._current
        return {
            "task": self.task,
            "release": current.bundle.release_id if current else None,
            "model_hash": current.model_hash if current else None,
            "since": current.since if current else None,
            "threshold": current.bundle.threshold if current else None,
            "redaction_version": self._redaction_version,
            "desired": desired.release_id if desired else None,
            "failure": failure.detail if failure else None,
        }

    # answering

    def answer(
        self,
        question: str,
        history: Sequence[Message] = (),
        *,
        model: str = "",
        is_probe: bool = False,
        ticket_id: str = "",
    ) -> Reply:
        """Masks the question, asks the current release, hands over where it is not sure.

        Args:
            question: the customer's last message, as it came.
            history: earlier messages, oldest first; left out where the conversation does not fit into the model.
            model: the release asked for, the task's name or "" for whichever is served.
            is_probe: not a customer's question: not logged.
            ticket_id: the help desk's ticket, as the sources name it; "" = unknown.

        Raises:
            NotReadyError: no release is loaded.
            UnknownModelError: another release is served.
            PromptTooLongError: the question alone does not fit.
        """
        started = time.perf_counter()
        loaded = self._current
        if loaded is None:
            raise NotReadyError(f"no release of {self.task} is loaded yet; deploy one, then ask again")
        contacts, lexicon = loaded.bundle.own_contacts, loaded.bundle.lexicon
        masked = self._prepare(question, contacts, lexicon)
        earlier = [turn | {"content": self._prepare(turn["content"], contacts, lexicon)} for turn in history]
        try:
            bundle, generation = self._ask(masked, earlier, model)
        except PromptTooLongError:
            if not earlier:
                raise
            bundle, generation = self._ask(masked, [], model)
        handed_over = bool(why_hand_over(generation.text, generation.logprob, threshold=bundle.threshold))
        reply = Reply(
            text=bundle.handover_text if handed_over else generation.text,
            release_id=bundle.release_id,
            confidence=generation.logprob,
            handed_over=handed_over,
            tokens=generation.tokens,
            interaction_id="" if is_probe else uuid.uuid4().hex,
        )
        if not is_probe:
            self._note(reply, masked, time.perf_counter() - started, ticket_id.replace("\x00", ""))
        return reply

    def _ask(self, question: str, history: Sequence[Message], model: str) -> tuple[Bundle, Any]:
        with self._switching:  # so that no question is queued behind the end of a release that has just been replaced
            loaded = self._current
            assert loaded is not None
            if model not in {"", self.task, loaded.bundle.release_id}:
                raise UnknownModelError(
                    f"found model {model!r}; expected {self.task!r} (whatever is served) or "
                    f"{loaded.bundle.release_id!r} (the release served now); name one of these"
                )
            answer = loaded.worker.submit(loaded.bundle.prompt(question, history))
        return loaded.bundle, answer.result(timeout=_ANSWER_TIMEOUT_S)

    def _note(self, reply: Reply, question: str, seconds: float, ticket_id: str) -> None:
        try:
            self._ledger.log_interaction(
                Interaction(
                    task=self.task,
                    release_id=reply.release_id,
                    question=question,
                    answer=reply.text,
                    confidence=reply.confidence,
                    handed_over=reply.handed_over,
                    seconds=seconds,
                    interaction_id=reply.interaction_id,
                    ticket_id=ticket_id,
                )
            )
        except Exception as error:  # a customer gets the answer even when the log is down
            _log.error("interaction %s was not logged: %s", reply.interaction_id, type(error).__name__)

    # switching

    def _follow(self) -> None:
        while not self._stopped.is_set():
            try:
                self.step()
            except Exception as error:  # the ledger may be away for a while: what is served stays served
                _log.warning("the ledger could not be followed: %s: %s", type(error).__name__, str(error)[:300])
            self._stopped.wait(self._poll_s)

    def step(self) -> None:
        """Looks at the ledger once and switches where it wants another release."""
        desired = self._ledger.desired(self.task)
        if desired is None:
            return
        if desired.release_id == self.release_id:
            live = self._ledger.live(self.task)
            if live is None or live.number < desired.number or live.release_id != desired.release_id:
                self._ledger.set_live(self.task, desired.release_id)
        elif desired.number != self._tried:  # every wish is tried once; a restart tries again
            self._tried = desired.number
            self._switch(desired)
            if self._current is None:
                self._fall_back(desired)

    def _switch(self, desired: Event) -> None:
        try:
            new = self._load(desired.release_id)
        except Exception as error:  # any reason keeps the old release; the reason is recorded
            detail = f"{type(error).__name__}: {error}"
            _log.error("release %s was not switched to: %s", desired.release_id, detail)
            self._ledger.set_failed(self.task, desired.release_id, detail=detail[:2000])
            return
        self._make_current(new)
        self._ledger.set_live(self.task, desired.release_id)

    def _fall_back(self, desired: Event) -> None:
        """After a start with a desired release that cannot be loaded: serve the one that was live last."""
        live = self._ledger.live(self.task)
        if live is None:
            return
        if live.release_id == desired.release_id and self._has_our_redaction(live.release_id):
            return  # it is the one that has just failed
        _log.warning("falling back to release %s, which was live last", live.release_id)
        self._make_current(self._load(live.release_id, is_fallback=True))
        self._ledger.set_live(self.task, live.release_id, detail="fallback after a failed start")

    def _has_our_redaction(self, release_id: str) -> bool:
        return self._bundle(release_id).redaction_version == self._redaction_version

    def _make_current(self, new: _Loaded) -> None:
        with self._switching:
            old, self._current = self._current, new
        if old is not None:
            old.worker.close()
        _log.info("release %s is live", new.bundle.release_id)

    def _bundle(self, release_id: str) -> Bundle:
        release = self._ledger.release(self.task, release_id)
        if release is None:
            raise BundleError(f"{self.task} has no release {release_id} in the ledger; record it first")
        bundle = read_bundle(Path(release.bundle))
        if (bundle.release_id, bundle.task) != (release_id, self.task):
            raise BundleError(
                f"{release.bundle}: is release {bundle.release_id} of {bundle.task}; expected {release_id} of "
                f"{self.task}; deploy the release again"
            )
        return bundle

    def _load(self, release_id: str, *, is_fallback: bool = False) -> _Loaded:
        bundle = self._bundle(release_id)
        if bundle.redaction_version != self._redaction_version:
            problem = (
                f"release {release_id} was evaluated with redaction {bundle.redaction_version[:12]}, this gateway has "
                f"{self._redaction_version[:12]}; expected the same; restart the gateway if the "
                "package was upgraded, else evaluate and deploy again"
            )
            if not is_fallback:  # what was live before an upgrade is still better than nothing
                raise BundleError(problem)
            _log.warning(problem)
        self._prepare(_WARM_UP, bundle.own_contacts, bundle.lexicon)  # dictionaries load here, not later
        engine = self._load_engine(bundle)
        expected = [item.answer for item in bundle.parity]
        found = ask_parity(engine, bundle, [item.question for item in bundle.parity])
        different = [index for index, item in enumerate(found) if item.answer != expected[index]]
        if different:
            raise BundleError(
                f"parity: release {release_id} answers {len(different)} of {len(expected)} recorded questions "
                f"differently (numbers {different[:10]}); expected the very answers of the evaluation; the served "
                "model is not the evaluated one: check base and adapter, evaluate again on this machine"
            )
        worker = Worker(engine, max_new_tokens=bundle.max_answer_tokens, batch_size=self._batch_size)
        return _Loaded(bundle=bundle, worker=worker, model_hash=engine.model_hash, since=time.time())
