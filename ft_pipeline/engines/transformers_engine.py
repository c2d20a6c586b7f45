"""The embedded engine: a local model through Transformers, its adapter merged, greedy and deterministic.

Here: loading, merging, exporting, the greedy loop and its log-probabilities. Not here: where a base model comes from
(base_models), HTTP (serve).

The loop is our own and not `model.generate`: it drops finished answers from the batch and its cache, so that a batch
does not wait for its longest answer, and it keeps each token's log-probability without keeping all logits.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ft_pipeline.engines.base_models import ADAPTER_CONFIG, check_adapter, check_base, model_hash
from ft_pipeline.engines.protocol import Engine, EngineError, Generation, Message, PromptTooLongError

if TYPE_CHECKING:
    import torch

_EXAMPLE_QUESTION = "?"
_EXAMPLE_ANSWER = "ANSWER"


def load_engine(base: Path, *, adapter: Path | None = None, threads: int = 1) -> Engine:
    """Loads a base model from a local folder, with the adapter merged into it.

    fp32 on a CPU, bf16 on a GPU. Weights come from safetensors only, code of the model's author is never run.

    Args:
        base: folder with config.json, *.safetensors, tokenizer and chat template.
        adapter: folder of a PEFT adapter, or None for the base model as it is.
        threads: CPU threads of this process.

    Raises:
        EngineError: the folder or the adapter cannot be used.
    """
    import torch

    torch.set_num_threads(threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    model, tokenizer = _load(base, adapter, dtype=dtype)
    return TransformersEngine(
        model=model.to(device).eval(),
        tokenizer=tokenizer,
        name=base.name if adapter is None else f"{base.name}+{adapter.name}",
        model_hash=model_hash(base, adapter),
    )


def export_merged(base: Path, adapter: Path | None, target: Path) -> Path:
    """Writes base + adapter as one ordinary model folder (safetensors, in the base's own dtype) for other engines.

    Raises:
        EngineError: the folders cannot be used, or `target` exists already.
    """
    import torch

    if target.exists():
        raise EngineError(f"{target}: exists already; expected a new folder; remove it or choose another one")
    model, tokenizer = _load(base, adapter, dtype=torch.float32)  # merging in bf16 would round the small deltas away
    stored = json.loads((base / "config.json").read_text(encoding="utf-8"))
    name = stored.get("dtype") or stored.get("torch_dtype") or "float32"
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        model.to(getattr(torch, name)).save_pretrained(staging)
        tokenizer.save_pretrained(staging)
        staging.chmod(0o755)
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target


class TransformersEngine:
    """A loaded model that answers conversations; made by `load_engine`."""

    def __init__(self, *, model: Any, tokenizer: Any, name: str, model_hash: str) -> None:
        self.name = name
        self.model_hash = model_hash
        self.model = model
        self.tokenizer = tokenizer
        self._end_ids = _end_ids(model, tokenizer)

    def prompt_ids(self, messages: Sequence[Message]) -> list[int]:
        """The token ids of a conversation up to where the answer begins."""
        text = self.tokenizer.apply_chat_template(list(messages), add_generation_prompt=True, tokenize=False)
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def generate(
        self, prompts: Sequence[Sequence[Message]], *, max_new_tokens: int, batch_size: int = 32
    ) -> list[Generation]:
        """One greedy answer per conversation, in the order of the prompts.

        Raises:
            PromptTooLongError: a prompt and its answer do not fit into the model's context.
        """
        ids = [self.prompt_ids(messages) for messages in prompts]
        self._check_lengths(ids, max_new_tokens)
        order = sorted(range(len(ids)), key=lambda index: len(ids[index]))  # batches of like length: little padding
        found: dict[int, Generation] = {}
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            answers = self._generate_batch([ids[index] for index in chosen], max_new_tokens)
            found.update(zip(chosen, answers, strict=True))
        return [found[index] for index in range(len(ids))]

    def _check_lengths(self, ids: Sequence[Sequence[int]], max_new_tokens: int) -> None:
        limit = getattr(self.model.config, "max_position_embeddings", None)
        longest = max((len(row) for row in ids), default=0)
        if limit is not None and longest + max_new_tokens > limit:
            raise PromptTooLongError(
                f"{self.name}: a prompt of {longest} tokens and an answer of {max_new_tokens} do not fit; "
                f"the model's context is {limit} tokens; shorten the conversation or lower max_answer_tokens"
            )

    def _generate_batch(self, ids: list[list[int]], max_new_tokens: int) -> list[Generation]:
        import torch
        from transformers import DynamicCache

        started = time.perf_counter()
        rows = [_Row() for _ in ids]
        active = list(range(len(ids)))
        with torch.inference_mode():
            tokens, mask = _left_padded(ids, self.model.device)
            positions = (mask.cumsum(-1) - 1).clamp(min=0)
            cache = DynamicCache(config=self.model.config)
            for step in range(max_new_tokens):
                logits = self.model(
                    input_ids=tokens,
                    attention_mask=mask,
                    position_ids=positions,
                    past_key_values=cache,
                    use_cache=True,
                    logits_to_keep=1,
                ).logits[:, -1, :]
                best, index = logits.max(dim=-1)
                logprobs = best.float() - torch.logsumexp(logits.float(), dim=-1)
                going = []
                for place, (row, token, logprob) in enumerate(
                    zip(active, index.tolist(), logprobs.tolist(), strict=True)
                ):
                    rows[row].add(token, logprob)
                    if token in self._end_ids or step + 1 == max_new_tokens:
                        rows[row].seconds = time.perf_counter() - started
                    else:
                        going.append(place)
                if not going:
                    break
                tokens, positions = index[:, None], positions[:, -1:] + 1
                if len(going) < len(active):
                    keep = torch.tensor(going, device=tokens.device)
                    cache.batch_select_indices(keep)
                    tokens, positions, mask = tokens[keep], positions[keep], mask[keep]
                    active = [active[place] for place in going]
                mask = torch.cat([mask, mask.new_ones((len(active), 1))], dim=-1)
        return [self._answer(row) for row in rows]

    def _answer(self, row: _Row) -> Generation:
        kept = row.tokens[:-1] if row.tokens and row.tokens[-1] in self._end_ids else row.tokens
        text = self.tokenizer.decode(kept, skip_special_tokens=True)
        return Generation(
            text=text.replace("\x00", "").strip(),  # a byte-level model can say NUL, which no database takes
            tokens=len(row.tokens),
            logprob=round(sum(row.logprobs), 4),
            min_logprob=round(min(row.logprobs, default=0.0), 4),
            seconds=row.seconds,
        )


@dataclass
class _Row:
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, token: int, logprob: float) -> None:
        self.tokens.append(token)
        self.logprobs.append(logprob)


def _left_padded(ids: list[list[int]], device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    width = max(len(row) for row in ids)
    tokens = torch.tensor([[0] * (width - len(row)) + row for row in ids], device=device)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in ids], device=device)
    return tokens, mask


def _load(base: Path, adapter: Path | None, *, dtype: Any) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    check_base(base)
    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(base, trust_remote_code=False, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            base, dtype=dtype, use_safetensors=True, trust_remote_code=False, local_files_only=True
        )
    except (OSError, ValueError, KeyError) as error:
        raise EngineError(
            f"{base}: Transformers cannot load this folder ({type(error).__name__}: {str(error)[:200]}); expected a "
            "causal language model that needs no code of its author; choose another candidate"
        ) from error
    if not tokenizer.chat_template:
        raise EngineError(
            f"{base}: the tokenizer has no chat template; expected chat_template.jinja or `chat_template` in "
            "tokenizer_config.json; use the instruct/chat variant of the model"
        )
    if adapter is None:
        return model, tokenizer
    check_adapter(adapter)
    _check_tying(model, adapter)
    from peft import PeftModel

    try:
        with warnings.catch_warnings():  # PEFT warns of LoRA on tied embeddings, which _check_tying has just checked
            warnings.simplefilter("ignore", UserWarning)
            adapted = PeftModel.from_pretrained(model, str(adapter), local_files_only=True)
            return _merge(adapted), tokenizer
    except (RuntimeError, ValueError, KeyError) as error:
        raise EngineError(
            f"{adapter}: the adapter does not fit {base} ({type(error).__name__}: {str(error)[:200]}); expected an "
            "adapter that was trained on exactly this base model; train it again on this base"
        ) from error


def _merge(adapted: Any) -> Any:
    """The model with its adapter merged in.

    PEFT 0.21 adds the delta of a tied embedding twice: once through the embedding, once through the output layer, which
    are the same matrix. So the right matrix is computed before merging and put in its place after it.
    """
    import torch

    embedding = adapted.get_base_model().get_input_embeddings()
    right = None
    if adapted.config.tie_word_embeddings and hasattr(embedding, "get_delta_weight"):
        with torch.no_grad():
            right = embedding.base_layer.weight + embedding.get_delta_weight(adapted.active_adapter)
    model = adapted.merge_and_unload(safe_merge=True)
    if right is not None:
        with torch.no_grad():
            model.get_input_embeddings().weight.copy_(right)
        model.tie_weights()
    return model


def _check_tying(model: Any, adapter: Path) -> None:
    """A LoRA on tied embeddings must say so: merged otherwise, it would also change an output layer it never saw."""
    config = json.loads((adapter / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    targets = config.get("target_modules") or []
    on_embedding = not isinstance(targets, str) and any("embed" in target for target in targets)
    if model.config.tie_word_embeddings and on_embedding and not config.get("ensure_weight_tying"):
        raise EngineError(
            f"{adapter}: a LoRA on the embedding of a model with tied embeddings, without ensure_weight_tying; merged "
            "it would not be the model that was trained; train it again with ensure_weight_tying=True"
        )


def _end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    """The tokens that end an answer: eos of model and tokenizer, and what the chat template puts after an answer."""
    declared = model.generation_config.eos_token_id
    found = set(declared if isinstance(declared, list) else [declared]) | {tokenizer.eos_token_id}
    try:
        text = tokenizer.apply_chat_template(
            [{"role": "user", "content": _EXAMPLE_QUESTION}, {"role": "assistant", "content": _EXAMPLE_ANSWER}],
            tokenize=False,
        )
    except Exception as error:  # a template is a program of the model's author: it can raise anything
        raise EngineError(
            f"{tokenizer.name_or_path}: the chat template cannot render a question and an answer "
            f"({type(error).__name__}: {error}); expected a template for roles user and assistant; use another model"
        ) from error
    after = tokenizer(text.rsplit(_EXAMPLE_ANSWER, 1)[-1].strip(), add_special_tokens=False)["input_ids"]
    if after and after[0] in tokenizer.all_special_ids:
        found.add(after[0])
    return frozenset(token for token in found if token is not None)
