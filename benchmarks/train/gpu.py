"""`python -m benchmarks.train.gpu` or `python benchmarks/train/gpu.py`: LoRA and QLoRA in 7-8 B shapes on one GPU.

Needs PyTorch and nothing else: the shapes of Llama-3-8B and Mistral-7B are built here from random weights, with LoRA on
every linear layer, loss on answer tokens, and NF4 with double quantisation of its own. Arms, at 512 and 2,048 tokens a
row and at ticket length: LoRA bf16, QLoRA NF4, what TRL's defaults do (eight rows padded to the longest, every layer
computed twice; TRL 1.16 makes logits for answer tokens only, and so does every arm here), and the floor: the same
matrix products and attention alone (with the sums that join them). What QLoRA saves is measured where it is used for
that: every layer computed twice, one row at a time, since activations take the same in both. It says what the method
can reach on a machine; the training itself goes through Transformers, PEFT and TRL, which this does not time.

Printed: tokens/s, model-FLOP utilisation against the products' speed measured in the same run, peak memory, the ratios
that the project promises. The last line is JSON; exit code 1 where a gate is not met. `--shape tiny --device cpu` tries
the code.

A model's FLOPs per token under LoRA: 4 N (forward 2 N, gradient to the inputs 2 N, no gradient to the weights), and
6 L T H for causal attention (forward 2 L T H at half the square, twice that backwards); Kaplan et al. 2020,
arXiv:2001.08361, section 2.1.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint


@dataclass(frozen=True)
class Shape:
    """A Llama-like model's sizes."""

    hidden: int
    layers: int
    ffn: int
    heads: int
    kv_heads: int
    vocabulary: int

    @property
    def products(self) -> int:
        """Weights that are multiplied with every token; the output layer is counted apart."""
        head = self.hidden // self.heads
        attention = self.hidden * head * (2 * self.heads + 2 * self.kv_heads)
        return self.layers * (attention + 3 * self.hidden * self.ffn)


SHAPES = {
    "llama-3-8b": Shape(4096, 32, 14336, 32, 8, 128256),  # meta-llama/Meta-Llama-3-8B, config.json
    "mistral-7b": Shape(4096, 32, 14336, 32, 8, 32768),  # mistralai/Mistral-7B-v0.3, config.json
    "tiny": Shape(64, 2, 128, 4, 2, 256),
}
_RANK, _ALPHA = 32, 32
_BLOCK = 64  # weights that share a scale in NF4
# The 16 levels of NF4: quantiles of the normal distribution, scaled to [-1, 1]; arXiv:2305.14314, appendix E.
_NF4 = (-1.0, -0.6961928, -0.5250731, -0.3949175, -0.2844414, -0.1847734, -0.0910500, 0.0)
_NF4 += (0.0795803, 0.1609302, 0.2461123, 0.3379152, 0.4407098, 0.5626170, 0.7229568, 1.0)


@lru_cache(maxsize=1)
def _compiles(device: str) -> bool:
    """Whether torch.compile works here; a bare machine may have no C compiler. Without it 4 bits are far slower."""
    if device != "cuda":
        return False
    try:
        torch.compile(torch.neg)(torch.ones(64, device=device))
    except Exception as error:  # whatever a missing compiler or Triton raises
        print(f"torch.compile does not work here ({type(error).__name__}): 4 bits are unpacked step by step")
        return False
    return True


class Nf4(nn.Module):
    """A frozen matrix in 4 bits, its scales in 8 (double quantisation); unpacked to bf16 for each product."""

    def __init__(self, weight: torch.Tensor) -> None:
        super().__init__()
        self.shape = weight.shape
        blocks = weight.float().reshape(-1, _BLOCK)
        scales = blocks.abs().amax(dim=1)
        levels = torch.tensor(_NF4, device=weight.device)
        middles = (levels[1:] + levels[:-1]) / 2
        codes = torch.bucketize(blocks / scales[:, None], middles).to(torch.uint8).flatten()
        self.register_buffer("packed", codes[0::2] << 4 | codes[1::2])
        mean, widest = scales.mean(), (scales - scales.mean()).abs().max()
        self.register_buffer("scales", ((scales - mean) / widest * 127).round().to(torch.int8))
        self.register_buffer("range", torch.stack([mean, widest / 127]))
        self.register_buffer("levels", levels.to(torch.bfloat16))

    def forward(self) -> torch.Tensor:
        packed: torch.Tensor = self.packed  # type: ignore[assignment]
        codes = torch.stack([packed >> 4, packed & 15], dim=-1).to(torch.int32)
        scales = self.scales.float() * self.range[1] + self.range[0]  # type: ignore[operator,index]
        values = self.levels[codes].reshape(-1, _BLOCK) * scales.to(torch.bfloat16)[:, None]  # type: ignore[index]
        return values.reshape(self.shape)


class _FourBitProduct(torch.autograd.Function):
    """x W^T with W unpacked once forwards and once backwards, never kept."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, unpack: Callable[[], torch.Tensor]) -> torch.Tensor:
        ctx.unpack = unpack
        return F.linear(x, unpack())

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradients[0] @ ctx.unpack(), None


class Linear(nn.Module):
    """A frozen layer, in bf16 or in 4 bits, with a LoRA adapter or without."""

    def __init__(self, into: int, out: int, *, kind: str, device: str) -> None:
        super().__init__()
        weight = torch.randn(out, into, device=device, dtype=torch.bfloat16) * into**-0.5
        self.weight = None if kind == "qlora" else nn.Parameter(weight, requires_grad=False)
        self.unpack: Any = None
        if kind == "qlora":
            four = Nf4(weight)
            self.four = four
            self.unpack = torch.compile(four) if _compiles(device) else four
        self.has_adapter = kind != "floor"
        if self.has_adapter:
            self.a = nn.Parameter(torch.randn(_RANK, into, device=device) * into**-0.5)
            self.b = nn.Parameter(torch.randn(out, _RANK, device=device) * 0.01)  # as after some steps: not zero

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.linear(x, self.weight) if self.weight is not None else _FourBitProduct.apply(x, self.unpack)
        if self.has_adapter:
            y = y + F.linear(F.linear(x, self.a.to(x.dtype)), self.b.to(x.dtype) * (_ALPHA / _RANK))
        return y


class Layer(nn.Module):
    """One decoder layer."""

    def __init__(self, shape: Shape, *, kind: str, device: str) -> None:
        super().__init__()
        self.shape, self.kind = shape, kind
        head = shape.hidden // shape.heads
        sizes = {"q": shape.heads * head, "k": shape.kv_heads * head, "v": shape.kv_heads * head}
        self.qkv = nn.ModuleDict(
            {name: Linear(shape.hidden, out, kind=kind, device=device) for name, out in sizes.items()}
        )
        self.o = Linear(shape.heads * head, shape.hidden, kind=kind, device=device)
        self.gate, self.up = (Linear(shape.hidden, shape.ffn, kind=kind, device=device) for _ in range(2))
        self.down = Linear(shape.ffn, shape.hidden, kind=kind, device=device)
        self.norms = nn.ModuleList(
            nn.RMSNorm(shape.hidden, device=device, dtype=torch.bfloat16).requires_grad_(False) for _ in range(2)
        )

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        is_bare = self.kind == "floor"
        rows, length, _ = x.shape
        seen = x if is_bare else self.norms[0](x)
        heads = {"q": self.shape.heads, "k": self.shape.kv_heads, "v": self.shape.kv_heads}
        q, k, v = (self.qkv[name](seen).view(rows, length, count, -1).transpose(1, 2) for name, count in heads.items())
        if not is_bare:
            q, k = _turned(q, cos, sin), _turned(k, cos, sin)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        x = x + self.o(mixed.transpose(1, 2).reshape(rows, length, -1))
        seen = x if is_bare else self.norms[1](x)
        gate, up = self.gate(seen), self.up(seen)
        inner: torch.Tensor = gate + up if is_bare else F.silu(gate) * up
        return x + self.down(inner)


class Model(nn.Module):
    """A Llama-like model whose weights are random and frozen."""

    def __init__(self, shape: Shape, *, kind: str, device: str) -> None:
        super().__init__()
        self.shape, self.kind, self.recompute = shape, kind, False
        table = torch.randn(shape.vocabulary, shape.hidden, device=device, dtype=torch.bfloat16)
        self.table = nn.Parameter(table, requires_grad=False)
        self.layers = nn.ModuleList(Layer(shape, kind=kind, device=device) for _ in range(shape.layers))
        head = torch.randn(shape.vocabulary, shape.hidden, device=device, dtype=torch.bfloat16) * shape.hidden**-0.5
        self.head = nn.Parameter(head, requires_grad=False)

    def forward(self, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """The mean loss over the labels that are not -100."""
        size = self.shape.hidden // self.shape.heads
        places = torch.arange(ids.shape[1], device=ids.device, dtype=torch.float32)
        angles = torch.outer(places, 500000.0 ** (-torch.arange(0, size, 2, device=ids.device) / size)).repeat(1, 2)
        cos, sin = angles.cos().bfloat16(), angles.sin().bfloat16()
        x = self.table[ids].requires_grad_()  # the gradient runs through all layers, as with an adapter on the first
        for layer in self.layers:
            x = checkpoint(layer, x, cos, sin, use_reentrant=False) if self.recompute else layer(x, cos, sin)
        x, wanted = x[:, :-1], labels[:, 1:]
        is_answer = wanted != -100
        return F.cross_entropy(F.linear(x[is_answer], self.head).float(), wanted[is_answer])


def _turned(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-right, left], dim=-1) * sin


@dataclass(frozen=True)
class Batch:
    """One optimizer step's tokens."""

    ids: torch.Tensor
    labels: torch.Tensor
    tokens: int  # padding not counted


def even_batch(shape: Shape, length: int, *, tokens: int, device: str) -> Batch:
    """Rows of one length, the second half of each an answer."""
    ids = torch.randint(shape.vocabulary, (max(1, tokens // length), length), device=device)
    labels = ids.clone()
    labels[:, : length // 2] = -100
    return Batch(ids, labels, ids.numel())


def ticket_batch(shape: Shape, lengths: list[int], *, device: str, packed_into: int = 0) -> Batch:
    """Rows of ticket length: padded to the longest, or laid end to end in rows of `packed_into` tokens.

    Packed documents see each other here, which costs what keeping them apart by a mask costs at most.
    """
    if packed_into:
        made = even_batch(shape, packed_into, tokens=sum(lengths), device=device)
        return Batch(made.ids, made.labels, made.ids.numel())
    ids = torch.randint(shape.vocabulary, (len(lengths), max(lengths)), device=device)
    labels = torch.full_like(ids, -100)
    for row, length in enumerate(lengths):
        labels[row, length // 2 : length] = ids[row, length // 2 : length]
    return Batch(ids, labels, sum(lengths))


def time_steps(model: Model, batch: Batch, *, steps: int) -> dict[str, float]:
    """Seconds a step, tokens/s and peak memory of whole optimizer steps (of forward and backward for the floor)."""
    device = batch.ids.device.type
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, fused=True) if trained else None
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    for number in range(steps + 3):
        if number == 3:  # compiled and warm
            _settle(device)
            started = time.perf_counter()
        model(batch.ids, batch.labels).backward()
        if optimizer is not None:
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
    _settle(device)
    step_s = (time.perf_counter() - started) / steps
    peak = torch.cuda.max_memory_allocated() / 2**30 if device == "cuda" else 0.0
    return {"step_s": round(step_s, 5), "tokens_per_s": round(batch.tokens / step_s, 1), "peak_gib": round(peak, 2)}


def product_speed(device: str, size: int) -> float:
    """FLOP/s of one large bf16 product: what the utilisation is measured against."""
    left, right = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    for number in range(13):
        if number == 3:
            _settle(device)
            started = time.perf_counter()
        left @ right
    _settle(device)
    return 10 * 2 * size**3 / (time.perf_counter() - started)


def flops_per_token(shape: Shape, length: int, *, answer_share: float) -> float:
    """Of a LoRA step; the output layer counts for answer tokens only."""
    head = shape.vocabulary * shape.hidden * answer_share
    return 4 * (shape.products + head) + 6 * shape.layers * length * shape.hidden


def _settle(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def measure(name: str, *, device: str, steps: int, tokens: int) -> dict[str, Any]:
    """All arms of one shape."""
    shape, speed = SHAPES[name], product_speed(device, 8192 if device == "cuda" else 256)
    rows = (32, 64) if tokens < 4096 else (512, 2048)
    arms: dict[str, dict[str, float]] = {}
    for kind in ("floor", "lora", "qlora"):
        arms |= _arms(shape, kind, rows, device=device, steps=steps, tokens=tokens)
        gc.collect()  # the model is gone before the next one is built: two do not fit
        if device == "cuda":
            torch.cuda.empty_cache()
    for arm, found in arms.items():
        if not arm.endswith("tickets"):
            length = int(arm.rsplit("_", 1)[1])
            work = flops_per_token(shape, length, answer_share=0.5) * found["tokens_per_s"]
            found["utilisation"] = round(work / speed, 4)
    adapter = sum(_RANK * (into + out) for into, out in _sizes(shape)) * shape.layers
    share = adapter / (shape.products + 2 * shape.vocabulary * shape.hidden)
    return {"product_tflops": round(speed / 1e12, 1), "arms": arms, "gates": gates_of(arms, rows, share)}


def _arms(
    shape: Shape, kind: str, rows: tuple[int, int], *, device: str, steps: int, tokens: int
) -> dict[str, dict[str, float]]:
    """What one model can show; nothing of it is left in memory afterwards."""
    lengths = [24 + (37 * number) % 150 for number in range(64)]  # tickets: 24 to 173 tokens, 98 on average
    torch.manual_seed(0)
    model = Model(shape, kind=kind, device=device)

    def timed(batch: Batch, *, recompute: bool = False) -> dict[str, float]:
        model.recompute = recompute
        return time_steps(model, batch, steps=steps)

    even = {length: even_batch(shape, length, tokens=tokens, device=device) for length in rows}
    arms = {f"{kind}_{length}": timed(batch) for length, batch in even.items()}
    if kind != "floor":
        arms[f"{kind}_tickets"] = timed(ticket_batch(shape, lengths, device=device, packed_into=rows[0]))
        arms[f"{kind}_saving_{rows[0]}"] = timed(
            even_batch(shape, rows[0], tokens=rows[0], device=device), recompute=True
        )
    if kind == "lora":  # TRL 1.16: gradient_checkpointing=True, 8 rows a step, padded, no packing
        arms |= {f"defaults_{length}": timed(batch, recompute=True) for length, batch in even.items()}
        arms["defaults_tickets"] = timed(ticket_batch(shape, lengths[:8], device=device), recompute=True)
    return arms


def gates_of(arms: dict[str, dict[str, float]], rows: tuple[int, int], adapter_share: float) -> dict[str, Any]:
    """What the project promises; of two lengths the worse one counts."""

    def ratio(ours: str, other: str, figure: str) -> float:
        return arms[ours][figure] / arms[other][figure] if arms[other][figure] else 0.0

    saving = f"saving_{rows[0]}"
    at_least = {
        "tickets_times_defaults": (ratio("lora_tickets", "defaults_tickets", "tokens_per_s"), 3.0),
        "qlora_speed_of_lora": (min(ratio(f"qlora_{n}", f"lora_{n}", "tokens_per_s") for n in rows), 0.85),
    }
    at_most = {
        "step_of_floor": (max(ratio(f"lora_{n}", f"floor_{n}", "step_s") for n in rows), 1.6),
        "qlora_memory_of_lora": (ratio(f"qlora_{saving}", f"lora_{saving}", "peak_gib"), 0.45),
        "adapter_share": (adapter_share, 0.05),
    }
    found = {
        name: {"value": round(value, 4), "limit": limit, "ok": value >= limit}
        for name, (value, limit) in at_least.items()
    }
    for name, (value, limit) in at_most.items():
        found[name] = {"value": round(value, 4), "limit": limit, "ok": value <= limit}
    return found


def _sizes(shape: Shape) -> list[tuple[int, int]]:
    head = shape.hidden // shape.heads
    attention = [(shape.hidden, shape.heads * head), *[(shape.hidden, shape.kv_heads * head)] * 2]
    return [*attention, (shape.heads * head, shape.hidden), *[(shape.hidden, shape.ffn)] * 3]


def main() -> int:
    """Exit code 0 where every gate is met, 2 where there is no GPU."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train.gpu", description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, action="append", help="default: llama-3-8b and mistral-7b")
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--tokens", type=int, default=8192, help="tokens per step")
    parser.add_argument("--json", action="store_true", help="nothing but the last line")
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        print(
            "found no GPU that PyTorch can use, expected one with 80 GiB (less with a lower --tokens); "
            "--device cpu --shape tiny tries the code"
        )
        return 2
    machine = torch.cuda.get_device_name() if arguments.device == "cuda" else "cpu"
    shapes = {
        name: measure(name, device=arguments.device, steps=arguments.steps, tokens=arguments.tokens)
        for name in arguments.shape or ["llama-3-8b", "mistral-7b"]
    }
    gates = {f"{name}.{gate}": found for name, shape in shapes.items() for gate, found in shape["gates"].items()}
    if not arguments.json:
        for name, shape in shapes.items():
            for arm, found in shape["arms"].items():
                print(f"{name:12} {arm:18}", "  ".join(f"{key} {value:,}" for key, value in found.items()))
        for gate, found in gates.items():
            print(f"{gate:36} {found['value']:8.3f}  limit {found['limit']}  {'ok' if found['ok'] else 'NOT MET'}")
    arms = {name: shape["arms"] for name, shape in shapes.items()}
    ratios = {gate: found["value"] for gate, found in gates.items()}
    machine_facts = {"device": machine, "torch": torch.__version__}
    machine_facts |= {f"{name}_product_tflops": shape["product_tflops"] for name, shape in shapes.items()}
    print(json.dumps({"name": "train.gpu", "machine": machine_facts, "arms": arms, "ratios": ratios, "gates": gates}))
    return 0 if all(found["ok"] for found in gates.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
