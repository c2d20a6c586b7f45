"""What every engine promises: `Engine`, the messages that go in and the `Generation` that comes out.

Here: types and the error. Not here: anything that runs a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Message = dict[str, str]  # {"role": system | user | assistant, "content": text}


class EngineError(RuntimeError):
    """A model cannot be loaded or asked; the message names what was found, what was expected and what to do."""


class PromptTooLongError(EngineError):
    """A conversation does not fit into the model's context."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One generated answer and how sure the model was of it.

    Log-probabilities are natural logarithms under the model's own distribution (temperature 1), rounded to 4 decimals
    so that the padding of a batch does not show in them.
    """

    text: str
    tokens: int  # generated tokens, the end-of-turn token included
    logprob: float  # sum over all generated tokens, the end-of-turn token included
    min_logprob: float  # of the least likely generated token
    seconds: float  # from the start of its batch until this answer was complete, s


class Engine(Protocol):
    """Something that answers conversations, greedily and deterministically."""

    name: str
    model_hash: str  # sha256, hex: changes whenever weights, tokenizer, template or adapter change

    def generate(
        self, prompts: Sequence[Sequence[Message]], *, max_new_tokens: int, batch_size: int = 32
    ) -> list[Generation]:
        """One answer per conversation, in the order of the prompts."""
        ...
