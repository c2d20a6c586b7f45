"""The embedded engine against plain Transformers and PEFT, on a real tiny model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ft_pipeline.engines import EngineError, export_merged, load_engine, model_hash
from ft_pipeline.engines.base_models import EMBEDDED_FOLDER

QUESTIONS = (
    "Привет",
    "Сколько стоит доставка груза в Казань до двери, если груз весит 120 кг?",
    "Документы?",
    "How do I track my parcel?",
    "Груз повреждён, что делать дальше и куда писать претензию?",
)
PROMPTS = [
    [{"role": "system", "content": "Ты — помощник."}, {"role": "user", "content": question}] for question in QUESTIONS
]


def teacher_forced(model: Any, prompt: list[int], answer: list[int]) -> list[float]:
    """Log-probabilities of the answer's tokens in one plain forward pass without any cache."""
    import torch

    with torch.no_grad():
        logits = model(input_ids=torch.tensor([prompt + answer]), use_cache=False).logits[0]
    scores = torch.log_softmax(logits.float(), dim=-1)
    return [scores[len(prompt) + place - 1, token].item() for place, token in enumerate(answer)]


def plain_greedy(model: Any, prompt: list[int], *, ends: set[int], most: int) -> list[int]:
    """Greedy decoding the slow way: the whole sequence again for every token."""
    import torch

    answer: list[int] = []
    while len(answer) < most and not (answer and answer[-1] in ends):
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([prompt + answer]), use_cache=False).logits[0, -1]
        answer.append(int(logits.argmax()))
    return answer


@pytest.fixture(scope="module")
def stopping_base(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`tiny_base` whose answers end at different lengths: tokens that it likes are declared as ends."""
    folder = tmp_path_factory.mktemp("stopping") / "base"
    shutil.copytree(tiny_base, folder)
    engine: Any = load_engine(folder)
    ends = {1}
    for messages, length in zip(PROMPTS[:4], (3, 5, 7, 9), strict=True):
        ends.add(plain_greedy(engine.model, engine.prompt_ids(messages), ends=set(), most=length)[-1])
    config = json.loads((folder / "generation_config.json").read_text(encoding="utf-8"))
    config["eos_token_id"] = sorted(ends)
    (folder / "generation_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def test_answers_and_log_probabilities_are_those_of_a_plain_forward_pass(stopping_base: Path) -> None:
    engine: Any = load_engine(stopping_base)
    ends = set(engine.model.generation_config.eos_token_id)
    lengths = set()
    for messages, generation in zip(PROMPTS, engine.generate(PROMPTS, max_new_tokens=16), strict=True):
        prompt = engine.prompt_ids(messages)
        answer = plain_greedy(engine.model, prompt, ends=ends, most=16)
        logprobs = teacher_forced(engine.model, prompt, answer)
        shown = answer[:-1] if answer[-1] in ends else answer
        assert generation.text == engine.tokenizer.decode(shown, skip_special_tokens=True).replace("\x00", "").strip()
        assert generation.tokens == len(answer)
        assert generation.logprob == pytest.approx(sum(logprobs), abs=2e-3)
        assert generation.min_logprob == pytest.approx(min(logprobs), abs=1e-3)
        lengths.add(len(answer))
    assert len(lengths) > 2, "the fixture must make answers of different lengths, else dropping rows is not tested"


@pytest.mark.parametrize("batch_size", [2, 3, 32])
def test_a_batch_answers_exactly_as_one_by_one(stopping_base: Path, batch_size: int) -> None:
    engine = load_engine(stopping_base)
    together = engine.generate(PROMPTS, max_new_tokens=16, batch_size=batch_size)
    alone = [engine.generate([messages], max_new_tokens=16)[0] for messages in PROMPTS]
    assert [found.text for found in together] == [found.text for found in alone]
    assert [found.tokens for found in together] == [found.tokens for found in alone]
    assert [found.logprob for found in together] == pytest.approx([found.logprob for found in alone], abs=2e-4)


def test_the_same_question_twice_gives_the_same_answer_and_confidence(tiny_base: Path, tiny_adapter: Path) -> None:
    first, second = (load_engine(tiny_base, adapter=tiny_adapter) for _ in range(2))
    for one, two in zip(
        first.generate(PROMPTS, max_new_tokens=12), second.generate(PROMPTS, max_new_tokens=12), strict=True
    ):
        assert (one.text, one.tokens, one.logprob) == (two.text, two.tokens, two.logprob)


def test_no_prompts_give_no_answers(tiny_base: Path) -> None:
    assert load_engine(tiny_base).generate([], max_new_tokens=4) == []


def test_the_embedded_base_model_answers_a_batch_as_one_by_one() -> None:
    if not EMBEDDED_FOLDER.is_dir():
        pytest.skip(f"no embedded base model in {EMBEDDED_FOLDER}; run `make base-model`")
    engine = load_engine(EMBEDDED_FOLDER)
    together = engine.generate(PROMPTS, max_new_tokens=24, batch_size=3)
    alone = [engine.generate([messages], max_new_tokens=24)[0] for messages in PROMPTS]
    assert [found.text for found in together] == [found.text for found in alone]
    assert [found.logprob for found in together] == pytest.approx([found.logprob for found in alone], abs=2e-4)


def test_a_merged_adapter_on_tied_embeddings_is_the_adapter_that_was_trained(
    tiny_base: Path, tiny_adapter: Path
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    engine: Any = load_engine(tiny_base, adapter=tiny_adapter)
    model = engine.model
    assert model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr(), "the tie was lost"
    base = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
    tokens = torch.tensor([engine.prompt_ids(PROMPTS[1])])
    with torch.no_grad():
        plain = base(input_ids=tokens).logits
        unmerged = PeftModel.from_pretrained(base, str(tiny_adapter)).eval()(input_ids=tokens).logits
        merged = model(input_ids=tokens).logits
    assert torch.allclose(merged, unmerged, atol=1e-4)
    assert not torch.allclose(merged, plain, atol=1e-2), "the adapter must change something, else nothing is compared"


def test_an_adapter_on_tied_embeddings_that_does_not_say_so_is_refused(
    tiny_base: Path, tiny_adapter: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "untied"
    shutil.copytree(tiny_adapter, folder)
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    config["ensure_weight_tying"] = False
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(EngineError, match="ensure_weight_tying=True"):
        load_engine(tiny_base, adapter=folder)


def test_an_adapter_of_another_base_model_is_refused(tiny_adapter: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    other = tmp_path / "wider"
    LlamaForCausalLM(
        LlamaConfig(vocab_size=400, hidden_size=48, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4)
    ).save_pretrained(other)
    source = json.loads((tiny_adapter / "adapter_config.json").read_text(encoding="utf-8"))["base_model_name_or_path"]
    AutoTokenizer.from_pretrained(source).save_pretrained(other)
    with pytest.raises(EngineError, match="does not fit"):
        load_engine(other, adapter=tiny_adapter)


def test_the_exported_model_answers_as_base_plus_adapter(tiny_base: Path, tiny_adapter: Path, tmp_path: Path) -> None:
    target = export_merged(tiny_base, tiny_adapter, tmp_path / "merged")
    assert not list(target.glob("*.bin"))
    merged, exported = load_engine(tiny_base, adapter=tiny_adapter), load_engine(target)
    for one, two in zip(
        merged.generate(PROMPTS, max_new_tokens=12), exported.generate(PROMPTS, max_new_tokens=12), strict=True
    ):
        assert one.text == two.text
        assert one.logprob == pytest.approx(two.logprob, abs=2e-4)
    with pytest.raises(EngineError, match="exists already"):
        export_merged(tiny_base, tiny_adapter, target)


def test_a_prompt_that_does_not_fit_is_refused_with_the_numbers(tiny_base: Path) -> None:
    engine = load_engine(tiny_base)
    with pytest.raises(EngineError, match="context is 512 tokens"):
        engine.generate([[{"role": "user", "content": "груз " * 600}]], max_new_tokens=16)


def _drop_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def _only_pickle(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _drop_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()


def _drop_template(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()


def _drop_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def _foreign_code(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": "evil", "auto_map": {"AutoModelForCausalLM": "evil.Model", "AutoConfig": "evil.Config"}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "evil.py").write_text("raise SystemExit('code of the model was run')\n", encoding="utf-8")


def _broken_template(folder: Path) -> None:
    (folder / "chat_template.jinja").write_text("{{ raise_exception('no roles here') }}", encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (shutil.rmtree, "no such folder"),
        (_drop_weights, "found no weights"),
        (_only_pickle, "only pickled weights"),
        (_drop_tokenizer, "found no tokenizer"),
        (_drop_template, "no chat template"),
        (_drop_config, "no config.json"),
        (_foreign_code, "wants its author's code"),
        (_broken_template, "cannot render a question and an answer"),
    ],
)
def test_an_unusable_folder_is_refused_with_what_was_found(
    tiny_base: Path, tmp_path: Path, damage: Any, expected: str
) -> None:
    folder = tmp_path / "base"
    shutil.copytree(tiny_base, folder)
    damage(folder)
    with pytest.raises(EngineError, match=expected) as caught:
        load_engine(folder)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_an_adapter_folder_without_its_files_is_refused(
    tiny_base: Path, tiny_adapter: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "adapter"
    shutil.copytree(tiny_adapter, folder)
    (folder / name).unlink()
    with pytest.raises(EngineError, match=f"{name} missing"):
        load_engine(tiny_base, adapter=folder)


@pytest.mark.parametrize("changed", ["model.safetensors", "tokenizer.json", "chat_template.jinja", "config.json"])
def test_the_model_hash_changes_with_every_file_that_changes_answers(
    tiny_base: Path, tmp_path: Path, changed: str
) -> None:
    folder = tmp_path / "elsewhere"
    shutil.copytree(tiny_base, folder)
    (folder / "README.md").write_text("a card does not change answers\n", encoding="utf-8")
    assert model_hash(folder) == model_hash(tiny_base)
    (folder / changed).write_bytes((folder / changed).read_bytes() + b" ")
    assert model_hash(folder) != model_hash(tiny_base)


def test_the_model_hash_knows_the_adapter_but_not_where_it_lies(
    tiny_base: Path, tiny_adapter: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(tiny_adapter, moved)
    config = json.loads((moved / "adapter_config.json").read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = "/another/place"
    (moved / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    assert model_hash(tiny_base, moved) == model_hash(tiny_base, tiny_adapter)
    assert model_hash(tiny_base, moved) != model_hash(tiny_base)
