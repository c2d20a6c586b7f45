"""Where a base model comes from, whether its folder can be used, and what it hashes to.

Here: the embedded model, local folders, pinned hub snapshots; the model hash. Not here: what can be wrong with a folder
(folder_checks), loading weights (transformers_engine), choosing between candidates (base_model).
"""

from __future__ import annotations

import json
from pathlib import Path

import ft_pipeline
from ft_pipeline.engines.folder_checks import check_folder
from ft_pipeline.engines.protocol import EngineError
from ft_pipeline.store import hash_file, hash_json
from ft_pipeline.task import Candidate

EMBEDDED_FOLDER = Path(ft_pipeline.__file__).parent / "demo" / "base_model"
ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"

# A hub model brings these kinds of files and no others: no pickles, no Python code.
HUB_FILES = ("*.safetensors", "*.json", "*.jinja", "tokenizer*", "*.model", "merges.txt", "vocab.txt")
_MODEL_SUFFIXES = {".safetensors", ".json", ".jinja", ".model", ".txt"}


def resolve_base(candidate: Candidate, *, hub_allowed: bool = True) -> Path:
    """The local folder of a candidate, fetched from the hub (pinned revision, safetensors only) where it must be.

    Raises:
        EngineError: the folder is missing or unusable, or the hub cannot give the model.
    """
    if candidate.path is not None:
        folder = candidate.path
    elif candidate.id == "embedded":
        folder = EMBEDDED_FOLDER
        if not folder.is_dir():
            raise EngineError(
                f"the embedded base model is missing: found no folder {folder}; expected the one shipped with the "
                "package; run `make base-model` to rebuild it"
            )
    else:
        folder = _fetch(candidate, hub_allowed=hub_allowed)
    check_base(folder)
    return folder


def check_base(folder: Path) -> None:
    """Raises EngineError where a base model's folder cannot be used; loads nothing and runs no code of its author."""
    check_folder(folder)


def check_adapter(folder: Path) -> None:
    """Raises EngineError where an adapter's folder cannot be used."""
    missing = [name for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS) if not (folder / name).is_file()]
    if missing:
        raise EngineError(
            f"{folder}: {', '.join(missing)} missing; expected the folder of a PEFT adapter saved as safetensors; "
            "train the adapter again or correct the path"
        )


def model_hash(base: Path, adapter: Path | None = None) -> str:
    """sha256 over a base model's weights, configuration, tokenizer and template, and over the adapter's files.

    Where the folders lie does not matter: the base path that PEFT notes in the adapter's config is left out.
    """
    files = sorted(path for path in base.iterdir() if path.is_file() and path.suffix in _MODEL_SUFFIXES)
    parts = [(path.name, hash_file(path)) for path in files]
    if adapter is not None:
        config = json.loads((adapter / ADAPTER_CONFIG).read_text(encoding="utf-8"))
        config.pop("base_model_name_or_path", None)
        parts.append((ADAPTER_CONFIG, hash_json(config)))
        parts.append((ADAPTER_WEIGHTS, hash_file(adapter / ADAPTER_WEIGHTS)))
    return hash_json(parts)


def _fetch(candidate: Candidate, *, hub_allowed: bool) -> Path:
    name = f"{candidate.id}@{candidate.revision[:12]}"
    if not hub_allowed:
        raise EngineError(
            f"{name}: the candidate is a hub model, and the hub is not allowed here; "
            "download it once and give its folder as `path`, or use the embedded model"
        )
    import httpx
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return Path(
            snapshot_download(candidate.id, revision=candidate.revision, allow_patterns=list(HUB_FILES)),
        )
    except GatedRepoError:
        raise EngineError(
            f"{name}: the model is gated; expected an account that accepted its licence; accept it on the model's "
            "page and set HF_TOKEN in the environment"
        ) from None
    except RevisionNotFoundError:
        raise EngineError(
            f"{name}: the hub has no such revision; expected the 40 hex digits of a commit of this model; "
            "copy them from the model's page under Files"
        ) from None
    except RepositoryNotFoundError:
        raise EngineError(
            f"{name}: the hub has no such model (or it is private or gated, and HF_TOKEN names no account that may "
            "see it); expected owner/name; correct `id`, or set HF_TOKEN"
        ) from None
    except (LocalEntryNotFoundError, OSError, httpx.HTTPError) as error:
        status = _refused(error)
        if status:
            raise EngineError(
                f"{name}: {constants.ENDPOINT} refuses to give the model (HTTP {status}); expected an account that may "
                "read it; correct or renew HF_TOKEN, or unset it for a public model"
            ) from None
        why = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else f"no connection to {constants.ENDPOINT}"
        raise EngineError(
            f"{name}: the hub cannot be reached ({why}; {type(error).__name__}) and the model is not in the local "
            "cache; connect once to download it, or give a local folder as `path`"
        ) from None


def _refused(error: BaseException | None) -> int:
    """401 or 403 where the hub's own answer stands behind an error; else 0."""
    while error is not None:
        status = getattr(getattr(error, "response", None), "status_code", 0)
        if status in (401, 403):
            return int(status)
        error = error.__cause__ or error.__context__
    return 0


def cached_folder(candidate: Candidate) -> Path | None:
    """The snapshot of a hub model in the local cache, or None; asks nobody."""
    from huggingface_hub import constants

    place = (
        Path(constants.HF_HUB_CACHE) / f"models--{candidate.id.replace('/', '--')}" / "snapshots" / candidate.revision
    )
    return place if candidate.revision and place.is_dir() else None
