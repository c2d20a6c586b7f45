"""Which base model is fine-tuned: candidates, memory estimates, bake-off, and the preflight of the machine.

Reads candidate folders and the validation side of the training set. Hands over a `Choice`. Not here: the fine-tuning
(train), loading and generating (engines). Importing this package loads neither torch nor transformers.
"""

from ft_pipeline.base_model.choosing import BaseModelError, Choice, Chosen, choose
from ft_pipeline.base_model.memory import MemoryEstimate, estimate_memory, read_shape
from ft_pipeline.base_model.preflight import Finding, preflight

__all__ = [
    "BaseModelError",
    "Choice",
    "Chosen",
    "Finding",
    "MemoryEstimate",
    "choose",
    "estimate_memory",
    "preflight",
    "read_shape",
]
