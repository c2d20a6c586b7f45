"""TRL's SFTTrainer with what a tied embedding under LoRA needs, and the settings that it is given.

Here: the loss on answer tokens, the trainer's configuration, the validation loss. Not here: what happens after an epoch
(session).

TRL 1.16 computes its fused loss from `lm_head.weight` itself and therefore refuses an adapter on the output layer. With
a tied embedding the output layer *has* the embedding's adapter, so here the loss goes through the layer; like TRL's, it
makes logits for answer tokens only.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ft_pipeline.train.adaptation import Precision
from ft_pipeline.train.job import TrainJob
from ft_pipeline.train.rows import MASKED, TokenRow

if TYPE_CHECKING:
    import torch
    from trl.trainer.sft_trainer import SFTTrainer

_WARMUP_SHARE = 0.03  # of all steps, at most _WARMUP_STEPS
_WARMUP_STEPS = 20
_PAD_MULTIPLE = 16  # tokens; few widths: every new one costs the CPU kernels a compilation and memory
_CHECKPOINT_PARAMETERS = 1_000_000_000  # on a GPU: models above it trade time for memory


def build_trainer(
    model: Any, tokenizer: Any, rows: Sequence[TokenRow], *, job: TrainJob, precision: Precision, padding_free: bool
) -> SFTTrainer:
    """A trainer of the adapted model on these rows; nothing is saved, logged or reported by it."""
    from trl.trainer.sft_trainer import SFTTrainer

    class AnswerTrainer(SFTTrainer):
        """The loss through the (adapted) output layer, its sum and its number of tokens kept for the epoch's mean."""

        loss_sum = 0.0
        loss_tokens = 0
        seen_tokens = 0

        def compute_loss(
            self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            assert not return_outputs, "nobody asks this trainer for outputs"
            total, tokens = answer_loss(model, inputs)
            if model.training:
                self.loss_sum += float(total.detach())
                self.loss_tokens += tokens
                mask = inputs.get("attention_mask")
                self.seen_tokens += int(mask.sum()) if mask is not None else inputs["input_ids"].numel()
            return total / (num_items_in_batch if num_items_in_batch is not None else max(tokens, 1))

        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            """Progress goes out as events."""

    steps = -(-len(rows) // job.settings.batch_size) * job.settings.max_epochs
    shielded = _hide_adapted_head(model)
    try:
        return AnswerTrainer(
            model=model,
            args=_arguments(model, job, precision, steps=steps, padding_free=padding_free),
            train_dataset=_dataset(rows),
            processing_class=tokenizer,
        )
    finally:
        if shielded:
            del model.get_output_embeddings


def answer_loss(model: Any, inputs: Any) -> tuple[torch.Tensor, int]:
    """Summed cross entropy over the answer tokens of a batch (natural logarithm), and their number."""
    import torch.nn.functional as F

    labels = inputs["labels"][:, 1:]
    columns = (labels != MASKED).any(dim=0).nonzero().flatten()
    asked = {name: inputs[name] for name in ("input_ids", "position_ids", "attention_mask") if name in inputs}
    logits = model(**asked, use_cache=False, logits_to_keep=columns).logits
    chosen = labels[:, columns].flatten()
    total = F.cross_entropy(logits.float().flatten(0, 1), chosen, ignore_index=MASKED, reduction="sum")
    return total, int((chosen != MASKED).sum())


def validation_loss(trainer: Any, rows: Sequence[TokenRow], *, batch_size: int) -> float:
    """Mean loss over all answer tokens of the validation rows."""
    import torch

    model = trainer.model
    was_training = model.training
    model.eval()
    for part in model.modules():  # in eval mode bitsandbytes repacks CPU weights for good, and training would go wrong
        part.training = type(part).__name__ == "Linear4bit" and model.device.type == "cpu"
    total, tokens = 0.0, 0
    ordered = sorted(rows, key=lambda item: len(item.input_ids))
    with torch.no_grad(), trainer.compute_loss_context_manager():
        for start in range(0, len(ordered), batch_size):
            examples = [
                {"input_ids": item.input_ids, "labels": item.labels} for item in ordered[start : start + batch_size]
            ]
            inputs = {
                name: value.to(model.device) if hasattr(value, "to") else value
                for name, value in trainer.data_collator(examples).items()
            }
            loss, count = answer_loss(model, inputs)
            total, tokens = total + float(loss), tokens + count
    model.train(was_training)
    return total / max(tokens, 1)


def _arguments(model: Any, job: TrainJob, precision: Precision, *, steps: int, padding_free: bool) -> Any:
    from trl.trainer.sft_config import SFTConfig

    settings = job.settings
    on_gpu = precision.device == "cuda"
    size = sum(parameter.numel() for parameter in model.parameters())
    return SFTConfig(
        output_dir=str(job.work / "trainer"),
        per_device_train_batch_size=settings.batch_size,
        num_train_epochs=settings.max_epochs,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.schedule,
        warmup_steps=0 if settings.schedule == "constant" else min(_WARMUP_STEPS, int(steps * _WARMUP_SHARE)),
        weight_decay=0.0,
        max_grad_norm=1.0,
        optim="paged_adamw_8bit" if job.method == "qlora" and on_gpu else "adamw_torch",
        bf16=precision.autocast,
        use_cpu=not on_gpu,
        gradient_checkpointing=on_gpu and size > _CHECKPOINT_PARAMETERS,
        max_length=None,  # rows are measured and rejected before
        padding_free=padding_free,
        pad_to_multiple_of=_PAD_MULTIPLE,
        train_sampling_strategy="random" if padding_free else "group_by_length",
        completion_only_loss=True,
        dataset_kwargs={"skip_prepare_dataset": True},
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        save_strategy="no",
        eval_strategy="no",
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        push_to_hub=False,
        seed=settings.seed,
        data_seed=settings.seed,
    )


def _dataset(rows: Sequence[TokenRow]) -> Any:
    from datasets import Dataset

    return Dataset.from_dict({"input_ids": [item.input_ids for item in rows], "labels": [item.labels for item in rows]})


def _hide_adapted_head(model: Any) -> bool:
    """Lets SFTTrainer be built although the output layer has an adapter: `compute_loss` goes through the layer."""
    head = model.get_output_embeddings()
    if not hasattr(head, "get_base_layer"):
        return False
    model.get_output_embeddings = head.get_base_layer
    return True


def work_folder(job: TrainJob) -> Path:
    """Where the epochs' adapters are kept between attempts: `epochs/N/` with the adapter and `epoch.json`."""
    return job.work / "epochs"
