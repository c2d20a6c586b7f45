"""The memory estimate against real models and against what is known of large ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from ft_pipeline.base_model.memory import Shape, adapter_parameters, estimate_memory, read_shape
from ft_pipeline.task import Training

LLAMA_3_8B = Shape(8_030_261_248, 4096, 32, 14336, 32, 8, 128, 128_256, 8192, is_tied=False)


def test_the_shape_is_that_of_the_model(tiny_base: Path) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny_base)
    shape = read_shape(tiny_base)
    assert shape.parameters == model.num_parameters()
    assert (shape.hidden, shape.layers, shape.kv_heads, shape.is_tied) == (32, 2, 2, True)


@pytest.mark.parametrize("train_embeddings", [True, False])
def test_the_adapter_has_the_parameters_that_peft_makes(tiny_base: Path, train_embeddings: bool) -> None:
    from transformers import AutoModelForCausalLM

    from ft_pipeline.train.adaptation import add_adapter
    from ft_pipeline.train.writing import count_parameters

    training = Training(lora_rank=4, train_embeddings=train_embeddings)
    model = add_adapter(AutoModelForCausalLM.from_pretrained(tiny_base), training)
    made = count_parameters(model)
    assert made["trainable"] == adapter_parameters(read_shape(tiny_base), training)
    assert made["base"] == read_shape(tiny_base).parameters


def test_an_8b_shape_needs_about_what_is_published_for_it() -> None:
    training = Training(batch_size=1, max_length=512, lora_rank=16)
    lora, qlora = (
        estimate_memory(LLAMA_3_8B, training, method=method, on_gpu=True, row_tokens=512).total_gib
        for method in ("lora", "qlora")
    )
    assert 16 < lora < 24  # 15 GiB of bf16 weights; one 24 GiB card is the usual advice
    assert 6 < qlora < 10  # Dettmers et al. 2023, figure 6: a 7 B model in about 7 GiB
    assert adapter_parameters(LLAMA_3_8B, training) / LLAMA_3_8B.parameters < 0.05


@pytest.mark.parametrize("more", [{"batch_size": 16}, {"lora_rank": 64}])
def test_more_of_anything_needs_more_memory(more: dict[str, int]) -> None:
    small = estimate_memory(LLAMA_3_8B, Training(), method="lora", on_gpu=False, row_tokens=256)
    large = estimate_memory(LLAMA_3_8B, Training(**more), method="lora", on_gpu=False, row_tokens=256)
    assert large.total_gib > small.total_gib
