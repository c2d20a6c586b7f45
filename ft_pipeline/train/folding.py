"""LoRA on a CPU with one matrix product per layer instead of three: the adapter is added to its matrix once a step.

Here: which layers can be computed so, the folded matrices, the product with its gradients. Not here: the adapter's
shape (adaptation), when its weights have changed (answer_loss).

y = (W + s B A) x is what PEFT computes as W x + s B (A x): three products with casts and sums between them, which for
a narrow model cost more than they multiply. The gradients need no dense dW: with u = A x and v = s B' dy they are
dA = v x', dB = s dy u' and dx = (W + s B A)' dy (Hu et al. 2021, arXiv:2106.09685, equation 3). Layers that read the
same input (query, key and value; gate and up) become one product.

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

    def __init__(self, groups: list[_Group]) -> None:
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
    groups: list[_Group] = []
    for parent in list(model.modules()):
        layers = {name: part for name, part in parent.named_children() if _can_be_folded(part)}
        for names in _READ_TOGETHER:
            if all(name in layers for name in names):
                groups.append(_Group([layers.pop(name) for name in names], dtype))
        groups += [_Group([layer], dtype) for layer in layers.values()]
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


class _Group:
    """Adapted layers that read the same input, their folded matrices one above the other."""

    def __init__(self, layers: list[Any], dtype: torch.dtype) -> None:
        self.layers, self.dtype = layers, dtype
        self.bases: list[nn.Linear] = [layer.get_base_layer() for layer in layers]
        self.scales = [float(layer.scaling[_ADAPTER]) for layer in layers]
        self.outs = [base.out_features for base in self.bases]
        self.ranks = [a.shape[0] for a, _ in self.thin]
        into = self.bases[0].in_features
        self.whole = torch.empty(sum(self.outs), into, dtype=dtype)
        self.frozen = [base.weight.detach().to(dtype) for base in self.bases]
        self.a = torch.empty(sum(self.ranks), into, dtype=dtype)
        self.b = [torch.empty(out, rank, dtype=dtype) for out, rank in zip(self.outs, self.ranks, strict=True)]
        biases: list[torch.Tensor] = [
            base.bias if base.bias is not None else torch.zeros(base.out_features) for base in self.bases
        ]
        has_bias = any(base.bias is not None for base in self.bases)
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

    def output(self, place: int, x: torch.Tensor) -> torch.Tensor:
        """One layer's output; the first layer that is asked with an input computes all of them."""
        if self._input is not x or place not in self._outputs:
            thin = [tensor for pair in self.thin for tensor in pair]
            self._input, self._outputs = x, dict(enumerate(_Product.apply(x, self, *thin)))
        found = self._outputs.pop(place)
        if not self._outputs:
            self._input = None
        return found


def _forward(group: _Group, place: int) -> Any:
    def forward(x: torch.Tensor) -> torch.Tensor:
        return group.output(place, x)

    return forward


class _Product(torch.autograd.Function):
    """Outputs of all layers of a group; gradients for the input and for every thin matrix."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, group: _Group, *_thin: torch.Tensor) -> tuple[torch.Tensor, ...]:
        low = x.to(group.dtype)
        ctx.group, ctx.dtype = group, x.dtype
        ctx.save_for_backward(low)
        with torch.autocast("cpu", enabled=False):
            found: tuple[torch.Tensor, ...] = F.linear(low, group.whole, group.bias).split(group.outs, dim=-1)
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        group: _Group = ctx.group
        x = ctx.saved_tensors[0].flatten(0, -2)
        given = torch.cat(gradients, dim=-1) if len(gradients) > 1 else gradients[0]
        of_y = given.flatten(0, -2)
        of_x = of_y @ group.whole
        parts = of_y.split(group.outs, dim=-1)
        u = (x @ group.a.t()).split(group.ranks, dim=-1)
        v = torch.cat([part @ b for part, b in zip(parts, group.b, strict=True)], dim=-1)
        of_a = (v.t() @ x).float().split(group.ranks)
        of_b = [(part.t() @ low).float() * s for part, low, s in zip(parts, u, group.scales, strict=True)]
        of_thin = [tensor for pair in zip(of_a, of_b, strict=True) for tensor in pair]
        return of_x.to(ctx.dtype).view(*given.shape[:-1], -1), None, *of_thin
