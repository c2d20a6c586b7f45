"""The labelled set: its halves share nothing, the frozen half is what was frozen, and redaction keeps its level."""

from __future__ import annotations

import hashlib

import pytest

from benchmarks.curate.labelled import development_words, held_out_words, unseen, unseen_words
from benchmarks.curate.labelled.development import development
from benchmarks.curate.labelled.held_out import FROZEN, generate, held_out
from benchmarks.curate.labelled.scoring import NAME, tally, wilson
from benchmarks.curate.labelled.text import Labelled
from ft_pipeline.redact import redact

FROZEN_HASH = "96d02e6eb40ee3efa9afa886736b732335ba6aa359157873c2a016b3017adc4f"
UNSEEN_HASH = "0ca5caa222e416b123f6c40a59b66259a0a6f9524eeb58ab45e1d1c59cc7ef7d"
LISTS = [name for name in vars(held_out_words) if name.isupper()]


def test_the_held_out_half_is_the_one_that_was_frozen_before_the_recognisers_were_worked_on() -> None:
    assert hashlib.sha256(FROZEN.read_bytes()).hexdigest() == FROZEN_HASH
    assert generate(count=50) == held_out()[:50]


def test_the_unseen_half_is_the_one_that_was_frozen_before_the_last_round_of_rules() -> None:
    assert hashlib.sha256(unseen.FROZEN.read_bytes()).hexdigest() == UNSEEN_HASH
    assert unseen.generate(count=50) == unseen.unseen()[:50]


@pytest.mark.parametrize("name", LISTS)
def test_the_halves_share_no_name_and_no_sentence(name: str) -> None:
    halves = [set(getattr(half, name)) for half in (development_words, held_out_words, unseen_words)]
    assert len(set.union(*halves)) == sum(map(len, halves))


def test_the_labelled_set_has_its_3000_entities_and_every_label_stands_on_its_text() -> None:
    texts = held_out()
    assert sum(len(item.entities) for item in texts) >= 3_000
    assert sum(len(item.entities) for item in unseen.unseen()) >= 1_500
    for item in [*texts, *unseen.unseen(), *development(count=200)]:
        ends = [0, *(entity.end for entity in item.entities)]
        assert all(end <= entity.start < entity.end for end, entity in zip(ends, item.entities, strict=False))
        assert all(item.text[entity.start : entity.end].strip() for entity in item.entities)


@pytest.mark.parametrize(
    "texts",
    [development(seed=5, count=600), held_out()[:800], unseen.unseen()[:800]],
    ids=["development", "held_out", "unseen"],
)
def test_redaction_keeps_its_level_on_the_halves_that_it_was_worked_on(texts: list[Labelled]) -> None:
    result = tally(texts, lambda text: [(span.start, span.end) for span in redact(text).spans])
    identifiers = result.of(kind for kind in result.recall if kind != NAME)
    assert wilson(identifiers.hits, identifiers.total)[1] >= 0.985
    assert result.recall[NAME].hits / result.recall[NAME].total >= 0.95
    assert result.precision.hits / result.precision.total >= 0.98
