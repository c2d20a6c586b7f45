"""What a step leaves out changes neither its loss nor its gradients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.records import TrainingRow
from ft_pipeline.task import Training
from ft_pipeline.train.adaptation import Precision, add_adapter, load_base
from ft_pipeline.train.answer_loss import PLAIN, Plan, answer_loss, make_plan
from ft_pipeline.train.layout import common_beginning
from ft_pipeline.train.rows import MASKED, TokenRow

FP32 = Precision("cpu", False, "fp32")
BF16 = Precision("cpu", True, "bf16")
SOURCE = TrainingRow("r", "?", "!", "a", "i", "standard", "train", "ticket", "", "")
BEGINNING = list(range(40, 60))


def token_row(beginning: list[int], *, question: int, answer: int, seed: int) -> TokenRow:
    import torch

    dice = torch.Generator().manual_seed(seed)
    own = torch.randint(70, 300, (question + answer,), generator=dice).tolist()
    ids = beginning + own
    return TokenRow(SOURCE, ids, [MASKED] * (len(beginning) + question) + own[question:])


ROWS = [token_row(BEGINNING, question=3 + 2 * n, answer=2 + 5 * (n % 3), seed=n) for n in range(6)]
OTHERS = [*ROWS[:5], token_row(BEGINNING[::-1], question=4, answer=6, seed=9)]  # one begins in another way


def batch(rows: list[TokenRow]) -> dict[str, Any]:
    import torch

    width = max(len(row.input_ids) for row in rows)
    found = {name: torch.zeros(len(rows), width, dtype=torch.long) for name in ("input_ids", "attention_mask")}
    found["labels"] = torch.full((len(rows), width), MASKED)
    for place, row in enumerate(rows):
        length = len(row.input_ids)
        found["input_ids"][place, :length] = torch.tensor(row.input_ids)
        found["labels"][place, :length] = torch.tensor(row.labels)
        found["attention_mask"][place, :length] = 1
    return found


def adapted(base: Path, **settings: Any) -> Any:
    """A model whose adapter is not the zero that it begins as."""
    import torch

    model, _ = load_base(base, method="lora", precision=FP32)
    model = add_adapter(model, Training(lora_rank=4, lora_alpha=8, **settings))
    torch.manual_seed(2)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.requires_grad and ("lora_B" in name or "embedding_A" in name):
                value.normal_(std=0.05)
    return model.train()


def loss_and_gradients(model: Any, inputs: Any, plan: Plan) -> tuple[float, int, dict[str, Any]]:
    model.zero_grad()
    total, tokens = answer_loss(model, inputs, plan)
    total.backward()
    return float(total.detach()), tokens, {n: p.grad.clone() for n, p in model.named_parameters() if p.requires_grad}


@pytest.mark.parametrize("rows", [ROWS, OTHERS, ROWS[:1]], ids=["one beginning", "two beginnings", "one row"])
@pytest.mark.parametrize("embedding", [True, False])
def test_laid_end_to_end_and_folded_the_loss_and_every_gradient_stay_the_same(
    tiny_base: Path, rows: list[TokenRow], embedding: bool
) -> None:
    """Against PEFT's own forward pass over padded rows, in fp32: within 1e-5 of the loss, 1e-4 of a gradient."""
    import torch

    settings: dict[str, Any] = {"lora_dropout": 0.0, "train_embeddings": embedding}
    model = adapted(tiny_base, **settings)
    expected, count, gradients = loss_and_gradients(model, batch(rows), PLAIN)
    plan = make_plan(model, ROWS, settings=Training(**settings), precision=FP32, recomputes=False)
    assert plan.is_laid_out and plan.prunes and plan.folded is not None and plan.decoder is not None
    assert plan.beginning is not None and plan.beginning.tolist() == BEGINNING
    found, tokens, ours = loss_and_gradients(model, batch(rows), plan)
    assert tokens == count == sum(row.answer_tokens for row in rows)
    assert found == pytest.approx(expected, rel=1e-5)
    assert ours.keys() == gradients.keys()
    for name, value in gradients.items():
        assert float(value.abs().max()) > 0, name
        assert torch.allclose(ours[name], value, rtol=1e-4, atol=1e-4 * float(value.abs().max())), name
    assert not any(part._forward_pre_hooks or part._forward_hooks for part in model.modules())  # nothing left behind


def test_a_training_laid_end_to_end_follows_the_padded_one_within_a_thousandth(tiny_base: Path) -> None:
    import torch

    losses = []
    for is_plain in (True, False):
        model = adapted(tiny_base, lora_dropout=0.0)
        plan = PLAIN
        if not is_plain:
            plan = make_plan(model, ROWS, settings=Training(lora_dropout=0.0), precision=FP32, recomputes=False)
        trained = [value for value in model.parameters() if value.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=3e-3)
        seen = []
        for step in range(12):
            total, tokens = answer_loss(model, batch(ROWS[step % 3 :: 2]), plan)
            (total / tokens).backward()
            optimizer.step()
            optimizer.zero_grad()
            seen.append(float(total.detach()) / tokens)
        losses.append(seen)
    assert losses[0][-1] < 0.9 * losses[0][0]  # it learns
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


@pytest.mark.parametrize(
    ("settings", "config", "is_laid_out", "has_beginning", "is_folded"),
    [
        ({}, {}, True, True, True),
        ({"lora_dropout": 0.1}, {}, True, False, False),  # each row draws its own noise
        ({"neftune_alpha": 5.0}, {}, False, False, True),  # the noise depends on the rows' padded length
        ({"dora": True}, {}, True, True, False),
        ({}, {"sliding_window": 16}, False, False, True),
        ({}, {"sliding_window": 64}, True, True, True),  # wider than the longest row
        ({}, {"attn_logit_softcapping": 50.0}, False, False, True),
        ({}, {"attention_dropout": 0.1}, False, False, True),
    ],
)
def test_nothing_is_left_out_where_the_result_would_differ(
    tiny_base: Path,
    settings: dict[str, Any],
    config: dict[str, Any],
    is_laid_out: bool,
    has_beginning: bool,
    is_folded: bool,
) -> None:
    chosen = {"lora_dropout": 0.0} | settings
    model = adapted(tiny_base, **{name: value for name, value in chosen.items() if name != "neftune_alpha"})
    for name, value in config.items():
        setattr(model.config, name, value)
    plan = make_plan(model, ROWS, settings=Training(**chosen), precision=FP32, recomputes=False)
    assert (plan.is_laid_out, plan.beginning is not None, plan.folded is not None) == (
        is_laid_out,
        has_beginning,
        is_folded,
    )


@pytest.mark.parametrize(
    ("shape", "settings"),
    [
        ({"num_key_value_heads": 1}, {}),
        ({"num_key_value_heads": 4}, {}),  # no two heads share keys
        ({"attention_bias": True, "mlp_bias": True}, {}),
        ({"num_hidden_layers": 1}, {}),  # the last layer is the first one
        ({"tie_word_embeddings": False}, {"train_embeddings": False}),
    ],
    ids=["one key-value head", "own key-value heads", "biases", "one layer", "an output layer of its own"],
)
def test_the_written_out_layers_are_the_model_s_in_every_shape(
    tmp_path: Path, tiny_base: Path, shape: dict[str, Any], settings: dict[str, Any]
) -> None:
    import torch

    base = _reshaped(tiny_base, tmp_path / "base", shape)
    chosen: dict[str, Any] = {"lora_dropout": 0.0} | settings
    model = adapted(base, **chosen)
    expected, _, gradients = loss_and_gradients(model, batch(ROWS), PLAIN)
    plan = make_plan(model, ROWS, settings=Training(**chosen), precision=FP32, recomputes=False)
    assert plan.decoder is not None
    found, _, ours = loss_and_gradients(model, batch(ROWS), plan)
    assert found == pytest.approx(expected, rel=1e-5)
    for name, value in gradients.items():
        assert torch.allclose(ours[name], value, rtol=1e-4, atol=1e-4 * float(value.abs().max())), name


def _reshaped(base: Path, folder: Path, shape: dict[str, Any]) -> Path:
    import shutil

    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    shutil.copytree(base, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    torch.manual_seed(1)
    model = LlamaForCausalLM(LlamaConfig.from_pretrained(base, **shape))
    with torch.no_grad():
        for name, value in model.named_parameters():
            if name.endswith("bias"):
                value.normal_(std=0.1)
    model.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("case", ["a layer without adapter", "two processes", "a scaled residual", "a norm more"])
def test_layers_that_are_not_the_known_ones_are_left_to_the_model(tiny_base: Path, case: str) -> None:
    import torch

    chosen: dict[str, Any] = {"lora_dropout": 0.0}
    if case == "a layer without adapter":
        chosen["target_modules"] = ("q_proj", "v_proj", "gate_proj", "up_proj", "down_proj", "o_proj")
    if case == "two processes":
        chosen["processes"] = 2  # their gradients meet in the model's own forward pass
    model = adapted(tiny_base, **chosen)
    layer = model.get_decoder().layers[0]
    if case == "a scaled residual":
        layer.register_forward_hook(lambda _layer, _given, found: found * 1.5)
    if case == "a norm more":
        layer.self_attn.q_norm = torch.nn.LayerNorm(8)
    plan = make_plan(model, ROWS, settings=Training(**chosen), precision=FP32, recomputes=False)
    assert plan.is_laid_out and plan.decoder is None


def test_a_token_that_is_all_but_impossible_has_a_finite_loss_and_its_exact_gradient() -> None:
    import torch

    from ft_pipeline.train.answer_loss import _summed_loss

    logits = torch.tensor([[300.0, 0.0, -5.0], [1.0, 2.0, 3.0], [7.0, 7.0, 7.0]], requires_grad=True)
    wanted = torch.tensor([1, 2, MASKED])
    total = _summed_loss()(logits, wanted, 2)
    (2 * total).backward()
    plain = logits.detach().clone().requires_grad_()
    (2 * torch.nn.functional.cross_entropy(plain, wanted, reduction="sum", ignore_index=MASKED)).backward()
    assert logits.grad is not None and plain.grad is not None
    assert torch.allclose(logits.grad, plain.grad, atol=1e-6)
    assert 87 < float(total.detach()) < 89  # the exact 300 would say no more


def test_a_gpu_and_a_recomputed_layer_keep_their_own_ways(tiny_base: Path) -> None:
    model, settings = adapted(tiny_base, lora_dropout=0.0), Training(lora_dropout=0.0)
    gpu = Precision("cuda", True, "bf16")
    assert make_plan(model, ROWS, settings=settings, precision=gpu, recomputes=False) == PLAIN
    recomputed = make_plan(model, ROWS, settings=settings, precision=FP32, recomputes=True)
    assert not recomputed.prunes and recomputed.decoder is None


def test_a_model_whose_attention_reads_more_than_its_row_is_left_alone(
    tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof on a sample of tokens: here positions count on from row to row."""
    from ft_pipeline.train import layout

    plain = layout.lay_out

    def without_positions(inputs: Any, beginning: Any) -> dict[str, Any]:
        import torch

        found = plain(inputs, beginning)
        return found | {"position_ids": torch.arange(found["input_ids"].shape[1])[None]}

    monkeypatch.setattr(layout, "lay_out", without_positions)
    model = adapted(tiny_base, lora_dropout=0.0)
    plan = make_plan(model, ROWS, settings=Training(lora_dropout=0.0), precision=FP32, recomputes=False)
    assert not plan.is_laid_out and plan.folded is not None


def test_the_common_beginning_ends_before_the_place_that_the_first_answer_token_is_read_from() -> None:
    assert common_beginning(ROWS) == BEGINNING
    same = [token_row(BEGINNING, question=4, answer=3, seed=1)] * 2
    assert common_beginning(same) == same[0].input_ids[:23]  # 24 prompt tokens, the last one stays with the row
    assert common_beginning(OTHERS) == []
    assert common_beginning([]) == []
