"""A step's rows laid end to end without padding, their common beginning once; and the attention that reads them so.

Here: which models can be read so, the layout of a batch, attention over it with its gradients. Not here: the loss
(answer_loss), matrix products (folding).

The rows of a support model begin with the same instructions: for short questions, with a third of their tokens. Under
a causal mask the keys and values of these are the same in every row of a step, so they are computed once, with
gradients. All layers but attention work place by place and see one long row; attention takes the rows apart again.
Nothing is approximated: sums are taken in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Any

import torch
import torch.nn.functional as F

from ft_pipeline.train.rows import MASKED, TokenRow

NAME = "rows_end_to_end"  # of the attention, among Transformers' attention functions
_TOKENS_MULTIPLE, WIDTH_MULTIPLE = 64, 32  # few sizes: every new one costs the CPU kernels a compilation and memory


@dataclass(frozen=True)
class Layout:
    """Where the tokens of a batch stand in the long row: the beginning, row after row, and filling at the end."""

    beginning: int  # tokens
    rows: int
    width: int  # of the longest row without its beginning, tokens, rounded up
    real: torch.Tensor  # places in the flattened rows x width that are not padding

    @property
    def own(self) -> slice:
        """The rows' own tokens in the long row."""
        return slice(self.beginning, self.beginning + len(self.real))


def allows(model: Any, *, longest: int) -> bool:
    """Whether a model's attention is the plain causal one over rows of this length, and may be replaced."""
    config = model.config.get_text_config()
    window = getattr(config, "sliding_window", None)
    return (
        bool(getattr(model.get_base_model(), "_supports_attention_backend", False))
        and model.get_base_model().config is config  # no second modality with an attention of its own
        and (window is None or window >= longest)
        and not getattr(config, "attn_logit_softcapping", None)
        and not getattr(config, "attention_dropout", 0)
    )


def common_beginning(rows: Sequence[TokenRow]) -> list[int]:
    """The tokens with which every row begins; the last one before an answer is not among them."""
    least = min((next(place for place, label in enumerate(row.labels) if label != MASKED) for row in rows), default=1)
    together = zip(*(row.input_ids for row in rows), strict=False)
    return [first for first, *_ in takewhile(lambda tokens: len(set(tokens)) == 1, together)][: max(least - 1, 0)]


def lay_out(inputs: Any, beginning: torch.Tensor | None) -> dict[str, Any]:
    """The padded batch of a collator as one long row: input_ids, labels, position_ids, an empty mask and its layout.

    Args:
        inputs: input_ids, labels and attention_mask, rows x tokens, padded on the right.
        beginning: tokens that the rows may begin with; they are not repeated where all of these rows do.
    """
    ids, labels, mask = inputs["input_ids"], inputs["labels"], inputs["attention_mask"].bool()
    start = len(beginning) if beginning is not None and _all_begin_with(ids, beginning) else 0
    own = mask[:, start:]
    count, width = int(own.sum()), int(own.sum(1).max())
    width += -width % WIDTH_MULTIPLE
    length = start + count + -(start + count) % _TOKENS_MULTIPLE
    is_real = torch.zeros(len(ids), width, dtype=torch.bool)
    is_real[:, : own.shape[1]] = own[:, :width]
    layout = Layout(start, len(ids), width, is_real.flatten().nonzero()[:, 0])
    long_ids, positions = torch.zeros(2, length, dtype=torch.long)
    long_labels = torch.full((length,), MASKED)
    long_ids[:start], positions[:start] = ids[0, :start], torch.arange(start)
    long_ids[layout.own], long_labels[layout.own] = ids[:, start:][own], labels[:, start:][own]
    positions[layout.own] = torch.arange(start, ids.shape[1]).expand(own.shape)[own]
    return {
        "input_ids": long_ids[None],
        "labels": long_labels[None],
        "position_ids": positions[None],
        "attention_mask": torch.zeros(1, 1, 1, 1),  # else Transformers makes a large one that nobody looks at
        "layout": layout,
    }


def _all_begin_with(ids: torch.Tensor, beginning: torch.Tensor) -> bool:
    size = len(beginning)
    return 0 < size < ids.shape[1] and bool((ids[:, :size] == beginning).all())


def attend(
    _module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    _attention_mask: torch.Tensor | None,
    *,
    scaling: float,
    layout: Layout,
    **_other: Any,
) -> tuple[torch.Tensor, None]:
    """Attention as Transformers calls it: 1 x heads x tokens x size each; the result is 1 x tokens x heads x size."""
    low = torch.bfloat16 if torch.is_autocast_enabled("cpu") else query.dtype
    found: torch.Tensor = _Attention.apply(query.to(low), key.to(low), value.to(low), scaling, layout)
    return found, None


class _Attention(torch.autograd.Function):
    """Softmax attention of each row over the beginning and itself, and of the beginning over itself."""

    @staticmethod
    def forward(
        ctx: Any, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scaling: float, layout: Layout
    ) -> torch.Tensor:
        q, k, v = (part[0].transpose(0, 1) for part in (q, k, v))  # tokens x heads x size
        found = q.new_zeros(q.shape)
        kept: list[torch.Tensor] = []
        with torch.autocast("cpu", enabled=False):
            for part in _parts(layout):
                queries, keys, values = part.queries(q, kv_heads=k.shape[1]), part.keys(k), part.keys(v)
                weights = _weights(queries, keys, scaling, part)
                part.add_queries(found, torch.bmm(weights, values))
                kept += [queries, keys, values, weights]
        ctx.save_for_backward(*kept)
        ctx.scaling, ctx.layout, ctx.shapes = scaling, layout, (q.shape, k.shape)
        return found[None]

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        kept, given = list(ctx.saved_tensors), gradients[0][0]
        of_q, of_k, of_v = (given.new_zeros(shape) for shape in (ctx.shapes[0], ctx.shapes[1], ctx.shapes[1]))
        for part in _parts(ctx.layout):
            q, k, v, weights = kept[:4]
            del kept[:4]
            of_out = part.queries(given, kv_heads=ctx.shapes[1][1])
            of_weights = torch.bmm(of_out, v.transpose(1, 2))
            of_scores = torch.ops.aten._softmax_backward_data(of_weights, weights, -1, weights.dtype).mul_(ctx.scaling)
            part.add_queries(of_q, torch.bmm(of_scores, k))
            part.add_keys(of_k, torch.bmm(of_scores.transpose(1, 2), q))
            part.add_keys(of_v, torch.bmm(weights.transpose(1, 2), of_out))
        return (*(part.transpose(0, 1)[None] for part in (of_q, of_k, of_v)), None, None)


@dataclass(frozen=True)
class _Part:
    """Queries that are computed together: the beginning's own, or those of all rows."""

    layout: Layout
    is_beginning: bool

    @property
    def rows(self) -> int:
        return 1 if self.is_beginning else self.layout.rows

    @property
    def width(self) -> int:
        return self.layout.beginning if self.is_beginning else self.layout.width

    @property
    def before(self) -> int:
        """Keys that every query sees."""
        return 0 if self.is_beginning else self.layout.beginning

    def queries(self, x: torch.Tensor, *, kv_heads: int) -> torch.Tensor:
        """(rows * key-value heads) x (heads of each * width) x size, from tokens x heads x size."""
        taken = self._taken(x).unflatten(2, (kv_heads, -1)).permute(0, 2, 3, 1, 4)
        found: torch.Tensor = taken.reshape(self.rows * kv_heads, -1, x.shape[-1])
        return found

    def keys(self, x: torch.Tensor) -> torch.Tensor:
        """(rows * key-value heads) x (before + width) x size, from tokens x key-value heads x size."""
        taken = torch.cat([x[: self.before].expand(self.rows, -1, -1, -1), self._taken(x)], dim=1)
        return taken.transpose(1, 2).reshape(-1, taken.shape[1], x.shape[-1])

    def add_queries(self, target: torch.Tensor, found: torch.Tensor) -> None:
        """The counterpart of `queries`."""
        kv_heads = found.shape[0] // self.rows
        taken = found.view(self.rows, kv_heads, -1, self.width, found.shape[-1]).permute(0, 3, 1, 2, 4)
        self._put(target, taken.reshape(self.rows, self.width, *target.shape[1:]))

    def add_keys(self, target: torch.Tensor, found: torch.Tensor) -> None:
        """The counterpart of `keys`."""
        taken = found.view(self.rows, target.shape[1], -1, found.shape[-1]).transpose(1, 2)
        target[: self.before] += taken[:, : self.before].sum(0)
        self._put(target, taken[:, self.before :])

    def _taken(self, x: torch.Tensor) -> torch.Tensor:
        """rows x width x heads x size; zero where a row is padded"""
        if self.is_beginning:
            return x[: self.width][None]
        layout = self.layout
        taken = x.new_zeros(layout.rows * layout.width, *x.shape[1:])
        taken.index_copy_(0, layout.real, x[layout.own])
        return taken.view(layout.rows, layout.width, *x.shape[1:])

    def _put(self, target: torch.Tensor, taken: torch.Tensor) -> None:
        if self.is_beginning:
            target[: self.width] += taken[0]
        else:
            target[self.layout.own] = taken.flatten(0, 1)[self.layout.real]


def _parts(layout: Layout) -> list[_Part]:
    """Rows first: the beginning's gradient is added to, the rows' own is set."""
    return [_Part(layout, is_beginning=False), *([_Part(layout, is_beginning=True)] if layout.beginning else [])]


def _weights(q: torch.Tensor, k: torch.Tensor, scaling: float, part: _Part) -> torch.Tensor:
    masked = _masked(part.before, part.width, q.shape[1] // part.width, q.dtype)
    return torch.softmax(torch.baddbmm(masked, q, k.transpose(1, 2), alpha=scaling), dim=-1)


@lru_cache(maxsize=64)
def _masked(before: int, width: int, heads: int, dtype: torch.dtype) -> torch.Tensor:
    """What is added to the scores: minus infinity for keys that stand later than the query."""
    later = torch.full((width, width), -torch.inf, dtype=dtype).triu_(1)
    return F.pad(later, (before, 0)).repeat(heads, 1)[None]
