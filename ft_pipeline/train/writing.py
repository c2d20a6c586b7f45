"""What a finished training leaves in its output folder besides the adapter.

Here: history, facts, rejected rows, the overfit panel, the model card, timing; the facts about parameters, libraries
and machine. Not here: the figures' making (session), their choice (epochs).

Everything but timing.json depends on the job's inputs alone, byte for byte.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ft_pipeline.records import Rejected, write_table
from ft_pipeline.store import MEASURED, write_json
from ft_pipeline.train.epochs import Epoch
from ft_pipeline.train.job import CARD, FACTS, HISTORY, PANEL, REJECTED, TIMING

ADAPTER_MANIFEST, MODEL_CARD = "adapter_manifest.json", "model_card.md"  # in the folder of what was measured
_LIBRARIES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "bitsandbytes", "safetensors")


_HASHED = {
    "data": "данные · data",
    "config": "настройки · config",
    "base": "базовая модель · base model",
    "code": "код · code",
}


def write_output(output: Path, facts: Mapping[str, Any], done: Sequence[Epoch], rejected: Sequence[Rejected]) -> None:
    """Writes everything that depends on the inputs alone."""
    write_json(output / HISTORY, [asdict(item) for item in done])
    write_json(output / FACTS, dict(facts))
    write_table(output / REJECTED, rejected, Rejected)
    draw_panel(output / PANEL, done, best_epoch=facts["best_epoch"])
    (output / CARD).write_text(card(facts, done), encoding="utf-8")


def write_measured(output: Path, facts: Mapping[str, Any], timing: Mapping[str, Any]) -> None:
    """Writes what differs from run to run: the whole manifest, the whole card, and, last of all, the timing."""
    measured = output / MEASURED
    measured.mkdir(parents=True, exist_ok=True)
    write_json(measured / ADAPTER_MANIFEST, {**facts, "measured": dict(timing)})
    text = (output / CARD).read_text(encoding="utf-8").replace("](overfit_panel.png)", "](../overfit_panel.png)")
    (measured / MODEL_CARD).write_text(text + measured_card(timing), encoding="utf-8")
    write_json(output / TIMING, dict(timing))


def measured_card(timing: Mapping[str, Any]) -> str:
    """The part of the model card that differs from run to run, in Markdown."""
    machine = ", ".join(str(timing[name]) for name in ("gpu", "cpu") if timing.get(name))
    cost = f"{timing['cost']:.2f} {timing['currency']}".strip() if timing.get("cost") is not None else "—"
    rows = {
        "машина · machine": machine,
        "процессов × потоков · processes × threads": f"{timing['processes']} × {timing['threads']}",
        "обучение · training, s": f"{timing['train_s']:.1f}",
        "проверка · validation, s": f"{timing['validation_s']:.1f}",
        "токенов в секунду · tokens per second": f"{timing['tokens_per_s']:.0f}",
        "память · peak memory, MiB": f"{timing['peak_rss_mib']:.0f}",
        "попыток (с учётом прерванных) · attempts": str(timing["attempts"]),
        "стоимость · cost": cost,
    }
    lines = ["## Измерено на этой машине · measured on this machine", "", "| | |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {value} |" for name, value in rows.items()), ""])


def cost(seconds: float, price_per_hour: float, currency: str) -> dict[str, Any]:
    """What the training cost at the machine's price; None where the price is unknown."""
    amount = round(seconds / 3600 * price_per_hour, 4) if price_per_hour else None
    return {"cost": amount, "price_per_hour": price_per_hour, "currency": currency}


def draw_panel(path: Path, done: Sequence[Epoch], *, best_epoch: int) -> None:
    """The overfit panel: losses and answer score by epoch, the restored one marked."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import MaxNLocator

    numbers = [item.epoch for item in done]
    figure, (losses, score) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    losses.plot(numbers, [item.train_loss for item in done], marker="o", color="#4472c4", label="обучение · train")
    losses.plot(
        numbers, [item.validation_loss for item in done], marker="s", color="#c55a11", label="проверка · validation"
    )
    losses.set_ylabel("потери · loss")
    losses.set_ylim(bottom=0)
    score.plot(numbers, [100 * item.answer_score for item in done], marker="D", color="#548235")
    score.set_ylabel("верных ответов, % · right answers, %")
    score.set_ylim(0, 100)
    for axes in (losses, score):
        axes.axvline(best_epoch, color="grey", linestyle="--", linewidth=1, label="восстановлена · restored")
        axes.set_xlabel("эпоха · epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def card(facts: Mapping[str, Any], done: Sequence[Epoch]) -> str:
    """The model card in Markdown, Russian first."""
    parameters, settings = facts["parameters"], facts["settings"]
    share = f"{100 * parameters['share']:.2f} %"
    rejected = ", ".join(f"{name}: {count}" for name, count in facts["rejected"].items()) or "—"
    lines = [
        "# Адаптер LoRA · LoRA adapter",
        "",
        f"**Итог.** {facts['words_ru']}",
        "",
        f"**Outcome.** {facts['words_en']}",
        "",
        "| эпоха · epoch | потери, обучение · train loss | потери, проверка · validation loss | "
        "верных ответов · right answers | вопросов · questions |",
        "|---:|---:|---:|---:|---:|",
    ]
    for item in done:
        mark = " ← " if item.epoch == facts["best_epoch"] else ""
        lines.append(
            f"| {item.epoch}{mark} | {item.train_loss:.4f} | {item.validation_loss:.4f} | "
            f"{100 * item.answer_score:.1f} % | {item.answers} |"
        )
    lines += [
        "",
        "![Переобучение · overfit panel](overfit_panel.png)",
        "",
        "| | |",
        "|---|---|",
        f"| базовая модель · base model | {facts['base_model']} {facts['base_revision']} |",
        f"| метод · method | {facts['method']}, r = {settings['lora_rank']}, α = {settings['lora_alpha']}, "
        f"dropout {settings['lora_dropout']} |",
        f"| обучаемых параметров · trainable parameters | {parameters['trainable']:,} ({share}) |",
        f"| строк для обучения / проверки · rows to train / validate | {facts['rows']['train']} / "
        f"{facts['rows']['validation']} |",
        f"| отклонено строк · rejected rows | {rejected} |",
        f"| токенов · tokens | {facts['tokens']:,} |",
        f"| скорость обучения · learning rate | {settings['learning_rate']:g}, {settings['schedule']} |",
        f"| строк на шаг · rows per step | {settings['batch_size']} |",
        f"| точность · precision | {facts['precision']} |",
        f"| зерно · seed | {facts['seed']} |",
        f"| библиотеки · libraries | {', '.join(f'{name} {found}' for name, found in facts['libraries'].items())} |",
        f"| adapter sha256 | `{facts['adapter_sha256']}` |",
        *(f"| {name} sha256 | `{facts['hashes'][key]}` |" for key, name in _HASHED.items()),
        "",
        "## На чём считаются потери · what the loss is on",
        "",
        "Модель учится только ответу и знаку его конца; вопрос и указания скрыты. Пример, раскодированный из токенов:",
        "The model learns the answer and its end only; prompt and question are masked. Decoded from the tokens:",
        "",
        "```text",
        f"скрыто · masked:   {facts['learned'].get('not_learned', '')}",
        f"учится · learned:  {facts['learned'].get('learned', '')}",
        "```",
        "",
    ]
    return "\n".join(lines)


def count_parameters(model: Any) -> dict[str, Any]:
    """All parameters of the base, the trainable ones of the adapter (a tied matrix counted once), and their share."""
    trainable = {item.data_ptr(): item.numel() for item in model.parameters() if item.requires_grad}
    frozen = {item.data_ptr(): _logical_size(item) for item in model.parameters() if not item.requires_grad}
    count, total = sum(trainable.values()), sum(frozen.values())
    return {"base": total, "trainable": count, "share": round(count / max(total, 1), 6)}


def _logical_size(parameter: Any) -> int:
    """Values in a parameter; bitsandbytes keeps two 4-bit values in a byte."""
    return int(parameter.numel()) * (2 if type(parameter).__name__ == "Params4bit" else 1)


def library_versions() -> dict[str, str]:
    """Versions of what decides the result."""
    return {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES}


def hardware(threads: int, processes: int) -> dict[str, Any]:
    """The machine, in words."""
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    found = {"gpu": gpu, "cpu": _cpu_name(), "cpu_cores": os.cpu_count(), "platform": sys.platform}
    return found | {"threads": threads, "processes": processes}


def memory_mib() -> dict[str, float]:
    """Resident memory of this process and, on a GPU, the most that tensors took, MiB."""
    import psutil
    import torch

    found = {"rss_mib": round(psutil.Process().memory_info().rss / 2**20, 1)}
    if torch.cuda.is_available():
        found["gpu_mib"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
    return found


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    if not info.is_file():
        return platform.processor()
    names = [
        line.partition(":")[2].strip() for line in info.read_text(encoding="utf-8").splitlines() if "model name" in line
    ]
    return names[0] if names else platform.processor()
