"""The arms: each does a piece of the work in one way, in its own process, and says what it cost and how good it was.

Here: what an arm does. Not here: order, medians, gates (`__main__`).
CPU-seconds count every thread of the process; reading the tickets from Parquet belongs to the chain, start-up does not.
"""

from __future__ import annotations

import functools
import json
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from importlib import metadata, util
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.curate.peer import BLANK, presidio
from benchmarks.curate.tickets import Planted, make

Result = dict[str, Any]
_PRESIDIO_MODEL = "en_core_web_lg"  # its default
_THRESHOLD = 0.75  # of near-same questions, as in task.yaml


def run(name: str, folder: Path) -> Result:
    """One arm over the tickets in a folder; `cpu_s`, `rows`, `peak_gib`, and what the arm says of its quality."""
    found = ARMS[name](folder)
    if "unavailable" not in found:
        found["peak_gib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3)
    return found


def _truth(folder: Path) -> list[Planted]:
    return [Planted(*row) for row in json.loads((folder / "truth.json").read_text(encoding="utf-8"))]


def _limit(folder: Path) -> Result:
    """Decoding every text and hashing it: no chain can be faster."""
    import pyarrow.parquet as pq
    import xxhash

    start = time.process_time()
    texts = pq.read_table(folder / "turns.parquet", columns=["text"], use_threads=False)["text"].to_pylist()
    for text in texts:
        xxhash.xxh3_128_digest(text.encode("utf-8"))
    return {"cpu_s": time.process_time() - start, "rows": len(_truth(folder))}


def _chain(folder: Path, redact: Callable[[str], str]) -> Result:
    from ft_pipeline.curate import curate
    from ft_pipeline.records import Turn, read_table
    from ft_pipeline.redact.residue import find_residue
    from ft_pipeline.task import Data

    _warm_up(redact)
    start = time.process_time()
    curated = curate(iter(read_table(folder / "turns.parquet", Turn)), data=Data(), as_of=None, redact=redact)
    cpu_s = time.process_time() - start
    truth = _truth(folder)
    kind = {row.ticket_id: truth[int(row.ticket_id[1:])] for row in curated.pairs}
    removed = [(row.key, row.detail) for row in curated.rejected if row.reason == "duplicate_question"]
    wrong = [pair for pair in removed if _origin(truth, pair[0]) != _origin(truth, pair[1].rsplit(" ", 1)[-1])]
    # Who asks the same gets the same answer, but for foreign templates and junk: nothing else may contradict.
    refused = [truth[int(row.key[1:])].origin for row in curated.rejected if row.reason == "contradicting_answer"]
    return {
        "cpu_s": cpu_s,
        "rows": len(truth),
        "pairs": len(curated.pairs),
        "wrong_removals": len(wrong) + sum(origin >= 0 for origin in refused),
        "empty_answers_kept": sum(item.kind == "says_nothing" for item in kind.values()),
        "foreign_kept": sum(item.kind in {"english", "other_language"} for item in kind.values()),
        "names": sum(bool(item.name) for item in kind.values()),
        "names_left": sum(
            bool(item.name) and item.name.split()[1] in row.question
            for row, item in zip(curated.pairs, kind.values(), strict=True)
        ),
        "residue": sum(bool(find_residue(row.question)) for row in curated.pairs),
    }


def _origin(truth: Sequence[Planted], ticket_id: str) -> int:
    return truth[int(ticket_id[1:])].origin


def _warm_up(redact: Callable[[str], str]) -> None:
    """Imports, dictionaries, tables: what a process pays once; the arm `start_up` shows what it costs."""
    from ft_pipeline.curate import curate
    from ft_pipeline.curate.language import languages_of
    from ft_pipeline.records import Turn
    from ft_pipeline.task import Data

    columns, _ = make(300, seed=99)
    turns = [Turn(*row) for row in zip(*columns.values(), strict=True)]
    curate(turns, data=Data(), as_of=None, redact=redact)
    redact("Меня зовут Анна, +7 900 123-45-67")
    languages_of(["Wann kommt meine Lieferung endlich an"])  # loads the detector's models


def _start_up(folder: Path) -> Result:
    start = time.process_time()
    import pandas  # noqa: F401
    import scipy.sparse  # noqa: F401

    from ft_pipeline.redact import redact

    _warm_up(lambda text: redact(text, names=True).text)
    return {"cpu_s": time.process_time() - start, "rows": len(_truth(folder))}


def _without_redaction(folder: Path) -> Result:
    return _chain(folder, str)


def _without_names(folder: Path) -> Result:
    from ft_pipeline.redact import redact

    return _chain(folder, lambda text: redact(text, names=False).text)


def _with_names(folder: Path) -> Result:
    from ft_pipeline.redact import redact

    return _chain(folder, lambda text: redact(text, names=True).text)


def _today(folder: Path) -> Result:
    """What people build today: pandas, Presidio, py3langid, rensa.

    Presidio with the English model that it asks for where that is installed, else with a blank one, which is faster and
    finds no names at all; it has no Russian recognisers either way.
    """
    missing = [name for name in ("presidio_analyzer", "presidio_anonymizer", "py3langid") if not util.find_spec(name)]
    if missing:
        return {
            "unavailable": f"{', '.join(missing)} not installed: pip install presidio-analyzer presidio-anonymizer "
            "py3langid, and the spaCy model that Presidio asks for"
        }
    import pandas as pd
    import py3langid
    from presidio_anonymizer import AnonymizerEngine

    model = _PRESIDIO_MODEL if util.find_spec(_PRESIDIO_MODEL) else BLANK
    analyzer, anonymizer = presidio(model), AnonymizerEngine()
    truth = _truth(folder)
    start = time.process_time()
    turns = pd.read_parquet(folder / "turns.parquet")
    turns["text"] = (
        turns["text"].str.replace(r"<[^>]+>", " ", regex=True).str.replace(r"\s+", " ", regex=True).str.strip()
    )
    asked = turns[turns["role"] == "customer"].groupby("ticket_id", sort=False)["text"].first()
    answered = turns[turns["role"] == "agent"].groupby("ticket_id", sort=False)["text"].last()
    pairs = pd.DataFrame({"question": asked, "answer": answered}).dropna()
    pairs = pairs[pairs["question"].map(lambda text: py3langid.classify(text)[0] == "ru")]
    for column in ("question", "answer"):
        pairs[column] = [
            anonymizer.anonymize(text, analyzer.analyze(text, language="en")).text for text in pairs[column]
        ]
    kept = sorted(set(_near_by_rensa(pairs["question"].tolist())))
    cpu_s = time.process_time() - start
    left = [(pairs["question"].iloc[number], truth[int(pairs.index[number][1:])]) for number in kept]
    return {
        "cpu_s": cpu_s,
        "rows": len(truth),
        "pairs": len(kept),
        "model": model,
        "names": sum(bool(item.name) for _, item in left),
        "names_left": sum(bool(item.name) and item.name.split()[1] in text for text, item in left),
    }


def _questions(folder: Path) -> tuple[list[str], list[int]]:
    """What customers wrote first, raw, without the planted names (masking is not what is measured), and the origins."""
    import pyarrow.parquet as pq

    table = pq.read_table(folder / "questions.parquet").to_pydict()
    return table["text"], table["origin"]


def _graded(folder: Path, group: Callable[[list[str]], list[int]]) -> Result:
    """Cost and quality of a grouping: each text -> the number of the text that stands for it."""
    texts, origins = _questions(folder)
    group(texts[:500])
    start = time.process_time()
    leader = group(texts)
    cpu_s = time.process_time() - start
    members: dict[int, list[int]] = defaultdict(list)
    for number, origin in enumerate(origins):
        members[origin].append(number)
    planted = sum(len(group) - 1 for group in members.values())
    found = sum(len(group) - len({leader[number] for number in group}) for group in members.values())
    wrong = sum(origins[number] != origins[leader[number]] for number in range(len(texts)))
    return {
        "cpu_s": cpu_s,
        "rows": len(texts),
        "planted": planted,
        "recall": found / max(1, planted),
        "wrong_removals": wrong,
    }


def _near_ours(folder: Path) -> Result:
    return _graded(folder, _near_by_us)


def _near_rensa(folder: Path) -> Result:
    if not util.find_spec("rensa"):
        return {"unavailable": "rensa not installed: pip install rensa"}
    return _graded(folder, _near_by_rensa)


def _near_by_us(texts: list[str]) -> list[int]:
    """Repaired, greetings taken off, in normal form, joined: everything that our chain does for it."""
    from ft_pipeline.curate.forms import question_forms
    from ft_pipeline.curate.repair import repair_all
    from ft_pipeline.curate.similar import Neighbours
    from ft_pipeline.letter import strip_edges_all

    neighbours = Neighbours(question_forms(strip_edges_all(repair_all(texts))), _THRESHOLD)
    first: dict[int, int] = {}
    for number, form in enumerate(neighbours.form_of):
        first.setdefault(neighbours.component[form], number)
    return [first[neighbours.component[form]] for form in neighbours.form_of]


def _near_by_rensa(texts: list[str]) -> list[int]:
    """LSH over 4-grams of the raw text in its bulk calls, candidates verified exactly; the first of a group stays."""
    from rensa import RMinHash, RMinHashLSH

    grams = [{text[start : start + 4] for start in range(max(1, len(text) - 3))} for text in texts]
    sketches = RMinHash.from_token_sets([list(mine) for mine in grams], num_perm=128, seed=1)
    index = RMinHashLSH(threshold=0.7, num_perm=128, num_bands=32)
    index.insert_many(sketches)
    leader = list(range(len(texts)))
    for number, candidates in enumerate(index.query_all(sketches)):
        near = [
            leader[other]
            for other in candidates
            if other < number and _jaccard(grams[number], grams[other]) >= _THRESHOLD
        ]
        leader[number] = min(near, default=number)
    return leader


def _jaccard(one: set[str], other: set[str]) -> float:
    common = len(one & other)
    return common / max(1, len(one) + len(other) - common)


def _refresh(folder: Path) -> Result:
    """1 % new tickets on an unchanged rest: cost against a clean rebuild of the same tickets, names included.

    Both begin with what a process knows after its start: nothing of any text, dictionaries and models loaded.
    """
    from ft_pipeline.redact import redact

    rows = len(_truth(folder))
    new = {f"t{number}" for number in range(rows - max(1, rows // 100), rows)}
    with_names = lambda text: redact(text, names=True).text  # noqa: E731
    _warm_up(with_names)
    before = _version(folder, with_names, "before", memo=folder / "memo", without=new)
    _forget_texts()
    after = _version(folder, with_names, "after", memo=folder / "memo", prior=before.members)
    _forget_texts()
    clean = _version(folder, with_names, "clean", prior=before.members)
    same = after.members == clean.members and all(
        (folder / f"after.{table}").read_bytes() == (folder / f"clean.{table}").read_bytes()
        for table in ("pairs", "rejected", "incoming")
    )
    found = {"cpu_s": after.cpu_s, "rows": rows, "clean_cpu_s": clean.cpu_s, "identical": same}
    return {**found, "share": after.cpu_s / clean.cpu_s}


def _forget_texts() -> None:
    """Empties what functions remember of texts, so that a rebuild starts with as little as a process that does it."""
    import gc

    for found in gc.get_objects():
        is_ours = isinstance(found, functools._lru_cache_wrapper) and str(found.__module__).startswith("ft_pipeline")
        if is_ours and (found.cache_info().maxsize or 0) > 1000:
            found.cache_clear()


class _Built(NamedTuple):
    members: frozenset[str]  # of eval, for the next refresh
    cpu_s: float  # without reading the turns


def _version(
    folder: Path,
    redact: Callable[[str], str],
    name: str,
    *,
    memo: Path | None = None,
    prior: frozenset[str] = frozenset(),
    without: Collection[str] = (),
) -> _Built:
    """One curation with its files; `without`: tickets that do not exist yet."""
    from ft_pipeline.curate import TicketMemo, curate
    from ft_pipeline.records import IncomingRow, QAPair, Rejected, Turn, read_table, write_table
    from ft_pipeline.task import Data

    turns = iter([turn for turn in read_table(folder / "turns.parquet", Turn) if turn.ticket_id not in without])
    start = time.process_time()
    remembered = TicketMemo(memo, "benchmark") if memo is not None else None
    curated = curate(turns, data=Data(), as_of=None, redact=redact, prior_eval=prior, memo=remembered)
    write_table(folder / f"{name}.pairs", curated.pairs, QAPair)
    write_table(folder / f"{name}.rejected", curated.rejected, Rejected)
    write_table(folder / f"{name}.incoming", curated.incoming, IncomingRow)
    return _Built(curated.eval_fingerprints, time.process_time() - start)


def _contracts(folder: Path) -> Result:
    """The contract's rules over as many pairs: shown beside the curation, not part of it."""
    from ft_pipeline import contracts
    from ft_pipeline.records import QAPair, write_table
    from ft_pipeline.task import Data

    rows = len(_truth(folder))
    pairs = [
        QAPair(
            str(n),
            f"вопрос {n}",
            "ответ на вопрос",
            "a",
            f"тема {n % 50}",
            "standard",
            "ru",
            "train",
            str(n),
            "",
            str(n),
            "0",
            "ответ",
            "",
            "",
            "",
            "desk",
        )
        for n in range(rows)
    ]
    (folder / "c").mkdir(exist_ok=True)
    write_table(folder / "c" / "pairs.parquet", pairs, QAPair)
    contract = contracts.load_contract("cleaned_qa_pairs")
    only_pairs = contract.model_copy(update={"tables": contract.tables[:1]})
    parameters = {f"data.{name}": value for name, value in Data().model_dump(mode="json").items()}
    start = time.process_time()
    contracts.check(folder / "c", only_pairs, data_hash="d", parameters=parameters)
    return {"cpu_s": time.process_time() - start, "rows": rows}


ARMS: dict[str, Callable[[Path], Result]] = {
    "limit": _limit,
    "start_up": _start_up,
    "chain_without_redaction": _without_redaction,
    "chain_without_names": _without_names,
    "chain_with_names": _with_names,
    "chain_of_today": _today,
    "near_ours": _near_ours,
    "near_rensa": _near_rensa,
    "refresh": _refresh,
    "contracts": _contracts,
}


def versions() -> dict[str, str]:
    """The libraries that the figures depend on."""
    names = ("numpy", "scipy", "pyarrow", "pandas", "rensa", "lingua-language-detector", "natasha")
    return {name: metadata.version(name) for name in names}
