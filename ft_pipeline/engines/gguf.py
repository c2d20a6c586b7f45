"""Writes a model folder as one GGUF file, for llama.cpp and what is built on it (Ollama, LM Studio).

Here: which families can be written, names, weights and hyperparameters of the file. Not here: its tokenizer
(gguf_tokenizer), merging an adapter into the folder (transformers_engine), which release is exported (steps).

The container, the names of its keys and tensors and its number formats come from the `gguf` package of the llama.cpp
project. What llama.cpp has to know about a family beyond that is checked here, and what is not known is refused: a
file that loads and answers slightly wrong would be worse than none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ft_pipeline.engines.base_models import check_base
from ft_pipeline.engines.gguf_tokenizer import REMEDY, add_tokenizer
from ft_pipeline.engines.protocol import EngineError

if TYPE_CHECKING:
    import numpy as np

FORMATS = ("f32", "f16", "bf16", "q8_0")
_FAMILIES = {"llama": "LLAMA", "mistral": "LLAMA", "qwen2": "QWEN2", "qwen3": "QWEN3"}  # model_type -> gguf's name
_ROTARY_PAIRS_APART = {"llama", "mistral"}  # llama.cpp turns neighbouring numbers there, Transformers the two halves


@dataclass(frozen=True)
class GgufFile:
    """What was written."""

    path: Path
    format: str
    tensors: int
    tokenizer: str  # the splitting that llama.cpp uses, by its name there
    notes: tuple[str, ...]  # where the file's tokenizer is known to differ from the model's


def export_gguf(folder: Path, target: Path, *, number_format: str = "f16", texts: Sequence[str] = ()) -> GgufFile:
    """Writes a model folder (config, safetensors, tokenizer, template) as one GGUF file.

    Args:
        folder: an ordinary model folder, as `export_merged` writes it.
        target: the file; must not exist.
        number_format: of the matrices; vectors stay f32.
        texts: what the model reads and writes; its tokens must be the same in the file and in the folder.

    Raises:
        EngineError: the folder cannot be used, or llama.cpp would not compute what Transformers computes.
    """
    gguf = _gguf()
    check_base(folder)
    check_gguf(folder, number_format)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if target.exists():
        raise EngineError(f"{target}: exists already; expected a new file; remove it or choose another one")
    arch = getattr(gguf.MODEL_ARCH, _FAMILIES[config["model_type"]])
    part = target.with_name(f".{target.name}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(part, gguf.MODEL_ARCH_NAMES[arch], use_temp_file=True)
    try:
        writer.add_type(gguf.GGUFType.MODEL)
        writer.add_name(folder.name)
        _add_shape(writer, config, number_format)
        tokenizer, notes = add_tokenizer(writer, folder, vocab_size=config["vocab_size"], texts=texts)
        count = _add_tensors(writer, folder, config, arch, number_format)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return GgufFile(target, number_format, count, tokenizer, notes)


def _gguf() -> Any:
    try:
        import gguf
    except ImportError:
        raise EngineError(
            "the package gguf is not installed; expected it for --gguf; run `pip install 'ft-pipeline[gguf]'`"
        ) from None
    return gguf


def check_gguf(folder: Path, number_format: str) -> None:
    """Raises EngineError where a model folder cannot be written as GGUF; reads its config only."""
    _gguf()
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if number_format not in FORMATS:
        raise EngineError(f"unknown number format {number_format!r}; expected one of {', '.join(FORMATS)}")
    if config["model_type"] not in _FAMILIES:
        raise EngineError(
            f"{folder}: models of the type {config['model_type']!r} cannot be written as GGUF here; expected one of "
            f"{', '.join(sorted(_FAMILIES))}; {REMEDY}"
        )
    rope_type = _rope(config).get("rope_type", "default")
    if rope_type not in {"default", "linear", "llama3"}:
        raise EngineError(
            f"{folder}: rope_type {rope_type!r} cannot be written as GGUF here; expected default, linear or llama3; "
            f"{REMEDY}"
        )
    if config.get("sliding_window") and config.get("use_sliding_window", True):
        raise EngineError(
            f"{folder}: found attention to a sliding window; expected attention to the whole context; {REMEDY}"
        )


def _rope(config: dict[str, Any]) -> dict[str, Any]:
    """Rotary settings, where Transformers 5 keeps them and where older versions did."""
    found = config.get("rope_parameters") or config.get("rope_scaling") or {}
    return {"rope_theta": config.get("rope_theta", 10_000.0), **found}


def _head_dim(config: dict[str, Any]) -> int:
    return int(config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"])


def _add_shape(writer: Any, config: dict[str, Any], number_format: str) -> None:
    import gguf

    rope = _rope(config)
    writer.add_vocab_size(config["vocab_size"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config.get("num_key_value_heads") or config["num_attention_heads"])
    writer.add_key_length(_head_dim(config))
    writer.add_value_length(_head_dim(config))
    writer.add_rope_dimension_count(_head_dim(config))
    writer.add_rope_freq_base(float(rope["rope_theta"]))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    if rope.get("rope_type") == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(float(rope["factor"]))
    writer.add_file_type(
        getattr(gguf.LlamaFileType, "ALL_F32" if number_format == "f32" else f"MOSTLY_{number_format.upper()}")
    )
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _add_tensors(writer: Any, folder: Path, config: dict[str, Any], arch: Any, number_format: str) -> int:
    import gguf
    import numpy as np

    names = gguf.get_tensor_name_map(arch, config["num_hidden_layers"])
    count = 0
    for name, values in _tensors(folder):
        if name == "lm_head.weight" and config.get("tie_word_embeddings"):
            continue  # llama.cpp takes the embedding where there is none
        to = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if to is None:
            raise EngineError(f"{folder}: llama.cpp knows no place for the tensor {name!r}; {REMEDY}")
        if config["model_type"] in _ROTARY_PAIRS_APART and name.endswith(("q_proj.weight", "k_proj.weight")):
            heads = config["num_attention_heads"]
            values = _pairs_together(values, heads if "q_proj" in name else config.get("num_key_value_heads") or heads)
        kind = getattr(gguf.GGMLQuantizationType, (number_format if values.ndim > 1 else "f32").upper())
        writer.add_tensor(to, gguf.quants.quantize(values, kind), raw_dtype=kind)
        count += 1
    factors = _llama3_factors(config)
    if factors is not None:
        writer.add_tensor("rope_freqs.weight", np.array(factors, dtype=np.float32))
        count += 1
    return count


def _tensors(folder: Path) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Every tensor once, as float32; one file open at a time."""
    import torch
    from safetensors import safe_open

    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as opened:
            for name in opened.keys():  # noqa: SIM118 - not a dict
                yield name, opened.get_tensor(name).to(torch.float32).numpy()


def _pairs_together(values: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """Rows of each head from (first halves, second halves) to neighbouring pairs: shape (heads * dim, width)."""
    rows, width = values.shape
    return values.reshape(heads, 2, rows // heads // 2, width).swapaxes(1, 2).reshape(rows, width)


def _llama3_factors(config: dict[str, Any]) -> list[float] | None:
    """How much slower each frequency turns in Llama 3.1's long contexts (as Transformers computes it); else None."""
    rope = _rope(config)
    if rope.get("rope_type") != "llama3":
        return None
    dim, theta = _head_dim(config), float(rope["rope_theta"])
    factor, low, high = (float(rope[name]) for name in ("factor", "low_freq_factor", "high_freq_factor"))
    trained = float(rope["original_max_position_embeddings"])
    factors = []
    for place in range(0, dim, 2):
        turns = trained / (2 * math.pi * theta ** (place / dim))  # within the length that it was trained on
        blend = min(1.0, max(0.0, (turns - low) / (high - low)))
        factors.append(1 / ((1 - blend) / factor + blend))
    return factors
