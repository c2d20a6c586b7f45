"""How much memory a fine-tuning will take, estimated from a model's shape. Pure arithmetic.

Here: the shape read from config.json, the estimate for LoRA and QLoRA. Not here: loading a model, choosing one
(choosing).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ft_pipeline.task import Training

_GIB = 2**30
# Python with torch, transformers, trl and peft imported, before any weight is loaded: 0.45–0.55 GiB measured on CPU.
_PROCESS_GIB = 0.55
_SLACK = 1.1  # allocator fragmentation and temporary tensors


@dataclass(frozen=True, slots=True)
class Shape:
    """What the estimate needs to know of a decoder-only Transformer."""

    parameters: int
    hidden: int
    layers: int
    feed_forward: int
    heads: int
    kv_heads: int
    head_size: int
    vocabulary: int
    context: int
    is_tied: bool


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """Memory of one training at its peak, GiB."""

    method: str  # lora | qlora
    weights_gib: float
    adapter_gib: float  # adapter, gradients and optimizer
    activations_gib: float
    logits_gib: float
    overhead_gib: float

    @property
    def total_gib(self) -> float:
        parts = self.weights_gib, self.adapter_gib, self.activations_gib, self.logits_gib, self.overhead_gib
        return round(sum(parts), 3)


def read_shape(base: Path) -> Shape:
    """The shape from config.json and the parameter count from the safetensors headers; loads nothing."""
    whole = json.loads((base / "config.json").read_text(encoding="utf-8"))
    config: dict[str, Any] = whole.get("text_config") or whole
    heads = int(config["num_attention_heads"])
    hidden = int(config["hidden_size"])
    return Shape(
        parameters=count_parameters(base),
        hidden=hidden,
        layers=int(config["num_hidden_layers"]),
        feed_forward=int(config.get("intermediate_size") or 4 * hidden),
        heads=heads,
        kv_heads=int(config.get("num_key_value_heads") or heads),
        head_size=int(config.get("head_dim") or hidden // heads),
        vocabulary=int(config["vocab_size"]),
        context=int(config.get("max_position_embeddings") or 0),
        is_tied=bool(whole.get("tie_word_embeddings", config.get("tie_word_embeddings", False))),
    )


def count_parameters(base: Path) -> int:
    """Values in all tensors of a folder's safetensors files, read from their headers.

    A header is JSON after its own length as 8 bytes, little-endian (safetensors format,
    https://github.com/huggingface/safetensors#format).
    """
    total = 0
    for path in sorted(base.glob("*.safetensors")):
        with path.open("rb") as stream:
            header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        for name, tensor in header.items():
            if name != "__metadata__":
                count = 1
                for length in tensor["shape"]:
                    count *= int(length)
                total += count
    return total


def adapter_parameters(shape: Shape, training: Training) -> int:
    """Values of a LoRA of rank r on all linear layers: r·(in + out) each, and on the tied embedding where asked."""
    query, key = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    pairs = [
        (shape.hidden, query),
        (shape.hidden, key),
        (shape.hidden, key),
        (query, shape.hidden),
        (shape.hidden, shape.feed_forward),
        (shape.hidden, shape.feed_forward),
        (shape.feed_forward, shape.hidden),
    ]
    count = shape.layers * sum(into + out for into, out in pairs) * training.lora_rank
    if training.train_embeddings and shape.is_tied:
        count += (shape.vocabulary + shape.hidden) * training.lora_rank
    return count


def estimate_memory(shape: Shape, training: Training, *, method: str, on_gpu: bool, row_tokens: int) -> MemoryEstimate:
    """Memory at the peak of a training step.

    Weights: 4 bytes a parameter on a CPU, 2 on a GPU (bf16); QLoRA: 4 bits and 0.127 bits of constants after double
    quantisation for the linear layers, 2 bytes for the embedding (Dettmers et al. 2023, arXiv:2305.14314, section 3).
    Adapter: 16 bytes a value: fp32 weight, gradient and two moments of Adam (Rajbhandari et al. 2020, arXiv:1910.02054,
    section 3.1). Activations kept for the backward pass, after Korthikanti et al. 2022 (arXiv:2205.05198, equation 1:
    s·b·h·(34 + 5·a·s/h) bytes a layer in 16 bit), adapted to gated feed-forwards (three matrices of width f): per token
    and layer 14·h + 6·q + 4·k + 12·f bytes in 16 bit plus 5·a·s for attention scores, doubled for fp32 residuals and
    LoRA's own copies on a CPU. With gradient checkpointing (GPU, over 1 B parameters) one layer's activations and 2·h
    bytes a token and layer. Logits: fp32, kept three times (logits, log-softmax, gradient), for answer tokens, taken as
    half of all.

    Args:
        shape: of the model.
        training: batch size, rank and so on.
        method: lora or qlora.
        on_gpu: whether the training will run on a GPU.
        row_tokens: tokens of a long row (at most training.max_length).
    """
    tokens = training.batch_size * row_tokens
    embedding = shape.vocabulary * shape.hidden * (1 if shape.is_tied else 2)
    if method == "qlora":
        weights = (shape.parameters - embedding) * (4 + 0.127) / 8 + embedding * 2
    else:
        weights = shape.parameters * (2.0 if on_gpu else 4.0)
    query, key = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    per_token = 14 * shape.hidden + 6 * query + 4 * key + 12 * shape.feed_forward + 5 * shape.heads * row_tokens
    per_token *= 1 if on_gpu else 2
    is_checkpointed = on_gpu and shape.parameters > 1_000_000_000
    kept = per_token + shape.layers * 2 * shape.hidden if is_checkpointed else shape.layers * per_token
    logits = tokens / 2 * shape.vocabulary * 4 * 3
    parts = [weights, adapter_parameters(shape, training) * 16.0, tokens * float(kept), logits]
    overhead = _PROCESS_GIB * _GIB + (_SLACK - 1) * sum(parts)
    gib = [round(part / _GIB, 4) for part in [*parts, overhead]]
    return MemoryEstimate(method, *gib)
