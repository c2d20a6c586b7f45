"""task.yaml -> one frozen `Task`: the single file that makes the project yours.

Here: every setting with its default and unit (settings; source: where tickets come from), and reading the file with an
error that names the line, what was found, what was expected and what to write (reading). Not here: secrets (they come
from the environment), anything that reads data.
"""

from ft_pipeline.task.reading import TaskError, load_task
from ft_pipeline.task.settings import (
    Augmentation,
    BaseModelChoice,
    Candidate,
    Data,
    Deployment,
    Economics,
    Evaluation,
    Judge,
    Kpis,
    Promotion,
    Refresh,
    Task,
    Training,
)
from ft_pipeline.task.source import Source, SourceFormat, split_glob
from ft_pipeline.task.strict import Share

__all__ = [
    "Augmentation",
    "BaseModelChoice",
    "Candidate",
    "Data",
    "Deployment",
    "Economics",
    "Evaluation",
    "Judge",
    "Kpis",
    "Promotion",
    "Refresh",
    "Share",
    "Source",
    "SourceFormat",
    "Task",
    "TaskError",
    "Training",
    "load_task",
    "split_glob",
]
