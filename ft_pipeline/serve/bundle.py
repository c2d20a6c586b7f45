"""A release bundle: the folder that holds or names everything that decides a release's answers.

Here: `release.json`, read and written; the answers that prove a loaded release to be the evaluated one (parity). Not
here: loading it (gateway), where bundles are kept (the caller).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ft_pipeline.engines import Engine, Message
from ft_pipeline.store import write_text

RELEASE_FILE = "release.json"


class BundleError(ValueError):
    """A release bundle cannot be used; the message names what was found, what was expected and what to do."""


class Parity(BaseModel):
    """A question (prepared) and the answer that the evaluated model gave to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    answer: str


class Bundle(BaseModel):
    """One release, ready to be loaded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    release_id: str = Field(min_length=1)
    task: str = Field(min_length=1)
    base: Path  # folder of the base model; in the file relative to the bundle, or absolute
    adapter: Path | None = None  # folder of the adapter; None = the base model as it is
    threshold: float  # summed log-probability at or above which the model answers itself
    handover_text: str = Field(min_length=1)
    system_prompt: str
    own_contacts: tuple[str, ...] = ()  # never masked
    lexicon: Path | None = None  # words towards which misspelt ones are read; None = they stay as they are
    redaction_version: str
    max_answer_tokens: int = Field(default=160, ge=1)
    parity: tuple[Parity, ...] = Field(min_length=1)  # answers that must be reproduced exactly before a switch

    def prompt(self, question: str, history: Sequence[Message] = ()) -> list[Message]:
        """The conversation as the model was trained on it: the system message first."""
        system: list[Message] = [{"role": "system", "content": self.system_prompt}] if self.system_prompt else []
        return [*system, *history, {"role": "user", "content": question}]


def read_bundle(folder: Path) -> Bundle:
    """Reads `release.json`; its relative paths become absolute.

    Raises:
        BundleError: the file is missing or not a release, or its folders are missing.
    """
    path = folder / RELEASE_FILE
    if not path.is_file():
        raise BundleError(f"{folder}: found no {RELEASE_FILE}; expected a release bundle; deploy the release again")
    try:
        bundle = Bundle.model_validate_json(path.read_bytes())
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc'])) or 'file'}: {item['msg']}" for item in error.errors())
        raise BundleError(
            f"{path}: {problems}; expected a release as `write_bundle` writes it; deploy it again"
        ) from None
    base = (folder / bundle.base).resolve()
    adapter = (folder / bundle.adapter).resolve() if bundle.adapter is not None else None
    lexicon = (folder / bundle.lexicon).resolve() if bundle.lexicon is not None else None
    for part in (base, adapter):
        if part is not None and not part.is_dir():
            raise BundleError(
                f"{path}: names {part}, which does not exist; expected a folder; deploy the release again"
            )
    if lexicon is not None and not lexicon.is_file():
        raise BundleError(f"{path}: names {lexicon}, which does not exist; expected a file; deploy the release again")
    return bundle.model_copy(update={"base": base, "adapter": adapter, "lexicon": lexicon})


def write_bundle(folder: Path, bundle: Bundle) -> Path:
    """Writes `release.json` (atomically); folders inside the bundle's own parent are written relative to it."""
    folder.mkdir(parents=True, exist_ok=True)
    changes = {"base": _relative(bundle.base, folder)}
    if bundle.adapter is not None:
        changes["adapter"] = _relative(bundle.adapter, folder)
    if bundle.lexicon is not None:
        changes["lexicon"] = _relative(bundle.lexicon, folder)
    write_text(folder / RELEASE_FILE, bundle.model_copy(update=changes).model_dump_json(indent=2) + "\n")
    return folder / RELEASE_FILE


def ask_parity(engine: Engine, bundle: Bundle, questions: Sequence[str]) -> tuple[Parity, ...]:
    """What the engine answers to each question alone, asked as a customer's question is asked."""
    generations = engine.generate(
        [bundle.prompt(question) for question in questions], max_new_tokens=bundle.max_answer_tokens
    )
    return tuple(
        Parity(question=question, answer=found.text) for question, found in zip(questions, generations, strict=True)
    )


def _relative(path: Path, folder: Path) -> Path:
    absolute = path.resolve()
    if absolute.is_relative_to(folder.resolve().parent):
        return Path(os.path.relpath(absolute, folder.resolve()))
    return absolute
