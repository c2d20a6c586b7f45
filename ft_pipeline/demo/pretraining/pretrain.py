"""The training loop that turns the generated text into the embedded base model.

Here: the losses, the optimisers and their schedule, checkpoints that can be resumed. Not here: the text (generate), its
tokens (encode), the files of the finished model (export). Reads a stream of conversations. Writes a checkpoint (its own
format) where it is told to.

Losses learned together: the next token of what is written cleanly; at the last token of each word, halfway up,
the teacher's vector of the word that was *meant* (so that a misspelt word comes to mean what the right one means); and
which topic was asked about, from the question's words as a heap (halfway up) and at the start of the answer. The extra
heads are thrown away after training.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ft_pipeline.demo.pretraining.encode import Encoder, Example, batches
from ft_pipeline.demo.pretraining.generate import Conversation, Generator, Topic
from ft_pipeline.demo.pretraining.gist import SIZE as GIST
from ft_pipeline.demo.pretraining.gist import Gist
from ft_pipeline.demo.pretraining.meanings import DIMENSIONS, Meanings
from ft_pipeline.demo.pretraining.tokenizer import BOS, END, MAX_POSITIONS, PAD

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM

MAX_TOPICS = 2048  # room in the topic head, so that a resumed run may bring new topics


@dataclass(frozen=True)
class Shape:
    """The architecture: Llama, small."""

    hidden: int = 256
    layers: int = 4
    feed_forward: int = 704
    heads: int = 4
    kv_heads: int = 1


@dataclass(frozen=True)
class Plan:
    """How long and how fast to train."""

    heap_questions: int = 200_000  # questions of stage 0, which makes the embeddings
    tokens: int = 4_500_000  # tokens of text, padding not counted
    batch_tokens: int = 1536  # tokens of one step, padding counted
    matrix_rate: float = 0.008  # peak learning rate of Muon
    other_rate: float = 4e-3  # peak learning rate of AdamW (embedding, norms)
    head_rate: float = 4e-3  # peak learning rate of AdamW for the heads that are thrown away
    loudness: float = 10.0  # how much larger than usual the embeddings from stage 0 are made
    warmup_steps: int = 60
    decay_share: float = 0.25  # of all tokens, at the end: linear decay of the rate
    checkpoint_tokens: int = 500_000  # the stream is reseeded here, so that a resumed run equals an unbroken one
    tidy_tokens: int = 10_000_000  # by then the extra share of cleanly typed questions has gone from 0.6 to 0
    meaning_weight: float = 0.5
    gist_weight: float = 2.0
    topic_weight: float = 0.5
    asked_weight: float = 0.3  # weight of the next-token loss on customers' clean questions
    torn_share: float = 0.3  # of customers' turns with BPE dropout; 0 makes runs repeatable to the bit
    seed: int = 20261122


def build_model(shape: Shape, tokenizer: Tokenizer, *, seed: int) -> LlamaForCausalLM:
    """A new model with random weights (fp32)."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        intermediate_size=shape.feed_forward,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        max_position_embeddings=MAX_POSITIONS,
        tie_word_embeddings=True,
        initializer_range=0.02,
        pad_token_id=tokenizer.token_to_id(PAD),
        bos_token_id=tokenizer.token_to_id(BOS),
        eos_token_id=tokenizer.token_to_id(END),
    )
    config._attn_implementation = "eager"  # a fifth faster than SDPA on short rows on a CPU
    return LlamaForCausalLM(config)


def has_fast_bf16() -> bool:
    """Whether this CPU multiplies bf16 natively; elsewhere bf16 is slower than fp32."""
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and "avx512_bf16" in cpuinfo.read_text(encoding="utf-8")


class Trainer:
    """One pre-training run: model, heads, optimisers, and where it stands in the stream."""

    def __init__(
        self, tokenizer: Tokenizer, *, shape: Shape, plan: Plan, meanings: Meanings, gist: Gist | None = None
    ) -> None:
        import torch

        self.gist = gist
        self.tokenizer, self.shape, self.plan, self.meanings = tokenizer, shape, plan, meanings
        self.model = build_model(shape, tokenizer, seed=plan.seed)
        self.meaning_head = torch.nn.Linear(shape.hidden, DIMENSIONS, bias=False)
        self.topic_head = torch.nn.Linear(shape.hidden, MAX_TOPICS, bias=False)
        self.pooled_head = torch.nn.Linear(shape.hidden, MAX_TOPICS, bias=False)
        matrices = [p for name, p in self.model.named_parameters() if p.ndim == 2 and "embed" not in name]
        taken = {id(p) for p in matrices}
        others = [p for p in self.model.parameters() if id(p) not in taken]
        self.gist_head = torch.nn.Linear(shape.hidden, GIST, bias=False)
        heads = (self.meaning_head, self.topic_head, self.pooled_head, self.gist_head)
        for head in heads:
            torch.nn.init.zeros_(head.weight)
        of_heads = [p for head in heads for p in head.parameters()]
        self.optimisers: list[torch.optim.Optimizer] = [
            torch.optim.Muon(
                [{"params": matrices, "peak": plan.matrix_rate}], lr=plan.matrix_rate, weight_decay=0.02, momentum=0.95
            ),
            torch.optim.AdamW(
                [{"params": others, "peak": plan.other_rate}, {"params": of_heads, "peak": plan.head_rate}],
                lr=plan.other_rate,
                betas=(0.9, 0.98),
                weight_decay=0.01,
            ),
        ]
        self.topic_ids: dict[str, int] = {}
        self.tokens = self.steps = 0
        self.first_sitting_tokens = 0  # at the first resumption; 0: made in one go
        self.left_out = 0  # conversations that were too near to a protected text
        self.corpora: list[dict[str, Any]] = []  # which corpus was read from which token on
        self._autocast = has_fast_bf16()

    def start_from(self, embeddings: torch.Tensor) -> None:
        """Set the token embeddings, shape (vocabulary, hidden), before training.

        They are made large, and the last norm small in turn (the same logits): what the words say must not drown in
        what the first, still ignorant layers add to it.
        """
        import torch

        with torch.no_grad():
            self.model.model.embed_tokens.weight.copy_(embeddings * self.plan.loudness)
            self.model.model.norm.weight.fill_(1 / self.plan.loudness)

    def losses(self, batch: Sequence[Example]) -> dict[str, torch.Tensor]:
        """Next token, meaning of words, topic: three means."""
        import torch
        import torch.nn.functional as F

        width = math.ceil(max(len(example.ids) for example in batch) / 8) * 8
        pad = self.model.config.pad_token_id
        ids = torch.tensor([example.ids + [pad] * (width - len(example.ids)) for example in batch])
        weights = torch.tensor([example.weights + [0.0] * (width - len(example.ids)) for example in batch])
        weights = torch.where(weights < 0, -weights * self.plan.asked_weight, weights)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._autocast):
            # No mask: padding stands on the right, and a causal model never looks there.
            out = self.model.model(input_ids=ids, use_cache=False, output_hidden_states=True)
            last, middle = out.last_hidden_state, out.hidden_states[self.shape.layers // 2]
            is_learned = weights[:, 1:] > 0
            logits = self.model.lm_head(last[:, :-1][is_learned])
            rows, places, vectors = self._words(batch)
            meant = self.meaning_head(middle[rows, places])
            rows, starts, places, labels = self.topics_of(batch)
            on_way = self._on_the_way(starts, places)
            guessed = self.guess(last, torch.cat([rows, rows[on_way[0]]]), torch.cat([places, on_way[1]]))
            topics, early = guessed[: len(rows)], guessed[len(rows) :]
            gist_rows, gist_places, gists = self._gists(batch)
            said = self.gist_head(out.hidden_states[-2][gist_rows, gist_places])
            pooled = self.pooled_head(self._pool(middle, rows, starts, places))

        def name_topic(guesses: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
            guesses = guesses[:, : max(1, len(self.topic_ids))].float()
            return F.cross_entropy(guesses, right, label_smoothing=0.05) if len(right) else logits.sum() * 0

        each = F.cross_entropy(logits.float(), ids[:, 1:][is_learned], reduction="none")
        weight = weights[:, 1:][is_learned]
        return {
            "next": (each * weight).sum() / weight.sum().clamp(min=1e-6),
            "meaning": (1 - F.cosine_similarity(meant.float(), vectors)).sum() / max(1, len(vectors)),
            "gist": (1 - F.cosine_similarity(said.float(), gists)).sum() / max(1, len(gists)),
            "topic": name_topic(topics, labels),
            "early": name_topic(early, labels[on_way[0]]),
            "pooled": name_topic(pooled, labels),
        }

    def guess(self, last: torch.Tensor, rows: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """Topic scores at these places."""
        import torch

        scores: torch.Tensor = self.topic_head(
            torch.nn.functional.rms_norm(last[rows, places].float(), (last.shape[-1],))
        )
        return scores

    @staticmethod
    def _on_the_way(starts: torch.Tensor, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Every place inside the questions, (number of the question, place): at each the topic is guessed so far.

        Without it only one place in a row tells attention to gather the words, and it learns to do so very late.
        """
        import torch

        questions = enumerate(zip(starts.tolist(), places.tolist(), strict=True))
        found = [(number, at) for number, (start, end) in questions for at in range(start + 2, end)]
        numbers, at = (torch.tensor([item[k] for item in found], dtype=torch.long) for k in range(2))
        return numbers, at

    @staticmethod
    def _pool(middle: torch.Tensor, rows: torch.Tensor, starts: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """Mean over each question's tokens, shape (questions, hidden)."""
        import torch

        at = torch.arange(middle.shape[1])
        inside = ((at >= starts[:, None]) & (at < places[:, None])).to(middle.dtype)
        shares = inside / inside.sum(1, keepdim=True).clamp(min=1)
        pooled = torch.bmm(shares[:, None, :], middle[rows]).squeeze(1)
        return torch.nn.functional.rms_norm(pooled.float(), (middle.shape[-1],))

    def _words(self, batch: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        import numpy as np
        import torch

        found = [
            (row, place, vector)
            for row, example in enumerate(batch)
            for place, word in example.words
            if len(word) > 2 and (vector := self.meanings.vector(word)) is not None
        ]
        vectors = torch.from_numpy(np.array([vector for *_, vector in found], dtype=np.float32).reshape(-1, DIMENSIONS))
        rows, places = (torch.tensor([item[k] for item in found], dtype=torch.long) for k in range(2))
        return rows, places, vectors

    def _gists(self, batch: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """At every word of a question what it has said so far, and twice at the start of the answer all of it."""
        import numpy as np
        import torch

        if self.gist is None:
            raise ValueError("this trainer has no Gist: give one to train")
        found, sums = [], []
        for row, example in enumerate(batch):
            for start, end, _ in example.topics:
                words = [(place, word) for place, word in example.words if start <= place < end]
                if not words:
                    continue
                so_far = np.cumsum([self.gist.word(word) for _, word in words], axis=0)
                found += [(row, place) for place, _ in words] + [(row, end)] * 3
                sums += [*so_far, so_far[-1], so_far[-1], so_far[-1]]
        rows, places = (torch.tensor([item[k] for item in found], dtype=torch.long) for k in range(2))
        return rows, places, torch.from_numpy(self.gist.finish(np.array(sums, dtype=np.float32).reshape(-1, GIST)))

    def topics_of(self, batch: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Row, start, place of the answer's beginning and topic number of each question, shape (questions,) each."""
        import torch

        found = [
            (row, start, at, self.topic_ids[name]) for row, ex in enumerate(batch) for start, at, name in ex.topics
        ]
        rows, starts, places, labels = (torch.tensor([item[k] for item in found], dtype=torch.long) for k in range(4))
        return rows, starts, places, labels

    def _rate(self) -> float:
        """Warm up, stay, come down: so a longer run can start from any checkpoint before the descent."""
        left = 1 - self.tokens / self.plan.tokens
        return min(1.0, (self.steps + 1) / self.plan.warmup_steps, max(0.03, left / self.plan.decay_share))

    def step(self, batch: Sequence[Example]) -> dict[str, float]:
        """One update; returns the losses."""
        import torch

        rate = self._rate()
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * rate
        losses = self.losses(batch)
        total = losses["next"] + self.plan.meaning_weight * losses["meaning"] + self.plan.gist_weight * losses["gist"]
        total = total + self.plan.topic_weight * (losses["topic"] + losses["early"] + losses["pooled"])
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.tokens += sum(len(example.ids) for example in batch)
        self.steps += 1
        return {name: loss.item() for name, loss in losses.items()}

    def save(self, path: Path) -> None:
        """Write the checkpoint atomically."""
        import torch

        state = {
            "model": self.model.state_dict(),
            "meaning": self.meaning_head.state_dict(),
            "topic": self.topic_head.state_dict(),
            "pooled": self.pooled_head.state_dict(),
            "gist": self.gist_head.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "topic_ids": self.topic_ids,
            "tokens": self.tokens,
            "steps": self.steps,
            "left_out": self.left_out,
            "first_sitting_tokens": self.first_sitting_tokens,
            "corpora": self.corpora,
        }
        part = path.with_suffix(".part")
        torch.save(state, part)
        part.replace(path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint of the same shape and tokenizer."""
        import torch

        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.meaning_head.load_state_dict(state["meaning"])
        self.topic_head.load_state_dict(state["topic"])
        self.pooled_head.load_state_dict(state["pooled"])
        if "gist" in state:
            self.gist_head.load_state_dict(state["gist"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            fresh = optimiser.state_dict()["param_groups"]
            for group, own in zip(saved["param_groups"], fresh, strict=True):
                group["params"] = own["params"]
            peaks = [group["peak"] for group in optimiser.param_groups]
            optimiser.load_state_dict(saved)
            for group, peak in zip(optimiser.param_groups, peaks, strict=True):
                group["peak"] = peak
        self.topic_ids, self.corpora = state["topic_ids"], state["corpora"]
        self.first_sitting_tokens = state.get("first_sitting_tokens", 0)
        self.tokens, self.steps, self.left_out = state["tokens"], state["steps"], state.get("left_out", 0)


def _wanted(
    talks: Iterable[Conversation], is_unwanted: Callable[[Conversation], bool], trainer: Trainer
) -> Iterator[Conversation]:
    for talk in talks:
        if is_unwanted(talk):
            trainer.left_out += 1
        else:
            yield talk


def run(
    trainer: Trainer,
    topics: Sequence[Topic],
    *,
    is_unwanted: Callable[[Conversation], bool],
    on_checkpoint: Callable[[], None],
    log: Callable[[dict[str, Any]], None],
    log_every_s: float = 30.0,
) -> None:
    """Train up to the planned tokens; `on_checkpoint` is called at every checkpoint and at the end.

    Conversations that `is_unwanted` are left out before they are tokenised.
    """
    plan = trainer.plan
    for topic in topics:
        trainer.topic_ids.setdefault(topic.name, len(trainer.topic_ids))
    while trainer.tokens < plan.tokens:
        part = trainer.tokens // plan.checkpoint_tokens
        seed = f"{plan.seed}:{part}"
        encoder = Encoder(trainer.tokenizer, seed=seed, torn_share=plan.torn_share)
        tidy = max(0.0, 0.6 * (1 - part * plan.checkpoint_tokens / plan.tidy_tokens))
        talks = Generator(topics, seed=seed, meanings=trainer.meanings, tidy=tidy)
        stream = map(encoder, _wanted(talks, is_unwanted, trainer))
        until = min(plan.tokens, (part + 1) * plan.checkpoint_tokens)
        began, began_tokens, sums, count = time.monotonic(), trainer.tokens, dict[str, float](), 0
        for batch in batches(stream, batch_tokens=plan.batch_tokens, rng=random.Random(seed)):
            for name, value in trainer.step(batch).items():
                sums[name] = sums.get(name, 0.0) + value
            count += 1
            is_over = trainer.tokens >= until
            if is_over or time.monotonic() - began > log_every_s:
                speed = (trainer.tokens - began_tokens) / (time.monotonic() - began)
                means = {name: round(value / count, 4) for name, value in sums.items()}
                log({"tokens": trainer.tokens, "steps": trainer.steps, "tokens_per_s": round(speed), **means})
                began, began_tokens, sums, count = time.monotonic(), trainer.tokens, {}, 0
            if is_over:
                break
        on_checkpoint()
