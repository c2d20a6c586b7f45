"""One way from a customer's question to a delivered answer, for evaluation and for the gateway.

Here: preparing the question, the prompt, the threshold, the hand-over, the check for unfilled placeholders. Not here:
running a model (engines), HTTP (serve), judging (scoring). What is evaluated is therefore what is served.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ft_pipeline.engines import Engine, Message
from ft_pipeline.redact import ANY_PLACEHOLDER


@dataclass(frozen=True, slots=True)
class Reply:
    """What the customer gets, and what the model would have said."""

    text: str  # the model's answer, or the hand-over text
    generated: str  # the model's answer in any case
    confidence: float  # summed log-probability of the answer, natural logarithm, ≤ 0
    handed_over: bool
    reason: str  # "" | below_threshold | unfilled_placeholder | empty_answer
    tokens: int
    seconds: float


@dataclass(frozen=True)
class Answerer:
    """A model with everything around it that decides what is delivered."""

    engine: Engine
    prepare: Callable[[str], str]  # a customer's question as the model sees it
    system_prompt: str
    threshold: float  # least confidence for answering alone; -inf = answer always
    handover_text: str
    max_answer_tokens: int

    def answer(self, questions: Sequence[str], *, batch_size: int = 32) -> list[Reply]:
        """Replies to single questions, in their order."""
        return self.reply([[{"role": "user", "content": question}] for question in questions], batch_size=batch_size)

    def reply(self, conversations: Sequence[Sequence[Message]], *, batch_size: int = 32) -> list[Reply]:
        """Replies to conversations (user and assistant turns, the last one the user's)."""
        prompts = [self.prompt(conversation) for conversation in conversations]
        generations = self.engine.generate(prompts, max_new_tokens=self.max_answer_tokens, batch_size=batch_size)
        replies = []
        for generation in generations:
            reason = why_hand_over(generation.text, generation.logprob, threshold=self.threshold)
            replies.append(
                Reply(
                    text=self.handover_text if reason else generation.text.strip(),
                    generated=generation.text.strip(),
                    confidence=generation.logprob,
                    handed_over=bool(reason),
                    reason=reason,
                    tokens=generation.tokens,
                    seconds=generation.seconds,
                )
            )
        return replies

    def prompt(self, conversation: Sequence[Message]) -> list[Message]:
        """The system message and the conversation with the customer's words prepared."""
        turns = [{"role": "system", "content": self.system_prompt}]
        for turn in conversation:
            if turn["role"] == "user":
                turns.append({"role": "user", "content": self.prepare(turn["content"])})
            elif turn["role"] == "assistant":
                turns.append({"role": "assistant", "content": turn["content"]})
        return turns


def why_hand_over(text: str, confidence: float, *, threshold: float) -> str:
    """Why a generated answer must not be delivered; "" where it may.

    The gateway and evaluation ask this one function.
    """
    if not text.strip():
        return "empty_answer"
    if confidence < threshold:
        return "below_threshold"
    if ANY_PLACEHOLDER.search(text):
        return "unfilled_placeholder"
    return ""
