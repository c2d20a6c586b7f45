"""Whether a folder is a base model that can be fine-tuned, read from its small files and the weights' headers.

Here: one function per thing that can be wrong; each raises an EngineError that says what to do. Nothing is loaded and
no code of the model's author runs. Not here: fetching a model (base_models), loading it (transformers_engine).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ft_pipeline.engines.protocol import EngineError

_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json")
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_INDEX = "model.safetensors.index.json"
_LONGEST_HEADER = 100_000_000  # bytes; the format's own limit, https://github.com/huggingface/safetensors#format


@dataclass(frozen=True, slots=True)
class Tensors:
    """What the headers of a folder's safetensors files tell."""

    shapes: dict[str, tuple[int, ...]]
    bytes: int  # of all values

    @property
    def values(self) -> int:
        total = 0
        for shape in self.shapes.values():
            count = 1
            for length in shape:
                count *= length
            total += count
        return total


def check_folder(folder: Path) -> None:
    """Raises EngineError where a base model's folder cannot be used."""
    if not folder.is_dir():
        raise EngineError(
            f"{folder}: no such folder; expected a local base model with config.json, *.safetensors and a tokenizer; "
            "correct base_model.candidates in task.yaml"
        )
    _check_files(folder)
    config = _read_json(folder / "config.json")
    tokenizer = _read_json(folder / "tokenizer_config.json")
    _check_no_remote_code(folder, config, tokenizer)
    tensors = read_tensors(folder)
    _check_chat_template(folder, tokenizer)
    _check_end_token(folder, config, tokenizer)
    _check_vocabulary(folder, config, tensors)


def read_tensors(folder: Path) -> Tensors:
    """The tensors of all safetensors files by name; raises EngineError where a file is torn or missing.

    A header is JSON after its own length as 8 bytes, little-endian; the values follow without gaps (safetensors format,
    https://github.com/huggingface/safetensors#format).
    """
    index = folder / _INDEX
    if index.is_file():
        wanted = set(_read_json(index).get("weight_map", {}).values())
        missing = sorted(name for name in wanted if not (folder / name).is_file())
        if missing:
            raise EngineError(
                f"{folder}: {len(missing)} of {len(wanted)} weight files are missing ({', '.join(missing[:3])}); "
                f"expected all that {_INDEX} names; copy or download the rest"
            )
    shapes: dict[str, tuple[int, ...]] = {}
    size = 0
    for path in sorted(folder.glob("*.safetensors")):
        header = _header(path)
        shapes |= {name: tuple(int(length) for length in tensor["shape"]) for name, tensor in header.items()}
        size += max((int(tensor["data_offsets"][1]) for tensor in header.values()), default=0)
    return Tensors(shapes, size)


def chat_template(folder: Path) -> str:
    """The chat template's text, or "" where the tokenizer has none."""
    for name in ("chat_template.jinja", "additional_chat_templates/default.jinja"):
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8")
    separate = _read_json(folder / "chat_template.json").get("chat_template")
    found = separate or _read_json(folder / "tokenizer_config.json").get("chat_template") or ""
    if isinstance(found, list):  # several named templates, as older exports have them
        found = next((item.get("template", "") for item in found if item.get("name") == "default"), "")
    return str(found)


def has_pad_token(folder: Path) -> bool:
    """Whether the tokenizer names a padding token; training pads with the end token where it does not."""
    return bool(_special_token(folder, "pad_token"))


def _check_files(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir())
    has_config = (folder / "config.json").is_file()
    if not any(folder.glob("*.safetensors")):
        pickles = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
        if not pickles and not has_config:
            raise EngineError(
                f"{folder}: not a base model: found {', '.join(names[:4]) or 'nothing'}, neither config.json nor "
                "weights; expected the folder that `save_pretrained` wrote, or a downloaded snapshot; correct the path"
            )
        found = f"only pickled weights ({', '.join(pickles[:3])})" if pickles else "no weights"
        raise EngineError(
            f"{folder}: found {found}; expected *.safetensors (pickles can run code and are never loaded); "
            "use a revision that has safetensors, or convert it with `save_pretrained`"
        )
    if not has_config:
        raise EngineError(
            f"{folder}: found no config.json; expected the folder of a whole base model (an adapter alone is not one); "
            "give the folder that `save_pretrained` wrote"
        )
    if not any((folder / name).is_file() for name in _TOKENIZER_FILES):
        raise EngineError(
            f"{folder}: found no tokenizer; expected one of {', '.join(_TOKENIZER_FILES)}; "
            "copy the tokenizer files of the base model into the folder"
        )


def _check_no_remote_code(folder: Path, config: dict[str, Any], tokenizer: dict[str, Any]) -> None:
    """Code of the author is never run: a model that needs it is refused, one that merely offers it is not."""
    wants_code = "auto_map" in config and not _is_native(str(config.get("model_type", "")))
    if wants_code:
        files = ", ".join(sorted({str(value).split(".")[0] + ".py" for value in config["auto_map"].values()}))
        raise EngineError(
            f"{folder}: config.json has auto_map: the model wants its author's code ({files}) to run on this machine; "
            f"expected a model type that Transformers has itself, found {config.get('model_type', 'none')!r}; "
            "choose another candidate (trust_remote_code stays off)"
        )
    if "auto_map" in tokenizer and not (folder / "tokenizer.json").is_file():
        raise EngineError(
            f"{folder}: tokenizer_config.json has auto_map: the tokenizer wants its author's code to run; expected a "
            "tokenizer.json; export one with `save_pretrained` on a machine that may run it, or choose another model"
        )


def _is_native(model_type: str) -> bool:
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    return model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES


def _header(path: Path) -> dict[str, Any]:
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        raw = stream.read(length) if 8 + length <= min(size, _LONGEST_HEADER) else b""
    try:
        header: dict[str, Any] = json.loads(raw)
        header.pop("__metadata__", None)
        end = 8 + length + max((int(tensor["data_offsets"][1]) for tensor in header.values()), default=0)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise EngineError(
            f"{path}: not a whole safetensors file ({size:,} bytes, its header cannot be read; a Git LFS pointer has "
            "some 130 bytes); download it again and compare its sha256 with the model's page"
        ) from None
    if end != size:
        raise EngineError(
            f"{path}: truncated or altered: found {size:,} bytes, expected {end:,} by its header; download it again "
            "and compare its sha256 with the model's page"
        )
    return header


def _check_chat_template(folder: Path, tokenizer: dict[str, Any]) -> None:  # noqa: ARG001 - one signature for all checks
    if not chat_template(folder).strip():
        raise EngineError(
            f"{folder}: the tokenizer has no chat template; expected chat_template.jinja or `chat_template` in "
            "tokenizer_config.json; use the instruct/chat variant of the model"
        )


def _check_end_token(folder: Path, config: dict[str, Any], tokenizer: dict[str, Any]) -> None:  # noqa: ARG001 - one signature for all checks
    if not has_pad_token(folder) and not _special_token(folder, "eos_token"):
        raise EngineError(
            f"{folder}: the tokenizer names neither a padding nor an end-of-sequence token; expected `pad_token` or "
            "`eos_token` in tokenizer_config.json; use the instruct variant of the model, or add the token that "
            "ends its answers"
        )


def _special_token(folder: Path, name: str) -> str:
    for file in ("tokenizer_config.json", "special_tokens_map.json"):
        found = _read_json(folder / file).get(name)
        if isinstance(found, dict):
            found = found.get("content")
        if found:
            return str(found)
    return ""


def _check_vocabulary(folder: Path, config: dict[str, Any], tensors: Tensors) -> None:
    """Tokenizer and weights must belong together: no token may lie outside the embedding."""
    text = config.get("text_config") or config
    stated = int(text.get("vocab_size") or 0)
    rows = next((shape[0] for name, shape in tensors.shapes.items() if name.endswith("embed_tokens.weight")), stated)
    if stated and rows != stated:
        raise EngineError(
            f"{folder}: config.json says {stated:,} tokens, the embedding in the weights has {rows:,} rows; expected "
            "the same number; the files come from different models: download all of them from one revision"
        )
    highest = _highest_token(folder)
    if rows and highest >= rows:
        raise EngineError(
            f"{folder}: the tokenizer has tokens up to number {highest:,}, the model's embedding only {rows:,} rows; "
            "expected every token to have a row; take tokenizer and weights from one revision, or resize the embedding"
        )


def _highest_token(folder: Path) -> int:
    data = _read_json(folder / "tokenizer.json")
    vocabulary = (data.get("model") or {}).get("vocab") or {}
    highest = len(vocabulary) - 1 if isinstance(vocabulary, list) else max(vocabulary.values(), default=-1)
    return max([highest, *(int(token["id"]) for token in data.get("added_tokens") or [])])


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EngineError(
            f"{path}: not valid JSON ({error}); expected the file as its author published it; download it again"
        ) from None
    return found if isinstance(found, dict) else {}
