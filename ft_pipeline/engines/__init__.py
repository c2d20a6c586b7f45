"""Load, export, generate, confidence: one `Engine` protocol over every way to run a model.

Here: the protocol, the embedded engine (transformers_engine), any OpenAI-compatible server (openai_engine), where a
base model comes from and what it hashes to (base_models). Not here: which model is chosen (base_model), how it is
trained (train), how it is served (serve).

Importing this package loads neither torch nor transformers.
"""

from ft_pipeline.engines.base_models import check_base, model_hash, resolve_base
from ft_pipeline.engines.openai_engine import OpenAIEngine
from ft_pipeline.engines.protocol import Engine, EngineError, Generation, Message, PromptTooLongError
from ft_pipeline.engines.transformers_engine import export_merged, load_engine

__all__ = [
    "Engine",
    "EngineError",
    "Generation",
    "Message",
    "OpenAIEngine",
    "PromptTooLongError",
    "check_base",
    "export_merged",
    "load_engine",
    "model_hash",
    "resolve_base",
]
