"""Causal attention over rows laid end to end, each row over the common beginning and itself, with its gradients.

Here: which tokens are gathered for which products, the softmax between them. Not here: where rows stand in the long row
(layout), the rest of a layer (decoder). All tensors are tokens x (heads * size); a part gathers its queries and keys
into rows of one width, and what stands for padding is seen by no real query.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from ft_pipeline.train.layout import WIDTH_MULTIPLE, Layout


@dataclass(frozen=True, slots=True)
class Heads:
    """What the attention of a model is made of."""

    group: int  # heads that share a key-value head
    kv: int
    dtype: torch.dtype


@dataclass(frozen=True)
class Part:
    """Queries that are computed together."""

    queries: torch.Tensor  # rows x width -> token; padding: token 0
    keys: torch.Tensor  # rows x width of keys -> token
    mask: torch.Tensor  # 1 or rows * key-value heads, (width * heads of each), keys; added to the scores
    kv_heads: int
    slots: torch.Tensor  # places in the flattened queries that are no padding
    span: slice  # of the result: what the queries at `slots` give
    before: int  # of the keys: how many stand in the beginning, at its places
    own: torch.Tensor  # places in the flattened keys after `before` that are no padding
    tokens: slice  # that those are


def of_all(layout: Layout, heads: Heads) -> list[Part]:
    """Every token of the rows and of the beginning asks."""
    start, rows, width = layout.beginning, layout.rows, layout.width
    queries = _padded(layout)
    mask = _later(width, before=start, group=heads.group, dtype=heads.dtype)
    keys = torch.cat([torch.arange(start).expand(rows, -1), queries], dim=1)
    found = [Part(queries, keys, mask, heads.kv, layout.real, layout.own, start, layout.real, layout.own)]
    if start:
        every, mask = torch.arange(start), _later(start, before=0, group=heads.group, dtype=heads.dtype)
        found.append(Part(every[None], every[None], mask, heads.kv, every, slice(0, start), 0, every, slice(0, start)))
    return found


def of_places(layout: Layout, places: torch.Tensor, heads: Heads) -> list[Part]:
    """Only these tokens of the rows ask; they ascend."""
    start, rows, width = layout.beginning, layout.rows, layout.width
    where = layout.real[places - start]
    of_row, column = where // width, where % width
    counts = torch.bincount(of_row, minlength=rows)
    asked = int(counts.max())
    asked += -asked % WIDTH_MULTIPLE
    slots = of_row * asked + torch.arange(len(places)) - (counts.cumsum(0) - counts)[of_row]
    queries, columns = torch.zeros(2, rows * asked, dtype=torch.long)
    queries[slots], columns[slots] = places, column
    is_later = torch.arange(width) > columns.view(rows, asked, 1)
    mask = torch.zeros(is_later.shape, dtype=heads.dtype).masked_fill_(is_later, -torch.inf)
    mask = F.pad(mask, (start, 0))[:, None, :, None].expand(rows, heads.kv, asked, heads.group, start + width)
    keys = torch.cat([torch.arange(start).expand(rows, -1), _padded(layout)], dim=1)
    mask = mask.reshape(rows * heads.kv, asked * heads.group, start + width)
    span = slice(0, len(places))
    return [Part(queries.view(rows, asked), keys, mask, heads.kv, slots, span, start, layout.real, layout.own)]


Kept = list[tuple[torch.Tensor, ...]]


def forward(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, parts: Sequence[Part], count: int, scaling: float
) -> tuple[torch.Tensor, Kept]:
    """What the queries see, count x (heads * size), and what `backward` needs of it; nought where no query stands."""
    found = q.new_zeros(count, q.shape[1])
    kept: Kept = []
    size = k.shape[1] // parts[0].kv_heads
    for part in parts:
        asking = _gathered(q, part.queries, part.kv_heads, size)
        keys, values = (_gathered(each, part.keys, part.kv_heads, size) for each in (k, v))
        weights = torch.softmax(torch.baddbmm(part.mask, asking, keys.transpose(1, 2), alpha=scaling), dim=-1)
        seen = _rows(torch.bmm(weights, values), part.queries, part.kv_heads)
        found[part.span] = seen.index_select(0, part.slots)
        kept.append((asking, keys, values, weights))
    return found, kept


def backward(
    given: torch.Tensor,
    kept: Kept,
    parts: Sequence[Part],
    targets: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    scaling: float,
) -> None:
    """Fills the gradients of q, k and v from the gradient of what the queries see."""
    for target in targets:
        target.zero_()
    for part, (q, k, v, weights) in zip(parts, kept, strict=True):
        wide = given.new_zeros(part.queries.numel(), given.shape[1]).index_copy_(0, part.slots, given[part.span])
        of_seen = wide.view(len(part.queries), part.queries.shape[1], part.kv_heads, -1).transpose(1, 2)
        of_seen = of_seen.reshape(q.shape)
        of_weights = torch.bmm(of_seen, v.transpose(1, 2))
        of_scores = torch.ops.aten._softmax_backward_data(of_weights, weights, -1, weights.dtype).mul_(scaling)
        of_q = _rows(torch.bmm(of_scores, k), part.queries, part.kv_heads)
        targets[0].index_copy_(0, part.queries.flatten()[part.slots], of_q.index_select(0, part.slots))
        for target, of_keys in (
            (targets[1], torch.bmm(of_scores.transpose(1, 2), q)),
            (targets[2], torch.bmm(weights.transpose(1, 2), of_seen)),
        ):
            of_tokens = _rows(of_keys, part.keys, part.kv_heads).view(*part.keys.shape, -1)
            if part.before:
                target[: part.before] += of_tokens[:, : part.before].sum(0)
            target[part.tokens] += of_tokens[:, part.before :].flatten(0, 1).index_select(0, part.own)


def _padded(layout: Layout) -> torch.Tensor:
    """Tokens of the rows, rows x width; padding: token 0."""
    found = torch.zeros(layout.rows * layout.width, dtype=torch.long)
    found[layout.real] = torch.arange(layout.own.start, layout.own.stop)
    return found.view(layout.rows, layout.width)


def _gathered(x: torch.Tensor, places: torch.Tensor, kv_heads: int, size: int) -> torch.Tensor:
    """(rows * key-value heads) x (width * heads of each) x size."""
    taken = x.index_select(0, places.flatten()).view(*places.shape, kv_heads, -1).transpose(1, 2)
    found: torch.Tensor = taken.reshape(len(places) * kv_heads, -1, size)
    return found


def _rows(x: torch.Tensor, places: torch.Tensor, kv_heads: int) -> torch.Tensor:
    """The counterpart: (rows * width) x (heads * size)."""
    rows, width = places.shape
    return x.view(rows, kv_heads, width, -1).transpose(1, 2).reshape(rows * width, -1)


def _later(width: int, *, before: int, group: int, dtype: torch.dtype) -> torch.Tensor:
    """Minus infinity for keys that stand later than the query."""
    later = torch.full((width, width), -torch.inf, dtype=dtype).triu_(1)
    return F.pad(later, (before, 0)).repeat_interleave(group, dim=0)[None]
