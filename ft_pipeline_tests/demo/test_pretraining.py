"""The embedded base model: its text is repeatable and free of the demo company, its files load and are small."""

from __future__ import annotations

import json
import random
import re
from itertools import islice
from pathlib import Path

import pytest

import ft_pipeline.demo
from ft_pipeline.demo.pretraining import noise
from ft_pipeline.demo.pretraining.contamination import Protected, clean, protected_texts, sample
from ft_pipeline.demo.pretraining.encode import Encoder
from ft_pipeline.demo.pretraining.generate import (
    Conversation,
    Generator,
    Part,
    Topic,
    corpus_hash,
    hold_out,
    load_topics,
)
from ft_pipeline.demo.pretraining.gist import Gist
from ft_pipeline.demo.pretraining.meanings import Meanings
from ft_pipeline.demo.pretraining.pretrain import Plan, Shape, Trainer, run
from ft_pipeline.demo.pretraining.tokenizer import CHAT_TEMPLATE, END
from ft_pipeline.demo.pretraining.wrapping import fill, synonyms

BASE_MODEL = Path(ft_pipeline.demo.__file__).parent / "base_model"
TOPICS = [
    Topic(
        "a",
        ("Работаем с {time_from} до {time_to}.",),
        tuple(f"Во сколько открывается касса номер {n}?" for n in range(25)),
    ),
    Topic("b", ("Цена билета {price}.",), tuple(f"Почём билет на сеанс {n}?" for n in range(25))),
]


def _texts(topics: list[Topic], *, seed: int, count: int = 200) -> list[str]:
    return [part.text for talk in islice(Generator(topics, seed=seed), count) for part in talk.parts]


def test_the_same_seed_gives_the_same_text_and_another_seed_another() -> None:
    assert _texts(TOPICS, seed=1) == _texts(TOPICS, seed=1)
    assert _texts(TOPICS, seed=1) != _texts(TOPICS, seed=2)


def test_the_corpus_hash_changes_with_one_letter() -> None:
    changed = [TOPICS[0], Topic("b", ("Цена билета {price}!",), TOPICS[1].wordings)]
    assert corpus_hash(TOPICS) == corpus_hash(list(TOPICS)) != corpus_hash(changed)


def test_held_out_wordings_are_never_generated() -> None:
    kept, held = hold_out(TOPICS, every=20)
    assert [topic for topic, _ in held] == ["a", "b"]
    generated = {text.lower() for text in _texts(kept, seed=3, count=2000)}
    assert not generated & {wording.lower() for _, wording in held}


def test_every_slot_of_the_corpus_is_filled() -> None:
    for topic in load_topics():
        for template in (*topic.answers, *topic.wordings):
            text, spans = fill(template, random.Random(5))
            assert not re.search(r"[{}]", text), f"{topic.name}: {text}"
            assert len(spans) == template.count("{")


@pytest.mark.parametrize(
    ("clean_text", "manner", "expected"),
    [
        ("привет", noise.wrong_layout, "ghbdtn"),
        ("Где мой груз?", noise.wrong_layout, "Ult vjq uhep&"),
        ("ещё", noise.without_yo, "еще"),
    ],
)
def test_a_manner_of_typing_writes_what_people_write(clean_text: str, manner: object, expected: str) -> None:
    assert manner(noise.as_is(clean_text)).text == expected  # type: ignore[operator]


def test_a_mistyped_text_remembers_which_words_were_meant() -> None:
    text = "Здравствуйте, сколько стоит упаковка: коробка, плёнка?"
    meant = [word for *_, word in noise.as_is(text).words]
    for seed in range(300):
        typed = noise.type_badly(text, random.Random(seed))
        assert [word for *_, word in typed.words] == meant
        ends = [end for _, end, _ in typed.words]
        assert ends == sorted(ends)
        assert all(0 <= start < end <= len(typed.text) for start, end, _ in typed.words)


def test_synonyms_keep_the_form_of_the_word() -> None:
    found = {synonyms("Машина приехала", random.Random(seed), share=1.0) for seed in range(30)}
    assert "Машина прибыла" not in found  # the noun has synonyms too and is always replaced at share 1
    assert any(text.endswith(("прибыла", "подъехала")) for text in found)
    assert synonyms("Машина приехала", random.Random(1), share=0.0) == "Машина приехала"


@pytest.mark.parametrize(
    ("text", "is_near"),
    [
        ("Сколько стоит хранение груза на складе?", True),
        ("СКОЛЬКО СТОИТ ХРАНЕНИЕ ГРУЗА НА СКЛАДЕ", True),
        ("сколько стоит хранение груза на складе 5", True),
        ("Сколько стоит хранение грузов на складе?", True),
        ("Сколько стоит билет?", False),
        ("Где склад?", False),
    ],
)
def test_a_planted_near_duplicate_is_found_and_dropped(text: str, is_near: bool) -> None:
    protected = Protected(["Сколько стоит хранение груза на складе?", "Как отменить заявку?"])
    topics = [Topic("t", ("Ответ.",), ("Можно ли прийти с собакой?", text))]
    cleaned, found = clean(topics, protected)
    assert (text not in cleaned[0].wordings) is is_near
    assert len(found.dropped) == int(is_near)
    talk = Conversation("dialogue", (Part("user", text), Part("assistant", "Ответ.")))
    assert protected.touches(talk) is is_near
    assert sample([talk], protected, conversations=1) == (2, [(text, protected.texts[1])] if is_near else [])


def test_answers_of_the_demo_company_are_protected_too() -> None:
    texts = protected_texts()
    assert len(texts) > 2000
    assert any(len(text) > 100 for text in texts)


def test_no_protected_text_is_left_in_the_cleaned_corpus() -> None:
    protected = Protected(protected_texts())
    cleaned, _ = clean(load_topics(), protected)
    again, found = clean(cleaned, protected)
    assert not found.dropped
    assert corpus_hash(again) == corpus_hash(cleaned)


def test_the_template_keeps_the_end_of_turn_inside_the_mask() -> None:
    block = CHAT_TEMPLATE.split("{%- generation %}")[1].split("{%- endgeneration %}")[0]
    assert END in block


def test_the_shipped_model_is_small_complete_and_without_pickles() -> None:
    names = {path.name for path in BASE_MODEL.iterdir()}
    needed = {"config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    assert needed | {"chat_template.jinja", "README.md", "manifest.json"} <= names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl", ".pth", ".ckpt"))]
    assert (BASE_MODEL / "model.safetensors").stat().st_size <= 12_000_000
    manifest = json.loads((BASE_MODEL / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["tokens"] >= manifest["planned_tokens"], "an unfinished snapshot lies in base_model/"
    assert manifest["contamination"]["generated_turns_compared"] > 5_000


@pytest.mark.parametrize(
    "text", ["Сколько стоит 1 350 ₽ за заезд?", "Ёлка, №5 — «да»!", "ghbdtn, skolko 100%", "  два  пробела\n"]
)
def test_the_shipped_tokenizer_gives_every_text_back(text: str) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(BASE_MODEL)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids) == text
    digits = sum(letter.isdigit() for letter in text)
    assert sum(tokenizer.decode([token]).strip().isdigit() for token in ids) == digits


def test_the_shipped_model_loads_and_its_mask_ends_with_the_end_of_turn() -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(BASE_MODEL)
    model = AutoModelForCausalLM.from_pretrained(BASE_MODEL, use_safetensors=True, dtype=torch.float32)
    talk = [{"role": "user", "content": "Где мой груз?"}, {"role": "assistant", "content": "Уже едет."}]
    encoded = tokenizer.apply_chat_template(talk, tokenize=True, return_dict=True, return_assistant_tokens_mask=True)
    learned = [token for token, used in zip(encoded["input_ids"], encoded["assistant_masks"], strict=True) if used]
    assert tokenizer.decode(learned) == f"Уже едет.{END}"
    assert learned[-1] == tokenizer.eos_token_id == model.generation_config.eos_token_id
    prompt = tokenizer.apply_chat_template(talk[:1], add_generation_prompt=True, return_tensors="pt", return_dict=True)
    assert encoded["input_ids"][: prompt["input_ids"].shape[1]] == prompt["input_ids"][0].tolist()
    with torch.no_grad():
        assert torch.isfinite(model(**prompt).logits).all()


def test_pretraining_writes_conversations_exactly_as_the_chat_template_does() -> None:
    from tokenizers import Tokenizer
    from transformers import AutoTokenizer

    shipped = AutoTokenizer.from_pretrained(BASE_MODEL)
    encoder = Encoder(Tokenizer.from_file(str(BASE_MODEL / "tokenizer.json")), seed="plain")
    turns = [("system", "Отвечай кратко."), ("user", "Где 2 коробки?"), ("assistant", "Здесь: ул. Полевая, 7.")]
    parts = tuple(Part(role, text, is_learned=role == "assistant") for role, text in turns)  # type: ignore[arg-type]
    ours = [encoder(Conversation("dialogue", parts)) for _ in range(20)]
    theirs = shipped.apply_chat_template([{"role": r, "content": t} for r, t in turns], return_dict=False)
    # BPE dropout tears some of the customers' turns; the text is the same in every case.
    assert {shipped.decode(example.ids) for example in ours} == {shipped.decode(theirs)}
    assert theirs in [example.ids for example in ours]
    learned = [token for token, weight in zip(ours[0].ids, ours[0].weights, strict=True) if weight]
    assert shipped.decode(learned) == f"{turns[2][1]}{END}"


@pytest.fixture(scope="module")
def meanings() -> Meanings:
    return Meanings()


def _tiny_trainer(topics: list[Topic], meanings: Meanings) -> Trainer:
    from tokenizers import Tokenizer

    plan = Plan(tokens=1200, batch_tokens=256, checkpoint_tokens=600, warmup_steps=2, torn_share=0.0)
    shape = Shape(hidden=32, layers=2, feed_forward=48, heads=2, kv_heads=1)
    tokenizer = Tokenizer.from_file(str(BASE_MODEL / "tokenizer.json"))
    return Trainer(tokenizer, shape=shape, plan=plan, meanings=meanings, gist=Gist(topics, meanings))


def test_a_run_resumed_from_its_checkpoint_ends_with_the_same_weights(tmp_path: Path, meanings: Meanings) -> None:
    import torch

    def train(trainer: Trainer) -> None:
        checkpoint = tmp_path / "checkpoint.pt"
        kept = tmp_path / "first.pt"

        def on_checkpoint() -> None:
            trainer.save(checkpoint)
            if not kept.exists():
                trainer.save(kept)

        run(trainer, TOPICS, is_unwanted=lambda _: False, on_checkpoint=on_checkpoint, log=lambda _: None)

    whole = _tiny_trainer(TOPICS, meanings)
    train(whole)
    resumed = _tiny_trainer(TOPICS, meanings)
    resumed.load(tmp_path / "first.pt")
    assert 0 < resumed.tokens < whole.tokens
    train(resumed)
    for name, weight in whole.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name]), name


def test_a_batch_without_questions_or_known_words_gives_no_loss_instead_of_a_crash(meanings: Meanings) -> None:
    trainer = _tiny_trainer(TOPICS, meanings)
    example = Encoder(trainer.tokenizer, seed="plain")(Conversation("numbers", (Part("user", "12 12"),)))
    assert {name: loss.item() for name, loss in trainer.losses([example]).items()} == dict.fromkeys(
        ("next", "meaning", "gist", "topic", "early", "pooled"), 0.0
    )
