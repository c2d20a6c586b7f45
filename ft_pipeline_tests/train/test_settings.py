"""What the task's settings become: the adapter's shape, the trainer's configuration, the loss."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from ft_pipeline.records import TrainingRow, read_table
from ft_pipeline.task import Training
from ft_pipeline.train import TrainError, TrainJob
from ft_pipeline.train.adaptation import Precision, add_adapter, base_revision, load_base
from ft_pipeline.train.answer_loss import answer_loss
from ft_pipeline.train.answer_trainer import _arguments, _loraplus, _token_dropout, activation_bytes, build_trainer
from ft_pipeline.train.rows import MASKED, tokenise

CPU, GPU = Precision("cpu", False, "fp32"), Precision("cuda", True, "bf16")


@pytest.fixture(scope="module")
def base(tiny_base: Path) -> tuple[Any, Any]:
    return load_base(tiny_base, method="lora", precision=CPU)


def adapted(tiny_base: Path, **settings: Any) -> Any:
    model, _ = load_base(tiny_base, method="lora", precision=CPU)
    return add_adapter(model, Training(lora_rank=4, lora_alpha=8, **settings)).peft_config["default"]


def test_every_linear_layer_and_the_tied_embedding_get_an_adapter_by_default(tiny_base: Path) -> None:
    found = adapted(tiny_base)
    linear = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert {name.rsplit(".", 1)[-1] for name in found.target_modules} == {*linear, "embed_tokens"}
    assert not found.use_rslora and not found.use_dora and found.ensure_weight_tying


def test_rslora_dora_and_target_modules_are_settings(tiny_base: Path) -> None:
    found = adapted(tiny_base, rslora=True, dora=True, target_modules=("q_proj", "v_proj"), train_embeddings=False)
    assert found.use_rslora and found.use_dora and set(found.target_modules) == {"q_proj", "v_proj"}


def test_a_layer_that_the_model_does_not_have_is_refused_by_name(tiny_base: Path) -> None:
    with pytest.raises(TrainError, match=r"found qproj, which this base model does not have.*some of down_proj"):
        adapted(tiny_base, target_modules=("qproj",))


def test_the_output_layer_gets_an_adapter_only_where_it_is_named_and_a_matrix_of_its_own(tiny_base: Path) -> None:
    with pytest.raises(TrainError, match="found lm_head, which this base model does not have or ties"):
        adapted(tiny_base, target_modules=("lm_head",))
    model, _ = load_base(tiny_base, method="lora", precision=CPU)
    model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
    model.config.tie_word_embeddings = False
    found = add_adapter(model, Training(lora_rank=4, target_modules=("lm_head",))).peft_config["default"]
    assert set(found.target_modules) == {"lm_head"}


def test_loraplus_gives_the_b_matrices_a_higher_rate(tiny_base: Path, make_job: Callable[..., TrainJob]) -> None:
    model, _ = load_base(tiny_base, method="lora", precision=CPU)
    job = make_job(learning_rate=1e-3, loraplus_ratio=16)
    adapted_model = add_adapter(model, job.settings)
    names = {id(part): name for name, part in adapted_model.named_parameters()}
    groups = _loraplus(adapted_model, job).param_groups
    rates = {names[id(part)]: group["lr"] for group in groups for part in group["params"]}
    assert {rate for name, rate in rates.items() if "lora_B" in name} == {0.016}
    assert {rate for name, rate in rates.items() if "lora_B" not in name} == {0.001}


@pytest.mark.parametrize(
    ("split", "processes", "rows_at_once"), [(1, 1, 8), (2, 1, 4), (8, 1, 1), (1, 2, 4), (4, 2, 1)]
)
def test_rows_per_step_stay_the_same_however_they_are_computed(
    make_job: Callable[..., TrainJob], split: int, processes: int, rows_at_once: int
) -> None:
    job = make_job(batch_size=8, processes=processes).model_copy(update={"split": split})
    found = _arguments(job, CPU, steps=100, padding_free=False, recomputes=False)
    assert found.per_device_train_batch_size == rows_at_once
    assert found.per_device_train_batch_size * found.gradient_accumulation_steps * processes == 8


def test_what_a_gpu_would_be_asked_for(make_job: Callable[..., TrainJob], monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration only: this runs on machines without a GPU too."""
    import trl.trainer.sft_config

    monkeypatch.setattr(trl.trainer.sft_config, "SFTConfig", lambda **given: SimpleNamespace(**given))
    job = make_job(method="qlora", neftune_alpha=5.0)
    found = _arguments(job, GPU, steps=100, padding_free=True, recomputes=True)
    assert (found.optim, found.bf16, found.use_cpu) == ("paged_adamw_8bit", True, False)
    assert (found.padding_free, found.gradient_checkpointing) == (True, True)
    assert (found.train_sampling_strategy, found.neftune_noise_alpha) == ("random", 5.0)
    lora = _arguments(make_job(), GPU, steps=100, padding_free=True, recomputes=False)
    assert lora.optim == "adamw_torch_fused" and lora.neftune_noise_alpha is None


def test_layers_are_computed_twice_only_where_memory_asks_for_it() -> None:
    """Llama-3-8B, 8 rows: an 80 GiB card holds 512 tokens a row without, and needs it at 2,048."""
    llama = SimpleNamespace(
        hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32, vocab_size=128256
    )

    def gib(length: int) -> float:
        sizes = {"tokens": 8 * length, "length": length, "value_bytes": 2, "is_eager": False}
        return activation_bytes(llama, **sizes) / 2**30  # type: ignore[arg-type]

    free = 0.7 * (80 - 16)
    assert gib(512) < free < gib(2048)


def test_the_loss_of_a_padded_batch_is_that_of_its_rows_one_by_one(base: tuple[Any, Any]) -> None:
    """Length-grouped batches follow plain fp32 training in the same order: loss and gradient, within 1e-5."""
    import torch
    import torch.nn.functional as F

    model, _ = base
    torch.manual_seed(1)
    rows = [torch.randint(5, 300, (length,)) for length in (9, 14, 11)]
    answers = (4, 3, 7)
    ids = torch.zeros(3, 14, dtype=torch.long)
    labels, mask = torch.full_like(ids, MASKED), torch.zeros_like(ids)
    for place, (row, answer) in enumerate(zip(rows, answers, strict=True)):
        ids[place, : len(row)], mask[place, : len(row)] = row, 1
        labels[place, len(row) - answer : len(row)] = row[-answer:]
    model.train()
    total, tokens = answer_loss(model, {"input_ids": ids, "labels": labels, "attention_mask": mask})
    weight = model.model.layers[0].self_attn.q_proj.weight
    (gradient,) = torch.autograd.grad(total, weight)
    plain = torch.zeros(())
    for row, answer in zip(rows, answers, strict=True):
        logits = model(input_ids=row[None], use_cache=False).logits[0, -answer - 1 : -1]
        plain = plain + F.cross_entropy(logits, row[-answer:], reduction="sum")
    (expected,) = torch.autograd.grad(plain, weight)
    assert tokens == sum(answers)
    assert float(total.detach()) == pytest.approx(float(plain.detach()), rel=1e-5)
    assert torch.allclose(gradient, expected, rtol=1e-3, atol=1e-5)
    assert not model.get_output_embeddings()._forward_pre_hooks  # nothing is left behind


def test_token_dropout_changes_prompt_tokens_only_and_no_special_one(base: tuple[Any, Any]) -> None:
    import torch

    _, tokenizer = base
    special = set(tokenizer.all_special_ids)
    ids = torch.tensor([[min(special), *range(50, 90)]])
    labels = ids.clone()
    labels[:, :21] = MASKED
    torch.manual_seed(0)
    found = _token_dropout(tokenizer, 0.5)({"input_ids": ids, "labels": labels})
    changed = found["input_ids"] != ids
    assert 3 <= int(changed.sum()) <= 17 and not changed[:, 21:].any() and not changed[0, 0]
    assert not special & set(found["input_ids"][changed].tolist())
    assert found["labels"] is labels


def test_a_hub_model_s_revision_is_its_commit(tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    (tmp_path / "snapshots" / commit).mkdir(parents=True)
    assert base_revision(tmp_path / "snapshots" / commit) == commit
    assert base_revision(tmp_path) == ""


def _without(base: Path, folder: Path, *names: str) -> Path:
    """A copy of a base model whose tokenizer lacks these tokens."""
    shutil.copytree(base, folder)
    (folder / "special_tokens_map.json").unlink(missing_ok=True)
    file = folder / "tokenizer_config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({name: value for name, value in config.items() if name not in names}), encoding="utf-8")
    return folder


def test_without_a_padding_token_the_same_is_learned_the_end_of_an_answer_included(
    tiny_base: Path, tmp_path: Path, make_job: Callable[..., TrainJob]
) -> None:
    job, found = make_job(lora_dropout=0.0), []
    for base in (tiny_base, _without(tiny_base, tmp_path / "base", "pad_token")):
        model, tokenizer = load_base(base, method="lora", precision=CPU)
        table = [item for item in read_table(job.rows, TrainingRow) if item.split == "train"][:3]
        made = tokenise(table, tokenizer, system_prompt=job.system_prompt, max_length=256).rows
        assert all(item.labels[-2] != MASKED for item in made) and len({len(item.input_ids) for item in made}) > 1
        trainer = build_trainer(
            add_adapter(model, job.settings), tokenizer, made, job=job, precision=CPU, padding_free=False
        )
        batch = trainer.data_collator([{"input_ids": item.input_ids, "labels": item.labels} for item in made])
        total, tokens = answer_loss(trainer.model, batch, trainer.plan)
        found.append((tokenizer.pad_token, tokens, float(total.detach())))
    (with_pad, *figures), (without_pad, *others) = found
    assert (with_pad, without_pad) == ("<|pad|>", "<|end|>")
    assert others == pytest.approx(figures)


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (("chat_template",), "no chat template; use the instruct variant"),
        (("eos_token", "pad_token"), "no end-of-sequence token; use the instruct variant"),
    ],
)
def test_a_tokenizer_that_cannot_be_trained_with_is_refused_before_any_weight_is_read(
    tiny_base: Path, tmp_path: Path, lost: tuple[str, ...], said: str
) -> None:
    base = _without(tiny_base, tmp_path / "base", *lost)
    if "chat_template" in lost:
        (base / "chat_template.jinja").unlink()
    (base / "model.safetensors").unlink()
    with pytest.raises(TrainError, match=said):
        load_base(base, method="lora", precision=CPU)
