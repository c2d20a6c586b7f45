"""The hand-written phrases around the questions and answers: greetings, signatures, bots, off-topic and English texts.

Reads texts/*.yaml beside this module. Not here: the questions and answers themselves (intents).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True)
class Agent:
    """One employee of the support desk and how they begin and end; "" where they do not."""

    name: str
    hello: str
    closing: str


@dataclass(frozen=True, slots=True)
class Texts:
    """Everything that is said besides the questions and answers of the intents."""

    phrases: Mapping[str, tuple[str, ...]]  # by the key in speech.yaml
    lookup: Mapping[str, tuple[str, ...]]  # intent id -> answers from the live system
    agents: tuple[Agent, ...]
    agent_signature: str
    off_topic: tuple[tuple[str, tuple[str, ...]], ...]  # text, replies that fit
    english: tuple[tuple[str, str], ...]  # question, answer


def load_texts(folder: Path = FOLDER) -> Texts:
    """Reads the three files of phrases."""
    speech = _read(folder / "speech.yaml")
    groups = _read(folder / "off_topic.yaml")
    return Texts(
        phrases={key: tuple(value) for key, value in speech.items() if isinstance(value, list) and key != "agents"},
        lookup={key: tuple(value) for key, value in speech["lookup"].items()},
        agents=tuple(Agent(**agent) for agent in speech["agents"]),
        agent_signature=str(speech["agent_signature"]),
        off_topic=tuple((text, tuple(group["replies"])) for group in groups for text in group["texts"]),
        english=tuple((str(row["question"]), str(row["answer"])) for row in _read(folder / "english.yaml")),
    )


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
