"""What is said of a folder that is no base model, is broken, or wants to run somebody's code."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ft_pipeline.engines import EngineError, check_base, resolve_base
from ft_pipeline.engines.folder_checks import chat_template, has_pad_token, read_tensors
from ft_pipeline.task import Candidate

HUB = Candidate(id="example-owner/model", revision="0" * 40)


@pytest.fixture
def base(tiny_base: Path, tmp_path: Path) -> Path:
    """A copy of the tiny base that a test may break."""
    folder = tmp_path / "base"
    shutil.copytree(tiny_base, folder)
    return folder


def edit(path: Path, **values: object) -> None:
    data = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    data |= values
    path.write_text(json.dumps({name: value for name, value in data.items() if value is not None}), encoding="utf-8")


def truncate(base: Path) -> None:
    weights = base / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def lfs_pointer(base: Path) -> None:
    (base / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")


def lose_a_shard(base: Path) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (base / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")


def lose_the_template(base: Path) -> None:
    (base / "chat_template.jinja").unlink()


def lose_pad_and_end(base: Path) -> None:
    edit(base / "tokenizer_config.json", pad_token=None, eos_token=None)
    (base / "special_tokens_map.json").unlink(missing_ok=True)


def pickle_only(base: Path) -> None:
    (base / "model.safetensors").rename(base / "pytorch_model.bin")


def want_remote_code(base: Path) -> None:
    auto_map = {"AutoModelForCausalLM": "modeling_evil.EvilForCausalLM"}
    edit(base / "config.json", auto_map=auto_map, model_type="evil")


def want_remote_tokenizer(base: Path) -> None:
    edit(base / "tokenizer_config.json", auto_map={"AutoTokenizer": ["tokenization_evil.Evil", None]})
    (base / "tokenizer.json").unlink()


def lose_embedding_rows(base: Path) -> None:
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    edit(base / "config.json", vocab_size=config["vocab_size"] + 64)


def gain_a_token(base: Path) -> None:
    data = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))
    data["added_tokens"].append({"id": 40_000, "content": "<|new|>"})
    (base / "tokenizer.json").write_text(json.dumps(data), encoding="utf-8")


def no_model_at_all(base: Path) -> None:
    for path in base.iterdir():
        path.unlink()
    (base / "holiday.jpg").touch()


def break_the_config(base: Path) -> None:
    (base / "config.json").write_text("{", encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (truncate, r"truncated or altered: found [\d,]+ bytes, expected [\d,]+.*download it again"),
        (lfs_pointer, "not a whole safetensors file.*Git LFS pointer"),
        (lose_a_shard, "1 of 2 weight files are missing.*00002-of-00002"),
        (lose_the_template, "no chat template.*instruct"),
        (lose_pad_and_end, "neither a padding nor an end-of-sequence token"),
        (pickle_only, r"only pickled weights \(pytorch_model.bin\).*never loaded"),
        (want_remote_code, r"auto_map.*modeling_evil.py.*trust_remote_code stays off"),
        (want_remote_tokenizer, "tokenizer wants its author's code"),
        (lose_embedding_rows, "config.json says .* tokens, the embedding in the weights has"),
        (gain_a_token, "tokens up to number 40,000"),
        (no_model_at_all, "not a base model: found holiday.jpg"),
        (break_the_config, "config.json: not valid JSON"),
    ],
)
def test_a_folder_that_cannot_be_trained_on_says_what_is_wrong_with_it(
    base: Path, damage: Callable[[Path], None], said: str
) -> None:
    check_base(base)
    damage(base)
    with pytest.raises(EngineError, match=said):
        check_base(base)


def test_what_merely_looks_odd_is_accepted(base: Path) -> None:
    edit(base / "tokenizer_config.json", pad_token=None)  # padding by the end token
    edit(base / "config.json", auto_map={"AutoConfig": "configuration_llama.LlamaConfig"})  # Llama needs nobody's code
    (base / "modeling_llama.py").write_text("raise SystemExit\n", encoding="utf-8")
    check_base(base)
    assert not has_pad_token(base)


def test_the_template_is_found_in_each_of_its_places(base: Path) -> None:
    text = chat_template(base)
    (base / "chat_template.jinja").unlink()
    for value in (text, [{"name": "tool", "template": "no"}, {"name": "default", "template": text}]):
        edit(base / "tokenizer_config.json", chat_template=value)
        assert chat_template(base) == text


def test_the_headers_give_every_tensor_without_loading_one(base: Path) -> None:
    from safetensors import safe_open

    with safe_open(base / "model.safetensors", framework="pt") as opened:
        names = list(opened.keys())
        expected = {name: tuple(opened.get_slice(name).get_shape()) for name in names}
    assert read_tensors(base).shapes == expected


@contextmanager
def hub(status: int, code: str) -> Iterator[str]:
    """A hub that answers everything with one status and one error code."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if code:
                self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (401, "GatedRepo", "gated.*HF_TOKEN"),  # no token at all
        (403, "GatedRepo", "gated.*HF_TOKEN"),  # a token whose account has not accepted the licence
        (401, "RepoNotFound", "no such model.*HF_TOKEN"),  # so the hub hides a private model
        (401, "", "refuses.*401.*HF_TOKEN"),
        (403, "", "refuses.*403.*HF_TOKEN"),
        (404, "RevisionNotFound", "no such revision.*40 hex digits"),
        (404, "RepoNotFound", "no such model.*owner/name"),
        (503, "", "cannot be reached.*not in the local cache"),
    ],
)
def test_what_the_hub_refuses_is_said_in_words(
    status: int, code: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _seconds: None)  # between its five attempts
    with hub(status, code) as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr("huggingface_hub.hf_api.api.endpoint", address)
        with pytest.raises(EngineError, match=said):
            resolve_base(HUB)


def test_a_hub_where_nobody_listens_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _seconds: None)
    with hub(404, "") as gone:
        address = gone
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr("huggingface_hub.hf_api.api.endpoint", address)
    with pytest.raises(EngineError, match=f"cannot be reached .no connection to {address}.*local folder as `path`"):
        resolve_base(HUB)
    assert not list(tmp_path.rglob("*.safetensors")) and not list(tmp_path.rglob("snapshots"))


def test_without_a_network_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EngineError, match="HF_HUB_OFFLINE is set"):
        resolve_base(HUB)
