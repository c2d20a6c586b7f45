"""GGUF files: read back by Transformers' own GGUF reader, cut into the tokens of the model."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.engines import EngineError, export_merged
from ft_pipeline.engines.gguf import GgufFile, check_gguf, export_gguf
from ft_pipeline_tests.conftest import make_tiny_base

gguf = pytest.importorskip("gguf", reason="pip install 'ft-pipeline[gguf]'")
TEXTS = ["Сколько стоит доставка груза в Казань?", "Доставка до двери стоит 350 рублей, срок — 3 дня."]
SHAPE = {"vocab_size": 400, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256}


def logits(folder: Path, file: str | None = None) -> Any:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    # The reader of GGUF files knows weights of all families but not each key of each: the shape comes from the folder.
    found: dict[str, Any] = {} if file is None else {"gguf_file": file}
    config = AutoConfig.from_pretrained(folder)
    if file is not None and config.model_type != "mistral":  # a Llama in every GGUF file
        found["config"] = config
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **found).eval()
    with torch.no_grad():
        return model(input_ids=torch.arange(5, 60)[None]).logits


def other_family(family: str, folder: Path, tiny_base: Path, **more: Any) -> Path:
    """A random model of another family with the tokenizer of the tiny base."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    shutil.copytree(tiny_base, folder)
    config = AutoConfig.for_model(family, **SHAPE, **HEADS, **more)
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_config(config)
    for name, value in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(value)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(("number_format", "near"), [("f32", 1e-5), ("f16", 2e-3), ("bf16", 5e-2), ("q8_0", 0.1)])
def test_the_file_computes_what_the_folder_computes(
    number_format: str, near: float, tiny_base: Path, tiny_adapter: Path, tmp_path: Path
) -> None:
    folder = export_merged(tiny_base, tiny_adapter, tmp_path / "merged")
    made = export_gguf(folder, folder / "model.gguf", number_format=number_format, texts=TEXTS)
    expected = logits(folder)
    assert (logits(folder, "model.gguf") - expected).abs().max() < near * expected.abs().max()
    assert (logits(folder, "model.gguf") - logits(tiny_base)).abs().max() > near, "the adapter is in the file"
    assert made == GgufFile(folder / "model.gguf", number_format, made.tensors, "gpt-2", ())


@pytest.mark.parametrize(
    ("family", "more"),
    [
        ("mistral", {"sliding_window": None}),
        ("qwen2", {}),
        ("qwen3", {"head_dim": 16}),
        ("llama", {"tie_word_embeddings": False}),
        ("llama", {"rope_parameters": {"rope_type": "linear", "rope_theta": 5e5, "factor": 4.0}}),
    ],
)
def test_other_families_compute_the_same(family: str, more: dict[str, Any], tiny_base: Path, tmp_path: Path) -> None:
    folder = other_family(family, tmp_path / "model", tiny_base, **more)
    export_gguf(folder, folder / "model.gguf", number_format="f32", texts=TEXTS)
    expected = logits(folder)
    assert (logits(folder, "model.gguf") - expected).abs().max() < 1e-4 * expected.abs().max()


def test_llama_3_s_long_contexts_turn_as_slowly_as_in_transformers(tiny_base: Path, tmp_path: Path) -> None:
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    rope = {
        "rope_type": "llama3",
        "rope_theta": 5e5,
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    }
    folder = other_family("llama", tmp_path / "model", tiny_base, head_dim=32, rope_parameters=rope)
    export_gguf(folder, folder / "model.gguf", texts=TEXTS)
    config = LlamaConfig.from_pretrained(folder)
    slowed, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
    plain = [5e5 ** (-place / 32) for place in range(0, 32, 2)]
    tensors = {item.name: item for item in gguf.GGUFReader(folder / "model.gguf").tensors}
    factors = tensors["rope_freqs.weight"].data.tolist()
    assert factors == pytest.approx([one / other for one, other in zip(plain, slowed.tolist(), strict=True)], rel=1e-5)
    assert max(factors) == pytest.approx(8.0), "the slowest ones are slowed by the whole factor"
    assert math.isclose(min(factors), 1.0), "the fastest ones stay"


def test_tokens_template_and_ends_are_in_the_file(tiny_base: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_base)
    folder = tmp_path / "model"
    shutil.copytree(tiny_base, folder)
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [tokenizer.eos_token_id, 4]}))
    export_gguf(folder, folder / "model.gguf", texts=TEXTS)
    reader = gguf.GGUFReader(folder / "model.gguf")
    read = {name: field.contents() for name, field in reader.fields.items()}
    by_id = {number: text for text, number in tokenizer.get_vocab().items()}
    rows = json.loads((folder / "config.json").read_text())["vocab_size"]
    assert read["tokenizer.ggml.tokens"] == [by_id.get(number, f"[PAD{number}]") for number in range(rows)]
    kinds = read["tokenizer.ggml.token_type"]
    special = {number for number, kind in enumerate(kinds) if kind == gguf.TokenType.CONTROL}
    assert special == {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    assert read["tokenizer.ggml.eos_token_id"] == tokenizer.eos_token_id
    assert read["tokenizer.ggml.eot_token_id"] == 4
    assert read["tokenizer.ggml.add_bos_token"] is False
    assert read["tokenizer.chat_template"] == tokenizer.chat_template


@pytest.mark.parametrize(
    ("patterns", "name", "noted"),
    [
        ([r"\p{N}", r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"], "smollm", False),
        ([r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"], "gpt-2", False),
        ([r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+"], "gpt-2", True),  # runs of blanks
    ],
)
def test_llama_cpp_is_told_to_cut_texts_as_the_model_learned_them(
    patterns: list[str], name: str, noted: bool, tiny_base: Path, tmp_path: Path
) -> None:
    folder = _with_splitting(patterns, tiny_base, tmp_path / "model")
    made = export_gguf(folder, folder / "model.gguf", texts=TEXTS)
    assert (made.tokenizer, bool(made.notes)) == (name, noted)


def test_a_tokenizer_that_llama_cpp_cannot_follow_is_refused_with_an_example(tiny_base: Path, tmp_path: Path) -> None:
    folder = _with_splitting([r"[^,]+"], tiny_base, tmp_path / "model")
    with pytest.raises(EngineError, match=r"none of llama.cpp's splittings.*Сколько стоит.*convert_hf_to_gguf"):
        export_gguf(folder, folder / "model.gguf", texts=TEXTS)
    assert not list(folder.glob("*.gguf*")), "nothing half-written is left"


def _with_splitting(patterns: list[str], tiny_base: Path, folder: Path) -> Path:
    """The tiny base with other rules for cutting texts, its merges learned by them from texts that show them."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    shutil.copytree(tiny_base, folder)
    rules = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    special = [token["content"] for token in rules["added_tokens"]]
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            *(pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in patterns),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=len(alphabet) + 120, special_tokens=special, initial_alphabet=alphabet)
    shown = [
        "Сколько стоит доставка   груза 350 350 350",
        "срок:  12345 12345 дня",
        "I'll I'll don't don't",
        "\n\n\tтариф",
    ]
    bpe.train_from_iterator([*TEXTS, *shown] * 5, trainer)
    bpe.save(str(folder / "tokenizer.json"))
    return folder


@pytest.mark.parametrize(
    ("change", "number_format", "message"),
    [
        ({}, "q4_k", "unknown number format 'q4_k'; expected one of f32, f16, bf16, q8_0"),
        ({"model_type": "gemma3_text"}, "f16", "'gemma3_text' cannot be written.*expected one of llama, mistral"),
        ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}, "f16", "rope_type 'yarn'.*expected default"),
        ({"sliding_window": 128}, "f16", "sliding window; expected attention to the whole context"),
    ],
)
def test_what_llama_cpp_would_compute_otherwise_is_refused(
    change: dict[str, Any], number_format: str, message: str, tiny_base: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_base, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, **change}), encoding="utf-8")
    with pytest.raises(EngineError, match=message):
        check_gguf(folder, number_format)


def test_an_existing_file_is_not_overwritten(tiny_base: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine.gguf"
    target.write_text("mine")
    with pytest.raises(EngineError, match="exists already"):
        export_gguf(tiny_base, target, texts=TEXTS)
    assert target.read_text() == "mine"


def test_the_same_model_gives_the_same_file(tmp_path: Path) -> None:
    make_tiny_base(tmp_path / "model", seed=4)
    for name in ("one", "two"):
        export_gguf(tmp_path / "model", tmp_path / f"{name}.gguf", texts=TEXTS)
    assert (tmp_path / "one.gguf").read_bytes() == (tmp_path / "two.gguf").read_bytes()
