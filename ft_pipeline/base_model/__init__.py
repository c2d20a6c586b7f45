"""Which base model is fine-tuned: candidates, memory estimates, bake-off, and the preflight of the machine.

Reads candidate folders and the validation side of the training set. Hands over a `Choice`. Not here: the fine-tuning
(train), loading and generating (engines). Importing this package loads neither torch nor transformers.
"""

from ft_pipeline.base_model.catalogue import Catalogue, judge_licence, load_catalogue
from ft_pipeline.base_model.choosing import BaseModelError, Choice, Chosen, Workload, choose
from ft_pipeline.base_model.memory import MemoryEstimate, estimate_memory
from ft_pipeline.base_model.preflight import TRAINING, Finding, exit_code, preflight
from ft_pipeline.base_model.shape import read_shape

__all__ = [
    "TRAINING",
    "BaseModelError",
    "Catalogue",
    "Choice",
    "Chosen",
    "Finding",
    "MemoryEstimate",
    "Workload",
    "choose",
    "estimate_memory",
    "exit_code",
    "judge_licence",
    "load_catalogue",
    "preflight",
    "read_shape",
]
