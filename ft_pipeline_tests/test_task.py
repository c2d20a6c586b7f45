"""task.yaml: every mistake is told with its line and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from ft_pipeline.task import Task, TaskError, load_task

GOOD = """\
name: my_support
goal: Отвечать на вопросы клиентов о тарифах и доставке верно
kpis:
  correct_share: 0.9
  answer_s: 1.0
  load_reduction_share: 0.3
sources:
  - kind: tickets
    path: tickets.csv
  - kind: documents
    path: docs/*.md
"""


def write(folder: Path, text: str) -> Path:
    (folder / "docs").mkdir(exist_ok=True)
    (folder / "docs" / "a.md").write_text("# А", encoding="utf-8")
    (folder / "tickets.csv").write_text("a,b\n", encoding="utf-8")
    path = folder / "task.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def message(folder: Path, text: str) -> str:
    with pytest.raises(TaskError) as caught:
        load_task(write(folder, text))
    return str(caught.value)


def test_a_good_file_is_a_frozen_task_with_absolute_paths_and_named_sources(tmp_path: Path) -> None:
    task = load_task(write(tmp_path, GOOD))
    assert task.sources[0].path == tmp_path / "tickets.csv"
    assert task.sources[0].name == "tickets"
    assert task.store == tmp_path / ".ft"
    assert task.kpis.rule == "lower_bound" and task.kpis.correct_of == "answers_given"
    with pytest.raises(ValidationError):
        task.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("kpis:", "kpi:"), 3, "kpi: unknown key; did you mean `kpis`?"),
        (("  answer_s: 1.0", "  answer_sec: 1.0"), 5, "did you mean `answer_s`?"),
        (("  answer_s: 1.0\n", ""), 3, "kpis.answer_s: missing; a measurable target is required: write answer_s: 1.0"),
        (("  - kind: documents", "  - kind: dokuments"), 10, "found 'dokuments'"),
        (("correct_share: 0.9", "correct_share: 90"), 4, "found '90'; Input should be less than or equal to 1"),
        (("answer_s: 1.0", "answer_s: quick"), 5, "kpis.answer_s: found 'quick'"),
        (("answer_s: 1.0", "answer_s: 0"), 5, "greater than 0"),
        (("name: my_support", "name: Моя поддержка"), 1, "name: found 'Моя поддержка'"),
        (("goal: Отвечать на вопросы клиентов о тарифах и доставке верно", "goal: Отвечать лучше"), 2, "too vague"),
        (("о тарифах и доставке верно", "на что-нибудь полезное для всех"), 2, "too vague to be measured"),
        (("path: tickets.csv", "path: tikets.csv"), 9, "tikets.csv, which does not exist"),
        (("path: docs/*.md", "path: docs/*.docx"), 11, "docs/*.docx, which does not exist"),
        (("    path: tickets.csv\n", ""), 8, "sources[0].path: missing; write path"),
        (("  answer_s: 1.0", "  answer_s: 1.0\n  answer_s: 2.0"), 6, "key `answer_s` stands twice; keep one"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_write(
    tmp_path: Path, change: tuple[str, str], line: int, words: str
) -> None:
    assert change[0] in GOOD
    text = message(tmp_path, GOOD.replace(*change))
    assert any(part.startswith(f"task.yaml:{line}:") and words in part for part in text.splitlines()), text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("base_model:\n  candidates:\n    - id: Qwen/Qwen3-0.6B\n", "needs `revision` with the 40 hex digits"),
        ("base_model:\n  candidates:\n    - id: Qwen/Qwen3-0.6B\n      revision: main\n", "40 hex digits"),
        ("base_model:\n  candidates:\n    - id: embedded\n      path: model\n", "give either `id`"),
        ("base_model:\n  candidates:\n    - path: no_such_model\n", "which does not exist"),
        ("base_model:\n  candidates: []\n", "at least 1"),
        ("training:\n  min_epochs: 6\n", "training.min_epochs is 6, above max_epochs 5"),
        ("deployment:\n  engine: openai\n", "give deployment.engine_url"),
        ("training:\n  lerning_rate: 0.1\n", "did you mean `learning_rate`?"),
        ("augmentation:\n  methods: [typo, magic]\n", "found 'magic'"),
        ("zzz: 1\n", "known keys: augmentation, base_model"),
    ],
)
def test_a_further_section_is_checked_too(tmp_path: Path, more: str, words: str) -> None:
    text = message(tmp_path, GOOD + more)
    assert words in text, text
    assert text.startswith("task.yaml:")


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = message(tmp_path, GOOD.replace("kpis:", "kpi:").replace("my_support", "My"))
    assert len(text.splitlines()) == 3  # name, kpis missing, kpi unknown
    assert "write kpis: {correct_share: 0.9" in text


def test_only_documents_are_nothing_to_learn_from(tmp_path: Path) -> None:
    assert "nothing to learn from" in message(tmp_path, GOOD.replace("kind: tickets", "kind: documents"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a mapping with name, goal, kpis and sources, found NoneType"),
        ("- a\n- b\n", "found list"),
        ("name: [a\nb: c\n", "not valid YAML"),
        ("name: a\n\tgoal: b\n", "task.yaml:2: not valid YAML"),
    ],
)
def test_what_is_no_mapping_is_told(tmp_path: Path, text: str, words: str) -> None:
    assert words in message(tmp_path, text)


def test_a_missing_file_and_one_that_is_not_utf8_are_told(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="no such task file"):
        load_task(tmp_path / "no.yaml")
    path = write(tmp_path, GOOD)
    path.write_bytes(GOOD.encode("cp1251"))
    with pytest.raises(TaskError, match=r"task\.yaml:2: found bytes that are not UTF-8; save the file as UTF-8"):
        load_task(path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_task(path).name == "my_support"


def test_a_pinned_hub_model_is_accepted_and_a_local_folder_made_absolute(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    hub = f"base_model:\n  candidates:\n    - id: Qwen/Qwen3-0.6B\n      revision: {'a1' * 20}\n    - path: model\n"
    task = load_task(write(tmp_path, GOOD + hub))
    assert task.base_model.candidates[1].path == tmp_path / "model"


def test_the_demos_sources_need_not_exist_yet(tmp_path: Path) -> None:
    text = GOOD.replace("tickets.csv", "demo/tickets.csv")
    assert "does not exist" in message(tmp_path, text)
    assert load_task(write(tmp_path, text + "demo: true\n")).demo
    assert load_task(write(tmp_path, text), check_paths=False).name == "my_support"


def test_the_system_prompt_follows_the_tasks_language_and_tone(tmp_path: Path) -> None:
    task = load_task(write(tmp_path, GOOD + "tone: весело\n"))
    assert task.system_prompt() == "Ты — помощник службы поддержки. Отвечай весело."
    assert isinstance(task, Task)
    english = task.model_copy(update={"language": "en", "tone": "briefly"})
    assert english.system_prompt() == "You are a support assistant. Answer briefly."
