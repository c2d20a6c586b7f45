"""TRL's SFTTrainer with what a tied embedding under LoRA needs, and the settings that it is given.

Here: the trainer's configuration, the validation loss. Not here: the loss (answer_loss), what happens after an epoch
(session).

TRL 1.16 computes its fused loss from `lm_head.weight` itself and therefore refuses an adapter on the output layer. With
a tied embedding the output layer *has* the embedding's adapter, so here the loss goes through the layer; like TRL's, it
makes logits for answer tokens only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ft_pipeline.train import checkpoints
from ft_pipeline.train.adaptation import Precision
from ft_pipeline.train.answer_loss import PLAIN, answer_loss, make_plan
from ft_pipeline.train.job import TrainJob
from ft_pipeline.train.rows import MASKED, TokenRow

_WARMUP_SHARE = 0.03  # of all steps, at most _WARMUP_STEPS
_WARMUP_STEPS = 20
_PAD_MULTIPLE = 16  # tokens; few widths: every new one costs the CPU kernels a compilation and memory
_ACTIVATION_SHARE = 0.7  # of the free memory that activations may take; above it layers are computed twice


def build_trainer(
    model: Any, tokenizer: Any, rows: Sequence[TokenRow], *, job: TrainJob, precision: Precision, padding_free: bool
) -> Any:
    """An SFTTrainer of the adapted model on these rows; nothing is saved, logged or reported by it."""
    from trl.trainer.sft_trainer import SFTTrainer

    class AnswerTrainer(SFTTrainer):
        """The loss through the (adapted) output layer, its sum and its number of tokens kept for the epoch's mean."""

        loss_sum = 0.0
        loss_tokens = 0
        seen_tokens = 0
        plan = PLAIN

        def compute_loss(
            self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            assert not return_outputs, "nobody asks this trainer for outputs"
            if model.training and noise is not None:
                inputs = noise(inputs)
            total, tokens = answer_loss(model, inputs, self.plan)
            if model.training:
                self.loss_sum += float(total.detach())
                self.loss_tokens += tokens
                mask = inputs.get("attention_mask")
                self.seen_tokens += int(mask.sum()) if mask is not None else inputs["input_ids"].numel()
            whole = num_items_in_batch if num_items_in_batch is not None else max(tokens, 1)
            # The number is that of all processes' batches, and PyTorch takes the mean of their gradients.
            return total * self.args.world_size / whole

        def create_optimizer(self, model: Any = None) -> Any:
            if job.settings.loraplus_ratio == 1 or self.optimizer is not None:
                return super().create_optimizer(model)
            self.optimizer = _loraplus(self.model, job)
            return self.optimizer

        def floating_point_ops(self, inputs: Any) -> int:  # noqa: ARG002 - Transformers' signature
            """Nobody reads it, and Transformers counts all parameters anew at every step for it."""
            return 0

        def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:  # noqa: ARG002 - Transformers' signature
            checkpoints.load_weights(self.model, Path(resume_from_checkpoint))

        def _load_rng_state(self, checkpoint: str | None) -> None:
            if checkpoint is not None:
                states = checkpoints.read_random(Path(checkpoint), self.args.process_index)
                checkpoints.set_random_states(states["now"])

        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            """Progress goes out as events."""

    steps = -(-len(rows) // job.settings.batch_size) * job.settings.max_epochs
    noise = _token_dropout(tokenizer, job.settings.token_dropout) if job.settings.token_dropout else None
    recomputes = _recomputes(model, rows, job, precision)
    plan = make_plan(model, rows, settings=job.settings, precision=precision, recomputes=recomputes)
    shielded = _hide_adapted_head(model)
    try:
        trainer = AnswerTrainer(
            model=model,
            args=_arguments(job, precision, steps=steps, padding_free=padding_free, recomputes=recomputes),
            train_dataset=_dataset(rows),
            processing_class=tokenizer,
        )
    finally:
        if shielded:
            del model.get_output_embeddings
    trainer.plan = plan
    _train_once(model)
    return trainer


def _train_once(model: Any) -> None:
    """Lets the Trainer say `model.train()` at every step without a walk through all modules where nothing changes."""
    plain = model.train

    def train(mode: bool = True) -> Any:
        return model if model.training is mode else plain(mode)

    model.train = train


def _loraplus(model: Any, job: TrainJob) -> Any:
    """AdamW with a higher rate for the B matrices than for the A matrices (Hayou et al. 2024, arXiv:2402.12354)."""
    import torch
    from peft.optimizers import create_loraplus_optimizer

    rate = job.settings.learning_rate
    return create_loraplus_optimizer(
        model,
        torch.optim.AdamW,
        lr=rate,
        loraplus_lr_ratio=job.settings.loraplus_ratio,
        loraplus_lr_embedding=rate,
        fused=True,
    )


def _token_dropout(tokenizer: Any, share: float) -> Callable[[Any], Any]:
    """Replaces a share of the prompt's tokens by random ones, so that no single token carries the answer.

    After Iyyer et al. 2015 (word dropout), https://aclanthology.org/P15-1162, section 2.2; special tokens stay.
    """
    import torch

    special = torch.tensor(sorted(set(tokenizer.all_special_ids)))
    size = len(tokenizer)

    def noise(inputs: Any) -> Any:
        ids = inputs["input_ids"]
        may = (inputs["labels"] == MASKED) & ~torch.isin(ids, special.to(ids.device))
        hit = may & (torch.rand(ids.shape, device=ids.device) < share)
        other = torch.randint(size, ids.shape, device=ids.device)
        other = torch.where(torch.isin(other, special.to(ids.device)), ids, other)
        return {**inputs, "input_ids": torch.where(hit, other, ids)}

    return noise


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
            loss, count = answer_loss(model, inputs, trainer.plan)
            total, tokens = total + float(loss), tokens + count
    model.train(was_training)
    return total / max(tokens, 1)


def activation_bytes(config: Any, *, tokens: int, length: int, value_bytes: int, is_eager: bool) -> int:
    """What a step keeps for its backward pass, roughly, bytes.

    Per token and layer eight vectors of the model's width (norms, attention's inputs and outputs, the residual stream)
    and four of the feed-forward width (gate, up, their product, its activation); counted as in Korthikanti et al. 2022,
    arXiv:2205.05198, section 4.1. Eager attention keeps its scores and weights as well.

    Args:
        config: the model's text configuration.
        tokens: of the rows that are computed at once, padding counted.
        length: tokens of the longest row.
        value_bytes: of one activation.
        is_eager: whether attention's scores are kept.
    """
    layer = 8 * config.hidden_size + 4 * config.intermediate_size
    if is_eager:
        layer += 2 * config.num_attention_heads * length
    logits = 3 * 4 * config.vocab_size  # fp32: logits, their probabilities and their gradient
    return int(tokens * (config.num_hidden_layers * layer * value_bytes + logits))


def _recomputes(model: Any, rows: Sequence[TokenRow], job: TrainJob, precision: Precision) -> bool:
    """Whether layers are computed twice to save memory: as the task says, or where free memory asks for it."""
    import psutil
    import torch

    if job.settings.gradient_checkpointing != "auto":
        return job.settings.gradient_checkpointing == "on"
    length = max(len(item.input_ids) for item in rows)
    needed = activation_bytes(
        model.config.get_text_config(),
        tokens=length * _rows_at_once(job),
        length=length,
        value_bytes=2 if precision.autocast else 4,
        is_eager=precision.device == "cpu",
    )
    on_gpu = precision.device == "cuda"
    free = torch.cuda.mem_get_info()[0] if on_gpu else psutil.virtual_memory().available
    return bool(needed > _ACTIVATION_SHARE * free)


def _rows_at_once(job: TrainJob) -> int:
    return max(1, job.settings.batch_size // (job.split * job.settings.processes))


def _arguments(job: TrainJob, precision: Precision, *, steps: int, padding_free: bool, recomputes: bool) -> Any:
    from trl.trainer.sft_config import SFTConfig

    settings = job.settings
    on_gpu = precision.device == "cuda"
    return SFTConfig(
        output_dir=str(job.work / "trainer"),
        per_device_train_batch_size=_rows_at_once(job),
        gradient_accumulation_steps=job.split,
        num_train_epochs=settings.max_epochs,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.schedule,
        warmup_steps=0 if settings.schedule == "constant" else min(_WARMUP_STEPS, int(steps * _WARMUP_SHARE)),
        weight_decay=0.0,
        max_grad_norm=1.0,
        neftune_noise_alpha=settings.neftune_alpha or None,
        optim="paged_adamw_8bit" if job.method == "qlora" and on_gpu else "adamw_torch_fused",
        bf16=precision.autocast,
        use_cpu=not on_gpu,
        gradient_checkpointing=recomputes,
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
    """Where the epochs' adapters are kept between attempts: `epochs/N/`."""
    return job.work / "epochs"
