"""Where a candidate's base model is found, and what is said when it is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ft_pipeline.engines import EngineError, base_models, resolve_base
from ft_pipeline.task import Candidate

HUB = Candidate(id="example-owner/no-such-model", revision="0" * 40)


def test_a_local_folder_is_used_as_it_is(tiny_base: Path) -> None:
    assert resolve_base(Candidate(path=tiny_base), hub_allowed=False) == tiny_base


def test_a_missing_local_folder_says_what_to_correct(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"no such folder.*task\.yaml"):
        resolve_base(Candidate(path=tmp_path / "nowhere"), hub_allowed=False)


def test_the_embedded_model_is_the_one_inside_the_package(tiny_base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_models, "EMBEDDED_FOLDER", tiny_base)
    assert resolve_base(Candidate(id="embedded"), hub_allowed=False) == tiny_base
    monkeypatch.setattr(base_models, "EMBEDDED_FOLDER", tiny_base / "missing")
    with pytest.raises(EngineError, match="make base-model"):
        resolve_base(Candidate(id="embedded"), hub_allowed=False)


def test_a_hub_model_is_not_fetched_where_the_hub_is_not_allowed() -> None:
    with pytest.raises(EngineError, match="not allowed here"):
        resolve_base(HUB, hub_allowed=False)


def test_a_hub_model_that_cannot_be_fetched_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub.constants as constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EngineError, match="not in the local cache"):
        resolve_base(HUB, hub_allowed=True)


def test_the_hub_is_asked_for_no_pickles_and_no_code() -> None:
    from fnmatch import fnmatch

    wanted = ["model-00001-of-00002.safetensors", "config.json", "chat_template.jinja", "tokenizer.model", "vocab.txt"]
    refused = ["pytorch_model.bin", "modeling_evil.py", "model.pt", "training_args.pkl", "onnx/model.onnx", "README.md"]
    for name in wanted + refused:
        assert any(fnmatch(name, pattern) for pattern in base_models.HUB_FILES) == (name in wanted), name


def test_importing_engines_loads_neither_torch_nor_transformers() -> None:
    code = "import sys, ft_pipeline.engines; print(sorted({'torch', 'transformers', 'openai'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
