"""What a model needs around it to answer and to be served: the answerer of evaluation and the release bundle.

Here: base or adapter -> `Answerer`, `Answerer` -> `Bundle` with its parity answers, the champion of the ledger. Not
here: asking and judging (proof), acting on the decision (release).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ft_pipeline.answering import Answerer
from ft_pipeline.reading import LEXICON_FILE
from ft_pipeline.serve import Bundle, Parity
from ft_pipeline.steps.model import base_path
from ft_pipeline.steps.project import Project
from ft_pipeline.store import MEASURED, Version, hash_json

ANSWER_ALWAYS = -1e9  # a threshold below every confidence; JSON has no minus infinity
_PARITY_QUESTIONS = 5


@dataclass(frozen=True)
class Champion:
    """The release that is served now."""

    release_id: str
    adapter_hash: str
    bundle: Bundle


@dataclass(frozen=True)
class Model:
    """The versions that make up the model under evaluation."""

    choice: Version
    adapter: Version
    training_set: Version

    @property
    def lexicon(self) -> Path:
        """The words towards which a question is read."""
        return self.training_set.file(LEXICON_FILE)


def release_bundle(report: Version) -> Path:
    """The folder that the gateway loads to serve what this report judged."""
    return report.path / MEASURED / "release"


def make_answerer(
    project: Project, *, base: Path, adapter: Path | None, lexicon: Path | None, threshold: float
) -> Answerer:
    """The way from a question to a delivered answer, as the gateway goes it."""
    from ft_pipeline.engines import load_engine

    task = project.task
    return Answerer(
        engine=load_engine(base, adapter=adapter, threads=task.training.threads),
        prepare=partial(project.prepare, lexicon=lexicon),
        system_prompt=task.system_prompt(),
        threshold=threshold,
        handover_text=task.deployment.handover_text,
        max_answer_tokens=task.evaluation.max_answer_tokens,
    )


def make_bundle(
    project: Project, model: Model, answerer: Answerer, *, threshold: float, questions: Sequence[str]
) -> Bundle:
    """What the gateway needs to serve a model, with answers that it has to reproduce before it switches."""
    from ft_pipeline.preparation import preparation_version
    from ft_pipeline.serve.bundle import ask_parity

    task = project.task
    adapter = model.adapter.file("adapter") if answerer.engine.model_hash != model.choice.facts["base_hash"] else None
    settings: dict[str, Any] = {
        "task": task.name,
        "threshold": threshold,
        "handover_text": task.deployment.handover_text,
        "system_prompt": task.system_prompt(),
        "own_contacts": task.data.own_contacts,
        "lexicon": model.lexicon,
        "redaction_version": preparation_version(),
        "max_answer_tokens": task.evaluation.max_answer_tokens,
    }
    release_id = f"{task.name}-{hash_json([settings, answerer.engine.model_hash])[:12]}"
    draft = Bundle(
        release_id=release_id,
        base=base_path(model.choice),
        adapter=adapter,
        parity=(Parity(question="draft", answer=""),),
        **settings,
    )
    masked = [project.prepare(question, model.lexicon) for question in questions[:_PARITY_QUESTIONS]]
    return draft.model_copy(update={"parity": ask_parity(answerer.engine, draft, masked)})


def live_champion(project: Project) -> Champion | None:
    """The release that the ledger calls live, or None."""
    from ft_pipeline.ledger import Ledger, ledger_url
    from ft_pipeline.serve import read_bundle

    name = project.task.name
    ledger = Ledger(ledger_url(project.task)).open()
    live = ledger.live(name)
    release = ledger.release(name, live.release_id) if live else None
    ledger.close()
    if release is None:
        return None
    return Champion(release.release_id, release.adapter_hash, read_bundle(Path(release.bundle)))
