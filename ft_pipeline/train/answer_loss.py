"""The loss of a batch on its answer tokens, and nothing computed for it that it does not depend on.

Here: what a model allows to be left out, where answers stand, what the last layer is asked for. Not here: the trainer
around it (answer_trainer), the order of the tokens (layout), a layer's passes (decoder), its products (folding).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ft_pipeline.task import Training
from ft_pipeline.train.adaptation import Precision
from ft_pipeline.train.rows import MASKED, TokenRow

if TYPE_CHECKING:
    import torch

    from ft_pipeline.train.decoder import Decoder
    from ft_pipeline.train.folding import Folded

_PLACES_MULTIPLE = 64  # few sizes: every new one costs the CPU kernels a compilation and memory
_ROWS_AT_ONCE = 64  # of logits in fp32: what the processor's cache holds
_ASKED = ("input_ids", "position_ids", "attention_mask", "layout")  # of a batch, by the model's own forward pass
_PROOF_TOKENS, _TOLERANCE = 12, 0.02  # of the largest logit: bf16 keeps 8 bits


@dataclass(frozen=True)
class Plan:
    """How the loss of one model's batches is computed; as it stands, by the model's own forward pass."""

    is_laid_out: bool = False  # rows end to end, without padding
    beginning: torch.Tensor | None = None  # tokens with which all rows begin, computed once a step
    prunes: bool = False  # the last layer ends at the places that the loss needs
    folded: Folded | None = None
    decoder: Decoder | None = None  # the model's layers written out

    @property
    def batches(self) -> str:
        return "laid_end_to_end" if self.is_laid_out else "grouped_by_length"


PLAIN = Plan()


def make_plan(
    model: Any, rows: Sequence[TokenRow], *, settings: Training, precision: Precision, recomputes: bool
) -> Plan:
    """What this training can leave out. On a CPU alone: a GPU has faster kernels for the same, and is fed otherwise.

    Args:
        model: adapted; its attention is replaced where rows are laid out.
        rows: the training rows.
        settings: random draws per token or row (dropout, noise) keep rows apart.
        precision: of the products.
        recomputes: layers are computed twice to save memory.
    """
    import torch
    from transformers import AttentionInterface

    from ft_pipeline.train import decoder, folding, layout

    if precision.device != "cpu":
        return PLAIN
    dtype = torch.bfloat16 if precision.autocast else torch.float32
    folded = folding.fold_layers(model, dtype=dtype)
    AttentionInterface.register(layout.NAME, layout.attend)
    longest = max((len(item.input_ids) for item in rows), default=0)
    if settings.neftune_alpha or not layout.allows(model, longest=longest) or not _proves(model, precision):
        return Plan(folded=folded)
    beginning = [] if settings.lora_dropout else layout.common_beginning(rows)
    written = None
    if not recomputes and settings.processes == 1:  # several processes learn of each other in the model's own forward
        written = decoder.written_out(model, folded, dtype=dtype)
        written = written if written is not None and _proves(model, precision, written) else None
    model.set_attn_implementation(layout.NAME)
    return Plan(True, torch.tensor(beginning) if beginning else None, not recomputes, folded, written)


def answer_loss(model: Any, inputs: Any, plan: Plan = PLAIN) -> tuple[torch.Tensor, int]:
    """Summed cross entropy over the answer tokens of a batch (natural logarithm), and their number.

    Args:
        model: a causal language model, adapted or not.
        inputs: input_ids, labels and attention_mask or position_ids, rows x tokens.
        plan: the one that was made for this model.
    """
    import torch.nn.functional as F

    from ft_pipeline.train import layout

    if plan.folded is not None:
        plan.folded.fold()
    if plan.is_laid_out:
        inputs = layout.lay_out(inputs, plan.beginning)
    places, wanted = _places(inputs["labels"])
    count = int((wanted != MASKED).sum())
    if plan.decoder is not None:
        return _summed_loss()(plan.decoder.logits(inputs, places, count), wanted, count), count
    asked = {name: inputs[name] for name in _ASKED if name in inputs}
    with _only(getattr(model, "module", model), places, prunes=plan.prunes):
        logits = model(**asked, use_cache=False).logits[0]
    total = F.cross_entropy(logits.float(), wanted, reduction="sum", ignore_index=MASKED)
    return total, count


@lru_cache(maxsize=1)
def _summed_loss() -> Any:
    """Summed cross entropy of the first `count` rows of logits, its gradient made along with it.

    A token less likely than the least number of fp32 (a loss above 87) counts with that; its gradient is exact.
    """
    import torch

    class SummedLoss(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, logits: torch.Tensor, wanted: torch.Tensor, count: int) -> torch.Tensor:
            of_logits = torch.zeros_like(logits) if ctx.needs_input_grad[0] else None
            total = torch.zeros(())
            for start in range(0, count, _ROWS_AT_ONCE):
                rows = slice(start, min(start + _ROWS_AT_ONCE, count))
                likely = torch.softmax(logits[rows].float(), dim=-1)
                tokens = wanted[rows, None]
                found = likely.gather(1, tokens)
                if of_logits is not None:
                    of_logits[rows] = likely.scatter_(1, tokens, found - 1)
                total -= found.clamp_(min=torch.finfo(torch.float32).tiny).log_().sum()
            if of_logits is not None:
                ctx.save_for_backward(of_logits)
            return total

        @staticmethod
        def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
            return ctx.saved_tensors[0] * gradients[0], None, None

    return SummedLoss.apply


def _proves(model: Any, precision: Precision, decoder: Decoder | None = None) -> bool:
    """Whether the model gives the same logits for rows that are laid end to end, so far as its precision goes."""
    import torch

    from ft_pipeline.train import layout

    size = model.config.get_text_config().vocab_size
    ids = torch.arange(2 * _PROOF_TOKENS).view(2, -1) * 7 % size
    ids[:, :4] = ids[0, :4]
    batch = {"input_ids": ids, "labels": ids, "attention_mask": torch.ones_like(ids)}
    laid = layout.lay_out(batch, ids[0, :4])
    own = laid["layout"].own
    was_training, before = model.training, model.config._attn_implementation
    model.eval()
    try:
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision.autocast):
            plain = model(input_ids=ids, use_cache=False).logits.float()[:, 4:].flatten(0, 1)
            model.set_attn_implementation(layout.NAME)
            if decoder is None:
                found = model(**{name: laid[name] for name in _ASKED}, use_cache=False).logits.float()[0, own]
            else:
                found = decoder.logits(laid, torch.arange(own.start, own.stop), own.stop - own.start).float()
    finally:
        model.set_attn_implementation(before)
        model.train(was_training)
    return bool((plain - found).abs().max() <= _TOLERANCE * plain.abs().max())


def _places(labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Where the next token is an answer's, in the flattened batch, and that token; filled up to a round number."""
    import torch
    import torch.nn.functional as F

    following = F.pad(labels[:, 1:], (0, 1), value=MASKED).flatten()
    is_answer = following != MASKED
    places = is_answer.nonzero()[:, 0]
    missing = -len(places) % _PLACES_MULTIPLE
    places = torch.cat([places, (~is_answer).nonzero()[:missing, 0]])  # whose label is masked
    return places, following[places]


@contextmanager
def _only(model: Any, places: torch.Tensor, *, prunes: bool) -> Iterator[None]:
    """Within it the output layer is computed at these places only, and the end of the last layer where it may be.

    By hooks: what a row keeps differs from row to row, which `logits_to_keep` cannot say, and what a model does to its
    logits (scaling, soft caps) is still done.
    """

    def chosen(_part: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
        return given[0].flatten(0, 1)[places][None], *given[1:]

    def put_back(_part: Any, _given: tuple[Any, ...], found: torch.Tensor) -> torch.Tensor:
        whole = found.new_zeros(*shape, found.shape[-1])
        return whole.flatten(0, 1).index_copy(0, places, found[0]).view(whole.shape)

    def note(_layer: Any, given: tuple[Any, ...]) -> None:
        shape[:] = given[0].shape[:2]

    shape: list[int] = []
    handles = [model.get_output_embeddings().register_forward_pre_hook(chosen)]
    parts = _ends_of_last_layer(model) if prunes else []
    if parts:
        handles.append(model.get_decoder().layers[-1].register_forward_pre_hook(note))
    for part in parts:
        handles += [part.register_forward_pre_hook(chosen), part.register_forward_hook(put_back)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _ends_of_last_layer(model: Any) -> list[Any]:
    """The parts of the last layer that work place by place, after its attention has looked at all places."""
    layers = getattr(model.get_decoder(), "layers", None)
    if not layers:
        return []
    found = [getattr(getattr(layers[-1], "self_attn", None), "o_proj", None), getattr(layers[-1], "mlp", None)]
    is_plain = found[0] is not None and type(found[1]).__name__.endswith("MLP")  # a mixture of experts returns more
    return found if is_plain else []
