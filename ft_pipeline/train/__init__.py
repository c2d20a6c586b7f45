"""LoRA/QLoRA with TRL and PEFT: every epoch kept and scored by its answers, the best one restored, in an own process.

Reads the base model's folder and training rows (Parquet of `records.TrainingRow`). Writes the adapter, its history,
facts, card and picture into the job's output folder. Not here: which base model (base_model), how the model is served
or judged on unseen questions.

Importing this package loads neither torch nor transformers; the training runs in `python -m ft_pipeline.train`.
"""

from ft_pipeline.train.job import TIMING, TrainError, TrainJob, TrainResult
from ft_pipeline.train.process import prune_work, read_result, train_adapter

__all__ = ["TIMING", "TrainError", "TrainJob", "TrainResult", "prune_work", "read_result", "train_adapter"]
