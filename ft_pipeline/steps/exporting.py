"""A release as files for other servers: one merged model folder, and a GGUF file where it is asked for.

Reads the ledger, the release's bundle and the newest training set (its texts prove the GGUF's tokenizer). Writes a new
folder outside the store. Not here: merging and writing formats (engines), what is served (release).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ft_pipeline.ledger import Ledger, LedgerError, Release, ledger_url
from ft_pipeline.records import TrainingRow, read_table
from ft_pipeline.serve import Bundle, read_bundle
from ft_pipeline.steps.project import Project
from ft_pipeline.store import write_text

if TYPE_CHECKING:
    from ft_pipeline.engines.gguf import GgufFile

_README = {
    "en": """# {release}

The model of the task «{task}» for other servers: base model and adapter in one, answers as the release gives them.

- `model/`: safetensors, tokenizer, chat template; for Transformers, vLLM, SGLang: `vllm serve model/`{gguf}

**What these files do not hold.** The gateway of this project masks personal data, reads misspelt questions, and hands
over to a person where the model is not sure (summed log-probability below {threshold:.4f}). A server that runs these
files alone answers everything and sees what customers typed. Put it behind the gateway, or do the same there.

The system prompt that the model was trained with:

> {prompt}
""",
    "ru": """# {release}

Модель задачи «{task}» для других серверов: базовая модель и адаптер вместе, ответы те же, что у релиза.

- `model/`: safetensors, токенизатор, шаблон чата; для Transformers, vLLM, SGLang: `vllm serve model/`{gguf}

**Чего в этих файлах нет.** Шлюз проекта скрывает персональные данные, исправляет опечатки в вопросе и передаёт его
человеку, если модель не уверена (сумма логарифмов вероятностей ниже {threshold:.4f}). Сервер, который запускает только
эти файлы, отвечает на всё и видит то, что написал клиент. Поставьте его за шлюзом или сделайте то же самое сами.

Системная инструкция, с которой модель обучалась:

> {prompt}
""",
}
_GGUF_LINE = {
    "en": "\n- `{name}`: for llama.cpp, Ollama, LM Studio: `llama-server -m {name}` (tokenizer `{tokenizer}`){notes}",
    "ru": "\n- `{name}`: для llama.cpp, Ollama, LM Studio: `llama-server -m {name}` (токенизатор `{tokenizer}`){notes}",
}


@dataclass(frozen=True)
class Exported:
    """What was written."""

    release_id: str
    folder: Path
    model: Path
    gguf: GgufFile | None


def export_release(project: Project, folder: Path, *, release_id: str = "", number_format: str = "") -> Exported:
    """Writes a release as files for other servers.

    Args:
        project: of the task.
        folder: a new folder.
        release_id: "" = the release that is live.
        number_format: of a GGUF file beside the model folder; "" = none.

    Raises:
        LedgerError: no such release, or nothing is live.
        EngineError: the folder exists, or the model cannot be written in this format.
    """
    from ft_pipeline.engines import export_merged
    from ft_pipeline.engines.gguf import check_gguf, export_gguf

    bundle = read_bundle(Path(release_of(project, release_id).bundle))
    if number_format:
        check_gguf(bundle.base, number_format)  # before minutes of merging
    model = export_merged(bundle.base, bundle.adapter, folder / "model")
    gguf = None
    if number_format:
        gguf = export_gguf(
            model,
            folder / f"{bundle.release_id}.{number_format}.gguf",
            number_format=number_format,
            texts=_texts(project, bundle),
        )
    write_text(folder / "README.md", _readme(bundle, gguf, project.task.language))
    return Exported(bundle.release_id, folder, model, gguf)


def release_of(project: Project, release_id: str = "") -> Release:
    """A release by its id, or the one that is live; LedgerError names those there are."""
    name = project.task.name
    ledger = Ledger(ledger_url(project.task)).open()
    live = ledger.live(name)
    known = {item.release_id: item for item in ledger.releases(name)}
    ledger.close()
    release = known.get(release_id or (live.release_id if live else ""))
    if release is None:
        found = f"no release {release_id!r}" if release_id else "no release is live"
        raise LedgerError(
            f"{found}; expected one of: {', '.join(known) or 'none yet'}; name one (`ft-pipeline releases` lists them)"
        )
    return release


def _texts(project: Project, bundle: Bundle) -> list[str]:
    """What the model reads and writes: the training set's texts, the system prompt, the parity answers."""
    texts = {bundle.system_prompt, bundle.handover_text}
    texts |= {text for item in bundle.parity for text in (item.question, item.answer)}
    version = project.store.latest("training_set")
    if version is not None:
        rows = read_table(version.file("rows.parquet"), TrainingRow)
        texts |= {text for row in rows for text in (row.question, row.answer)}
    return sorted(texts)


def _readme(bundle: Bundle, gguf: GgufFile | None, language: str) -> str:
    line = ""
    if gguf is not None:
        notes = "".join(f"; {note}" for note in gguf.notes)
        line = _GGUF_LINE[language].format(name=gguf.path.name, tokenizer=gguf.tokenizer, notes=notes)
    return _README[language].format(
        release=bundle.release_id,
        task=bundle.task,
        gguf=line,
        threshold=bundle.threshold,
        prompt=bundle.system_prompt.replace("\n", "\n> "),
    )
