"""The labelled set: its halves share nothing, the frozen half is what was frozen, and redaction keeps its level."""

from __future__ import annotations

import hashlib

import pytest

from benchmarks.curate.labelled import development_words, held_out_words
from benchmarks.curate.labelled.development import development
from benchmarks.curate.labelled.held_out import FROZEN, generate, held_out
from benchmarks.curate.labelled.scoring import NAME, tally, wilson
from ft_pipeline.redact import redact

FROZEN_HASH = "96d02e6eb40ee3efa9afa886736b732335ba6aa359157873c2a016b3017adc4f"
LISTS = [name for name in vars(held_out_words) if name.isupper()]


def test_the_held_out_half_is_the_one_that_was_frozen_before_the_recognisers_were_worked_on() -> None:
    assert hashlib.sha256(FROZEN.read_bytes()).hexdigest() == FROZEN_HASH
    assert generate(count=50) == held_out()[:50]


@pytest.mark.parametrize("name", LISTS)
def test_the_halves_share_no_name_and_no_sentence(name: str) -> None:
    assert not set(getattr(held_out_words, name)) & set(getattr(development_words, name))


def test_the_labelled_set_has_its_3000_entities_and_every_label_stands_on_its_text() -> None:
    texts = held_out()
    assert sum(len(item.entities) for item in texts) >= 3_000
    for item in [*texts, *development(count=200)]:
        ends = [0, *(entity.end for entity in item.entities)]
        assert all(end <= entity.start < entity.end for end, entity in zip(ends, item.entities, strict=False))
        assert all(item.text[entity.start : entity.end].strip() for entity in item.entities)


def test_redaction_keeps_its_level_on_the_development_half() -> None:
    result = tally(development(seed=5, count=600), lambda text: [(span.start, span.end) for span in redact(text).spans])
    identifiers = result.of(kind for kind in result.recall if kind != NAME)
    assert wilson(identifiers.hits, identifiers.total)[1] >= 0.985
    assert result.recall[NAME].hits / result.recall[NAME].total >= 0.93
    assert result.precision.hits / result.precision.total >= 0.95
