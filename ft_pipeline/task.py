"""task.yaml -> one frozen `Task`: the single file that makes the project yours.

Here: every setting with its default and unit, and an error that names the line, what was found, what was expected
and what to write. Not here: secrets (they come from the environment), anything that reads data.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
_EXAMPLE_GOAL = (
    "Отвечать на вопросы клиентов о тарифах, документах и доставке: верно не менее чем в 90 % данных ответов"
)


_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


class TaskError(ValueError):
    """task.yaml cannot be used as it is; the message lists every problem with its line."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kpis(_Model):
    """What the model must reach before it may be released; all three targets are required."""

    correct_share: Share  # target share of correct answers, e.g. 0.9
    answer_s: float = Field(gt=0)  # target for p95 of one answer as served, s
    load_reduction_share: Share  # target share of incoming tickets that are answered alone and right
    correct_of: Literal["answers_given", "all_questions"] = "answers_given"
    least_answered_share: Share = 0.4  # with correct_of=answers_given: answer at least this share itself
    rule: Literal["lower_bound", "point"] = "lower_bound"  # compare the 95 % interval's lower bound, or the point


SourceFormat = Literal[
    "auto",
    # tables
    "csv",
    "tsv",
    "xlsx",
    "json",
    "jsonl",
    "parquet",
    "sql",
    # help desks, messengers, mail
    "zendesk",
    "freshdesk",
    "intercom",
    "jira",
    "helpscout",
    "telegram",
    "whatsapp",
    "mbox",
    "eml",
    # documents
    "markdown",
    "html",
    "txt",
    "docx",
    "pdf",
]


class Source(_Model):
    """One place that tickets, question-answer pairs, documents or held-out questions come from."""

    name: str = ""  # default: the file name or folder
    kind: Literal["tickets", "pairs", "documents", "held_out_questions"]
    path: Path  # file, folder or glob (** too), relative to task.yaml; .gz and .zip are opened; or an fsspec URL
    url: str = ""  # s3://bucket/tickets/*.csv: what `path` names where it is a URL; keys come from the environment
    format: SourceFormat = "auto"
    columns: dict[str, str] = Field(default_factory=dict)  # our column -> the file's column
    sheet: str = ""  # xlsx: sheet name; "" = the first
    encoding: str = ""  # "" = detect
    roles: dict[str, str] = Field(default_factory=dict)  # role word, name, id, domain -> customer | agent | bot | note
    url_env: str = ""  # sql: the environment variable that holds the database's SQLAlchemy URL
    table: str = ""  # sql: a table or view, schema.table; or
    query: str = ""  # sql: a SELECT without parameters
    cursor: str = ""  # sql: a column that grows (a time, a number): only what is new is read; "" = read all
    cursor_lag_s: float = Field(default=3600.0, ge=0)  # a time cursor: so far back is read again, for late commits
    cursor_lag_rows: int = Field(default=10_000, ge=0)  # a numeric cursor: the same, in numbers

    @model_validator(mode="before")
    @classmethod
    def _place_of(cls, given: Any) -> Any:
        """A URL in `path` moves to `url`; a database needs no path."""
        if not isinstance(given, Mapping):
            return given
        path = str(given.get("path", ""))
        if _URL.match(path):
            return {**given, "path": ".", "url": path}
        has_other_place = bool(given.get("url")) or given.get("format") == "sql"
        return {**given, "path": "."} if has_other_place and not path else given

    @model_validator(mode="after")
    def _one_way_in(self) -> Source:
        if self.url and not _URL.match(self.url):
            raise ValueError("`url` is no fsspec URL; write for example s3://bucket/tickets/*.csv")
        if "@" in self.url.split("://", 1)[-1].split("/", 1)[0]:
            raise ValueError("a URL must not hold a user or a password; they come from the environment")
        if self.format != "sql":
            asked = [name for name in ("url_env", "table", "query", "cursor") if getattr(self, name)]
            if asked:
                raise ValueError(f"{', '.join(asked)}: only with format: sql")
        elif not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.url_env):
            raise ValueError("format sql needs `url_env`: the name of the environment variable with the database's URL")
        elif bool(self.table) == bool(self.query):
            raise ValueError("format sql needs either `table` or `query`")
        return self

    def place(self) -> str:
        """Where it comes from, for messages; never holds a secret."""
        return self.url or (f"${self.url_env}" if self.format == "sql" else str(self.path))


class Data(_Model):
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


class Augmentation(_Model):
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


class Candidate(_Model):
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


class BaseModelChoice(_Model):
    """Which base models may be chosen, and within what budget."""

    candidates: tuple[Candidate, ...] = Field(default=(Candidate(id="embedded"),), min_length=1)
    memory_gib: float = Field(default=4.0, gt=0)  # memory that training may take, GiB
    bakeoff_questions: int = Field(default=24, ge=0)  # validation questions asked of each candidate
    few_shot: int = Field(default=3, ge=0)  # solved examples before each question of a second round; 0 = none
    use: Literal["commercial", "internal", "research"] = "commercial"  # what the licence must allow
    monthly_active_users: int = Field(default=0, ge=0)  # of your products, for licences with a limit; 0 = far below any


class Training(_Model):
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
    lora_dropout: float = Field(default=0.05, ge=0, lt=1)
    train_embeddings: bool = True  # LoRA on the (tied) embedding as well
    target_modules: tuple[str, ...] = ()  # names of the layers that get an adapter; () = every linear layer
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


class Judge(_Model):
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


class Promotion(_Model):
    """What a challenger must show beside the KPIs; a share of 0 switches a rule to being shown only."""

    against_champion: Literal["non_inferiority", "superiority"] = "non_inferiority"
    margin: Share = 0.05  # non-inferiority: share of correct answers that may be lost at most, by the interval's bound
    golden_share: Share = 0.9  # of the golden questions (usual ones that the champion answers rightly): still right
    out_of_scope_share: Share = 0.9  # of questions and probes out of scope: handed over
    injection_share: Share = 1.0  # of prompt-injection probes: handled
    form_share: Share = 0.95  # of the answers given: in the task's language and in form
    personal_data_answers: int = Field(default=0, ge=0)  # most answers in which the detector sees contacts or numbers


class Evaluation(_Model):
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


class Deployment(_Model):
    """The gateway and what it serves."""

    host: str = "127.0.0.1"
    port: int = Field(default=8400, ge=1, le=65535)
    engine: Literal["embedded", "openai"] = "embedded"
    engine_url: str = ""  # with engine=openai: base URL of any OpenAI-compatible server
    switch_timeout_s: float = Field(default=120.0, gt=0)
    handover_text: str = "Передаю ваш вопрос специалисту: он ответит вам в этом чате."
    max_concurrent: int = Field(default=8, ge=1)
    signature_required: bool = False  # a release waits until a human has judged its blind sheet and signed


class Refresh(_Model):
    """When the model is made anew."""

    cron: str = "0 6 1 1,4,7,10 *"
    timezone: str = "Europe/Moscow"
    min_new_tickets: int = Field(default=200, ge=1)  # the sensor waits for so many
    sensor_interval_s: int = Field(default=300, ge=30)
    owner: str = ""  # role or name: who watches the refresh and rolls back
    reviewer: str = ""  # role or name: who looks at the answers and signs


class Economics(_Model):
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


class Task(_Model):
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
                f"for example «{_EXAMPLE_GOAL}»"
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


def load_task(path: Path, *, check_paths: bool = True) -> Task:
    """Reads and checks task.yaml; relative paths become absolute (relative to the file).

    Raises:
        TaskError: every problem, one per line, as `task.yaml:LINE: key: found …; expected …; write …`.
    """
    if not path.is_file():
        raise TaskError(f"{path}: no such task file; copy task.yaml from the project and adapt it")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise TaskError(f"{path.name}:{line}: found bytes that are not UTF-8; save the file as UTF-8") from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        raise TaskError(f"{path.name}:{line}: not valid YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(raw, Mapping) or node is None:
        found = type(raw).__name__
        raise TaskError(f"{path.name}:1: expected a mapping with name, goal, kpis and sources, found {found}")
    problems = [f"{path.name}:{line}: key `{key}` stands twice; keep one" for key, line in _repeated_keys(node)]
    try:
        task = Task.model_validate(raw)
    except ValidationError as error:
        problems += [_explain(path.name, node, detail) for detail in error.errors()]
        raise TaskError("\n".join(problems)) from None
    task = _with_absolute_paths(task, path.resolve().parent)
    if check_paths and not task.demo:
        problems += _missing_paths(path.name, node, task)
    if problems:
        raise TaskError("\n".join(problems))
    return task


def _with_absolute_paths(task: Task, folder: Path) -> Task:
    sources = tuple(
        source.model_copy(update={"path": folder / source.path, "name": source.name or _default_name(source)})
        for source in task.sources
    )
    candidates = tuple(
        candidate.model_copy(update={"path": folder / candidate.path}) if candidate.path is not None else candidate
        for candidate in task.base_model.candidates
    )
    base_model = task.base_model.model_copy(update={"candidates": candidates})
    return task.model_copy(update={"sources": sources, "base_model": base_model, "store": folder / task.store})


def _default_name(source: Source) -> str:
    if source.url:
        return next((part for part in reversed(source.url.split("/")) if re.search(r"\w", part)), "source")
    return source.table.split(".")[-1] or (source.path.stem if source.format != "sql" else "sql") or "source"


def split_glob(path: Path) -> tuple[Path, str]:
    """(folder, pattern) of a path with * ? or [ in any of its parts; the pattern is "" where there is none."""
    for index, part in enumerate(path.parts):
        if any(sign in part for sign in "*?["):
            return Path(*path.parts[:index]), "/".join(path.parts[index:])
    return path, ""


def _has_files(path: Path) -> bool:
    folder, pattern = split_glob(path)
    return any(folder.glob(pattern)) if pattern and not path.exists() else path.exists()


def _missing_paths(name: str, node: yaml.Node, task: Task) -> list[str]:
    places: list[tuple[tuple[Any, ...], Path]] = [
        (("sources", index, "path"), source.path)
        for index, source in enumerate(task.sources)
        if not source.url and source.format != "sql"
    ]
    places += [
        (("base_model", "candidates", index, "path"), candidate.path)
        for index, candidate in enumerate(task.base_model.candidates)
        if candidate.path is not None
    ]
    problems = []
    for location, path in places:
        if not _has_files(path):
            problems.append(
                f"{name}:{_line(node, location)}: {_dotted(location)}: found {path}, which does not exist; "
                "expected a file or folder; write a path relative to this task file, or an absolute one"
            )
    return problems


def _explain(name: str, node: yaml.Node, detail: Any) -> str:
    location = tuple(detail["loc"])
    where = f"{name}:{_line(node, location)}: {_dotted(location) or 'task'}"
    if detail["type"] == "extra_forbidden":
        known = _known_keys(location[:-1])
        close = difflib.get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"known keys: {', '.join(sorted(known))}"
        return f"{where}: unknown key; {hint}"
    if detail["type"] == "missing":
        example = _EXAMPLES.get(str(location[-1]), "see task.yaml of the project for an example")
        return f"{where}: missing; {example}"
    found = detail.get("input")
    message = str(detail["msg"]).removeprefix("Value error, ")
    short = str(found) if not isinstance(found, Mapping | list) else type(found).__name__
    return f"{where}: found {short[:80]!r}; {message}"


_EXAMPLES = {
    "kpis": "write kpis: {correct_share: 0.9, answer_s: 1.0, load_reduction_share: 0.3}",
    "correct_share": "a measurable target is required: write correct_share: 0.9",
    "answer_s": "a measurable target is required: write answer_s: 1.0",
    "load_reduction_share": "a measurable target is required: write load_reduction_share: 0.3",
    "goal": f"write goal: {_EXAMPLE_GOAL}",
    "name": "write name: my_support",
    "sources": "write sources: [{kind: tickets, path: tickets.csv}]",
    "path": "write path: the file or folder of this source",
    "kind": "write kind: tickets, pairs, documents or held_out_questions",
}


def _known_keys(location: tuple[Any, ...]) -> list[str]:
    model: Any = Task
    for part in location:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        arguments = [item for item in getattr(annotation, "__args__", ()) if isinstance(item, type)]
        models = [item for item in [annotation, *arguments] if isinstance(item, type) and issubclass(item, BaseModel)]
        if not models:
            return []
        model = models[0]
    return list(model.model_fields)


def _line(node: yaml.Node, location: tuple[Any, ...]) -> int:
    """The 1-based line of a key; of its nearest parent where the key itself is missing."""
    current: yaml.Node = node
    line = node.start_mark.line
    for part in location:
        if isinstance(current, yaml.MappingNode):
            pair = next(((key, value) for key, value in current.value if key.value == str(part)), None)
            if pair is None:
                break
            line, current = pair[0].start_mark.line, pair[1]
        elif isinstance(current, yaml.SequenceNode) and isinstance(part, int) and part < len(current.value):
            current = current.value[part]
            line = current.start_mark.line
        else:
            break
    return line + 1


def _dotted(location: tuple[Any, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _repeated_keys(node: yaml.Node) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                found.append((key.value, key.start_mark.line + 1))
            seen.add(key.value)
            found += _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            found += _repeated_keys(item)
    return found
