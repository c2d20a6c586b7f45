"""How much memory a fine-tuning will take, estimated from a model's shape. Pure arithmetic.

Here: the estimate for LoRA and QLoRA. Not here: reading a shape (shape), choosing a model (choosing), measuring
(benchmarks.memory holds the estimate against measured peaks).
"""

from __future__ import annotations

from dataclasses import dataclass

from ft_pipeline.base_model.shape import Shape
from ft_pipeline.task import Training

_GIB = 2**30
# Python with torch, transformers, trl and peft imported and one tiny training done, resident on a CPU: measured by
# benchmarks.memory (0.56 GiB, 2026-11-22).
_PROCESS_GIB = 0.57
# What a first step of any size leaves behind on a CPU (compiled kernels, scratch): fitted on two shapes, 2026-11-22.
_SCRATCH_GIB = 0.04
# glibc gives freed blocks back late and finds holes between what is kept: resident memory per byte that autograd keeps.
# Fitted on one shape (640 x 8, two batch sizes), held against others by benchmarks.memory; lowered from 1.5 when rows
# were laid end to end and folded, after which six of six estimates were too high, by 4-15 %.
_HEAP = 1.4
# The same where layers are written out (train.decoder) and fewer, equal blocks come and go.
_HEAP_WRITTEN_OUT = 1.3
# A CUDA context with cuBLAS's workspaces. Not measured here: usual figures are 0.4-0.6 GiB.
_CONTEXT_GIB = 0.6
# PyTorch's CUDA allocator rounds a block up to 512 bytes, serves those below 1 MiB from segments of 2 MiB, those below
# 10 MiB from segments of 20 MiB and rounds larger ones up to 2 MiB (c10/cuda/CUDACachingAllocator.cpp; described in
# https://docs.pytorch.org/docs/stable/notes/cuda.html#memory-management). Freed blocks are kept for later: what is
# reserved exceeds what is allocated. Not measured here.
_CACHING = 1.1
# A value in NF4 with double quantisation: Dettmers et al. 2023, arXiv:2305.14314, section 3.
_NF4_BYTES = (4 + 0.127) / 8
_ADAM_BYTES = 16  # a trained value: fp32 weight, gradient, two moments (Rajbhandari et al. 2020, arXiv:1910.02054, 3.1)
# A logit at the peak, in the backward pass of the loss: log-softmax and two gradients in fp32, one in bf16. On a CPU
# the heap still holds the four bf16 copies of the forward pass (output layer, its LoRA, that scaled, their sum):
# fitted on a vocabulary of 32,000, 2026-11-22.
_LOGIT_BYTES = {"cuda": 14.0, "cpu": 22.0}
_LOGIT_BYTES_WRITTEN_OUT = 12.0  # bf16 logits, their gradient and that scaled, and what the heap holds beside them
# On a GPU, models above it are assumed to recompute activations; training decides by the free memory it finds.
_CHECKPOINT_PARAMETERS = 1_000_000_000


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


def adapter_parameters(shape: Shape, training: Training) -> int:
    """Values of a LoRA of rank r on all linear layers: r·(in + out) each, and on the tied embedding where asked."""
    count = shape.layers * sum(into + out for into, out in shape.linear_layers()) * training.lora_rank
    if training.train_embeddings and shape.is_tied:
        count += (shape.vocabulary + shape.hidden) * training.lora_rank
    return count


def estimate_memory(
    shape: Shape, training: Training, *, method: str, on_gpu: bool, row_tokens: int, autocast: bool = True
) -> MemoryEstimate:
    """Memory at the peak of a training step.

    The parts, in bytes; h, q, f are the widths of hidden state, queries and feed-forward, V the vocabulary:

    - Weights. GPU: 2 a value. CPU: 4; under bf16 autocast a linear layer stored in bf16 stays there (2), one stored in
      fp32 is cast at every step and the copy kept for the backward pass (4 + 2), and so is the output layer. QLoRA:
      NF4 for linear layers, 2 for embeddings.
    - Adapter: 16 a value, and 2 for its bf16 copy under autocast.
    - Activations: what autograd keeps, a token and layer, after Korthikanti et al. 2022 (arXiv:2205.05198, 4.1),
      counted anew for gated feed-forwards and LoRA (each adapter keeps its own copy of its input): see `_kept`.
    - Logits: 14 V (22 V on a CPU) for each place where an answer is learned, half of all tokens.
    - Overhead: the process or the CUDA context, scratch, and what the allocator cannot reuse.

    benchmarks.memory holds it against measured peaks: within 15 % on a CPU.

    Args:
        shape: of the model.
        training: batch size, rank and so on.
        method: lora or qlora.
        on_gpu: whether the training will run on a GPU.
        row_tokens: tokens of a long row (at most training.max_length).
        autocast: whether products are computed in bf16 (on a CPU only where it multiplies bf16 natively).
    """
    tokens = training.batch_size * row_tokens
    adapter = adapter_parameters(shape, training) * (_ADAM_BYTES + (2.0 if autocast else 0.0))
    per_token = _kept(shape, training, method=method, on_gpu=on_gpu, row_tokens=row_tokens, autocast=autocast)
    kept = per_token * shape.layers
    if is_checkpointed(shape, training, on_gpu=on_gpu):
        kept = per_token + shape.layers * shape.hidden * (2.0 if on_gpu else 4.0)
    activations = tokens * kept
    is_written_out = _is_written_out(training, method=method, on_gpu=on_gpu)
    logit_bytes = _LOGIT_BYTES_WRITTEN_OUT if is_written_out else _LOGIT_BYTES["cuda" if on_gpu else "cpu"]
    logits = tokens / 2 * shape.vocabulary * logit_bytes
    weights = _weights(shape, method=method, on_gpu=on_gpu, autocast=autocast)
    if is_written_out:  # the folded matrices (train.folding)
        weights += (shape.parameters - shape.table_parameters()) * (2.0 if autocast else 4.0)
    parts = [weights, adapter, activations, logits]
    if on_gpu:
        overhead = _CONTEXT_GIB * _GIB + (_CACHING - 1) * (adapter + activations + logits)
    else:
        heap = _HEAP_WRITTEN_OUT if is_written_out else _HEAP
        overhead = (_PROCESS_GIB + _SCRATCH_GIB) * _GIB + (heap - 1) * activations
    gib = [round(part / _GIB, 4) for part in [*parts, overhead]]
    return MemoryEstimate(method, *gib)


def process_gib(*, on_gpu: bool) -> float:
    """The part of the overhead that is there before any model: the process, or the CUDA context; GiB."""
    return _CONTEXT_GIB if on_gpu else _PROCESS_GIB


def is_checkpointed(shape: Shape, training: Training, *, on_gpu: bool) -> bool:
    """Whether activations are assumed to be recomputed: as the task says, else for large models on a GPU."""
    if training.gradient_checkpointing != "auto":
        return training.gradient_checkpointing == "on"
    return on_gpu and shape.parameters > _CHECKPOINT_PARAMETERS


def _is_written_out(training: Training, *, method: str, on_gpu: bool) -> bool:
    """Whether the layers' passes will be written out; the plain forward pass of an unusual model takes more."""
    return not on_gpu and method == "lora" and training.lora_dropout == 0 and not training.dora


def _weights(shape: Shape, *, method: str, on_gpu: bool, autocast: bool) -> float:
    table = shape.vocabulary * shape.hidden
    tables = shape.table_parameters()
    linear = shape.parameters - tables
    if method == "qlora":
        return linear * _NF4_BYTES + tables * 2.0
    if on_gpu:
        return shape.parameters * 2.0
    if not autocast:
        return shape.parameters * 4.0
    return linear * (2.0 if shape.is_bf16 else 6.0) + tables * 4.0 + table * 2.0


def _kept(shape: Shape, training: Training, *, method: str, on_gpu: bool, row_tokens: int, autocast: bool) -> float:
    """Bytes that autograd keeps for one token in one layer.

    Counted with `torch.autograd.graph.saved_tensors_hooks` (torch 2.13, transformers 5.23, peft 0.21), Llama shape:
    two residual streams; the adapters' copies of their inputs (q, k, v, gate, up of width h, o of width q, down of
    width f); queries, keys and values of width q (repeated for grouped queries); gate, SiLU(gate), up; with plain
    attention on a CPU also the scores in fp32 and in bf16. Dropout keeps its noise: in fp32 on a CPU, as a byte on a
    GPU.
    """
    h, f, a = shape.hidden, shape.feed_forward, shape.heads
    q = a * shape.head_size
    inputs = 5 * h + q + f  # of a layer's adapters
    has_dropout = training.lora_dropout > 0
    if on_gpu:  # the residual stream is bf16, the norms keep an fp32 copy; fused attention keeps no scores
        return 12.0 * h + 2 * inputs + 8 * q + 6 * f + (inputs if has_dropout else 0)
    scores = a * row_tokens
    if _is_written_out(training, method=method, on_gpu=on_gpu):  # two streams and two norms' outputs; see train.decoder
        return (12.0 * h + 6 * q + 6 * f + 2 * scores) if autocast else (16.0 * h + 12 * q + 12 * f + 4 * scores)
    if method == "qlora":
        return 12.0 * h + 2 * inputs + 6 * q + 6 * f + 6 * scores + (4 * inputs if has_dropout else 0)
    if autocast:
        return 8.0 * h + 2 * inputs + 6 * q + 6 * f + 6 * scores + (4 * inputs if has_dropout else 0)
    copies = (
        8 * inputs if has_dropout else 8 * h + 4 * q + 4 * f
    )  # without dropout q, k, v share one input, gate and up another
    return 8.0 * h + copies + 12 * q + 12 * f + 4 * scores
