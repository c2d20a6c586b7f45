"""A Llama-like decoder over rows laid end to end, forwards and backwards written out: one step of autograd a layer.

Here: which models are built so, one layer's products, norms, rotation and their gradients. Not here: attention over the
rows (row_attention), the folded matrices (folding), the loss (answer_loss).

For a narrow model the graph that PyTorch keeps for its small operations costs as much CPU time as the matrix products.
Nothing is approximated. What a layer looks like is read from its parts; that it computes what the model computes is
proven on tokens before it is used (answer_loss). The last layer ends at the places that the loss is read from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ft_pipeline.train import row_attention
from ft_pipeline.train.folding import Folded, Group
from ft_pipeline.train.layout import Layout
from ft_pipeline.train.row_attention import Part

_LAYER = {"self_attn", "mlp", "input_layernorm", "post_attention_layernorm"}
_ATTENTION = {"q_proj", "k_proj", "v_proj", "o_proj"}
_MLP = {"gate_proj", "up_proj", "down_proj", "act_fn"}


class Decoder:
    """The written-out form of one model."""

    def __init__(self, model: Any, layers: list[Layer], dtype: torch.dtype) -> None:
        core = model.get_decoder()
        self.embed, self.rotary, self.norm = model.get_input_embeddings(), core.rotary_emb, core.norm
        self.layers, self.dtype = layers, dtype
        head = model.get_output_embeddings()
        is_frozen = type(head) is nn.Linear and not head.weight.requires_grad
        self.head = _frozen(head, dtype) if is_frozen else head

    def logits(self, laid: Any, places: torch.Tensor, count: int) -> torch.Tensor:
        """Logits at these places of the long row, places x vocabulary.

        Args:
            laid: a batch as `layout.lay_out` makes it.
            places: in the long row; the first `count` of them in rows, in ascending order, the others are filling.
            count: of places whose logits are read.
        """
        found: Layout = laid["layout"]
        x = self.embed(laid["input_ids"])
        cos, sin = self.rotary(x, position_ids=laid["position_ids"])
        half = cos.shape[-1] // 2
        turn = cos[0, :, None, :half].float(), sin[0, :, None, :half].float()
        first = self.layers[0]
        sizes = row_attention.Heads(first.heads // first.kv_heads, first.kv_heads, self.dtype)
        x = x[0].float()
        whole = row_attention.of_all(found, sizes) if len(self.layers) > 1 else []
        for layer in self.layers[:-1]:
            x = _Pass.apply(x, layer, turn, whole, None, *layer.thin)
        last = row_attention.of_places(found, places[:count], sizes)
        x = _Pass.apply(x, self.layers[-1], turn, last, places, *self.layers[-1].thin)
        logits: torch.Tensor = self.head(self.norm(x[None]))[0]
        return logits


def written_out(model: Any, folded: Folded | None, *, dtype: torch.dtype) -> Decoder | None:
    """The decoder of an adapted model; None where its layers are not the plain ones that are known here.

    Args:
        model: with LoRA by PEFT.
        folded: its folded layers.
        dtype: of the products.
    """
    core = model.get_decoder()
    is_known = {"layers", "norm", "rotary_emb"} < _parts(core) and len(_parts(core)) == 4
    if folded is None or not is_known:
        return None
    groups = {id(group.layers[0]): group for group in folded.groups}
    layers = [_layer(part, groups) for part in core.layers]
    known = [layer for layer in layers if layer is not None]
    return Decoder(model, known, dtype) if layers and len(known) == len(layers) else None


def _parts(module: Any) -> set[str]:
    return {name for name, _ in module.named_children()}


def _layer(part: Any, groups: dict[int, Group]) -> Layer | None:
    if _parts(part) != _LAYER or _parts(part.self_attn) != _ATTENTION or _parts(part.mlp) != _MLP:
        return None
    norms = [part.input_layernorm, part.post_attention_layernorm]
    is_plain = all(
        hasattr(norm, "variance_epsilon") and _names(norm) == ["weight"] and not norm.weight.requires_grad
        for norm in norms
    )
    attention, mlp = part.self_attn, part.mlp
    found = [groups.get(id(first)) for first in (attention.q_proj, attention.o_proj, mlp.gate_proj, mlp.down_proj)]
    known = [group for group in found if group is not None]
    if not is_plain or type(mlp.act_fn).__name__ not in ("SiLU", "SiLUActivation"):
        return None
    if [len(group.layers) for group in known] != [3, 1, 2, 1]:
        return None
    return Layer(norms, known, size=attention.head_dim, scaling=attention.scaling)


def _names(module: nn.Module) -> list[str]:
    return [name for name, _ in module.named_parameters()]


def _frozen(head: nn.Linear, dtype: torch.dtype) -> Any:
    """The output layer in the precision of the products: cast once, not at every step."""
    weight = head.weight.detach().to(dtype)
    bias = head.bias.detach().to(dtype) if head.bias is not None else None

    def product(x: torch.Tensor) -> torch.Tensor:
        return F.linear(x.to(dtype), weight, bias)

    return product


class Layer:
    """One decoder layer: its norms, its four products, its sizes."""

    def __init__(self, norms: Sequence[Any], groups: Sequence[Group], *, size: int, scaling: float) -> None:
        self.norms = [(norm.weight.detach().float(), float(norm.variance_epsilon)) for norm in norms]
        self.qkv, self.o, self.gate_up, self.down = groups
        self.size, self.scaling = size, scaling
        self.heads, self.kv_heads = self.qkv.outs[0] // size, self.qkv.outs[1] // size
        self.thin = [tensor for group in groups for pair in group.thin for tensor in pair]


class _Pass(torch.autograd.Function):
    """One layer over the long row: tokens x width in, and out; out at `places` only where they are given."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        layer: Layer,
        turn: tuple[torch.Tensor, torch.Tensor],
        parts: list[Part],
        places: torch.Tensor | None,
        *_thin: torch.Tensor,
    ) -> torch.Tensor:
        with torch.autocast("cpu", enabled=False):
            n1, scale1 = _normed(x, layer.norms[0], layer.qkv.dtype)
            qkv, u1 = layer.qkv.product(n1)
            q, k, v = qkv.split(layer.qkv.outs, dim=-1)
            q, k = _turned(q, turn, layer.size), _turned(k, turn, layer.size)
            count = len(x) if places is None else len(places)
            mixed, kept = row_attention.forward(q, k, v, parts, count, layer.scaling)
            o, u2 = layer.o.product(mixed)
            middle = (x if places is None else x.index_select(0, places)).add(o)
            n2, scale2 = _normed(middle, layer.norms[1], layer.qkv.dtype)
            gate_up, u3 = layer.gate_up.product(n2)
            gate, up = gate_up.split(layer.gate_up.outs, dim=-1)
            opened = F.silu(gate)
            y, u4 = layer.down.product(opened * up)
            ctx.save_for_backward(x, scale1, n1, u1, mixed, u2, middle, scale2, n2, u3, gate, up, opened, u4)
            ctx.kept, ctx.layer, ctx.turn, ctx.parts, ctx.places = kept, layer, turn, parts, places
            return middle + y

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        layer: Layer = ctx.layer
        x, scale1, n1, u1, mixed, u2, middle, scale2, n2, u3, gate, up, opened, u4 = ctx.saved_tensors
        of_out, dtype = gradients[0], n1.dtype
        low = of_out.to(dtype)
        thin4 = layer.down.thin_gradients(opened * up, u4, low)
        of_inner = low @ layer.down.whole
        of_gate_up = torch.empty(len(low), layer.gate_up.out, dtype=dtype)
        of_gate, of_up = of_gate_up.split(layer.gate_up.outs, dim=-1)
        torch.mul(of_inner, opened, out=of_up)
        of_gate.copy_(torch.ops.aten.silu_backward(of_inner.mul_(up), gate))
        thin3 = layer.gate_up.thin_gradients(n2, u3, of_gate_up)
        of_middle = _normed_back(of_gate_up @ layer.gate_up.whole, middle, scale2, layer.norms[1]).add_(of_out)
        low = of_middle.to(dtype)
        thin2 = layer.o.thin_gradients(mixed, u2, low)
        of_qkv = torch.empty(len(x), layer.qkv.out, dtype=dtype)
        of_q, of_k, of_v = of_qkv.split(layer.qkv.outs, dim=-1)
        row_attention.backward(low @ layer.o.whole, ctx.kept, ctx.parts, (of_q, of_k, of_v), layer.scaling)
        cos, sin = ctx.turn
        for part in (of_q, of_k):
            part.copy_(_turned(part, (cos, -sin), layer.size))
        thin1 = layer.qkv.thin_gradients(n1, u1, of_qkv)
        of_x = None
        if ctx.needs_input_grad[0]:
            of_x = _normed_back(of_qkv @ layer.qkv.whole, x, scale1, layer.norms[0])
            of_x = of_x.add_(of_middle) if ctx.places is None else of_x.index_add_(0, ctx.places, of_middle)
        ctx.kept = None
        return of_x, None, None, None, None, *thin1, *thin2, *thin3, *thin4


def _normed(x: torch.Tensor, norm: tuple[torch.Tensor, float], dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """RMS norm (Zhang and Sennrich 2019, arXiv:1910.07467, equation 4) in fp32, and the factor of each token."""
    weight, epsilon = norm
    scale = x.square().mean(-1, keepdim=True).add_(epsilon).rsqrt_()
    return (x * scale).mul_(weight).to(dtype), scale


def _normed_back(
    of_y: torch.Tensor, x: torch.Tensor, scale: torch.Tensor, norm: tuple[torch.Tensor, float]
) -> torch.Tensor:
    """The gradient to a norm's input: s (g - x s mean(g x s)) with g = w dy."""
    given, even = of_y * norm[0], x * scale
    along = (given * even).mean(-1, keepdim=True)
    return given.sub_(even.mul_(along)).mul_(scale)


def _turned(x: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor], size: int) -> torch.Tensor:
    """Rotary positions (Su et al. 2021, arXiv:2104.09864) on tokens x (heads * size); a head's halves are the pairs."""
    cos, sin = turn
    left, right = x.unflatten(1, (-1, 2, size // 2)).float().unbind(2)
    found = torch.empty(len(x), x.shape[1] // size, 2, size // 2)
    torch.mul(left, cos, out=found[:, :, 0]).addcmul_(right, sin, value=-1)
    torch.mul(right, cos, out=found[:, :, 1]).addcmul_(left, sin)
    return found.view(x.shape).to(x.dtype)
