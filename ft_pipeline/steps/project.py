"""A task with its store: what every step works on, and publishing under a contract.

Here: opening a project, publishing a table version with its contract report. Not here: the steps themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ft_pipeline import contracts
from ft_pipeline.contracts import Contract
from ft_pipeline.store import Store, Version
from ft_pipeline.task import Task

Progress = Callable[[str], None]


def silent(_: str) -> None:
    """A progress callback that says nothing."""


@dataclass(frozen=True)
class Project:
    """One task, its store and what redacts for it."""

    task: Task
    store: Store

    @property
    def folder(self) -> Path:
        """Everything that belongs to the task: versions, ledger, logs."""
        return self.store.folder

    @property
    def shelf(self) -> Path:
        """What was read of the sources, raw: inside raw_transcripts, the one place that holds raw text."""
        return self.store.folder / "raw_transcripts" / ".read"

    @property
    def memo_of_tickets(self) -> Path:
        """What curation remembers of tickets, raw too: beside the shelf."""
        return self.store.folder / "raw_transcripts" / ".tickets"

    def redact(self, text: str) -> str:
        """The one redaction, with the company's own contacts kept."""
        from ft_pipeline.redact import redact

        return redact(text, own_contacts=self.task.data.own_contacts).text

    def prepare(self, question: str, lexicon: Path | None) -> str:
        """A customer's question as the model sees it; the gateway prepares in the same way."""
        from ft_pipeline.preparation import prepare_question

        return prepare_question(question, self.task.data.own_contacts, lexicon)

    def parameters(self) -> dict[str, Any]:
        """Values for `${…}` in the contracts."""
        data = self.task.data.model_dump(mode="json")
        augmentation = self.task.augmentation.model_dump(mode="json")
        return (
            {f"data.{name}": value for name, value in data.items()}
            | {f"augmentation.{name}": value for name, value in augmentation.items()}
            | {"least_source_change": -self.task.data.max_source_shrink}
        )

    def publish_table(
        self,
        asset: str,
        *,
        inputs: Mapping[str, str],
        config: Mapping[str, Any],
        build: Callable[[Path], Mapping[str, Any]],
    ) -> Version:
        """Publishes a version whose contract report vouches for it; the contract is part of the version's name."""
        contract = contracts.load_contract(asset)
        seal = partial(_seal, contract=contract, parameters=self.parameters())
        return self.store.publish(
            asset, inputs=inputs, config={**config, "contract": contract.hash()}, build=build, seal=seal
        )


def open_project(task: Task) -> Project:
    """The project of a task; nothing is read or written."""
    return Project(task=task, store=Store(task.store, task.name))


def _seal(folder: Path, data_hash: str, *, contract: Contract, parameters: Mapping[str, Any]) -> None:
    report = contracts.check(folder, contract, data_hash=data_hash, parameters=parameters)
    contracts.write_report(folder, report)
