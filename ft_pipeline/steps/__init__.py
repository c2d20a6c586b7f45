"""One step per asset: read the versions above, call one stage, publish the version with its contract report.

Both ways to run the pipeline, Dagster (`defs/assets.py`) and the command line (`cli`), chain these same steps, so
that a version means the same wherever it was made. Not here: what a stage does, and anything of Dagster.
"""

from ft_pipeline.steps.data import (
    publish_cleaned_qa_pairs,
    publish_eval_set,
    publish_raw_transcripts,
    publish_synthetic_augmentation,
    publish_training_set,
)
from ft_pipeline.steps.model import publish_base_model_choice, publish_lora_adapter
from ft_pipeline.steps.project import Project, open_project
from ft_pipeline.steps.proof import publish_eval_report
from ft_pipeline.steps.release import DeploymentOutcome, deploy

__all__ = [
    "DeploymentOutcome",
    "Project",
    "deploy",
    "open_project",
    "publish_base_model_choice",
    "publish_cleaned_qa_pairs",
    "publish_eval_report",
    "publish_eval_set",
    "publish_lora_adapter",
    "publish_raw_transcripts",
    "publish_synthetic_augmentation",
    "publish_training_set",
]
