"""The finished model as files that transformers loads.

Writes model.safetensors (bf16), config.json, generation_config.json and the tokenizer's files. Not here: the card.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ft_pipeline.demo.pretraining.pretrain import Trainer


def export(trainer: Trainer, folder: Path) -> None:
    """Write the model in bf16 safetensors with its tokenizer, in Hugging Face format."""
    import copy

    import torch
    from transformers import GenerationConfig

    from ft_pipeline.demo.pretraining.tokenizer import save_tokenizer

    folder.mkdir(parents=True, exist_ok=True)
    model: Any = copy.deepcopy(trainer.model)
    model.to(torch.bfloat16)
    model.generation_config = GenerationConfig(
        do_sample=False,
        max_new_tokens=160,
        pad_token_id=model.config.pad_token_id,
        bos_token_id=model.config.bos_token_id,
        eos_token_id=model.config.eos_token_id,
    )
    model.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    save_tokenizer(trainer.tokenizer, folder)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file atomically."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    part.replace(path)
