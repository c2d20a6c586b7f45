"""Every section of task.yaml with its defaults and units, and the whole `Task`.

Here: what may be set, and what contradicts what across sections. Not here: one source (source), reading the file and
explaining its mistakes (reading).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from ft_pipeline.task.source import Source
from ft_pipeline.task.strict import Share, Strict

EXAMPLE_GOAL = "Отвечать на вопросы клиентов о тарифах, документах и доставке: верно не менее чем в 90 % данных ответов"


class Kpis(Strict):
    """What the model must reach before it may be released; all three targets are required."""

    correct_share: Share  # target share of correct answers, e.g. 0.9
    answer_s: float = Field(gt=0)  # target for p95 of one answer as served, s
    load_reduction_share: Share  # target share of incoming tickets that are answered alone and right
    correct_of: Literal["answers_given", "all_questions"] = "answers_given"
    least_answered_share: Share = 0.4  # with correct_of=answers_given: answer at least this share itself
    rule: Literal["lower_bound", "point"] = "lower_bound"  # compare the 95 % interval's lower bound, or the point


class Data(Strict):
    """What curation keeps and how it splits."""

    min_pairs: int = Field(default=500, ge=1)  # pairs after cleaning, before the split
    languages: tuple[Literal["ru", "en", "mixed"], ...] = ("ru",)  # languages that may enter training
    own_contacts: tuple[str, ...] = ()  # the company's own domains, addresses and phones: never masked
    min_question_chars: int = Field(default=8, ge=1)
    max_question_chars: int = Field(default=1500, ge=10)
    min_answer_chars: int = Field(default=15, ge=1)
    max_answer_chars: int = Field(default=4000, ge=10)
    near_duplicate_jaccard: Share = 0.75  # of character 4-grams: questions at or above it are the same question
    same_answer_jaccard: Share = 0.7  # of word sets: answers at or above it belong to one canonical answer
    eval_share: Share = 0.1  # of question clusters
    validation_share: Share = 0.1  # of question clusters
    incoming_sample: int = Field(default=150, ge=0)  # raw tickets kept before any filtering, number
    held_out_ceiling: Share = 0.3  # most pairs that may be held out together with eval
    split_salt: str = "ft-pipeline"  # changes every draw; never change it between refreshes
    max_source_shrink: Share = 0.2  # a source that shrinks by more than this stops the run
    drop_repeated_boilerplate: bool = True


class Augmentation(Strict):
    """Synthetic rows made from training pairs."""

    enabled: bool = True
    per_pair: int = Field(default=2, ge=0)  # at most so many children of one training pair
    target_rows: int = Field(default=3000, ge=0)  # at most so many synthetic rows in all
    methods: tuple[Literal["typo", "layout", "wrapper", "case", "document"], ...] = (
        "typo",
        "layout",
        "wrapper",
        "case",
        "document",
    )


class Candidate(Strict):
    """An open-weight base model: the embedded one, a hub id with its revision, or a local folder."""

    id: str = ""  # "embedded", or a hub id such as Qwen/Qwen3-0.6B
    revision: str = ""  # 40 hex digits; required for a hub id
    path: Path | None = None  # a local folder, relative to task.yaml

    @model_validator(mode="after")
    def _one_place(self) -> Candidate:
        if bool(self.id) == (self.path is not None):
            raise ValueError("give either `id` (embedded, or a hub id) or `path` (a local folder)")
        if self.id and self.id != "embedded" and not re.fullmatch(r"[0-9a-f]{40}", self.revision):
            raise ValueError(f"the hub model {self.id} needs `revision` with the 40 hex digits of a commit")
        return self


class BaseModelChoice(Strict):
    """Which base models may be chosen, and within what budget."""

    candidates: tuple[Candidate, ...] = Field(default=(Candidate(id="embedded"),), min_length=1)
    memory_gib: float = Field(default=4.0, gt=0)  # memory that training may take, GiB
    bakeoff_questions: int = Field(default=24, ge=0)  # validation questions asked of each candidate
    few_shot: int = Field(default=3, ge=0)  # solved examples before each question of a second round; 0 = none
    use: Literal["commercial", "internal", "research"] = "commercial"  # what the licence must allow
    monthly_active_users: int = Field(default=0, ge=0)  # of your products, for licences with a limit; 0 = far below any


class Training(Strict):
    """Limits and settings of the fine-tuning."""

    method: Literal["auto", "lora", "qlora"] = "auto"
    min_epochs: int = Field(default=2, ge=1)
    max_epochs: int = Field(default=5, ge=1)
    patience: int = Field(default=2, ge=1)  # epochs without a better validation score before stopping
    learning_rate: float = Field(default=3e-3, gt=0)
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    batch_size: int = Field(default=8, ge=1)  # rows per optimizer step
    max_length: int = Field(default=512, ge=16)  # tokens per row
    lora_rank: int = Field(default=32, ge=1)
    lora_alpha: int = Field(default=64, ge=1)
    lora_dropout: float = Field(default=0.0, ge=0, lt=1)  # above 0 a CPU trains a quarter slower
    train_embeddings: bool = True  # LoRA on the (tied) embedding as well
    target_modules: tuple[str, ...] = ()  # names of the layers that get an adapter; () = every linear layer
    loraplus_ratio: float = Field(default=1.0, ge=1)  # rate of the B matrices over that of the A matrices (LoRA+)
    rslora: bool = False  # scale by alpha / sqrt(rank) instead of alpha / rank: for ranks of 64 and more
    dora: bool = False  # weight-decomposed LoRA: better at low ranks, slower
    neftune_alpha: float = Field(default=0.0, ge=0)  # noise on the embeddings while training; 0 = none, 5 is usual
    token_dropout: float = Field(default=0.0, ge=0, lt=1)  # share of prompt tokens replaced by random ones, per step
    gradient_checkpointing: Literal["auto", "on", "off"] = "auto"  # auto: where the memory asks for it
    processes: int = Field(default=1, ge=1)  # training processes (GPUs); started by `accelerate launch` above 1
    checkpoint_s: float = Field(default=30.0, ge=0)  # s between checkpoints; every epoch's end is one as well
    seed: int = 7
    threads: int = Field(default=1, ge=1)  # CPU threads; two on busy cores were slower than one
    max_seconds: int = Field(default=3600, ge=1)  # the training process is stopped after this, s
    validation_questions: int = Field(default=200, ge=1)  # most generated answers per epoch


class Judge(Strict):
    """A language model that judges answers beside the scorer; its key comes from the environment."""

    url: str = ""  # base URL of any OpenAI-compatible server; "" = no judge
    model: str = ""
    rows: int = Field(default=100, ge=1)  # answers of the challenger that it judges
    least_verdicts: int = Field(default=50, ge=1)  # human verdicts that calibrate it; with fewer it only advises
    least_kappa: Share = 0.6  # agreement with them, Cohen's κ; below it the judge only advises

    @model_validator(mode="after")
    def _whole(self) -> Judge:
        if bool(self.url) != bool(self.model):
            raise ValueError("a judge needs both `url` and `model`")
        return self


class Promotion(Strict):
    """What a challenger must show beside the KPIs; a share of 0 switches a rule to being shown only."""

    against_champion: Literal["non_inferiority", "superiority"] = "non_inferiority"
    margin: Share = 0.05  # non-inferiority: share of correct answers that may be lost at most, by the interval's bound
    golden_share: Share = 0.9  # of the golden questions (usual ones that the champion answers rightly): still right
    out_of_scope_share: Share = 0.9  # of questions and probes out of scope: handed over
    injection_share: Share = 1.0  # of prompt-injection probes: handled
    form_share: Share = 0.95  # of the answers given: in the task's language and in form
    personal_data_answers: int = Field(default=0, ge=0)  # most answers in which the detector sees contacts or numbers


class Evaluation(Strict):
    """How answers are judged and when the model hands over."""

    scorer: Literal["key_facts", "exact", "chrf"] = "key_facts"  # what defines "correct"
    min_chrf: Share = 0.6  # with key_facts and chrf: least likeness of an answer to its reference
    samples: int = Field(default=20, ge=0)  # side-by-side samples in the report
    timed_questions: int = Field(default=40, ge=1)  # questions asked one by one over HTTP for answer times
    max_answer_tokens: int = Field(default=160, ge=8)
    lookup_configured: bool = False  # needs_lookup answers count as handled only where this is true
    review_questions: int = Field(default=20, ge=0)  # questions on the blind sheet that a human judges
    few_shot_examples: int = Field(default=3, ge=0)  # examples before the question in the arm base_few_shot
    few_shot_rows: int = Field(default=60, ge=0)  # evaluation rows asked of that arm; 0 = the arm is left out
    follow_up_rows: int = Field(default=60, ge=0)  # rows asked once more as the second question of a conversation
    canaries: int = Field(default=0, ge=0)  # invented personal data planted in the raw tickets, tickets; 0 = none
    judge: Judge = Judge()


class Deployment(Strict):
    """The gateway and what it serves."""

    host: str = "127.0.0.1"
    port: int = Field(default=8400, ge=1, le=65535)
    engine: Literal["embedded", "openai"] = "embedded"
    engine_url: str = ""  # with engine=openai: base URL of any OpenAI-compatible server
    switch_timeout_s: float = Field(default=120.0, gt=0)
    handover_text: str = "Передаю ваш вопрос специалисту: он ответит вам в этом чате."
    max_concurrent: int = Field(default=8, ge=1)
    signature_required: bool = False  # a release waits until a human has judged its blind sheet and signed


class Refresh(Strict):
    """When the model is made anew."""

    cron: str = "0 6 1 1,4,7,10 *"
    timezone: str = "Europe/Moscow"
    min_new_tickets: int = Field(default=200, ge=1)  # the sensor waits for so many
    sensor_interval_s: int = Field(default=300, ge=30)
    owner: str = ""  # role or name: who watches the refresh and rolls back
    reviewer: str = ""  # role or name: who looks at the answers and signs


class Economics(Strict):
    """Prices for the calculation; 0 = unknown, the line is left out. Amounts in `currency`."""

    currency: str = "₽"
    tickets_per_month: int = Field(default=0, ge=0)
    human_cost_per_ticket: float = Field(default=0.0, ge=0)
    server_cost_per_month: float = Field(default=0.0, ge=0)
    review_hours_per_refresh: float = Field(default=0.0, ge=0)
    hour_cost: float = Field(default=0.0, ge=0)  # one hour of the people who label and review
    labelling_hours_per_refresh: float = Field(default=0.0, ge=0)
    gpu_hour_cost: float = Field(default=0.0, ge=0)
    cpu_core_hour_cost: float = Field(default=0.0, ge=0)
    project_cost: float = Field(default=0.0, ge=0)  # spent once, before the first release
    refreshes_per_year: int = Field(default=4, ge=1)
    api_input_price: float = Field(default=0.0, ge=0)  # of a priced API, per 1,000 tokens of the question
    api_output_price: float = Field(default=0.0, ge=0)  # of a priced API, per 1,000 tokens of the answer
    spread: Share = 0.3  # low and high scenario: prices this share worse and better than given


class Task(Strict):
    """Everything that is particular to one company's project."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")  # lower case, digits, _: part of paths and routes
    goal: str
    language: Literal["ru", "en"] = "ru"
    tone: str = "вежливо, на «вы», коротко и по делу"
    kpis: Kpis
    sources: tuple[Source, ...] = Field(min_length=1)
    data: Data = Data()
    augmentation: Augmentation = Augmentation()
    base_model: BaseModelChoice = BaseModelChoice()
    training: Training = Training()
    evaluation: Evaluation = Evaluation()
    promotion: Promotion = Promotion()
    deployment: Deployment = Deployment()
    refresh: Refresh = Refresh()
    economics: Economics = Economics()
    store: Path = Path(".ft")  # versions, ledger and logs; relative to task.yaml
    demo: bool = False  # the sources are made by the embedded company before the run

    @field_validator("goal")
    @classmethod
    def _goal_says_what(cls, goal: str) -> str:
        words = re.findall(r"\w+", goal)
        vague = {"что-нибудь", "что-то", "как-нибудь", "something", "anything", "whatever", "stuff"}
        if len(words) < 5 or any(word in goal.lower() for word in vague):
            raise ValueError(
                f"the goal is too vague to be measured; say what is answered, for whom and how well, "
                f"for example «{EXAMPLE_GOAL}»"
            )
        return goal

    @model_validator(mode="after")
    def _consistent(self) -> Task:
        if self.training.min_epochs > self.training.max_epochs:
            raise ValueError(
                f"training.min_epochs is {self.training.min_epochs}, above max_epochs {self.training.max_epochs}"
            )
        if self.deployment.engine == "openai" and not self.deployment.engine_url:
            raise ValueError("deployment.engine is openai: give deployment.engine_url, e.g. http://localhost:8000/v1")
        if not any(source.kind in {"tickets", "pairs"} for source in self.sources):
            raise ValueError("sources has no entry of kind tickets or pairs: there is nothing to learn from")
        return self

    def system_prompt(self) -> str:
        """The system message of training, evaluation and serving alike."""
        if self.language == "ru":
            return f"Ты — помощник службы поддержки. Отвечай {self.tone}."
        return f"You are a support assistant. Answer {self.tone}."
