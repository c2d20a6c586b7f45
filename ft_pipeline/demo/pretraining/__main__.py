"""`python -m ft_pipeline.demo.pretraining --out FOLDER`: make the embedded base model again, corpus to card.

Here: the command line and the order of the steps. Not here: any of the steps.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

from ft_pipeline.demo.pretraining.contamination import Found, Protected, clean, protected_texts, sample
from ft_pipeline.demo.pretraining.export import export, write_json
from ft_pipeline.demo.pretraining.generate import Generator, corpus_hash, hold_out, load_topics
from ft_pipeline.demo.pretraining.gist import Gist
from ft_pipeline.demo.pretraining.heap import learn_embeddings
from ft_pipeline.demo.pretraining.meanings import Meanings
from ft_pipeline.demo.pretraining.pretrain import Plan, Shape, Trainer, run
from ft_pipeline.demo.pretraining.probe import topic_accuracy


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ft_pipeline.demo.pretraining", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the finished model")
    parser.add_argument("--work", type=Path, default=Path("build/base_model"), help="folder of the checkpoint")
    parser.add_argument("--tokens", type=int, default=Plan.tokens, help="tokens of text to train on")
    parser.add_argument("--checkpoint-tokens", type=int, default=Plan.checkpoint_tokens)
    parser.add_argument("--batch-tokens", type=int, default=Plan.batch_tokens)
    parser.add_argument(
        "--heap-questions", type=int, default=Plan.heap_questions, help="questions of stage 0 (embeddings)"
    )
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads; on shared cores one is fastest")
    parser.add_argument("--snapshots", type=Path, help="also keep a loadable copy of every third checkpoint here")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --work")
    return parser.parse_args()


def _log(line: dict[str, Any]) -> None:
    print(json.dumps({"at": time.strftime("%H:%M:%S", time.gmtime()), **line}, ensure_ascii=False), flush=True)


def _tokenizer(work: Path, generator: Generator, meanings: Meanings) -> Any:
    """The run's tokenizer: trained once, then read from the work folder."""
    from tokenizers import Tokenizer

    from ft_pipeline.demo.pretraining.tokenizer import train_tokenizer

    path = work / "tokenizer.json"
    if not path.exists():
        texts = [part.text for talk in islice(generator, 12_000) for part in talk.parts if part.role != "system"]
        train_tokenizer(iter(texts + meanings.common[:12_000])).save(str(path))
    return Tokenizer.from_file(str(path))


def publish(trainer: Trainer, folder: Path, *, report: dict[str, Any]) -> None:
    """Write model, manifest and card beside `folder`, then put them in its place in one move."""
    from ft_pipeline.demo.pretraining.card import write_card

    part, old = folder.with_name(folder.name + ".part"), folder.with_name(folder.name + ".old")
    for path in (part, old):
        shutil.rmtree(path, ignore_errors=True)
    export(trainer, part)
    write_json(part / "manifest.json", report)
    write_card(part, report)
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _report(trainer: Trainer, found: Found, probes: dict[str, float]) -> dict[str, Any]:
    return {
        "seed": trainer.plan.seed,
        "tokens": trainer.tokens,
        "planned_tokens": trainer.plan.tokens,
        "parameters": sum(p.numel() for p in trainer.model.parameters()),
        "heap_questions": trainer.plan.heap_questions,
        "first_sitting_tokens": trainer.first_sitting_tokens,
        "corpora": trainer.corpora,
        "held_out_wordings": probes,
        "contamination": {
            "protected_texts": found.protected,
            "handwritten_texts_compared": found.compared,
            "handwritten_texts_dropped": len(found.dropped),
            "generated_turns_compared": found.sampled,
            "generated_turns_near": len(found.sampled_near),
            "conversations_left_out": trainer.left_out,
            "threshold": "normalised text equal, or Jaccard index of character 4-grams >= 0.6",
        },
    }


def main() -> int:
    """Run all steps; returns the exit status."""
    arguments = _arguments()
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads)
    import torch

    torch.set_num_threads(arguments.threads)
    arguments.work.mkdir(parents=True, exist_ok=True)
    meanings = Meanings()
    protected = Protected(protected_texts())
    everything = load_topics()
    cleaned, found = clean(everything, protected)
    turns, near = sample(Generator(cleaned, seed=arguments.seed, meanings=meanings), protected, conversations=5_000)
    found = Found(found.protected, found.compared, found.dropped, turns, tuple(near))
    topics, held = hold_out(cleaned)
    wordings = sum(len(topic.wordings) for topic in topics)
    _log(
        {
            "topics": len(topics),
            "wordings": wordings,
            "held_out": len(held),
            "dropped": len(found.dropped),
            "near": len(near),
        }
    )

    plan = Plan(
        tokens=arguments.tokens,
        checkpoint_tokens=arguments.checkpoint_tokens,
        batch_tokens=arguments.batch_tokens,
        seed=arguments.seed,
        heap_questions=arguments.heap_questions,
    )
    tokenizer = _tokenizer(arguments.work, Generator(topics, seed=arguments.seed, meanings=meanings), meanings)
    trainer = Trainer(tokenizer, shape=Shape(), plan=plan, meanings=meanings, gist=Gist(topics, meanings))
    checkpoint = arguments.work / "checkpoint.pt"
    if arguments.resume and checkpoint.exists():
        trainer.load(checkpoint)
        trainer.first_sitting_tokens = trainer.first_sitting_tokens or trainer.tokens
    elif checkpoint.exists():
        print(f"{checkpoint} exists: add --resume to go on from it, or remove it to start anew", file=sys.stderr)
        return 2
    else:
        embeddings = learn_embeddings(
            tokenizer,
            topics,
            meanings,
            hidden=trainer.shape.hidden,
            questions=plan.heap_questions,
            seed=plan.seed,
            is_unwanted=protected.touches,
            log=_log,
        )
        trainer.start_from(embeddings)
    digest = corpus_hash(topics)
    if not trainer.corpora or trainer.corpora[-1]["sha256"] != digest:
        trainer.corpora.append(
            {"from_token": trainer.tokens, "sha256": digest, "topics": len(topics), "wordings": wordings}
        )

    def on_checkpoint() -> None:
        trainer.save(checkpoint)
        probes = {
            "questions": float(len(held)),
            "topic_named_clean": round(topic_accuracy(trainer, held, typed_badly=False), 4),
            "topic_named_noisy": round(topic_accuracy(trainer, held, typed_badly=True), 4),
        }
        _log({"checkpoint": trainer.tokens, **probes})
        number = trainer.tokens // plan.checkpoint_tokens
        if arguments.snapshots and number % 3 == 0 and trainer.tokens < plan.tokens:
            publish(trainer, arguments.snapshots / f"{number:02d}", report=_report(trainer, found, probes))
        if trainer.tokens >= plan.tokens or number % 3 == 0:
            publish(trainer, arguments.out, report=_report(trainer, found, probes))

    run(trainer, topics, is_unwanted=protected.touches, on_checkpoint=on_checkpoint, log=_log)
    return 0


if __name__ == "__main__":
    sys.exit(main())
