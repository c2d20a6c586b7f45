"""The fresh labelled set is what its charter promises, and has not changed since it was frozen."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import pairwise

from benchmarks.curate.labelled import fresh_forms, fresh_misses, fresh_shapes, fresh_words
from benchmarks.curate.labelled.fresh import FROZEN, fresh, generate

SHA256 = "d448f1ae84427e696041d6d2aeaf477925412a711aa277dc2e31abb288473009"
KINDS = {
    "ИМЯ": 2000,
    "ТЕЛЕФОН": 400,
    "НОМЕР": 400,
    "ПОЧТА": 200,
    "АДРЕС": 200,
    "СЧЁТ": 150,
    "АВТО": 100,
    "НИК": 100,
    "ПАСПОРТ": 100,
    "КАРТА": 100,
    "СНИЛС": 100,
    "ИНН": 100,
}


def test_the_fresh_set_is_whole_and_unchanged() -> None:
    texts = fresh()
    for item in texts:
        assert all(0 <= one.start < one.end <= len(item.text) for one in item.entities), item
        assert all(one.end <= other.start for one, other in pairwise(item.entities)), item
        hidden = [item.text[one.start : one.end] for one in item.entities]
        assert all(part and part == part.strip() for part in hidden), item

    kinds = Counter(one.kind for item in texts for one in item.entities)
    assert len({item.text for item in texts}) == len(texts) >= 2_400
    assert kinds.total() >= 3_000
    assert set(kinds) == set(KINDS)
    assert all(kinds[kind] >= least for kind, least in KINDS.items()), kinds
    assert sum(not item.entities for item in texts) >= 500

    people = {*fresh_words.MALE, *fresh_words.FEMALE}
    with_data = (
        *fresh_shapes.CHAT,
        *fresh_shapes.AGENTS,
        *fresh_forms.FORMS,
        *fresh_forms.LETTERS,
        *fresh_forms.ENGLISH,
    )
    assert len(set(fresh_words.SURNAMES)) >= 150
    assert len(people) >= 120
    assert len(set(with_data)) + len(set(fresh_misses.MISSES)) >= 220
    assert len(set(fresh_misses.MISSES)) >= 60

    assert hashlib.sha256(FROZEN.read_bytes()).hexdigest() == SHA256, (
        "fresh.jsonl has changed since it was frozen: figures measured on it are no longer comparable"
    )
    assert generate() == texts, "fresh.jsonl is not what the generator writes"
