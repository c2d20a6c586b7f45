"""The base model made ready for training: precision, quantisation, LoRA on which matrices.

Here: loading the weights, the adapter's shape, the precision that this machine runs fastest. Not here: the loop
(answer_trainer), the optimiser's settings (session).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ft_pipeline.task import Training
from ft_pipeline.train.job import TrainError

if TYPE_CHECKING:
    from transformers import BitsAndBytesConfig

_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Precision:
    """What the arithmetic of a training is done in."""

    device: str  # cpu | cuda
    autocast: bool  # bf16 products, fp32 master weights of the adapter
    name: str  # fp32 | bf16


def pick_precision(cpuinfo: Path = _CPUINFO) -> Precision:
    """bf16 where the machine multiplies it natively, else fp32 (bf16 is slower than fp32 on other CPUs)."""
    import torch

    if torch.cuda.is_available():
        is_fast = torch.cuda.is_bf16_supported(including_emulation=False)
        return Precision("cuda", is_fast, "bf16" if is_fast else "fp32")
    flags = cpuinfo.read_text(encoding="utf-8") if cpuinfo.is_file() else ""
    is_fast = "avx512_bf16" in flags or "amx_bf16" in flags
    return Precision("cpu", is_fast, "bf16" if is_fast else "fp32")


def quantisation() -> BitsAndBytesConfig:
    """4-bit NormalFloat with double quantisation (QLoRA, Dettmers et al. 2023, arXiv:2305.14314, sections 3 and 4)."""
    import torch
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def load_base(base: Path, *, method: str, precision: Precision) -> tuple[Any, Any]:
    """The base model's frozen weights and its tokenizer.

    Under autocast a frozen matrix that is stored in bf16 stays in bf16: it would be cast at every step otherwise, to
    the same value. Embedding and norms are fp32, so that the residual stream is.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base, trust_remote_code=False, local_files_only=True)
    if not tokenizer.chat_template:
        raise TrainError(f"{base}: the tokenizer has no chat template; use the instruct variant of the model")
    if tokenizer.eos_token_id is None:
        raise TrainError(f"{base}: the tokenizer has no end-of-sequence token; use the instruct variant of the model")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token  # padding is never in the loss: the labels are made from the text
    options: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True, "use_safetensors": True}
    # On a CPU, PyTorch 2.13's fused attention with a mask and bf16 takes a third longer per step than the plain one.
    options["attn_implementation"] = "sdpa" if precision.device == "cuda" else "eager"
    if method == "qlora":
        options |= {"quantization_config": quantisation(), "dtype": torch.bfloat16}
        if precision.device == "cuda":
            options["device_map"] = {"": torch.cuda.current_device()}  # each process has the whole model on its own GPU
        return AutoModelForCausalLM.from_pretrained(base, **options), tokenizer
    on_gpu = precision.device == "cuda"
    model = AutoModelForCausalLM.from_pretrained(
        base, dtype=torch.bfloat16 if on_gpu and precision.autocast else torch.float32, **options
    )
    if precision.autocast and not on_gpu and _is_stored_in_bf16(base):
        head = model.get_output_embeddings()
        for module in model.modules():
            if isinstance(module, torch.nn.Linear) and module is not head:
                module.to(torch.bfloat16)
    return model, tokenizer


def add_adapter(model: Any, settings: Training) -> Any:
    """The model with LoRA on every linear layer but the output layer, or on those that the task names.

    Where asked, also on the tied embedding.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    head = model.get_output_embeddings()
    is_tied = bool(model.config.get_text_config().tie_word_embeddings)
    linear = {name: part for name, part in model.named_modules() if isinstance(part, torch.nn.Linear)}
    heads = {name.rsplit(".", 1)[-1] for name, part in linear.items() if part is head}
    targets = _targets({name.rsplit(".", 1)[-1] for name in linear} - heads, set() if is_tied else heads, settings)
    if settings.train_embeddings and is_tied:
        embedding = model.get_input_embeddings()
        targets |= {name.rsplit(".", 1)[-1] for name, part in model.named_modules() if part is embedding}
    config = LoraConfig(
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=sorted(targets),
        ensure_weight_tying=settings.train_embeddings and is_tied,
        use_rslora=settings.rslora,
        use_dora=settings.dora,
        task_type="CAUSAL_LM",
    )
    if torch.cuda.is_available() and not getattr(model, "is_quantized", False):
        model = model.to("cuda")  # before: PEFT ties the output layer's adapter by sharing memory, which moving breaks
    torch.manual_seed(settings.seed)
    with warnings.catch_warnings():  # PEFT warns of LoRA on tied embeddings even where it is told to keep them tied
        warnings.simplefilter("ignore", UserWarning)
        return get_peft_model(model, config)


def _targets(layers: set[str], heads: set[str], settings: Training) -> set[str]:
    """Names of the layers that get an adapter.

    Where the task names none: every linear layer (arXiv:2305.14314, figure 2), without the output layer; that one has
    to be named, and a tied one is the embedding (`train_embeddings`).
    """
    unknown = sorted(set(settings.target_modules) - layers - heads)
    if unknown:
        raise TrainError(
            f"training.target_modules: found {', '.join(unknown)}, which this base model does not have or ties to its "
            f"embedding; expected some of {', '.join(sorted(layers | heads))}, or nothing for every layer but the last"
        )
    return set(settings.target_modules) or layers


def save_adapter(model: Any, folder: Path, *, base_name: str) -> None:
    """Writes the adapter as safetensors with a config that names no path of this machine and is the same every time."""
    import json

    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)  # PEFT's empty model card
    file = folder / "adapter_config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = base_name
    for name, value in config.items():
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            config[name] = sorted(value)
    file.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def base_revision(base: Path) -> str:
    """The hub commit of a downloaded base model (its folder's name in the hub's cache); "" for any other folder."""
    name = base.resolve().name
    return name if len(name) == 40 and all(sign in "0123456789abcdef" for sign in name) else ""


def multiplies_four_bits() -> bool:
    """Whether bitsandbytes really multiplies 4-bit weights on this machine."""
    import torch

    try:
        import bitsandbytes as bnb

        device = "cuda" if torch.cuda.is_available() else "cpu"
        nn: Any = bnb.nn
        layer = nn.Linear4bit(64, 64, bias=False, quant_type="nf4", compute_dtype=torch.bfloat16).to(device)
        with torch.no_grad():
            return bool(torch.isfinite(layer(torch.ones(2, 64, dtype=torch.bfloat16, device=device))).all())
    except Exception:  # whatever it is that a missing driver or library raises: 4 bits do not run here
        return False


def keeps_documents_apart(model: Any, precision: Precision) -> bool:
    """Whether rows laid end to end do not see each other: another first row must not change the second one's logits."""
    import torch

    length = 8
    size = model.config.get_text_config().vocab_size
    first, other = (torch.arange(start, start + length) % size for start in (0, length))
    second = torch.arange(2 * length, 3 * length) % size
    positions = torch.arange(length).repeat(2)[None].to(model.device)
    was_training = model.training
    model.eval()
    with torch.no_grad(), torch.autocast(precision.device, dtype=torch.bfloat16, enabled=precision.autocast):
        seen = [
            model(
                input_ids=torch.cat([start, second])[None].to(model.device), position_ids=positions, use_cache=False
            ).logits[0, length:]
            for start in (first, other)
        ]
    model.train(was_training)
    return bool(torch.allclose(seen[0].float(), seen[1].float(), atol=1e-4, rtol=1e-4))


def _is_stored_in_bf16(base: Path) -> bool:
    import json

    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    return "bfloat16" in (config.get("dtype"), config.get("torch_dtype"))
