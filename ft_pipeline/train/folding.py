"""LoRA on a CPU with one matrix product per layer instead of three: the adapter is added to its matrix once a step.

Here: which layers can be computed so, the folded matrices, the product with its gradients. Not here: the adapter's
shape (adaptation), when its weights have changed (answer_loss).

y = (W + s B A) x is what PEFT computes as W x + s B (A x): three products with casts and sums between them, which for
a narrow model cost more than they multiply. The gradients need no dense dW: with u = A x and v = s B' dy they are
dA = v x', dB = s dy u' and dx = (W + s B A)' dy (Hu et al. 2021, arXiv:2106.09685, equation 3). Layers that read the
same input (query, key and value; gate and up) become one product.

A stands below its folded matrix, so that u comes out of the same product as y.

Memory: one more copy of the adapted matrices, in the precision of the products.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

_READ_TOGETHER = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))  # names in Llama-like models
_ADAPTER = "default"  # PEFT's name of the only one


class Folded:
    """The adapted linear layers of a model that are computed with folded matrices."""

    def __init__(self, groups: list[Group]) -> None:
        self.groups = groups

    def fold(self) -> None:
        """Takes up the adapter's present weights; to be called before the first product after they have changed."""
        for group in self.groups:
            group.fold()


def fold_layers(model: Any, *, dtype: torch.dtype) -> Folded | None:
    """Lets every layer that can be folded be computed so; None where there is none.

    Args:
        model: with LoRA by PEFT.
        dtype: of the products.
    """
    groups: list[Group] = []
    for parent in list(model.modules()):
        layers = {name: part for name, part in parent.named_children() if _can_be_folded(part)}
        for names in _READ_TOGETHER:
            if all(name in layers for name in names):
                groups.append(Group([layers.pop(name) for name in names], dtype))
        groups += [Group([layer], dtype) for layer in layers.values()]
    if not groups:
        return None
    found = Folded(groups)
    found.fold()
    return found


def _can_be_folded(layer: Any) -> bool:
    """A plain LoRA layer over a plain linear one: no dropout, no DoRA, no 4-bit weights."""
    from peft.tuners.lora.layer import Linear

    return (
        type(layer) is Linear
        and type(layer.get_base_layer()) is nn.Linear
        and list(layer.lora_A) == [_ADAPTER]
        and isinstance(layer.lora_dropout[_ADAPTER], nn.Identity)
        and not layer.lora_variant
        and not layer.lora_bias[_ADAPTER]
        and not layer.fan_in_fan_out
    )


class Group:
    """Adapted layers that read the same input, their folded matrices one above the other."""

    def __init__(self, layers: list[Any], dtype: torch.dtype) -> None:
        self.layers, self.dtype = layers, dtype
        self.bases: list[nn.Linear] = [layer.get_base_layer() for layer in layers]
        self.scales = [float(layer.scaling[_ADAPTER]) for layer in layers]
        self.outs = [base.out_features for base in self.bases]
        self.ranks = [a.shape[0] for a, _ in self.thin]
        self.out = sum(self.outs)
        self.whole_and_a = torch.empty(self.out + sum(self.ranks), self.bases[0].in_features, dtype=dtype)
        self.whole, self.a = self.whole_and_a[: self.out], self.whole_and_a[self.out :]
        self.frozen = [base.weight.detach().to(dtype) for base in self.bases]
        self.b = [torch.empty(out, rank, dtype=dtype) for out, rank in zip(self.outs, self.ranks, strict=True)]
        biases: list[torch.Tensor] = [
            base.bias if base.bias is not None else torch.zeros(base.out_features) for base in self.bases
        ]
        has_bias = any(base.bias is not None for base in self.bases)
        biases.append(torch.zeros(sum(self.ranks)))
        self.bias = torch.cat(biases).detach().to(dtype) if has_bias else None
        self._input: torch.Tensor | None = None
        self._outputs: dict[int, torch.Tensor] = {}
        for place, layer in enumerate(layers):
            layer.forward = _forward(self, place)

    @property
    def thin(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """A (rank x in) and B (out x rank) of each layer."""
        return [(layer.lora_A[_ADAPTER].weight, layer.lora_B[_ADAPTER].weight) for layer in self.layers]

    @torch.no_grad()
    def fold(self) -> None:
        self._input, self._outputs = None, {}
        wholes, copies = self.whole.split(self.outs), self.a.split(self.ranks)
        with torch.autocast("cpu", enabled=False):
            for place, (a, b) in enumerate(self.thin):
                copies[place].copy_(a)
                torch.mul(b, self.scales[place], out=self.b[place])
                torch.addmm(self.frozen[place], self.b[place], copies[place], out=wholes[place])

    def product(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The layers' outputs side by side, and u = A x, from tokens x inputs in the precision of the products."""
        found = F.linear(x, self.whole_and_a, self.bias)
        return found[:, : self.out], found[:, self.out :].contiguous()  # a view would keep all of it

    def thin_gradients(self, x: torch.Tensor, u: torch.Tensor, of_y: torch.Tensor) -> list[torch.Tensor]:
        """Gradients of every A and B, in the order of `thin`, from the input, u and the gradient of the outputs."""
        parts = of_y.split(self.outs, dim=-1)
        vs = [part @ b for part, b in zip(parts, self.b, strict=True)]
        v = torch.cat(vs, dim=-1) if len(vs) > 1 else vs[0]
        of_a = (v.t() @ x).float().split(self.ranks)
        low = u.split(self.ranks, dim=-1)
        of_b = [(part.t() @ each).float().mul_(s) for part, each, s in zip(parts, low, self.scales, strict=True)]
        return [tensor for pair in zip(of_a, of_b, strict=True) for tensor in pair]

    def output(self, place: int, x: torch.Tensor) -> torch.Tensor:
        """One layer's output; the first layer that is asked with an input computes all of them."""
        if self._input is not x or place not in self._outputs:
            thin = [tensor for pair in self.thin for tensor in pair]
            self._input, self._outputs = x, dict(enumerate(_Product.apply(x, self, *thin)))
        found = self._outputs.pop(place)
        if not self._outputs:
            self._input = None
        return found


def _forward(group: Group, place: int) -> Any:
    def forward(x: torch.Tensor) -> torch.Tensor:
        return group.output(place, x)

    return forward


class _Product(torch.autograd.Function):
    """Outputs of all layers of a group; gradients for the input and for every thin matrix."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, group: Group, *_thin: torch.Tensor) -> tuple[torch.Tensor, ...]:
        low = x.to(group.dtype).flatten(0, -2)
        with torch.autocast("cpu", enabled=False):
            found, u = group.product(low)
        ctx.group, ctx.dtype = group, x.dtype
        ctx.save_for_backward(low, u)
        outputs: tuple[torch.Tensor, ...] = found.view(*x.shape[:-1], -1).split(group.outs, dim=-1)
        return outputs

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        group: Group = ctx.group
        x, u = ctx.saved_tensors
        given = torch.cat(gradients, dim=-1) if len(gradients) > 1 else gradients[0]
        of_y = given.flatten(0, -2)
        of_x = (of_y @ group.whole).to(ctx.dtype).view(*given.shape[:-1], -1) if ctx.needs_input_grad[0] else None
        return of_x, None, *group.thin_gradients(x, u, of_y)
