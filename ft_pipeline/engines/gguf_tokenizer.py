"""A byte-level BPE tokenizer inside a GGUF file, and the proof that llama.cpp will cut texts as the model learned it.

Here: tokens, merges, special tokens, chat template; which of llama.cpp's ways to split a text is the tokenizer's own.
Not here: weights (gguf).

llama.cpp does not read a tokenizer's rules: it knows some by name. So each known splitting is put into the model's
tokenizer, and the one that gives the same tokens is named. Texts that the model was trained on decide; a text full of
rare cases (runs of blanks, apostrophes, long numbers) tells where it differs beyond them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ft_pipeline.engines.protocol import EngineError

_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SHORT_FORMS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"


@dataclass(frozen=True)
class Splitting:
    """How llama.cpp cuts a text before it merges bytes."""

    patterns: tuple[str, ...]  # applied one after the other
    whole_words: bool = False  # a piece that is a token as it stands is taken without merging


# By llama.cpp's names (its src/llama-vocab.cpp, read in November 2026).
SPLITTINGS = {
    "llama-bpe": Splitting((_SHORT_FORMS + r"|\p{N}{1,3}" + _REST,), whole_words=True),
    "qwen2": Splitting((_SHORT_FORMS + r"|\p{N}" + _REST,)),
    "tekken": Splitting(
        (
            rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*|\p{{N}}"
            r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ),
        whole_words=True,
    ),
    "smollm": Splitting((r"\p{N}", _WORDS)),
    "gpt-2": Splitting((_WORDS,)),
}
_RARE_CASES = (
    "Груз №1234567,  2 места;   I'll pay — don't WORRY!!\n\n\tтариф «Эконом»: 1 200,50 руб. http://a.ru/b?c=1\r\nёЁ 😀 "
    "🇷🇺 конецСлова iPhone15 'кавычки' x=y+1\n  - пункт\n  - ещё"
)
REMEDY = "export the merged folder (without --gguf) and convert it with llama.cpp's convert_hf_to_gguf.py"


def add_tokenizer(writer: Any, folder: Path, *, vocab_size: int, texts: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Writes the folder's tokenizer into a GGUF file.

    Args:
        writer: a `gguf.GGUFWriter`.
        folder: holds tokenizer.json.
        vocab_size: rows of the embedding; where the tokenizer has fewer, unused tokens fill up.
        texts: must be cut into the same tokens by llama.cpp.

    Returns:
        llama.cpp's name of the splitting, and notes on where it differs.

    Raises:
        EngineError: not a byte-level BPE tokenizer, or no known splitting gives the same tokens.
    """
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    rules = json.loads(tokenizer.backend_tokenizer.to_str())
    if rules["model"]["type"] != "BPE" or "ByteLevel" not in json.dumps(rules["pre_tokenizer"]):
        raise EngineError(
            f"{folder}: found a tokenizer of the type {rules['model']['type']} that is not byte-level BPE; expected "
            f"byte-level BPE (Llama 3, Qwen, Mistral Nemo …); {REMEDY}"
        )
    splitting, notes = _splitting_of(tokenizer.backend_tokenizer, texts, folder)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(splitting)
    tokens, kinds = _tokens(tokenizer, vocab_size)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(
        [merge if isinstance(merge, str) else " ".join(merge) for merge in rules["model"]["merges"]]
    )
    _add_special(writer, tokenizer, folder)
    if tokenizer.chat_template:
        writer.add_chat_template(tokenizer.chat_template)
    return splitting, notes


def _splitting_of(tokenizer: Any, texts: Sequence[str], folder: Path) -> tuple[str, tuple[str, ...]]:
    """The first splitting that agrees on every text; one that agrees on the rare cases too goes before."""
    differs: dict[str, str] = {}
    agree = []
    for name, splitting in SPLITTINGS.items():
        other = _split_by(tokenizer, splitting)
        differing = _first_difference(tokenizer, other, texts)
        if differing is not None:
            differs[name] = differing
        elif _first_difference(tokenizer, other, [_RARE_CASES]) is None:
            return name, ()
        else:
            agree.append(name)
    if agree:
        return agree[0], (
            f"llama.cpp cuts texts as {agree[0]!r}: the same tokens in all {len(texts)} texts that were compared, "
            "others in rare cases (runs of blanks, apostrophes)",
        )
    examples = "; ".join(f"{name}: {text!r}" for name, text in list(differs.items())[:2])
    raise EngineError(
        f"{folder}: none of llama.cpp's splittings ({', '.join(SPLITTINGS)}) cuts the texts into the model's tokens "
        f"(first differences: {examples}); {REMEDY}"
    )


def _split_by(tokenizer: Any, splitting: Splitting) -> Any:
    from tokenizers import Regex, Tokenizer, pre_tokenizers

    rules = json.loads(tokenizer.to_str())
    rules["model"]["ignore_merges"] = splitting.whole_words
    other = Tokenizer.from_str(json.dumps(rules))
    other.pre_tokenizer = pre_tokenizers.Sequence(
        [
            *(pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in splitting.patterns),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return other


def _first_difference(one: Any, other: Any, texts: Sequence[str]) -> str | None:
    for text in texts:
        if one.encode(text, add_special_tokens=False).ids != other.encode(text, add_special_tokens=False).ids:
            return text[:80]
    return None


def _tokens(tokenizer: Any, vocab_size: int) -> tuple[list[str], list[int]]:
    """Each token's text and what kind it is, in the order of the embedding's rows."""
    import gguf

    by_id = {number: text for text, number in tokenizer.get_vocab().items()}
    added = tokenizer.added_tokens_decoder
    tokens: list[str] = []
    kinds: list[int] = []
    for number in range(vocab_size):
        if number not in by_id:
            tokens.append(f"[PAD{number}]")
            kinds.append(gguf.TokenType.UNUSED)
            continue
        tokens.append(by_id[number])
        if number not in added:
            kinds.append(gguf.TokenType.NORMAL)
        else:
            kinds.append(gguf.TokenType.CONTROL if added[number].special else gguf.TokenType.USER_DEFINED)
    return tokens, kinds


def _add_special(writer: Any, tokenizer: Any, folder: Path) -> None:
    """Begin, end and padding; every further end that generation knows is written as the end of a turn."""
    for add, number in (
        (writer.add_bos_token_id, tokenizer.bos_token_id),
        (writer.add_eos_token_id, tokenizer.eos_token_id),
        (writer.add_pad_token_id, tokenizer.pad_token_id),
    ):
        if number is not None:
            add(number)
    path = folder / "generation_config.json"
    ends = json.loads(path.read_text(encoding="utf-8")).get("eos_token_id") if path.is_file() else None
    others = [end for end in (ends if isinstance(ends, list) else [ends]) if end not in {None, tokenizer.eos_token_id}]
    if others:
        writer.add_eot_token_id(others[-1])
    first = tokenizer("").get("input_ids")
    writer.add_add_bos_token(bool(first) and first[0] == tokenizer.bos_token_id)
