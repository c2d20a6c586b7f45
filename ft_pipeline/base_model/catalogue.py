"""The catalogue of open-weight base models: what is known of each, from where, and what its licence allows.

Here: loading catalogue.yaml, the verdict on a licence, which entries fit a budget, the table. Not here: measuring a
candidate (choosing). The catalogue never names a revision: task.yaml does.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ft_pipeline.base_model.memory import MemoryEstimate, estimate_memory
from ft_pipeline.base_model.shape import Shape, Widths
from ft_pipeline.task import BaseModelChoice, Training

CATALOGUE = Path(__file__).parent / "catalogue.yaml"
Language = Literal["ru", "en"]
_FACTS = ("parameters", "licence", "context", "languages", "is_gated", "has_template")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Model):
    """Where a fact was read, and when."""

    url: str
    kind: Literal["card", "owner", "other"]
    seen: date


class Licence(_Model):
    """What a licence says about commercial use; not legal advice."""

    commercial: Literal["yes", "conditions", "no"]
    monthly_users: int = 0  # above so many a licence of its own is needed; 0 = no such limit
    ru: str = ""
    en: str = ""
    source: str = ""


class Entry(_Model):
    """One model of the catalogue."""

    id: str
    family: str
    parameters: int
    licence: str
    context: int  # tokens
    languages: tuple[str, ...]
    is_gated: bool
    has_template: bool
    shape: Widths | None = None  # for an estimate without the weights
    checked: dict[str, str] = Field(default_factory=dict)  # fact -> source; a fact that is not here was not verified
    ru: str = ""
    en: str = ""

    def is_checked(self, fact: str) -> bool:
        return fact in self.checked


class Catalogue(_Model):
    """All entries with their licences and sources."""

    sources: dict[str, Source]
    licences: dict[str, Licence]
    models: tuple[Entry, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Catalogue:
        for entry in self.models:
            unknown = sorted(set(entry.checked) - set(_FACTS)) + sorted(set(entry.checked.values()) - set(self.sources))
            if unknown:
                raise ValueError(f"{entry.id}: checked names unknown facts or sources: {', '.join(unknown)}")
            if entry.licence not in self.licences:
                raise ValueError(f"{entry.id}: licence {entry.licence} is not described under licences")
        return self

    def find(self, name: str) -> Entry | None:
        """The entry of a hub id, or None."""
        return next((entry for entry in self.models if entry.id.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class LicenceVerdict:
    """Whether a licence allows what the task wants; in words for the table."""

    allowed: Literal["yes", "conditions", "no", "unknown"]
    words: str


@functools.cache
def load_catalogue(path: Path = CATALOGUE) -> Catalogue:
    """The catalogue; raises pydantic's ValidationError where the file breaks its own rules."""
    return Catalogue.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def judge_licence(name: str, config: BaseModelChoice, *, language: Language) -> LicenceVerdict:
    """The licence against the task's use: serving customers and serving employees are both commercial; research is not.

    Args:
        name: the licence's short name, as model cards give it; "" where none was found.
        config: with `use` and `monthly_active_users`.
        language: of the words.
    """
    known = load_catalogue().licences.get(name.lower())
    if known is None and "nc" in name.lower().split("-"):  # cc-by-nc-4.0 and its like
        known = Licence(commercial="no", ru="некоммерческая лицензия", en="a non-commercial licence")
    if known is None:
        shown = name or ("не указана" if language == "ru" else "not stated")
        words = (
            f"{shown}: условия не известны, прочитайте текст"
            if language == "ru"
            else f"{shown}: unknown, read its text"
        )
        return LicenceVerdict("unknown", words)
    words = f"{name}: {getattr(known, language)}" if getattr(known, language) else name
    if known.commercial == "no":
        return LicenceVerdict("yes" if config.use == "research" else "no", words)
    if known.monthly_users and config.monthly_active_users > known.monthly_users:
        return LicenceVerdict("no", words)
    return LicenceVerdict("yes" if known.commercial == "yes" else "conditions", words)


def fit(entry: Entry, config: BaseModelChoice, training: Training, *, on_gpu: bool) -> MemoryEstimate | None:
    """The first method whose estimate is within the budget, else the smallest; None where the shape is not known."""
    if entry.shape is None:
        return None
    shape = Shape(parameters=entry.parameters, context=entry.context, **asdict(entry.shape))
    methods = ("lora", "qlora") if training.method == "auto" else (training.method,)
    rows = min(training.max_length, entry.context)
    found = [estimate_memory(shape, training, method=name, on_gpu=on_gpu, row_tokens=rows) for name in methods]
    return next(
        (item for item in found if item.total_gib <= config.memory_gib), min(found, key=lambda item: item.total_gib)
    )


def rows(config: BaseModelChoice, training: Training, *, on_gpu: bool, language: Language) -> list[dict[str, Any]]:
    """The catalogue as JSON values, each entry with what it would take and whether the task may use it."""
    catalogue, made = load_catalogue(), []
    for entry in sorted(catalogue.models, key=lambda item: item.parameters):
        estimate = fit(entry, config, training, on_gpu=on_gpu)
        verdict = judge_licence(entry.licence, config, language=language)
        made.append(
            {
                "id": entry.id,
                "family": entry.family,
                "parameters": entry.parameters,
                "licence": entry.licence,
                "allowed": verdict.allowed,
                "terms": verdict.words,
                "is_gated": entry.is_gated,
                "context": entry.context,
                "languages": list(entry.languages),
                "has_template": entry.has_template,
                "memory_gib": estimate.total_gib if estimate else None,
                "method": estimate.method if estimate else None,
                "fits": estimate.total_gib <= config.memory_gib if estimate else None,
                "unchecked": [fact for fact in _FACTS if not entry.is_checked(fact)],
                "sources": {
                    fact: {"url": catalogue.sources[key].url, "seen": catalogue.sources[key].seen.isoformat()}
                    for fact, key in entry.checked.items()
                },
                "note": getattr(entry, language),
            }
        )
    return made


_WORDS: dict[str, dict[str, str]] = {
    "ru": {
        "head": "| модель | параметров, млрд | лицензия | для вашей задачи | доступ | контекст | языки "
        "| память, ГиБ | в бюджете |",
        "yes": "да",
        "conditions": "с условиями",
        "no": "НЕЛЬЗЯ",
        "unknown": "неизвестно",
        "gated": "по запросу",
        "open": "свободный",
        "foot": "«?» — факт не проверен по источнику. Память — оценка для настроек этой задачи, бюджет {budget:g} ГиБ. "
        "Ревизию (40 знаков) берите на странице модели: каталог её не называет. Лицензии читайте сами.",
    },
    "en": {
        "head": "| model | parameters, B | licence | for your task | access | context | languages "
        "| memory, GiB | fits |",
        "yes": "yes",
        "conditions": "conditions",
        "no": "NO",
        "unknown": "unknown",
        "gated": "gated",
        "open": "open",
        "foot": '"?" marks a fact that was not verified. Memory is an estimate for this task\'s settings, budget '
        "{budget:g} GiB. Take the revision (40 digits) from the model's page: the catalogue names none. Read the "
        "licences yourself.",
    },
}


def to_markdown(found: list[dict[str, Any]], *, budget_gib: float, language: Language) -> str:
    """The rows as a table in the task's language."""
    words = _WORDS[language]
    lines = [words["head"], "|---|---:|---|---|---|---:|---|---:|---|"]
    for row in found:
        mark = _Mark(row["unchecked"])
        memory = "—" if row["memory_gib"] is None else f"{row['memory_gib']:.1f} ({row['method']})"
        fits = "—" if row["fits"] is None else words["yes" if row["fits"] else "no"].lower().replace("нельзя", "нет")
        cells = [
            row["id"],
            mark("parameters", f"{row['parameters'] / 1e9:.1f}"),
            mark("licence", row["licence"]),
            words[row["allowed"]],
            mark("is_gated", words["gated" if row["is_gated"] else "open"]),
            mark("context", f"{row['context'] // 1024}k"),
            mark("languages", ", ".join(row["languages"][:4])),
            memory,
            fits,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    terms = sorted({row["terms"] for row in found if row["allowed"] in {"conditions", "no"}})
    return "\n".join([*lines, "", *(f"- {item}" for item in terms), "", words["foot"].format(budget=budget_gib)])


class _Mark:
    def __init__(self, unchecked: list[str]) -> None:
        self.unchecked = unchecked

    def __call__(self, fact: str, text: str) -> str:
        return f"{text} ?" if fact in self.unchecked else text


def known_facts(name: str) -> Mapping[str, Any]:
    """What the catalogue knows of a hub id: licence, access; empty for a model that it does not list."""
    entry = load_catalogue().find(name)
    return {} if entry is None else {"licence": entry.licence, "is_gated": entry.is_gated, "context": entry.context}
