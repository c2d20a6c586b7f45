"""A refresh looks at new tickets only and gives byte for byte what a rebuild from nothing gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ft_pipeline.curate import RedactionMemo, TicketMemo, curate
from ft_pipeline.curate.ticket_memo import key_of
from ft_pipeline.records import IncomingRow, QAPair, Rejected, Turn, write_table
from ft_pipeline_tests.curate.test_curate import SMALL, many_tickets
from ft_pipeline_tests.curate.tickets_by_hand import ticket

THINGS = [
    *("шкаф", "диван", "стол", "комод", "рояль", "станок", "мотор", "велосипед", "зеркало", "камин", "аквариум"),
    *("сейф", "телескоп", "ковёр"),
]


class Masking:
    """Masks one word and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, text: str) -> str:
        self.asked.append(text)
        return text.replace("лодка", "[ИМЯ]")


def build(turns: list[Turn], to: Path, *, memo: TicketMemo | None = None, redact: Callable[[str], str] = str) -> bytes:
    """All tables of one curation."""
    to.mkdir()
    found = curate(turns, data=SMALL, as_of=None, redact=redact, memo=memo)
    write_table(to / "pairs", found.pairs, QAPair)
    write_table(to / "incoming", found.incoming, IncomingRow)
    write_table(to / "rejected", found.rejected, Rejected)
    tables = b"".join((to / name).read_bytes() for name in ("pairs", "incoming", "rejected"))
    return tables + repr((found.funnel, sorted(found.eval_fingerprints), found.notes)).encode()


def with_more() -> list[Turn]:
    """The many tickets and some that need more than one look: follow-ups, boilerplate, another language."""
    turns = many_tickets()
    for number, thing in enumerate(THINGS):
        said = ("customer", f"Почём везут {thing} в город Тверь из города Орёл?")
        told = ("agent", f"Чтобы отправить {thing}, нужен ящик: {thing[::-1]}. Оцените наш ответ в приложении.")
        turns += ticket(f"b{number}", said, told, ("customer", "А если он тяжелее?"), ("agent", "Тогда вдвое дороже."))
    turns += ticket(
        "e1", ("customer", "Where is my parcel and when will it be here?"), ("agent", "It will be here soon.")
    )
    return turns


def test_a_refresh_with_few_new_tickets_looks_at_these_only_and_equals_a_clean_rebuild(tmp_path: Path) -> None:
    turns = with_more()
    old = [turn for turn in turns if turn.ticket_id not in {"t158", "t159", "e1"}]
    build(old, tmp_path / "before", memo=TicketMemo(tmp_path / "memo", "v1"), redact=Masking())
    few, all_of_them = Masking(), Masking()
    memo = TicketMemo(tmp_path / "memo", "v1")
    refreshed = build(turns, tmp_path / "after", memo=memo, redact=few)
    assert refreshed == build(turns, tmp_path / "clean", redact=all_of_them)
    assert len(few.asked) < 0.4 * len(all_of_them.asked)
    assert memo.looked_at < 30


def without(turns: list[Turn], *tickets: str) -> list[Turn]:
    return [turn for turn in turns if turn.ticket_id not in tickets]


def test_boilerplate_that_comes_and_goes_is_taken_out_of_old_tickets_too_and_put_back(tmp_path: Path) -> None:
    many = with_more()
    few = without(many, "b9", "b10", "b11", "b12", "b13")
    some = without(many, "b13")
    for number, turns in enumerate((few, many, few, some, many)):
        refreshed = build(turns, tmp_path / f"after{number}", memo=TicketMemo(tmp_path / "memo", "v1"))
        assert refreshed == build(turns, tmp_path / f"clean{number}")
    closing = "Оцените наш ответ"
    assert any(closing in pair.answer for pair in curate(few, data=SMALL, as_of=None, redact=str).pairs)
    assert not any(closing in pair.answer for pair in curate(many, data=SMALL, as_of=None, redact=str).pairs)


@pytest.mark.parametrize("column", ["text", "status", "category", "customer_id", "created_at", "role"])
def test_a_ticket_that_changed_is_looked_at_again(tmp_path: Path, column: str) -> None:
    turns = many_tickets()
    build(turns, tmp_path / "before", memo=TicketMemo(tmp_path / "memo", "v1"))
    new = {"text": "Где лодка?", "created_at": "2026-01-01T00:00:00+00:00", "role": "note"}.get(column, "reopened")
    changed = [dataclasses.replace(turns[0], **{column: new}), *turns[1:]]
    memo = TicketMemo(tmp_path / "memo", "v1")
    assert build(changed, tmp_path / "after", memo=memo) == build(changed, tmp_path / "clean")
    assert memo.looked_at == 1


def test_a_ticket_is_known_by_all_that_its_turns_say_and_by_nothing_else() -> None:
    turn = many_tickets()[0]
    changes = [
        dataclasses.replace(turn, **{field.name: 7 if field.name == "position" else "другое"})
        for field in dataclasses.fields(Turn)
    ]
    shifted = dataclasses.replace(turn, status=turn.status + turn.category, category="")
    keys = [key_of([item]) for item in (turn, *changes, shifted)] + [key_of([turn, turn]), key_of([])]
    assert len(set(keys)) == len(keys)
    rebuilt = dataclasses.replace(turn, text="".join(list(turn.text)), role=turn.role[:2] + turn.role[2:])
    assert key_of([rebuilt]) == keys[0]


def test_what_left_the_source_leaves_the_memo(tmp_path: Path) -> None:
    turns = many_tickets()
    build(turns, tmp_path / "before", memo=TicketMemo(tmp_path / "memo", "v1"))
    kept = [turn for turn in turns if turn.ticket_id != "t3"]
    memo = TicketMemo(tmp_path / "memo", "v1")
    assert build(kept, tmp_path / "after", memo=memo) == build(kept, tmp_path / "clean")
    assert memo.looked_at == 0
    again = TicketMemo(tmp_path / "memo", "v1")
    build(turns, tmp_path / "back", memo=again)
    assert again.looked_at == 1


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _foreign(path: Path) -> None:
    path.rename(path.with_name("0" * 32 + ".arrow"))


@pytest.mark.parametrize("harm", [_cut, _flip, _foreign])
def test_a_damaged_or_foreign_memo_is_ignored(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    turns = many_tickets()
    build(turns, tmp_path / "before", memo=TicketMemo(tmp_path / "memo", "v1"))
    (only,) = (tmp_path / "memo" / "v1").iterdir()
    harm(only)
    memo = TicketMemo(tmp_path / "memo", "v1")
    assert build(turns, tmp_path / "after", memo=memo) == build(turns, tmp_path / "clean")
    assert memo.looked_at == 160
    assert len(list((tmp_path / "memo" / "v1").iterdir())) == 1, "what is damaged goes"


def test_a_memo_of_other_rules_is_not_read_and_goes(tmp_path: Path) -> None:
    turns = many_tickets()
    build(turns, tmp_path / "before", memo=TicketMemo(tmp_path / "memo", "v1"))
    memo = TicketMemo(tmp_path / "memo", "v2")
    build(turns, tmp_path / "after", memo=memo)
    assert memo.looked_at == 160
    assert [path.name for path in (tmp_path / "memo").iterdir()] == ["v2"]


def test_each_distinct_text_is_masked_once_one_by_one_or_together() -> None:
    one = Masking()
    together: list[list[str]] = []

    def redact_all(texts: Sequence[str]) -> list[str]:
        together.append(list(texts))
        return [text.replace("лодка", "[ИМЯ]") for text in texts]

    alone, batched = RedactionMemo(one), RedactionMemo(one, redact_all)
    texts = ["лодка", "груз", "лодка"]
    assert alone.all(texts) == batched.all(texts) == ["[ИМЯ]", "груз", "[ИМЯ]"]
    assert one.asked == ["лодка", "груз"]
    assert together == [["лодка", "груз"]]
    assert batched("груз") == "груз"
    assert one.asked == ["лодка", "груз"]
