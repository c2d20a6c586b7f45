"""The shape of a decoder-only Transformer: its widths, what they count up to, and reading them from a model's folder.

Here: one description for a folder (config.json) and for an entry of the catalogue. Not here: how much memory a shape
takes (memory).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ft_pipeline.engines.folder_checks import read_tensors


@dataclass(frozen=True, slots=True)
class Widths:
    """The widths of config.json."""

    hidden: int
    layers: int
    feed_forward: int
    heads: int
    kv_heads: int
    head_size: int
    vocabulary: int
    is_tied: bool

    def linear_layers(self) -> list[tuple[int, int]]:
        """(in, out) of the linear layers of one block: queries, keys, values, output, gate, up, down."""
        query, key = self.heads * self.head_size, self.kv_heads * self.head_size
        attention = [(self.hidden, query), (self.hidden, key), (self.hidden, key), (query, self.hidden)]
        return [*attention, *[(self.hidden, self.feed_forward)] * 2, (self.feed_forward, self.hidden)]

    def table_parameters(self) -> int:
        """Values of the embedding, and of the output layer where it is a table of its own."""
        return self.vocabulary * self.hidden * (1 if self.is_tied else 2)

    def counted_parameters(self) -> int:
        """Values of a gated decoder of these widths, norms and biases left out."""
        return self.layers * sum(into * out for into, out in self.linear_layers()) + self.table_parameters()


@dataclass(frozen=True, slots=True)
class Shape(Widths):
    """What the estimate of memory needs to know of one model."""

    parameters: int  # of all tensors
    context: int  # tokens
    is_bf16: bool = True  # how the weights are stored


def read_shape(base: Path) -> Shape:
    """The shape from config.json and the parameter count from the safetensors headers; loads nothing."""
    whole = json.loads((base / "config.json").read_text(encoding="utf-8"))
    config: dict[str, Any] = whole.get("text_config") or whole
    heads = int(config["num_attention_heads"])
    hidden = int(config["hidden_size"])
    return Shape(
        hidden=hidden,
        layers=int(config["num_hidden_layers"]),
        feed_forward=int(config.get("intermediate_size") or 4 * hidden),
        heads=heads,
        kv_heads=int(config.get("num_key_value_heads") or heads),
        head_size=int(config.get("head_dim") or hidden // heads),
        vocabulary=int(config["vocab_size"]),
        is_tied=bool(whole.get("tie_word_embeddings", config.get("tie_word_embeddings", False))),
        parameters=read_tensors(base).values,
        context=int(config.get("max_position_embeddings") or 0),
        is_bf16="bfloat16" in (config.get("dtype"), config.get("torch_dtype"), whole.get("dtype")),
    )
